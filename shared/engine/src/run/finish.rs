//! The last write of a run, and what people read of it.

use std::time::Duration;

use listsync_core::{
    Timestamp,
    case::{ExtrasRelease, skip},
    gather::Evidence,
    hold::{Hold, RulingKind},
    link::{HaltReason, LinkStatus, Side},
    member::{HoldReason, Op},
    opt_outs::Carried,
    plan::{Effect, Release, Standing},
    schedule::{COUNT_EVERY, FullRead, later, next_full_read},
    scope::Scope,
    shield::Named,
    snapshot::{Nesting, Others},
    summary::{Begun, HeldCounts, Outcome, Summary},
    unsettled::Unsettled,
};

use super::{
    Next, Ran, RunRequest, Running,
    apply::settles_at,
    decide::Resolution,
    look::Look,
    observe::{Observed, Read},
    onward,
    resolve::{UnmatchedContacts, earliest},
    scope, shown, sizes,
    sources::{self, Unread},
};
use crate::ports::{
    Cursor, Failing, Fault, Finish, LinkState, MemberQuery, Phase, PortError, PortResult, Progress, Tally,
};

/// So many continuations without progress halt a link.
const STALLED: u8 = 2;
/// The group was made a moment ago, and not every replica knows it.
const NOT_REPLICATED: &str = "not_replicated";
/// How soon another run tries a directory that did not answer.
pub(super) const RETRY_UNAVAILABLE: Duration = Duration::from_secs(60);

/// How the work of a run ended, before it is recorded.
pub(super) enum Ending {
    Finished {
        reads: Box<Reads>,
        resolution: Box<Resolution>,
    },
    Continued {
        progressed: bool,
    },
    /// A plan was kept to, and more is due.
    Short(Box<Resolution>),
    /// The group of a pending link is not there yet.
    Unmade(PortError),
    Failed(PortError),
}

/// What the reads leave to the next run.
pub(super) struct Reads {
    read: Read,
    group_cursor: Cursor,
    list_cursor: Cursor,
    counted: bool,
    nesting: Nesting,
    pub(super) others: Others,
    unread: Unread,
    named: Named,
}

/// What a run that finished found out besides, for the link to keep.
struct Known {
    tally: Tally,
    scope: Option<Scope>,
}

/// Parts what is decided on from what is handed on.
pub(super) fn split(observed: Observed, unmatched: UnmatchedContacts) -> (Evidence, Reads) {
    let Observed {
        read,
        entries,
        principals,
        sight,
        records,
        group_cursor,
        list_cursor,
        group_name: _,
        matched: _,
        counted,
        nesting,
        others,
        refusing,
        ambiguous: _,
        looked_up,
        holders,
        reach,
        unread,
        named,
    } = observed;
    let reads = Reads { read, group_cursor, list_cursor, counted, nesting, others, unread, named };
    let looked_up = looked_up.into_iter().map(|one| (one.id, one.kind)).collect();
    (Evidence { entries, unmatched, principals, refusing, looked_up, sight, records, holders, reach }, reads)
}

/// A summary in which nothing has happened yet.
pub(super) fn blank_summary(request: &RunRequest, state: &LinkState, started: Timestamp) -> Summary {
    Summary::begun(Begun {
        run: request.run.clone(),
        link: &state.link,
        phase: state.progress.phase,
        trigger: request.reason,
        started_at: started,
    })
}

/// Says that the directory asked for patience.
pub(super) fn throttled(summary: &mut Summary, wait: Duration) {
    summary.outcome = Outcome::Continued;
    summary.reason = "throttled".into();
    summary.message =
        format!("The directory asks for patience; the run goes on in {} seconds.", wait.as_secs());
}

/// Records how a run ended, and frees the lease.
pub(super) async fn finish(running: Running<'_>, ending: Ending) -> PortResult<Ran> {
    let Running { look, lease, mut summary, began, shown: _, differs } = running;
    let list = look.ports.lists.list(&look.link().list).await?;
    let mut at_rest = false;
    let (mut finish, next) = match ending {
        Ending::Finished { reads, resolution } => {
            let next = sources::retry_after(&reads.unread).map_or(Next::Done, Next::RetryAfter);
            let tally = tally(look, &summary, &resolution).await?;
            at_rest = reads.read == Read::Incremental && resolution.grace_ends.is_none();
            let scope = scope::kept(look, list.as_ref(), &resolution);
            (finished(look, &mut summary, *reads, Known { tally, scope }, &resolution), next)
        }
        Ending::Continued { progressed } => continued(look, &mut summary, progressed),
        Ending::Short(resolution) => (short(look, &mut summary, &resolution), Next::Done),
        Ending::Unmade(error) => unmade(look, &mut summary, error),
        Ending::Failed(error) => failed(look, &mut summary, error),
    };
    finish.progress.at_rest = match at_rest && summary.outcome == Outcome::Converged {
        true => left_nothing_open(look).await?.then_some(lease.token),
        false => None,
    };
    shown::tell(&mut summary, &differs);
    if let Some(list) = list {
        summary.list.name = list.name;
    }
    summary.graph = look.meter.cost();
    summary.finished_at = look.now();
    summary.duration_ms = summary.finished_at.duration_since(summary.started_at).as_millis().max(0) as u64;
    finish.at = summary.finished_at;
    sizes::keep(look, (began, &summary), &mut finish).await?;
    opt_outs(look, began, &mut summary, &mut finish);
    if summary.list.added + summary.list.removed > 0 {
        onward::changed(look).await?;
    }
    look.ports.runs.save(&summary).await?;
    tell(&summary);
    let moved = look.ports.links.finish(&lease, &finish).await?;
    Ok(Ran { summary, next: next.after(moved) })
}

/// Takes in how many opted out, however the run ended: who opted out is gone.
fn opt_outs(look: Look<'_>, began: Option<Standing>, summary: &mut Summary, finish: &mut Finish) {
    let limit = look.link().max_removals.unwrap_or(look.settings.max_removals);
    let at_first = began.map(|began| match look.side_of_opt_outs() {
        Side::List => began.list.at_first,
        Side::Group => began.group.at_first,
    });
    let carried = Carried { people: summary.opt_outs.carried_out, at_first };
    finish.progress.opt_outs = look.progress().opt_outs.after(carried, limit, finish.at);
    let surge = finish.progress.opt_outs.surge(finish.at);
    summary.opt_outs.above_share = surge.filter(|_| carried.people > 0);
}

/// Who is out of step now that everything was tried, by the rows. They are read only where the run met somebody: each run
/// takes in everybody of whom something is open.
async fn tally(look: Look<'_>, summary: &Summary, resolution: &Resolution) -> PortResult<Tally> {
    let met = !resolution.pending.is_empty()
        || !summary.skipped.is_empty()
        || !summary.failures.is_empty()
        || summary.set_aside > 0
        || !resolution.by_hand.is_empty();
    let rows = match met {
        true => look.ports.links.members(&look.link().id, MemberQuery::Open).await?,
        false => Vec::new(),
    };
    let people = rows.iter().filter_map(|row| Unsettled::of(row, look.link().writes));
    let by_hand = resolution.by_hand.len() as u64;
    Ok(Tally { by_hand, ..Tally::of(people, &look.progress().tally, look.now()) })
}

/// Whether no row waits for anything: then a look that finds both sides unchanged has nothing to decide on.
///
/// A full read leaves its cursor as it was, or minted one that no read has gone on from. So only a read of changes leaves a
/// link at rest: looks that write no row go on from its cursor, which is replaced at least once a day.
async fn left_nothing_open(look: Look<'_>) -> PortResult<bool> {
    Ok(look.ports.links.members(&look.link().id, MemberQuery::Open).await?.is_empty())
}

/// What a link is said to fail of from now on: the cause is the last one, the moment the first.
fn failing(look: Look<'_>, summary: &Summary) -> Failing {
    let before = look.progress().failing.as_ref();
    Failing {
        code: summary.reason.clone(),
        reason: summary.message.clone(),
        hint: summary.hint.clone(),
        since: before.map_or_else(|| look.now(), |before| before.since),
    }
}

fn finished(
    look: Look<'_>,
    summary: &mut Summary,
    reads: Reads,
    Known { tally, scope }: Known,
    resolution: &Resolution,
) -> Finish {
    let (now, settings, before) = (look.now(), look.settings, look.progress());
    let mismatch = reads.read == Read::Full(FullRead::Mismatch);
    let is_partial = !reads.unread.is_empty();
    sources::tell(summary, &reads.unread);
    tell_by_hand(look, summary, &resolution.by_hand);
    if !resolution.plan.held.effects.is_empty() {
        summary.outcome = Outcome::Held;
        summary.reason = "held".into();
        let changed = &resolution.plan.held.scope;
        if !changed.is_empty() {
            let sentence = listsync_core::scope::sentence(changed.iter().copied());
            summary.message = format!("Held because {sentence}.");
        }
    } else if is_partial {
        summary.outcome = Outcome::Partial;
        summary.reason = skip::SOURCE_UNREAD.into();
        summary.message =
            "Not every group that feeds the list could be read; nobody is removed until each is.".into();
    } else if mismatch {
        summary.outcome = Outcome::Partial;
        summary.reason = "count_mismatch".into();
        summary.message =
            "The group's count and its members disagreed on every read; absences were not believed.".into();
    } else if !summary.failures.is_empty() {
        summary.outcome = Outcome::Partial;
        summary.reason = "failures".into();
    } else if !resolution.by_hand.is_empty() {
        summary.outcome = Outcome::Planned;
        summary.reason = "by_hand".into();
    } else if tally.waiting + tally.misplaced() > 0 {
        tell_waiting(summary, &tally);
    }
    let wrote = summary.group.added + summary.group.removed > 0 || resolution.news;
    let window = settings.settle_window;
    let full_read_at = match reads.read {
        Read::Full(read) => Some(next_full_read(read, now, window, settings.full_check_every)),
        Read::Incremental => before.full_read_at,
    };
    let progress = Progress {
        phase: if mismatch || is_partial { before.phase } else { Phase::Steady },
        group_cursor: Some(reads.group_cursor),
        list_cursor: Some(reads.list_cursor),
        full_read_at,
        count_at: if reads.counted { Some(later(now, COUNT_EVERY)) } else { before.count_at },
        settles_at: if wrote { settles_at(before.settles_at, now, window) } else { before.settles_at },
        hold: if is_partial { before.hold.clone() } else { hold(look, resolution) },
        extras_release: extras_release(look),
        nesting: match reads.read {
            Read::Full(_) => reads.nesting,
            Read::Incremental => before.nesting,
        },
        others: reads.others,
        named: reads.named,
        group_sizes: before.group_sizes.clone(),
        stalled: 0,
        failing: (is_partial || mismatch).then(|| failing(look, summary)),
        tally,
        // Of a read that was not complete nobody knows whom a change removes.
        scope: if mismatch || is_partial { before.scope.clone() } else { scope },
        opt_outs: before.opt_outs.clone(),
        at_rest: None,
    };
    let by_schedule = later(now, look.link().every.unwrap_or(settings.every));
    let due_at = if is_partial {
        // What is set aside waits for the source that could not be read.
        by_schedule
    } else {
        let set_aside = resolution.set_aside.iter().copied();
        earliest(set_aside.chain(full_read_at).chain(resolution.grace_ends), by_schedule)
    };
    Finish {
        progress,
        status: None,
        // A source that may answer again leaves the generation open, as a group that is away does.
        synced: sources::retry_after(&reads.unread).is_none().then_some(look.state.requested),
        due_at,
        ruling_done: if is_partial { None } else { ruling_done(look, resolution) },
        members: Vec::new(),
        at: now,
    }
}

/// Says that not all is done. Who it is, and when they are looked at again, stands in the members' rows: a summary is kept as
/// text, and a moment in it would be by no reader's clock.
fn tell_waiting(summary: &mut Summary, tally: &Tally) {
    summary.outcome = Outcome::Waiting;
    summary.reason = "waiting".into();
    let mut parts = Vec::new();
    if tally.misplaced() > 0 {
        parts.push(format!("not placed: {}", tally.misplaced()));
    }
    if tally.waiting > 0 {
        parts.push(format!("waiting: {}", tally.waiting));
    }
    summary.message = format!("Not everybody is in step: {}.", parts.join(", "));
}

/// Says what waits for a person.
fn tell_by_hand(look: Look<'_>, summary: &mut Summary, effects: &[Effect]) {
    if effects.is_empty() {
        return;
    }
    let removals = effects.iter().filter(|effect| effect.change.op == Op::Remove).count();
    let additions = effects.len() - removals;
    summary.message = format!("To be made in the group by hand: {additions} to add, {removals} to remove.");
    summary.hint = format!("see them: listsync handout {} --as csv (or powershell, or json)", look.link().id);
}

/// The ruling that was carried out. What was approved and is left to a person stays approved until it is seen done.
fn ruling_done(look: Look<'_>, resolution: &Resolution) -> Option<String> {
    let waits = resolution.by_hand.iter().any(|effect| effect.release == Release::Approved);
    look.state.ruling.as_ref().filter(|_| !waits).map(|ruling| ruling.digest.clone())
}

fn hold(look: Look<'_>, resolution: &Resolution) -> Option<Hold> {
    let held = &resolution.plan.held;
    let HeldCounts { list_removals, group_removals, list_additions, group_additions, digest } = held.counts();
    let known = look.progress().hold.as_ref().filter(|hold| hold.digest == digest);
    (!held.effects.is_empty()).then(|| Hold {
        digest,
        reasons: held.reasons(),
        list_removals,
        group_removals,
        list_additions,
        group_additions,
        scope: held.scope.clone(),
        since: known.map_or_else(|| look.now(), |hold| hold.since),
    })
}

/// Extras are under the guard alone once a person has approved a removal of extras.
fn extras_release(look: Look<'_>) -> ExtrasRelease {
    let approved = match (&look.progress().hold, &look.state.ruling) {
        (Some(hold), Some(ruling)) => {
            ruling.says(RulingKind::Approved, &hold.digest)
                && hold.reasons.iter().any(|(_, reason)| *reason == HoldReason::Extras)
        }
        _ => false,
    };
    if approved { ExtrasRelease::Approved } else { look.progress().extras_release }
}

/// The generation stays open, and the cursors stay where they were.
fn continued(look: Look<'_>, summary: &mut Summary, progressed: bool) -> (Finish, Next) {
    summary.outcome = Outcome::Continued;
    summary.reason = "unfinished".into();
    let stalled = match (progressed, look.is_stopped()) {
        (true, _) => 0,
        // That it was told to end says nothing of whether it comes on.
        (false, true) => look.progress().stalled,
        (false, false) => look.progress().stalled + 1,
    };
    let progress = Progress { stalled, failing: None, ..look.progress().clone() };
    let mut finish = open_end(look, progress);
    if look.is_stopped() {
        summary.message = "The run was stopped; the next one goes on from here.".into();
    } else if stalled >= STALLED {
        summary.outcome = Outcome::Halted;
        summary.reason = "no_progress".into();
        summary.message = format!("The link was halted: {}.", HaltReason::NoProgress);
        summary.hint = format!("give runs more time, then: listsync links resume {}", look.link().id);
        finish.status = Some(LinkStatus::Halted(HaltReason::NoProgress));
        finish.progress.stalled = 0;
        return (finish, Next::Done);
    }
    (finish, Next::Continue(look.state.requested))
}

/// What is left is seen by the next run as this one saw it: the cursors stay where they were, and so does what was asked for.
fn short(look: Look<'_>, summary: &mut Summary, resolution: &Resolution) -> Finish {
    if !resolution.plan.held.effects.is_empty() {
        summary.outcome = Outcome::Held;
        summary.reason = "held".into();
    } else if !summary.failures.is_empty() {
        summary.outcome = Outcome::Partial;
        summary.reason = "failures".into();
    }
    let before = look.progress();
    let wrote = summary.group.added + summary.group.removed > 0;
    let window = look.settings.settle_window;
    let progress = Progress {
        // What a person approved and this plan did not show is to be found by its digest as before.
        hold: if look.state.ruling.is_some() { before.hold.clone() } else { hold(look, resolution) },
        settles_at: if wrote { settles_at(before.settles_at, look.now(), window) } else { before.settles_at },
        stalled: 0,
        failing: None,
        ..before.clone()
    };
    Finish { due_at: look.state.due_at, ..open_end(look, progress) }
}

/// A group that was created a moment ago and is not found is not gone: not every replica has heard of it yet.
fn of_a_young_group(look: Look<'_>, error: PortError) -> PortError {
    let is_young = |made: &Timestamp| {
        later(*made, look.settings.settle_window) > look.now() && error.fault == Fault::Gone
    };
    match look.link().group_made_at.filter(is_young) {
        None => error,
        Some(_) => PortError::new(
            Fault::Unavailable,
            NOT_REPLICATED,
            format!("group {} was created a moment ago and cannot be reached yet", look.link().group),
        )
        .with_hint("nothing is to be done: it is tried again within minutes"),
    }
}

/// What the directory refuses as it is asked, it refuses the next time as well: the link waits for a person. A permission that
/// lacks is granted there, and needs nobody here.
fn unmade(look: Look<'_>, summary: &mut Summary, error: PortError) -> (Finish, Next) {
    if !matches!(error.fault, Fault::Rejected | Fault::Gone) {
        return failed(look, summary, error);
    }
    let link = &look.link().id;
    summary.outcome = Outcome::Halted;
    summary.reason = error.code;
    summary.message = format!("The link was halted, as its group could not be made: {}", error.message);
    let more = if error.hint.is_empty() { String::new() } else { format!("{}; then: ", error.hint) };
    summary.hint =
        format!("{more}listsync links resume {link}, or unlink it and link the list to another group");
    let mut finish = open_end(look, look.progress().clone());
    finish.synced = Some(look.state.requested);
    finish.status = Some(LinkStatus::Halted(HaltReason::NoGroup));
    finish.progress.failing = Some(failing(look, summary));
    (finish, Next::Done)
}

fn failed(look: Look<'_>, summary: &mut Summary, error: PortError) -> (Finish, Next) {
    let error = of_a_young_group(look, error);
    let mut finish = open_end(look, look.progress().clone());
    finish.due_at = later(look.now(), look.link().every.unwrap_or(look.settings.every));
    let next = match error.fault {
        Fault::Throttled(wait) => {
            throttled(summary, wait);
            // It is no success, so what is known to fail goes on to. That a message was given up is answered by this run.
            finish.progress.failing.take_if(|failing| failing.code.is_empty());
            return (finish, Next::RetryAfter(wait));
        }
        Fault::Unavailable | Fault::Busy => Next::RetryAfter(RETRY_UNAVAILABLE),
        Fault::Gone | Fault::Denied | Fault::Rejected | Fault::LeaseLost => {
            finish.synced = Some(look.state.requested);
            Next::Done
        }
    };
    let did_something =
        summary.group.added + summary.group.removed + summary.list.added + summary.list.removed > 0;
    summary.outcome = if did_something { Outcome::Partial } else { Outcome::Failed };
    summary.reason = error.code;
    summary.message = error.message;
    summary.hint = error.hint;
    // That a group of a moment ago is not everywhere yet passes by itself, and is nobody's fault.
    let is_young = summary.reason == NOT_REPLICATED;
    finish.progress.failing = (!is_young).then(|| failing(look, summary));
    (finish, next)
}

fn open_end(look: Look<'_>, progress: Progress) -> Finish {
    Finish {
        progress,
        status: None,
        synced: None,
        due_at: look.now(),
        ruling_done: None,
        members: Vec::new(),
        at: look.now(),
    }
}

/// The one line per run: ids and numbers, no address and no name.
fn tell(summary: &Summary) {
    tracing::info!(
        run.id = %summary.run,
        link.id = %summary.link,
        trigger = %summary.trigger,
        outcome = %summary.outcome,
        reason = %summary.reason,
        list.added = summary.list.added,
        list.removed = summary.list.removed,
        group.added = summary.group.added,
        group.removed = summary.group.removed,
        failures = summary.failures.len(),
        held = summary.held.list_removals + summary.held.group_removals,
        set_aside = summary.set_aside,
        requests = summary.graph.requests,
        duration_ms = summary.duration_ms,
        "link synced"
    );
}
