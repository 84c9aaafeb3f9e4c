//! The run of one link: observe, resolve, reconcile, guard, plan, apply, fold.

mod again;
mod agents;
mod apply;
mod apply_group;
mod apply_list;
mod claims;
mod decide;
mod doubts;
mod finish;
mod flags;
mod flight;
mod hearsay;
mod held_once;
mod invite;
mod known;
mod leavers;
mod left_out;
mod look;
mod mailboxes;
mod observe;
mod onward;
mod pending;
mod protected;
mod quiet;
mod refusals;
mod remarks;
mod renames;
mod resolve;
mod scope;
mod shown;
mod sizes;
mod sources;
mod successor;
mod told;
mod word;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::AtomicU32,
    time::Duration,
};

use listsync_core::{
    Timestamp,
    flight::Window,
    gather::Sight,
    id::{ContactId, LinkId, RunId},
    link::{LinkStatus, Writes},
    list::Entry,
    member::{MemberKey, Op},
    plan::{Difference, Shown, Standing},
    records::Principals,
    schedule::LEASE,
    shield::Shield,
    summary::{Failure, Remark, Summary},
    trigger::Reason,
};

pub(crate) use self::quiet::{Quietly, Seen, quiet};
pub use listsync_core::protocol::Next;

use self::{
    apply::{Apply, Stop},
    decide::{Resolution, decide},
    finish::{Ending, Reads, blank_summary},
    look::{Look, Matches},
    observe::{Observed, observe},
    renames::{Renamed, Rest},
    resolve::{Resolved, UnmatchedContacts},
};
use crate::{
    Ports, ends,
    filtered::{self, Extent},
    gate, linkable,
    ports::{Acquired, Cursor, Fault, Lease, LinkState, Meter, PortError, PortResult},
    watch::Watch,
};

/// One attempt at one link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRequest {
    /// The id of the run.
    pub run: RunId,
    /// The link.
    pub link: LinkId,
    /// Why.
    pub reason: Reason,
    /// The end of the invocation: the run saves and hands over before.
    pub until: Timestamp,
}

/// A run, ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// What people read of it.
    pub summary: Summary,
    /// What is to happen after it.
    pub next: Next,
}

/// Runs one link once.
///
/// # Errors
/// When the link is not there or paused, or the store does not answer. What the directory refuses is an outcome.
pub async fn run(ports: &Ports, request: &RunRequest, watch: &dyn Watch) -> PortResult<Ran> {
    run_after(ports, request, None, watch).await
}

/// The same, after a look without a lease saw of the group what is handed on.
pub(crate) async fn run_after(
    ports: &Ports,
    request: &RunRequest,
    seen: Option<Seen>,
    watch: &dyn Watch,
) -> PortResult<Ran> {
    run_once(ports, request, Knowing { shown: None, seen }, watch).await
}

/// What a run knows before it begins.
struct Knowing<'a> {
    /// The plan that it keeps to.
    shown: Option<&'a Shown>,
    /// What was seen of the group a moment before.
    seen: Option<Seen>,
}

/// The same, keeping to a plan that was shown: what is due and was not shown is left to another run, and named.
///
/// # Errors
/// As [`run`].
pub async fn run_shown(
    ports: &Ports,
    request: &RunRequest,
    shown: &Shown,
    watch: &dyn Watch,
) -> PortResult<Ran> {
    run_once(ports, request, Knowing { shown: Some(shown), seen: None }, watch).await
}

async fn run_once(
    ports: &Ports,
    request: &RunRequest,
    Knowing { shown, seen }: Knowing<'_>,
    watch: &dyn Watch,
) -> PortResult<Ran> {
    let started = ports.clock.now();
    let lease = match ports.links.acquire(&request.link, started, LEASE).await? {
        Acquired::Lease(lease) => lease,
        Acquired::Busy(until) => return busy(ports, request, until).await,
    };
    let held = Held { lease: lease.clone(), started, shown, seen };
    let ran = under_lease(ports, request, held, watch).await;
    if ran.is_err() {
        // The store failed. Where it is back already, nobody has to wait until the lease has run out; what was left open is
        // settled by the next run, as after a crash.
        let _ = ports.links.release(&lease).await;
    }
    ran
}

/// A run that has its lease.
struct Held<'a> {
    lease: Lease,
    started: Timestamp,
    shown: Option<&'a Shown>,
    seen: Option<Seen>,
}

async fn under_lease(
    ports: &Ports,
    request: &RunRequest,
    Held { lease, started, shown, seen }: Held<'_>,
    watch: &dyn Watch,
) -> PortResult<Ran> {
    // Requested is read under the lease and before anything is observed: a trigger that comes later moves it.
    let state = load(ports, &request.link).await?;
    match runnable(ports, &state).await {
        Ok(()) => {}
        Err(refused) => {
            ports.links.release(&lease).await?;
            return refused.into_ran(ports, request, &state);
        }
    }
    let settings = ports.settings.settings().await?.of_link(&state.link);
    // Who raised the link since may have stored a change that was not seen; and after a resync the cursor is another.
    let seen = seen.filter(|seen| seen.is_of(&state));
    let (meter, seen) = seen.map_or_else(Default::default, |seen| (seen.meter, Some(seen.changes)));
    let state = state.as_of(started, &settings);
    let (until, reason, matches) = (request.until, request.reason, Matches::Saved);
    let (state, settings, meter, seen) = (&state, &settings, &meter, seen.as_ref());
    let look = Look { ports, state, settings, reason, until, meter, watch, matches, seen };
    let settled = pending::settled(look, &lease).await;
    let link = settled.as_ref().ok().and_then(Option::as_ref).unwrap_or(&state.link).clone();
    let state = LinkState { link, ..state.clone() };
    let look = Look { state: &state, ..look };
    let summary = blank_summary(request, &state, started);
    let mut running = Running { look, lease, summary, began: None, shown, differs: Difference::default() };
    let ended = match settled {
        Ok(Some(_)) => running.go().await,
        Ok(None) => Ok(Ending::Continued { progressed: false }),
        Err(error) if error.fault == Fault::LeaseLost => Err(error),
        Err(error) => Ok(Ending::Unmade(error)),
    };
    let ending = match ended {
        Ok(ending) => ending,
        Err(error) if error.fault == Fault::LeaseLost => {
            return busy(ports, request, listsync_core::schedule::later(ports.clock.now(), LEASE)).await;
        }
        Err(error) => Ending::Failed(error),
    };
    finish::finish(running, ending).await
}

async fn load(ports: &Ports, link: &LinkId) -> PortResult<LinkState> {
    ports.links.load(link).await?.ok_or_else(|| {
        PortError::new(Fault::Gone, "no_such_link", format!("link {link} is not there"))
            .with_hint("see the links with: listsync links ls")
    })
}

async fn busy(ports: &Ports, request: &RunRequest, until: Timestamp) -> PortResult<Ran> {
    let state = load(ports, &request.link).await?;
    let mut summary = blank_summary(request, &state, ports.clock.now());
    summary.outcome = listsync_core::summary::Outcome::Busy;
    summary.message = "Another run of this link is going; it will take this request in.".into();
    Ok(Ran { summary, next: Next::Busy(until) })
}

/// Why a link is not run now.
enum Refused {
    Stopped(LinkStatus),
    Throttled(Duration),
    Store(PortError),
}

async fn runnable(ports: &Ports, state: &LinkState) -> Result<(), Refused> {
    if state.link.status != LinkStatus::Active {
        return Err(Refused::Stopped(state.link.status));
    }
    let clock = ports.clock.as_ref();
    match gate::closed_until(ports.gate.as_ref(), &state.link.tenant, clock).await.map_err(Refused::Store)? {
        Some(until) => Err(Refused::Throttled(until.duration_since(clock.now()).unsigned_abs())),
        None => Ok(()),
    }
}

impl Refused {
    fn into_ran(self, ports: &Ports, request: &RunRequest, state: &LinkState) -> PortResult<Ran> {
        let mut summary = blank_summary(request, state, ports.clock.now());
        match self {
            Self::Store(error) => Err(error),
            Self::Stopped(status @ LinkStatus::Halted(_)) => {
                summary.outcome = listsync_core::summary::Outcome::Halted;
                summary.reason = "halted".into();
                summary.message = format!("The link is {status}.");
                summary.hint = format!("resume it: listsync links resume {}", state.link.id);
                Ok(Ran { summary, next: Next::Done })
            }
            Self::Stopped(status) => Err(PortError::new(
                Fault::Rejected,
                "link_paused",
                format!("link {} is {status}", state.link.id),
            )
            .with_hint(format!("resume it with: listsync links resume {}", state.link.id))),
            Self::Throttled(wait) => {
                finish::throttled(&mut summary, wait);
                Ok(Ran { summary, next: Next::RetryAfter(wait) })
            }
        }
    }
}

/// A run under its lease.
struct Running<'a> {
    look: Look<'a>,
    lease: Lease,
    summary: Summary,
    /// How both sides stood before anything was done, where that matters.
    began: Option<Standing>,
    /// The plan that it keeps to; none: it does whatever is due.
    shown: Option<&'a Shown>,
    /// In what that differs from what is due.
    differs: Difference,
}

impl Running<'_> {
    /// The sentence of the house: observe both sides, resolve identities, reconcile, guard, plan, apply, fold.
    async fn go(&mut self) -> PortResult<Ending> {
        let look = self.look;
        // Nothing was written yet, so nothing is left half done.
        let Some((prepared, resolved)) = keeping(look, self.lease.clone(), prepare(look)).await? else {
            return Ok(Ending::Continued { progressed: false });
        };
        self.note(&prepared.observed);
        self.summary.renamed = prepared.renamed.done;
        self.summary.remark(prepared.remarks.iter().cloned());
        match resolved {
            Resolved::OutOfTime { unmatched, progressed } => {
                self.hand_over(prepared.observed, unmatched, progressed).await
            }
            Resolved::All(unmatched) => {
                let seen = (prepared.observed.list_cursor.clone(), prepared.observed.matched.clone());
                let (reads, mut resolution) = prepared.settle(look, unmatched).await?;
                self.began = resolution.standing;
                if let Some(shown) = self.shown {
                    self.keep_to(shown, &mut resolution).await?;
                }
                self.report(&resolution);
                if look.link().writes == Writes::ByHand {
                    resolution.leave_to_hand();
                }
                let stop = self.apply(seen, &mut resolution).await?;
                let progressed = self.summary.list != blank(&self.summary.list)
                    || self.summary.group != blank(&self.summary.group);
                match stop {
                    Some(Stop::OutOfTime) => Ok(Ending::Continued { progressed }),
                    Some(Stop::GoOn) => Ok(Ending::Continued { progressed: true }),
                    Some(Stop::Failed(error)) => Ok(Ending::Failed(error)),
                    None if self.differs.not_shown.is_empty() => {
                        Ok(Ending::Finished { reads: Box::new(reads), resolution: Box::new(resolution) })
                    }
                    None => Ok(Ending::Short(Box::new(resolution))),
                }
            }
        }
    }

    async fn apply(
        &mut self,
        (list_seen, matched): (Cursor, BTreeSet<ContactId>),
        resolution: &mut Resolution,
    ) -> PortResult<Option<Stop>> {
        let (look, lease, summary) = (self.look, &mut self.lease, &mut self.summary);
        let (batches, window) = (AtomicU32::new(0), Window::default());
        Apply { look, lease, summary, list_seen, matched, batches, window }.run(resolution).await
    }

    /// Saves what the look-ups found so far, so that the next run asks only for the rest.
    async fn hand_over(
        &mut self,
        mut observed: Observed,
        unmatched: UnmatchedContacts,
        progressed: bool,
    ) -> PortResult<Ending> {
        // Rows of objects are not to be decided on half a read: a contact in doubt has one.
        let is_unbound = |entry: &Entry| entry.object_id.is_none() && unmatched.contains_key(&entry.contact);
        observed.entries.retain(is_unbound);
        // Who was not asked keeps what is open of them: without their entry they would look as if they had left the list.
        observed
            .records
            .retain(|row| matches!(&row.key, MemberKey::Contact(contact) if unmatched.contains_key(contact)));
        observed.principals = Principals::default();
        observed.sight = Sight::Some(BTreeMap::new());
        let seen = (observed.list_cursor.clone(), observed.matched.clone());
        let (evidence, _) = finish::split(observed, unmatched);
        let mut resolution = decide(self.look, &evidence, &Shield::default()).await?;
        resolution.plan.effects.clear();
        resolution.outlived.clear();
        let progressed = progressed || !resolution.changes.is_empty();
        self.report(&resolution);
        self.apply(seen, &mut resolution).await?;
        Ok(Ending::Continued { progressed })
    }

    fn note(&mut self, observed: &Observed) {
        self.summary.read = observed.read.kind();
        if let Some(name) = &observed.group_name {
            self.summary.group.name.clone_from(name);
        }
    }

    fn report(&mut self, resolution: &Resolution) {
        self.summary.held = resolution.plan.held.counts();
        self.summary.skipped.clone_from(&resolution.plan.skipped);
        self.summary.set_aside = resolution.set_aside.len() as u64;
        self.summary.opt_outs.carried_out += resolution.opted_out;
        self.summary.remark(resolution.remarks.iter().cloned());
        for (member, reason) in &resolution.unmatched {
            let (message, hint) = reason.explained();
            self.summary.fail(Failure {
                side: listsync_core::link::Side::Group,
                op: Op::Add,
                address: member.address.clone(),
                object_id: None,
                code: reason.code().into(),
                message: message.into(),
                hint: hint.into(),
                retryable: true,
            });
        }
    }
}

/// Both sides as they were read, with who is who.
struct Prepared {
    observed: Observed,
    renamed: Renamed,
    remarks: Vec<Remark>,
    shield: Shield,
}

/// Everything of a run and of a preview that comes before a decision.
async fn prepare(look: Look<'_>) -> PortResult<(Prepared, Resolved)> {
    linkable::demand_all(look.ports, look.settings, look.link()).await?;
    follow(look).await?;
    let mut observed = observe(look).await?;
    let (resolved, renamed) = identify(look, &mut observed).await?;
    let remarks = remarks::ambiguous(look, &observed).await?;
    let shield = match resolved {
        Resolved::All(_) => protected::find(look, &mut observed).await?,
        // Nobody is removed by a run that did not read everybody.
        Resolved::OutOfTime { .. } => Shield::default(),
    };
    Ok((Prepared { observed, renamed, remarks, shield }, resolved))
}

impl Prepared {
    /// Decides on everything that was read, once who is who is known of everybody.
    async fn settle(self, look: Look<'_>, unmatched: UnmatchedContacts) -> PortResult<(Reads, Resolution)> {
        let (evidence, reads) = finish::split(self.observed, unmatched);
        let mut resolution = decide(look, &evidence, &self.shield).await?;
        resolution.note(&reads.others, self.renamed);
        Ok((reads, resolution))
    }
}

/// Settles who is who: matches contacts to people, has them follow changed addresses, finds whoever said no without a contact
/// that tells, and flags those whom nobody has.
async fn identify(look: Look<'_>, observed: &mut Observed) -> PortResult<(Resolved, Renamed)> {
    let resolved = resolve::resolve(look, observed).await?;
    let Resolved::All(unmatched) = resolved else { return Ok((resolved, Renamed::default())) };
    leavers::read(look, observed).await?;
    let renamed = renames::follow_renames(look, observed).await?;
    if renamed.rest == Rest::Some {
        return Ok((Resolved::OutOfTime { unmatched, progressed: renamed.saved > 0 }, renamed));
    }
    if refusals::find(look, observed).await? == Rest::Some {
        return Ok((Resolved::OutOfTime { unmatched, progressed: true }, renamed));
    }
    flags::keep(look, observed, &unmatched).await?;
    Ok((Resolved::All(unmatched), renamed))
}

/// A list is read after those left it whose membership ended, and a filtered one after it followed its filter; where both
/// sides are to be read in full, it asks for everybody.
async fn follow(look: Look<'_>) -> PortResult<()> {
    // A preview does nothing about its own link, which the beat would have made due.
    let reader = match look.matches {
        Matches::Saved => Some(&look.link().id),
        Matches::Unsaved => None,
    };
    ends::follow_of_list(look.ports, &look.link().list, reader).await?;
    let full = look.progress().full_read_at.is_none_or(|at| at <= look.now());
    let extent = if full { Extent::Everybody } else { Extent::Changed };
    filtered::follow_for_run(look.ports, &look.link().list, extent).await
}

fn blank(counts: &listsync_core::summary::SideCounts) -> listsync_core::summary::SideCounts {
    let (id, name) = (counts.id.clone(), counts.name.clone());
    listsync_core::summary::SideCounts { id, name, ..Default::default() }
}

/// Keeps the lease alive while reading, which may take longer than the lease lasts. None: somebody wants the run to end.
async fn keeping<T>(
    look: Look<'_>,
    lease: Lease,
    reading: impl Future<Output = PortResult<T>>,
) -> PortResult<Option<T>> {
    let renewing = async {
        loop {
            tokio::time::sleep(LEASE / 3).await;
            if let Err(error) = look.ports.links.renew(&lease, look.now(), LEASE).await {
                return error;
            }
        }
    };
    tokio::select! {
        read = reading => read.map(Some),
        error = renewing => Err(error),
        () = stopped(look.watch) => Ok(None),
    }
}

async fn stopped(watch: &dyn Watch) {
    let stopped = async { watch.stop()?.clone().wait_for(|stopped| *stopped).await.ok().map(drop) };
    if stopped.await.is_none() {
        std::future::pending().await
    }
}

/// Everything of a run up to its plan.
pub(crate) async fn plan(
    ports: &Ports,
    link: &LinkId,
    (reason, until): (Reason, Timestamp),
    watch: &dyn Watch,
) -> PortResult<listsync_core::plan::Plan> {
    let state = load(ports, link).await?;
    let settings = ports.settings.settings().await?.of_link(&state.link);
    let meter = Meter::default();
    let state = state.as_of(ports.clock.now(), &settings);
    let matches = Matches::Unsaved;
    let look = Look {
        ports,
        state: &state,
        settings: &settings,
        reason,
        until,
        meter: &meter,
        watch,
        matches,
        seen: None,
    };
    let (prepared, resolved) = prepare(look).await?;
    let Resolved::All(unmatched) = resolved else {
        return Err(PortError::new(
            Fault::Unavailable,
            "out_of_time",
            format!("link {link} was not read in time"),
        ));
    };
    let (_, resolution) = prepared.settle(look, unmatched).await?;
    let follow_ons = onward::follow_ons(look, &resolution.plan).await?;
    Ok(listsync_core::plan::Plan { place: state.link.place(), follow_ons, ..resolution.plan })
}
