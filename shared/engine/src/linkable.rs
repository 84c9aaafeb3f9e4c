//! Whether a link's groups may be linked: asked when it is made, and again at each run, as the answer can be taken back.

use listsync_core::{
    id::{GroupId, TenantId},
    link::Link,
    linkable::{Claim, Voucher, is_linkable},
    settings::Settings,
};

use crate::{
    Ports,
    ports::{Fault, PortError, PortResult},
};

/// The code of a group that may not be linked.
pub(crate) const NOT_LINKABLE: &str = "group_not_linkable";

/// A group as one link has it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Linking<'a> {
    pub(crate) tenant: &'a TenantId,
    pub(crate) group: &'a GroupId,
    /// What this link says of the group by itself.
    pub(crate) own: Claim,
}

impl<'a> Linking<'a> {
    /// Each group of a link. Only the first can have been created for it.
    fn of(link: &'a Link) -> impl Iterator<Item = Self> {
        link.groups().map(move |group| Self { tenant: &link.tenant, group, own: claim(link, group) })
    }
}

/// What the word of whoever links is worth.
pub(crate) fn word_of(voucher: Voucher) -> Claim {
    match voucher {
        Voucher::Operator => Claim::Vouched,
        Voucher::Key => Claim::Unvouched,
    }
}

fn claim(link: &Link, group: &GroupId) -> Claim {
    if link.group_made_at.is_some() && link.group == *group { Claim::Made } else { word_of(link.voucher) }
}

/// Refuses a link one of whose groups may not be linked any more.
///
/// # Errors
/// As [`demand`].
pub(crate) async fn demand_all(ports: &Ports, settings: &Settings, link: &Link) -> PortResult<()> {
    for linking in Linking::of(link) {
        demand(ports, settings, linking).await?;
    }
    Ok(())
}

/// Whether what a link says of its groups by itself lets it be, whatever other links say.
pub(crate) fn stands_alone(settings: &Settings, link: &Link) -> bool {
    let named = &settings.linkable_groups;
    Linking::of(link).all(|Linking { group, own, .. }| is_linkable(named, group, own))
}

/// Refuses a group that may not be linked. Other links of the group are asked only where this one does not decide it.
///
/// # Errors
/// [`Fault::Rejected`] with the group and who could name it; or when the store does not answer.
pub(crate) async fn demand(ports: &Ports, settings: &Settings, linking: Linking<'_>) -> PortResult<()> {
    let Linking { tenant, group, own } = linking;
    let named = &settings.linkable_groups;
    if is_linkable(named, group, own) {
        return Ok(());
    }
    let others = ports.links.of_group(tenant, group).await?;
    if others.iter().any(|state| is_linkable(named, group, claim(&state.link, group))) {
        return Ok(());
    }
    Err(PortError::new(
        Fault::Rejected,
        NOT_LINKABLE,
        format!("group {group} is not one that may be linked: nobody who may say so has"),
    )
    .with_hint(format!(
        "an administrator adds {group} to the setting linkable-groups; where that names none, linking the group at the \
         command line or by a key with the scope admin does it"
    )))
}
