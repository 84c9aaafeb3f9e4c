use futures::future::join_all;
use listsync_core::{
    id::{GroupId, LinkId},
    link::{Link, LinkPatch, Mode, may_stand},
    list::ListKind,
    settings::Protected,
    trigger::Generation,
};
use listsync_engine::ports::{
    Fault, LinkState, Links, ListEdit, ListNames, ListStore, MemberChange, MemberQuery, PortError, Progress,
};

use super::Bed;
use crate::{
    contracts::{Case, cases, fault, ok},
    sample::{address, group, link, link_id, member, moment},
};

pub(super) fn cases<S: Links + ListStore + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![
        a_new_link_is_due_and_remembers_nothing,
        a_link_is_kept_as_it_was_set_up,
        a_group_is_written_by_one_link_only,
        only_links_that_may_stand_beside_each_other_are_saved,
        of_links_that_are_made_at_once_those_stand_that_may,
        a_filtered_list_is_written_by_no_link,
        a_refused_link_leaves_nothing,
        links_come_by_page_and_by_list,
        links_come_by_group_until_they_are_deleted,
        a_link_comes_by_each_group_that_feeds_its_list,
        a_deleted_link_is_forgotten,
        an_unknown_link_is_gone,
    ]
}

async fn a_new_link_is_due_and_remembers_nothing<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let state = ok(bed.store.load(bed.id()).await).expect("it was created");
    let fresh = LinkState {
        link: bed.link.clone(),
        progress: Progress::default(),
        ruling: None,
        requested: Generation(0),
        synced: Generation(0),
        due_at: moment(0),
        leased_until: None,
        finished_at: None,
        token: state.token,
        quiet: None,
        rev: state.rev,
    };
    assert_eq!(state, fresh);
    assert_eq!(ok(bed.store.due(moment(0), None, 10).await).len(), 1);
    assert!(ok(bed.store.members(bed.id(), MemberQuery::All).await).is_empty());
    assert!(ok(bed.store.moved(bed.id(), moment(-1_000)).await).is_empty());
    assert_eq!(ok(bed.store.group_size(bed.id()).await), 0);
}

async fn a_link_is_kept_as_it_was_set_up<S: Links + ListStore>(make: &impl Fn() -> S) {
    use listsync_core::link::{
        Agents, Externals, Extras, FirstMerge, LinkStatus, MemberRules, RemovalLimit, SharedMailboxes,
        Source, Writes,
    };
    let bed = Bed::make(make).await;
    let unusual = Link {
        extras: Extras::Remove,
        first_merge: FirstMerge::List,
        every: Some(std::time::Duration::from_secs(7)),
        externals: Externals::Invite,
        max_removals: Some(RemovalLimit::Percent(35)),
        members: MemberRules {
            shared_mailboxes: SharedMailboxes::Skip,
            agents: Agents::Keep,
            protected: Protected { addresses: [address("boss")].into(), ..Protected::default() },
        },
        group_made_at: Some(moment(7)),
        made_at: Some(moment(8)),
        writes: Writes::ByHand,
        status: LinkStatus::Paused,
        group_name: "Näme ' \" 😀".to_owned(),
        more: vec![Source { group: group("group-7"), name: "Möre ' \" 😀".to_owned() }],
        ..bed.further(2, Mode::ListToGroup).await
    };
    ok(bed.store.create(&unusual, moment(0)).await);
    assert_eq!(ok(bed.store.load(&unusual.id).await).map(|state| state.link), Some(unusual));
}

fn linked(bed: &Bed<impl Links>, name: &str, group: &str, mode: Mode) -> Link {
    Link { mode, ..link(name, &bed.list, group) }
}

async fn a_group_is_written_by_one_link_only<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let other = ok(bed.store.create_list("Other", moment(0)).await).id;
    for mode in [Mode::TwoWay, Mode::ListToGroup] {
        let second = Link { mode, ..link("link-2", &other, "group-1") };
        let refused = bed.store.create(&second, moment(1)).await.expect_err("refused");
        assert_eq!((refused.fault, refused.code.as_str()), (Fault::Rejected, "group_taken"), "{mode}");
    }
    let reader = Link { mode: Mode::GroupToList, ..link("link-2", &other, "group-1") };
    ok(bed.store.create(&reader, moment(1)).await);
}

async fn only_links_that_may_stand_beside_each_other_are_saved<S: Links + ListStore>(make: &impl Fn() -> S) {
    let store = make();
    const MODES: [Mode; 3] = [Mode::TwoWay, Mode::ListToGroup, Mode::GroupToList];
    let pairs = MODES.iter().flat_map(|one| MODES.map(|other| (*one, other)));
    for (number, (there, new)) in pairs.enumerate() {
        for (case, (same_list, same_group)) in
            [(true, false), (false, true), (true, true)].into_iter().enumerate()
        {
            let name = |what: &str| format!("{what}-{number}-{case}");
            let list = ok(store.create_list(&name("List"), moment(0)).await).id;
            let other = ok(store.create_list(&name("Other"), moment(0)).await).id;
            let first = Link { mode: there, ..link(&name("first"), &list, &name("group")) };
            ok(store.create(&first, moment(0)).await);
            let group = if same_group { name("group") } else { name("elsewhere") };
            let of_list = if same_list { &list } else { &other };
            let second = Link { mode: new, ..link(&name("second"), of_list, &group) };
            let names =
                ListNames { new: &name(if same_list { "List" } else { "Other" }), other: &name("List") };
            let expected = may_stand(&second, &ListKind::Static, [&first])
                .map_err(|clash| PortError::link_refused(&second, clash, names));
            let saved = store.create(&second, moment(1)).await;
            assert_eq!(saved, expected, "{there} and then {new}, {same_list} {same_group}");
            assert_eq!(ok(store.load(&second.id).await).is_some(), expected.is_ok());
            // Once the first is gone there is nothing against it.
            if expected.is_err() {
                ok(store.delete(&first.id).await);
                ok(store.create(&second, moment(2)).await);
            }
        }
    }
}

async fn of_links_that_are_made_at_once_those_stand_that_may<S: Links + ListStore>(make: &impl Fn() -> S) {
    let store = make();
    let list = ok(store.create_list("Staff", moment(0)).await).id;
    let other = ok(store.create_list("Other", moment(0)).await).id;
    let (two_way, fed, fills) = (Mode::TwoWay, Mode::GroupToList, Mode::ListToGroup);
    for (round, made) in [
        vec![(&list, "a", two_way), (&list, "b", two_way), (&list, "c", fills), (&list, "d", two_way)],
        vec![(&list, "a", fed), (&list, "b", two_way), (&list, "c", fed), (&list, "d", fills)],
        vec![(&list, "a", fills), (&other, "a", two_way), (&list, "a", fed), (&list, "b", fed)],
    ]
    .into_iter()
    .enumerate()
    {
        let new = made.iter().enumerate().map(|(number, (list, group, mode))| Link {
            mode: *mode,
            ..link(&format!("l{round}{number}"), list, &format!("{group}{round}"))
        });
        let new: Vec<Link> = new.collect();
        let saved = join_all(new.iter().map(|link| store.create(link, moment(1)))).await;
        let stand: Vec<&Link> =
            new.iter().zip(&saved).filter(|(_, saved)| saved.is_ok()).map(|(link, _)| link).collect();
        for link in &stand {
            assert_eq!(may_stand(link, &ListKind::Static, stand.iter().copied()), Ok(()), "{stand:?}");
        }
        for (refused, error) in
            new.iter().zip(&saved).filter_map(|(link, saved)| Some((link, saved.as_ref().err()?)))
        {
            assert_eq!(error.fault, Fault::Rejected, "{error:?}");
            let judged = may_stand(refused, &ListKind::Static, stand.iter().copied());
            assert!(judged.is_err(), "nothing stood against {refused:?}");
        }
        assert!(!stand.is_empty() && (round > 0 || stand.len() == new.len()), "{saved:?}");
        for link in stand {
            ok(store.delete(&link.id).await);
        }
    }
}

async fn a_filtered_list_is_written_by_no_link<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let filtered = ListKind::Filtered { filter: "title pr".to_owned() };
    let edit = ListEdit { kind: Some(filtered), ..ListEdit::default() };
    let written = bed.store.edit_list(&bed.list, None, &edit, moment(1)).await.expect_err("it is written");
    assert_eq!(written.code, "list_linked");
    ok(bed.store.delete(bed.id()).await);
    ok(bed.store.create(&linked(&bed, "fills", "group-2", Mode::ListToGroup), moment(2)).await);
    ok(bed.store.edit_list(&bed.list, None, &edit, moment(3)).await);
    for mode in [Mode::TwoWay, Mode::GroupToList] {
        let refused = bed.store.create(&linked(&bed, "writes", "group-3", mode), moment(4)).await;
        assert_eq!(refused.expect_err("refused").code, "list_filtered", "{mode}");
    }
    ok(bed.store.create(&linked(&bed, "fills-too", "group-3", Mode::ListToGroup), moment(5)).await);
}

async fn a_refused_link_leaves_nothing<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let second = linked(&bed, "link-2", "group-2", Mode::GroupToList);
    assert_eq!(fault(bed.store.create(&second, moment(1)).await), Fault::Rejected);
    assert_eq!(ok(bed.store.load(&second.id).await), None);
    assert_eq!(ok(bed.store.page(None, 10).await).len(), 1);
}

async fn links_come_by_page_and_by_list<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let mut last = bed.link.clone();
    for number in 2..=7 {
        last = bed.further(number, Mode::ListToGroup).await;
        ok(bed.store.create(&last, moment(0)).await);
    }
    let mut seen: Vec<LinkId> = Vec::new();
    loop {
        let page = ok(bed.store.page(seen.last(), 3).await);
        assert!(page.len() <= 3);
        if page.is_empty() {
            break;
        }
        seen.extend(page.into_iter().map(|state| state.link.id));
    }
    seen.sort();
    let all: Vec<_> = (1..=7).map(|number| link_id(&format!("link-{number}"))).collect();
    assert_eq!(seen, all, "each link comes once");
    for link in [last, bed.link] {
        let of_list = ok(bed.store.of_list(&link.list).await);
        assert_eq!(of_list.into_iter().map(|state| state.link).collect::<Vec<_>>(), [link]);
    }
}

async fn links_come_by_group_until_they_are_deleted<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let reader = Link { group: bed.link.group.clone(), ..bed.further(2, Mode::GroupToList).await };
    let other = bed.further(3, Mode::GroupToList).await;
    for link in [&reader, &other] {
        ok(bed.store.create(link, moment(0)).await);
    }
    let of_group = async || {
        let found = ok(bed.store.of_group(&bed.link.tenant, &bed.link.group).await);
        found.into_iter().map(|state| state.link).collect::<Vec<_>>()
    };
    assert_eq!(of_group().await, [bed.link.clone(), reader.clone()]);
    ok(bed.store.delete(&reader.id).await);
    assert_eq!(of_group().await, std::slice::from_ref(&bed.link));
    let elsewhere = listsync_core::id::TenantId::parse("another-tenant").expect("an id");
    assert!(ok(bed.store.of_group(&elsewhere, &bed.link.group).await).is_empty());
}

async fn a_link_comes_by_each_group_that_feeds_its_list<S: Links + ListStore>(make: &impl Fn() -> S) {
    use listsync_core::link::Source;
    let bed = Bed::make(make).await;
    let source = |name: &str| Source { group: group(name), name: "one of them".to_owned() };
    let fed = Link {
        more: vec![source("group-8"), Source { group: bed.link.group.clone(), name: String::new() }],
        ..bed.further(2, Mode::GroupToList).await
    };
    let other = Link { more: vec![source("group-9")], ..bed.further(3, Mode::GroupToList).await };
    for link in [&fed, &other] {
        ok(bed.store.create(link, moment(0)).await);
    }
    let of_group = async |group: GroupId| {
        let found = ok(bed.store.of_group(&bed.link.tenant, &group).await);
        found.into_iter().map(|state| state.link).collect::<Vec<_>>()
    };
    for group in [fed.group.clone(), group("group-8")] {
        assert_eq!(of_group(group).await, std::slice::from_ref(&fed));
    }
    assert_eq!(
        of_group(bed.link.group.clone()).await,
        [bed.link.clone(), fed.clone()],
        "a source may be written by another"
    );
    ok(bed.store.delete(&fed.id).await);
    assert!(of_group(group("group-8")).await.is_empty());
    assert_eq!(of_group(bed.link.group.clone()).await, std::slice::from_ref(&bed.link));
    assert_eq!(of_group(group("group-9")).await, [other]);
}

async fn a_deleted_link_is_forgotten<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let lease = bed.lease(moment(0)).await;
    bed.put(&lease, vec![MemberChange::Put(member("anna"))]).await;
    ok(bed.store.delete(bed.id()).await);
    assert_eq!(ok(bed.store.load(bed.id()).await), None);
    assert!(ok(bed.store.due(moment(9_999), None, 10).await).is_empty());
    let late = listsync_engine::ports::Fold::default();
    assert!(bed.store.fold(&lease, &late).await.is_err(), "its run can write nothing any more");
    ok(bed.store.create(&bed.link, moment(5)).await);
    assert!(ok(bed.store.members(bed.id(), MemberQuery::All).await).is_empty());
    assert!(bed.store.fold(&lease, &late).await.is_err(), "nor into a new link of the same id");
}

async fn an_unknown_link_is_gone<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let nobody = link_id("nobody");
    assert_eq!(ok(bed.store.load(&nobody).await), None);
    assert_eq!(fault(bed.store.request(&nobody, None).await), Fault::Gone);
    assert_eq!(fault(bed.store.acquire(&nobody, moment(0), super::MINUTE).await), Fault::Gone);
    let edit = listsync_engine::ports::LinkEdit::Change(LinkPatch::default());
    assert_eq!(fault(bed.store.edit(&nobody, &edit, moment(0)).await), Fault::Gone);
}
