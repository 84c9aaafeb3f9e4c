//! PATCH in every form that providers send.

#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

use listsync_scim::{Patch, Refusal, ScimType, schema::USERS};
use serde_json::{Value, json};

const COMPANY: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn anna() -> Value {
    json!({
        "id": "c1", "userName": "anna", "active": true, "displayName": "Anna", "title": "Clerk",
        "emails": [{"value": "anna@contoso.example", "type": "work", "primary": true}],
    })
}

fn message(operations: &Value) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations})
}

fn patched(operations: &Value) -> Result<Value, Refusal> {
    Patch::parse(&message(operations), &USERS)?.apply(&anna())
}

/// What a field is after the operations.
fn after(operations: &Value, pointer: &str) -> Value {
    let patched = patched(operations).unwrap_or_else(|error| panic!("{operations}: {error}"));
    patched.pointer(pointer).cloned().unwrap_or(Value::Null)
}

#[test]
fn each_dialect_says_what_it_means() {
    for (operations, pointer, expected) in [
        // RFC 7644, section 3.5.2.3: one attribute by its path, and several without a path.
        (json!([{"op": "replace", "path": "title", "value": "Chief"}]), "/title", json!("Chief")),
        (json!([{"op": "replace", "value": {"title": "Chief", "active": false}}]), "/active", json!(false)),
        (json!([{"op": "remove", "path": "title"}]), "/title", Value::Null),
        (json!([{"op": "add", "value": {"name": {"givenName": "Anna"}}}]), "/name/givenName", json!("Anna")),
        // Entra: capital letters, a truth as a text, and names of attributes that are paths (Microsoft Learn, "Develop and
        // plan provisioning for a SCIM endpoint", "Update User", "Disable User").
        (json!([{"op": "Replace", "path": "active", "value": "False"}]), "/active", json!("False")),
        (json!([{"op": "Replace", "path": "displayName", "value": "Ann"}]), "/displayName", json!("Ann")),
        (json!([{"op": "Add", "value": {"name.givenName": "Ann"}}]), "/name/givenName", json!("Ann")),
        (
            json!([{"op": "Add", "path": format!("{COMPANY}:department"), "value": "Sales"}]),
            "/urn:ietf:params:scim:schemas:extension:enterprise:2.0:User/department",
            json!("Sales"),
        ),
        (
            json!([{"op": "replace", "value": {format!("{COMPANY}:department"): "Sales"}}]),
            "/urn:ietf:params:scim:schemas:extension:enterprise:2.0:User/department",
            json!("Sales"),
        ),
        (
            json!([{"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "ann@contoso.example"}]),
            "/emails/0/value",
            json!("ann@contoso.example"),
        ),
        (
            json!([{"op": "Add", "path": "emails[type eq \"home\"].value", "value": "a@home.example"}]),
            "/emails/1",
            json!({"type": "home", "value": "a@home.example"}),
        ),
        (
            json!([{"op": "Add", "path": "phoneNumbers[type eq \"work\"].value", "value": "1"}]),
            "/phoneNumbers",
            Value::Null,
        ),
        // Okta: the whole extension, and the user without what cannot be changed (Okta Developer, "SCIM 2.0", "Update a
        // specific User (PATCH)").
        (
            json!([{"op": "replace", "value": {"id": "c9", "schemas": ["x"], "active": false}}]),
            "/id",
            json!("c1"),
        ),
        (
            json!([{"op": "replace", "value": {COMPANY: {"department": "Sales", "manager": {"value": "1"}}}}]),
            "/urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
            json!({"department": "Sales"}),
        ),
        (
            json!([{"op": "replace", "path": COMPANY, "value": {"division": "EMEA"}}]),
            "/urn:ietf:params:scim:schemas:extension:enterprise:2.0:User/division",
            json!("EMEA"),
        ),
        // RFC 7644, section 3.5.2.1: a value that is there is not added twice, and one alone is primary.
        (
            json!([{"op": "add", "path": "emails", "value": [{"value": "ANNA@contoso.example", "type": "work"}]}]),
            "/emails/1",
            Value::Null,
        ),
        (
            json!([{"op": "add", "path": "emails", "value": {"value": "b@x.example", "primary": true}}]),
            "/emails/0/primary",
            json!(false),
        ),
        // Null says that there is none (RFC 7643, section 2.5).
        (json!([{"op": "replace", "path": "title", "value": null}]), "/title", Value::Null),
        (json!([{"op": "remove", "path": "emails[type eq \"work\"]"}]), "/emails", Value::Null),
        (json!([{"op": "remove", "path": "emails[type eq \"home\"]"}]), "/emails/0/type", json!("work")),
        (
            json!([{"op": "remove", "path": "emails", "value": [{"value": "anna@contoso.example"}]}]),
            "/emails",
            Value::Null,
        ),
        (json!([{"op": "remove", "path": COMPANY}]), "/title", json!("Clerk")),
        // scim2-tester: the extension's own `schemas` within it.
        (
            json!([{"op": "add", "path": COMPANY, "value": {"schemas": [COMPANY], "division": "EMEA"}}]),
            "/urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
            json!({"division": "EMEA"}),
        ),
    ] {
        assert_eq!(after(&operations, pointer), expected, "{operations}");
    }
}

#[test]
fn what_cannot_be_done_is_refused_by_its_kind() {
    for (operations, kind) in [
        (json!([{"op": "remove"}]), ScimType::NoTarget),
        (
            json!([{"op": "replace", "path": "emails[type eq \"home\"].value", "value": "x"}]),
            ScimType::NoTarget,
        ),
        (json!([{"op": "move", "path": "title"}]), ScimType::InvalidSyntax),
        (json!([{"op": "add", "path": "titel", "value": "x"}]), ScimType::InvalidPath),
        (json!([{"op": "add", "path": "emails[type eq", "value": "x"}]), ScimType::InvalidPath),
        (json!([{"op": "add", "path": "title[value eq \"x\"]", "value": "x"}]), ScimType::InvalidPath),
        (json!([{"op": "add", "path": "name.nick", "value": "x"}]), ScimType::InvalidPath),
        (json!([{"op": "add", "path": "groups", "value": [{"value": "x"}]}]), ScimType::Mutability),
        (json!([{"op": "add", "path": "title", "value": ["x"]}]), ScimType::InvalidValue),
        (json!([{"op": "add", "value": "x"}]), ScimType::InvalidValue),
        (json!([1]), ScimType::InvalidSyntax),
    ] {
        assert_eq!(patched(&operations).unwrap_err().kind, kind, "{operations}");
    }
    for body in [json!([]), json!({"Operations": []}), json!({"schemas": ["x"], "Operations": []})] {
        assert_eq!(Patch::parse(&body, &USERS).unwrap_err().kind, ScimType::InvalidSyntax, "{body}");
    }
}
