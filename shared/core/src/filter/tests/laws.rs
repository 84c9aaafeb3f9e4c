//! What holds of every filter and every contact.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Person, anna, filter};
use crate::filter::{Filter, Value};

/// A condition on the fields of [`any_person`].
fn any_condition() -> impl Strategy<Value = String> {
    let literal = prop_oneof![
        "[a-cA-C0-9]{0,3}".prop_map(|text| format!("\"{text}\"")),
        (0..30_i32).prop_map(|number| number.to_string()),
        Just("\"2024-01-01\"".to_owned()),
    ];
    let compared = ("[abc]", prop_oneof!["eq", "ne", "gt", "ge", "lt", "le"], literal)
        .prop_map(|(field, operator, literal)| format!("{field} {operator} {literal}"));
    prop_oneof![compared, "[abc] pr", "[abc] (co|sw|ew) \"[a-cA-C]{0,2}\"", "[abc] (eq|ne) (null|true|false)"]
}

fn any_filter() -> impl Strategy<Value = String> {
    any_condition().prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|one| format!("not ({one})")),
            (inner.clone(), inner.clone()).prop_map(|(one, two)| format!("({one}) and ({two})")),
            (inner.clone(), inner).prop_map(|(one, two)| format!("({one}) or ({two})")),
        ]
    })
}

fn any_person() -> impl Strategy<Value = Person> {
    let value =
        prop_oneof!["[a-cA-C0-9]{0,3}", Just("2024-01-01T00:00:00Z".to_owned()), Just("true".to_owned())];
    proptest::collection::btree_map("[abc]", value.prop_map(Value::from), 0..3).prop_map(Person)
}

proptest! {
    #[test]
    fn a_double_negation_changes_nothing(text in any_filter(), person in any_person()) {
        let plain = filter(&text).matches(&person);
        prop_assert_eq!(filter(&format!("not (not ({text}))")).matches(&person), plain);
        prop_assert_eq!(filter(&format!("not ({text})")).matches(&person), !plain);
    }

    #[test]
    fn the_laws_of_de_morgan_hold(one in any_filter(), two in any_filter(), person in any_person()) {
        let same = |left: String, right: String| {
            prop_assert_eq!(filter(&left).matches(&person), filter(&right).matches(&person));
            Ok(())
        };
        same(format!("not (({one}) and ({two}))"), format!("not ({one}) or not ({two})"))?;
        same(format!("not (({one}) or ({two}))"), format!("not ({one}) and not ({two})"))?;
    }

    #[test]
    fn an_explanation_has_the_outcome_and_its_facts_decide_it(text in any_filter(), person in any_person()) {
        let filter = filter(&text);
        let explanation = filter.explain(&person);
        prop_assert_eq!(explanation.matches, filter.matches(&person));
        prop_assert!(!explanation.because.is_empty());
    }

    #[test]
    fn of_less_equal_and_more_just_one_holds(literal in "[a-c0-9]{1,3}|2024-01-0[12]", value in "[a-cA-C0-9]{1,3}|2024-01-0[12]") {
        let person = Person(BTreeMap::from([("a".to_owned(), Value::from(value))]));
        let holds = |operator: &str| filter(&format!("a {operator} \"{literal}\"")).matches(&person);
        prop_assert_ne!(holds("lt"), holds("ge"));
        prop_assert_ne!(holds("gt"), holds("le"));
        prop_assert!(!(holds("lt") && holds("gt")));
        prop_assert_ne!(holds("eq"), holds("ne"));
        if holds("eq") {
            prop_assert!(holds("le") && holds("ge"));
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,200}", noise in "[a-c0-9 ().\\[\\]\"\\\\eqnotprandr:ä“-]{0,80}") {
        for text in [text, noise] {
            if let Ok(filter) = Filter::parse(&text) {
                prop_assert_eq!(&Filter::parse(filter.as_str()).unwrap(), &filter);
                let _ = filter.explain(&anna()).to_string();
            }
        }
    }
}
