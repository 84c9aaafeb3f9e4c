//! The OpenAPI document: what the handlers say of themselves, with what holds for all of them. It is kept in a file, which
//! only a test makes.

use axum::{
    http::{Method, header},
    response::IntoResponse,
};
use serde_json::{Value, json};
use utoipa::OpenApi;

use crate::{
    access::{Breadth, Need, RULES, Rule},
    problem::ProblemDocument,
    routes::{
        alerts, audit, contacts, decisions, filters, groups, health, history, holds, imports,
        keys as api_keys, links, lists, members, optout_links, prune, requests, runs, settings, sources,
        status, syncs, undo, why,
    },
};

/// What the document begins with, and the operations that it tells of.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "listsync",
        description = "Contact lists and Microsoft Entra ID groups, kept in step. Every refusal is a problem document (RFC 9457) with a stable `code`.",
        contact(name = "The authors of listsync"),
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    servers((url = "/", description = "The server that this document is of.")),
    tags(
        (name = "server", description = "Whether it answers, and what takes longer than its caller waits."),
        (name = "status", description = "Whether lists and groups are in step, and why somebody is where they are."),
        (name = "lists", description = "Contact lists."),
        (name = "filters", description = "What a filter finds, before a list has it."),
        (name = "members", description = "Who is on a list, and who joined or left when."),
        (name = "contacts", description = "People, their addresses, merging and erasing."),
        (name = "decisions", description = "What people decided, and the links by which they do."),
        (name = "imports", description = "Files, and what waits of them."),
        (name = "links", description = "Lists and groups that are kept in step."),
        (name = "runs", description = "What runs did, and taking it back."),
        (name = "holds", description = "What waits until a person looks."),
        (name = "settings", description = "What holds for all lists."),
        (name = "keys", description = "Who may call this API."),
        (name = "sources", description = "Who sends events."),
        (name = "alerts", description = "Who is told of trouble, and whether that works."),
        (name = "audit", description = "Who did what.")
    ),
    paths(
        health::healthz,
        lists::all,
        lists::create,
        lists::one,
        lists::edit,
        lists::delete,
        members::all,
        history::of_list,
        members::put,
        members::remove,
        decisions::of_list,
        decisions::of_all,
        optout_links::create,
        optout_links::create_mine,
        filters::preview,
        filters::explain,
        imports::of_list,
        imports::take_in,
        imports::all,
        imports::one,
        imports::approve,
        imports::discard,
        imports::undo_plan,
        imports::undo,
        contacts::all,
        contacts::create,
        prune::look,
        prune::carry_out,
        contacts::one,
        contacts::edit,
        contacts::delete,
        contacts::erase,
        contacts::export,
        history::of_contact,
        contacts::merge,
        groups::all,
        links::all,
        links::create,
        links::one,
        links::change,
        links::delete,
        links::pause,
        links::resume,
        links::relink,
        links::plan,
        syncs::start,
        syncs::one,
        holds::approve,
        holds::discard,
        runs::all,
        runs::one,
        runs::failures_csv,
        runs::members,
        undo::plan,
        undo::carry_out,
        requests::one,
        audit::all,
        status::status,
        alerts::channels,
        alerts::test,
        why::why,
        settings::get,
        settings::edit,
        api_keys::all,
        api_keys::create,
        api_keys::revoke,
        sources::all,
        sources::create,
        sources::delete
    ),
    components(schemas(ProblemDocument))
)]
struct Told;

/// The document as it is answered. A test makes it anew and compares; a process that made it would carry code of half a
/// megabyte that nearly nobody asks for.
const SHOWN: &str = include_str!("openapi.json");

/// Answers with the document.
pub(crate) async fn shown() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], SHOWN)
}

/// The OpenAPI document as the handlers give it: what each operation says of itself, with what holds for all of them: who may
/// call it, what refuses it, and the headers that it knows. What is answered is kept in `openapi.json`.
///
/// # Panics
/// When an operation is not in the table of who may call what, or the table names one that is not there: never in a build
/// whose tests passed.
#[must_use]
pub fn document() -> Value {
    let mut document = serde_json::to_value(Told::openapi()).expect("an OpenAPI document is JSON");
    document["components"]["securitySchemes"] = json!({
        "key": {"type": "http", "scheme": "bearer", "description": "A key of the API: lsk_…"},
    });
    let mut described = 0;
    let paths = document["paths"].as_object_mut().expect("there are paths");
    for (path, item) in paths {
        for (word, operation) in item.as_object_mut().into_iter().flatten() {
            let method = Method::from_bytes(word.to_ascii_uppercase().as_bytes()).expect("a method");
            let rule = RULES.iter().find(|rule| rule.path == path && rule.method == method);
            let rule =
                rule.unwrap_or_else(|| panic!("{method} {path} is not in the table of who may call what"));
            complete(rule, operation);
            operation["operationId"] = operation_id(rule).into();
            described += 1;
        }
    }
    link(&mut document);
    name_rows(&mut document);
    leave_out_words(&mut document);
    assert_eq!(described, told().count(), "the table of who may call what names a handler that is not there");
    document
}

/// What the document tells of. SCIM has documents of its own: its schemas.
fn told() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().filter(|rule| rule.path != "/openapi.json" && !rule.path.starts_with(crate::scim::PREFIX))
}

/// What makes a thing, and the parameter that names it elsewhere.
const MAKERS: [(&str, &str); 6] = [
    ("/v1/lists", "list"),
    ("/v1/contacts", "contact"),
    ("/v1/links", "link"),
    ("/v1/lists/{list}/imports", "import"),
    ("/v1/keys", "key"),
    ("/v1/sources", "source"),
];

/// Says which operations take the id of what was made.
fn link(document: &mut Value) {
    for (maker, parameter) in MAKERS {
        let takers = told().filter(|rule| rule.path.contains(&format!("{{{parameter}}}")));
        let links = takers.map(|rule| {
            let taken = json!({parameter: "$response.body#/id"});
            (operation_id(rule), json!({"operationId": operation_id(rule), "parameters": taken}))
        });
        document["paths"][maker]["post"]["responses"]["201"]["links"] = Value::Object(links.collect());
    }
}

/// Has each page name the schema of its rows, which is written out in it: a generator makes one type of a name.
fn name_rows(document: &mut Value) {
    let schemas = document["components"]["schemas"].as_object_mut().expect("there are schemas");
    let pages: Vec<(String, String)> = schemas
        .keys()
        .filter_map(|page| Some((page.clone(), page.strip_prefix("Page_")?.to_owned())))
        .filter(|(_, row)| schemas.contains_key(row))
        .collect();
    for (page, row) in pages {
        schemas[&page]["properties"]["items"]["items"] =
            json!({"$ref": format!("#/components/schemas/{row}")});
    }
}

/// What a document begins with stands in it without words of its own: of a comment at such a field a part would be made that
/// has nothing but those, and generators take it for one that allows no other field.
fn leave_out_words(value: &mut Value) {
    match value {
        Value::Array(each) => each.iter_mut().for_each(leave_out_words),
        Value::Object(fields) => {
            fields.values_mut().for_each(leave_out_words);
            let Some(Value::Array(parts)) = fields.get_mut("allOf") else { return };
            let before = parts.len();
            parts.retain(|part| !is_words(part));
            if (before, parts.len()) == (2, 1) {
                let only = parts.remove(0);
                fields.remove("allOf");
                for (name, value) in only.as_object().cloned().unwrap_or_default() {
                    fields.entry(name).or_insert(value);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Whether a schema says of an object what it is in words, and nothing of its fields.
fn is_words(schema: &Value) -> bool {
    let names: Option<Vec<&str>> = schema.as_object().map(|it| it.keys().map(String::as_str).collect());
    names.is_some_and(|mut names| {
        names.sort_unstable();
        names == ["description", "type"] && schema["type"] == "object"
    })
}

/// A name that no other operation has, such as `getListsListMembers`.
fn operation_id(rule: &Rule) -> String {
    let words = rule.path.split(['/', '-', '.', '{', '}']).filter(|word| !word.is_empty() && *word != "v1");
    let capital = |word: &str| word[..1].to_ascii_uppercase() + &word[1..];
    words.fold(rule.method.as_str().to_ascii_lowercase(), |id, word| id + &capital(word))
}

fn complete(rule: &Rule, operation: &mut Value) {
    if let Need::Key(verb, breadth) = rule.need {
        operation["security"] = json!([{"key": []}]);
        let text = operation["description"].as_str().unwrap_or_default();
        let bound = match breadth {
            Breadth::Tenant => " A key that is bound to lists is refused.",
            Breadth::Lists => "",
        };
        operation["description"] =
            format!("{text}\n\nNeeds a key of the scope `{verb}`.{bound}").trim().into();
    } else {
        operation["security"] = json!([]);
        let text = operation["description"].as_str().unwrap_or_default();
        operation["description"] = format!("{text}\n\nOpen to everybody.").trim().into();
    }
    let has_body = !operation["requestBody"].is_null();
    for (status, description) in refusals(rule, has_body) {
        let responses = operation["responses"].as_object_mut().expect("an operation has answers");
        responses.entry(status.to_string()).or_insert_with(|| problem(status, description));
    }
    if rule.need != Need::Nothing && rule.method != Method::GET {
        let responses = operation["responses"].as_object_mut().expect("an operation has answers");
        responses.entry("202").or_insert_with(goes_on);
    }
    tell_headers(rule, operation);
    tell_bytes(operation);
    let mut headers = Vec::new();
    if is_repeatable(rule) {
        headers.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "A repeat with the same key is not done again, but answered as the first.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[A-Za-z0-9._:-]+$"},
        }));
    }
    if let Some(naming) = version(rule) {
        headers.push(json!({
            "name": "If-Match", "in": "header", "required": naming == Naming::Required,
            "description": "The ETag of what was read, several with commas between them, or * for whatever is there.",
            "schema": {"type": "string", "pattern": "^(\\*|(W/)?\"[^\"]*\"( *, *(W/)?\"[^\"]*\")*)$"},
        }));
    }
    if !headers.is_empty() {
        let mut parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        parameters.extend(headers);
        operation["parameters"] = parameters.into();
    }
}

/// What is known again by its version: what can be edited under one, where it is read, made or edited.
const VERSIONED: [&str; 6] = [
    "/v1/contacts",
    "/v1/contacts/{contact}",
    "/v1/contacts/{contact}/merge",
    "/v1/lists",
    "/v1/lists/{list}",
    "/v1/settings",
];
/// What has an address of its own once it is made.
const ADDRESSED: [&str; 4] = ["/v1/contacts", "/v1/links", "/v1/lists", "/v1/lists/{list}/imports"];

/// Says which headers an answer has beside those that each has.
fn tell_headers(rule: &Rule, operation: &mut Value) {
    let is_collection = rule.method == Method::GET && matches!(rule.path, "/v1/contacts" | "/v1/lists");
    let has_tag = VERSIONED.contains(&rule.path) && !is_collection && rule.method != Method::DELETE;
    let has_place = rule.method == Method::POST && ADDRESSED.contains(&rule.path);
    for (status, answer) in operation["responses"].as_object_mut().into_iter().flatten() {
        let (is_done, is_made) = (matches!(status.as_str(), "200" | "201"), status == "201");
        if has_tag && is_done {
            answer["headers"]["ETag"] = json!({
                "required": true,
                "schema": {"type": "string"},
                "description": "The version of it, for If-Match.",
            });
        }
        if has_place && is_made {
            answer["headers"]["Location"] = json!({
                "required": true,
                "schema": {"type": "string"},
                "description": "Where it is from now on.",
            });
        }
    }
}

/// A file is bytes, of whatever encoding: as a text a generator would make one of its own of it.
fn tell_bytes(operation: &mut Value) {
    let bodies = operation.pointer_mut("/requestBody/content").and_then(Value::as_object_mut);
    for (kind, body) in bodies.into_iter().flatten() {
        if matches!(kind.as_str(), "text/csv" | "text/plain" | "application/octet-stream") {
            body["schema"]["format"] = "binary".into();
        }
    }
}

fn is_repeatable(rule: &Rule) -> bool {
    rule.method == Method::POST
}

/// Whether an edit has to name the version that it is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Naming {
    Required,
    /// Settings are edited field by field, so that edits of different fields can meet.
    Optional,
}

fn version(rule: &Rule) -> Option<Naming> {
    match (&rule.method, rule.path) {
        (&Method::PATCH, "/v1/settings") => Some(Naming::Optional),
        // A link has no version: what an edit names is replaced on the link as it is at that moment.
        (&Method::PATCH, "/v1/links/{link}") => None,
        (&Method::PATCH, _) => Some(Naming::Required),
        _ => None,
    }
}

fn refusals(rule: &Rule, has_body: bool) -> Vec<(u16, &'static str)> {
    let mut refusals = vec![(429, "Too many requests: wait as Retry-After says.")];
    if rule.path == "/healthz" {
        refusals.push((503, "A loop has not looked for three beats: `detail` names it."));
    }
    if rule.need == Need::Nothing {
        return refusals;
    }
    refusals.extend([
        (400, "A parameter, or the body's form, is wrong."),
        (401, "There is no valid key."),
        (403, "The key lacks the scope, or is bound to other lists."),
        (502, "The directory refuses: a permission or credential is missing."),
        (503, "The store or the directory is out of reach, or it took too long: wait as Retry-After says."),
    ]);
    if rule.path.contains('{') {
        refusals.push((404, "What the path names is not there."));
    }
    if has_body || is_repeatable(rule) {
        refusals.extend([
            (413, "The body is too large."),
            (422, "A value in the body is wrong: `field` names it."),
        ]);
    }
    if has_body {
        refusals.push((415, "The body is of another type than is taken."));
    }
    if rule.method != Method::GET {
        refusals.push((
            409,
            "Something stands in the way: `code` names it. With Retry-After it passes by itself.",
        ));
        // A link or group that the request names elsewhere than in its path may be gone.
        refusals.push((404, "What the request names is not there."));
    }
    if let Some(naming) = version(rule) {
        refusals.push((412, "It was edited since: read it again."));
        if naming == Naming::Required {
            refusals.push((428, "If-Match is missing."));
        }
    }
    if rule.path == "/v1/status" {
        refusals.push((404, "There is no such list."));
    }
    if rule.path == "/v1/runs" {
        refusals.push((404, "There is no such link."));
    }
    if rule.path.ends_with("/plan") {
        refusals.push((409, "The link cannot be previewed as it is."));
    }
    if rule.path.ends_with("/undo") && rule.method == Method::GET {
        refusals.push((
            409,
            "The run cannot be taken back: `code` says why. With Retry-After it passes by itself.",
        ));
    }
    refusals
}

/// What takes longer than its caller is kept waiting.
fn goes_on() -> Value {
    json!({
        "description": "It takes longer, and goes on: Location tells where to look for its answer.",
        "headers": {"Location": {"schema": {"type": "string"}, "description": "Where to look."}},
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/RequestDocument"}}},
    })
}

fn problem(status: u16, description: &str) -> Value {
    let mut answer = json!({
        "description": description,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    });
    if matches!(status, 409 | 429 | 503) {
        answer["headers"] =
            json!({"Retry-After": {"schema": {"type": "string"}, "description": "Seconds to wait."}});
    }
    answer
}
