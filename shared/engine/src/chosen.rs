//! The groups of a new link: found, judged, made, or left to the link's first run.

use listsync_core::{Timestamp, id::GroupId, link::Source, new_group::stand_in};

use crate::{
    Ports,
    connect::{Asker, NewLink, Target, writable},
    linkable::{self, Linking},
    new_group,
    permissions::demand_sight,
    ports::{Call, Group, GroupKind, MadeGroup, NewGroup, PortResult},
};

/// The group of a new link: there, or still to be made.
pub(crate) struct Chosen {
    /// What stands for it where it is still to be made.
    pub(crate) id: GroupId,
    pub(crate) name: String,
    /// When it was made for this link, if it was.
    pub(crate) made_at: Option<Timestamp>,
    /// What the first run makes.
    pub(crate) to_make: Option<NewGroup>,
}

impl Chosen {
    /// What stands for the group until it is known.
    pub(crate) fn unknown(new: &NewLink) -> Self {
        Self { id: stand_in(&new.id), name: String::new(), made_at: None, to_make: None }
    }
}

/// The first group, judged; and made, if it is to be made now.
pub(crate) async fn first(ports: &Ports, new: &NewLink, call: Call<'_>) -> PortResult<Chosen> {
    match &new.target {
        Target::Existing(query) => {
            let group = ports.directory.group(call, query).await?;
            permitted_to_link(ports, new, &group.id).await?;
            judged(ports, (new, &group), call).await?;
            Ok(Chosen { id: group.id, name: group.name, made_at: None, to_make: None })
        }
        Target::New(group) => {
            let MadeGroup { id, name, at } = new_group::make(ports, call, (group, new.mode)).await?;
            Ok(Chosen { id, name, made_at: Some(at), to_make: None })
        }
        Target::Pending(group) => {
            Ok(Chosen { name: group.name.clone(), to_make: Some(group.clone()), ..Chosen::unknown(new) })
        }
    }
}

/// Judges a group that is there. What only the credential of the runs may see is left to them.
async fn judged(ports: &Ports, (new, group): (&NewLink, &Group), call: Call<'_>) -> PortResult<()> {
    match new.asker {
        Asker::Reader if group.kind == GroupKind::AuthorityUnknown => Ok(()),
        Asker::Reader => writable(new.mode, group),
        Asker::Runner => {
            writable(new.mode, group)?;
            demand_sight(ports, call, group).await
        }
    }
}

/// Judges the further groups. One that is named twice counts once.
pub(crate) async fn further(
    ports: &Ports,
    (new, first): (&NewLink, &GroupId),
    call: Call<'_>,
) -> PortResult<Vec<Source>> {
    let mut more: Vec<Source> = Vec::new();
    for query in &new.more {
        let group = ports.directory.group(call, query).await?;
        permitted_to_link(ports, new, &group.id).await?;
        judged(ports, (new, &group), call).await?;
        if group.id != *first && more.iter().all(|source| source.group != group.id) {
            more.push(Source { group: group.id, name: group.name });
        }
    }
    Ok(more)
}

/// Refuses a group that is there and may not be linked.
async fn permitted_to_link(ports: &Ports, new: &NewLink, group: &GroupId) -> PortResult<()> {
    let settings = ports.settings.settings().await?;
    let own = linkable::word_of(new.voucher);
    linkable::demand(ports, &settings, Linking { tenant: &new.tenant, group, own }).await
}
