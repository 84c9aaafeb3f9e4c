use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU16, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Bytes,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use tokio::{net::TcpListener, time::sleep};

/// A real receiver of alerts over HTTP, on a free port.
pub struct Receiver {
    /// Where it is.
    pub url: String,
    state: Arc<Answering>,
}

/// One request as it came.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// Its path and query.
    pub target: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, byte for byte.
    pub body: Bytes,
    /// When.
    pub at: Instant,
}

struct Answering {
    status: AtomicU16,
    got: Mutex<Vec<Arrived>>,
}

/// The status that stands for no answer at all.
const NEVER: u16 = 0;

impl Receiver {
    /// One that takes everything.
    ///
    /// # Panics
    /// When there is no free port.
    pub async fn start() -> Self {
        let state = Arc::new(Answering { status: AtomicU16::new(202), got: Mutex::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let router = Router::new().fallback(take).with_state(state.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, state }
    }

    /// It answers this from now on.
    pub fn answers(&self, status: u16) {
        self.state.status.store(status, Ordering::Relaxed);
    }

    /// It takes requests and never answers from now on.
    pub fn hangs(&self) {
        self.answers(NEVER);
    }

    /// What came so far.
    #[must_use]
    pub fn got(&self) -> Vec<Arrived> {
        self.state.got.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until so many requests have come, and gives them.
    ///
    /// # Panics
    /// When they do not come in this time.
    pub async fn until(&self, count: usize, patience: Duration) -> Vec<Arrived> {
        let started = Instant::now();
        loop {
            let got = self.got();
            if got.len() >= count {
                return got;
            }
            assert!(started.elapsed() < patience, "{} of {count} came", got.len());
            sleep(Duration::from_millis(50)).await;
        }
    }
}

async fn take(State(state): State<Arc<Answering>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let target = parts.uri.to_string();
    let arrived = Arrived { target, headers: parts.headers, body, at: Instant::now() };
    state.got.lock().unwrap_or_else(PoisonError::into_inner).push(arrived);
    match state.status.load(Ordering::Relaxed) {
        NEVER => std::future::pending().await,
        status => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::IM_A_TEAPOT);
            (status, [(header::LOCATION, "/elsewhere")]).into_response()
        }
    }
}
