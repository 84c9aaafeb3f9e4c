use listsync_core::{
    contact::Scope,
    id::ContactId,
    list::{ListKind, Origin, Standing},
};
use listsync_engine::ports::{
    Contacts, Cursor, ImportMode, ListEdit, ListStore, LogQuery, Mover, Moves, NewImport,
};

use super::{Bed, of, refused};
use crate::{
    contracts::{Case, cases, ok},
    sample::{address, contact, moment},
};

pub(super) fn cases<S: ListStore + Contacts + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![
        a_filtered_list_keeps_its_filter,
        nobody_but_its_filter_moves_the_members_of_a_filtered_list,
        a_filter_moves_everybody_but_those_who_opted_out,
        a_list_remembers_how_far_its_filter_was_followed,
        moves_of_an_older_filter_are_refused,
        an_operator_moves_many_but_those_who_said_no_and_of_static_lists_alone,
    ]
}

fn filtered(filter: &str) -> ListEdit {
    ListEdit { kind: Some(ListKind::Filtered { filter: filter.to_owned() }), ..ListEdit::default() }
}

async fn a_filtered_list_keeps_its_filter<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    bed.member("anna", &[&bed.staff]).await;
    let list = ok(bed.edit_list(&bed.staff, &filtered("title pr")).await);
    assert_eq!(list.kind, ListKind::Filtered { filter: "title pr".to_owned() });
    assert_eq!(ok(bed.store.list(&bed.staff).await), Some(list.clone()));
    assert_eq!(ok(bed.store.find_list("staff").await), Some(list.clone()));
    assert!(ok(bed.store.lists().await).contains(&list));
    assert_eq!(bed.standing(&bed.staff, "anna").await, Standing::Member, "until the filter is followed");
    let back = ListEdit { kind: Some(ListKind::Static), ..ListEdit::default() };
    assert_eq!(ok(bed.edit_list(&bed.staff, &back).await).kind, ListKind::Static);
    assert_eq!(bed.standing(&bed.staff, "anna").await, Standing::Member);
}

async fn nobody_but_its_filter_moves_the_members_of_a_filtered_list<S: ListStore + Contacts>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::make(make).await;
    ok(bed.edit_list(&bed.staff, &filtered("title pr")).await);
    let added = bed.store.add(&bed.staff, &contact("anna"), Origin::Manual, moment(1)).await;
    assert_eq!(refused(added), "list_filtered");
    assert_eq!(refused(bed.store.remove(&bed.staff, &address("anna"), moment(1)).await), "list_filtered");
    let file = NewImport::new("f.csv", ImportMode::Full, vec![contact("anna").into()], moment(1));
    assert_eq!(refused(bed.store.import(&bed.staff, &file).await), "list_filtered");
    assert_eq!(bed.find("anna").await, None);
}

async fn a_filter_moves_everybody_but_those_who_opted_out<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let anna = bed.member("anna", &[&bed.news]).await;
    let berta = bed.member("berta", &[&bed.news]).await;
    let carla = bed.member("carla", &[&bed.news]).await;
    ok(bed.edit_list(&bed.staff, &filtered("title pr")).await);
    bed.opts_out("berta", of(&bed.staff)).await;
    bed.opts_out("carla", Scope::All).await;
    let moves = Moves { join: vec![anna.clone(), berta.clone(), carla], ..Moves::default() };
    assert_eq!(ok(bed.store.move_members(&bed.staff, &moves, moment(5)).await), (1, 0));
    assert_eq!(ok(bed.store.move_members(&bed.staff, &moves, moment(6)).await), (0, 0), "a repeat is none");
    let place = bed.place(&anna, &bed.staff).await.expect("they joined");
    assert_eq!((place.standing, place.origin, place.since), (Standing::Member, Origin::Filter, moment(5)));
    assert_eq!(bed.standing(&bed.staff, "berta").await, Standing::OptedOut);
    bed.subscribes("berta", of(&bed.staff)).await;
    assert_eq!(bed.standing(&bed.staff, "berta").await, Standing::Absent, "the filter decides");
    let moves = Moves { join: vec![berta], leave: vec![anna], ..Moves::default() };
    assert_eq!(ok(bed.store.move_members(&bed.staff, &moves, moment(7)).await), (1, 1));
    assert_eq!(ok(bed.store.size(&bed.staff).await), 1);
    let unfiltered = bed.store.move_members(&bed.news, &Moves::default(), moment(8)).await;
    assert_eq!(refused(unfiltered), "list_static");
}

async fn a_list_remembers_how_far_its_filter_was_followed<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    ok(bed.edit_list(&bed.staff, &filtered("title pr")).await);
    assert_eq!(ok(bed.store.followed(&bed.staff).await), None);
    let cursor = ok(bed.store.contacts_cursor().await);
    let moves = Moves { upto: Some(cursor.clone()), ..Moves::default() };
    ok(bed.store.move_members(&bed.staff, &moves, moment(5)).await);
    assert_eq!(ok(bed.store.followed(&bed.staff).await), Some(cursor.clone()));
    ok(bed.store.move_members(&bed.staff, &Moves::default(), moment(5)).await);
    ok(bed.edit_list(&bed.staff, &ListEdit { name: Some("All".to_owned()), ..ListEdit::default() }).await);
    let kept: Option<Cursor> = ok(bed.store.followed(&bed.staff).await);
    assert_eq!(kept, Some(cursor), "a new name is no new filter");
    ok(bed.edit_list(&bed.staff, &filtered("name pr")).await);
    assert_eq!(ok(bed.store.followed(&bed.staff).await), None, "another filter begins anew");
}

async fn moves_of_an_older_filter_are_refused<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let anna = bed.member("anna", &[&bed.news]).await;
    let judged = ok(bed.edit_list(&bed.staff, &filtered("title pr")).await).version;
    ok(bed.edit_list(&bed.staff, &filtered("name pr")).await);
    let moves = Moves { join: vec![anna], version: Some(judged), ..Moves::default() };
    assert_eq!(refused(bed.store.move_members(&bed.staff, &moves, moment(5)).await), "version");
    assert_eq!(ok(bed.store.size(&bed.staff).await), 0);
}

async fn an_operator_moves_many_but_those_who_said_no_and_of_static_lists_alone<S: ListStore + Contacts>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::make(make).await;
    let anna = bed.member("anna", &[&bed.staff]).await;
    let berta = bed.member("berta", &[&bed.news]).await;
    let carla = bed.member("carla", &[&bed.news]).await;
    let dora = bed.member("dora", &[&bed.staff]).await;
    bed.opts_out("carla", of(&bed.staff)).await;
    bed.opts_out("dora", of(&bed.staff)).await;
    let nobody = ContactId::parse("nobody").expect("an id");
    let moves = Moves {
        mover: Mover::Operator,
        join: vec![berta.clone(), carla.clone(), nobody.clone()],
        leave: vec![anna.clone(), dora.clone(), nobody],
        ..Moves::default()
    };
    assert_eq!(ok(bed.store.move_members(&bed.staff, &moves, moment(5)).await), (1, 1));
    assert_eq!(ok(bed.store.move_members(&bed.staff, &moves, moment(6)).await), (0, 0), "a repeat is none");
    let place = bed.place(&berta, &bed.staff).await.expect("they joined");
    assert_eq!((place.standing, place.origin, place.since), (Standing::Member, Origin::Manual, moment(5)));
    for (name, standing) in
        [("anna", Standing::Absent), ("carla", Standing::OptedOut), ("dora", Standing::OptedOut)]
    {
        assert_eq!(bed.standing(&bed.staff, name).await, standing, "{name}");
    }
    let query = LogQuery { list: bed.staff.clone(), contact: Some(anna), from: None, limit: 1 };
    let logged = ok(bed.store.log(&query).await).entries.remove(0).shift;
    let left = (Standing::Absent, Origin::Manual, moment(5));
    assert_eq!((logged.standing, logged.origin, logged.at), left, "the log tells of it as of any edit");
    ok(bed.edit_list(&bed.staff, &filtered("title pr")).await);
    assert_eq!(refused(bed.store.move_members(&bed.staff, &moves, moment(7)).await), "list_filtered");
}
