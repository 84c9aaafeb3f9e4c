//! What filters mean, as tables.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod laws;

use std::collections::BTreeMap;

use super::{Attributes, Expected, Filter, FilterError, Value, fold_name};

/// Fields by folded name.
#[derive(Debug)]
struct Person(BTreeMap<String, Value<'static>>);

impl Attributes for Person {
    fn get(&self, field: &str) -> Option<Value<'_>> {
        self.0.get(field).cloned()
    }
}

fn person(fields: &[(&str, &str)]) -> Person {
    let mut fields: BTreeMap<_, _> =
        fields.iter().map(|(name, value)| (fold_name(name), Value::from((*value).to_owned()))).collect();
    fields.insert("external".to_owned(), true.into());
    Person(fields)
}

fn anna() -> Person {
    person(&[
        ("department", "Sales"),
        ("location", "Genève"),
        ("Cost Center", "4711"),
        ("custom.costCenter", "0815"),
        ("level", "10"),
        ("share", "0.5"),
        ("hired", "2024-03-01"),
        ("changed", "2024-03-01T12:00:00+02:00"),
        ("remote", "TRUE"),
        ("team", ""),
        ("note", "  "),
    ])
}

fn filter(text: &str) -> Filter {
    Filter::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn table(rows: &[(&str, bool)]) {
    for (text, expected) in rows {
        assert_eq!(filter(text).matches(&anna()), *expected, "{text}");
        let negated = filter(&format!("not ({text})"));
        assert_eq!(negated.matches(&anna()), !*expected, "not ({text})");
    }
}

#[test]
fn each_operator_compares_texts_without_regard_to_case() {
    table(&[
        ("department eq \"sales\"", true),
        ("DEPARTMENT EQ \"SALES\"", true),
        ("department eq \"sale\"", false),
        ("department ne \"Legal\"", true),
        ("department ne \"SALES\"", false),
        ("department co \"ALE\"", true),
        ("department co \"x\"", false),
        ("department sw \"sal\"", true),
        ("department sw \"les\"", false),
        ("department ew \"LES\"", true),
        ("department ew \"sal\"", false),
        ("department pr", true),
        ("department gt \"Legal\"", true),
        ("department gt \"sales\"", false),
        ("department ge \"SALES\"", true),
        ("department ge \"Tax\"", false),
        ("department lt \"tax\"", true),
        ("department lt \"Sales\"", false),
        ("department le \"Sales\"", true),
        ("department le \"Legal\"", false),
    ]);
}

#[test]
fn texts_are_compared_in_one_unicode_form() {
    table(&[
        ("location eq \"gene\\u0300ve\"", true),
        ("location sw \"GENÈ\"", true),
        ("location sw \"GENE\\u0300\"", true),
        ("location eq \"Geneve\"", false),
    ]);
}

#[test]
fn a_missing_value_meets_no_comparison_and_a_blank_one_is_missing() {
    for field in ["missing", "team", "note"] {
        for operator in ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"] {
            table(&[(&format!("{field} {operator} \"x\""), false)]);
        }
        table(&[
            (&format!("{field} pr"), false),
            (&format!("{field} eq null"), true),
            (&format!("{field} ne null"), false),
            (&format!("{field} eq \"\""), true),
            (&format!("{field} ne \"\""), false),
            (&format!("{field} eq true"), false),
            (&format!("{field} ne 4"), false),
            (&format!("{field} co \"\""), false),
        ]);
    }
    table(&[("department eq null", false), ("department ne null", true), ("department co \"\"", true)]);
}

#[test]
fn numbers_compare_as_numbers_and_quoted_keys_as_texts() {
    table(&[
        ("level eq 10", true),
        ("level eq 10.0", true),
        ("level eq 1e1", true),
        ("level ne 10.0", false),
        ("level gt 9", true),
        ("level lt 9", false),
        ("level ge 10", true),
        ("level le -1", false),
        ("level gt \"9\"", true),
        ("level lt \"9\"", false),
        ("level eq \"10\"", true),
        ("level eq \"10.0\"", false),
        ("share lt 1", true),
        ("share eq 0.50", true),
        ("custom.costCenter eq 815", true),
        ("custom.costCenter eq \"815\"", false),
        ("custom.costCenter eq \"0815\"", true),
        ("department eq 7", false),
        ("department ne 7", true),
        ("level sw \"1\"", true),
    ]);
}

#[test]
fn whole_numbers_are_exact_beyond_what_a_fraction_holds() {
    let person = person(&[("id", "9007199254740993")]);
    assert!(filter("id eq 9007199254740993").matches(&person));
    assert!(!filter("id eq 9007199254740992").matches(&person));
    assert!(filter("id gt 9007199254740992").matches(&person));
}

#[test]
fn dates_compare_as_instants_where_both_sides_are_dates() {
    table(&[
        ("hired eq \"2024-03-01\"", true),
        ("hired eq \"2024-03-01T00:00:00Z\"", true),
        ("hired eq \"2024-03-01T01:00:00+01:00\"", true),
        ("hired eq \"2024-03-01T00:00:00\"", true),
        ("hired ne \"2024-02-29T24:00:00Z\"", true),
        ("hired lt \"2024-03-01T00:00:01Z\"", true),
        ("hired gt \"2024-02-29T23:59:59Z\"", true),
        ("hired ge \"2024-03-01\"", true),
        ("changed eq \"2024-03-01T10:00:00Z\"", true),
        ("changed gt \"2024-03-01\"", true),
        ("changed lt \"2024-03-02\"", true),
        ("changed ge \"2024-03-01T10:00:00.001Z\"", false),
        ("hired sw \"2024-03\"", true),
        ("department gt \"2024-01-01\"", true),
        ("hired eq \"2024-02-30\"", false),
    ]);
}

#[test]
fn yes_and_no_are_the_same_with_and_without_quotes() {
    table(&[
        ("external eq true", true),
        ("external eq \"True\"", true),
        ("external ne true", false),
        ("external eq false", false),
        ("external pr", true),
        ("remote eq true", true),
        ("remote ne false", true),
        ("department eq true", false),
        ("department ne true", true),
    ]);
}

#[test]
fn and_binds_more_than_or_and_parentheses_more_than_both() {
    let (yes, no) = ("department pr", "missing pr");
    table(&[
        (&format!("{yes} or {yes} and {no}"), true),
        (&format!("({yes} or {yes}) and {no}"), false),
        (&format!("{no} and {no} or {yes}"), true),
        (&format!("{no} and ({no} or {yes})"), false),
        (&format!("not ({no}) and {yes}"), true),
        (&format!("not ({no} or {yes})"), false),
        (&format!("{yes} OR {no} AND NOT ({yes})"), true),
        (&format!("  {yes}\tand\n{yes}  "), true),
    ]);
}

#[test]
fn a_field_is_found_however_its_name_is_written() {
    table(&[
        ("CostCenter eq \"4711\"", true),
        ("cost_center eq \"4711\"", true),
        ("cost-center eq \"4711\"", true),
        ("Custom.Cost_Center eq \"0815\"", true),
    ]);
    let fields = filter("Cost_Center pr or custom.costCenter pr and COSTCENTER pr");
    assert_eq!(fields.fields().into_iter().collect::<Vec<_>>(), ["costcenter", "custom.costcenter"]);
}

#[test]
fn an_unknown_field_is_an_error_and_named_as_it_was_written() {
    let known = |field: &str| ["department", "costcenter"].contains(&field);
    assert_eq!(filter("department pr and cost_center pr").check(known), Ok(()));
    let error = filter("department pr and not (Departmnt eq \"Sales\")").check(known).unwrap_err();
    assert_eq!(error, FilterError::UnknownField { field: "Departmnt".into() });
    assert!(error.to_string().contains("'Departmnt'"));
}

#[test]
fn what_is_no_filter_is_refused_with_the_place_and_what_belongs_there() {
    use Expected::{Condition, Link, Operator, SpaceAfterNot, Token, Value};
    for (text, position, expected) in [
        ("department == \"Sales\"", 12, Token),
        ("department = \"Sales\"", 12, Token),
        ("department eq 'Sales'", 15, Token),
        ("department eq “Sales”", 15, Token),
        ("department eq Sales", 15, Value),
        ("  département pr", 4, Token),
        ("department is \"Sales\"", 12, Operator),
        ("department eq eq \"x\"", 15, Value),
        ("a pr b pr", 6, Link),
        ("a pr, b pr", 5, Token),
        ("a pr) or b pr", 5, Link),
        ("not(a pr)", 4, SpaceAfterNot),
        ("a eq \"ä\" and ä pr", 14, Token),
        ("\"a\" eq 1", 1, Condition),
        ("a eq \"x", 6, Token),
    ] {
        match Filter::parse(text).unwrap_err() {
            FilterError::Unexpected { position: at, expected: what, .. } => {
                assert_eq!((at, what), (position, expected), "{text}");
            }
            other => panic!("{text}: {other:?}"),
        }
    }
    for (text, expected) in
        [("department", Operator), ("(a pr", Link), ("a eq", Operator), ("not (a pr) or (", Condition)]
    {
        let found = Filter::parse(text).unwrap_err();
        let place = matches!(found, FilterError::Unexpected { expected: what, .. } | FilterError::Incomplete { expected: what } if what == expected);
        assert!(place, "{text}: {found:?}");
    }
}

#[test]
fn what_is_not_supported_is_refused_by_name() {
    for (text, code, said) in [
        ("", "filter_empty", "write a condition"),
        ("  \n", "filter_empty", "write a condition"),
        ("emails[type eq \"work\"]", "filter_value_path", "emails[…] is not supported"),
        ("a pr and emails[type eq \"work\"]", "filter_value_path", "one value per field"),
        ("a.b.c pr", "filter_field_name", "'a.b.c'"),
        ("urn:ietf:params:scim:schemas:core:2.0:User:userName pr", "filter_field_name", "without a schema"),
        ("a gt true", "filter_operator", "eq and ne"),
        ("a co null", "filter_operator", "eq and ne"),
        ("a sw 41", "filter_operator", "in double quotes"),
        ("a eq \"\\x\"", "filter_value", "backslash"),
        ("a eq 1e999", "filter_value", "finite"),
    ] {
        let error = Filter::parse(text).unwrap_err();
        assert_eq!(error.code(), code, "{text}");
        assert!(error.to_string().contains(said), "{error}");
    }
}

#[test]
fn four_kibibytes_are_taken_and_one_byte_more_is_not() {
    let longest = format!("a eq \"{}\"", "x".repeat(Filter::MAX_BYTES - 7));
    assert_eq!(longest.len(), Filter::MAX_BYTES);
    assert!(Filter::parse(&longest).is_ok());
    let error = Filter::parse(&format!("{longest} ")).unwrap_err();
    assert_eq!(error, FilterError::TooLong { bytes: Filter::MAX_BYTES + 1 });
}

#[test]
fn deep_nesting_is_refused_and_64_levels_are_not() {
    let nested = |open: &str, levels: usize| format!("{}a pr{}", open.repeat(levels), ")".repeat(levels));
    for (open, levels) in [("(", 64), ("not (", 62)] {
        assert!(Filter::parse(&nested(open, levels)).is_ok(), "{open}");
    }
    for (open, levels) in [("(", 65), ("not (", 65), ("(", 2_000), ("not (", 680)] {
        let error = Filter::parse(&nested(open, levels)).unwrap_err();
        assert_eq!(error, FilterError::TooDeep { limit: 64 }, "{open} {levels}");
    }
    assert!(Filter::parse(&"(".repeat(Filter::MAX_BYTES)).is_err());
}

#[test]
fn as_many_conditions_as_fit_are_taken() {
    let wide = vec!["a pr"; 500].join(" or ");
    assert!(Filter::parse(&wide).unwrap().matches(&person(&[("a", "x")])));
}

#[test]
fn a_filter_is_kept_as_its_text() {
    let one = filter("  department eq \"S\\u0061les\" ");
    assert_eq!(one.to_string(), "department eq \"S\\u0061les\"");
    let json = serde_json::to_string(&one).unwrap();
    assert_eq!(serde_json::from_str::<Filter>(&json).unwrap(), one);
    assert!(serde_json::from_str::<Filter>("\"department\"").is_err());
}

#[test]
fn an_explanation_names_what_decided() {
    for (text, expected) in [
        ("department eq \"SALES\"", "matches: department is \"Sales\""),
        ("department eq \"Legal\"", "does not match: department is \"Sales\", not \"Legal\""),
        ("department ne \"Legal\"", "matches: department is \"Sales\", not \"Legal\""),
        ("department ne \"sales\"", "does not match: department is \"Sales\""),
        ("missing eq \"x\"", "does not match: missing has no value"),
        ("department eq null", "does not match: department is \"Sales\""),
        ("Team eq null", "matches: Team has no value"),
        ("level ge 9", "matches: level is \"10\", which is at least 9"),
        ("level lt 9", "does not match: level is \"10\", which is not less than 9"),
        ("external eq true", "matches: external is \"true\""),
        (
            "department pr and location sw \"Gen\"",
            "matches: department is \"Sales\"; location is \"Genève\", which starts with \"Gen\"",
        ),
        (
            "department eq \"Sales\" and location sw \"B\" and team pr",
            "does not match: location is \"Genève\", which does not start with \"B\"; team has no value",
        ),
        ("department eq \"Legal\" or level eq 10", "matches: level is \"10\""),
        ("not (department eq \"Legal\")", "matches: department is \"Sales\", not \"Legal\""),
    ] {
        let anna = anna();
        let explanation = filter(text).explain(&anna);
        assert_eq!(explanation.to_string(), expected, "{text}");
    }
    let json = serde_json::to_value(filter("level eq 10").explain(&anna())).unwrap();
    assert_eq!(json, serde_json::json!({"matches": true, "because": ["level is \"10\""]}));
}
