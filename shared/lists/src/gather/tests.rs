use super::*;
use Verdict::{Leaving, Rejected, Repeated, Taken};

const GONE: &str = "gone";

/// Rows of `(external id, address, name)`; the name `gone` is of somebody who leaves.
fn gathered(rows: &[(&str, &str, &str)]) -> Gathered {
    let mut gathering = Gathering::default();
    for (number, (id, address, name)) in (2..).zip(rows) {
        let said = Said {
            address: Address::parse(&format!("{address}@b.example")).ok().filter(|_| !address.is_empty()),
            external_id: ExternalId::parse(id).ok(),
            values: Values::of(name, [].into_iter()),
            presence: if *name == GONE { Presence::Leaving } else { Presence::Present },
            until: None,
        };
        gathering.take(number, said);
    }
    gathering.finish()
}

fn verdicts(rows: &[(&str, &str, &str)]) -> Vec<Verdict> {
    gathered(rows).verdicts.into_iter().map(|row| row.verdict).collect()
}

const SHARED: Verdict = Rejected(RejectReason::SharedAddress);
const TWO: Verdict = Rejected(RejectReason::TwoAddresses);
const NO_ADDRESS: Verdict = Rejected(RejectReason::NoAddress);

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
        let [person] = gathered.people.as_slice() else { panic!("one person: {gathered:?}") };
        assert_eq!(person.row, 2);
        assert_eq!(person.external_id.as_ref().map(ExternalId::as_str), Some("1"));
        assert_eq!(person.values, Values::of("Anna", [].into_iter()));
        assert_eq!(
            gathered.verdicts.iter().map(|row| row.verdict).collect::<Vec<_>>(),
            [Taken, Repeated, Repeated]
        );
    }
}

#[test]
fn an_address_of_two_persons_is_a_verdict_on_all_their_rows() {
    assert_eq!(verdicts(&[("1", "a", ""), ("2", "a", "")]), [SHARED, SHARED]);
    assert_eq!(verdicts(&[("1", "a", ""), ("2", "", ""), ("2", "a", "")]), [SHARED; 3]);
    assert_eq!(verdicts(&[("", "a", ""), ("1", "a", ""), ("2", "a", ""), ("", "a", "")]), [SHARED; 4]);
    assert_eq!(
        verdicts(&[("1", "a", ""), ("2", "a", ""), ("2", "", ""), ("3", "c", "")]),
        [SHARED, SHARED, SHARED, Taken]
    );
}

#[test]
fn an_id_with_two_addresses_is_a_verdict_on_all_its_rows() {
    assert_eq!(verdicts(&[("1", "a", ""), ("1", "b", "")]), [TWO, TWO]);
    assert_eq!(verdicts(&[("1", "a", ""), ("", "b", ""), ("1", "b", "")]), [TWO, TWO, TWO]);
    assert_eq!(verdicts(&[("1", "a", ""), ("2", "b", ""), ("1", "b", "")]), [TWO, SHARED, TWO]);
    assert_eq!(verdicts(&[("1", "a", ""), ("1", "b", ""), ("", "b", "")]), [TWO; 3]);
}

#[test]
fn who_is_present_in_any_row_is_present() {
    assert_eq!(verdicts(&[("1", "a", GONE), ("1", "a", "")]), [Taken, Repeated]);
    assert_eq!(verdicts(&[("1", "a", ""), ("1", "a", GONE)]), [Taken, Repeated]);
    assert_eq!(verdicts(&[("1", "a", GONE), ("1", "a", GONE)]), [Leaving, Repeated]);
}

#[test]
fn who_leaves_needs_no_address_and_who_is_present_does() {
    let gathered = gathered(&[("1", "", GONE), ("2", "", ""), ("3", "c", GONE)]);
    let verdicts: Vec<_> = gathered.verdicts.iter().map(|row| row.verdict).collect();
    assert_eq!(verdicts, [Leaving, NO_ADDRESS, Leaving]);
    assert_eq!(gathered.gone.iter().map(ExternalId::as_str).collect::<Vec<_>>(), ["1"]);
    assert_eq!(gathered.people.len(), 1);
}
