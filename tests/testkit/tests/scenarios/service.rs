//! What is done to people beyond one list, and what the next run makes of it.

use std::time::Duration;

use listsync_core::{
    contact::{Decision, OptOutReason, Saying, Scope, Via},
    id::{ContactId, LinkId, ListId},
    link::{Externals, Extras, FirstMerge, MemberRules, Mode, Writes},
    linkable::Voucher,
    list::{ListKind, OptOutRule, Origin},
    summary::Outcome,
};
use listsync_engine::{
    connect::{Asker, NewLink, Target, connect},
    filtered, people,
    ports::{Call, ContactEdit, Contacts as _, GroupQuery, ListEdit, ListStore as _, Meter, Queue as _},
    service::Service,
};
use listsync_testkit::sample::{address, contact, group, moment};

use crate::{
    desk::{BOTH, Desk, of_tenant, one_way},
    play,
};

const HOUR: Duration = Duration::from_secs(3_600);

/// The list service on a desk's store.
pub(crate) fn service(desk: &Desk) -> Service {
    let store = desk.store.port();
    Service::over(&store, desk.ports.clone())
}

async fn id(desk: &Desk, name: &str) -> ContactId {
    desk.store.find_contact(&address(name)).await.unwrap().unwrap().id
}

fn saying(name: &str, decision: Decision, scope: Scope) -> Saying {
    let (reason, via) = (OptOutReason::Own, Via::OneClick);
    Saying { address: address(name), decision, scope, reason, via, at: moment(9) }
}

fn named(name: &str) -> ListEdit {
    let kind = ListKind::Filtered { filter: format!("name eq \"{name}\"") };
    ListEdit { kind: Some(kind), ..ListEdit::default() }
}

#[test]
fn who_is_deleted_or_erased_leaves_the_group() {
    for reading in BOTH {
        for erased in [false, true] {
            play(async {
                let mut desk = Desk::settled(reading, &["ann", "bob", "cem"]).await;
                let (service, ann) = (service(&desk), id(&desk, "ann").await);
                let links = match erased {
                    true => people::erase(&service, &ann).await.unwrap().links,
                    false => people::delete(&service, &ann).await.unwrap().links,
                };
                assert_eq!(links, [desk.link.clone()]);
                let run = desk.sync().await;
                assert_eq!((run.outcome, run.group.removed), (Outcome::Converged, 1));
                desk.both_are(&["bob", "cem"]).await;
                desk.wait(HOUR).await;
                desk.both_are(&["bob", "cem"]).await;
            });
        }
    }
}

#[test]
fn an_erased_person_whom_the_group_takes_in_again_leaves_it_until_they_say_yes() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &["ann", "bob"]).await;
            people::erase(&service(&desk), &id(&desk, "ann").await).await.unwrap();
            desk.sync().await;
            desk.wait(HOUR).await;
            desk.group_adds("ann");
            let run = desk.sync().await;
            assert_eq!((run.outcome, run.failures.len()), (Outcome::Converged, 0));
            assert_eq!((run.list.added, run.group.removed), (0, 1));
            desk.both_are(&["bob"]).await;
            assert_eq!(desk.plan().await.effects, []);
            people::say(
                &service(&desk),
                &saying("ann", Decision::Subscribed, Scope::List(desk.list.clone())),
                HOUR,
            )
            .await
            .unwrap();
            desk.sync().await;
            desk.both_are(&["ann", "bob"]).await;
        });
    }
}

#[test]
fn an_opt_out_of_all_lists_leaves_every_group_and_holds_for_a_list_that_is_linked_later() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &["ann", "bob"]).await;
            let heard = people::say(&service(&desk), &saying("ann", Decision::OptedOut, Scope::All), HOUR)
                .await
                .unwrap();
            assert_eq!(heard.links, [desk.link.clone()]);
            desk.sync().await;
            desk.both_are(&["bob"]).await;
            // Somebody who is on no list yet says no to all of them, and stands in the group afterwards.
            people::say(&service(&desk), &saying("cem", Decision::Subscribed, Scope::All), HOUR)
                .await
                .unwrap();
            people::say(&service(&desk), &saying("cem", Decision::OptedOut, Scope::All), HOUR).await.unwrap();
            desk.directory.put_person(listsync_testkit::sample::person("cem"));
            desk.group_adds("cem");
            desk.sync().await;
            desk.sync().await;
            desk.both_are(&["bob"]).await;
        });
    }
}

#[test]
fn a_mandatory_list_keeps_who_opted_out_of_all_lists() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &["ann", "bob"]).await;
            let mandatory = ListEdit { opt_out: Some(OptOutRule::NotAllowed), ..ListEdit::default() };
            people::edit_list(&service(&desk), &desk.list, None, &mandatory).await.unwrap();
            people::say(&service(&desk), &saying("ann", Decision::OptedOut, Scope::All), HOUR).await.unwrap();
            desk.sync().await;
            desk.both_are(&["ann", "bob"]).await;
        });
    }
}

#[test]
fn a_changed_address_keeps_the_member_in_the_group() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &["ann", "bob"]).await;
            let edit = ContactEdit { address: Some(address("ann.berg")), ..ContactEdit::default() };
            let ann = id(&desk, "ann").await;
            people::edit(&service(&desk), &ann, None, &edit, Origin::Manual).await.unwrap();
            desk.sync().await;
            desk.are(&["ann.berg", "bob"], &["ann", "bob"]).await;
            desk.wait(HOUR).await;
            desk.are(&["ann.berg", "bob"], &["ann", "bob"]).await;
        });
    }
}

#[test]
fn a_filtered_list_is_followed_by_its_group() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::linked(reading, (&[], &["ann", "bob"]), one_way(Mode::ListToGroup)).await;
            let people_of = desk.store.create_list("Everybody", moment(0)).await.unwrap().id;
            for name in ["ann", "bob", "cem"] {
                desk.directory.put_person(listsync_testkit::sample::person(name));
                desk.store.add(&people_of, &contact(name), Origin::Manual, moment(1)).await.unwrap();
            }
            rename(&desk, "ann", "in").await;
            let service = service(&desk);
            people::edit_list(&service, &desk.list, None, &named("in")).await.unwrap();
            desk.sync().await;
            desk.are(&["ann"], &["ann", "bob"]).await;
            // Edits past the service are seen by the run itself.
            rename(&desk, "cem", "in").await;
            rename(&desk, "ann", "out").await;
            desk.wait(HOUR).await;
            desk.are(&["cem"], &["bob", "cem"]).await;
            people::say(&service, &saying("cem", Decision::OptedOut, Scope::List(desk.list.clone())), HOUR)
                .await
                .unwrap();
            desk.wait(HOUR).await;
            desk.are(&[], &["bob"]).await;
        });
    }
}

async fn rename(desk: &Desk, who: &str, name: &str) {
    let edit = ContactEdit { name: Some(name.to_owned()), ..ContactEdit::default() };
    let contact = id(desk, who).await;
    desk.store.edit_contact(&contact, None, &edit, Origin::Manual, moment(2)).await.unwrap();
}

#[test]
fn a_filtered_list_takes_no_members_from_a_group() {
    play(async {
        let desk = Desk::with(BOTH[0], &[], &["ann"]).await;
        let filtered = desk.store.create_list("Filtered", moment(0)).await.unwrap().id;
        let edit =
            ListEdit { kind: Some(ListKind::Filtered { filter: "name pr".into() }), ..Default::default() };
        desk.store.edit_list(&filtered, None, &edit, moment(0)).await.unwrap();
        let meter = Meter::default();
        let call = Call { until: moment(900), meter: &meter };
        for mode in [Mode::TwoWay, Mode::GroupToList] {
            let error = connect(&desk.ports, &link_of(&filtered, mode), call).await.unwrap_err();
            assert_eq!(error.code, "list_filtered", "{mode:?}");
        }
        let list = desk.store.edit_list(&desk.list, None, &edit, moment(0)).await.unwrap_err();
        assert_eq!(list.code, "list_linked", "nor does a list become filtered that takes some");
        assert!(filtered::checked(&service(&desk), "nonsense eq 1").await.is_err());
    });
}

fn link_of(list: &ListId, mode: Mode) -> NewLink {
    NewLink {
        id: LinkId::parse("other").unwrap(),
        list: list.clone(),
        target: Target::Existing(GroupQuery::Id(group("staff"))),
        more: Vec::new(),
        tenant: of_tenant(),
        mode,
        extras: Extras::Keep,
        first_merge: FirstMerge::Union,
        every: None,
        settle_window: None,
        externals: Externals::Match,
        members: MemberRules::default(),
        max_removals: None,
        grace: Duration::ZERO,
        writes: Writes::Direct,
        voucher: Voucher::Operator,
        asker: Asker::Runner,
    }
}

#[test]
fn a_burst_of_a_thousand_events_makes_few_messages_and_loses_none() {
    play(async {
        let mut desk = Desk::settled(BOTH[0], &["ann"]).await;
        while let Some(message) =
            desk.store.receive(1, Duration::ZERO).await.unwrap().first().map(|each| each.receipt.clone())
        {
            desk.store.acknowledge(&message).await.unwrap();
        }
        let service = service(&desk);
        let list = desk.list.clone();
        let joins =
            |number: usize| saying(&format!("p{number}"), Decision::Subscribed, Scope::List(list.clone()));
        for number in 0..500 {
            desk.directory.put_person(listsync_testkit::sample::person(&format!("p{number}")));
            people::say(&service, &joins(number), Duration::ZERO).await.unwrap();
        }
        assert_eq!(desk.store.queued(), 1, "one message tells of them all");
        let run = desk.sync_quietly().await;
        assert_eq!(run.group.added, 500);
        for number in 500..1_000 {
            desk.directory.put_person(listsync_testkit::sample::person(&format!("p{number}")));
            people::say(&service, &joins(number), Duration::ZERO).await.unwrap();
        }
        assert_eq!(desk.store.queued(), 2, "what came after the run asks once more");
        desk.sync_quietly().await;
        assert_eq!(desk.grouped().len(), 1_001);
    });
}
