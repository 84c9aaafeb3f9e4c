//! References to objects in request bodies and paths.

use serde_json::Value;

use crate::errors::Refusal;
use crate::exchange::Call;
use crate::state::ObjectId;

/// The most links that one request may change.
pub(crate) const MAX_LINKS: usize = 20;

const GRAPH: &str = "https://graph.microsoft.com/v1.0";
const SETS: &[&str] = &["directoryObjects", "users", "groups", "devices", "servicePrincipals", "contacts"];

/// An object id in a path.
pub(crate) fn path_id(text: &str) -> Result<ObjectId, Refusal> {
    parse(text).ok_or_else(|| Refusal::invalid_id(text))
}

/// The object that a URL such as `https://graph.microsoft.com/v1.0/directoryObjects/{id}` refers to.
pub(crate) fn target(call: &Call, value: &Value) -> Result<ObjectId, Refusal> {
    let invalid = || Refusal::bad_request("Invalid URL format specified in an object reference.");
    let url = value.as_str().ok_or_else(invalid)?;
    let rest = url.strip_prefix(GRAPH).or_else(|| url.strip_prefix(&call.base)).ok_or_else(invalid)?;
    let (set, id) = rest.strip_prefix('/').and_then(|rest| rest.split_once('/')).ok_or_else(invalid)?;
    if !SETS.contains(&set) {
        return Err(invalid());
    }
    parse(id).ok_or_else(invalid)
}

/// The objects of a `...@odata.bind` array.
pub(crate) fn targets(call: &Call, value: &Value) -> Result<Vec<ObjectId>, Refusal> {
    let urls = value
        .as_array()
        .filter(|urls| !urls.is_empty())
        .ok_or_else(|| Refusal::bad_request("An array of object references is expected."))?;
    if urls.len() > MAX_LINKS {
        return Err(too_many());
    }
    urls.iter().map(|url| target(call, url)).collect()
}

pub(crate) fn too_many() -> Refusal {
    Refusal::bad_request(format!("A resource cannot contain more than {MAX_LINKS} link changes."))
}

/// Only the form with hyphens is an id.
fn parse(text: &str) -> Option<ObjectId> {
    (text.len() == 36).then(|| text.parse().ok()).flatten()
}
