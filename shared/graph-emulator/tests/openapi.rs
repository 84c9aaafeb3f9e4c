//! The checker against Microsoft's description itself, where that is at hand.
#![expect(clippy::print_stderr, reason = "what is not checked is said")]

use listsync_graph_emulator::openapi::{Subset, Verdict};
use serde_json::{Value, json};

/// The description, or nothing, said in one line.
fn subset() -> Option<Subset> {
    let subset = Subset::load();
    if subset.is_none() {
        eprintln!("graph-v1-subset.json is absent: the checker is not tried on it");
    }
    subset
}

#[test]
fn requests_that_graph_documents_fit() {
    let Some(subset) = subset() else { return };
    let bind = json!({"members@odata.bind": ["https://graph.microsoft.com/v1.0/directoryObjects/1"]});
    let reference = json!({"@odata.id": "https://graph.microsoft.com/v1.0/directoryObjects/1"});
    let cases: [(&str, &str, Option<&Value>); 9] = [
        ("GET", "/groups/1/members?$top=999&$select=id", None),
        ("GET", "/groups/1/members/microsoft.graph.user?$count=true&$skiptoken=x", None),
        ("GET", "/groups/delta?$select=members&$filter=id eq '1'", None),
        ("GET", "/groups/delta?$deltatoken=x", None),
        ("GET", "/groups(uniqueName='x')?$select=id", None),
        ("PATCH", "/groups/1", Some(&bind)),
        ("POST", "/groups/1/members/$ref", Some(&reference)),
        ("DELETE", "/groups/1/members/2/$ref", None),
        ("GET", "/users?$filter=mail eq 'a'&$select=id", None),
    ];
    for (method, path, body) in cases {
        assert_eq!(subset.check_request(method, path, body), Verdict::Fits, "{method} {path}");
    }
}

#[test]
fn requests_that_graph_does_not_document_break() {
    let Some(subset) = subset() else { return };
    let wrong = json!({"displayName": 7});
    let unknown = json!({"colour": "red"});
    let cases: [(&str, &str, Option<&Value>); 5] = [
        ("GET", "/groups/1/members?$page=2", None),
        ("PATCH", "/groups/1", Some(&wrong)),
        ("PATCH", "/groups/1", Some(&unknown)),
        ("PATCH", "/groups/1", None),
        ("POST", "/groups/1/members", Some(&wrong)),
    ];
    for (method, path, body) in cases {
        let verdict = subset.check_request(method, path, body);
        assert!(matches!(verdict, Verdict::Breaks(_)), "{method} {path}: {verdict:?}");
    }
    assert_eq!(subset.check_request("DELETE", "/groups/1/members/2", None), Verdict::UnknownPath);
}

#[test]
fn answers_are_checked_by_the_type_they_name() {
    let Some(subset) = subset() else { return };
    let page = |kind: &str| json!({"value": [{"@odata.type": kind, "id": "1", "userPrincipalName": "a"}]});
    let check = |body: &Value| subset.check_answer("GET", "/groups/1/members", 200, Some(body));
    assert_eq!(check(&page("#microsoft.graph.user")), Verdict::Fits);
    assert!(matches!(check(&page("#microsoft.graph.group")), Verdict::Breaks(_)));
    let error = json!({"error": {"code": "x"}});
    let verdict = subset.check_answer("GET", "/groups/1/members", 404, Some(&error));
    assert!(matches!(verdict, Verdict::Breaks(_)), "{verdict:?}");
}
