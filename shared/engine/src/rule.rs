//! What a person says of a hold.

use listsync_core::{
    hold::{Hold, Ruling, RulingKind},
    id::LinkId,
    link::{Extras, LinkPatch, Mode},
    trigger::Reason,
};

use crate::{
    Ports,
    ports::{LinkEdit, LinkState, PortResult},
    trigger::raise,
};

/// Approves or discards what a link holds, and asks for a run that carries it out.
///
/// # Errors
/// When the link holds something else by now, or the store or the queue does not take it.
pub async fn rule(ports: &Ports, link: &LinkId, hold: &Hold, kind: RulingKind) -> PortResult<()> {
    let now = ports.clock.now();
    ports.links.edit(link, &LinkEdit::Rule(Ruling { digest: hold.digest.clone(), kind }), now).await?;
    if kind == RulingKind::Discarded && keeps_extras(ports, link, hold).await? {
        let keep = LinkPatch { extras: Some(Extras::Keep), ..LinkPatch::default() };
        ports.links.edit(link, &LinkEdit::Change(keep), now).await?;
    }
    raise(ports, link, Reason::Event).await.map(drop)
}

/// Whether extras stay from now on because this is dropped. Whoever stays in what a list or group alone is to have, for whatever
/// reason they were to go, is an extra from then on: the very next run would hold them again, or remove them unasked.
///
/// # Errors
/// When the store does not answer.
pub async fn keeps_extras(ports: &Ports, link: &LinkId, hold: &Hold) -> PortResult<bool> {
    let Some(LinkState { link, .. }) = ports.links.load(link).await? else { return Ok(false) };
    let led = match link.mode {
        Mode::TwoWay => None,
        Mode::ListToGroup => Some(hold.group_removals),
        Mode::GroupToList => Some(hold.list_removals),
    };
    Ok(link.extras == Extras::Remove && led.is_some_and(|removals| removals > 0))
}
