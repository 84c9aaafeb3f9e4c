//! The one way in which a group is made for a list: at once, or at the start of a pending link's first run.

use listsync_core::link::Mode;

use crate::{
    Ports,
    connect::writable,
    permissions::demand_sight,
    ports::{Call, MadeGroup, NewGroup, PortResult},
};

/// Creates a group for a link of this mode, or finds the one that an earlier try made, by its unique name: whoever comes back
/// after a crash gets the same.
///
/// # Errors
/// When the directory refuses it, or the group that is there is not as asked.
pub(crate) async fn make(
    ports: &Ports,
    call: Call<'_>,
    (new, mode): (&NewGroup, Mode),
) -> PortResult<MadeGroup> {
    let group = ports.directory.create_group(call, new).await?;
    writable(mode, &group)?;
    demand_sight(ports, call, &group).await?;
    Ok(MadeGroup { id: group.id, name: group.name, at: ports.clock.now() })
}
