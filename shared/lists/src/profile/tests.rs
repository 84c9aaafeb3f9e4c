#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::Mapping;

#[test]
fn each_built_in_profile_is_known_by_its_name_and_contradicts_nothing() {
    for name in Profile::BUILT_IN {
        let profile = Profile::named(name).unwrap();
        assert_eq!(profile.name, name);
        assert_eq!(profile.clone().check().unwrap(), profile);
    }
    assert_eq!(Profile::named("other"), None);
}

#[test]
fn an_own_profile_is_a_document_of_which_only_the_name_must_be_there() {
    let least = Profile::from_json(r#"{"name": "own"}"#).unwrap();
    assert_eq!(least, Profile { name: "own".to_owned(), encoding: Encoding::Auto, ..Profile::generic() });
    let full = Profile::from_json(
        r#"{
          "name": "our-hr",
          "columns": {
            "address": ["Work Email", "E-Mail"], "given_name": "First", "family_name": "Last",
            "external_id": "No", "status": "State", "status_date": "Last Day", "fields": {"department": "Dept"}
          },
          "others": "drop", "delimiter": "tab", "quote": "'", "encoding": "windows-1252", "dates": "day_first",
          "status_words": {"active": ["aktiv"], "leave": ["Elternzeit"], "terminated": ["ausgetreten"]},
          "grace_days": 14, "mode": "full"
        }"#,
    )
    .unwrap();
    assert_eq!(full.columns.address.0, ["Work Email", "E-Mail"]);
    assert_eq!(full.columns.fields["department"].0, ["Dept"]);
    assert_eq!((full.delimiter, full.quote), (Delimiter::Byte(b'\t'), Quote::Single));
    assert_eq!((full.encoding, full.dates), (Encoding::Windows1252, Dates::DayFirst));
    assert_eq!((full.grace_days, full.mode), (14, Some(ImportMode::Full)));
    let again = serde_json::to_string(&full).unwrap();
    assert_eq!(Profile::from_json(&again).unwrap(), full);
}

#[test]
fn a_document_that_is_no_profile_is_refused_with_the_reason() {
    for (text, said) in [
        ("email=Work", "cannot be read"),
        (r#"{"columns": {}}"#, "name"),
        (r#"{"name": ""}"#, "not empty"),
        (r#"{"name": "workday"}"#, "not built in"),
        (r#"{"name": "x", "colums": {}}"#, "colums"),
        (r#"{"name": "x", "columns": {"mail": "E"}}"#, "mail"),
        (r#"{"name": "x", "columns": {"given_name": "E"}}"#, "both"),
        (r#"{"name": "x", "delimiter": "a"}"#, "no delimiter"),
        (r#"{"name": "x", "encoding": "utf-16"}"#, "utf-16"),
        (r#"{"name": "x", "status_words": {"active": ["On"], "leave": ["on "]}}"#, "two groups"),
        (r#"{"name": "x", "grace_days": -1}"#, "cannot be read"),
    ] {
        let error = Profile::from_json(text).unwrap_err().to_string();
        assert!(error.contains(said), "{text}: {error}");
    }
}

#[test]
fn a_mapping_goes_before_the_profile() {
    let mapping: Mapping = "email=Private,external_id=No".parse().unwrap();
    let profile = Profile::named("workday").unwrap().mapped(&mapping);
    assert_eq!(profile.columns.address.0, ["Private"]);
    assert_eq!(profile.columns.external_id.0, ["No"]);
    assert_eq!(profile.columns.name, Profile::named("workday").unwrap().columns.name);
}
