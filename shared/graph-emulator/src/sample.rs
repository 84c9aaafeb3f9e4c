//! A tenant to try things on: people with names and addresses, and the awkward cases that real tenants have.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::sample_names::{FAMILY, GIVEN};
use crate::state::ObjectId;
use crate::state::group::{Group, GroupKind};
use crate::state::other::OtherObject;
use crate::state::user::{MailboxPurpose, User, UserType, guest_name};
use crate::tenant::Tenant;

/// Somebody of the sample organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The given name.
    pub given: String,
    /// The family name.
    pub family: String,
    /// `given.family@contoso.example`, with a number where two have the same name.
    pub address: String,
    /// What is special.
    pub case: Case,
}

impl Person {
    /// Given and family name.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}", self.given, self.family)
    }
}

/// What is special about somebody, or nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// A mailbox at the address.
    Plain,
    /// A second address, see [`alias`].
    Alias,
    /// May not sign in any more.
    Disabled,
    /// Has no mailbox: the address is the sign-in name only.
    NoMailbox,
}

/// The sample tenant.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The people, in the order of their making, with their ids.
    pub people: Vec<(Person, ObjectId)>,
    /// A guest who is known by mail and sign-in name.
    pub guest: ObjectId,
    /// A guest who is known by a further address only (`casey.partner@fabrikam.example`).
    pub guest_by_other_mail: ObjectId,
    /// A shared mailbox, `office@contoso.example`, which is a disabled user.
    pub shared_mailbox: ObjectId,
    /// A security group that holds another group, a device, a service principal, a contact and people.
    pub mixed_group: ObjectId,
    /// The group inside it.
    pub nested_group: ObjectId,
    /// One group of each kind that refuses member writes.
    pub refusing: Vec<(GroupKind, ObjectId)>,
}

/// The people of a tenant of this size; the same for the same numbers, whatever runs.
#[must_use]
pub fn people(count: usize, seed: u64) -> Vec<Person> {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut taken = std::collections::HashMap::<String, usize>::new();
    (0..count)
        .map(|index| {
            let given = GIVEN[rng.random_range(0..GIVEN.len())];
            let family = FAMILY[rng.random_range(0..FAMILY.len())];
            let plain = format!("{given}.{family}").to_lowercase();
            let seen = taken.entry(plain.clone()).or_default();
            *seen += 1;
            let number = if *seen > 1 { seen.to_string() } else { String::new() };
            Person {
                given: given.to_owned(),
                family: family.to_owned(),
                address: format!("{plain}{number}@contoso.example"),
                case: case(index),
            }
        })
        .collect()
}

fn case(index: usize) -> Case {
    match index % 50 {
        7 | 23 | 41 => Case::Alias,
        13 => Case::Disabled,
        37 => Case::NoMailbox,
        _ => Case::Plain,
    }
}

/// Fills a tenant with `count` people and the awkward cases, all of it known to every replica.
pub fn tenant(tenant: &Tenant, count: usize, seed: u64) -> Sample {
    let people: Vec<(Person, ObjectId)> = people(count, seed)
        .into_iter()
        .map(|person| {
            let id = tenant.add_user(user(&person));
            (person, id)
        })
        .collect();
    let first: Vec<ObjectId> = people.iter().take(5).map(|(_, id)| *id).collect();
    let (guest, guest_by_other_mail) = guests(tenant);
    let (mixed_group, nested_group) = mixed(tenant, &first);
    let sample = Sample {
        guest,
        guest_by_other_mail,
        shared_mailbox: shared_mailbox(tenant),
        mixed_group,
        nested_group,
        refusing: refusing(tenant, &first),
        people,
    };
    tenant.settle();
    sample
}

fn user(person: &Person) -> User {
    let name = person.name();
    let mut user = match person.case {
        Case::NoMailbox => User::without_mail(&name, &person.address),
        _ => User::member(&name, &person.address),
    };
    user.given_name = Some(person.given.clone());
    user.surname = Some(person.family.clone());
    user.account_enabled = person.case != Case::Disabled;
    if person.case == Case::Alias {
        return user.with_alias(&alias(person));
    }
    user
}

/// The second address of somebody with [`Case::Alias`]: the first with a hyphen between the names.
#[must_use]
pub fn alias(person: &Person) -> String {
    person.address.replacen('.', "-", 1)
}

fn guests(tenant: &Tenant) -> (ObjectId, ObjectId) {
    let domain = tenant.initial_domain();
    let guest = tenant.add_user(User::guest("Robin Visitor", "robin.visitor@fabrikam.example", &domain));
    let address = "casey.partner@fabrikam.example";
    let by_other_mail = tenant.add_user(User {
        mail: None,
        proxy_addresses: Vec::new(),
        other_mails: vec![address.to_owned()],
        user_type: UserType::Guest,
        user_principal_name: guest_name(address, &domain),
        external_user_state: Some("PendingAcceptance".to_owned()),
        ..User::guest("Casey Partner", address, &domain)
    });
    (guest, by_other_mail)
}

fn shared_mailbox(tenant: &Tenant) -> ObjectId {
    tenant.add_user(User {
        account_enabled: false,
        purpose: MailboxPurpose::Shared,
        ..User::member("Front Office", "office@contoso.example")
    })
}

fn mixed(tenant: &Tenant, people: &[ObjectId]) -> (ObjectId, ObjectId) {
    let mixed = tenant.add_group(Group::new(GroupKind::Security, "Everything and everybody"));
    let nested = tenant.add_group(Group::new(GroupKind::Security, "Inner circle"));
    let device = tenant.add_other(OtherObject::device("LAPTOP-0001"));
    let principal = tenant.add_other(OtherObject::service_principal("Payroll"));
    let contact = tenant.add_other(OtherObject::contact("Sam Supplier", "sam.supplier@northwind.example"));
    for member in people.iter().skip(2).chain([&nested, &device, &principal, &contact]) {
        tenant.add_member(mixed, *member);
    }
    for member in people.iter().take(2) {
        tenant.add_member(nested, *member);
    }
    (mixed, nested)
}

fn refusing(tenant: &Tenant, people: &[ObjectId]) -> Vec<(GroupKind, ObjectId)> {
    let kinds = [
        (GroupKind::Dynamic, "All staff, by rule"),
        (GroupKind::OnPremises, "Domain staff"),
        (GroupKind::MailEnabledSecurity, "Security mail"),
        (GroupKind::Distribution, "Newsletter, old style"),
        (GroupKind::RoleAssignable, "Helpdesk administrators"),
        (GroupKind::Restricted, "Board"),
    ];
    kinds
        .into_iter()
        .map(|(kind, name)| {
            let id = tenant.add_group(Group::new(kind, name));
            for member in people.iter().take(2) {
                tenant.add_member(id, *member);
            }
            (kind, id)
        })
        .collect()
}
