//! What is read of single members beside the feed: whose reads were set aside, and of whom the feed tells something new.

use std::collections::{BTreeMap, BTreeSet};

use listsync_core::{
    belief::Seen,
    gather::Sight,
    id::ObjectId,
    member::{Member, MemberKey, Op, Open},
    records::Records,
};

use super::look::Look;
use crate::ports::{Changes, MemberQuery, PortResult};

/// Of whom the feed tells something new that a read of them may settle. A feed may repeat an old change, without limit of
/// time, so its word alone is nobody's membership and nobody's leave.
#[derive(Default)]
pub(super) struct News {
    /// They came, it tells, and we do not hold them to be there.
    came: BTreeSet<ObjectId>,
    /// They left, it tells, and we hold them to be there; or a crash left unrecorded whether we took them out.
    left: BTreeSet<ObjectId>,
    /// Of all of whom it tells, those whom we hold to be there.
    here: BTreeSet<ObjectId>,
}

impl News {
    pub(super) fn len(&self) -> usize {
        self.came.len() + self.left.len()
    }
}

/// What the feed tells that is new. The echo of what we wrote ourselves is not, and a leave that would be set aside whatever a
/// read of the member says is not asked for before its time.
pub(super) async fn news(look: Look<'_>, delta: &Changes) -> PortResult<News> {
    let Changes { added, removed, .. } = delta;
    if added.is_empty() && removed.is_empty() {
        return Ok(News::default());
    }
    let ids: Vec<ObjectId> = added.iter().chain(removed).cloned().collect();
    let query = MemberQuery::Of { objects: &ids, contacts: &[] };
    let known = look.ports.links.members(&look.link().id, query).await?;
    let known = Records::from(known);
    let row = |id: &&ObjectId| known.get(&MemberKey::Principal((*id).clone()));
    let is_here = |id: &&ObjectId| row(id).and_then(|row| row.group).is_some_and(|belief| belief.present);
    let may_leave = |id: &&ObjectId| {
        row(id).is_some_and(|row| {
            row.intent.is_some()
                || row.group.is_some_and(|belief| belief.is_open_to_leave(look.now(), look.settling()))
        })
    };
    Ok(News {
        came: added.iter().filter(|id| !is_here(id)).cloned().collect(),
        left: removed.iter().filter(may_leave).cloned().collect(),
        here: ids.iter().filter(is_here).cloned().collect(),
    })
}

/// What feed and reads of single members say together; the reads are one request for many.
pub(super) async fn sight(
    look: Look<'_>,
    delta: &Changes,
    news: &News,
    recheck: &BTreeSet<ObjectId>,
) -> PortResult<Sight> {
    // What the feed tells of the others agrees with what we hold true, or is to wait.
    let came = delta.added.iter().map(|id| (id.clone(), Seen::Present));
    let left = delta.removed.iter().map(|id| (id.clone(), Seen::Rumoured(Op::Remove)));
    let mut seen: BTreeMap<ObjectId, Seen> = came.chain(left).collect();
    let asked: BTreeSet<&ObjectId> = recheck.iter().chain(&news.came).chain(&news.left).collect();
    if asked.is_empty() {
        return Ok(Sight::Some(seen));
    }
    let ids: Vec<ObjectId> = asked.into_iter().cloned().collect();
    let found = look.places().present(look.call(), &look.link().group, &ids).await?;
    for id in ids {
        let one = match Seen::together(told(delta, &id), found.contains(&id), news.here.contains(&id)) {
            // A replica that lags may miss who came a moment ago; once a window has passed, none does.
            Seen::Rumoured(Op::Add) if news.came.contains(&id) && recheck.contains(&id) => Seen::Absent,
            one => one,
        };
        seen.insert(id, one);
    }
    Ok(Sight::Some(seen))
}

fn told(delta: &Changes, id: &ObjectId) -> Option<Op> {
    let came = delta.added.contains(id).then_some(Op::Add);
    came.or_else(|| delta.removed.contains(id).then_some(Op::Remove))
}

/// Whose reads were set aside, and are to be repeated by now. That the feed speaks of them as well spares no read: it may
/// repeat what is long past.
pub(super) fn to_recheck(look: Look<'_>, open: &[Member]) -> BTreeSet<ObjectId> {
    let (now, window) = (look.now(), look.settings.settle_window);
    let due =
        open.iter().filter(move |member| match member.open.as_ref().map(|open| open.as_of(now, window)) {
            Some(Open::SetAside { recheck_at }) => recheck_at <= now,
            _ => false,
        });
    due.filter_map(|member| member.key.object_id()).cloned().collect()
}
