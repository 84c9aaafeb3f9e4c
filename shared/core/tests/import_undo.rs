//! What is taken back of an import: what it changed against how its people are now.

use std::collections::{BTreeMap, BTreeSet};

use listsync_core::{
    Timestamp,
    address::Address,
    contact::{Contact, ExternalId, Field, OptOut, OptOutReason, Via},
    grant::Lists,
    id::{ContactId, ImportId, ListId},
    import::{
        Keys,
        changes::{Former, Moved, Print, Touched},
        undo::{Change, Part, Present, Step, Undo, Verdict, WhyNot},
    },
    list::{OptOutRule, Origin, Standing},
    register::{Keeper, Person, Stance, Terms, Word},
};
use proptest::prelude::*;

const IMPORTED: i64 = 100;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("an instant")
}

fn list(id: &str) -> ListId {
    ListId::parse(id).expect("an id")
}

fn address(local: &str) -> Address {
    Address::parse(&format!("{local}@contoso.example")).expect("an address")
}

fn key(text: &str) -> ExternalId {
    ExternalId::parse(text).expect("a key")
}

fn no() -> OptOut {
    OptOut { reason: OptOutReason::Own, at: at(1), via: Via::Page }
}

fn field(value: &str, source: Origin, second: i64) -> Field {
    Field { value: value.to_owned(), source, at: at(second) }
}

fn stance(standing: Standing, origin: Origin, second: i64) -> Stance {
    let terms = Terms { opt_out: OptOutRule::Allowed, keeper: Keeper::People };
    Stance { terms, standing, origin, since: at(second), word: None }
}

fn anna() -> Contact {
    Contact::new(ContactId::parse("c1").expect("an id"), address("anna"))
}

fn on(contact: Contact, stance: Stance) -> Person {
    let mut person = Person::new(contact);
    person.stances.insert(list("l1"), stance);
    person
}

fn judged(touched: Touched, person: Option<&Person>, taken: &[&str]) -> Verdict {
    let taken: BTreeSet<ExternalId> = taken.iter().map(|text| key(text)).collect();
    let (list, rule, given) = (&list("l1"), OptOutRule::Allowed, &Lists::All);
    let change = Change { touched, at: at(IMPORTED) };
    change.judge(Present { person, list, rule, taken: &taken, given })
}

fn moved(from: Standing, to: Standing) -> Touched {
    Touched::known(anna().id, Some(Moved { from, to }), Former::Same).expect("a change")
}

#[test]
fn a_membership_is_taken_back_only_where_it_is_the_imports_still() {
    use Standing::{Absent, Member, OptedOut, Pending};
    let (joined, left) = (moved(Absent, Member), moved(Member, Absent));
    let (file, hand, own) = (Origin::Csv, Origin::Manual, Origin::Own);
    for (touched, now, word, expected) in [
        (&joined, stance(Member, file, IMPORTED), None, None),
        (&joined, stance(Member, file, IMPORTED + 1), None, Some(WhyNot::MovedSince)),
        (&joined, stance(Member, hand, IMPORTED), None, Some(WhyNot::MovedSince)),
        (&joined, stance(Member, file, IMPORTED), Some(Word::Yes), Some(WhyNot::Spoke)),
        (&joined, stance(OptedOut, own, 120), Some(Word::No(no())), Some(WhyNot::OptedOut)),
        (&joined, stance(Absent, file, 120), None, Some(WhyNot::AsBefore)),
        (&joined, stance(Pending, own, 120), None, Some(WhyNot::MovedSince)),
        (&left, stance(Absent, hand, IMPORTED), None, None),
        (&left, stance(Absent, hand, 120), None, Some(WhyNot::MovedSince)),
        (&left, stance(Absent, hand, IMPORTED), Some(Word::No(no())), Some(WhyNot::OptedOut)),
        (&left, stance(OptedOut, own, 120), None, Some(WhyNot::OptedOut)),
        (&left, stance(Member, hand, 120), None, Some(WhyNot::AsBefore)),
        (&moved(Pending, Absent), stance(Member, own, 120), None, Some(WhyNot::MovedSince)),
        (&moved(Pending, Absent), stance(Absent, own, IMPORTED), None, None),
    ] {
        let part =
            if touched.moved.is_some_and(|moved| moved.to == Member) { Part::Joined } else { Part::Left };
        let verdict = judged(touched.clone(), Some(&on(anna(), Stance { word, ..now })), &[]);
        assert_eq!(verdict.left.get(&part).copied(), expected, "{touched:?} {now:?}");
        assert_eq!(verdict.back.contains(&part), expected.is_none(), "{touched:?} {now:?}");
    }
    let refused = Contact { opted_out: Some(no()), ..anna() };
    let verdict = judged(left.clone(), Some(&on(refused, stance(Absent, hand, IMPORTED))), &[]);
    assert_eq!(verdict.left, BTreeMap::from([(Part::Left, WhyNot::OptedOut)]), "a no to all lists");
    assert_eq!(judged(left, None, &[]).left, BTreeMap::from([(Part::Left, WhyNot::Gone)]));
}

#[test]
fn details_become_what_they_were_where_nobody_changed_them_since() {
    let before = Contact {
        name: "Anna".to_owned(),
        external_id: Some(key("1")),
        fields: BTreeMap::from([
            ("kept".to_owned(), field("old", Origin::Manual, 5)),
            ("cleared".to_owned(), field("old", Origin::Csv, 6)),
        ]),
        ..anna()
    };
    let mut after = Contact {
        name: "Wrong".to_owned(),
        external_id: Some(key("2")),
        fields: BTreeMap::from([
            ("kept".to_owned(), field("new", Origin::Csv, IMPORTED)),
            ("fresh".to_owned(), field("new", Origin::Csv, IMPORTED)),
        ]),
        ..before.clone()
    };
    after.readdress(&address("wrong"), Origin::Csv);
    let touched =
        Touched::known(before.id.clone(), None, Former::between(&before, &after)).expect("a change");
    let member = stance(Standing::Member, Origin::Manual, 1);
    let field_part = |name: &str| Part::Field(name.to_owned());
    let all = [
        Part::Address,
        Part::Name,
        Part::Keys,
        field_part("kept"),
        field_part("cleared"),
        field_part("fresh"),
    ];
    let whole = judged(touched.clone(), Some(&on(after.clone(), member)), &[]);
    assert_eq!((whole.back.clone(), whole.left), (all.clone().into(), BTreeMap::new()));
    let step = Step {
        change: Change { touched: touched.clone(), at: at(IMPORTED) },
        verdict: Verdict { back: whole.back, left: BTreeMap::new() },
    };
    let restored = step.change_of(&on(after.clone(), member), &list("l1"), at(200)).person.contact;
    assert_eq!(Contact { version: before.version, ..restored }, before, "with who had set it, and when");

    let set = |name: &str, field: Field| {
        let mut fields = after.fields.clone();
        fields.insert(name.to_owned(), field);
        Contact { fields, ..after.clone() }
    };
    let readdressed = |to: &str| {
        let mut contact = after.clone();
        contact.readdress(&address(to), Origin::Manual);
        contact
    };
    for (now, taken, part, expected) in [
        (Contact { name: "Own".to_owned(), ..after.clone() }, &[][..], Part::Name, WhyNot::ChangedSince),
        (Contact { name: "Anna".to_owned(), ..after.clone() }, &[], Part::Name, WhyNot::AsBefore),
        (Contact { external_id: Some(key("3")), ..after.clone() }, &[], Part::Keys, WhyNot::ChangedSince),
        (after.clone(), &["1"], Part::Keys, WhyNot::KeyTaken),
        (Contact { aliases: BTreeSet::new(), ..after.clone() }, &[], Part::Address, WhyNot::AddressTaken),
        (readdressed("another"), &[], Part::Address, WhyNot::ChangedSince),
        (readdressed("anna"), &[], Part::Address, WhyNot::AsBefore),
        (set("kept", field("own", Origin::Manual, 150)), &[], field_part("kept"), WhyNot::ChangedSince),
        (set("kept", field("new", Origin::Manual, 150)), &[], field_part("kept"), WhyNot::ChangedSince),
        (set("kept", field("old", Origin::Manual, 150)), &[], field_part("kept"), WhyNot::AsBefore),
        (set("cleared", field("own", Origin::Csv, 150)), &[], field_part("cleared"), WhyNot::ChangedSince),
    ] {
        let verdict = judged(touched.clone(), Some(&on(now, member)), taken);
        assert_eq!(verdict.left.get(&part), Some(&expected), "{part}");
        assert_eq!(verdict.back.len(), all.len() - 1, "the others are taken back: {part}");
    }
}

#[test]
fn a_contact_is_deleted_only_where_nothing_of_it_is_anybody_elses() {
    let touched = Touched::made(anna().id, Print::of(&anna()));
    let member = stance(Standing::Member, Origin::Csv, IMPORTED);
    let with = |edit: fn(&mut Person)| {
        let mut person = on(anna(), member);
        edit(&mut person);
        person
    };
    for (person, expected) in [
        (with(|_| {}), None),
        (with(|person| person.contact.version.0 += 1), None),
        (with(|person| person.contact.name = "Own".to_owned()), Some(WhyNot::ChangedSince)),
        (with(|person| person.contact.aliases.extend([address("a")])), Some(WhyNot::ChangedSince)),
        (with(|person| person.contact.external_id = Some(key("1"))), Some(WhyNot::ChangedSince)),
        (with(|person| person.contact.opted_out = Some(no())), Some(WhyNot::Spoke)),
        (with(|person| person.erased = Some(no())), Some(WhyNot::Spoke)),
        (
            with(|person| person.stances.extend([(list("l2"), stance(Standing::Member, Origin::Own, 150))])),
            Some(WhyNot::OnAnotherList),
        ),
        (
            with(|person| person.stances.extend([(list("l2"), stance(Standing::Absent, Origin::Own, 150))])),
            Some(WhyNot::OnAnotherList),
        ),
        (on(anna(), stance(Standing::Member, Origin::Manual, 150)), Some(WhyNot::MovedSince)),
        (on(anna(), stance(Standing::Absent, Origin::Csv, 150)), None),
    ] {
        let verdict = judged(touched.clone(), Some(&person), &[]);
        assert_eq!(verdict.left.get(&Part::Contact).copied(), expected, "{person:?}");
        assert_eq!(verdict.back.contains(&Part::Contact), expected.is_none());
    }
    let gone = judged(touched, None, &[]);
    assert!(gone.back.is_empty() && gone.left.values().all(|why| *why == WhyNot::AsBefore));
}

#[test]
fn two_rows_of_one_import_are_one_change_and_a_digest_has_no_time() {
    let first = Touched::made(anna().id, Print(1));
    let second = moved(Standing::Member, Standing::Absent);
    let both = [first.clone(), second].map(|touched| Change { touched, at: at(IMPORTED) });
    let gathered = Undo::gathered(both);
    assert_eq!(gathered[&anna().id].touched, Touched { moved: None, ..first });
    let import = ImportId::parse("i1").expect("an id");
    let undo = |second, part| {
        let change = Change { touched: moved(Standing::Absent, Standing::Member), at: at(second) };
        let verdict = Verdict { back: [part].into(), left: BTreeMap::new() };
        Undo { steps: vec![Step { change, verdict }] }.digest(&import)
    };
    assert_eq!(undo(1, Part::Joined), undo(2, Part::Joined));
    assert_ne!(undo(1, Part::Joined), undo(1, Part::Name));
}

fn contacts() -> impl Strategy<Value = Contact> {
    let field = ("[ab]", 0..3_i64).prop_map(|(value, second)| field(&value, Origin::Csv, second));
    (
        "[ab]{0,1}",
        prop::option::of("[12]"),
        prop::collection::btree_map("[xyz]", field, 0..3),
        prop::sample::select(vec!["anna", "ann"]),
    )
        .prop_map(|(name, id, fields, local)| {
            let external_id = id.map(|id| key(&id));
            Contact { name, external_id, fields, address: address(local), ..anna() }
        })
}

proptest! {
    /// Whoever nobody touched since is who they were, whatever two rows of a file made of them.
    #[test]
    fn an_import_and_its_undo_leave_everybody_as_they_were(
        before in contacts(),
        (one, other) in (contacts(), contacts()),
        (was_member, rule) in (any::<bool>(), any::<bool>()),
    ) {
        let by_file = |from: &Contact, to: &Contact| {
            let mut after = Contact { name: to.name.clone(), external_id: to.external_id.clone(), ..from.clone() };
            after.readdress(&to.address, Origin::Csv);
            let set = |(name, field): (&String, &Field)| (name.clone(), Field { at: at(IMPORTED), ..field.clone() });
            let changed = to.fields.iter().filter(|(name, field)| {
                from.fields.get(*name).is_none_or(|own| own.value != field.value)
            });
            after.fields.retain(|name, _| to.fields.contains_key(name));
            after.fields.extend(changed.map(set));
            after
        };
        let between = by_file(&before, &one);
        let after = by_file(&between, &other);
        let stood = |is: bool| if is { Standing::Member } else { Standing::Absent };
        let turned = Moved { from: stood(was_member), to: stood(!was_member) };
        let first = Touched::known(anna().id, Some(turned), Former::between(&before, &between));
        let second = Touched::known(anna().id, None, Former::between(&between, &after));
        let changes = first.into_iter().chain(second).map(|touched| Change { touched, at: at(IMPORTED) });
        let gathered = Undo::gathered(changes);
        let change = gathered[&anna().id].clone();
        let person = on(after, stance(stood(!was_member), Origin::Csv, IMPORTED));
        let rule = if rule { OptOutRule::Allowed } else { OptOutRule::NotAllowed };
        let list = list("l1");
        let present = Present { person: Some(&person), list: &list, rule, taken: &BTreeSet::new(), given: &Lists::All };
        let verdict = change.judge(present);
        prop_assert!(verdict.left.values().all(|why| *why == WhyNot::AsBefore), "{:?}", verdict.left);
        let step = Step { change, verdict };
        let back = step.change_of(&person, &list, at(200)).person;
        prop_assert_eq!(back.stances[&list].standing, stood(was_member));
        let own = |contact: &Contact| (contact.address.clone(), contact.name.clone(), Keys::of(contact));
        prop_assert_eq!(own(&back.contact), own(&before));
        let values = |contact: &Contact| {
            contact.fields.iter().map(|(name, field)| (name.clone(), field.value.clone())).collect::<Vec<_>>()
        };
        prop_assert_eq!(values(&back.contact), values(&before));
    }
}
