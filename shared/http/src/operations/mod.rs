//! The operations of the API for whoever asks from inside the process, such as the console: by the same table of who may call
//! what, within the same grant, and into the same audit. Nothing goes over HTTP, and no rule stands here: each is the handler's
//! own function.

mod imports;
mod links;
mod lists;
mod people;
mod runs;
mod status;
mod tenant;

use std::{future::Future, net::IpAddr, panic::AssertUnwindSafe};

use axum::{
    Json,
    body::{Body, Bytes, HttpBody as _},
    http::{Extensions, HeaderMap, Method, StatusCode},
};
use futures::{FutureExt as _, future::BoxFuture};
use listsync_core::{audit::Actor, grant::Grant};
use listsync_engine::{audit, service::Service};
use listsync_inbound::admission::Peer;
use tokio::sync::oneshot;

use crate::{
    access::{self, Rule, Verdict},
    app::App,
    ask,
    gate::{self, Caller},
    peer::peer_of,
    problem::Problem,
    rate::Purpose,
    trail::Trail,
    uploads::Size,
    within::Within,
};

pub use crate::routes::{
    audit::AuditQuery,
    contacts::ContactsQuery,
    decisions::{NewDecision, ReasonWord},
    import_query::{AgainWord, HeldAs, ImportQuery},
    keys::NewKeyBody,
    lists::NewList,
    newlink::{GroupWord, NewGroupBody, NewLinkBody},
    runs::RunsQuery,
};
pub use imports::{File, Imported};
pub use status::Standing;
pub use tenant::tag_of;

/// Every operation of the API. Clones are the same.
#[derive(Clone)]
pub struct Operations(App);

/// Somebody whom the host has signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// Who the audit says that it was.
    pub actor: Actor,
    /// What they may do, and on which lists.
    pub grant: Grant,
}

/// The operations as somebody asks for them.
#[derive(Clone)]
pub struct Asking {
    app: App,
    caller: Caller,
    /// As whom they ask for what they may not do so.
    besides: Option<Caller>,
}

/// What is done of an operation. What it gives goes another way.
type Work = BoxFuture<'static, Result<(), Problem>>;

/// A method and a path of the table.
struct Operation {
    method: Method,
    path: &'static str,
}

impl Operation {
    const fn get(path: &'static str) -> Self {
        Self { method: Method::GET, path }
    }

    const fn post(path: &'static str) -> Self {
        Self { method: Method::POST, path }
    }

    const fn put(path: &'static str) -> Self {
        Self { method: Method::PUT, path }
    }

    const fn patch(path: &'static str) -> Self {
        Self { method: Method::PATCH, path }
    }

    const fn delete(path: &'static str) -> Self {
        Self { method: Method::DELETE, path }
    }
}

impl Operations {
    pub(crate) fn new(app: App) -> Self {
        Self(app)
    }

    /// As somebody asks for them.
    #[must_use]
    pub fn by(&self, Who { actor, grant }: Who) -> Asking {
        Asking { app: self.0.clone(), caller: Caller::of_grant(actor, grant), besides: None }
    }

    /// The service beneath, for what the host keeps itself, such as sessions.
    #[must_use]
    pub fn service(&self) -> &Service {
        &self.0.service
    }

    /// The largest body of an answer, in bytes as the host sends it.
    #[must_use]
    pub fn largest_answer(&self) -> usize {
        self.0.options.limits.answer
    }

    /// Where a request comes from, as far as the host or a trusted proxy tells.
    #[must_use]
    pub fn client(&self, extensions: &Extensions, headers: &HeaderMap) -> Option<IpAddr> {
        gate::client(&self.0, extensions, headers)
    }

    /// Counts a request of somebody who is signed in, by a name for their session.
    ///
    /// # Errors
    /// When they ask too often.
    pub fn admit(&self, session: &str) -> Result<(), Problem> {
        Ok(self.0.rate.take((Purpose::Console, session), &self.0.options.limits, self.0.now())?)
    }

    /// Counts a request of somebody who is not signed in.
    ///
    /// # Errors
    /// When they ask too often.
    pub fn admit_stranger(&self, client: Option<IpAddr>) -> Result<(), Problem> {
        let Peer(peer) = client.map_or_else(Peer::default, peer_of);
        Ok(self.0.rate.take((Purpose::Stranger, &peer), &self.0.options.limits, self.0.now())?)
    }

    /// A whole form without a file.
    ///
    /// # Errors
    /// When it is larger than a body may be, or breaks off.
    pub async fn form(&self, body: Body) -> Result<Bytes, Problem> {
        ask::read(body, self.0.options.limits.body).await
    }

    /// Answers a whole form with a file, once there is a place for it, and gives the place up when it is answered: what was
    /// read of it is in memory for so long.
    ///
    /// # Errors
    /// When it is larger than a file may be, breaks off, takes too long, or others have the place for too long; and as its
    /// answer has them.
    pub async fn with_file<T, F>(&self, body: Body, work: impl FnOnce(Bytes) -> F) -> Result<T, Problem>
    where
        F: Future<Output = Result<T, Problem>>,
    {
        let limits = self.0.options.limits;
        let room = limits.import.saturating_add(limits.body);
        if body.size_hint().lower() > room as u64 {
            return Err(ask::too_large(room));
        }
        let _place = self.0.uploads.admit(Size::of(&body), limits).await?;
        let read = tokio::time::timeout(limits.time, ask::read(body, room)).await;
        work(read.map_err(|_| gate::timed_out())??).await
    }

    /// Refuses a file that is larger than a file may be, whatever stood around it.
    ///
    /// # Errors
    /// When it is.
    pub fn judge_file(&self, content: &[u8]) -> Result<(), Problem> {
        imports::judge_size(content, &self.0.options.limits)
    }
}

impl Asking {
    /// The same with another grant besides: what the first does not let them do is asked for by this one, on its lists.
    #[must_use]
    pub fn and(self, grant: Grant) -> Self {
        Self { besides: Some(Caller::of_grant(self.caller.actor.clone(), grant)), ..self }
    }

    /// Whether the caller may do this at all, on one list at least.
    #[must_use]
    pub fn may(&self, method: Method, path: &'static str) -> bool {
        match access::look_up(&method, path) {
            Verdict::Rule(rule) => self.caller_for(rule).is_ok(),
            Verdict::OtherMethods(_) | Verdict::Unknown => false,
        }
    }

    /// As whom they ask for what a rule is about.
    fn caller_for(&self, rule: &Rule) -> Result<&Caller, Problem> {
        let lacking = match self.caller.judge(rule) {
            Ok(()) => return Ok(&self.caller),
            Err(lacking) => lacking,
        };
        self.besides.as_ref().filter(|other| other.judge(rule).is_ok()).ok_or(lacking)
    }

    /// Does an operation as the gate has it done: judged by the table, in a task of its own, so that a caller who hangs up
    /// leaves nothing half done, and recorded before anybody is told. What takes longer than a request may goes on, and the
    /// caller is told so; a question that nobody waits for any more is dropped.
    async fn ask<T, F>(&self, operation: Operation, work: impl FnOnce(Within) -> F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Problem>> + Send + 'static,
    {
        let Operation { method, path } = operation;
        let Verdict::Rule(rule) = access::look_up(&method, path) else { return Err(gate::no_key()) };
        let (caller, trail) = (self.caller_for(rule)?.clone(), Trail::default());
        let actor = caller.actor.clone();
        let work = work(Within::of(self.app.clone(), caller, trail.clone()));
        let (give, given) = oneshot::channel();
        // From here on there is one type of work, so that the rest of the way is compiled once and not for each operation.
        let work = async move {
            // Who hung up takes nothing.
            let _ = give.send(work.await?);
            Ok(())
        };
        self.carry_out(rule, trail, actor, work.boxed()).await?;
        given.await.map_err(|_| gate::broken())
    }

    /// The part of it that is alike for all.
    async fn carry_out(
        &self,
        rule: &'static Rule,
        trail: Trail,
        actor: Actor,
        work: Work,
    ) -> Result<(), Problem> {
        let (app, time) = (self.app.clone(), self.app.options.limits.time);
        let mut task = tokio::spawn(async move {
            // Also what broke off may have done something.
            let done = AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| Err(gate::broken()));
            let status = done.as_ref().map_or_else(|problem| problem.status, |()| StatusCode::OK);
            if let Some(deed) = trail.deed(actor, rule.audited, status) {
                audit::record(&app.service, deed).await;
            }
            done
        });
        match tokio::time::timeout(time, &mut task).await {
            Ok(done) => done.unwrap_or_else(|_| Err(gate::broken())),
            Err(_) if rule.method.is_safe() => {
                task.abort();
                Err(gate::timed_out())
            }
            Err(_) => Err(goes_on()),
        }
    }

    /// The same of a handler that answers with a document.
    async fn document<T, F>(&self, operation: Operation, work: impl FnOnce(Within) -> F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: Future<Output = Result<Json<T>, Problem>> + Send + 'static,
    {
        let work = |app| {
            let answer = work(app);
            async move { answer.await.map(|Json(document)| document) }
        };
        self.ask(operation, work).await
    }
}

/// What is no refusal: the deed is being done, and the audit has it once it is.
fn goes_on() -> Problem {
    Problem::new(StatusCode::ACCEPTED, "in_progress", "this takes longer than a page waits, and goes on")
        .hint("send nothing again: look in a few minutes at what came of it")
}
