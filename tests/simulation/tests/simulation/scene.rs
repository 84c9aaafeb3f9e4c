//! One list, one group and one link, and the engine at work on them.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Deref,
    time::Duration,
};

use listsync_core::{
    Timestamp,
    id::{GroupId, LinkId, ListId},
    link::LinkPatch,
    list::{Origin, Standing},
    member::Member,
    settings::Settings,
};
use listsync_engine::ports::{
    Clock as _, EntryQuery, Group, GroupKind, LinkEdit, LinkState, Links as _, ListSide as _, ListStore as _,
    MemberQuery, Membership,
};
use listsync_testkit::{
    dice::Dice,
    fakes::Lag,
    sample::{contact, group, link, moment, object, person},
};

use crate::plant::Plant;
pub(crate) use crate::plant::{at_once, play};

/// Clones are the same scene.
#[derive(Clone)]
pub(crate) struct Scene {
    plant: Plant,
    pub(crate) list: ListId,
    pub(crate) link: LinkId,
    pub(crate) group: GroupId,
}

impl Deref for Scene {
    type Target = Plant;

    fn deref(&self) -> &Plant {
        &self.plant
    }
}

impl Scene {
    /// These people in the tenant, some of them on the list, some in the group.
    pub(crate) fn new(thrown: (Lag, Dice), settings: &Settings, people: &[String]) -> Self {
        let plant = Plant::new(thrown, settings);
        for name in people {
            plant.directory.put_person(person(name));
        }
        let staff = Group {
            id: group("staff"),
            name: "Staff".to_owned(),
            kind: GroupKind::Microsoft365,
            membership: Membership::Shown,
        };
        plant.directory.put_group(staff, []);
        let list = at_once(plant.store.create_list("Staff", moment(0))).id;
        let link = link("staff", &list, "staff");
        at_once(plant.store.create(&link, moment(0)));
        Self { plant, list, link: link.id, group: group("staff") }
    }

    /// The link gives whoever leaves the list time to come back.
    pub(crate) fn give(&self, grace: Duration) {
        let patch = LinkPatch { grace: Some(grace), ..LinkPatch::default() };
        at_once(self.store.edit(&self.link, &LinkEdit::Change(patch), self.clock.now()));
    }

    /// An operator puts somebody on the list.
    pub(crate) fn store_adds(&self, name: &str) {
        at_once(self.store.add(&self.list, &contact(name), Origin::Manual, self.clock.now()));
    }

    /// How each contact stands to the list, by the local part of its address.
    pub(crate) fn standings(&self) -> BTreeMap<String, Standing> {
        let entries = at_once(self.store.entries(&self.list, EntryQuery::All));
        let name = |text: &str| text.split('@').next().unwrap_or_default().to_owned();
        entries.into_iter().map(|entry| (name(entry.address.as_str()), entry.standing)).collect()
    }

    /// Until when those are on the list whose membership has an end.
    pub(crate) fn ends(&self) -> BTreeMap<String, Timestamp> {
        let entries = at_once(self.store.entries(&self.list, EntryQuery::All));
        let name = |text: &str| text.split('@').next().unwrap_or_default().to_owned();
        entries.into_iter().filter_map(|entry| Some((name(entry.address.as_str()), entry.until?))).collect()
    }

    pub(crate) fn listed(&self) -> BTreeSet<String> {
        let standings = self.standings().into_iter();
        standings.filter(|(_, standing)| *standing == Standing::Member).map(|(name, _)| name).collect()
    }

    pub(crate) fn grouped(&self) -> BTreeSet<String> {
        self.directory.members(&self.group).iter().map(ToString::to_string).collect()
    }

    pub(crate) fn state(&self) -> LinkState {
        at_once(self.store.load(&self.link)).expect("the link is there")
    }

    /// What the link remembers of a person.
    pub(crate) fn row(&self, name: &str) -> Option<Member> {
        let objects = [object(name)];
        at_once(self.store.members(&self.link, MemberQuery::Of { objects: &objects, contacts: &[] })).pop()
    }
}
