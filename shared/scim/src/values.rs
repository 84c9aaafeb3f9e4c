//! JSON as SCIM reads it: names without regard to case (RFC 7643, section 2.1), and null and an empty list as no value
//! (section 2.5).

use serde_json::{Map, Value};

/// A JSON object.
pub(crate) type Object = Map<String, Value>;

/// The value of a name.
pub(crate) fn get<'a>(object: &'a Object, name: &str) -> Option<&'a Value> {
    let found = object
        .get(name)
        .or_else(|| object.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value));
    found.filter(|value| !is_unassigned(value))
}

/// The name under which an object has it, or else the name as it is given.
pub(crate) fn own_name(object: &Object, name: &str) -> String {
    object.keys().find(|own| own.eq_ignore_ascii_case(name)).map_or(name, String::as_str).to_owned()
}

/// Whether a value is as good as none.
pub(crate) fn is_unassigned(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(values) => values.is_empty(),
        Value::Object(fields) => fields.values().all(is_unassigned),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// A truth, also in quotes and in whatever case: Entra sends `"False"` (Microsoft Learn, "Known issues and resolutions with SCIM
/// 2.0 protocol compliance", "Requests to disable users").
pub(crate) fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}
