//! Users, contacts, the organisation, look-ups and invitations.

mod support;

use listsync_graph_emulator::{Invitations, MailboxPurpose, ObjectId, OtherObject, User};
use serde_json::{Value, json};
use support::Bench;

fn quoted(count: usize) -> String {
    (0..count).map(|n| format!("'p{n}@contoso.example'")).collect::<Vec<_>>().join(",")
}

#[tokio::test]
async fn users_page_and_count_like_members_do() {
    let bench = Bench::new().await;
    bench.people(1_200);
    let pages = bench.all("/users?$top=999&$select=id", &[]).await;
    assert_eq!(pages.iter().map(|page| page.ids().len()).collect::<Vec<_>>(), [999, 201]);
    let counted = bench.eventual("/users?$top=1&$count=true").await;
    assert_eq!(counted.body["@odata.count"], 1_200);
    assert_eq!(bench.eventual("/users/$count").await.body, 1_200);
    assert!(bench.get("/users?$count=true&$top=1").await.body["@odata.count"].is_null());
}

#[tokio::test]
async fn a_user_is_found_by_each_kind_of_address_without_regard_to_case() {
    let bench = Bench::new().await;
    let ada = bench.tenant.add_user(
        User::member("Ada O'Neil", "ada.o'neil@contoso.example").with_alias("countess@contoso.example"),
    );
    let guest = User::guest("Robin", "robin@fabrikam.example", "contoso.onmicrosoft.example");
    let robin = bench.tenant.add_user(User { mail: None, proxy_addresses: Vec::new(), ..guest });
    for (filter, id) in [
        ("mail eq 'ADA.O''NEIL@contoso.example'", ada),
        ("mail in ('x@contoso.example','ada.o''neil@contoso.example')", ada),
        ("userPrincipalName eq 'ada.o''neil@contoso.example'", ada),
        ("proxyAddresses/any(p:p eq 'smtp:Countess@contoso.example')", ada),
        ("proxyAddresses/any(p:p eq 'smtp:ada.o''neil@contoso.example')", ada),
        ("proxyAddresses/any(p:startsWith(p,'smtp:countess@'))", ada),
        ("otherMails/any(x:x eq 'robin@fabrikam.example')", robin),
        ("startsWith(mail,'ada')", ada),
        ("userType eq 'Guest' and accountEnabled eq true", robin),
        ("mail eq 'nobody@contoso.example' or otherMails/any(x:x eq 'robin@fabrikam.example')", robin),
    ] {
        let answer = bench.get(&format!("/users?$select=id&$filter={}", filter.replace('+', "%2B"))).await;
        assert_eq!(answer.ids(), [id.to_string()], "{filter}");
    }
    let by_id = bench.get(&format!("/users?$filter=id in ('{ada}','{robin}')&$select=id")).await;
    assert_eq!(by_id.ids().len(), 2);
}

#[tokio::test]
async fn an_address_that_was_changed_is_not_found_any_more() {
    let bench = Bench::new().await;
    let ada = bench.person("ada");
    bench.tenant.update_user(ada, |user| user.mail = Some("lovelace@contoso.example".to_owned()));
    let old = bench.get("/users?$filter=mail eq 'ada@contoso.example'").await;
    let new = bench.get("/users?$filter=mail eq 'lovelace@contoso.example'").await;
    assert_eq!((old.ids().len(), new.ids().len()), (0, 1));
}

#[tokio::test]
async fn the_default_engine_takes_fifteen_alternatives_and_the_advanced_one_more() {
    let bench = Bench::new().await;
    bench.people(16);
    assert_eq!(bench.get(&format!("/users?$filter=mail in ({})", quoted(15))).await.ids().len(), 15);
    let sixteen = format!("/users?$filter=mail in ({})", quoted(16));
    bench.get(&sixteen).await.refused(
        400,
        "Request_UnsupportedQuery",
        "Too many child clauses specified in search filter expression containing 'OR' operators: 16. Max allowed: 15",
    );
    let halves = format!("/users?$filter=mail in ({0}) or userPrincipalName in ({0})", quoted(8));
    bench.get(&halves).await.refused(400, "Request_UnsupportedQuery", "operators: 16.");
    assert_eq!(bench.eventual(&format!("{sixteen}&$count=true")).await.ids().len(), 16);
}

#[tokio::test]
async fn a_url_has_up_to_2048_characters_outside_a_batch() {
    let bench = Bench::new().await;
    let url = format!("/users?$filter=mail in ({})&$count=true", quoted(120));
    assert!(url.len() > 2_048);
    bench.eventual(&url).await.refused(400, "BadRequest", "URL");
    let part = json!({"id": "1", "method": "GET", "url": url, "headers": {"ConsistencyLevel": "eventual"}});
    let batch = bench.post("/$batch", json!({"requests": [part]})).await;
    assert_eq!(batch.body["responses"][0]["status"], 200, "{}", batch.body);
}

#[tokio::test]
async fn what_is_not_supported_is_refused_and_never_ignored() {
    let bench = Bench::new().await;
    bench.people(1);
    for path in [
        "/users?$orderby=displayName",
        "/users?$expand=memberOf",
        "/users?$search=\"a\"",
        "/users?$skip=1",
        "/users?$select=shoeSize",
        "/users?top=5",
        "/users?$filter=shoeSize eq 4",
        "/users?$filter=mail like 'a'",
        "/users?$filter=mail gt 'a'",
        "/users?$filter=proxyAddresses/any(p:p in ('a','b'))",
        "/users?$filter=otherMails/all(x:x eq 'a')",
        "/users?$filter=mail eq 'a' or (mail eq 'b' and (mail eq 'c' or mail eq 'd'))",
        "/users?$count=maybe",
        "/me",
        "/users/1/manager",
        "/subscriptions",
    ] {
        assert_eq!(bench.get(path).await.status, 400, "{path}");
    }
    for filter in ["mail ne 'a'", "not(mail eq 'a')", "endsWith(mail,'@contoso.example')"] {
        let path = format!("/users?$filter={filter}");
        bench.get(&path).await.refused(400, "Request_UnsupportedQuery", "Try adding $count=true");
        assert_eq!(bench.eventual(&format!("{path}&$count=true")).await.ids().len(), 1, "{filter}");
    }
    for header in [("ConsistencyLevel", "strong"), ("If-Match", "*"), ("Prefer", "return=minimal")] {
        assert_eq!(bench.send("GET", "/users", &[header], None).await.status, 400, "{header:?}");
    }
}

#[tokio::test]
async fn one_user_is_read_by_id_and_by_sign_in_name_with_its_hash() {
    let bench = Bench::new().await;
    let guest = User::guest("Robin", "robin@fabrikam.example", "contoso.onmicrosoft.example");
    let robin = bench.tenant.add_user(guest);
    let by_id = bench.get(&format!("/users/{robin}")).await;
    assert!(by_id.body.get("otherMails").is_none() && by_id.body.get("mail").is_some());
    let name = "robin_fabrikam.example%23EXT%23@contoso.onmicrosoft.example";
    let by_name = bench.get(&format!("/users/{name}?$select=id,otherMails,userType,externalUserState")).await;
    assert_eq!(by_name.body["id"], robin.to_string());
    assert_eq!(by_name.body["otherMails"], json!(["robin@fabrikam.example"]));
    let ghost = ObjectId::from_u128(7);
    bench.get(&format!("/users/{ghost}")).await.refused(404, "Request_ResourceNotFound", &ghost.to_string());
}

#[tokio::test]
async fn objects_are_fetched_by_up_to_a_thousand_ids_and_unknown_ones_are_absent() {
    let bench = Bench::new().await;
    let people = bench.people(3);
    let mut ids: Vec<String> = people.iter().map(ToString::to_string).collect();
    ids.push(ObjectId::from_u128(7).to_string());
    let path = "/directoryObjects/getByIds";
    let found = bench.post(path, json!({"ids": ids, "types": ["user"]})).await;
    assert_eq!(found.ids().len(), 3);
    assert!(found.body["value"][0].get("otherMails").is_none());
    let none = bench.post(path, json!({"ids": ids, "types": ["group"]})).await;
    assert_eq!(none.ids().len(), 0);
    let many: Vec<String> = (0..1_001).map(|n| ObjectId::from_u128(n).to_string()).collect();
    assert_eq!(bench.post(path, json!({"ids": many})).await.status, 400);
}

#[tokio::test]
async fn the_organisation_and_contacts_need_rights_of_their_own() {
    let mut bench = Bench::new().await;
    bench.tenant.add_other(OtherObject::contact("Sam", "sam@northwind.example"));
    bench.roles(&["Organization.Read.All", "OrgContact.Read.All"]).await;
    let organization = bench.get("/organization").await;
    assert_eq!(organization.body["value"][0]["verifiedDomains"][0]["name"], "contoso.example");
    let contacts = bench.get("/contacts?$filter=mail eq 'sam@northwind.example'").await;
    assert_eq!(contacts.body["value"][0]["displayName"], "Sam");
}

#[tokio::test]
async fn mailbox_settings_tell_a_shared_mailbox() {
    let mut bench = Bench::new().await;
    let office = User::member("Office", "office@contoso.example");
    let office = bench.tenant.add_user(User { purpose: MailboxPurpose::Shared, ..office });
    let path = format!("/users/{office}/mailboxSettings?$select=userPurpose");
    bench.get(&path).await.refused(403, "Authorization_RequestDenied", "");
    bench.roles(&["MailboxSettings.Read"]).await;
    assert_eq!(bench.get(&path).await.body["userPurpose"], "shared");
}

#[tokio::test]
async fn an_invited_guest_exists_at_once_and_once() {
    let mut bench = Bench::new().await;
    let internal = bench.person("ada");
    let invite = |address: &str| -> Value {
        json!({"invitedUserEmailAddress": address, "inviteRedirectUrl": "https://contoso.example"})
    };
    let refused = bench.post("/invitations", invite("robin@fabrikam.example")).await;
    refused.refused(403, "Authorization_RequestDenied", "");
    bench.roles(&["User.Invite.All", "User.Read.All"]).await;
    let first = bench.post("/invitations", invite("robin@fabrikam.example")).await;
    assert_eq!((first.status, &first.body["status"]), (201, &json!("PendingAcceptance")), "{}", first.body);
    let again = bench.post("/invitations", invite("Robin@fabrikam.example")).await;
    assert_eq!(first.body["invitedUser"]["id"], again.body["invitedUser"]["id"]);
    let id = first.body["invitedUser"]["id"].as_str().expect("there is an id");
    assert_eq!(bench.get(&format!("/users/{id}?$select=userType")).await.body["userType"], "Guest");
    let clash = bench.post("/invitations", invite("ada@contoso.example")).await;
    clash.refused(
        400,
        "Request_BadRequest",
        &format!("already exists in the directory as objectID: {internal}"),
    );
    for address in
        ["a+b@fabrikam.example", ".a@fabrikam.example", "a-@fabrikam.example", "nobody", "a'b@x.example"]
    {
        assert_eq!(bench.post("/invitations", invite(address)).await.status, 400, "{address}");
    }
}

#[tokio::test]
async fn an_invitation_can_be_accepted_and_come_to_nothing() {
    let mut bench = Bench::new().await;
    bench.roles(&["User.Invite.All", "User.Read.All"]).await;
    bench.tenant.configure(|settings| settings.invitations = Invitations::Lost);
    let body = json!({"invitedUserEmailAddress": "robin@fabrikam.example", "inviteRedirectUrl": "https://contoso.example"});
    let invited = bench.post("/invitations", body).await;
    let id = invited.body["invitedUser"]["id"].as_str().expect("there is an id").to_owned();
    assert_eq!(invited.status, 201);
    bench.get(&format!("/users/{id}")).await.refused(404, "Request_ResourceNotFound", &id);
}
