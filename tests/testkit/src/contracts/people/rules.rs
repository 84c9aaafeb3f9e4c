use std::slice::from_ref;

use listsync_core::{
    contact::{Decision, Scope},
    list::{ListKind, OptOutRule, Standing},
};
use listsync_engine::ports::{AddOutcome, Contacts, ListEdit, ListStore};

use super::{Bed, of, refused, version};
use crate::{
    contracts::{Case, cases, ok},
    sample::moment,
};

pub(super) fn cases<S: ListStore + Contacts + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![
        a_list_is_renamed_and_the_name_it_had_is_free,
        an_edit_of_a_list_names_the_version_it_knows,
        an_edit_of_a_list_that_changes_nothing_leaves_its_version,
        a_mandatory_list_passes_over_opt_outs,
        a_list_that_becomes_mandatory_has_no_opt_outs_and_back,
    ]
}

fn named(name: &str) -> ListEdit {
    ListEdit { name: Some(name.to_owned()), ..ListEdit::default() }
}

fn ruled(rule: OptOutRule) -> ListEdit {
    ListEdit { opt_out: Some(rule), ..ListEdit::default() }
}

async fn a_list_is_renamed_and_the_name_it_had_is_free<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let renamed = ok(bed.edit_list(&bed.staff, &named("Everybody")).await);
    assert_eq!((renamed.id.clone(), renamed.name.as_str()), (bed.staff.clone(), "Everybody"));
    assert_eq!(ok(bed.store.find_list("everybody").await), Some(renamed.clone()));
    assert_eq!(ok(bed.store.list(&bed.staff).await), Some(renamed));
    assert_eq!(ok(bed.store.find_list("Staff").await), None);
    assert_eq!(refused(bed.edit_list(&bed.staff, &named("NEWS")).await), "list_exists");
    assert_eq!(refused(bed.edit_list(&bed.staff, &named("  ")).await), "bad_list_name");
    ok(bed.edit_list(&bed.staff, &named("EVERYBODY")).await);
    ok(bed.store.create_list("Staff", moment(5)).await);
}

async fn an_edit_of_a_list_names_the_version_it_knows<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let before = ok(bed.store.list(&bed.staff).await).expect("it is there").version;
    let edited = bed.store.edit_list(&bed.staff, Some(before), &named("One"), moment(1)).await;
    assert!(ok(edited).version > before);
    let late = bed.store.edit_list(&bed.staff, Some(before), &named("Two"), moment(2)).await;
    assert_eq!(refused(late), "version");
    assert_eq!(
        refused(bed.store.edit_list(&bed.staff, version(99), &named("Two"), moment(2)).await),
        "version"
    );
    assert!(ok(bed.store.find_list("One").await).is_some());
}

async fn an_edit_of_a_list_that_changes_nothing_leaves_its_version<S: ListStore + Contacts>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::make(make).await;
    let edited = ok(bed.edit_list(&bed.staff, &named("One")).await);
    for same in [named("One"), ruled(OptOutRule::Allowed)] {
        assert_eq!(ok(bed.edit_list(&bed.staff, &same).await), edited);
    }
    assert_eq!(ok(bed.store.list(&bed.staff).await), Some(edited));
}

async fn a_mandatory_list_passes_over_opt_outs<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    ok(bed.edit_list(&bed.staff, &ruled(OptOutRule::NotAllowed)).await);
    bed.member("anna", &[&bed.staff, &bed.news]).await;
    let refusal = bed.say("anna", Decision::OptedOut, of(&bed.staff)).await;
    assert_eq!(refused(refusal), "opt_out_not_allowed");
    let heard = bed.opts_out("anna", Scope::All).await;
    assert_eq!(heard.lists, from_ref(&bed.news), "the mandatory list keeps them");
    assert_eq!(bed.standings("anna").await, [Standing::Member, Standing::OptedOut]);
    bed.opts_out("berta", Scope::All).await;
    assert_eq!(bed.import(&bed.staff, &["anna", "berta"]).await, (1, Vec::new()));
    assert_eq!(bed.standing(&bed.staff, "berta").await, Standing::Member);
    assert_eq!(bed.add(&bed.news, "berta").await, AddOutcome::OptedOut, "all others do not take them");
}

async fn a_list_that_becomes_mandatory_has_no_opt_outs_and_back<S: ListStore + Contacts>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::make(make).await;
    bed.member("anna", &[&bed.staff]).await;
    bed.member("berta", &[&bed.staff]).await;
    bed.opts_out("anna", of(&bed.staff)).await;
    ok(bed.edit_list(&bed.staff, &ruled(OptOutRule::NotAllowed)).await);
    assert_eq!(bed.standing(&bed.staff, "anna").await, Standing::Absent);
    assert_eq!(bed.import(&bed.staff, &["anna"]).await, (1, Vec::new()));
    bed.opts_out("berta", Scope::All).await;
    let list = ok(bed.edit_list(&bed.staff, &ruled(OptOutRule::Allowed)).await);
    assert_eq!((list.kind, list.opt_out), (ListKind::Static, OptOutRule::Allowed));
    assert_eq!(bed.standing(&bed.staff, "anna").await, Standing::OptedOut, "their word stands again");
    assert_eq!(bed.standing(&bed.staff, "berta").await, Standing::OptedOut);
}
