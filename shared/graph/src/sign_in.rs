//! Signing in: one token at a time is asked for, bounded by the run's time, and what the authority asks for in patience is
//! kept by all workers.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use azure_core::time::OffsetDateTime;
use listsync_core::Timestamp;
use listsync_engine::{
    ports::{Call, Clock, Fault, PortError, PortResult, ProofLife},
    throttle::{Refused, Request, Throttle},
};

use crate::{
    authority::Ear,
    clockwork::{later, rest},
    proof::{Recipe, Unmade},
    retry::backoff,
    send::{READ_LEAST, out_of_time},
    settings::{ConnectError, GraphSettings},
    sign_in_refusal::{self, Asker},
    token::{Held, Source, Token},
};

/// The longest that the authority is waited for.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How often a sign-in may fail for a trouble that passes.
const FAILURES: u32 = 3;
/// How often it may be asked for patience.
const THROTTLES: u32 = 10;

/// How long somebody goes on asking.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Patience {
    /// One request: there is a token that serves.
    OneTry,
    /// As long as there is time: nothing goes on without.
    WhileThereIsTime,
}

/// The sign-in of one app to one tenant.
pub(crate) struct SignIn {
    recipe: Recipe,
    ear: Arc<Ear>,
    scope: String,
    asker: Asker,
    clock: Arc<dyn Clock>,
    held: Mutex<Held>,
    /// Had by who asks for a token.
    asking: tokio::sync::Mutex<()>,
}

impl SignIn {
    pub(crate) fn new(
        settings: &GraphSettings,
        client: reqwest::Client,
        scope: String,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ConnectError> {
        let ear = Arc::new(Ear::new(client, Arc::clone(&clock)));
        let recipe = Recipe::read(settings, ear.clone(), Arc::clone(&clock))?;
        let asker = Asker {
            tenant: recipe.tenant.clone(),
            client_id: recipe.client_id.clone(),
            setting: settings.credential.setting(),
        };
        let (held, asking) = (Mutex::default(), tokio::sync::Mutex::default());
        Ok(Self { recipe, ear, scope, asker, clock, held, asking })
    }

    /// A token that is good now. Near its end another is asked for by whoever comes first; the one at hand serves
    /// everybody else, and everybody where the authority gives none.
    pub(crate) async fn token(&self, call: Call<'_>, throttle: &Throttle) -> PortResult<String> {
        match self.source() {
            Source::Held(token) => Ok(token),
            Source::Ageing(token) => {
                let Ok(_asking) = self.asking.try_lock() else { return Ok(token) };
                match self.ask(call, throttle, Patience::OneTry).await {
                    Ok(new) => Ok(new),
                    Err(error) => {
                        tracing::warn!(code = error.code, "no new token; the last one serves on: {error}");
                        self.held().none_came(self.clock.now());
                        Ok(token)
                    }
                }
            }
            Source::None => {
                let _asking = self.turn(call.until).await?;
                match self.source() {
                    Source::Held(token) | Source::Ageing(token) => Ok(token),
                    Source::None => self.ask(call, throttle, Patience::WhileThereIsTime).await,
                }
            }
        }
    }

    /// Forgets a token that the directory refused, so that the next one is new.
    pub(crate) fn refused(&self, token: &str) {
        self.held().drop_refused(token);
    }

    /// Until when the app's proof holds, as far as it shows that by itself.
    pub(crate) fn proof_life(&self) -> ProofLife {
        self.recipe.life()
    }

    /// Waits for who is asking already: their token serves everybody.
    async fn turn(&self, until: Timestamp) -> PortResult<tokio::sync::MutexGuard<'_, ()>> {
        let left = rest(self.clock.now(), until);
        let turn = tokio::time::timeout(left, self.asking.lock()).await;
        turn.map_err(|_| out_of_time("there is no time left to sign in"))
    }

    fn source(&self) -> Source {
        self.held().source(self.clock.now())
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks until there is a token, or a refusal that another try within the call's time would not change.
    async fn ask(&self, call: Call<'_>, throttle: &Throttle, patience: Patience) -> PortResult<String> {
        let (mut failures, mut throttles) = (0, 0);
        loop {
            throttle.pass(Request { until: call.until, margin: READ_LEAST, writes: 0 }).await?;
            let error = match self.once(call.until).await {
                Ok(token) => return Ok(token),
                Err(error) => error,
            };
            if let Fault::Throttled(wait) = error.fault {
                throttle.close(wait, Refused::Any).await?;
                throttles += 1;
            }
            let wait = backoff(failures);
            let passes = error.fault == Fault::Unavailable && error.code != sign_in_refusal::TOO_SLOW;
            let may_wait = later(later(self.clock.now(), wait), READ_LEAST) <= call.until;
            match error.fault {
                _ if patience == Patience::OneTry => return Err(error),
                Fault::Throttled(_) if throttles < THROTTLES => {}
                _ if passes && may_wait && failures + 1 < FAILURES => {
                    failures += 1;
                    tokio::time::sleep(wait).await;
                }
                _ => return Err(error),
            }
        }
    }

    async fn once(&self, until: Timestamp) -> PortResult<String> {
        let left = rest(self.clock.now(), until);
        if left < READ_LEAST {
            return Err(out_of_time("there is no time left to sign in"));
        }
        let credential = self.recipe.credential().await.map_err(|unmade| match unmade {
            Unmade::Source(error) => self.asker.of_source(&error),
            Unmade::Credential(error) => self.refusal(&error),
        })?;
        let scopes = [self.scope.as_str()];
        let asked = credential.get_token(&scopes, None);
        let given = match tokio::time::timeout(TIMEOUT.min(left), asked).await {
            Ok(Ok(given)) => given,
            Ok(Err(error)) => return Err(self.refusal(&error)),
            Err(_) => return Err(sign_in_refusal::too_slow(&self.asker)),
        };
        let life = (given.expires_on - OffsetDateTime::now_utc()).try_into().unwrap_or_default();
        let text = given.token.secret().to_owned();
        self.held().take(Token::given(text.clone(), life, self.clock.now()));
        Ok(text)
    }

    fn refusal(&self, error: &azure_core::Error) -> PortError {
        sign_in_refusal::refusal(error, self.ear.take(), &self.asker)
    }
}
