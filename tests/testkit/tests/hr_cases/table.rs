//! The table of cases, and what each of its steps has to come to.

use std::{collections::BTreeMap, fs, path::PathBuf};

use serde_json::Value;

use crate::{
    fixture::OneListFixture,
    way::{Answer, Incoming, Way},
};

/// Every case of the table.
pub(crate) fn cases() -> Vec<Value> {
    let text = fs::read_to_string(folder().join("cases.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Plays a case from its first file to its last.
pub(crate) async fn play(fixture: &OneListFixture, way: Way, case: &Value) {
    let incoming = way.open(fixture).await;
    for step in case["steps"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        check(&incoming, step, &format!("{name}, by {way:?}: {}", step["file"])).await;
    }
}

async fn check(incoming: &Incoming<'_>, step: &Value, what: &str) {
    let Answer { import, problems } = incoming.send(step, what).await;
    let mut expected: Vec<&str> =
        step["on_the_list"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    expected.sort_unstable();
    assert_eq!(incoming.members().await, expected, "{what}");
    for (name, count) in step["counts"].as_object().into_iter().flatten() {
        assert_eq!(import[name], *count, "{what}: {name}");
    }
    refused(&problems, &step["rejected"], what);
    for (field, told) in [("names", "name"), ("keys", "external_id")] {
        for (local, value) in pairs(&step[field]) {
            assert_eq!(incoming.contact(&local).await[told], value, "{what}: {field} of {local}");
        }
    }
    let read = import["report"]["leave_days"].as_array().unwrap();
    for (row, day) in pairs(&step["says"]["leave_days"]) {
        let row: u64 = row.parse().unwrap();
        let read = read.iter().find(|left| left["row"] == row);
        assert_eq!(read.map(|left| &left["day"]), Some(&Value::from(day)), "{what}, row {row}");
    }
}

/// The rows that were refused, each with a part of its reason.
fn refused(found: &BTreeMap<String, String>, expected: &Value, what: &str) {
    let expected = pairs(expected);
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{what}");
    for (row, part) in expected {
        assert!(found[&row].contains(&part), "{what}, row {row}: {}", found[&row]);
    }
}

fn pairs(value: &Value) -> BTreeMap<String, String> {
    let pairs = value.as_object().into_iter().flatten();
    pairs.map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned())).collect()
}

/// Where the files of the cases lie.
pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../cases/hr")
}
