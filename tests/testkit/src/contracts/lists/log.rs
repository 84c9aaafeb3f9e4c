use listsync_core::{
    id::ListId,
    list::{Origin, Standing},
};
use listsync_engine::ports::{Decision, Fault, ImportMode, ListStore, LogPage, LogQuery, Logged};

use super::Bed;
use crate::{
    contracts::{Case, cases, fault, ok},
    sample::{address, bound, moment},
};

pub(super) fn cases<S: ListStore + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![
        each_change_is_told_with_who_brought_it_and_when,
        pages_of_any_size_tell_each_change_once_the_newest_first,
    ]
}

impl<S: ListStore> Bed<S> {
    fn history(&self) -> LogQuery {
        LogQuery { list: self.list.clone(), contact: None, from: None, limit: 100 }
    }

    async fn logged(&self, query: &LogQuery) -> Vec<Logged> {
        let (mut query, mut all) = (query.clone(), Vec::new());
        for _ in 0..200 {
            let LogPage { entries, next } = ok(self.store.log(&query).await);
            assert!(entries.len() <= query.limit, "a page has no more than is asked for");
            all.extend(entries);
            query.from = next;
            if query.from.is_none() {
                return all;
            }
        }
        panic!("the pages never end");
    }
}

async fn each_change_is_told_with_who_brought_it_and_when<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    assert!(bed.logged(&bed.history()).await.is_empty());
    bed.add("anna").await;
    bed.remove("anna").await;
    let import = bed.import(ImportMode::Incremental, &["anna"]).await;
    bed.decide("anna", Decision::OptedOut).await;
    let anna = bed.contact("anna").await;
    // A match is no change of how somebody stands.
    let [first, other] = [bound(&anna, ("anna", "o1")), bound(&anna, ("anna", "o2"))];
    ok(bed.store.bind(&[first]).await);
    ok(bed.store.bind(&[other]).await);
    let told: Vec<_> = bed.logged(&bed.history()).await.into_iter().map(|one| one.shift).collect();
    assert!(told.iter().all(|shift| shift.contact == anna && shift.list == bed.list));
    let told: Vec<_> = told.iter().map(|shift| (shift.standing, shift.origin, shift.at)).collect();
    let expected = [
        (Standing::OptedOut, Origin::Own, moment(1)),
        (Standing::Member, Origin::Csv, import.at),
        (Standing::Absent, Origin::Manual, moment(1)),
        (Standing::Member, Origin::Manual, moment(1)),
    ];
    assert_eq!(told, expected);
    let nobody = ListId::parse("nobody").expect("an id");
    let gone = LogQuery { list: nobody, ..bed.history() };
    assert_eq!(fault(bed.store.log(&gone).await), Fault::Gone);
}

async fn pages_of_any_size_tell_each_change_once_the_newest_first<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    bed.add("zoe").await;
    // Several in one write.
    let names: Vec<String> = (0..12).map(|number| format!("p{number:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    bed.import(ImportMode::Incremental, &names).await;
    bed.decide("p03", Decision::OptedOut).await;
    let other = ok(bed.store.create_list("Other", moment(0)).await).id;
    ok(bed.store.decide(&other, &address("p03"), Decision::Subscribed, moment(2)).await);
    let p03 = bed.contact("p03").await;
    let whole = bed.logged(&bed.history()).await;
    assert_eq!(whole.len(), 14);
    assert!(whole.windows(2).all(|pair| pair[0].place.seq >= pair[1].place.seq), "{whole:?}");
    for limit in 1..15 {
        assert_eq!(bed.logged(&LogQuery { limit, ..bed.history() }).await, whole, "by {limit}");
        let of_one = LogQuery { limit, contact: Some(p03.clone()), ..bed.history() };
        let of_one: Vec<_> = bed.logged(&of_one).await.into_iter().map(|one| one.shift.standing).collect();
        assert_eq!(of_one, [Standing::OptedOut, Standing::Member], "by {limit}");
    }
}
