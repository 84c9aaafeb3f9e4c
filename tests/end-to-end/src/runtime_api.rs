use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderName, StatusCode},
    response::IntoResponse,
    routing::{get, post},
};
use serde_json::Value;
use tokio::{
    net::TcpListener,
    sync::{Notify, mpsc, oneshot},
    task::JoinHandle,
};

/// What a function made of an event: its answer, or the error that it reported.
pub type Answer = Result<Value, Value>;

/// The API through which Lambda and a function speak ("Using the Lambda runtime API for custom runtimes" in the AWS Lambda
/// developer guide).
pub struct RuntimeApi {
    address: String,
    shared: Arc<Shared>,
    events: mpsc::UnboundedSender<Option<Event>>,
    serving: JoinHandle<()>,
}

struct Event {
    id: String,
    body: String,
    /// How much time the function has from the moment that it takes the event.
    time: Duration,
}

struct Shared {
    events: tokio::sync::Mutex<mpsc::UnboundedReceiver<Option<Event>>>,
    waiting: Mutex<HashMap<String, oneshot::Sender<Answer>>>,
    ready: Notify,
    /// What it answers instead of an event, once there is none.
    refusal: Mutex<Option<StatusCode>>,
}

impl RuntimeApi {
    /// Starts it on a free port.
    ///
    /// # Panics
    /// When there is none.
    pub async fn start() -> Self {
        let (events, incoming) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            events: tokio::sync::Mutex::new(incoming),
            waiting: Mutex::default(),
            ready: Notify::new(),
            refusal: Mutex::default(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it has an address").to_string();
        let routes = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(|| async { StatusCode::ACCEPTED }))
            .with_state(shared.clone());
        let serving = tokio::spawn(async move {
            axum::serve(listener, routes).await.expect("it serves");
        });
        Self { address, shared, events, serving }
    }

    /// The value of `AWS_LAMBDA_RUNTIME_API`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// From now on it answers this status to whoever asks for an event.
    ///
    /// # Panics
    /// When the status is none, or the server has ended.
    pub fn refuse(&self, status: u16) {
        let status = StatusCode::from_u16(status).expect("a status");
        *self.shared.refusal.lock().unwrap_or_else(PoisonError::into_inner) = Some(status);
        // Whoever waits for an event hears of it, too.
        self.events.send(None).expect("the server runs");
    }

    /// Waits until the function asks for its first event.
    pub async fn ready(&self) {
        self.shared.ready.notified().await;
    }

    /// Queues an event; the answer comes to the receiver, which is closed when there will be none.
    ///
    /// # Panics
    /// When the server has ended.
    #[must_use]
    pub fn invoke(&self, body: &Value, time: Duration) -> oneshot::Receiver<Answer> {
        let id = format!("request-{:016x}", rand_id());
        let (sender, receiver) = oneshot::channel();
        self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), sender);
        self.events.send(Some(Event { id, body: body.to_string(), time })).expect("the server runs");
        receiver
    }

    /// Forgets every event that was not answered: the function died.
    pub fn give_up(&self) {
        self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn rand_id() -> u64 {
    use std::hash::{BuildHasher as _, RandomState};
    RandomState::new().hash_one(0)
}

/// Hangs while there is no event, as Lambda does.
async fn next(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    shared.ready.notify_one();
    let mut events = shared.events.lock().await;
    let Some(Some(Event { id, body, time })) = events.recv().await else {
        let refusal = *shared.refusal.lock().unwrap_or_else(PoisonError::into_inner);
        return Err(refusal.unwrap_or(StatusCode::GONE));
    };
    let until = SystemTime::now() + time;
    let until = until.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_millis());
    let header = HeaderName::from_static;
    let headers = [
        (header("lambda-runtime-aws-request-id"), id),
        (header("lambda-runtime-deadline-ms"), until.to_string()),
        (
            header("lambda-runtime-invoked-function-arn"),
            "arn:aws:lambda:eu-west-1:123456789012:function:under-test".to_owned(),
        ),
        (header("lambda-runtime-trace-id"), "Root=1-00000000-000000000000000000000000;Sampled=0".to_owned()),
        (header("content-type"), "application/json".to_owned()),
    ];
    Ok((headers, body))
}

async fn response(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    shared.answer(&id, serde_json::from_slice(&body).map_err(|error| Value::String(error.to_string())))
}

async fn error(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    shared.answer(&id, Err(serde_json::from_slice(&body).unwrap_or(Value::Null)))
}

impl Shared {
    fn answer(&self, id: &str, answer: Answer) -> StatusCode {
        match self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(id) {
            Some(waiting) => {
                let _ = waiting.send(answer);
                StatusCode::ACCEPTED
            }
            None => StatusCode::BAD_REQUEST,
        }
    }
}
