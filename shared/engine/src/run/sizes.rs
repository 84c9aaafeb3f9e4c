//! What the guard counts changes over: the sizes that both sides had, kept from run to run.

use listsync_core::{
    Timestamp,
    link::{Phase, Side},
    member::Op,
    plan::{SideStanding, Standing},
    sizes::{Found, GUARDED, Sizes},
    summary::Summary,
};

use super::look::Look;
use crate::ports::{Finish, Moved, PortResult, Progress};

/// How many members each side has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Members {
    pub(super) list: u64,
    pub(super) group: u64,
}

/// What the guard needs to know of both sides, which have that many members, beyond the plan.
pub(super) async fn standing(look: Look<'_>, members: Members) -> PortResult<Standing> {
    let (now, link) = (look.now(), look.link());
    let since = now.checked_sub(GUARDED).unwrap_or(Timestamp::MIN);
    let moved = look.ports.links.moved(&link.id, since).await?;
    let list = look.ports.links.list_sizes(&link.list).await?;
    let of = |side, members, kept: Option<&Sizes>| {
        let mine: Vec<&Moved> = moved.iter().filter(|moved| moved.change.side == side).collect();
        let done = |op| mine.iter().filter(|moved| moved.change.op == op).map(|moved| moved.count).sum();
        // Where no size is kept yet, the day's first change tells how many there were.
        let unkept = || mine.first().map_or(members, |moved| moved.members_before);
        let (removed, added) = (done(Op::Remove), done(Op::Add));
        SideStanding { members, removed, added, at_first: kept.map_or_else(unkept, |sizes| sizes.base(now)) }
    };
    Ok(Standing {
        list: of(Side::List, members.list, list.as_ref()),
        group: of(Side::Group, members.group, look.progress().group_sizes.as_ref()),
    })
}

/// Whether a run has to know from its beginning how both sides stand: a link that finished runs before sizes were kept
/// begins with those that it finds, before it adds anybody.
pub(super) fn begins(look: Look<'_>) -> bool {
    look.progress().phase == Phase::Steady && look.progress().group_sizes.is_none()
}

/// Keeps the sizes that a run leaves behind, unless it cannot have changed any.
///
/// A link keeps sizes from the end of its first run on; what joins until then is no growth. Of the list there is one
/// record for all its links, or each of them would take a share of its own.
pub(super) async fn keep(
    look: Look<'_>,
    (began, summary): (Option<Standing>, &Summary),
    finish: &mut Finish,
) -> PortResult<()> {
    let before = look.progress();
    let kept = before.group_sizes.as_ref();
    if finish.progress.phase == Phase::First || !(kept.is_none() || moved(before, &finish.progress, summary))
    {
        return Ok(());
    }
    let (list, group) = (look.list_size().await?, look.ports.links.group_size(&look.link().id).await?);
    let first = match (before.phase, began) {
        (Phase::First, _) => standing(look, Members { list, group }).await?,
        (Phase::Steady, Some(began)) => began,
        // Nothing was decided, so nothing is known of how it began: the next run begins.
        (Phase::Steady, None) if kept.is_none() => return Ok(()),
        (Phase::Steady, None) => found_so(Members { list, group }),
    };
    let found = |first, members| Found { at: finish.at, first, members };
    let on_list = found(first.list.at_first, list);
    look.ports.links.note_list_size(&look.link().list, on_list).await?;
    finish.progress.group_sizes = Some(Sizes::after(kept, found(first.group.at_first, group)));
    Ok(())
}

fn found_so(members: Members) -> Standing {
    let of = |members| SideStanding { members, removed: 0, added: 0, at_first: members };
    Standing { list: of(members.list), group: of(members.group) }
}

/// Whether a run may have met or made another size of either side: by its effects, by news of the group, by a change of the
/// list, or because it counted.
fn moved(before: &Progress, after: &Progress, summary: &Summary) -> bool {
    let effects = [&summary.list, &summary.group].map(|side| side.added + side.removed);
    effects.iter().sum::<u64>() > 0
        || before.list_cursor != after.list_cursor
        || before.settles_at != after.settles_at
        || before.full_read_at != after.full_read_at
}
