//! Several operations in one request (RFC 7644, section 3.7). Each is a request of its own; one may name what another makes by
//! `bulkId:` and that one's id.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::{
    refusal::{Refusal, ScimType},
    values::{Object, get},
};

/// How many operations a request has at most.
pub const MOST_OPERATIONS: usize = 200;
/// How many bytes it has at most.
pub const MOST_BYTES: usize = 1024 * 1024;

/// What stands before the id of an operation whose resource is meant.
const MEANT: &str = "bulkId:";

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Makes a resource.
    Post,
    /// Replaces one.
    Put,
    /// Changes one.
    Patch,
    /// Deletes one.
    Delete,
}

impl Method {
    const ALL: [Self; 4] = [Self::Post, Self::Put, Self::Patch, Self::Delete];

    /// The word of HTTP for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// One operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// What it does.
    pub method: Method,
    /// The client's name for it, which each POST has.
    pub bulk_id: Option<String>,
    /// Which version of the resource it is for.
    pub version: Option<String>,
    /// The resource, such as `/Users/2819c223`, or the collection of one that is to be made.
    pub path: String,
    /// The body; null: none.
    pub data: Value,
}

impl Operation {
    fn read(document: &Value) -> Result<Self, Refusal> {
        let wrong = |detail: String| Err(Refusal::of(ScimType::InvalidSyntax, detail));
        let Some(object) = document.as_object() else { return wrong("an operation is an object".into()) };
        let text = |name| get(object, name).and_then(Value::as_str).map(str::to_owned);
        let word = text("method").unwrap_or_default();
        let known = Method::ALL.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(&word));
        let Some(method) = known else {
            return wrong("the method of an operation is POST, PUT, PATCH or DELETE".into());
        };
        let operation = Self {
            method,
            bulk_id: text("bulkId"),
            version: text("version"),
            path: text("path").unwrap_or_default(),
            data: object_of(object, "data"),
        };
        if method == Method::Post && operation.bulk_id.is_none() {
            return wrong("each POST of a bulk request has a bulkId".into());
        }
        if method != Method::Delete && !operation.data.is_object() {
            return wrong(format!("the data of a {} is an object", method.as_str()));
        }
        let is_of = |kind| operation.path.strip_prefix(kind).is_some_and(is_rest);
        if !["/Users", "/Groups"].into_iter().any(is_of) {
            return wrong("the path of an operation is that of users, of groups, or of one of them".into());
        }
        Ok(operation)
    }

    /// The ids of the operations whose resources it means.
    fn meant(&self) -> BTreeSet<&str> {
        let mut meant: BTreeSet<&str> =
            self.path.rsplit('/').filter_map(|part| part.strip_prefix(MEANT)).collect();
        collect(&self.data, &mut meant);
        meant
    }

    /// The same with the ids of the resources.
    fn resolved(mut self, made: &BTreeMap<String, String>) -> Self {
        let id = |text: &str| text.strip_prefix(MEANT).and_then(|meant| made.get(meant)).cloned();
        let part = |part: &str| id(part).unwrap_or_else(|| part.to_owned());
        self.path = self.path.split('/').map(part).collect::<Vec<_>>().join("/");
        replace(&mut self.data, &id);
        self
    }
}

/// Whether a path goes on behind its collection as one does: not at all, or with the id of a resource.
fn is_rest(rest: &str) -> bool {
    let is_id =
        |id: &str| !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.~:".contains(&b));
    rest.is_empty() || rest.strip_prefix('/').is_some_and(is_id)
}

fn object_of(object: &Object, name: &str) -> Value {
    get(object, name).cloned().unwrap_or(Value::Null)
}

fn collect<'a>(value: &'a Value, meant: &mut BTreeSet<&'a str>) {
    match value {
        Value::String(text) => meant.extend(text.strip_prefix(MEANT)),
        Value::Array(values) => values.iter().for_each(|value| collect(value, meant)),
        Value::Object(fields) => fields.values().for_each(|value| collect(value, meant)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn replace(value: &mut Value, id: &impl Fn(&str) -> Option<String>) {
    match value {
        Value::String(text) => {
            if let Some(id) = id(text) {
                *text = id;
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| replace(value, id)),
        Value::Object(fields) => fields.values_mut().for_each(|value| replace(value, id)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The operations of a request that are not done yet, and what the others made.
#[derive(Debug, Clone)]
pub struct Bulk {
    waiting: Vec<Operation>,
    made: BTreeMap<String, String>,
    /// How many may fail before the rest is left; none: however many.
    most_errors: Option<u64>,
    errors: u64,
}

impl Bulk {
    /// Reads a request.
    ///
    /// # Errors
    /// [`ScimType::InvalidSyntax`] when it is none, an operation is none, or two have one `bulkId`. Then nothing of it is done.
    pub fn read(document: &Value) -> Result<Self, Refusal> {
        let wrong = |detail: &str| Refusal::of(ScimType::InvalidSyntax, detail);
        let object = document.as_object().ok_or_else(|| wrong("a bulk request is an object"))?;
        let operations = get(object, "Operations").and_then(Value::as_array);
        let operations = operations.ok_or_else(|| wrong("a bulk request has Operations"))?;
        let waiting = operations.iter().map(Operation::read).collect::<Result<Vec<_>, _>>()?;
        let mut seen = BTreeSet::new();
        if !waiting.iter().filter_map(|one| one.bulk_id.as_ref()).all(|id| seen.insert(id)) {
            return Err(wrong("two operations have one bulkId"));
        }
        let most_errors = get(object, "failOnErrors").and_then(Value::as_u64).filter(|most| *most > 0);
        Ok(Self { waiting, made: BTreeMap::new(), most_errors, errors: 0 })
    }

    /// How many operations wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether none does.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The next operation, with the ids of what it means: the first whose means are made. Where no such is left, the first that
    /// is, and why it cannot be done. None: all is done, or too much failed.
    pub fn take(&mut self) -> Option<(Operation, Result<(), Refusal>)> {
        if self.most_errors.is_some_and(|most| self.errors >= most) {
            return None;
        }
        let can_be_done = |one: &Operation| one.meant().into_iter().all(|id| self.made.contains_key(id));
        if let Some(ready) = self.waiting.iter().position(can_be_done) {
            return Some((self.waiting.remove(ready).resolved(&self.made), Ok(())));
        }
        let first = (!self.waiting.is_empty()).then(|| self.waiting.remove(0))?;
        let detail = "it means by bulkId what no operation before it made";
        Some((first, Err(Refusal::of(ScimType::InvalidValue, detail))))
    }

    /// An operation was done; what it made has this id.
    pub fn done(&mut self, operation: &Operation, id: Option<&str>) {
        if let (Some(bulk_id), Some(id)) = (&operation.bulk_id, id) {
            self.made.insert(bulk_id.clone(), id.to_owned());
        }
    }

    /// An operation failed.
    pub fn failed(&mut self) {
        self.errors += 1;
    }
}

/// What became of an operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The HTTP status.
    pub status: u16,
    /// Where the resource is; none: there is none.
    pub location: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// The error's document, where it failed.
    pub error: Option<Value>,
}

impl Outcome {
    /// As the answer has it.
    #[must_use]
    pub fn told(&self, operation: &Operation) -> Value {
        let mut told = json!({"method": operation.method.as_str(), "status": self.status.to_string()});
        let texts =
            [("bulkId", &operation.bulk_id), ("location", &self.location), ("version", &self.version)];
        for (name, text) in texts {
            if let Some(text) = text {
                told[name] = json!(text);
            }
        }
        if let Some(error) = &self.error {
            told["response"] = error.clone();
        }
        told
    }
}

/// The answer to a request.
#[must_use]
pub fn answered(outcomes: Vec<Value>) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"], "Operations": outcomes})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(id: &str, data: Value) -> Value {
        json!({"method": "POST", "bulkId": id, "path": "/Groups", "data": data})
    }

    fn read(operations: &[Value]) -> Result<Bulk, Refusal> {
        Bulk::read(&json!({"Operations": operations}))
    }

    #[test]
    fn what_means_another_waits_for_it_and_gets_its_id() {
        let member = json!({"members": [{"value": "bulkId:b"}]});
        let delete = json!({"method": "DELETE", "path": "/Groups/bulkId:a"});
        let mut bulk = read(&[post("a", member), delete, post("b", json!({"x": 1}))]).expect("a request");
        let (second, ready) = bulk.take().expect("the one that means nobody");
        assert_eq!((second.bulk_id.as_deref(), ready), (Some("b"), Ok(())));
        bulk.done(&second, Some("id-b"));
        let (first, ready) = bulk.take().expect("the one that means it");
        assert_eq!((&first.data["members"][0]["value"], ready), (&json!("id-b"), Ok(())));
        bulk.done(&first, Some("id-a"));
        assert_eq!(bulk.take().map(|(last, _)| last.path).as_deref(), Some("/Groups/id-a"));
        assert!(bulk.is_empty() && bulk.take().is_none());
    }

    #[test]
    fn who_means_what_never_comes_is_refused_alone() {
        let mean = |id| json!({"members": [{"value": format!("bulkId:{id}")}]});
        let mut bulk =
            read(&[post("a", mean("b")), post("b", mean("a")), post("c", mean("z"))]).expect("one");
        for id in ["a", "b", "c"] {
            let (operation, ready) = bulk.take().expect("each is told of");
            assert_eq!(operation.bulk_id.as_deref(), Some(id));
            assert_eq!(ready.map_err(|refusal| refusal.kind), Err(ScimType::InvalidValue));
        }
    }

    #[test]
    fn too_many_failures_end_it() {
        let request = json!({"failOnErrors": 1, "Operations": [post("a", json!({"x": 1})), post("b", json!({"x": 1}))]});
        let mut bulk = Bulk::read(&request).expect("a request");
        assert!(bulk.take().is_some());
        bulk.failed();
        assert!(bulk.take().is_none() && bulk.len() == 1);
    }

    #[test]
    fn what_is_no_operation_refuses_the_whole_request() {
        let data = json!({"x": 1});
        for wrong in [
            json!({"method": "GET", "path": "/Users/1"}),
            json!({"method": "POST", "path": "/Users", "data": data}),
            json!({"method": "PUT", "path": "/Users/1"}),
            json!({"method": "POST", "bulkId": "a", "path": "/Bulk", "data": data}),
            json!({"method": "DELETE", "path": "/Users/../Groups/1"}),
            json!({"method": "DELETE", "path": "/Users/1?x=1"}),
            json!({"method": "DELETE", "path": "/UsersX"}),
            json!("DELETE"),
        ] {
            let refused = read(&[post("z", data.clone()), wrong.clone()]).expect_err("no operation");
            assert_eq!(refused.kind, ScimType::InvalidSyntax, "{wrong}");
        }
        assert!(read(&[post("a", data.clone()), post("a", data)]).is_err());
        assert!(Bulk::read(&json!({})).is_err() && Bulk::read(&json!([])).is_err());
    }
}
