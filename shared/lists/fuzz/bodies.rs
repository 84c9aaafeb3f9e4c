//! What is fuzzed: by libFuzzer in `fuzz_targets`, and with mutated samples in the crate's own tests.

use std::{collections::BTreeSet, io::Read};

use listsync_core::filter::{Attributes, Filter, Value, fold_name};
use listsync_lists::{
    AddressBy, Dates, Encoding, OptOutRule, Overrides, ParsedFile, Profile, Reading, StatusRule, Verdict,
    read, write_rejects,
};

/// No bytes make the reading of a file panic, each row has one verdict, nobody is taken twice, and how the bytes arrive
/// makes no difference. The first byte chooses the profile.
pub(crate) fn csv(bytes: &[u8]) {
    let Some((choice, bytes)) = bytes.split_first() else { return };
    let profile = profile(*choice).with(&overrides(*choice));
    let reading = Reading { profile: &profile, today: jiff::civil::date(2025, 6, 15) };
    let whole = read(bytes, reading, |_| {});
    let dripped = read(Dripping(bytes), reading, |_| {});
    match (whole, dripped) {
        (Ok(file), Ok(other)) => {
            assert_eq!(file, other, "how the bytes arrive makes no difference");
            accounted_for(&file);
            given_back(bytes, reading, &file);
        }
        (Err(one), Err(other)) => assert_eq!(one.to_string(), other.to_string()),
        (one, other) => panic!("{one:?} differs from {other:?}"),
    }
}

/// Profiles of people's own, as they are sent with a file.
const OWN: [&str; 2] = [
    include_str!("../../../tests/cases/hr/successfactors-profile.json"),
    include_str!("../../../tests/cases/hr/purview-profile.json"),
];

fn profile(choice: u8) -> Profile {
    let number = usize::from(choice) % (Profile::BUILT_IN.len() + OWN.len());
    match Profile::BUILT_IN.get(number) {
        Some(name) => Profile::named(name).expect("it is built in"),
        None => Profile::from_json(OWN[number - Profile::BUILT_IN.len()]).expect("a profile"),
    }
}

/// The high bits of the first byte choose what somebody says of the file besides.
fn overrides(choice: u8) -> Overrides {
    Overrides {
        status_rule: (choice & 0x80 != 0).then_some(StatusRule::PassedOver),
        opt_out_rule: (choice & 0x04 != 0).then_some(OptOutRule::PassedOver),
        address_by: (choice & 0x40 != 0).then_some(AddressBy::Cells),
        skip_rows: (choice & 0x20 != 0).then_some(1),
        encoding: (choice & 0x10 != 0).then_some(Encoding::Windows1252),
        dates: (choice & 0x08 != 0).then_some(Dates::DayFirst),
        ..Overrides::default()
    }
}

fn accounted_for(file: &ParsedFile) {
    let count = |is: fn(&Verdict) -> bool| file.verdicts.iter().filter(|row| is(&row.verdict)).count();
    let taken = count(|verdict| *verdict == Verdict::Taken);
    let leaving = count(|verdict| *verdict == Verdict::Leaving);
    assert_eq!(file.verdicts.len() as u64, file.rows);
    assert!(file.people.len() >= taken && file.people.len() + file.gone.len() >= taken + leaving);
    assert_eq!(file.repeated, count(|verdict| *verdict == Verdict::Repeated) as u64);
    assert_eq!(file.unreachable, count(|verdict| *verdict == Verdict::Unreachable) as u64);
    assert_eq!(file.not_yet, count(|verdict| *verdict == Verdict::NotYet) as u64);
    assert!(file.unreadable <= file.rejected.len() as u64);
    assert_eq!(file.rejected.len(), count(|verdict| matches!(verdict, Verdict::Rejected(_))));
    assert!(file.verdicts.is_sorted_by_key(|row| row.row));
    let (mut addresses, mut ids) = (BTreeSet::new(), BTreeSet::new());
    for person in file.people.iter() {
        assert!(addresses.insert(person.contact.address.clone()), "an address is of one person");
        for key in person.in_force().chain(person.ended()) {
            assert!(ids.insert(key.clone()), "an external id is of one person");
        }
    }
}

/// The rejected rows can be read again, and all of them are there.
fn given_back(bytes: &[u8], reading: Reading<'_>, file: &ParsedFile) {
    let mut rejects = Vec::new();
    let written = write_rejects(bytes, reading, file, &mut rejects).expect("the file is the same");
    assert_eq!(written, file.rejected.len() as u64);
    // Above the header of rejected rows stands nothing.
    if written > 0
        && reading.profile.skip_rows == 0
        && let Ok(again) = read(rejects.as_slice(), reading, |_| {})
    {
        assert!(again.rows + again.passed.len() as u64 >= written);
    }
}

/// A reader that gives a few bytes at a time.
struct Dripping<'a>(&'a [u8]);

impl Read for Dripping<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.0.len().min(buffer.len()).min(7);
        let (now, later) = self.0.split_at(count);
        buffer[..count].copy_from_slice(now);
        self.0 = later;
        Ok(count)
    }
}

/// No text makes a filter panic; what is one says the same when it is read again, and its negation the opposite.
pub(crate) fn filter(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Ok(filter) = Filter::parse(&text) else { return };
    let again: Filter =
        serde_json::from_str(&serde_json::to_string(&filter).expect("a text")).expect("a filter");
    assert_eq!(again, filter);
    let negated = Filter::parse(&format!("not ({filter})")).ok();
    for contact in
        [Contact::Nobody, Contact::Echo("Sales"), Contact::Echo("2024-01-01"), Contact::Echo("07.5e1")]
    {
        let matches = filter.matches(&contact);
        let explanation = filter.explain(&contact);
        assert_eq!(explanation.matches, matches);
        assert!(!explanation.to_string().is_empty());
        if let Some(negated) = &negated {
            assert_ne!(negated.matches(&contact), matches);
        }
    }
    for field in filter.fields() {
        assert_eq!(fold_name(field), field);
        assert!(filter.check(|known| known != field).is_err());
    }
    assert_eq!(filter.check(|_| true), Ok(()));
}

enum Contact {
    /// Has no value.
    Nobody,
    /// Has the same in every field.
    Echo(&'static str),
}

impl Attributes for Contact {
    fn get(&self, _: &str) -> Option<Value<'_>> {
        match self {
            Self::Nobody => None,
            Self::Echo(text) => Some((*text).into()),
        }
    }
}
