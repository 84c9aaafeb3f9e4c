//! The other links of a run's list: whoever joins it goes on to their places, and what a run does to it is news to them.

use std::collections::BTreeSet;

use listsync_core::{
    case::Onward,
    id::ObjectId,
    link::{Link, LinkStatus, Phase, Side},
    member::{Change, Op},
    plan::{Effect, FollowOn, Plan},
    trigger::Reason,
};

use super::look::Look;
use crate::{
    ports::{LinkState, MemberQuery, PortResult},
    trigger::raise,
};

/// Whether whoever this run puts on the list goes on to other places. It matters to a first run alone, so only that asks.
pub(super) async fn leads(look: Look<'_>) -> PortResult<Onward> {
    if look.progress().phase == Phase::Steady || !look.link().mode.writes(Side::List) {
        return Ok(Onward::Nowhere);
    }
    let fills = others(look).await?.iter().any(|other| fills(&other.link));
    Ok(if fills { Onward::Elsewhere } else { Onward::Nowhere })
}

/// What the changes of the list in a plan come to at other places, the held ones included: whom another link holds to be
/// there is not added once more, and who is not there is not removed.
pub(super) async fn follow_ons(look: Look<'_>, plan: &Plan) -> PortResult<Vec<FollowOn>> {
    let on_list =
        |op| affected(plan, Change { side: Side::List, op }).filter_map(|effect| effect.key.object_id());
    let (joining, leaving): (BTreeSet<&ObjectId>, BTreeSet<&ObjectId>) =
        (on_list(Op::Add).collect(), on_list(Op::Remove).collect());
    if joining.is_empty() && leaving.is_empty() {
        return Ok(Vec::new());
    }
    let concerned: Vec<ObjectId> = joining.iter().chain(&leaving).map(|id| (*id).clone()).collect();
    let mut follow_ons = Vec::new();
    for LinkState { link, .. } in others(look).await?.into_iter().filter(|other| fills(&other.link)) {
        let query = MemberQuery::Of { objects: &concerned, contacts: &[] };
        let rows = look.ports.links.members(&link.id, query).await?;
        let there: BTreeSet<&ObjectId> = rows
            .iter()
            .filter(|row| row.group.is_some_and(|belief| belief.present))
            .filter_map(|row| row.key.object_id())
            .collect();
        follow_ons.push(FollowOn {
            place: link.place(),
            name: link.group_name,
            link: link.id,
            additions: joining.difference(&there).count() as u64,
            removals: leaving.intersection(&there).count() as u64,
        });
    }
    Ok(follow_ons)
}

/// Has every other link of the list be due, before anything is done to the list: were this run to die after its effects, no
/// run of this link would do them again, and nobody would tell the others.
pub(super) async fn will_change(look: Look<'_>) -> PortResult<()> {
    for other in active(look).await? {
        look.ports.links.request(&other.link.id, None).await?;
    }
    Ok(())
}

/// Asks for a run of every other link of the list, once the list was changed. A run of theirs may have begun since
/// [`will_change`] and have read the list before its last change, so they are asked for anew.
pub(super) async fn changed(look: Look<'_>) -> PortResult<()> {
    for other in active(look).await? {
        raise(look.ports, &other.link.id, Reason::Event).await?;
    }
    Ok(())
}

fn affected(plan: &Plan, change: Change) -> impl Iterator<Item = &Effect> {
    let held = plan.held.effects.iter().map(|(effect, _)| effect);
    plan.effects.iter().chain(held).filter(move |effect| effect.change == change)
}

fn fills(link: &Link) -> bool {
    link.mode.writes(Side::Group)
}

async fn active(look: Look<'_>) -> PortResult<Vec<LinkState>> {
    let mut others = others(look).await?;
    // Who is resumed is due at once.
    others.retain(|other| other.link.status == LinkStatus::Active);
    Ok(others)
}

async fn others(look: Look<'_>) -> PortResult<Vec<LinkState>> {
    let mut links = look.ports.links.of_list(&look.link().list).await?;
    links.retain(|other| other.link.id != look.link().id);
    Ok(links)
}
