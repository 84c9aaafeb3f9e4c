//! Who is in a group, and who owns it.

use std::collections::BTreeSet;

use listsync_core::{
    id::{GroupId, ObjectId},
    snapshot::Reading,
};
use listsync_engine::ports::{Call, PortResult};

use crate::{
    ask::{self, Ask},
    deed::{Deed, READ_GROUPS},
    pages::Listing,
    path,
    principal::{SELECT, id, principal},
    send::Sender,
};

/// The most values of one `in` (the default query engine of directory objects refuses a sixteenth clause).
pub(crate) const VALUES: usize = 15;
/// The most rows of one page.
pub(crate) const PAGE: usize = 999;

/// The members that are users.
pub(crate) fn users_path(group: &GroupId) -> String {
    format!("/groups/{}/members/microsoft.graph.user", path::segment(group.as_str()))
}

impl Sender {
    pub(crate) async fn read(&self, call: Call<'_>, group: &GroupId) -> PortResult<Reading> {
        let deed = Deed::on_group("read the members of", group, READ_GROUPS);
        let path = format!("{}?$select={SELECT}&$top={PAGE}&$count=true", users_path(group));
        let Listing { rows, count } = self.list(call, &Ask::get(path).eventual(), &deed, principal).await?;
        Ok(Reading { rows, count })
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
        let path = format!("/groups/{}/owners?$select=id&$top={PAGE}", path::segment(group.as_str()));
        Ok(self.list(call, &Ask::get(path), &deed, id).await?.rows.into_iter().collect())
    }
}
