//! The start of a pending link's run: its group is made, and from then on the link is of it.

use listsync_core::link::Link;

use super::{keeping, look::Look};
use crate::{
    new_group,
    ports::{Lease, PortResult},
};

/// The link with a group that is there; none: somebody wants the run to end.
///
/// A run that dies between the making and the saving leaves a pending link and a group. The next one is given the same
/// group, by its unique name, so that there never are two.
///
/// # Errors
/// When the group cannot be made, or the store does not take it.
pub(super) async fn settled(look: Look<'_>, lease: &Lease) -> PortResult<Option<Link>> {
    let link = look.link();
    let Some(new) = &link.to_make else { return Ok(Some(link.clone())) };
    let making = new_group::make(look.ports, look.call(), (new, link.mode));
    let Some(made) = keeping(look, lease.clone(), making).await? else { return Ok(None) };
    look.ports.links.settle_group(lease, &made).await?;
    tracing::info!(link.id = %link.id, group.id = %made.id, "the group of a link was made");
    Ok(Some(link.clone().with_group(made)))
}
