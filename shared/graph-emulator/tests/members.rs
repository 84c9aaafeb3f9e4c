//! Reading and changing the members of a group.

mod support;

use listsync_graph_emulator::{
    AbsentRemoval, Group, GroupKind, GuestPolicy, ObjectId, OtherObject, Tenant, User,
};
use serde_json::json;
use support::{Bench, bind, reference};

const LEAST: &[&str] = &["GroupMember.ReadWrite.All", "User.Read.All"];

#[tokio::test]
async fn a_listing_pages_by_a_hundred_and_its_pages_hold_everybody_once() {
    let bench = Bench::new().await;
    let people = bench.people(250);
    let group = bench.group(GroupKind::Security, &people);
    let pages = bench.all(&format!("/groups/{group}/members?$select=id"), &[]).await;
    let sizes: Vec<usize> = pages.iter().map(|page| page.ids().len()).collect();
    assert_eq!(sizes, [100, 100, 50]);
    let mut ids: Vec<String> = pages.iter().flat_map(|page| page.ids()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 250);
}

#[tokio::test]
async fn a_page_has_between_1_and_999_rows_and_exactly_the_last_has_no_next_link() {
    let bench = Bench::new().await;
    let people = bench.people(4);
    let group = bench.group(GroupKind::Security, &people);
    for top in ["0", "1000", "x"] {
        let answer = bench.get(&format!("/groups/{group}/members?$top={top}")).await;
        answer.refused(400, "Request_BadRequest", "Invalid page size specified");
    }
    let pages = bench.all(&format!("/groups/{group}/members?$top=2"), &[]).await;
    assert_eq!(pages.len(), 2);
}

#[tokio::test]
async fn the_count_is_on_the_first_page_only_and_needs_the_header() {
    let bench = Bench::new().await;
    let people = bench.people(5);
    let group = bench.group(GroupKind::Security, &people);
    let path = format!("/groups/{group}/members?$top=3&$count=true");
    assert!(bench.get(&path).await.body["@odata.count"].is_null());
    let pages = bench.all(&path, &[("ConsistencyLevel", "eventual")]).await;
    assert_eq!(pages[0].body["@odata.count"], 5);
    assert!(pages[1].body["@odata.count"].is_null());
    assert_eq!(bench.eventual(&format!("/groups/{group}/members/$count")).await.body, 5);
    let answer = bench.get(&format!("/groups/{group}/members/$count")).await;
    answer.refused(400, "Request_UnsupportedQuery", "ConsistencyLevel");
}

#[tokio::test]
async fn a_cast_and_a_filter_are_advanced_queries_on_each_page() {
    let bench = Bench::new().await;
    let people = bench.people(5);
    let group = bench.group(GroupKind::Security, &people);
    let device = bench.tenant.add_other(OtherObject::device("laptop"));
    bench.tenant.add_member(group, device);
    let path = format!("/groups/{group}/members/microsoft.graph.user?$top=3");
    bench.get(&path).await.refused(400, "Request_UnsupportedQuery", "ConsistencyLevel");
    bench.eventual(&path).await.refused(400, "Request_UnsupportedQuery", "$count=true");
    let path = format!("{path}&$count=true");
    let first = bench.eventual(&path).await;
    assert_eq!(first.body["@odata.count"], 5);
    let next = first.body["@odata.nextLink"].as_str().expect("there is a next page").to_owned();
    bench.get(&next).await.refused(400, "Request_UnsupportedQuery", "");
    assert_eq!(bench.eventual(&next).await.ids().len(), 2);
    let wanted = format!(
        "/groups/{group}/members/graph.user?$count=true&$filter=id in ('{}','{}')",
        people[1], people[3]
    );
    assert_eq!(bench.eventual(&wanted).await.ids().len(), 2);
    bench.get(&wanted).await.refused(400, "Request_UnsupportedQuery", "");
    assert_eq!(bench.eventual(&format!("/groups/{group}/members/graph.user/$count")).await.body, 5);
}

#[tokio::test]
async fn an_altered_cursor_and_altered_options_are_refused() {
    let bench = Bench::new().await;
    let people = bench.people(5);
    let group = bench.group(GroupKind::Security, &people);
    let first = bench.get(&format!("/groups/{group}/members?$top=2")).await;
    let next = first.body["@odata.nextLink"].as_str().expect("there is a next page").to_owned();
    bench.get(&next.replace("$top=2", "$top=3")).await.refused(400, "Request_BadRequest", "skip token");
    let broken = format!("/groups/{group}/members?$top=2&$skiptoken=abc");
    bench.get(&broken).await.refused(400, "Request_BadRequest", "skip token");
    bench.wait(16 * 60);
    bench.get(&next).await.refused(400, "Directory_ExpiredPageToken", "");
}

#[tokio::test]
async fn without_the_right_to_read_users_a_row_has_only_type_and_id() {
    let mut bench = Bench::new().await;
    let people = bench.people(1);
    let group = bench.group(GroupKind::Security, &people);
    bench.roles(&["GroupMember.Read.All"]).await;
    let row = bench.get(&format!("/groups/{group}/members")).await.body["value"][0].clone();
    assert_eq!(row["@odata.type"], "#microsoft.graph.user");
    assert_eq!(row["id"], people[0].to_string());
    assert!(row["mail"].is_null() && row["displayName"].is_null(), "{row}");
    bench.roles(LEAST).await;
    let row = bench.get(&format!("/groups/{group}/members")).await.body["value"][0].clone();
    assert_eq!(row["mail"], "p0@contoso.example");
}

#[tokio::test]
async fn nested_members_are_transitive_members_only() {
    let bench = Bench::new().await;
    let people = bench.people(3);
    let inner = bench.group(GroupKind::Security, &people[..2]);
    let outer = bench.group(GroupKind::Security, &[inner, people[2]]);
    assert_eq!(bench.get(&format!("/groups/{outer}/members")).await.ids().len(), 2);
    assert_eq!(bench.get(&format!("/groups/{outer}/transitiveMembers")).await.ids().len(), 4);
    let users = bench.eventual(&format!("/groups/{outer}/transitiveMembers/graph.user?$count=true")).await;
    assert_eq!((users.ids().len(), users.body["@odata.count"].as_u64()), (3, Some(3)));
}

#[tokio::test]
async fn owners_can_be_listed() {
    let bench = Bench::new().await;
    let people = bench.people(2);
    let group = bench.group(GroupKind::Microsoft365, &people);
    bench.tenant.add_owner(group, people[0]);
    assert_eq!(bench.get(&format!("/groups/{group}/owners?$select=id")).await.ids(), [people[0].to_string()]);
}

#[tokio::test]
async fn one_is_added_and_a_second_time_already_exists() {
    let bench = Bench::new().await;
    let person = bench.person("ada");
    let group = bench.group(GroupKind::Security, &[]);
    let path = format!("/groups/{group}/members/$ref");
    let body = json!({"@odata.id": reference(person)});
    assert_eq!(bench.post(&path, body.clone()).await.status, 204);
    bench.post(&path, body).await.refused(
        400,
        "Request_BadRequest",
        "One or more added object references already exist for the following modified properties: 'members'.",
    );
}

#[tokio::test]
async fn a_patch_adds_twenty_or_nobody() {
    let bench = Bench::new().await;
    let people = bench.people(42);
    let group = bench.group(GroupKind::Security, &[]);
    let path = format!("/groups/{group}");
    assert_eq!(bench.patch(&path, bind(&people[..20])).await.status, 204);
    assert_eq!(bench.tenant.members(group).len(), 20);
    let too_many = bench.patch(&path, bind(&people[20..41])).await;
    too_many.refused(400, "Request_BadRequest", "A resource cannot contain more than 20 link changes");
    bench.patch(&path, bind(&people[19..21])).await.refused(400, "Request_BadRequest", "already exist");
    let ghost = ObjectId::from_u128(7);
    let missing = bench.patch(&path, bind(&[people[21], ghost])).await;
    missing.refused(404, "Request_ResourceNotFound", &format!("Resource '{ghost}' does not exist"));
    assert_eq!(bench.tenant.members(group).len(), 20);
    assert_eq!(bench.tenant.counters().member_writes, 4);
}

#[tokio::test]
async fn a_member_is_removed_by_its_reference_and_an_absent_one_answers_as_set() {
    let bench = Bench::new().await;
    let people = bench.people(2);
    let group = bench.group(GroupKind::Security, &people);
    let path = format!("/groups/{group}/members/{}/$ref", people[0]);
    assert_eq!(bench.delete(&path).await.status, 204);
    bench.delete(&path).await.refused(404, "Request_ResourceNotFound", &people[0].to_string());
    bench.tenant.configure(|settings| settings.absent_removal = AbsentRemoval::BadRequest);
    bench.delete(&path).await.refused(400, "Request_BadRequest", "removed object references do not exist");
    let ghost = ObjectId::from_u128(7);
    let gone = bench.delete(&format!("/groups/{ghost}/members/{}/$ref", people[1])).await;
    gone.refused(404, "Request_ResourceNotFound", &ghost.to_string());
    assert_eq!(bench.tenant.members(group), [people[1]]);
}

#[tokio::test]
async fn without_ref_a_delete_strikes_the_user_and_is_a_violation() {
    let mut bench = Bench::new().await;
    let people = bench.people(2);
    let group = bench.group(GroupKind::Security, &people);
    let path = format!("/groups/{group}/members/{}", people[0]);
    bench.delete(&path).await.refused(403, "Authorization_RequestDenied", "");
    assert!(bench.tenant.user(people[0]).is_some());
    bench.roles(&["User.ReadWrite.All"]).await;
    assert_eq!(bench.delete(&path).await.status, 204);
    assert!(bench.tenant.user(people[0]).is_none());
    assert_eq!(bench.tenant.violations().len(), 2);
}

#[tokio::test]
async fn every_delete_but_that_of_a_members_link_or_a_subscription_is_a_violation_for_ever() {
    let bench = Bench::new().await;
    let person = bench.person("ada");
    let group = bench.group(GroupKind::Security, &[person]);
    for path in [
        format!("/groups/{group}/owners/{person}/$ref"),
        format!("/groups/{group}/members"),
        format!("/groups/{group}/members/{person}/ref"),
        format!("/directoryObjects/{person}"),
        format!("/directory/deletedItems/{person}"),
        "/invitations/1".to_owned(),
    ] {
        let before = bench.tenant.violations().len();
        bench.delete(&path).await;
        assert_eq!(bench.tenant.violations().len(), before + 1, "{path}");
    }
    let found = bench.tenant.violations().len();
    assert_eq!(bench.delete(&format!("/groups/{group}/members/{person}/$ref")).await.status, 204);
    bench.tenant.clear_journal();
    assert_eq!(bench.tenant.violations().len(), found);
}

#[tokio::test]
async fn groups_that_cannot_be_written_say_why() {
    let bench = Bench::new().await;
    let person = bench.person("ada");
    let cases = [
        (GroupKind::Dynamic, 403, "Authorization_RequestDenied", "Insufficient privileges"),
        (
            GroupKind::MailEnabledSecurity,
            400,
            "Request_BadRequest",
            "Cannot Update a mail-enabled security groups",
        ),
        (GroupKind::Distribution, 400, "Request_BadRequest", "and or distribution list."),
        (GroupKind::OnPremises, 400, "Request_BadRequest", "on-premises mastered Directory Sync objects"),
        (GroupKind::RoleAssignable, 403, "Authorization_RequestDenied", ""),
        (GroupKind::Restricted, 403, "Authorization_RequestDenied", ""),
    ];
    for (kind, status, code, text) in cases {
        let group = bench.group(kind, &[]);
        bench.patch(&format!("/groups/{group}"), bind(&[person])).await.refused(status, code, text);
        let body = json!({"@odata.id": reference(person)});
        bench.post(&format!("/groups/{group}/members/$ref"), body).await.refused(status, code, text);
    }
}

#[tokio::test]
async fn a_microsoft_365_group_takes_users_only_and_guests_where_the_tenant_allows() {
    let mut bench = Bench::new().await;
    bench.roles(&["GroupMember.ReadWrite.All", "OrgContact.Read.All", "Device.ReadWrite.All"]).await;
    let tenant: &Tenant = &bench.tenant;
    let guest =
        tenant.add_user(User::guest("Robin", "robin@fabrikam.example", "contoso.onmicrosoft.example"));
    let contact = tenant.add_other(OtherObject::contact("Sam", "sam@northwind.example"));
    let device = tenant.add_other(OtherObject::device("laptop"));
    let (unified, security) =
        (bench.group(GroupKind::Microsoft365, &[]), bench.group(GroupKind::Security, &[]));
    for other in [contact, device, security] {
        let answer = bench.patch(&format!("/groups/{unified}"), bind(&[other])).await;
        answer.refused(400, "Request_BadRequest", "cannot be linked");
    }
    bench.patch(&format!("/groups/{security}"), bind(&[unified])).await.refused(
        400,
        "Request_BadRequest",
        "",
    );
    assert_eq!(bench.patch(&format!("/groups/{security}"), bind(&[contact, device])).await.status, 204);
    bench.tenant.configure(|settings| settings.guests = GuestPolicy::Refused);
    let refused = bench.patch(&format!("/groups/{unified}"), bind(&[guest])).await;
    refused.refused(403, "Authorization_RequestDenied", "Guests users are not allowed to join");
    bench.tenant.configure(|settings| settings.guests = GuestPolicy::Allowed);
    assert_eq!(bench.patch(&format!("/groups/{unified}"), bind(&[guest])).await.status, 204);
}

#[tokio::test]
async fn a_group_that_was_just_made_may_not_be_ready_for_members() {
    let bench = Bench::new().await;
    let person = bench.person("ada");
    bench.tenant.configure(|settings| settings.new_group_unready = std::time::Duration::from_secs(20));
    let group = bench.group(GroupKind::Security, &[]);
    let path = format!("/groups/{group}/members/$ref");
    let body = json!({"@odata.id": reference(person)});
    bench.post(&path, body.clone()).await.refused(400, "Request_BadRequest", "The source resource object");
    bench.wait(20);
    assert_eq!(bench.post(&path, body).await.status, 204);
}

#[tokio::test]
async fn hidden_members_need_a_right_of_their_own() {
    let mut bench = Bench::new().await;
    let people = bench.people(1);
    let group = bench.group(GroupKind::HiddenMembership, &people);
    bench.get(&format!("/groups/{group}/members")).await.refused(403, "Authorization_RequestDenied", "");
    bench.roles(&["GroupMember.Read.All", "Member.Read.Hidden"]).await;
    assert_eq!(bench.get(&format!("/groups/{group}/members")).await.ids().len(), 1);
}

#[tokio::test]
async fn each_call_needs_its_permission() {
    let mut bench = Bench::new().await;
    let people = bench.people(1);
    let group = bench.group(GroupKind::Security, &[]);
    bench.roles(&["GroupMember.Read.All"]).await;
    bench.patch(&format!("/groups/{group}"), bind(&people)).await.refused(
        403,
        "Authorization_RequestDenied",
        "",
    );
    for path in ["/users", "/users/delta", "/organization", "/contacts"] {
        bench.get(path).await.refused(403, "Authorization_RequestDenied", "Insufficient privileges");
    }
    bench.roles(&["User.Read.All"]).await;
    for path in [format!("/groups/{group}"), format!("/groups/{group}/members"), "/groups/delta".to_owned()] {
        bench.get(&path).await.refused(403, "Authorization_RequestDenied", "Insufficient privileges");
    }
    bench.roles(&["Directory.ReadWrite.All"]).await;
    assert_eq!(bench.patch(&format!("/groups/{group}"), bind(&people)).await.status, 204);
}

#[tokio::test]
async fn mistakes_in_references_are_named() {
    let bench = Bench::new().await;
    let person = bench.person("ada");
    let group = bench.group(GroupKind::Security, &[]);
    let answer =
        bench.post(&format!("/groups/{group}/members"), json!({"@odata.id": reference(person)})).await;
    answer.refused(400, "BadRequest", "Write requests are only supported on contained entities");
    let answer = bench.patch(&format!("/groups/{group}/members/$ref"), bind(&[person])).await;
    answer.refused(400, "BadRequest", "The request is currently not supported on the targeted entity set");
    for body in [json!({}), json!({"@odata.id": "p"}), json!({"@odata.id": reference(person), "more": 1})] {
        assert_eq!(bench.post(&format!("/groups/{group}/members/$ref"), body).await.status, 400);
    }
    bench.delete(&format!("/groups/{group}/members/ada@contoso.example/$ref")).await.refused(
        400,
        "Request_BadRequest",
        "Invalid object identifier",
    );
}

#[tokio::test]
async fn a_deleted_user_is_no_member_until_restored() {
    let bench = Bench::new().await;
    let people = bench.people(3);
    let group = bench.tenant.add_group(Group::new(GroupKind::Security, "Team"));
    for person in &people {
        bench.tenant.add_member(group, *person);
    }
    bench.tenant.delete_user(people[1]);
    let count = format!("/groups/{group}/members/$count");
    assert_eq!(bench.get(&format!("/groups/{group}/members")).await.ids().len(), 2);
    assert_eq!(bench.eventual(&count).await.body, 2);
    bench.tenant.restore_user(people[1]);
    assert_eq!(bench.eventual(&count).await.body, 3);
    bench.tenant.purge_user(people[1]);
    assert_eq!(bench.eventual(&count).await.body, 2);
}
