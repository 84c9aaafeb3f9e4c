//! SCIM as provisioning systems call it: people and members that are pushed, over the embedded store.

use std::time::Duration;

use listsync_core::{
    address::Address,
    contact::{Contact, OptOutReason, Saying, Scope, Via},
    grant::{Lists, Verb},
    id::ListId,
    list::{ListKind, Standing},
};
use listsync_engine::{
    people,
    ports::{Decision, ImportState, ListEdit},
    pushed::GRACE,
};
use listsync_http::Pace;
use serde_json::{Value, json};

use crate::{
    ask::Ask,
    stage::{Stage, key_of, options},
    syncs::work,
};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const KIND: &str = "application/scim+json";

#[tokio::test]
async fn who_pushes_a_company_is_not_told_to_wait_as_others_are() {
    let (slow, quick) = (Pace { burst: 2, per_second: 1 }, Pace { burst: 12, per_second: 2 });
    let pushing = Pushing::at(slow, quick).await;
    for number in 0..12 {
        pushing.user(&format!("p{number}")).await;
    }
    let answer = pushing.ask("GET", "/Users").send().await;
    assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (429, "1"));
    // What else the key may do is counted by itself.
    for _ in 0..2 {
        pushing.stage.ask("GET", "/v1/lists").key(&pushing.key).expect(200).await;
    }
    assert_eq!(pushing.stage.ask("GET", "/v1/lists").key(&pushing.key).send().await.status.as_u16(), 429);
}

/// A stage, and a key that pushes.
struct Pushing {
    stage: Stage,
    key: String,
}

impl Pushing {
    async fn new() -> Self {
        let stage = Stage::new(options()).await;
        let key = key_of(&stage.service, &[Verb::Scim], Lists::All).await;
        Self { stage, key }
    }

    fn ask(&self, method: &str, path: &str) -> Ask<'_> {
        self.stage.ask(method, &format!("/scim/v2{path}")).key(&self.key)
    }

    fn tell(&self, method: &str, path: &str, body: &Value) -> Ask<'_> {
        self.ask(method, path).body(KIND, body.to_string())
    }

    /// The same, where each caller may ask so often, and who pushes so often.
    async fn at(callers: Pace, senders: Pace) -> Self {
        let mut options = options();
        (options.limits.callers, options.limits.senders) = (callers, senders);
        let stage = Stage::new(options).await;
        let key = key_of(&stage.service, &[Verb::Scim], Lists::All).await;
        Self { stage, key }
    }

    /// The id of a new user.
    async fn user(&self, name: &str) -> String {
        let user = json!({
            "schemas": [USER], "userName": format!("{name}@contoso.example"), "externalId": format!("e-{name}"),
            "displayName": name,
        });
        id(&self.tell("POST", "/Users", &user).expect(201).await)
    }

    /// The id of a new group with these members.
    async fn group(&self, name: &str, members: &[String]) -> String {
        let members: Vec<Value> = members.iter().map(|member| json!({"value": member})).collect();
        id(&self.tell("POST", "/Groups", &json!({"displayName": name, "members": members})).expect(201).await)
    }

    /// A crowd of users, and a group of them.
    async fn crowd(&self, many: usize) -> (String, Vec<String>) {
        let mut members = Vec::new();
        for number in 0..many {
            members.push(self.user(&format!("p{number:02}")).await);
        }
        (self.group("Crowd", &members).await, members)
    }

    fn patch(&self, path: &str, operations: &Value) -> Ask<'_> {
        self.tell("PATCH", path, &json!({"schemas": [PATCH], "Operations": operations}))
    }

    /// How many members a group shows.
    async fn members(&self, group: &str) -> usize {
        let group = self.ask("GET", &format!("/Groups/{group}")).expect(200).await;
        group["members"].as_array().map_or(0, Vec::len)
    }

    async fn contact(&self, name: &str) -> Contact {
        let address = Address::parse(&format!("{name}@contoso.example")).unwrap();
        self.stage.service.contacts.find_contact(&address).await.unwrap().unwrap()
    }

    async fn standing(&self, name: &str, list: &str) -> Standing {
        let list = ListId::parse(list).unwrap();
        let places = self.stage.service.contacts.places(&self.contact(name).await.id).await.unwrap();
        places.into_iter().find(|place| place.list == list).map_or(Standing::Absent, |place| place.standing)
    }

    async fn opts_out(&self, name: &str, scope: Scope) {
        let saying = Saying {
            address: Address::parse(&format!("{name}@contoso.example")).unwrap(),
            decision: Decision::OptedOut,
            scope,
            reason: OptOutReason::Own,
            via: Via::Api,
            at: self.stage.service.ports.clock.now(),
        };
        people::say(&self.stage.service, &saying, Duration::ZERO).await.unwrap();
    }

    /// Has the memberships end whose end has come.
    async fn after(&self, time: Duration) {
        self.stage.clock.advance(time);
        listsync_engine::fan_out::tick(&self.stage.service.ports).await.unwrap();
    }
}

fn id(document: &Value) -> String {
    document["id"].as_str().unwrap().to_owned()
}

/// Takes the kind of a SCIM error of this status.
async fn refused(ask: Ask<'_>, status: u16) -> Option<String> {
    let answer = ask.send().await;
    assert_eq!(answer.status, status, "{}", answer.text());
    assert_eq!(answer.header("content-type"), KIND);
    let error = answer.document();
    assert_eq!(error["schemas"][0], "urn:ietf:params:scim:api:messages:2.0:Error");
    assert_eq!(error["status"], status.to_string());
    assert!(!error["detail"].as_str().unwrap().is_empty());
    error["scimType"].as_str().map(str::to_owned)
}

#[tokio::test]
async fn nothing_answers_but_to_a_key_of_the_scope() {
    let pushing = Pushing::new().await;
    let stage = &pushing.stage;
    for path in ["/scim/v2/Users", "/scim/v2/ServiceProviderConfig"] {
        assert_eq!(refused(stage.ask("GET", path), 401).await, None);
        assert_eq!(refused(stage.administer("GET", path), 403).await, None);
        stage.ask("GET", path).key(&pushing.key).expect(200).await;
    }
    let list = stage.operate("POST", "/v1/lists").json(json!({"name": "Mine"})).expect(201).await;
    let bound = Lists::Only([ListId::parse(&id(&list)).unwrap()].into());
    let bound = key_of(&stage.service, &[Verb::Scim], bound).await;
    assert_eq!(refused(stage.ask("GET", "/scim/v2/Users").key(&bound), 403).await, None);
    assert_eq!(refused(pushing.ask("GET", "/nowhere"), 404).await, None);
    assert_eq!(refused(pushing.ask("DELETE", "/Schemas"), 405).await, None);
    let body = json!({"name": "bound", "scopes": ["scim"], "lists": ["Mine"]});
    assert_eq!(
        stage.administer("POST", "/v1/keys").json(body).refused(422).await.1.as_deref(),
        Some("lists")
    );
}

#[tokio::test]
async fn a_user_is_a_contact_with_key_fields_and_addresses() {
    let pushing = Pushing::new().await;
    let user = json!({
        "schemas": [USER], "userName": "anna@corp.example", "externalId": "7", "title": "Clerk",
        "name": {"givenName": "Anna", "familyName": "Meier"}, "displayName": "Anna Meier",
        "emails": [{"value": "anna@contoso.example", "type": "work", "primary": true}],
        "phoneNumbers": [{"value": "1"}],
    });
    let answer = pushing.tell("POST", "/Users", &user).send().await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (201, KIND));
    let made = answer.document();
    assert!(answer.header("location").ends_with(&format!("/scim/v2/Users/{}", id(&made))));
    assert_eq!(answer.header("etag"), made["meta"]["version"].as_str().unwrap());
    let contact = pushing.contact("anna").await;
    assert_eq!(
        (contact.name.as_str(), contact.external_id.unwrap().to_string()),
        ("Anna Meier", "7".to_owned())
    );
    assert_eq!(contact.fields["title"].value, "Clerk");
    assert!(contact.aliases.iter().any(|alias| alias.as_str() == "anna@corp.example"));
    assert_eq!(refused(pushing.tell("POST", "/Users", &user), 409).await.as_deref(), Some("uniqueness"));
    for filter in [
        "userName%20eq%20%22Anna@corp.example%22",
        "externalId%20eq%20%227%22",
        "emails%5Btype%20eq%20%22work%22%5D.value%20eq%20%22anna@contoso.example%22",
        "title%20sw%20%22cl%22",
    ] {
        let found =
            pushing.ask("GET", &format!("/Users?filter={filter}&attributes=userName")).expect(200).await;
        assert_eq!(
            (&found["totalResults"], &found["Resources"][0]["id"]),
            (&json!(1), &made["id"]),
            "{filter}"
        );
        assert_eq!(found["Resources"][0].get("title"), None);
    }
    let path = format!("/Users/{}", id(&made));
    let edit =
        json!([{"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "ann@contoso.example"}]);
    let stale = pushing.patch(&path, &edit).header("if-match", "W/\"99\"");
    assert_eq!(refused(stale, 412).await, None);
    pushing.patch(&path, &edit).header("if-match", answer.header("etag")).expect(200).await;
    assert_eq!(pushing.contact("ann").await.id.as_str(), id(&made), "a changed address is no new person");
    let known = pushing.ask("GET", &path).send().await;
    let again = pushing.ask("GET", &path).header("if-none-match", known.header("etag")).send().await;
    assert_eq!(again.status, 304);
    pushing.patch(&path, &json!([{"op": "remove", "path": "externalId"}])).expect(200).await;
    assert_eq!(pushing.contact("ann").await.external_id, None);
    assert_eq!(refused(pushing.ask("GET", "/Users?filter=x"), 400).await.as_deref(), Some("invalidFilter"));
    let odd = json!([{"op": "add", "path": "nickname2", "value": 1}]);
    assert_eq!(refused(pushing.patch(&path, &odd), 400).await.as_deref(), Some("invalidPath"));
    let text = pushing.ask("POST", "/Users").body("text/plain", "x");
    assert_eq!(refused(text, 415).await, None);
}

#[tokio::test]
async fn whom_others_brought_is_adopted_and_a_user_without_a_group_is_on_no_list() {
    let pushing = Pushing::new().await;
    pushing.stage.operate("POST", "/v1/lists").json(json!({"name": "News"})).expect(201).await;
    let anna = json!({"address": "anna@contoso.example", "external_id": "7"});
    pushing.stage.operate("POST", "/v1/contacts").json(anna).expect(201).await;
    pushing.stage.operate("PUT", "/v1/lists/News/members/anna@contoso.example").expect(201).await;
    let before = pushing.contact("anna").await;
    let user = json!({"userName": "anna@contoso.example", "displayName": "Anna"});
    let adopted = pushing.tell("POST", "/Users", &user).expect(201).await;
    assert_eq!((id(&adopted), &adopted["externalId"]), (before.id.to_string(), &json!("7")));
    assert_eq!(adopted["groups"][0]["display"], "News", "they are on it as before");
    let ben = pushing.user("ben").await;
    let ben = pushing.ask("GET", &format!("/Users/{ben}")).expect(200).await;
    assert_eq!(ben.get("groups"), None);
}

#[tokio::test]
async fn pages_are_gone_through_by_index_and_by_cursor() {
    let pushing = Pushing::new().await;
    let (_, members) = pushing.crowd(7).await;
    let mut found = Vec::new();
    for start in [1, 4, 7, 8] {
        let page = pushing.ask("GET", &format!("/Users?startIndex={start}&count=3")).expect(200).await;
        assert_eq!((&page["totalResults"], &page["startIndex"]), (&json!(7), &json!(start)));
        found.extend(page["Resources"].as_array().unwrap().iter().map(id));
    }
    assert_eq!(found, members);
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = pushing.ask("GET", &format!("/Users?cursor={cursor}&count=3")).expect(200).await;
        found.extend(page["Resources"].as_array().unwrap().iter().map(id));
        match page["nextCursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(found, members);
    let odd = pushing.ask("GET", "/Users?cursor=%20");
    assert_eq!(refused(odd, 400).await.as_deref(), Some("invalidCursor"));
    let none = pushing.ask("GET", "/Users?count=0").expect(200).await;
    assert_eq!((&none["totalResults"], &none["itemsPerPage"]), (&json!(7), &json!(0)));
    let search = json!({"filter": "userName sw \"p00\" or displayName eq \"Crowd\"", "count": 9});
    let all = pushing.tell("POST", "/.search", &search).expect(200).await;
    assert_eq!(all["totalResults"], 2);
}

#[tokio::test]
async fn members_join_and_leave_a_list_and_no_push_undoes_a_no() {
    let pushing = Pushing::new().await;
    let (group, members) = pushing.crowd(3).await;
    assert_eq!(pushing.members(&group).await, 3);
    let path = format!("/Groups/{group}");
    pushing.opts_out("p00", Scope::List(ListId::parse(&group).unwrap())).await;
    pushing.opts_out("p01", Scope::All).await;
    let all: Vec<Value> = members.iter().map(|member| json!({"value": member})).collect();
    pushing.patch(&path, &json!([{"op": "Add", "path": "members", "value": all}])).expect(200).await;
    pushing.tell("PUT", &path, &json!({"displayName": "Crowd", "members": all})).expect(200).await;
    for name in ["p00", "p01"] {
        assert_eq!(pushing.standing(name, &group).await, Standing::OptedOut, "{name}");
    }
    let leaver = json!([{"op": "Remove", "path": "members", "value": [{"value": members[2]}]}]);
    let left = pushing.patch(&path, &leaver).expect(200).await;
    assert_eq!(left.get("members"), None);
    assert_eq!(pushing.standing("p02", &group).await, Standing::Absent);
    let stranger = json!([{"op": "add", "path": "members", "value": [{"value": "nobody"}]}]);
    assert_eq!(refused(pushing.patch(&path, &stranger), 400).await.as_deref(), Some("invalidValue"));
    pushing.patch(&path, &json!([{"op": "add", "path": "externalId", "value": "g-7"}])).expect(200).await;
    let found = pushing.ask("GET", "/Groups?filter=externalId%20eq%20%22g-7%22&excludedAttributes=members");
    assert_eq!(found.expect(200).await["Resources"][0]["displayName"], "Crowd");
    let again = pushing.tell("POST", "/Groups", &json!({"displayName": "crowd"}));
    assert_eq!(refused(again, 409).await.as_deref(), Some("uniqueness"));
    let audit = pushing.stage.administer("GET", "/v1/audit?limit=100").expect(200).await;
    let of_key = audit["items"].as_array().unwrap().iter().filter(|entry| entry["actor"]["kind"] == "key");
    let key = pushing.key.split('_').nth(1).unwrap();
    assert!(of_key.filter(|entry| entry["actor"]["id"] == key).any(|entry| entry["action"] == "list.edit"));
}

#[tokio::test]
async fn a_mass_removal_is_held_as_a_files_is_and_nothing_of_it_is_lost() {
    let pushing = Pushing::new().await;
    let (group, members) = pushing.crowd(12).await;
    let path = format!("/Groups/{group}");
    let extra = pushing.user("extra").await;
    let emptied = json!({"displayName": "Crowd", "members": [{"value": extra}]});
    let held = pushing.tell("PUT", &path, &emptied);
    assert_eq!(refused(held, 409).await.as_deref(), Some("mutability"));
    assert_eq!(pushing.members(&group).await, 13, "who joins joins, and nobody has left");
    let imports = async || {
        let list = Lists::Only([ListId::parse(&group).unwrap()].into());
        pushing.stage.service.ports.lists.imports_of(&list, None, 50).await.unwrap()
    };
    let waiting = imports().await;
    assert_eq!((waiting.len(), waiting[0].state, waiting[0].held), (1, ImportState::Held, 12));
    // A repeat asks nobody twice, and whoever is named again does not wait any more.
    assert_eq!(refused(pushing.tell("PUT", &path, &emptied), 409).await.as_deref(), Some("mutability"));
    assert_eq!(imports().await.len(), 1);
    let back = json!([{"op": "add", "path": "members", "value": [{"value": members[0]}]}]);
    pushing.patch(&path, &back).expect(200).await;
    assert_eq!(imports().await[0].held, 11);
    let approve = format!("/v1/imports/{}/approve", waiting[0].id);
    pushing.stage.administer("POST", &approve).expect(200).await;
    assert_eq!(pushing.members(&group).await, 2);
    pushing
        .tell(
            "PUT",
            &path,
            &json!({"displayName": "Crowd", "members": [{"value": members[0]}, {"value": extra}]}),
        )
        .expect(200)
        .await;
}

#[tokio::test]
async fn who_is_taken_out_one_by_one_waits_once_they_are_a_crowd_and_all_wait_together() {
    let pushing = Pushing::new().await;
    let (group, members) = pushing.crowd(12).await;
    let path = format!("/Groups/{group}");
    for (number, member) in members.iter().enumerate() {
        let leaver = json!([{"op": "remove", "path": format!("members[value eq \"{member}\"]")}]);
        let answer = pushing.patch(&path, &leaver).send().await;
        assert_eq!(answer.status.as_u16(), if number < 5 { 200 } else { 409 }, "{number}: {}", answer.text());
    }
    assert_eq!(pushing.members(&group).await, 7);
    let list = Lists::Only([ListId::parse(&group).unwrap()].into());
    let imports = pushing.stage.service.ports.lists.imports_of(&list, None, 50).await.unwrap();
    let held: Vec<u64> =
        imports.iter().filter(|it| it.state == ImportState::Held).map(|it| it.held).collect();
    assert_eq!(held, [7]);
    // The next day counts anew.
    pushing.stage.clock.advance(Duration::from_secs(25 * 3600));
    let leaver = json!([{"op": "remove", "path": format!("members[value eq \"{}\"]", members[11])}]);
    pushing.patch(&path, &leaver).expect(200).await;
}

#[tokio::test]
async fn who_is_not_active_leaves_after_a_grace_and_is_back_when_they_are() {
    let pushing = Pushing::new().await;
    let (group, members) = pushing.crowd(3).await;
    let path = format!("/Users/{}", members[0]);
    let off = json!([{"op": "Replace", "path": "active", "value": "False"}]);
    let on = json!([{"op": "Replace", "path": "active", "value": "True"}]);
    let gone = pushing.patch(&path, &off).expect(200).await;
    assert_eq!((&gone["active"], &gone["groups"][0]["value"]), (&json!(false), &json!(group)));
    pushing.after(GRACE - Duration::from_secs(60)).await;
    assert_eq!(pushing.standing("p00", &group).await, Standing::Member);
    pushing.patch(&path, &on).expect(200).await;
    pushing.after(GRACE).await;
    assert_eq!(pushing.standing("p00", &group).await, Standing::Member, "their end was taken back");
    pushing.patch(&path, &off).expect(200).await;
    pushing.after(GRACE + Duration::from_secs(60)).await;
    assert_eq!(pushing.standing("p00", &group).await, Standing::Absent);
    pushing.patch(&path, &on).expect(200).await;
    assert_eq!(pushing.standing("p00", &group).await, Standing::Member, "they are back");
    // Whom an operator took off meanwhile, or who said no, stays off.
    pushing.patch(&path, &off).expect(200).await;
    pushing.opts_out("p00", Scope::List(ListId::parse(&group).unwrap())).await;
    pushing.patch(&path, &on).expect(200).await;
    assert_eq!(pushing.standing("p00", &group).await, Standing::OptedOut);
    // Who is pushed onto a list while they are away joins it when they come back.
    let other = pushing.group("Other", &[]).await;
    let path = format!("/Users/{}", members[1]);
    pushing.patch(&path, &off).expect(200).await;
    let join = json!([{"op": "add", "path": "members", "value": [{"value": members[1]}]}]);
    pushing.patch(&format!("/Groups/{other}"), &join).expect(200).await;
    assert_eq!(pushing.members(&other).await, 0);
    pushing.patch(&path, &on).expect(200).await;
    assert_eq!(pushing.members(&other).await, 1);
}

#[tokio::test]
async fn a_deleted_user_is_gone_for_the_client_and_not_erased() {
    let pushing = Pushing::new().await;
    let (group, members) = pushing.crowd(2).await;
    let path = format!("/Users/{}", members[0]);
    assert_eq!(pushing.ask("DELETE", &path).send().await.status, 204);
    assert_eq!(refused(pushing.ask("GET", &path), 404).await, None);
    assert_eq!(refused(pushing.ask("DELETE", &path), 404).await, None);
    let found = pushing.ask("GET", "/Users?filter=externalId%20eq%20%22e-p00%22").expect(200).await;
    assert_eq!(found["totalResults"], 0);
    let before = pushing.contact("p00").await;
    pushing.after(GRACE + Duration::from_secs(60)).await;
    assert_eq!(pushing.standing("p00", &group).await, Standing::Absent);
    assert_eq!(pushing.user("p00").await, before.id.to_string(), "the same person comes back");
    assert_eq!(pushing.standing("p00", &group).await, Standing::Member);
}

#[tokio::test]
async fn many_who_are_not_active_at_once_wait_for_a_person() {
    let pushing = Pushing::new().await;
    let (group, members) = pushing.crowd(12).await;
    let off = json!([{"op": "replace", "value": {"active": false}}]);
    for member in &members {
        pushing.patch(&format!("/Users/{member}"), &off).expect(200).await;
    }
    pushing.after(GRACE + Duration::from_secs(60)).await;
    assert_eq!(pushing.members(&group).await, 7, "five left, and seven wait");
    let list = Lists::Only([ListId::parse(&group).unwrap()].into());
    let imports = pushing.stage.service.ports.lists.imports_of(&list, None, 50).await.unwrap();
    let held: Vec<u64> =
        imports.iter().filter(|it| it.state == ImportState::Held).map(|it| it.held).collect();
    assert_eq!(held, [7]);
    let on = json!([{"op": "replace", "value": {"active": true}}]);
    pushing.patch(&format!("/Users/{}", members[11]), &on).expect(200).await;
    let imports = pushing.stage.service.ports.lists.imports_of(&list, None, 50).await.unwrap();
    assert!(imports.iter().any(|import| import.held == 6), "who is back does not wait");
}

#[tokio::test]
async fn a_list_that_is_kept_otherwise_takes_no_members() {
    let pushing = Pushing::new().await;
    let member = pushing.user("dora").await;
    let filtered = pushing.group("Filtered", &[]).await;
    let filter = ListKind::Filtered { filter: "title eq \"Clerk\"".to_owned() };
    let edit = ListEdit { kind: Some(filter), ..ListEdit::default() };
    people::edit_list(&pushing.stage.service, &ListId::parse(&filtered).unwrap(), None, &edit).await.unwrap();
    let fed = pushing.group("Fed", &[]).await;
    let link = json!({"list": "Fed", "group": "Staff", "mode": "group-to-list"});
    pushing.stage.administer("POST", "/v1/links").json(link).expect(201).await;
    let join = json!([{"op": "add", "path": "members", "value": [{"value": member}]}]);
    for group in [&filtered, &fed] {
        let path = format!("/Groups/{group}");
        assert_eq!(refused(pushing.patch(&path, &join), 409).await.as_deref(), Some("mutability"));
        let whole = json!({"displayName": "X", "members": [{"value": member}]});
        assert_eq!(refused(pushing.tell("PUT", &path, &whole), 409).await.as_deref(), Some("mutability"));
        assert_eq!(refused(pushing.ask("DELETE", &path), 409).await.as_deref(), Some("mutability"));
    }
    assert!(pushing.ask("GET", "/Groups").expect(200).await["totalResults"] == 2);
}

#[tokio::test]
async fn a_push_reaches_the_group_and_a_group_goes_with_few_members_only() {
    let pushing = Pushing::new().await;
    let cleo = pushing.user("cleo").await;
    let group = pushing.group("News", &[]).await;
    let link = json!({"list": "News", "group": "Staff"});
    let link = pushing.stage.administer("POST", "/v1/links").json(link).expect(201).await;
    work(&pushing.stage).await;
    let join = json!([{"op": "add", "path": "members", "value": [{"value": cleo}]}]);
    pushing.patch(&format!("/Groups/{group}"), &join).expect(200).await;
    work(&pushing.stage).await;
    let status = pushing.stage.operate("GET", &format!("/v1/links/{}", id(&link))).expect(200).await;
    assert_eq!(status["id"], link["id"]);
    let there = pushing.stage.directory.members(&listsync_testkit::sample::group("staff"));
    assert!(there.contains(&listsync_testkit::sample::object("cleo")), "{there:?}");
    assert_eq!(
        refused(pushing.ask("DELETE", &format!("/Groups/{group}")), 409).await.as_deref(),
        Some("mutability")
    );
    let small = pushing.group("Small", &[cleo]).await;
    assert_eq!(pushing.ask("DELETE", &format!("/Groups/{small}")).send().await.status, 204);
    assert_eq!(refused(pushing.ask("GET", &format!("/Groups/{small}")), 404).await, None);
    let (crowd, _) = pushing.crowd(8).await;
    assert_eq!(
        refused(pushing.ask("DELETE", &format!("/Groups/{crowd}")), 409).await.as_deref(),
        Some("mutability")
    );
    assert_eq!(pushing.members(&crowd).await, 8);
}

#[tokio::test]
async fn operations_of_one_request_are_done_as_requests_of_their_own() {
    let pushing = Pushing::new().await;
    let there = pushing.user("there").await;
    let user = |name: &str| json!({"schemas": [USER], "userName": format!("{name}@contoso.example")});
    let members = json!([{"value": "bulkId:ada"}, {"value": "bulkId:bob"}, {"value": there}]);
    let request = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [
            {"method": "POST", "path": "/Groups", "bulkId": "group", "data": {"displayName": "Crew", "members": members}},
            {"method": "POST", "path": "/Users", "bulkId": "ada", "data": user("ada")},
            {"method": "POST", "path": "/Users", "bulkId": "bob", "data": user("bob")},
            {"method": "POST", "path": "/Users", "bulkId": "again", "data": user("there")},
            {"method": "PATCH", "path": "/Users/bulkId:bob", "version": "W/\"0\"", "data": {
                "schemas": [PATCH], "Operations": [{"op": "replace", "path": "displayName", "value": "Bob"}],
            }},
            {"method": "PUT", "path": format!("/Users/{there}"), "data": user("there")},
            {"method": "DELETE", "path": "/Users/nobody"},
        ],
    });
    let told = pushing.tell("POST", "/Bulk", &request).expect(200).await;
    assert_eq!(told["schemas"][0], "urn:ietf:params:scim:api:messages:2.0:BulkResponse");
    let told = told["Operations"].as_array().unwrap();
    let of = |id: &str| told.iter().find(|one| one["bulkId"] == id).unwrap();
    for id in ["ada", "bob", "group"] {
        assert_eq!(of(id)["status"], "201", "{told:?}");
        assert!(of(id)["location"].as_str().unwrap().contains("/scim/v2/"), "{told:?}");
    }
    assert_eq!(
        (&of("again")["status"], &of("again")["response"]["scimType"]),
        (&json!("409"), &json!("uniqueness"))
    );
    let of = |method: &str| told.iter().find(|one| one["method"] == method).unwrap();
    assert_eq!((of("PATCH")["status"].as_str(), of("PUT")["status"].as_str()), (Some("412"), Some("200")));
    assert_eq!(of("DELETE")["status"], "404");
    assert_eq!(told.len(), 7);
    let group = pushing.ask("GET", "/Groups?filter=displayName%20eq%20%22Crew%22").expect(200).await;
    assert_eq!(group["Resources"][0]["members"].as_array().map(Vec::len), Some(3));

    // Each is in the audit as if it had come alone.
    let audit = pushing.stage.administer("GET", "/v1/audit?limit=100").expect(200).await;
    let verbs: Vec<&str> =
        audit["items"].as_array().unwrap().iter().filter_map(|it| it["action"].as_str()).collect();
    assert!(verbs.iter().filter(|verb| **verb == "contact.create").count() >= 3, "{audit}");
}

#[tokio::test]
async fn a_bulk_request_has_its_bounds() {
    let pushing = Pushing::new().await;
    let gone = |number| json!({"method": "DELETE", "path": format!("/Users/{number}")});
    let ask = |operations: Vec<Value>| json!({"Operations": operations, "failOnErrors": 2});
    let told = pushing.tell("POST", "/Bulk", &ask((0..5).map(gone).collect())).expect(200).await;
    assert_eq!(told["Operations"].as_array().map(Vec::len), Some(2), "the second failure ends it");
    let many = ask((0..201).map(gone).collect());
    refused(pushing.tell("POST", "/Bulk", &many), 413).await;
    let large = ask(vec![json!({"method": "DELETE", "path": "/Users/1", "x": "x".repeat(1024 * 1024)})]);
    refused(pushing.tell("POST", "/Bulk", &large), 413).await;
    let inner = json!({"method": "POST", "path": "/Bulk", "bulkId": "a", "data": {"Operations": []}});
    assert_eq!(
        refused(pushing.tell("POST", "/Bulk", &ask(vec![inner])), 400).await.as_deref(),
        Some("invalidSyntax")
    );
    refused(pushing.stage.administer("POST", "/scim/v2/Bulk").json(ask(vec![])), 403).await;
}
