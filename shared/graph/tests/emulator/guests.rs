use std::time::Duration;

use listsync_engine::ports::{Directory, Fault, Granted, Guest, Invited, Need, PortError};
use listsync_graph_emulator::{Effect, Emulator, Fault as Injected, MailboxPurpose, Refused, User};

use crate::rig::{Rig, address, ours};

const ROLES: [&str; 4] =
    ["GroupMember.ReadWrite.All", "User.Read.All", "User.Invite.All", "MailboxSettings.Read"];

fn guest(text: &str) -> Guest {
    Guest { address: address(text), name: "Eva".to_owned() }
}

async fn invited(rig: &Rig, texts: &[&str]) -> Vec<Invited> {
    let guests: Vec<Guest> = texts.iter().map(|text| guest(text)).collect();
    rig.graph.invite(rig.call(), &guests).await
}

fn refusal(outcome: &Invited) -> &PortError {
    match outcome {
        Invited::Refused(error) => error,
        other => panic!("refused: {other:?}"),
    }
}

#[tokio::test]
async fn guests_are_invited_in_one_request_without_a_mail_and_a_repeat_finds_them() {
    let rig = Rig::of(Emulator::builder().roles(ROLES)).await;
    let texts: Vec<String> = (0..20).map(|number| format!("eva{number}@partner.example")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();

    let first = invited(&rig, &texts).await;
    let again = invited(&rig, &texts).await;

    assert_eq!(first, again);
    assert!(first.iter().all(|outcome| matches!(outcome, Invited::Guest(_))), "{first:?}");
    assert_eq!((rig.meter.cost().requests, rig.meter.cost().writes), (2, 40));
    let posts = rig.tenant.journal().into_iter().filter(|entry| entry.path.contains("/invitations"));
    for post in posts {
        let body = post.request.expect("the journal keeps bodies").to_string();
        assert!(body.contains("\"sendInvitationMessage\":false"), "{body}");
    }
}

#[tokio::test]
async fn somebody_of_the_tenant_is_named_instead_of_invited() {
    let rig = Rig::of(Emulator::builder().roles(ROLES)).await;
    let person = rig.person("anna@contoso.example");

    assert_eq!(invited(&rig, &["anna@contoso.example"]).await, [Invited::Known(person)]);
}

#[tokio::test]
async fn one_refused_address_stops_only_itself_and_no_text_names_it() {
    let rig = Rig::of(Emulator::builder().roles(ROLES)).await;
    let outcomes = invited(&rig, &["a+b@partner.example", "eva@partner.example"]).await;
    let error = refusal(&outcomes[0]);
    assert_eq!((error.fault, error.code.as_str()), (Fault::Rejected, "invitation_refused"));
    assert!(!format!("{error:?}").contains("a+b"), "{error:?}");
    assert!(matches!(outcomes[1], Invited::Guest(_)));
}

#[tokio::test]
async fn without_the_permission_the_refusal_names_it() {
    let rig = Rig::new().await;
    let outcomes = invited(&rig, &["eva@partner.example"]).await;
    let error = refusal(&outcomes[0]);
    assert_eq!(error.fault, Fault::Denied);
    assert!(error.hint.contains("User.Invite.All"), "{}", error.hint);
}

#[tokio::test]
async fn a_throttled_invitation_is_sent_again_and_a_used_up_quota_is_not() {
    let rig = Rig::of(Emulator::builder().roles(ROLES)).await;
    let slow = Effect::Refuse(Refused::status(429).retry_after(1));
    rig.tenant.inject(Injected::on("POST", "/invitations", slow).nth(1));
    assert!(matches!(invited(&rig, &["eva@partner.example"]).await[0], Invited::Guest(_)));
    assert!(rig.gate.until().is_some(), "everybody stayed away");

    let full = Refused::status(403)
        .saying("Directory_QuotaExceeded", "The directory object quota limit was exceeded.");
    rig.tenant.inject(Injected::on("POST", "/invitations", Effect::Refuse(full)));
    let outcomes = invited(&rig, &["bob@partner.example"]).await;
    assert_eq!(refusal(&outcomes[0]).code, "quota_members");
}

#[tokio::test]
async fn an_invitation_whose_answer_got_lost_is_made_once() {
    let rig = Rig::of(Emulator::builder().roles(ROLES)).await;
    let lost = Effect::RefuseAfter(Refused::status(504));
    rig.tenant.inject(Injected::on("POST", "/invitations", lost).nth(1));

    let outcomes = invited(&rig, &["eva@partner.example"]).await;

    let ids = rig.tenant.users_with("eva@partner.example");
    assert_eq!(outcomes, [Invited::Guest(ours(ids[0]))]);
    assert_eq!(ids.len(), 1);
}

#[tokio::test]
async fn nothing_is_sent_without_time_for_it() {
    let rig = Rig::of(Emulator::builder().roles(ROLES)).await;
    let outcomes =
        rig.graph.invite(rig.call_for(Duration::from_secs(1)), &[guest("eva@partner.example")]).await;
    assert_eq!(outcomes, [Invited::NotSent]);
}

#[tokio::test]
async fn shared_mailboxes_rooms_and_nobodys_accounts_are_told_from_people() {
    let rig = Rig::of(Emulator::builder().roles(ROLES)).await;
    let of = |name: &str, purpose| {
        let user = User::member(name, &format!("{name}@contoso.example"));
        ours(rig.tenant.add_user(User { purpose, ..user }))
    };
    let office = of("office", MailboxPurpose::Shared);
    let room = of("room", MailboxPurpose::Room);
    let person = of("person", MailboxPurpose::User);
    let none = of("none", MailboxPurpose::Absent);
    let others: Vec<_> = rig.people(25);
    let asked = [vec![office.clone(), room.clone(), person, none], others].concat();

    let shared = rig.graph.shared_mailboxes(rig.call(), &asked).await.unwrap();

    assert_eq!(shared, [office, room].into());
    assert_eq!(rig.meter.cost().requests, 2);
    let least = Rig::new().await;
    let person = least.person("anna@contoso.example");
    let error = least.graph.shared_mailboxes(least.call(), &[person]).await.unwrap_err();
    assert!(error.hint.contains("MailboxSettings.Read"), "{}", error.hint);
}

#[tokio::test]
async fn each_need_is_judged_by_the_token() {
    let rig = Rig::of(Emulator::builder().roles(["Group.ReadWrite.All", "User.Read.All"])).await;
    let needs = [Need::WriteMembers, Need::ReadPeople, Need::InviteGuests];
    let grants = rig.graph.grants(rig.call(), &needs).await.unwrap();
    let by: Vec<&Granted> = grants.iter().map(|grant| &grant.by).collect();
    assert_eq!(by, [&Granted::Broader("Group.ReadWrite.All"), &Granted::Least, &Granted::Missing]);
    assert_eq!(grants[2].least, "User.Invite.All");
}
