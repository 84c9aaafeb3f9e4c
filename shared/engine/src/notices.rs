//! Notices of changes: the standing order for them, which each beat of the timer sees to, and what is done on one.
//!
//! Whatever becomes of them, links are looked at when they are due: a notice only makes that sooner.

use std::{sync::Arc, time::Duration};

use listsync_core::{
    Timestamp,
    id::TenantId,
    schedule::{as_of, later},
    trigger::Reason,
};
use serde::{Deserialize, Serialize};

use crate::{
    ports::{Call, Fault, Meter, NoticeOrder, Notices, PortError, PortResult},
    service::Service,
    trigger,
};

/// How long an order is to run. Should its id be lost, it ends so soon by itself.
const LIFE: Duration = Duration::from_secs(3 * 24 * 3_600);
/// How long before its end an order is prolonged, where it runs so long.
const MARGIN: Duration = Duration::from_secs(24 * 3_600);
/// When it is tried again after the directory refused.
const RETRY: Duration = Duration::from_secs(15 * 60);
/// How long what is known is kept: longer than any order runs.
const KEPT: Duration = Duration::from_secs(60 * 24 * 3_600);
/// Under which name.
const NAME: &str = "notices";

/// Who is told of changes, where.
#[derive(Clone)]
pub struct Post {
    /// Who tells.
    pub notices: Arc<dyn Notices>,
    /// Of which tenant.
    pub tenant: TenantId,
    /// The https URL that notices are sent to.
    pub url: String,
}

/// How the notices stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The order in force; none: it is to be made.
    pub order: Option<NoticeOrder>,
    /// When the order is seen to again.
    pub due_at: Timestamp,
    /// The directory said that some notices were not sent: every link is to be looked at.
    pub missed: bool,
    /// Why the last try came to nothing.
    pub trouble: Option<Trouble>,
}

/// A refusal, as the operator is told of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// A stable code.
    pub code: String,
    /// What was refused.
    pub message: String,
    /// What the operator can do.
    pub hint: String,
}

/// What the directory says of an order itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderNews {
    /// It has to be prolonged, or it ends early.
    Prolong,
    /// It ended.
    Ended,
    /// Some notices were not sent.
    Missed,
}

/// What a beat has to do.
#[derive(Debug, PartialEq, Eq)]
enum Step<'a> {
    Nothing,
    Order,
    Prolong(&'a NoticeOrder),
    Cancel(&'a NoticeOrder),
}

/// How the notices stand; none: nothing was ever ordered.
///
/// # Errors
/// When the store does not answer.
pub async fn standing(service: &Service) -> PortResult<Option<Standing>> {
    let kept = service.seen.recall(NAME, service.ports.clock.now()).await?;
    // What another version wrote is ordered anew.
    Ok(kept.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// Sees to the order: it is made once there is a link, prolonged before it ends, made anew when it was lost, and
/// cancelled when the last link is gone.
///
/// # Errors
/// When the store or the queue does not answer. What the directory refuses is kept for the operator, told once, and
/// tried again a quarter of an hour later.
pub async fn tend(service: &Service, post: &Post, until: Timestamp) -> PortResult<()> {
    let now = service.ports.clock.now();
    let mut known = standing(service).await?;
    if let Some(standing) = known.as_mut().filter(|standing| standing.missed) {
        trigger::raise_all(&service.ports, Reason::Event).await?;
        standing.missed = false;
        keep(service, standing).await?;
    }
    let is_linked = !service.ports.links.page(None, 1).await?.is_empty();
    let tending = Tending { service, post, until, now };
    match step(known.as_ref(), is_linked.then_some(post.url.as_str()), now) {
        Step::Nothing => Ok(()),
        Step::Order => tending.order(known.as_ref()).await,
        Step::Prolong(order) => tending.prolong(order, known.as_ref()).await,
        Step::Cancel(order) => tending.cancel(order, known.as_ref()).await,
    }
}

/// Takes in what the directory says of the order in force. The next beat does what follows from it.
///
/// # Errors
/// When the store does not answer.
pub async fn heard(service: &Service, news: OrderNews) -> PortResult<()> {
    let Some(mut standing) = standing(service).await? else { return Ok(()) };
    match news {
        OrderNews::Prolong => {}
        OrderNews::Ended => standing.order = None,
        OrderNews::Missed => standing.missed = true,
    }
    standing.due_at = service.ports.clock.now();
    keep(service, &standing).await
}

/// What is to be done, where notices are wanted at this address, or not at all.
fn step<'a>(known: Option<&'a Standing>, wanted: Option<&str>, now: Timestamp) -> Step<'a> {
    let Some(Standing { order, due_at, trouble, .. }) = known else {
        return if wanted.is_some() { Step::Order } else { Step::Nothing };
    };
    // No order runs longer: what lies further ahead was set under a clock that ran ahead.
    let is_due = as_of(*due_at, now, LIFE) <= now;
    match (order, wanted) {
        // After a refusal nothing is tried before its time.
        _ if trouble.is_some() && !is_due => Step::Nothing,
        (None, Some(_)) if is_due => Step::Order,
        (None, _) => Step::Nothing,
        (Some(order), Some(url)) if order.url == url && is_due => Step::Prolong(order),
        (Some(order), Some(url)) if order.url == url => Step::Nothing,
        (Some(order), _) => Step::Cancel(order),
    }
}

struct Tending<'a> {
    service: &'a Service,
    post: &'a Post,
    until: Timestamp,
    now: Timestamp,
}

impl Tending<'_> {
    /// What is saved first keeps a second timer from ordering too, and one that dies from trying again at once.
    async fn order(&self, known: Option<&Standing>) -> PortResult<()> {
        let trouble = known.and_then(|known| known.trouble.clone());
        let mut standing =
            Standing { order: None, due_at: later(self.now, RETRY), missed: false, trouble: trouble.clone() };
        keep(self.service, &standing).await?;
        let meter = Meter::default();
        match self.post.notices.order(self.call(&meter), &self.post.url, later(self.now, LIFE)).await {
            Ok(order) => {
                tracing::info!("change notifications are ordered: changes of groups are heard of at once");
                standing.due_at = prolonged_at(self.now, order.until);
                standing.order = Some(order);
                standing.trouble = None;
                keep(self.service, &standing).await
            }
            Err(error) => self.refused(standing, error).await,
        }
    }

    async fn prolong(&self, order: &NoticeOrder, known: Option<&Standing>) -> PortResult<()> {
        let meter = Meter::default();
        let prolonged = self.post.notices.prolong(self.call(&meter), &order.id, later(self.now, LIFE)).await;
        let standing = Standing {
            order: Some(order.clone()),
            due_at: later(self.now, RETRY),
            missed: false,
            trouble: known.and_then(|known| known.trouble.clone()),
        };
        match prolonged {
            Ok(until) => {
                let due_at = prolonged_at(self.now, until);
                let order = NoticeOrder { until, ..order.clone() };
                keep(self.service, &Standing { order: Some(order), due_at, trouble: None, ..standing }).await
            }
            Err(error) if error.fault == Fault::Gone => {
                tracing::info!("the order of change notifications was lost: they are ordered anew");
                self.order(known).await
            }
            Err(error) => self.refused(standing, error).await,
        }
    }

    async fn cancel(&self, order: &NoticeOrder, known: Option<&Standing>) -> PortResult<()> {
        let meter = Meter::default();
        match self.post.notices.cancel(self.call(&meter), &order.id).await {
            Err(error) if error.fault != Fault::Gone => {
                let trouble = known.and_then(|known| known.trouble.clone());
                let order = Some(order.clone());
                let standing = Standing { order, due_at: later(self.now, RETRY), missed: false, trouble };
                self.refused(standing, error).await
            }
            _ => self.service.seen.forget(NAME).await,
        }
    }

    /// The same trouble is told once, however often it comes.
    async fn refused(&self, standing: Standing, error: PortError) -> PortResult<()> {
        if standing.trouble.as_ref().is_none_or(|trouble| trouble.code != error.code) {
            tracing::info!(
                code = error.code,
                hint = error.hint,
                "there are no change notifications, links are looked at when they are due: {error}"
            );
        }
        let trouble = Trouble { code: error.code, message: error.message, hint: error.hint };
        keep(self.service, &Standing { trouble: Some(trouble), ..standing }).await
    }

    fn call<'a>(&self, meter: &'a Meter) -> Call<'a> {
        Call { until: self.until, meter }
    }
}

/// A day before it ends; where the directory gave less than two days, when half of it is over.
fn prolonged_at(now: Timestamp, until: Timestamp) -> Timestamp {
    let runs = Duration::try_from(until.duration_since(now)).unwrap_or_default();
    later(now, runs.saturating_sub(MARGIN).max(runs / 2))
}

async fn keep(service: &Service, standing: &Standing) -> PortResult<()> {
    let bytes = serde_json::to_vec(standing).map_err(|_| {
        PortError::new(Fault::Rejected, "unwritable", "could not write how change notifications stand")
    })?;
    service.seen.replace(NAME, &bytes, later(service.ports.clock.now(), KEPT)).await
}
