//! People of the group for whom no entry of the list stands, and who said no all the same, under another of the addresses that
//! the directory gives for them: an opt-out is the person's, whichever of their addresses it was said under.

use std::collections::BTreeSet;

use listsync_core::{
    address::Address, gather::takes_part, id::ObjectId, identity::refusing, snapshot::Principal,
};

use super::{look::Look, observe::Observed};
use crate::ports::PortResult;

/// Notes who of those that were read said no. Asked is only for whom nobody stands: an entry tells by itself.
pub(super) async fn find(look: Look<'_>, observed: &mut Observed) -> PortResult<()> {
    let faces = observed.entries.iter().filter(|entry| takes_part(entry));
    let faces: BTreeSet<ObjectId> = faces.filter_map(|entry| entry.object_id.clone()).collect();
    let strangers = observed.principals.values().filter(|principal| !faces.contains(&principal.id));
    let addresses: BTreeSet<&Address> = strangers.flat_map(Principal::addresses).collect();
    if addresses.is_empty() {
        return Ok(());
    }
    let addresses: Vec<Address> = addresses.into_iter().cloned().collect();
    let refused = look.ports.lists.refused(&look.link().list, &addresses).await?;
    observed.refusing = refusing(observed.principals.values(), &refused);
    observed.refusing.retain(|id| !faces.contains(id));
    Ok(())
}
