use super::*;
use Verdict::{Leaving, NotYet, Rejected, Repeated, Taken, Unreachable};
use listsync_engine::ports::{ImportRow, Presence};

use crate::people::Values;

const GONE: &str = "gone";
const LATER: &str = "later";
const REFUSED: &str = "refused";

fn address(local: &str) -> Option<Address> {
    Address::parse(&format!("{local}@b.example")).ok().filter(|_| !local.is_empty())
}

/// Rows of `(external id, address, name)`; the names `gone`, `later` and `refused` are of somebody who leaves, who is not
/// there yet, and of whom the row cannot be taken.
fn gathered(rows: &[(&str, &str, &str)]) -> Gathered {
    let mut gathering = Gathering::default();
    for (number, (id, local, name)) in (2..).zip(rows) {
        let (address, external_id) = (address(local), ExternalId::parse(id).ok());
        if *name == REFUSED {
            let mentioned = Mentioned { external_id, addresses: address.into_iter().collect() };
            gathering.reject(number, RejectReason::BadDate, mentioned);
            continue;
        }
        let state = match *name {
            GONE => RowState::Leaving,
            LATER => RowState::NotYet,
            _ => RowState::Present,
        };
        let values = Values::of(name, [].into_iter());
        gathering.take(number, Said { address, external_id, values, state, until: None });
    }
    gathering.finish()
}

fn verdicts(rows: &[(&str, &str, &str)]) -> Vec<Verdict> {
    gathered(rows).verdicts.into_iter().map(|row| row.verdict).collect()
}

fn people(gathered: Gathered) -> Vec<ImportRow> {
    gathered.people.into_iter().map(|person| person.into_row(&[])).collect()
}

fn texts(keys: &[ExternalId]) -> Vec<&str> {
    keys.iter().map(ExternalId::as_str).collect()
}

fn shared() -> Verdict {
    Rejected(RejectReason::SharedAddress)
}

fn two() -> Verdict {
    Rejected(RejectReason::TwoAddresses)
}

fn not_sure() -> Verdict {
    Rejected(RejectReason::NotSure)
}

fn bad_date() -> Verdict {
    Rejected(RejectReason::BadDate)
}

#[test]
fn rows_with_one_id_or_one_address_are_one_person() {
    assert_eq!(
        verdicts(&[("1", "a", ""), ("1", "a", ""), ("", "a", ""), ("1", "", "")]),
        [Taken, Repeated, Repeated, Repeated]
    );
    assert_eq!(verdicts(&[("", "a", ""), ("1", "a", ""), ("1", "", "")]), [Taken, Repeated, Repeated]);
    assert_eq!(verdicts(&[("1", "", ""), ("1", "a", "")]), [Taken, Repeated]);
    assert_eq!(verdicts(&[("1", "a", ""), ("2", "b", ""), ("", "c", "")]), [Taken, Taken, Taken]);
}

#[test]
fn a_row_that_joins_an_id_with_an_address_joins_the_rows_of_both() {
    for rows in [
        [("1", "", ""), ("", "a", "Anna"), ("1", "a", "")],
        [("", "a", "Anna"), ("1", "", ""), ("1", "a", "")],
    ] {
        let gathered = gathered(&rows);
        assert_eq!(
            gathered.verdicts.iter().map(|row| row.verdict.clone()).collect::<Vec<_>>(),
            [Taken, Repeated, Repeated]
        );
        let people = people(gathered);
        let [person] = people.as_slice() else { panic!("one person: {people:?}") };
        assert_eq!((person.row, person.contact.name.as_str()), (2, "Anna"));
        assert_eq!(person.external_id.as_ref().map(ExternalId::as_str), Some("1"));
    }
}

#[test]
fn people_who_share_a_mailbox_are_one_contact_with_the_keys_of_all() {
    let rows = [("301", "store", "One"), ("302", "store", "Two"), ("303", "store", GONE)];
    assert_eq!(verdicts(&rows), [Taken, Repeated, Repeated]);
    let people = people(gathered(&rows));
    let [store] = people.as_slice() else { panic!("one contact: {people:?}") };
    assert_eq!(store.external_id.as_ref().map(ExternalId::as_str), Some("301"));
    assert_eq!((texts(&store.further_ids), texts(&store.ended_ids)), (vec!["302"], vec!["303"]));
    assert_eq!(verdicts(&[("301", "store", GONE), ("302", "store", GONE)]), [Leaving, Repeated]);
}

#[test]
fn the_active_row_of_a_rehire_decides_in_any_order() {
    for (rows, expected) in [
        ([("100", "a", GONE), ("250", "a", "Anna")], [Repeated, Taken]),
        ([("250", "a", "Anna"), ("100", "a", GONE)], [Taken, Repeated]),
    ] {
        assert_eq!(verdicts(&rows), expected);
        let people = people(gathered(&rows));
        assert_eq!(people[0].external_id.as_ref().map(ExternalId::as_str), Some("250"));
        assert_eq!((people[0].contact.name.as_str(), texts(&people[0].ended_ids)), ("Anna", vec!["100"]));
        assert_eq!(people[0].presence, Presence::Present);
    }
}

#[test]
fn keys_that_differ_by_zeros_are_a_verdict_on_all_rows_of_the_address() {
    assert_eq!(verdicts(&[("1", "a", ""), ("001", "a", "")]), [shared(), shared()]);
    assert_eq!(
        verdicts(&[("1", "a", ""), ("7", "a", ""), ("007", "a", ""), ("3", "c", "")]),
        [shared(), shared(), shared(), Taken]
    );
}

#[test]
fn an_id_with_two_addresses_is_a_verdict_on_its_rows_and_nobody_elses() {
    assert_eq!(verdicts(&[("1", "a", ""), ("1", "b", "")]), [two(), two()]);
    assert_eq!(verdicts(&[("1", "a", ""), ("", "b", ""), ("1", "b", "")]), [two(), Taken, two()]);
    assert_eq!(verdicts(&[("1", "a", ""), ("2", "b", ""), ("1", "b", "")]), [two(), Taken, two()]);
    assert_eq!(verdicts(&[("1", "a", ""), ("2", "b", GONE), ("1", "b", "")]), [two(), not_sure(), two()]);
    let kept = gathered(&[("1", "a", ""), ("1", "b", "")]).kept;
    assert_eq!(kept.len(), 3, "the key and both addresses stay as they are: {kept:?}");
}

#[test]
fn who_is_present_in_any_row_is_present() {
    assert_eq!(verdicts(&[("1", "a", GONE), ("1", "a", "")]), [Repeated, Taken]);
    assert_eq!(verdicts(&[("1", "a", ""), ("1", "a", GONE)]), [Taken, Repeated]);
    assert_eq!(verdicts(&[("1", "a", GONE), ("1", "a", GONE)]), [Leaving, Repeated]);
    assert_eq!(verdicts(&[("1", "a", LATER), ("1", "a", "")]), [Repeated, Taken]);
    assert_eq!(verdicts(&[("1", "a", LATER), ("2", "a", GONE)]), [Repeated, Leaving]);
}

#[test]
fn who_leaves_needs_no_address_and_who_is_there_without_one_is_known_and_kept() {
    let gathered = gathered(&[("1", "", GONE), ("2", "", ""), ("3", "c", GONE), ("4", "d", LATER)]);
    let verdicts: Vec<_> = gathered.verdicts.iter().map(|row| row.verdict.clone()).collect();
    assert_eq!(verdicts, [Leaving, Unreachable, Leaving, NotYet]);
    let gone: Vec<_> = gathered.gone.iter().map(ExternalId::as_str).collect();
    assert_eq!(gone, ["1"]);
    assert_eq!(gathered.people.len(), 1);
    let key = |text| Kept::Key(ExternalId::parse(text).expect("a key"));
    assert_eq!(gathered.kept, [key("2"), key("4"), Kept::Address(address("d").expect("an address"))]);
    assert_eq!(gathered.unreadable, 0);
}

#[test]
fn nobody_leaves_of_whom_a_row_could_not_be_read() {
    for rows in [[("1", "a", GONE), ("1", "", REFUSED)], [("1", "a", GONE), ("", "a", REFUSED)]] {
        assert_eq!(verdicts(&rows), [not_sure(), bad_date()]);
        assert!(gathered(&rows).people.is_empty());
    }
    assert_eq!(
        verdicts(&[("1", "a", ""), ("1", "a", REFUSED)]),
        [Taken, bad_date()],
        "an active row decides"
    );
    assert_eq!(gathered(&[("", "", REFUSED)]).unreadable, 1, "it could be anybody's");
    assert_eq!(gathered(&[("1", "", REFUSED)]).unreadable, 0);
}
