//! Users as contacts and back, and what is said of a group's members.

#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

use std::collections::BTreeSet;

use listsync_core::{
    Timestamp,
    address::Address,
    contact::{Contact, ExternalId, Field, Version},
    id::{ContactId, ListId},
    list::{List, Origin},
};
use listsync_scim::{
    Base, Cut, Group, GroupPatch, Kept, ListQuery, MemberSteps, Paging, ScimType, User, kept_of,
};
use serde_json::{Value, json};

const COMPANY: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

/// A contact as it is after a user was written.
fn contact(user: &User, kept: Kept) -> Contact {
    let written = user.written(None, kept).unwrap();
    let mut contact = Contact::new(ContactId::parse("c1").unwrap(), written.address);
    contact.name = written.edit.name.unwrap_or_default();
    contact.external_id = written.edit.external_id;
    contact.aliases = written.edit.add_aliases;
    contact.version = Version(1);
    for (name, value) in written.edit.fields {
        if !value.is_empty() {
            contact.fields.insert(name, Field { value, source: Origin::Manual, at: Timestamp::UNIX_EPOCH });
        }
    }
    contact
}

fn anna() -> Value {
    json!({
        "userName": "anna@corp.example", "externalId": "7", "displayName": "Anna", "active": true, "title": "Clerk",
        "name": {"givenName": "Anna", "familyName": "Meier"},
        "emails": [{"value": "a@home.example", "type": "home"}, {"value": "Anna@contoso.example", "type": "work"}],
        COMPANY: {"department": "Sales", "costCenter": "4711"},
    })
}

#[test]
fn a_user_is_shown_as_it_was_written() {
    let user = User::read(&anna()).unwrap();
    let contact = contact(&user, Kept::default());
    assert_eq!(contact.address, address("anna@contoso.example"));
    assert_eq!(contact.aliases, [address("a@home.example"), address("anna@corp.example")].into());
    let mut shown = User::shown(&contact);
    let fields = shown.as_object_mut().unwrap();
    assert_eq!(fields.remove("id"), Some(json!("c1")));
    assert_eq!(fields.remove("schemas").unwrap().as_array().unwrap().len(), 2);
    assert_eq!(shown, anna());
    // What is written once more changes nothing.
    let again = user.written(Some(&contact), kept_of(&contact)).unwrap();
    assert_eq!(again.edit, listsync_core::register::ContactEdit::default());
}

#[test]
fn the_address_is_the_primary_one_or_that_of_work_or_the_first_or_the_name_to_sign_in_with() {
    let work = json!({"value": "w@x.example", "type": "Work"});
    let home = json!({"value": "h@x.example", "type": "home"});
    let primary = json!({"value": "p@x.example", "primary": "True"});
    for (name, emails, expected) in [
        ("u@x.example", json!([home, work, primary]), Some("p@x.example")),
        ("u@x.example", json!([home, work]), Some("w@x.example")),
        ("u@x.example", json!([home]), Some("h@x.example")),
        ("u@x.example", json!([]), Some("u@x.example")),
        ("anna", json!([{"value": null}]), None),
        ("anna", json!([{"value": "no address"}]), None),
        ("anna", json!([primary, {"value": "q@x.example", "primary": true}]), None),
        ("", json!([home]), None),
    ] {
        let read = User::read(&json!({"userName": name, "emails": emails}));
        let found = read.as_ref().ok().map(|user| user.address().unwrap());
        assert_eq!(found, expected.map(address), "{emails}");
        if let Err(error) = read {
            assert_eq!(error.kind, ScimType::InvalidValue);
        }
    }
}

#[test]
fn a_key_of_another_system_is_not_taken_away_and_ones_own_is() {
    let user = User::read(&anna()).unwrap();
    let mut without = user.clone();
    without.external_id = None;
    let own = contact(&user, Kept::default());
    let edit = without.written(Some(&own), kept_of(&own)).unwrap().edit;
    assert_eq!(edit.ended_ids, [ExternalId::parse("7").unwrap()].into());
    let mut others = contact(&without, Kept::default());
    others.external_id = ExternalId::parse("HR-7").ok();
    let edit = without.written(Some(&others), kept_of(&others)).unwrap().edit;
    assert_eq!((edit.ended_ids, edit.external_id), (BTreeSet::new(), None));
}

#[test]
fn an_address_that_was_changed_elsewhere_is_shown() {
    let mut contact = contact(&User::read(&anna()).unwrap(), Kept::default());
    contact.readdress(&address("ann@contoso.example"), Origin::Manual);
    assert_eq!(User::shown(&contact)["emails"][0]["value"], "ann@contoso.example");
}

#[test]
fn what_is_kept_besides_reads_back() {
    let list = ListId::parse("l1").unwrap();
    let at: Timestamp = "2026-12-01T00:00:00Z".parse().unwrap();
    let kept = Kept {
        left: [(list, Some(at)), (ListId::parse("l2").unwrap(), None)].into(),
        is_leaving: true,
        deleted: Some(at),
        ..Kept::default()
    };
    let contact = self::contact(&User::read(&anna()).unwrap(), kept.clone());
    let read = kept_of(&contact);
    assert_eq!((read.left, read.is_leaving, read.deleted), (kept.left, true, kept.deleted));
    assert_eq!(read.key.as_deref(), Some("7"));
    let without_end = Kept { left: [(ListId::parse("l2").unwrap(), None)].into(), ..Kept::default() };
    let contact = self::contact(&User::read(&anna()).unwrap(), without_end.clone());
    assert_eq!(kept_of(&contact).left, without_end.left);
}

fn ids(names: &[&str]) -> BTreeSet<ContactId> {
    names.iter().map(|name| ContactId::parse(name).unwrap()).collect()
}

fn steps(operations: &Value) -> Result<MemberSteps, ScimType> {
    let body =
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations});
    let list = List::new(ListId::parse("l1").unwrap(), "News".to_owned());
    GroupPatch::read(&body, &list, None).map(|patch| patch.members).map_err(|error| error.kind)
}

#[test]
fn members_are_added_and_removed_in_each_dialect() {
    let these = |join: &[&str], leave: &[&str]| MemberSteps {
        base: Base::Present,
        join: ids(join),
        leave: ids(leave),
    };
    let just = |join: &[&str]| MemberSteps { base: Base::Nobody, join: ids(join), leave: BTreeSet::new() };
    let member = |id: &str| json!({"value": id});
    for (operations, expected) in [
        // RFC 7644, section 3.5.2.
        (
            json!([{"op": "add", "path": "members", "value": [member("a"), member("b")]}]),
            these(&["a", "b"], &[]),
        ),
        (json!([{"op": "remove", "path": "members[value eq \"a\"]"}]), these(&[], &["a"])),
        (
            json!([{"op": "remove", "path": "members[value eq \"a\" or value eq \"b\"]"}]),
            these(&[], &["a", "b"]),
        ),
        (json!([{"op": "remove", "path": "members"}]), just(&[])),
        (json!([{"op": "replace", "path": "members", "value": [member("a")]}]), just(&["a"])),
        (json!([{"op": "replace", "value": {"members": [member("a")]}}]), just(&["a"])),
        // Entra (Microsoft Learn, "Develop and plan provisioning for a SCIM endpoint", "Update Group").
        (
            json!([{"op": "Add", "path": "members", "value": [{"$ref": null, "value": "a"}]}]),
            these(&["a"], &[]),
        ),
        (json!([{"op": "Remove", "path": "members", "value": [member("a")]}]), these(&[], &["a"])),
        (json!([{"op": "Remove", "path": "members[value eq \"a\"]"}]), these(&[], &["a"])),
        // Okta: several operations, of which the last counts.
        (
            json!([
                {"op": "remove", "path": "members[value eq \"a\"]"},
                {"op": "add", "path": "members", "value": [member("a")]},
            ]),
            these(&["a"], &[]),
        ),
        (
            json!([
                {"op": "replace", "path": "members", "value": [member("a"), member("b")]},
                {"op": "remove", "path": "members[value eq \"b\"]"},
            ]),
            just(&["a"]),
        ),
        // An empty list names nobody: nobody joins, and nobody leaves by it.
        (json!([{"op": "add", "path": "members", "value": []}]), these(&[], &[])),
        (json!([{"op": "remove", "path": "members", "value": []}]), these(&[], &[])),
        (json!([{"op": "add", "path": "members", "value": member("a")}]), these(&["a"], &[])),
        (json!([{"op": "replace", "path": "displayName", "value": "New"}]), these(&[], &[])),
    ] {
        assert_eq!(steps(&operations), Ok(expected), "{operations}");
    }
    for (operations, kind) in [
        (json!([{"op": "remove", "path": "members[type eq \"User\"]"}]), ScimType::InvalidPath),
        (
            json!([{"op": "add", "path": "members", "value": [{"value": "g", "type": "Group"}]}]),
            ScimType::InvalidValue,
        ),
        (json!([{"op": "add", "path": "members", "value": [{"display": "x"}]}]), ScimType::InvalidValue),
        (json!([{"op": "remove", "path": "displayName"}]), ScimType::InvalidValue),
    ] {
        assert_eq!(steps(&operations), Err(kind), "{operations}");
    }
}

#[test]
fn a_group_that_says_nothing_of_members_is_told_from_one_that_has_none() {
    let read = |body: Value| Group::read(&body).map(|group| group.members).map_err(|error| error.kind);
    assert_eq!(read(json!({"displayName": "News"})), Ok(None));
    assert_eq!(read(json!({"displayName": "News", "members": null})), Ok(None));
    assert_eq!(read(json!({"displayName": "News", "members": []})), Ok(Some(Vec::new())));
    assert_eq!(read(json!({"displayname": "News", "members": [{"value": "a"}]})).unwrap().unwrap().len(), 1);
    assert_eq!(read(json!({"displayName": " "})), Err(ScimType::InvalidValue));
}

#[test]
fn pages_are_asked_for_as_the_standard_has_it() {
    let url = |pairs: &[(&str, &str)]| {
        let pairs: Vec<_> =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        ListQuery::of_url(&pairs).map(|query| (query.paging, query.count)).map_err(|error| error.kind)
    };
    assert_eq!(url(&[]), Ok((Paging::From(1), 100)));
    assert_eq!(url(&[("startIndex", "0"), ("count", "-1")]), Ok((Paging::From(1), 0)));
    assert_eq!(url(&[("startindex", "3"), ("count", "1000")]), Ok((Paging::From(3), 200)));
    assert_eq!(url(&[("cursor", ""), ("count", "5")]), Ok((Paging::After(None), 5)));
    assert_eq!(url(&[("cursor", "c1")]), Ok((Paging::After(Some("c1".to_owned())), 100)));
    assert_eq!(url(&[("count", "many")]), Err(ScimType::InvalidValue));
    assert_eq!(url(&[("filter", "x")]), Err(ScimType::InvalidFilter));
    assert_eq!(url(&[("attributes", "id"), ("excludedAttributes", "name")]), Err(ScimType::InvalidValue));
    let search = json!({"startIndex": 2, "count": 7, "filter": "title pr", "attributes": ["userName"]});
    let query = ListQuery::of_search(&search).unwrap();
    assert_eq!((query.paging, query.count, query.filter.is_some()), (Paging::From(2), 7, true));
}

#[test]
fn attributes_are_cut_as_they_are_named() {
    let resource = json!({
        "schemas": ["s"], "id": "1", "userName": "a", "name": {"givenName": "A", "familyName": "B"},
        "emails": [{"value": "x", "type": "work"}], COMPANY: {"department": "D", "division": "E"},
    });
    let names =
        |list: &str| list.split(',').filter(|it| !it.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let department = format!("{COMPANY}:department");
    for (wanted, unwanted, expected) in [
        ("userName", "", json!({"schemas": ["s"], "id": "1", "userName": "a"})),
        ("NAME.givenname", "", json!({"schemas": ["s"], "id": "1", "name": {"givenName": "A"}})),
        ("emails.value", "", json!({"schemas": ["s"], "id": "1", "emails": [{"value": "x"}]})),
        (department.as_str(), "", json!({"schemas": ["s"], "id": "1", COMPANY: {"department": "D"}})),
        (
            "",
            "name.familyName,emails,id,urn:ietf:params:scim:schemas:core:2.0:User:userName",
            json!({"schemas": ["s"], "id": "1", "name": {"givenName": "A"}, COMPANY: {"department": "D", "division": "E"}}),
        ),
    ] {
        let cut = Cut::of(&names(wanted), &names(unwanted)).unwrap();
        assert_eq!(cut.cut(resource.clone()), expected, "{wanted} {unwanted}");
    }
    let without = Cut::of(&[], &names("members")).unwrap();
    assert!(!without.wants("members") && without.wants("displayName"));
}
