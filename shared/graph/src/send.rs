//! The one place that sends: token, request id, time-out, gate, retries.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use listsync_core::{Timestamp, flight::Strain};
use listsync_engine::{
    ports::{Call, Clock, Fault, PortError, PortResult},
    throttle::{Request, Throttle},
};

use crate::{
    answer::{Answer, Earlier},
    ask::{Ask, Effect},
    clockwork::{later, rest},
    deed::Deed,
    reach::Barrier,
    retry::{self, Next, Tries},
    root::Root,
    sign_in::SignIn,
};

/// The longest that one attempt of a write takes; none starts with less time left.
pub(crate) const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest that one attempt of a read takes.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// A read may be given less time than that, but not less than this.
pub(crate) const READ_LEAST: Duration = Duration::from_secs(3);

/// Sends requests to Graph as one app.
pub(crate) struct Sender {
    pub(crate) client: reqwest::Client,
    pub(crate) root: Root,
    pub(crate) sign_in: SignIn,
    pub(crate) throttle: Throttle,
    pub(crate) clock: Arc<dyn Clock>,
}

/// A request without an answer.
#[derive(Debug, Clone)]
pub(crate) struct Failed {
    pub(crate) error: PortError,
    /// Whether an attempt may have taken effect nevertheless.
    pub(crate) earlier: Earlier,
}

impl From<Failed> for PortError {
    fn from(failed: Failed) -> Self {
        failed.error
    }
}

enum Attempt {
    Answered(Answer),
    /// The connection failed, before or after the request was on its way.
    Lost(Earlier, Barrier),
}

impl Sender {
    /// Sends until there is an answer that stands: a success, or a refusal that a repeat would not change.
    pub(crate) async fn send(&self, call: Call<'_>, ask: &Ask, deed: &Deed) -> Result<Answer, Failed> {
        let mut tries = Tries::default();
        let mut earlier = Earlier::Harmless;
        loop {
            let failed = |error| Failed { error, earlier };
            let token = self.token(call).await.map_err(failed)?;
            self.throttle.pass(request(call, ask)).await.map_err(failed)?;
            let timeout = self.time_for(call, ask.effect(), deed).map_err(failed)?;
            call.meter.count(ask.writes());
            let (answer, barrier) = match self.attempt(ask, &token, timeout).await {
                Attempt::Answered(answer) => {
                    call.meter.note(answer.strain());
                    (Some(answer), Barrier::Unknown)
                }
                Attempt::Lost(effect, barrier) => {
                    call.meter.note(Strain::Slowed);
                    earlier = earlier.or(effect);
                    (None, barrier)
                }
            };
            let next = retry::next(answer.as_ref(), tries);
            if next == Next::Take
                && let Some(answer) = answer
            {
                return Ok(Answer { earlier, ..answer });
            }
            if answer.as_ref().is_some_and(|answer| answer.status >= 500) {
                earlier = Earlier::Perhaps;
            }
            if next == Next::NewToken {
                self.sign_in.refused(&token);
            }
            let failed = |error| Failed { error, earlier };
            self.prepare(call, ask.effect(), next, &mut tries).await.map_err(failed)?;
            if next == Next::GiveUp {
                return Err(failed(gave_up(deed, answer.as_ref(), barrier)));
            }
        }
    }

    /// An access token that is good now.
    pub(crate) async fn token(&self, call: Call<'_>) -> PortResult<String> {
        self.sign_in.token(call, &self.throttle).await
    }

    /// Sends, and takes nothing but success.
    pub(crate) async fn obtain(&self, call: Call<'_>, ask: &Ask, deed: &Deed) -> PortResult<Answer> {
        let answer = self.send(call, ask, deed).await?;
        if answer.is_success() { Ok(answer) } else { Err(deed.refused(&answer)) }
    }

    async fn prepare(&self, call: Call<'_>, effect: Effect, next: Next, tries: &mut Tries) -> PortResult<()> {
        match next {
            Next::Take | Next::GiveUp => {}
            Next::NewToken => tries.tokens += 1,
            Next::Again(wait) => {
                tries.failures += 1;
                self.pause(call, effect, wait).await?;
            }
            Next::Close(wait) => {
                tries.throttles += 1;
                self.throttle.close(wait, effect.refused()).await?;
            }
        }
        Ok(())
    }

    /// Waits, if that leaves time for another attempt.
    pub(crate) async fn pause(&self, call: Call<'_>, effect: Effect, wait: Duration) -> PortResult<()> {
        if later(later(self.clock.now(), wait), least(effect)) > call.until {
            return Err(out_of_time("there is no time left to try again"));
        }
        tokio::time::sleep(wait).await;
        Ok(())
    }

    fn time_for(&self, call: Call<'_>, effect: Effect, deed: &Deed) -> PortResult<Duration> {
        let left = rest(self.clock.now(), call.until);
        if left < least(effect) {
            return Err(deed.failed(Fault::Unavailable, "out_of_time", "there is no time left to send it"));
        }
        Ok(match effect {
            Effect::Write => WRITE_TIMEOUT,
            Effect::Read => READ_TIMEOUT.min(left),
        })
    }

    async fn attempt(&self, ask: &Ask, token: &str, timeout: Duration) -> Attempt {
        let id = uuid::Uuid::new_v4();
        let mut request = self
            .client
            .request(ask.method(), self.root.address(ask.path()))
            .timeout(timeout)
            .bearer_auth(token)
            .header("client-request-id", id.to_string())
            .header("accept", "application/json");
        for (name, value) in ask.headers() {
            request = request.header(*name, *value);
        }
        if let Some(body) = ask.body() {
            request = request.json(body);
        }
        let started = Instant::now();
        let attempt = self.heard(request.send().await).await;
        let (status, request_id) = match &attempt {
            Attempt::Answered(answer) => (answer.status, answer.request_id()),
            Attempt::Lost(..) => (0, ""),
        };
        let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::debug!(client_request_id = %id, request_id, status, duration_ms, "asked the directory");
        attempt
    }

    async fn heard(&self, response: reqwest::Result<reqwest::Response>) -> Attempt {
        let response = match response {
            Ok(response) => response,
            Err(error) if error.is_connect() || error.is_builder() => {
                return Attempt::Lost(Earlier::Harmless, Barrier::of(&error));
            }
            Err(error) => return Attempt::Lost(Earlier::Perhaps, Barrier::of(&error)),
        };
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        // There was a connection, and it broke off.
        let broken = Attempt::Lost(Earlier::Perhaps, Barrier::Unknown);
        let Ok(bytes) = response.bytes().await else { return broken };
        Answer::read(status, &headers, &bytes, self.now()).map_or(broken, Attempt::Answered)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

impl Earlier {
    pub(crate) fn or(self, other: Self) -> Self {
        if self == Self::Perhaps { self } else { other }
    }
}

fn request(call: Call<'_>, ask: &Ask) -> Request {
    let writes = u32::try_from(ask.writes()).unwrap_or(u32::MAX);
    Request { until: call.until, margin: least(ask.effect()), writes }
}

fn least(effect: Effect) -> Duration {
    match effect {
        Effect::Write => WRITE_TIMEOUT,
        Effect::Read => READ_LEAST,
    }
}

fn gave_up(deed: &Deed, answer: Option<&Answer>, barrier: Barrier) -> PortError {
    let what = match (answer, barrier.why()) {
        (Some(answer), _) => return deed.refused(answer),
        (None, Some(why)) => format!("the directory cannot be reached: {why}"),
        (None, None) => "the directory cannot be reached, or its answers break off".to_owned(),
    };
    let hint = barrier.hint("LISTSYNC_GRAPH_URL");
    deed.failed(Fault::Unavailable, "unreachable", &what).with_hint(hint)
}

pub(crate) fn out_of_time(why: &str) -> PortError {
    PortError::new(Fault::Unavailable, "out_of_time", why)
}
