//! The OpenAPI document is sound, and says what the core's values look like.

use std::{collections::BTreeSet, fs, path::Path};

use listsync_core::{place::Place, plan::Plan, summary::Summary};
use listsync_testkit::sample;
use serde_json::{Value, json};

use crate::stage::{Stage, options};

/// Judges a value by a component of the document. Nothing may be there that it does not name.
pub(crate) fn judge(component: &str, value: &Value) {
    let document = listsync_http::openapi();
    let mut schema = json!({"$ref": format!("#/components/schemas/{component}")});
    schema["components"] = document["components"].clone();
    let judged = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<String> =
        judged.iter_errors(value).map(|error| format!("{error} at {}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{component}: {errors:?}");
    let named: BTreeSet<&str> = document["components"]["schemas"][component]["properties"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let given: BTreeSet<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(given, named, "{component}");
}

/// A value with lines of its own down to this depth: one for each operation and schema.
fn written(value: &Value, depth: u8) -> String {
    match value {
        Value::Object(fields) if depth > 0 && !fields.is_empty() => {
            let line = |(name, value): (&String, &Value)| {
                format!("{}:{}", Value::from(name.as_str()), written(value, depth - 1))
            };
            format!("{{\n{}\n}}", fields.iter().map(line).collect::<Vec<_>>().join(",\n"))
        }
        _ => value.to_string(),
    }
}

/// What is answered at `/openapi.json`. After a change of the handlers this fails once, and mends the file.
#[tokio::test]
async fn what_is_answered_is_what_the_handlers_say() {
    let shown = Stage::new(options()).await.ask("GET", "/openapi.json").expect(200).await;
    let made = listsync_http::openapi();
    if shown != made {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/openapi.json");
        fs::write(&path, written(&made, 3) + "\n").unwrap();
        panic!("the handlers say something else: src/openapi.json is written anew. Read what changed in it");
    }
}

#[test]
fn summaries_and_plans_look_as_the_document_says() {
    let link = sample::link_id("link");
    let summary = Summary {
        place: Some(Place::entra(sample::group("staff"))),
        ..sample::summary("run", &link, sample::moment(0))
    };
    judge("Summary", &serde_json::to_value(summary).unwrap());
    judge("Plan", &serde_json::to_value(Plan::empty(link)).unwrap());
}

/// The parts of every `allOf` within a document.
fn parts(value: &Value) -> Vec<&Value> {
    let own = value.get("allOf").and_then(Value::as_array).into_iter().flatten();
    let within: Vec<&Value> = match value {
        Value::Array(each) => each.iter().collect(),
        Value::Object(fields) => fields.values().collect(),
        _ => Vec::new(),
    };
    own.chain(within.into_iter().flat_map(parts)).collect()
}

#[test]
fn no_part_of_a_document_has_words_alone_which_generators_take_for_no_other_field() {
    let document = listsync_http::openapi();
    let parts = parts(&document);
    assert!(parts.len() > 10, "documents have parts");
    for part in parts {
        assert!(
            part["$ref"].is_string() || part["properties"].is_object() || part["oneOf"].is_array(),
            "{part}"
        );
    }
}

#[test]
fn headers_of_versions_and_places_are_described_and_rows_have_names() {
    let document = listsync_http::openapi();
    let (mut tagged, mut placed) = (BTreeSet::new(), BTreeSet::new());
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["security"].is_array(), "{method} {path}: who may call it is said");
            for (status, answer) in operation["responses"].as_object().unwrap() {
                let name = format!("{method} {path} {status}");
                if answer["headers"]["ETag"].is_object() {
                    tagged.insert(name.clone());
                }
                if status == "201" && answer["headers"]["Location"].is_object() {
                    placed.insert(name);
                }
            }
        }
    }
    assert_eq!(
        tagged.iter().map(String::as_str).collect::<Vec<_>>(),
        [
            "get /v1/contacts/{contact} 200",
            "get /v1/lists/{list} 200",
            "get /v1/settings 200",
            "patch /v1/contacts/{contact} 200",
            "patch /v1/lists/{list} 200",
            "patch /v1/settings 200",
            "post /v1/contacts 201",
            "post /v1/contacts/{contact}/merge 200",
            "post /v1/lists 201",
        ]
    );
    assert_eq!(
        placed.iter().map(String::as_str).collect::<Vec<_>>(),
        [
            "post /v1/contacts 201",
            "post /v1/links 201",
            "post /v1/lists 201",
            "post /v1/lists/{list}/imports 201",
        ]
    );
    let tags: BTreeSet<&str> =
        document["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    let operations =
        document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap());
    let used: BTreeSet<&str> =
        operations.map(|(_, operation)| operation["tags"][0].as_str().unwrap()).collect();
    assert_eq!(tags, used);
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        if name.starts_with("Page_") {
            assert!(schema["properties"]["items"]["items"]["$ref"].is_string(), "{name}");
        }
    }
}

#[test]
fn every_answer_and_every_parameter_is_described() {
    let document = listsync_http::openapi();
    assert_eq!(document["openapi"], "3.1.0");
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = format!("{method} {path}");
            assert!(
                ids.insert(operation["operationId"].to_string()),
                "{name}: its operationId is another's, too"
            );
            assert!(!operation["summary"].as_str().unwrap_or_default().is_empty(), "{name}");
            for (status, answer) in operation["responses"].as_object().unwrap() {
                assert!(!answer["description"].as_str().unwrap_or_default().is_empty(), "{name} {status}");
            }
            let parameters = operation["parameters"].as_array().map_or(&[][..], Vec::as_slice);
            for parameter in parameters {
                assert!(parameter["description"].is_string(), "{name}: {}", parameter["name"]);
            }
            let templated = path.matches('{').count();
            assert_eq!(parameters.iter().filter(|one| one["in"] == "path").count(), templated, "{name}");
        }
    }
}
