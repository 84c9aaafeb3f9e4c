//! People, links and contacts to test with: one line each.

use std::{collections::BTreeMap, time::Duration};

use listsync_core::{
    Timestamp,
    address::Address,
    id::{ContactId, GroupId, LinkId, ListId, ObjectId, RunId, TenantId},
    link::{Externals, Extras, FirstMerge, Link, LinkStatus, MemberRules, Mode, Phase, Writes},
    linkable::Voucher,
    list::NewContact,
    matched::{Binding, Grounds},
    member::{Member, MemberKey},
    settings::Settings,
    snapshot::{Principal, PrincipalKind},
    summary::{ExternalCounts, GraphCost, HeldCounts, OptOutCounts, Outcome, ReadKind, SideCounts, Summary},
    trigger::Reason,
};
use listsync_engine::{
    ports::{PortError, SettingsStore},
    settings,
};

/// Sets the store's settings up.
///
/// # Panics
/// When the store does not take them.
pub async fn set(store: &dyn SettingsStore, edit: impl Fn(&mut Settings)) {
    let edit = |settings: &mut Settings| {
        edit(settings);
        Ok::<_, PortError>(())
    };
    settings::edit(store, edit).await.expect("the settings are saved");
}

/// An address at `contoso.example`.
#[must_use]
pub fn address(local: &str) -> Address {
    Address::parse(&format!("{local}@contoso.example")).expect("a plain local part makes an address")
}

/// An object id.
#[must_use]
pub fn object(name: &str) -> ObjectId {
    ObjectId::parse(name).expect("a plain name makes an id")
}

/// A group id.
#[must_use]
pub fn group(name: &str) -> GroupId {
    GroupId::parse(name).expect("a plain name makes an id")
}

/// The tenant of all samples.
#[must_use]
pub fn tenant() -> TenantId {
    TenantId::parse("contoso").expect("a plain name makes an id")
}

/// A link id.
#[must_use]
pub fn link_id(name: &str) -> LinkId {
    LinkId::parse(name).expect("a plain name makes an id")
}

/// A moment, in seconds after some day began.
#[must_use]
pub fn moment(second: i64) -> Timestamp {
    Timestamp::from_second(1_767_225_600 + second).expect("a second near the present is in range")
}

/// A user of the tenant whose mail and principal name are `local@contoso.example` and whose id is `local`.
#[must_use]
pub fn person(local: &str) -> Principal {
    Principal {
        id: object(local),
        name: format!("{local} of Contoso"),
        mail: Some(address(local)),
        proxies: vec![address(local)],
        upn: Some(address(local)),
        others: Vec::new(),
        kind: PrincipalKind::Own,
    }
}

/// A contact of `local@contoso.example`.
#[must_use]
pub fn contact(local: &str) -> NewContact {
    NewContact { address: address(local), name: format!("{local} of Contoso"), fields: BTreeMap::new() }
}

/// The match of a contact at `local@contoso.example` to an object, as it was made at [`moment`] 0.
#[must_use]
pub fn bound(contact: &ContactId, (local, name): (&str, &str)) -> Binding {
    let grounds = Grounds::new(address(local), Some(&address(local)), moment(0));
    Binding { contact: contact.clone(), object: object(name), grounds }
}

/// A two-way link between a list and a group.
#[must_use]
pub fn link(name: &str, list: &ListId, group_name: &str) -> Link {
    Link {
        id: link_id(name),
        list: list.clone(),
        group: group(group_name),
        group_name: group_name.to_owned(),
        to_make: None,
        tenant: tenant(),
        mode: Mode::TwoWay,
        extras: Extras::Keep,
        first_merge: FirstMerge::Union,
        every: None,
        settle_window: None,
        externals: Externals::Match,
        max_removals: None,
        grace: Duration::ZERO,
        members: MemberRules::default(),
        more: Vec::new(),
        group_made_at: None,
        made_at: None,
        writes: Writes::Direct,
        voucher: Voucher::Operator,
        status: LinkStatus::Active,
    }
}

/// A row for a directory object of whom nothing is known.
#[must_use]
pub fn member(name: &str) -> Member {
    Member::unknown(MemberKey::Principal(object(name)))
}

/// A summary without news.
#[must_use]
pub fn summary(run: &str, link: &LinkId, at: Timestamp) -> Summary {
    Summary {
        run: RunId::parse(run).expect("a plain name makes an id"),
        link: link.clone(),
        place: None,
        phase: Some(Phase::Steady),
        trigger: Reason::Schedule,
        started_at: at,
        finished_at: at,
        read: ReadKind::Full,
        outcome: Outcome::Converged,
        reason: String::new(),
        message: String::new(),
        hint: String::new(),
        list: SideCounts::default(),
        group: SideCounts::default(),
        external: ExternalCounts::default(),
        held: HeldCounts::default(),
        opt_outs: OptOutCounts::default(),
        skipped: BTreeMap::new(),
        set_aside: 0,
        renamed: 0,
        failures: Vec::new(),
        remarks: Vec::new(),
        graph: GraphCost::default(),
        duration_ms: 0,
    }
}
