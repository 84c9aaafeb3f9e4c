//! Memberships that end by date: whose has come leaves the list, at the next beat of the timer or in a run before it.

use std::collections::{BTreeMap, BTreeSet};

use listsync_core::{
    Timestamp,
    id::{ContactId, LinkId, ListId},
    link::LinkStatus,
    list::ListKind,
    stay::End,
};

use crate::{
    Ports,
    ports::{LinkState, Mover, Moves, PortResult},
};

/// How many ends are in memory at a time.
const PAGE: usize = 500;

/// Has everybody leave whose end has come, and makes the links of their lists due. No page is begun at `until` or later: what is
/// left over is seen to by the next beat, or by the run of its list.
///
/// # Errors
/// When the store does not answer. A list that cannot be seen to keeps no other from it.
pub(crate) async fn follow_all(ports: &Ports, until: Timestamp) -> PortResult<()> {
    let followed = follow(ports, None, until).await;
    request(ports, &followed.moved, None).await?;
    followed.result?;
    let returned = set_right(ports, until).await;
    request(ports, &returned.moved, None).await?;
    returned.result
}

/// A list is read once those have left it whose end has come: on one machine there may be no timer. Its links are due by it,
/// but for the one whose run reads it.
pub(crate) async fn follow_of_list(ports: &Ports, list: &ListId, reader: Option<&LinkId>) -> PortResult<()> {
    let followed = follow(ports, Some(list), Timestamp::MAX).await;
    request(ports, &followed.moved, reader).await?;
    followed.result
}

/// Makes the links of these lists due, all but one.
async fn request(ports: &Ports, lists: &BTreeSet<ListId>, but: Option<&LinkId>) -> PortResult<()> {
    for list in lists {
        for LinkState { link, .. } in ports.links.of_list(list).await? {
            if link.status == LinkStatus::Active && Some(&link.id) != but {
                ports.links.request(&link.id, None).await?;
            }
        }
    }
    Ok(())
}

/// What came of following ends.
struct Followed {
    /// The lists that somebody left, or came back to.
    moved: BTreeSet<ListId>,
    result: PortResult<()>,
}

impl Followed {
    fn note(&mut self, list: ListId, moved: PortResult<u64>) {
        match moved {
            Ok(0) => {}
            Ok(_) => drop(self.moved.insert(list)),
            Err(error) => self.result = Err(error),
        }
    }
}

/// Which ends are seen to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    /// Those that have come: who has one leaves.
    Come,
    /// Those that are still to come, of whoever left by a clock that ran ahead: they come back.
    Early,
}

async fn follow(ports: &Ports, only: Option<&ListId>, until: Timestamp) -> Followed {
    walk(ports, Which::Come, only, until).await
}

async fn set_right(ports: &Ports, until: Timestamp) -> Followed {
    let returned = walk(ports, Which::Early, None, until).await;
    if !returned.moved.is_empty() {
        tracing::warn!(
            lists = returned.moved.len(),
            "memberships ended by a clock that ran ahead: they go on"
        );
    }
    returned
}

/// Sees to these ends page by page, of one list or of all.
async fn walk(ports: &Ports, which: Which, only: Option<&ListId>, until: Timestamp) -> Followed {
    let now = ports.clock.now();
    let mut followed = Followed { moved: BTreeSet::new(), result: Ok(()) };
    let mut after = None;
    while ports.clock.now() < until {
        let page = match which {
            Which::Come => ports.lists.ended(now, after.as_ref(), PAGE).await,
            Which::Early => ports.lists.lapsed(now, after.as_ref(), PAGE).await,
        };
        let page = match page {
            Ok(page) => page,
            Err(error) => return Followed { result: Err(error), ..followed },
        };
        for (list, ends) in by_list(&page) {
            if only.is_none_or(|only| *only == list) {
                let moved = match which {
                    Which::Come => leave(ports, &list, &ends, now).await,
                    Which::Early => come_back(ports, &list, &ends, now).await,
                };
                followed.note(list, moved);
            }
        }
        match page.last() {
            Some(last) if page.len() == PAGE => after = Some(last.clone()),
            _ => break,
        }
    }
    followed
}

fn by_list(ends: &[End]) -> BTreeMap<ListId, Vec<End>> {
    let mut by_list: BTreeMap<ListId, Vec<End>> = BTreeMap::new();
    for end in ends {
        by_list.entry(end.list.clone()).or_default().push(end.clone());
    }
    by_list
}

fn contacts(ends: &[End]) -> Vec<ContactId> {
    ends.iter().map(|end| end.contact.clone()).collect()
}

/// Has those leave one list; how many did. Ends are forgotten last: what is interrupted before is done anew.
async fn leave(ports: &Ports, list: &ListId, ends: &[End], now: Timestamp) -> PortResult<u64> {
    // A filter decides by itself who is on its list, and of a list that is gone nobody leaves.
    let left = match is_static(ports, list).await? {
        true => {
            let moves = Moves { mover: Mover::EndDate, leave: contacts(ends), ..Moves::default() };
            ports.lists.move_members(list, &moves, now).await?.1
        }
        false => 0,
    };
    ports.lists.forget_ends(ends).await?;
    Ok(left)
}

async fn come_back(ports: &Ports, list: &ListId, ends: &[End], now: Timestamp) -> PortResult<u64> {
    if !is_static(ports, list).await? {
        return Ok(0);
    }
    let moves = Moves { mover: Mover::EndDate, join: contacts(ends), ..Moves::default() };
    Ok(ports.lists.move_members(list, &moves, now).await?.0)
}

async fn is_static(ports: &Ports, list: &ListId) -> PortResult<bool> {
    Ok(ports.lists.list(list).await?.is_some_and(|list| list.kind == ListKind::Static))
}
