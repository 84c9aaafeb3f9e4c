use std::slice::from_ref;

use listsync_core::{
    contact::{OptOut, OptOutReason, Scope, Via},
    id::{ContactId, ListId},
    list::{OptOutRule, Standing},
};
use listsync_engine::ports::{
    AddOutcome, ContactEdit, Contacts, ERASED_NAME, EntryQuery, Fault, Heir, ImportMode, ListEdit, ListStore,
    NewImport,
};

use super::{Bed, fault, of};
use crate::{
    contracts::{Case, cases, ok},
    sample::{address, contact, moment},
};

pub(super) fn cases<S: ListStore + Contacts + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![
        a_deleted_contact_is_gone_from_every_list,
        a_deleted_contacts_opt_outs_stay_with_their_addresses,
        who_said_no_to_all_lists_and_was_deleted_takes_it_back_for_all,
        an_erased_person_comes_back_by_their_own_word_only,
        an_erased_person_is_kept_off_mandatory_lists_too,
        an_erased_person_who_says_no_once_more_is_so_all_the_same,
        a_file_that_was_named_after_an_erased_person_is_so_no_more,
        an_alias_that_is_taken_away_keeps_the_opt_out,
        a_new_address_that_is_suppressed_brings_its_opt_out,
        who_said_no_to_a_deleted_list_is_held_off_one_of_its_name,
        a_list_that_takes_the_name_of_a_deleted_one_takes_its_opt_outs,
        what_was_said_of_a_deleted_list_follows_its_person,
        a_deleted_list_leads_to_the_one_that_has_its_name_since,
        a_no_to_a_deleted_list_waits_for_the_next_one_of_its_name,
        who_is_kept_no_more_is_found_by_who_has_their_address_now,
        a_no_of_somebody_who_is_kept_no_more_holds_off_whoever_has_their_address,
    ]
}

async fn who_is_kept_no_more_is_found_by_who_has_their_address_now<S: ListStore + Contacts>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::make(make).await;
    let became = async |id: &ContactId| ok(bed.store.successor(id).await);
    let anna = bed.member("anna", &[&bed.staff]).await;
    bed.edit(&anna, &ContactEdit { add_aliases: [address("a")].into(), ..ContactEdit::default() }).await;
    let ann = bed.member("ann", &[&bed.staff]).await;
    ok(bed.store.merge_contacts(&anna, &ann, moment(2)).await);
    assert!(!ok(bed.store.is_departed(&anna).await));
    ok(bed.store.delete_contact(&anna, moment(3)).await);
    assert!(ok(bed.store.is_departed(&anna).await));
    assert_eq!(became(&anna).await, None, "nobody has an address of theirs");
    let again = bed.member("a", &[&bed.staff]).await;
    for former in [&anna, &ann] {
        assert_eq!(became(former).await.as_ref(), Some(&again), "under an alias");
    }
    ok(bed.store.erase_contact(&again, moment(4)).await);
    assert_eq!(became(&anna).await, None);
    let berta = bed.member("berta", &[&bed.staff]).await;
    bed.edit(&berta, &ContactEdit { address: Some(address("anna")), ..ContactEdit::default() }).await;
    assert_eq!(became(&anna).await, Some(berta), "by an edit");
    assert_eq!(became(&again).await, None, "whose only address was another");
}

async fn a_no_of_somebody_who_is_kept_no_more_holds_off_whoever_has_their_address<S: ListStore + Contacts>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::make(make).await;
    let no = OptOut { reason: OptOutReason::Own, at: moment(5), via: Via::OneClick };
    for (local, scope, held) in [("anna", of(&bed.news), [false, true]), ("berta", Scope::All, [true, true])]
    {
        let gone = bed.member(local, &[&bed.staff, &bed.news]).await;
        bed.edit(
            &gone,
            &ContactEdit { add_aliases: [address(&format!("{local}2"))].into(), ..ContactEdit::default() },
        )
        .await;
        ok(bed.store.delete_contact(&gone, moment(3)).await);
        for _ in 0..2 {
            ok(bed.store.refuse_departed(&gone, &scope, no).await);
        }
        for name in [local.to_owned(), format!("{local}2")] {
            for (list, held) in [&bed.staff, &bed.news].into_iter().zip(held) {
                let expected = if held { AddOutcome::OptedOut } else { AddOutcome::Added };
                assert_eq!(bed.add(list, &name).await, expected, "{name}");
            }
        }
    }
    let nobody = ContactId::parse("nobody").expect("an id");
    assert_eq!(fault(bed.store.refuse_departed(&nobody, &Scope::All, no).await), Fault::Gone);
}

/// Law 13.
async fn who_said_no_to_a_deleted_list_is_held_off_one_of_its_name<S: ListStore + Contacts>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::make(make).await;
    let anna = bed.member("anna", &[&bed.news]).await;
    bed.edit(&anna, &ContactEdit { add_aliases: [address("a")].into(), ..ContactEdit::default() }).await;
    let zoe = bed.member("zoe", &[&bed.news]).await;
    bed.member("berta", &[&bed.news]).await;
    for local in ["anna", "zoe"] {
        bed.opts_out(local, of(&bed.news)).await;
    }
    ok(bed.store.delete_contact(&zoe, moment(3)).await);
    for _ in 0..2 {
        let news = ok(bed.store.find_list("News").await).expect("it is there").id;
        ok(bed.store.delete_list(&news).await);
        let news = ok(bed.store.create_list("NEWS", moment(5)).await).id;
        for local in ["anna", "a", "zoe"] {
            assert_eq!(bed.add(&news, local).await, AddOutcome::OptedOut, "{local}");
            assert_eq!(bed.import(&news, &[local]).await, (0, vec!["opted_out".to_owned()]), "{local}");
        }
        assert_eq!(bed.add(&news, "berta").await, AddOutcome::Added, "who said nothing");
        let other = ok(bed.store.create_list("Other", moment(5)).await).id;
        assert_eq!(bed.add(&other, "anna").await, AddOutcome::Added, "it was no other list");
        ok(bed.store.delete_list(&other).await);
    }
    let news = ok(bed.store.find_list("News").await).expect("it is there").id;
    bed.subscribes("a", of(&news)).await;
    assert_eq!(bed.standing(&news, "anna").await, Standing::Member, "by their own word");
    ok(bed.store.delete_list(&news).await);
    let news = ok(bed.store.create_list("News", moment(7)).await).id;
    assert_eq!(bed.add(&news, "anna").await, AddOutcome::Added, "the last word counts");
    assert_eq!(bed.add(&news, "zoe").await, AddOutcome::OptedOut);
}

async fn a_list_that_takes_the_name_of_a_deleted_one_takes_its_opt_outs<S: ListStore + Contacts>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::make(make).await;
    for local in ["anna", "berta", "cora"] {
        bed.member(local, &[&bed.news]).await;
        bed.opts_out(local, of(&bed.news)).await;
    }
    bed.member("anna", &[&bed.staff]).await;
    bed.member("dora", &[&bed.staff]).await;
    bed.subscribes("berta", of(&bed.staff)).await;
    ok(bed.store.delete_list(&bed.news).await);
    ok(bed.edit_list(&bed.staff, &ListEdit { name: Some("News".into()), ..ListEdit::default() }).await);
    assert_eq!(bed.standing(&bed.staff, "anna").await, Standing::OptedOut, "somebody had put them on it");
    assert_eq!(bed.standing(&bed.staff, "berta").await, Standing::Member, "they asked for this very list");
    assert_eq!(bed.standing(&bed.staff, "dora").await, Standing::Member);
    assert_eq!(bed.add(&bed.staff, "cora").await, AddOutcome::OptedOut);
    bed.subscribes("anna", of(&bed.staff)).await;
    assert_eq!(bed.standing(&bed.staff, "anna").await, Standing::Member);
}

async fn what_was_said_of_a_deleted_list_follows_its_person<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let anna = bed.member("anna", &[&bed.news]).await;
    let [cora, dora] = [bed.member("cora", &[&bed.news]).await, bed.member("dora", &[&bed.staff]).await];
    for local in ["anna", "cora"] {
        bed.opts_out(local, of(&bed.news)).await;
    }
    ok(bed.store.delete_list(&bed.news).await);
    let renamed = ContactEdit { address: Some(address("ann")), ..ContactEdit::default() };
    bed.edit(&anna, &renamed).await;
    bed.edit(&anna, &ContactEdit { remove_aliases: [address("anna")].into(), ..ContactEdit::default() })
        .await;
    ok(bed.store.merge_contacts(&dora, &cora, moment(4)).await);
    let news = ok(bed.store.create_list("News", moment(5)).await).id;
    for local in ["ann", "anna", "cora", "dora"] {
        assert_eq!(bed.add(&news, local).await, AddOutcome::OptedOut, "{local}");
    }
    ok(bed.store.erase_contact(&anna, moment(6)).await);
    ok(bed.store.delete_list(&news).await);
    let news = ok(bed.store.create_list("News", moment(7)).await).id;
    bed.subscribes("ann", of(&news)).await;
    assert_eq!(bed.standing(&news, "ann").await, Standing::Member, "who comes back begins anew");
}

async fn a_deleted_list_leads_to_the_one_that_has_its_name_since<S: ListStore + Contacts>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::make(make).await;
    let heir = async |list: &ListId| ok(bed.store.heir(list).await);
    let make = async |name: &str| ok(bed.store.create_list(name, moment(5)).await).id;
    let rename = |name: &str| ListEdit { name: Some(name.into()), ..ListEdit::default() };
    assert_eq!(heir(&bed.news).await, None, "it is there");
    ok(bed.store.delete_list(&bed.news).await);
    assert_eq!(heir(&bed.news).await, Some(Heir::Nobody));
    let second = make("NEWS").await;
    assert_eq!(heir(&bed.news).await, Some(Heir::List(second.clone())));
    ok(bed.edit_list(&second, &rename("Headlines")).await);
    assert_eq!(heir(&bed.news).await, Some(Heir::List(second.clone())), "whatever it is called");
    ok(bed.store.delete_list(&second).await);
    let other = make("News").await;
    for gone in [&bed.news, &second] {
        assert_eq!(heir(gone).await, Some(Heir::Nobody), "it took the name along");
    }
    ok(bed.edit_list(&bed.staff, &rename("Headlines")).await);
    for gone in [&bed.news, &second] {
        assert_eq!(heir(gone).await, Some(Heir::List(bed.staff.clone())), "by an edit");
    }
    assert_eq!(heir(&other).await, None);
    assert_eq!(heir(&ListId::parse("never").expect("an id")).await, None);
}

async fn a_no_to_a_deleted_list_waits_for_the_next_one_of_its_name<S: ListStore + Contacts>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::make(make).await;
    let no = OptOut { reason: OptOutReason::Own, at: moment(5), via: Via::OneClick };
    let [anna, berta] = [bed.member("anna", &[&bed.news]).await, bed.member("berta", &[&bed.news]).await];
    bed.member("cora", &[&bed.news]).await;
    let scope = of(&bed.news);
    assert_eq!(fault(bed.store.refuse_departed(&anna, &scope, no).await), Fault::Gone, "nothing is gone");
    ok(bed.store.delete_contact(&berta, moment(3)).await);
    ok(bed.store.delete_list(&bed.news).await);
    for _ in 0..2 {
        for who in [&anna, &berta] {
            ok(bed.store.refuse_departed(who, &scope, no).await);
        }
    }
    let news = ok(bed.store.create_list("News", moment(7)).await).id;
    for (local, expected) in
        [("anna", AddOutcome::OptedOut), ("berta", AddOutcome::OptedOut), ("cora", AddOutcome::Added)]
    {
        assert_eq!(bed.add(&news, local).await, expected, "{local}");
        assert_ne!(bed.add(&bed.staff, local).await, AddOutcome::OptedOut, "{local}: another list");
    }
    assert_eq!(fault(bed.store.refuse_departed(&anna, &scope, no).await), Fault::Gone, "it has an heir");
    let never = of(&ListId::parse("never").expect("an id"));
    assert_eq!(fault(bed.store.refuse_departed(&anna, &never, no).await), Fault::Gone);
}

/// Law 17.
async fn a_file_that_was_named_after_an_erased_person_is_so_no_more<S: ListStore + Contacts>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::make(make).await;
    let anna = bed.member("anna", &[&bed.staff]).await;
    bed.edit(&anna, &ContactEdit { name: Some("Anna Adler".into()), ..ContactEdit::default() }).await;
    for (file, second) in [("Adler, Anna.csv", 10), ("anna@contoso.example.csv", 20), ("staff.csv", 30)] {
        let new =
            NewImport::new(file, ImportMode::Incremental, vec![contact("berta").into()], moment(second));
        ok(bed.store.import(&bed.staff, &new).await);
    }
    ok(bed.store.erase_contact(&anna, moment(40)).await);
    let names: Vec<String> = ok(bed.store.imports(9).await).into_iter().map(|import| import.file).collect();
    assert_eq!(names, ["staff.csv", ERASED_NAME, ERASED_NAME]);
}

async fn who_said_no_to_all_lists_and_was_deleted_takes_it_back_for_all<S: ListStore + Contacts>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::make(make).await;
    let anna = bed.member("anna", &[&bed.staff, &bed.news]).await;
    bed.opts_out("anna", Scope::All).await;
    bed.opts_out("anna", of(&bed.news)).await;
    ok(bed.store.delete_contact(&anna, moment(3)).await);
    bed.subscribes("anna", Scope::All).await;
    assert_eq!(
        bed.standings("anna").await,
        [Standing::Absent, Standing::OptedOut],
        "of one list they said more"
    );
    assert_eq!(bed.add(&bed.staff, "anna").await, AddOutcome::Added);
}

async fn a_deleted_contact_is_gone_from_every_list<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let anna = bed.member("anna", &[&bed.staff, &bed.news]).await;
    bed.member("berta", &[&bed.staff]).await;
    let cursor = ok(bed.store.cursor(&bed.staff).await);
    let mut lists = ok(bed.store.delete_contact(&anna, moment(3)).await);
    lists.sort();
    let mut both = vec![bed.staff.clone(), bed.news.clone()];
    both.sort();
    assert_eq!(lists, both);
    let changes = ok(bed.store.changes(&bed.staff, &cursor).await);
    assert_eq!(changes.contacts, from_ref(&anna), "the next run takes them out of the group");
    assert_eq!(ok(bed.store.changes(&bed.staff, &changes.cursor).await).contacts, []);
    let wanted = [anna.clone()];
    assert!(ok(bed.store.entries(&bed.staff, EntryQuery::Contacts(&wanted)).await).is_empty());
    assert_eq!(ok(bed.store.entries(&bed.staff, EntryQuery::All).await).len(), 1);
    assert_eq!((ok(bed.store.size(&bed.staff).await), ok(bed.store.size(&bed.news).await)), (1, 0));
    assert_eq!((bed.find("anna").await, ok(bed.store.contact(&anna).await)), (None, None));
    assert_eq!(fault(bed.store.delete_contact(&anna, moment(4)).await), Fault::Gone);
    assert_eq!(bed.add(&bed.staff, "anna").await, AddOutcome::Added, "nothing was said against it");
    assert_ne!(bed.find("anna").await.map(|contact| contact.id), Some(anna), "as somebody new");
}

/// Law 13.
async fn a_deleted_contacts_opt_outs_stay_with_their_addresses<S: ListStore + Contacts>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::make(make).await;
    let anna = bed.member("anna", &[&bed.staff, &bed.news]).await;
    let alias = ContactEdit { add_aliases: [address("a")].into(), ..ContactEdit::default() };
    bed.edit(&anna, &alias).await;
    bed.opts_out("anna", of(&bed.news)).await;
    ok(bed.store.delete_contact(&anna, moment(3)).await);
    for local in ["anna", "a"] {
        assert_eq!(bed.add(&bed.news, local).await, AddOutcome::OptedOut, "{local}");
        assert_eq!(bed.import(&bed.news, &[local]).await, (0, vec!["opted_out".to_owned()]));
    }
    assert_eq!(bed.add(&bed.staff, "anna").await, AddOutcome::Added);
    assert_eq!(bed.standings("anna").await, [Standing::Member, Standing::OptedOut], "as the contact's own");
    bed.subscribes("anna", of(&bed.news)).await;
    assert_eq!(bed.standing(&bed.news, "anna").await, Standing::Member);
}

/// Law 13.
async fn an_erased_person_comes_back_by_their_own_word_only<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let anna = bed.member("anna", &[&bed.staff]).await;
    assert_eq!(ok(bed.store.erase_contact(&anna, moment(3)).await), from_ref(&bed.staff));
    assert_eq!(bed.find("anna").await, None);
    for list in [&bed.staff, &bed.news] {
        assert_eq!(bed.add(list, "anna").await, AddOutcome::OptedOut);
        assert_eq!(bed.import(list, &["anna"]).await, (0, vec!["opted_out".to_owned()]));
    }
    assert_eq!(bed.find("anna").await, None, "no file brings them back");
    let heard = bed.subscribes("anna", of(&bed.news)).await;
    assert_eq!(heard.lists, from_ref(&bed.news));
    let back = bed.find("anna").await.expect("they are kept again");
    assert_eq!(
        back.opted_out.map(|no| no.reason),
        Some(OptOutReason::Erased),
        "their word was about one list"
    );
    assert_eq!(bed.add(&bed.staff, "anna").await, AddOutcome::OptedOut);
    bed.subscribes("anna", Scope::All).await;
    assert_eq!(bed.add(&bed.staff, "anna").await, AddOutcome::Added);
}

async fn an_erased_person_is_kept_off_mandatory_lists_too<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let mandatory = ListEdit { opt_out: Some(OptOutRule::NotAllowed), ..ListEdit::default() };
    ok(bed.edit_list(&bed.staff, &mandatory).await);
    let anna = bed.member("anna", &[&bed.staff]).await;
    bed.complains("anna", Scope::All).await;
    ok(bed.store.erase_contact(&anna, moment(3)).await);
    assert_eq!(bed.add(&bed.staff, "anna").await, AddOutcome::OptedOut);
    assert_eq!(bed.import(&bed.staff, &["anna"]).await, (0, vec!["opted_out".to_owned()]));
}

async fn an_erased_person_who_says_no_once_more_is_so_all_the_same<S: ListStore + Contacts>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::make(make).await;
    let anna = bed.member("anna", &[&bed.staff]).await;
    ok(bed.store.erase_contact(&anna, moment(3)).await);
    bed.subscribes("anna", of(&bed.news)).await;
    bed.opts_out("anna", Scope::All).await;
    let mandatory = ListEdit { opt_out: Some(OptOutRule::NotAllowed), ..ListEdit::default() };
    ok(bed.edit_list(&bed.staff, &mandatory).await);
    for deleted in [false, true] {
        assert_eq!(bed.add(&bed.staff, "anna").await, AddOutcome::OptedOut, "deleted: {deleted}");
        assert_eq!(bed.import(&bed.staff, &["anna"]).await, (0, vec!["opted_out".to_owned()]));
        if let Some(anna) = bed.find("anna").await {
            assert_eq!(bed.standing(&bed.staff, "anna").await, Standing::OptedOut);
            ok(bed.store.delete_contact(&anna.id, moment(9)).await);
        }
    }
    bed.subscribes("anna", Scope::All).await;
    assert_eq!(bed.add(&bed.staff, "anna").await, AddOutcome::Added);
}

async fn an_alias_that_is_taken_away_keeps_the_opt_out<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let anna = bed.member("anna", &[&bed.staff]).await;
    let alias = ContactEdit { add_aliases: [address("a")].into(), ..ContactEdit::default() };
    bed.edit(&anna, &alias).await;
    bed.opts_out("anna", of(&bed.news)).await;
    let drop = ContactEdit { remove_aliases: [address("a")].into(), ..ContactEdit::default() };
    bed.edit(&anna, &drop).await;
    assert_eq!(bed.find("a").await, None);
    assert_eq!(bed.add(&bed.news, "a").await, AddOutcome::OptedOut);
}

async fn a_new_address_that_is_suppressed_brings_its_opt_out<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    bed.complains("old", Scope::All).await;
    let anna = bed.member("anna", &[&bed.staff]).await;
    let edit = ContactEdit { address: Some(address("old")), ..ContactEdit::default() };
    let after = bed.edit(&anna, &edit).await;
    assert_eq!(after.opted_out.map(|no| no.reason), Some(OptOutReason::Complaint));
    assert_eq!(bed.standing(&bed.staff, "anna").await, Standing::OptedOut);
}
