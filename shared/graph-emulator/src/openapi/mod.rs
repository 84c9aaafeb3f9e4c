//! Checks requests and answers against a subset of Microsoft's OpenAPI description of Graph v1.0.
//!
//! The description is read where it lies and is no part of this package. It is stricter here than as written: an object
//! has only the properties that its schema names (annotations, which have an `@` in their name, aside), and an object
//! that names its type is checked as that type.

mod schema;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use jsonschema::Validator;
use serde_json::Value;

/// Where the description lies, seen from this package.
const PLACE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/graph-openapi/graph-v1-subset.json");

/// Query options that only continue a listing; the paging page describes them, the OpenAPI does not.
const CONTINUATIONS: &[&str] = &["$skiptoken", "$deltatoken"];

/// The description, ready to check with.
pub struct Subset {
    document: Value,
    definitions: Value,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is as described.
    Fits,
    /// The description has no such path.
    UnknownPath,
    /// It breaks the description, in these ways.
    Breaks(Vec<String>),
}

impl Verdict {
    fn of(problems: Vec<String>) -> Self {
        if problems.is_empty() { Self::Fits } else { Self::Breaks(problems) }
    }
}

impl Subset {
    /// The description from its usual place, or `None` if there is none.
    #[must_use]
    pub fn load() -> Option<Self> {
        Self::read(Path::new(PLACE))
    }

    /// The description from a file, or `None` if it cannot be read.
    #[must_use]
    pub fn read(path: &Path) -> Option<Self> {
        let document: Value = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
        let definitions = schema::definitions(&document["components"]["schemas"]);
        Some(Self { document, definitions, validators: Mutex::default() })
    }

    /// Whether a request is described: its path (below `/v1.0`), method, query options and body.
    #[must_use]
    pub fn check_request(&self, method: &str, path_and_query: &str, body: Option<&Value>) -> Verdict {
        let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
        let Some((template, item)) = self.item(path) else { return Verdict::UnknownPath };
        let Some(operation) = item.get(method.to_lowercase()) else {
            return Verdict::Breaks(vec![format!("{template} has no {method}")]);
        };
        let mut problems = self.check_query(operation, query);
        let described = self.resolve(&operation["requestBody"]);
        match (described.is_null(), body) {
            (true, None) => {}
            (true, Some(_)) => problems.push(format!("{method} {template} takes no body")),
            (false, None) => problems.push(format!("{method} {template} needs a body")),
            (false, Some(body)) => {
                problems.extend(self.check_body(&described["content"]["application/json"]["schema"], body));
            }
        }
        Verdict::of(problems)
    }

    /// Whether an answer is described, for the request's method and path. `body` is what was JSON.
    #[must_use]
    pub fn check_answer(
        &self,
        method: &str,
        path_and_query: &str,
        status: u16,
        body: Option<&Value>,
    ) -> Verdict {
        let path = path_and_query.split_once('?').map_or(path_and_query, |(path, _)| path);
        let Some((template, item)) = self.item(path) else { return Verdict::UnknownPath };
        let Some(operation) = item.get(method.to_lowercase()) else { return Verdict::UnknownPath };
        let class = format!("{}XX", status / 100);
        let exact = &operation["responses"][status.to_string()];
        let described = self.resolve(if exact.is_null() { &operation["responses"][&class] } else { exact });
        let json = &described["content"]["application/json"]["schema"];
        match (json.is_null(), body) {
            // The service answers 204 to changes of a group, although the description promises a body.
            (_, None) if status == 204 => Verdict::Fits,
            (true, None) => Verdict::Fits,
            (true, Some(body)) if body.is_number() && !described["content"]["text/plain"].is_null() => {
                Verdict::Fits
            }
            (true, Some(_)) => {
                Verdict::Breaks(vec![format!("{method} {template} {status} has no JSON body")])
            }
            (false, None) => Verdict::Breaks(vec![format!("{method} {template} {status} needs a body")]),
            (false, Some(body)) => {
                let mut problems = self.check_body(json, body);
                check_member_changes(body, &mut problems);
                Verdict::of(problems)
            }
        }
    }

    /// The path item that a path fits, and its template; one with fewer parameters is preferred.
    fn item(&self, path: &str) -> Option<(&str, &Value)> {
        let wanted: Vec<String> = path.split('/').skip(1).map(normal).collect();
        let paths = self.document["paths"].as_object()?;
        paths
            .iter()
            .filter(|(template, _)| {
                let parts: Vec<&str> = template.split('/').skip(1).collect();
                parts.len() == wanted.len() && parts.iter().zip(&wanted).all(|(part, text)| fits(part, text))
            })
            .min_by_key(|(template, _)| template.matches('{').count())
            .map(|(template, item)| (template.as_str(), item))
    }

    fn check_query(&self, operation: &Value, query: &str) -> Vec<String> {
        let parameters = operation["parameters"].as_array().map_or(&[][..], Vec::as_slice);
        let known: Vec<&str> = parameters
            .iter()
            .map(|parameter| self.resolve(parameter))
            .filter(|parameter| parameter["in"] == "query")
            .filter_map(|parameter| parameter["name"].as_str())
            .chain(CONTINUATIONS.iter().copied())
            .collect();
        query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split('=').next().unwrap_or_default().replace("%24", "$"))
            .filter(|name| !known.contains(&name.as_str()))
            .map(|name| format!("the query option {name} is not described"))
            .collect()
    }

    fn check_body(&self, schema: &Value, body: &Value) -> Vec<String> {
        match self.validator(schema) {
            Ok(validator) => validator
                .iter_errors(body)
                .map(|error| format!("{} at {}", error, error.instance_path()))
                .collect(),
            Err(reason) => vec![reason],
        }
    }

    fn validator(&self, schema: &Value) -> Result<Arc<Validator>, String> {
        let key = schema.to_string();
        let mut validators = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(validator) = validators.get(&key) {
            return Ok(Arc::clone(validator));
        }
        let whole = schema::closed(schema, &self.document["components"]["schemas"], &self.definitions);
        let validator =
            jsonschema::validator_for(&whole).map_err(|error| format!("the schema is invalid: {error}"))?;
        let validator = Arc::new(validator);
        validators.insert(key, Arc::clone(&validator));
        Ok(validator)
    }

    fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) {
            Some(pointer) => self.document.pointer(pointer).unwrap_or(&Value::Null),
            None => value,
        }
    }
}

/// A path segment in the spelling of the description.
fn normal(segment: &str) -> String {
    match segment {
        "delta" | "microsoft.graph.delta" | "microsoft.graph.delta()" => "delta()".to_owned(),
        other => other.strip_prefix("microsoft.").unwrap_or(other).replace("%27", "'"),
    }
}

/// Whether a segment fits its template, which may have one parameter.
fn fits(template: &str, segment: &str) -> bool {
    match (template.find('{'), template.rfind('}')) {
        (Some(open), Some(close)) => {
            let (head, tail) = (&template[..open], &template[close + 1..]);
            // Keys in parentheses and system segments are not ids.
            let special = head.is_empty() && segment.starts_with('$');
            segment.len() > head.len() + tail.len()
                && segment.starts_with(head)
                && segment.ends_with(tail)
                && !special
        }
        _ => template == segment,
    }
}

/// `members@delta`, which the description does not know ("Use delta query to track changes in groups").
fn check_member_changes(body: &Value, problems: &mut Vec<String>) {
    let rows = body["value"].as_array().into_iter().flatten();
    for member in rows.filter_map(|row| row["members@delta"].as_array()).flatten() {
        let known = member.as_object().is_some_and(|row| {
            row.keys().all(|key| ["@odata.type", "id", "@removed"].contains(&key.as_str()))
        });
        if !known || !member["id"].is_string() {
            problems.push(format!("a row of members@delta is {member}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn subset() -> Subset {
        let text = json!({
            "paths": {
                "/things/{thing-id}": {"get": {
                    "parameters": [{"name": "$select", "in": "query"}],
                    "responses": {"2XX": {"content": {"application/json": {"schema":
                        {"$ref": "#/components/schemas/thing"}}}}},
                }},
            },
            "components": {"schemas": {
                "base": {"type": "object", "properties": {"id": {"type": "string"}}},
                "thing": {"allOf": [
                    {"$ref": "#/components/schemas/base"},
                    {"type": "object", "properties": {"name": {"type": "string", "nullable": true}}},
                ]},
            }},
        });
        let directory = tempfile::tempdir().expect("there is a temporary directory");
        let path = directory.path().join("subset.json");
        std::fs::write(&path, text.to_string()).expect("it can be written");
        Subset::read(&path).expect("it can be read")
    }

    #[test]
    fn an_answer_with_described_properties_fits() {
        let body = json!({"id": "1", "name": null, "@odata.context": "x"});
        assert_eq!(subset().check_answer("GET", "/things/1", 200, Some(&body)), Verdict::Fits);
    }

    #[test]
    fn an_unknown_property_and_a_wrong_type_break_it() {
        for body in [json!({"id": "1", "colour": "red"}), json!({"id": 1})] {
            let verdict = subset().check_answer("GET", "/things/1", 200, Some(&body));
            assert!(matches!(verdict, Verdict::Breaks(_)), "{verdict:?}");
        }
    }

    #[test]
    fn an_unknown_option_breaks_a_request_and_an_unknown_path_is_said_to_be_so() {
        let subset = subset();
        assert_eq!(subset.check_request("GET", "/things/1?$select=id", None), Verdict::Fits);
        assert!(matches!(subset.check_request("GET", "/things/1?$top=1", None), Verdict::Breaks(_)));
        assert_eq!(subset.check_request("GET", "/others", None), Verdict::UnknownPath);
    }
}
