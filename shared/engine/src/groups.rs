//! The groups of the tenant, for whoever looks for one to link.

use listsync_core::{
    id::{ListId, TenantId},
    linkable::Voucher,
};

use crate::{
    Ports,
    linkable::{self, Linking, word_of},
    ports::{Call, Group, KindRefusal, PortError, PortResult},
};

/// So many groups are shown at most: whoever sees more gives more letters.
pub const SHOWN: usize = 50;

/// Who looks for groups, and for which.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The tenant that the directory is of.
    pub tenant: &'a TenantId,
    /// What their name or address begins with; empty: any group.
    pub begins: &'a str,
    /// Whose word it would be to link one.
    pub voucher: Voucher,
}

/// How a group can be linked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CanLink {
    /// Both ways, and either way.
    BothWays,
    /// A list can follow it; its members cannot be written.
    OneWay(KindRefusal),
    /// Not by whoever asks.
    No(PortError),
}

/// A group that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The group.
    pub group: Group,
    /// How it can be linked.
    pub can: CanLink,
    /// The lists that are linked to it.
    pub lists: Vec<ListId>,
}

/// Groups whose name or address begins so, by name: [`SHOWN`] at most.
///
/// # Errors
/// When the directory or the store does not answer.
pub async fn find(ports: &Ports, wanted: Wanted<'_>, call: Call<'_>) -> PortResult<Vec<Found>> {
    let settings = ports.settings.settings().await?;
    let mut groups = ports.directory.groups(call, wanted.begins.trim(), SHOWN).await?;
    groups.sort_by_cached_key(|group| (group.name.to_lowercase(), group.id.clone()));
    let mut found = Vec::with_capacity(groups.len());
    for group in groups {
        let linking = Linking { tenant: wanted.tenant, group: &group.id, own: word_of(wanted.voucher) };
        let can = match (linkable::demand(ports, &settings, linking).await, group.kind.refusal()) {
            (Err(error), _) if error.code == linkable::NOT_LINKABLE => CanLink::No(error),
            (Err(error), _) => return Err(error),
            (Ok(()), Some(refusal)) => CanLink::OneWay(refusal),
            (Ok(()), None) => CanLink::BothWays,
        };
        let links = ports.links.of_group(wanted.tenant, &group.id).await?;
        found.push(Found { group, can, lists: links.into_iter().map(|state| state.link.list).collect() });
    }
    Ok(found)
}
