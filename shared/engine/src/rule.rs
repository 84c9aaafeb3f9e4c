//! What a person says of a hold.

use listsync_core::{
    hold::{Hold, Ruling, RulingKind},
    id::LinkId,
    link::{Extras, LinkPatch},
    member::HoldReason,
    trigger::Reason,
};

use crate::{
    Ports,
    ports::{LinkEdit, PortResult},
    trigger::raise,
};

/// Approves or discards what a link holds, and asks for a run that carries it out.
///
/// # Errors
/// When the link holds something else by now, or the store or the queue does not take it.
pub async fn rule(ports: &Ports, link: &LinkId, hold: &Hold, kind: RulingKind) -> PortResult<()> {
    let now = ports.clock.now();
    ports.links.edit(link, &LinkEdit::Rule(Ruling { digest: hold.digest.clone(), kind }), now).await?;
    let extras = hold.reasons.iter().any(|(_, reason)| *reason == HoldReason::Extras);
    if kind == RulingKind::Discarded && extras {
        // Extras that stay once stay: else the next run would hold the same again.
        let keep = LinkPatch { extras: Some(Extras::Keep), ..LinkPatch::default() };
        ports.links.edit(link, &LinkEdit::Change(keep), now).await?;
    }
    raise(ports, link, Reason::Event).await.map(drop)
}
