//! A look at a link at rest, without a lease: does anything call for a run?

use std::{collections::BTreeSet, time::Duration};

use listsync_core::{
    link::Phase,
    list::{List, ListKind},
    quiet::Quiet,
    schedule::later,
    scope::Scope,
    settings::Settings,
    shield,
    summary::Summary,
    trigger::Generation,
};

use super::{
    RunRequest,
    look::{Look, Matches},
    observe::count_check,
    resolve::earliest,
};
use crate::{
    Ports, linkable,
    ports::{Changes, Cursor, Glance, LinkState, Meter, PortResult, QuietNote},
    watch::Unwatched,
};

/// How long a look waits for the directory. Where that asks for patience, a run leaves a message for later, and frees its worker.
const PATIENCE: Duration = Duration::from_secs(15);

/// What a look without a lease came to.
pub(crate) enum Quietly {
    /// It found nothing, and that is noted.
    Noted(Box<Summary>),
    /// A run is needed.
    Not(Option<Seen>),
}

/// What was seen of the group before a run, which need not ask once more.
pub(crate) struct Seen {
    /// The generation that the message asked for.
    asked: Generation,
    /// The cursor from which it was read.
    since: Cursor,
    pub(super) changes: Changes,
    pub(super) meter: Meter,
}

impl Seen {
    /// Whether nobody has raised the link since, and a run would read from the same cursor.
    pub(super) fn is_of(&self, state: &LinkState) -> bool {
        state.requested == self.asked && state.progress.group_cursor.as_ref() == Some(&self.since)
    }
}

/// Looks at a link at rest ([`listsync_core::quiet::Row::way`]), by its row as it was read.
///
/// # Errors
/// When the store does not answer. What the directory does not answer is left to a run, which tells it.
pub(crate) async fn quiet(
    ports: &Ports,
    request: &RunRequest,
    read: &LinkState,
    asked: Generation,
) -> PortResult<Quietly> {
    let started = ports.clock.now();
    let (Some(group), Some(list)) = (&read.progress.group_cursor, &read.progress.list_cursor) else {
        return Ok(Quietly::Not(None));
    };
    // Kept for a minute: nobody is added or removed by it, and a run reads what is in force.
    let settings = ports.settings.settings_lately().await?.of_link(&read.link);
    let state = read.clone().as_of(started, &settings);
    if !has_nothing_to_decide(&state, &settings) {
        return Ok(Quietly::Not(None));
    }
    // Read strongly, and after the row: who stored a change and has not raised the link yet is met here, or by the next beat.
    let Some(Glance { list: read_list, cursor }) = ports.lists.glance(&read.link.list).await? else {
        return Ok(Quietly::Not(None));
    };
    if cursor != *list || !is_as_it_was(&state, &read_list, &settings) {
        return Ok(Quietly::Not(None));
    }
    let meter = Meter::default();
    let look = Look {
        ports,
        state: &state,
        settings: &settings,
        reason: request.reason,
        until: request.until.min(later(started, PATIENCE)),
        meter: &meter,
        watch: &Unwatched,
        matches: Matches::Saved,
        seen: None,
    };
    let answer = look.places().changes(look.call(), &read.link.group, group, count_check(look)).await;
    // A cursor that is too old, a group that is gone, patience that is asked for: a run finds the same and says so.
    let Ok(changes) = answer else { return Ok(Quietly::Not(None)) };
    let counted = changes.count.is_some();
    if !is_empty(&changes) || !agrees(ports, &state, &changes).await? {
        return Ok(Quietly::Not(Some(Seen { asked, since: group.clone(), changes, meter })));
    }
    let finished = ports.clock.now();
    let before = read.quiet.as_ref();
    let quiet = Quiet {
        run: request.run.clone(),
        started_at: started,
        finished_at: finished,
        requests: meter.cost().requests,
        counted_at: if counted { Some(finished) } else { before.and_then(|before| before.counted_at) },
        in_a_row: before.map_or(0, |before| before.in_a_row) + 1,
    };
    if Quiet::id_of(&read.link.id, &request.run).is_none() {
        return Ok(Quietly::Not(None));
    }
    let by_schedule = later(finished, read.link.every.unwrap_or(settings.every));
    let due_at = earliest(state.progress.full_read_at.into_iter(), by_schedule);
    let summary = quiet.summary(&read.link, &read_list.name);
    // The cursor of the answer is not kept: the one that stands there tells the same and all that comes, and is replaced by
    // the run that follows each full read.
    if !ports.links.note_quiet(read, &QuietNote { quiet, asked, due_at }).await? {
        return Ok(Quietly::Not(Some(Seen { asked, since: group.clone(), changes, meter })));
    }
    // The one line of such a run. Its id begins with the link's; what it did not do goes without saying, and how long it took
    // is told to who gets the summary.
    tracing::info!(run.id = %summary.run, "nothing changed");
    Ok(Quietly::Noted(Box::new(summary)))
}

/// Whether a run whose reads are empty would have nothing to decide, write down or say. What the last run left open is known to
/// be nothing; what is here is what may call for something all the same.
fn has_nothing_to_decide(state: &LinkState, settings: &Settings) -> bool {
    let (link, progress) = (&state.link, &state.progress);
    // Several groups are read by a feed that tells less; a group that is still to be made has none.
    let is_simple = link.more.is_empty() && !link.is_pending();
    // Sizes are begun by a run, and a ruling is carried out by one.
    let is_steady = progress.phase == Phase::Steady
        && progress.group_sizes.is_some()
        && progress.hold.is_none()
        && state.ruling.is_none()
        && progress.failing.is_none();
    // An address that was protected since is looked up at once, and one that is not any more is forgotten.
    let said = shield::addresses([&settings.protected, &link.members.protected]);
    let is_named = said == progress.named.keys().cloned().collect::<BTreeSet<_>>();
    is_simple && is_steady && is_named && linkable::stands_alone(settings, link)
}

/// Whether the list is what it was when a run finished last. A filtered one follows people beyond it, which a run sees to.
fn is_as_it_was(state: &LinkState, list: &List, settings: &Settings) -> bool {
    let scope = Scope::of(&state.link, Some(list), settings);
    list.kind == ListKind::Static && state.progress.scope.as_ref() == Some(&scope)
}

fn is_empty(changes: &Changes) -> bool {
    let Changes { added, removed, nested, cursor: _, count: _ } = changes;
    added.is_empty() && removed.is_empty() && nested.is_empty()
}

/// Whether the count, where it was asked, is what the link remembers. In a group with nested ones it proves as much.
async fn agrees(ports: &Ports, state: &LinkState, changes: &Changes) -> PortResult<bool> {
    match changes.count {
        Some(count) => Ok(count == ports.links.group_size(&state.link.id).await?),
        None => Ok(true),
    }
}
