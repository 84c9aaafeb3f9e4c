//! What is read of single members beside the feed: whose reads were set aside, and of whom the feed tells something new.

use std::collections::BTreeSet;

use listsync_core::{
    gather::Sight,
    id::ObjectId,
    member::{Member, Open},
};

use super::look::Look;
use crate::ports::{Changes, MemberQuery, PortResult};

/// Of whom the feed tells that they came, although we do not hold them to be there. A feed may repeat an old addition, also
/// of somebody who left or was deleted since, so such a word alone is nobody's membership. The echo of what we wrote
/// ourselves says nothing new and is not asked for.
pub(super) async fn news(look: Look<'_>, delta: &Changes) -> PortResult<BTreeSet<ObjectId>> {
    if delta.added.is_empty() {
        return Ok(BTreeSet::new());
    }
    let ids: Vec<ObjectId> = delta.added.iter().cloned().collect();
    let query = MemberQuery::Of { objects: &ids, contacts: &[] };
    let known = look.ports.links.members(&look.link().id, query).await?;
    let here = known.iter().filter(|member| member.group.is_some_and(|belief| belief.present));
    let here: BTreeSet<&ObjectId> = here.filter_map(|member| member.key.object_id()).collect();
    Ok(ids.iter().filter(|id| !here.contains(id)).cloned().collect())
}

/// Who is read one by one, beside the feed.
pub(super) struct Asking<'a> {
    /// Those whose reads were set aside.
    pub(super) recheck: Vec<ObjectId>,
    /// Those of whom the feed tells something new.
    pub(super) news: BTreeSet<ObjectId>,
    pub(super) open: &'a [Member],
}

/// What feed and reads of single members say together.
pub(super) async fn sight(
    look: Look<'_>,
    (mut present, mut absent): (BTreeSet<ObjectId>, BTreeSet<ObjectId>),
    Asking { recheck, news, open }: Asking<'_>,
) -> PortResult<Sight> {
    let mut rumoured = BTreeSet::new();
    let asked: Vec<ObjectId> = recheck.into_iter().chain(news.iter().cloned()).collect();
    if asked.is_empty() {
        return Ok(Sight::Some { present, absent, rumoured });
    }
    let found = look.ports.directory.present(look.call(), &look.link().group, &asked).await?;
    let due: BTreeSet<&ObjectId> = set_aside(look, open).collect();
    for id in asked.into_iter().filter(|id| !found.contains(id)) {
        present.remove(&id);
        // A replica that lags may miss who came a moment ago; once a window has passed, none does.
        match news.contains(&id) && !due.contains(&id) {
            true => rumoured.insert(id),
            false => absent.insert(id),
        };
    }
    present.extend(found);
    Ok(Sight::Some { present, absent, rumoured })
}

pub(super) fn to_recheck(look: Look<'_>, open: &[Member], delta: &Changes) -> Vec<ObjectId> {
    let ids = set_aside(look, open);
    ids.filter(|id| !delta.added.contains(id) && !delta.removed.contains(id)).cloned().collect()
}

/// Whose reads were set aside, and are to be repeated by now.
fn set_aside<'a>(look: Look<'_>, open: &'a [Member]) -> impl Iterator<Item = &'a ObjectId> + use<'a> {
    let (now, window) = (look.now(), look.settings.settle_window);
    let due =
        open.iter().filter(move |member| match member.open.as_ref().map(|open| open.as_of(now, window)) {
            Some(Open::SetAside { recheck_at }) => recheck_at <= now,
            _ => false,
        });
    due.filter_map(|member| member.key.object_id())
}
