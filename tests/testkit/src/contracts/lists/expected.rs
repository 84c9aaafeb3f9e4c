use std::time::Duration;

use listsync_core::{
    expected::{Expect, Expected},
    own::Own,
};
use listsync_engine::ports::{Contacts, ListEdit, ListStore};

use super::Bed;
use crate::{
    contracts::{Case, cases, ok},
    sample::moment,
};

const DAY: Duration = Duration::from_secs(86_400);

pub(super) fn cases<S: ListStore + Contacts + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![
        files_are_waited_for_from_when_that_is_said_until_it_is_taken_back,
        a_list_of_which_nobody_waits_for_a_file_keeps_none_in_mind,
        a_deleted_list_waits_for_nothing,
    ]
}

impl<S: ListStore + Contacts> Bed<S> {
    async fn expects(&self, expect: Expect, second: i64) {
        let edit = ListEdit { expect_every: Some(expect), ..ListEdit::default() };
        let edited = ok(self.store.edit_list(&self.list, None, &edit, moment(second)).await);
        assert_eq!(edited.expect_every, expect.every());
        assert_eq!(ok(self.store.list(&self.list).await), Some(edited));
    }

    async fn heard_at(&self) -> Option<(Duration, i64)> {
        let mut all = ok(self.store.expected().await);
        assert!(all.len() < 2);
        all.pop().map(|Expected { list, every, heard_at }| {
            assert_eq!(list, self.list);
            (every, heard_at.duration_since(moment(0)).as_secs())
        })
    }
}

async fn files_are_waited_for_from_when_that_is_said_until_it_is_taken_back<S: ListStore + Contacts>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::make(make).await;
    assert_eq!(bed.heard_at().await, None);
    bed.expects(Expect::Every(DAY), 5).await;
    assert_eq!(bed.heard_at().await, Some((DAY, 5)));
    ok(bed.store.heard(&bed.list, moment(70)).await);
    assert_eq!(bed.heard_at().await, Some((DAY, 70)));
    bed.expects(Expect::Every(8 * DAY), 90).await;
    assert_eq!(bed.heard_at().await, Some((8 * DAY, 70)), "that one came is kept");
    let other = ListEdit { max_additions: Some(Own::AsSettings), ..ListEdit::default() };
    ok(bed.store.edit_list(&bed.list, None, &other, moment(95)).await);
    assert_eq!(bed.heard_at().await, Some((8 * DAY, 70)), "another edit changes nothing of it");
    bed.expects(Expect::Off, 100).await;
    assert_eq!(bed.heard_at().await, None);
    bed.expects(Expect::Every(DAY), 200).await;
    assert_eq!(bed.heard_at().await, Some((DAY, 200)), "it begins anew");
}

async fn a_list_of_which_nobody_waits_for_a_file_keeps_none_in_mind<S: ListStore + Contacts>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::make(make).await;
    let before = ok(bed.store.list(&bed.list).await);
    ok(bed.store.heard(&bed.list, moment(3)).await);
    assert_eq!(bed.heard_at().await, None);
    assert_eq!(ok(bed.store.list(&bed.list).await), before);
}

async fn a_deleted_list_waits_for_nothing<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    bed.expects(Expect::Every(DAY), 5).await;
    ok(bed.store.delete_list(&bed.list).await);
    assert_eq!(bed.heard_at().await, None);
    ok(bed.store.heard(&bed.list, moment(9)).await);
    assert_eq!(bed.heard_at().await, None);
}
