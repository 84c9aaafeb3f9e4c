use listsync_core::address::Address;
use listsync_engine::ports::{Fault, Lookup, Places};
use listsync_graph_emulator::{Effect, Emulator, Fault as Trouble, Refused, User};

use crate::rig::{Rig, address, ours};

#[tokio::test]
async fn somebody_is_found_by_every_form_of_address() {
    let rig = Rig::new().await;
    let add = |user: User| ours(rig.tenant.add_user(user));
    let mail = add(User::member("Anna", "Anna.Meier@contoso.example"));
    let quote = add(User::member("O'Neil", "o'neil@contoso.example"));
    let plus = add(User::member("Plus", "plus+news@contoso.example"));
    let alias = add(User::member("Alias", "first@contoso.example").with_alias("second@contoso.example"));
    let upn = add(User::without_mail("Sign-in", "signin@contoso.example"));
    let guest = add(User::guest("Guest", "guest@home.example", &rig.tenant.initial_domain()));
    let mut other = User::without_mail("Other", "o1@contoso.example");
    other.other_mails.push("private@home.example".to_owned());
    let other = add(other);
    rig.tenant.settle();

    let asked = [
        ("ANNA.MEIER@contoso.example", Some(&mail)),
        ("o'neil@contoso.example", Some(&quote)),
        ("plus+news@contoso.example", Some(&plus)),
        ("second@contoso.example", Some(&alias)),
        ("signin@contoso.example", Some(&upn)),
        ("guest@home.example", Some(&guest)),
        ("private@home.example", Some(&other)),
        ("nobody@contoso.example", None),
        ("plus@contoso.example", None),
    ];
    let addresses: Vec<Address> = asked.iter().map(|(text, _)| address(text)).collect();
    let found = rig.graph.look_up(rig.call(), &addresses).await.unwrap();

    for ((text, expected), found) in asked.iter().zip(&found) {
        match (expected, found) {
            (Some(id), Lookup::Found(person)) => assert_eq!(*id, &person.id, "{text}"),
            (None, Lookup::Nobody) => {}
            other => panic!("{text}: {other:?}"),
        }
    }
    assert_eq!(rig.meter.cost().requests, 2, "one for mail, one for all the other forms");
}

#[tokio::test]
async fn a_repeated_address_is_answered_each_time() {
    let rig = Rig::new().await;
    let anna = rig.person("anna@contoso.example");
    let asked =
        [address("anna@contoso.example"), address("x@contoso.example"), address("anna@contoso.example")];

    let found = rig.graph.look_up(rig.call(), &asked).await.unwrap();

    assert!(matches!(&found[0], Lookup::Found(person) if person.id == anna));
    assert_eq!(found[0], found[2]);
    assert_eq!(found[1], Lookup::Nobody);
}

#[tokio::test]
async fn several_people_with_one_address_are_ambiguous_and_mail_beats_the_other_forms() {
    let rig = Rig::new().await;
    let with_other = |name: &str, mail: &str| {
        let mut user = User::without_mail("Other", name);
        user.other_mails.push(mail.to_owned());
        ours(rig.tenant.add_user(user))
    };
    let mut twins = vec![
        with_other("one@contoso.example", "shared@home.example"),
        with_other("two@contoso.example", "shared@home.example"),
    ];
    twins.sort();
    let owner = rig.person("mine@contoso.example");
    with_other("three@contoso.example", "mine@contoso.example");
    rig.tenant.settle();

    let asked = [address("shared@home.example"), address("mine@contoso.example")];
    let found = rig.graph.look_up(rig.call(), &asked).await.unwrap();

    assert_eq!(found[0], Lookup::Ambiguous(twins));
    assert!(matches!(&found[1], Lookup::Found(person) if person.id == owner));
}

#[tokio::test]
async fn three_hundred_addresses_cost_one_request_when_mail_answers_for_all() {
    let rig = Rig::new().await;
    rig.people(300);
    let asked: Vec<Address> =
        (0..rig.graph.look_up_batch()).map(|n| address(&format!("p{n}@contoso.example"))).collect();

    let found = rig.graph.look_up(rig.call(), &asked).await.unwrap();

    assert!(found.iter().all(|found| matches!(found, Lookup::Found(_))));
    assert_eq!((found.len(), rig.meter.cost().requests), (300, 1));
}

#[tokio::test]
async fn three_hundred_strangers_are_asked_for_in_every_form() {
    let rig = Rig::new().await;
    let asked: Vec<Address> = (0..300).map(|n| address(&format!("x{n}@contoso.example"))).collect();

    let found = rig.graph.look_up(rig.call(), &asked).await.unwrap();

    assert!(found.iter().all(|found| *found == Lookup::Nobody));
    assert_eq!(
        rig.meter.cost().requests,
        6,
        "20 filters of mail; 43 of proxies, 20 of names, 20 of other mails"
    );
}

#[tokio::test]
async fn a_part_that_passes_is_sent_again_and_one_that_does_not_fails_the_look_up() {
    let rig = Rig::new().await;
    rig.people(40);
    let asked: Vec<Address> = (0..40).map(|n| address(&format!("p{n}@contoso.example"))).collect();
    rig.tenant.inject(Trouble::on("GET", "/users", Effect::Refuse(Refused::status(503))).nth(2));
    let found = rig.graph.look_up(rig.call(), &asked).await.unwrap();
    assert!(found.iter().all(|found| matches!(found, Lookup::Found(_))));
    assert_eq!(rig.meter.cost().requests, 2);

    rig.tenant.inject(Trouble::on("GET", "/users", Effect::Refuse(Refused::status(400))).nth(1));
    let error = rig.graph.look_up(rig.call(), &asked).await.unwrap_err();
    assert_eq!(error.fault, Fault::Rejected);
    let shown = format!("{error:?}");
    assert!(!shown.contains("contoso.example"), "{shown}");
}

#[tokio::test]
async fn a_look_up_without_its_permission_names_it() {
    let rig = Rig::of(Emulator::builder().roles(["GroupMember.Read.All"])).await;

    let error = rig.graph.look_up(rig.call(), &[address("a@contoso.example")]).await.unwrap_err();

    assert_eq!((error.fault, error.code.as_str()), (Fault::Denied, "Authorization_RequestDenied"));
    assert!(error.message.contains("User.Read.All") && error.hint.contains("User.Read.All"), "{error:?}");
}
