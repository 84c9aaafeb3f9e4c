//! Who is in a group, and who owns it.

use std::collections::{BTreeMap, BTreeSet};

use listsync_core::{
    id::{GroupId, ObjectId},
    snapshot::{Depth, Nesting, OtherKind, Others, Reading},
};
use listsync_engine::ports::{Call, PortResult};

use crate::{
    ask::{self, Ask},
    deed::{Deed, READ_GROUPS},
    pages::Listing,
    parts::PARTS,
    path,
    principal::{SELECT, id, member},
    send::Sender,
};

/// The most values of one `in` (the default query engine of directory objects refuses a sixteenth clause).
pub(crate) const VALUES: usize = 15;
/// The most rows of one page.
pub(crate) const PAGE: usize = 999;

/// The members that are users.
pub(crate) fn users_path(group: &GroupId) -> String {
    cast(group, "members", "user")
}

fn cast(group: &GroupId, relation: &str, kind: &str) -> String {
    format!("/groups/{}/{relation}/microsoft.graph.{kind}", path::segment(group.as_str()))
}

fn owners_path(group: &GroupId) -> String {
    format!("/groups/{}/owners?$select=id&$top={PAGE}", path::segment(group.as_str()))
}

fn type_of(kind: OtherKind) -> &'static str {
    match kind {
        OtherKind::NestedGroup => "group",
        OtherKind::Device => "device",
        OtherKind::ServicePrincipal => "servicePrincipal",
        OtherKind::OrgContact => "orgContact",
    }
}

impl Sender {
    pub(crate) async fn read(&self, call: Call<'_>, group: &GroupId, depth: Depth) -> PortResult<Reading> {
        let deed = Deed::on_group("read the members of", group, READ_GROUPS);
        let mut others = self.others(call, group).await?;
        let nesting = match (depth, others.contains_key(&OtherKind::NestedGroup)) {
            (Depth::Nested, true) => Nesting::Flattened,
            _ => Nesting::Flat,
        };
        let relation = match nesting {
            Nesting::Flat => "members",
            Nesting::Flattened => {
                others.remove(&OtherKind::NestedGroup);
                "transitiveMembers"
            }
        };
        let users = cast(group, relation, "user");
        let path = format!("{users}?$select={SELECT}&$top={PAGE}&$count=true");
        let Listing { rows, count } = self.list(call, &Ask::get(path).eventual(), &deed, member).await?;
        Ok(Reading { rows, count, others, nesting })
    }

    /// How many members are no users, by kind.
    async fn others(&self, call: Call<'_>, group: &GroupId) -> PortResult<Others> {
        let deed = Deed::on_group("count the members of", group, READ_GROUPS);
        let asks: Vec<Ask> = OtherKind::ALL
            .into_iter()
            .map(|kind| Ask::get(format!("{}/$count", cast(group, "members", type_of(kind)))).eventual())
            .collect();
        let mut others = Others::new();
        for (kind, answer) in OtherKind::ALL.into_iter().zip(self.each_part(call, &asks, &deed).await?) {
            match answer.number().filter(|_| answer.is_success()) {
                Some(0) => {}
                Some(count) => drop(others.insert(kind, count)),
                // Whom the app may not see it need not count; but on nested groups depends what is read.
                None if !answer.is_success() && kind != OtherKind::NestedGroup => {}
                None if !answer.is_success() => return Err(deed.refused(&answer)),
                None => return Err(deed.unreadable("a count")),
            }
        }
        Ok(others)
    }

    pub(crate) async fn present(
        &self,
        call: Call<'_>,
        group: &GroupId,
        ids: &[ObjectId],
    ) -> PortResult<BTreeSet<ObjectId>> {
        let deed = Deed::on_group("look for members in", group, READ_GROUPS);
        let path = users_path(group);
        let asks: Vec<Ask> = ids
            .chunks(VALUES)
            .map(|chunk| {
                let filter = path::is_in("id", chunk.iter().map(ObjectId::as_str));
                Ask::get(format!("{}&$count=true", ask::filtered(&path, "id", &filter))).eventual()
            })
            .collect();
        let wanted: BTreeSet<&ObjectId> = ids.iter().collect();
        let mut present = BTreeSet::new();
        for (ask, answer) in asks.iter().zip(self.read_parts(call, &asks, &deed).await?) {
            present.extend(self.follow(call, (ask, answer), &deed, id).await?);
        }
        present.retain(|id| wanted.contains(id));
        Ok(present)
    }

    pub(crate) async fn owners(&self, call: Call<'_>, group: &GroupId) -> PortResult<BTreeSet<ObjectId>> {
        let deed = Deed::on_group("read the owners of", group, READ_GROUPS);
        Ok(self.list(call, &Ask::get(owners_path(group)), &deed, id).await?.rows.into_iter().collect())
    }

    /// Twenty groups in one request. Which groups somebody owns cannot be asked of a person as an application (the page
    /// "List ownedObjects": not supported).
    pub(crate) async fn owners_of_each(
        &self,
        call: Call<'_>,
        groups: &[GroupId],
    ) -> PortResult<BTreeMap<GroupId, BTreeSet<ObjectId>>> {
        let deed = Deed::new("could not read the owners of groups", READ_GROUPS);
        let mut owners = BTreeMap::new();
        for chunk in groups.chunks(PARTS) {
            let asks: Vec<Ask> = chunk.iter().map(|group| Ask::get(owners_path(group))).collect();
            let answers = self.each_part(call, &asks, &deed).await?;
            for ((group, ask), answer) in chunk.iter().zip(&asks).zip(answers) {
                match answer.status {
                    // A group that is gone has no owner any more.
                    404 => {}
                    _ if !answer.is_success() => return Err(deed.refused(&answer)),
                    _ => {
                        let ids = self.follow(call, (ask, answer), &deed, id).await?;
                        owners.insert(group.clone(), ids.into_iter().collect());
                    }
                }
            }
        }
        Ok(owners)
    }
}
