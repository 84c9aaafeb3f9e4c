//! The tenant from inside: what tests and demos look at and change without going through Graph.

use std::sync::Arc;

use crate::apps::App;
use crate::clock::Clock;
use crate::faults::Fault;
use crate::graph::mail::SentMail;
use crate::journal::{Counters, Entry};
use crate::server::Shared;
use crate::settings::Settings;
use crate::state::ObjectId;
use crate::state::group::Group;
use crate::state::history::Life;
use crate::state::other::OtherObject;
use crate::state::subscriptions::{LifecycleEvent, Post, Subscription};
use crate::state::user::User;
use crate::state::writes::LinkSet;

/// A handle on the tenant of a running emulator. Clones are handles on the same tenant.
///
/// Changes made here are made at the time of the emulator's clock, as if somebody else had made them: with replica lag
/// they show late. [`Tenant::settle`] lets all replicas have them.
#[derive(Clone, Debug)]
pub struct Tenant {
    shared: Arc<Shared>,
}

impl Tenant {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// The emulator's clock.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.shared.world().clock.clone()
    }

    /// The settings in force.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.shared.world().settings.clone()
    }

    /// Changes the settings from the next request on.
    pub fn configure(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.shared.world().settings);
    }

    /// The default domain, for instance `contoso.example`.
    #[must_use]
    pub fn domain(&self) -> String {
        self.shared.world().default_domain().to_owned()
    }

    /// The initial domain, which is part of the sign-in names of guests.
    #[must_use]
    pub fn initial_domain(&self) -> String {
        self.shared.world().initial_domain().to_owned()
    }

    /// Lets every replica have all that was written so far.
    pub fn settle(&self) {
        let mut world = self.shared.world();
        let newest = world.directory.newest();
        world.replicas.settle(newest);
    }

    /// Adds a user; one with the nil id gets an id from the tenant's seed.
    pub fn add_user(&self, mut user: User) -> ObjectId {
        let mut world = self.shared.world();
        if user.id.is_nil() {
            user.id = world.new_id();
        }
        let now = world.now();
        world.directory.insert_user(user, now)
    }

    /// Changes a user; false if there is none.
    pub fn update_user(&self, id: ObjectId, change: impl FnOnce(&mut User)) -> bool {
        let mut world = self.shared.world();
        let now = world.now();
        world.directory.change_user(id, now, change)
    }

    /// Moves a user to the deleted items; memberships stay.
    pub fn delete_user(&self, id: ObjectId) -> bool {
        self.user_life(id, Life::SoftDeleted)
    }

    /// Brings a user back from the deleted items.
    pub fn restore_user(&self, id: ObjectId) -> bool {
        self.user_life(id, Life::Live)
    }

    /// Deletes a user for good, with all memberships.
    pub fn purge_user(&self, id: ObjectId) -> bool {
        self.user_life(id, Life::Purged)
    }

    fn user_life(&self, id: ObjectId, life: Life) -> bool {
        let mut world = self.shared.world();
        let now = world.now();
        world.directory.set_user_life(id, life, now)
    }

    /// A user that exists.
    #[must_use]
    pub fn user(&self, id: ObjectId) -> Option<User> {
        let world = self.shared.world();
        world.directory.user_at(id, world.directory.newest()).map(|user| User::clone(user))
    }

    /// The users that have `address` as mail, sign-in name, other mail, or typed proxy address.
    #[must_use]
    pub fn users_with(&self, address: &str) -> Vec<ObjectId> {
        let world = self.shared.world();
        let newest = world.directory.newest();
        let wanted = [address.to_lowercase(), format!("smtp:{}", address.to_lowercase())];
        let mut ids: Vec<ObjectId> = wanted
            .iter()
            .flat_map(|key| world.directory.users_keyed(key))
            .copied()
            .filter(|id| {
                let user = world.directory.user_at(*id, newest);
                user.is_some_and(|user| user.keys().any(|key| wanted.contains(&key.to_lowercase())))
            })
            .collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// All users that exist, by id.
    #[must_use]
    pub fn users(&self) -> Vec<User> {
        let world = self.shared.world();
        let newest = world.directory.newest();
        world.directory.users_after(None, newest).map(|user| User::clone(user)).collect()
    }

    /// Adds a group; one with the nil id gets an id from the tenant's seed.
    pub fn add_group(&self, mut group: Group) -> ObjectId {
        let mut world = self.shared.world();
        if group.id.is_nil() {
            group.id = world.new_id();
        }
        let now = world.now();
        world.directory.insert_group(group, now)
    }

    /// Changes a group; false if there is none.
    pub fn update_group(&self, id: ObjectId, change: impl FnOnce(&mut Group)) -> bool {
        let mut world = self.shared.world();
        let now = world.now();
        world.directory.change_group(id, now, change)
    }

    /// Moves a group to the deleted items.
    pub fn delete_group(&self, id: ObjectId) -> bool {
        self.group_life(id, Life::SoftDeleted)
    }

    /// Deletes a group for good.
    pub fn purge_group(&self, id: ObjectId) -> bool {
        self.group_life(id, Life::Purged)
    }

    fn group_life(&self, id: ObjectId, life: Life) -> bool {
        let mut world = self.shared.world();
        let now = world.now();
        world.directory.set_group_life(id, life, now)
    }

    /// A group that exists.
    #[must_use]
    pub fn group(&self, id: ObjectId) -> Option<Group> {
        let world = self.shared.world();
        world.directory.group_at(id, world.directory.newest()).map(|(group, _)| Group::clone(group))
    }

    /// All groups that exist, by id.
    #[must_use]
    pub fn groups(&self) -> Vec<Group> {
        let world = self.shared.world();
        let newest = world.directory.newest();
        world.directory.groups_after(None, newest).map(|group| Group::clone(group)).collect()
    }

    /// The group with this unique name.
    #[must_use]
    pub fn group_with(&self, unique_name: &str) -> Option<ObjectId> {
        let world = self.shared.world();
        world.directory.group_unique(unique_name, world.directory.newest()).map(|group| group.id)
    }

    /// Adds a device, a service principal or a contact.
    pub fn add_other(&self, mut other: OtherObject) -> ObjectId {
        let mut world = self.shared.world();
        if other.id.is_nil() {
            other.id = world.new_id();
        }
        let now = world.now();
        world.directory.insert_other(other, now)
    }

    /// Makes an object a member, whatever the kind of the group; false if it was one or does not exist.
    pub fn add_member(&self, group: ObjectId, member: ObjectId) -> bool {
        let mut world = self.shared.world();
        let now = world.now();
        world.directory.link(group, LinkSet::Members, member, now)
    }

    /// Takes a member out, whatever the kind of the group; false if it was none.
    pub fn remove_member(&self, group: ObjectId, member: ObjectId) -> bool {
        let mut world = self.shared.world();
        let now = world.now();
        world.directory.unlink(group, LinkSet::Members, member, now)
    }

    /// Makes an object an owner; false if it was one or does not exist.
    pub fn add_owner(&self, group: ObjectId, owner: ObjectId) -> bool {
        let mut world = self.shared.world();
        let now = world.now();
        world.directory.link(group, LinkSet::Owners, owner, now)
    }

    /// The members that exist now, by id, in the newest state.
    #[must_use]
    pub fn members(&self, group: ObjectId) -> Vec<ObjectId> {
        self.links(group, LinkSet::Members)
    }

    /// The owners that exist now, by id, in the newest state.
    #[must_use]
    pub fn owners(&self, group: ObjectId) -> Vec<ObjectId> {
        self.links(group, LinkSet::Owners)
    }

    fn links(&self, group: ObjectId, set: LinkSet) -> Vec<ObjectId> {
        let world = self.shared.world();
        let newest = world.directory.newest();
        let Some(record) = world.directory.group_record(group) else { return Vec::new() };
        record
            .links(set)
            .after(None, newest)
            .filter(|(id, kind)| world.directory.is_live(*id, *kind, newest))
            .map(|(id, _)| id)
            .collect()
    }

    /// Changes the first registered application, the one whose secret [`crate::Running`] shows. Permissions count from
    /// the next token on.
    pub fn update_app(&self, change: impl FnOnce(&mut App)) {
        if let Some(app) = self.shared.world().apps.first_mut() {
            change(app);
        }
    }

    /// Registers another application.
    pub fn add_app(&self, app: App) {
        self.shared.world().apps.push(app);
    }

    /// Registers another application with a secret and these permissions, to which an administrator consented.
    pub fn register<R: Into<String>>(&self, roles: impl IntoIterator<Item = R>) -> App {
        let mut world = self.shared.world();
        let app = App {
            client_id: world.new_id(),
            service_principal: world.new_id(),
            secrets: vec![uuid::Uuid::new_v4().simple().to_string()],
            federated: Vec::new(),
            certificates: Vec::new(),
            redirects: Vec::new(),
            roles: roles.into_iter().map(Into::into).collect(),
        };
        world.apps.push(app.clone());
        app
    }

    /// Makes some requests go wrong from now on.
    pub fn inject(&self, fault: Fault) {
        self.shared.world().faults.add(fault);
    }

    /// Takes all faults away.
    pub fn clear_faults(&self) {
        self.shared.world().faults.clear();
    }

    /// How often the faults in force have hit.
    #[must_use]
    pub fn fault_hits(&self) -> u64 {
        self.shared.world().faults.hits()
    }

    /// The subscriptions in force.
    #[must_use]
    pub fn subscriptions(&self) -> Vec<Subscription> {
        let mut world = self.shared.world();
        world.collect_notices();
        world.subscriptions.all().cloned().collect()
    }

    /// Loses every subscription without a word, as has been seen.
    pub fn lose_subscriptions(&self) {
        self.shared.world().subscriptions.clear();
    }

    /// Tells every subscription something about itself; [`LifecycleEvent::SubscriptionRemoved`] removes them.
    pub fn tell_subscriptions(&self, event: LifecycleEvent) {
        let mut world = self.shared.world();
        let (now, tenant) = (world.now(), world.tenant.id.to_string());
        world.subscriptions.tell(event, now, &tenant);
    }

    /// The letters that mailboxes sent.
    #[must_use]
    pub fn letters(&self) -> Vec<SentMail> {
        self.shared.world().letters.clone()
    }

    /// The posts of notices so far (the last 10,000), in the order of their answers.
    #[must_use]
    pub fn posts(&self) -> Vec<Post> {
        self.shared.world().subscriptions.posts().to_vec()
    }

    /// Declares every delta token void: its next use answers 410.
    pub fn reset_delta(&self) {
        self.shared.world().delta_epoch += 1;
    }

    /// The requests so far (the last 200,000), parts of batches on their own.
    #[must_use]
    pub fn journal(&self) -> Vec<Entry> {
        self.shared.world().journal.entries().cloned().collect()
    }

    /// The requests since the start that did what a careful client never does: first of all, every DELETE of something
    /// else than a member's link (`/groups/{id}/members/{id}/$ref`) or a subscription.
    #[must_use]
    pub fn violations(&self) -> Vec<Entry> {
        self.shared.world().journal.violations().to_vec()
    }

    /// Totals since the start or the last [`Tenant::clear_journal`].
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.shared.world().journal.counters
    }

    /// Empties the journal and sets the totals to zero.
    pub fn clear_journal(&self) {
        self.shared.world().journal.clear();
    }
}
