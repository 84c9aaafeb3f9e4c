//! What the server tells of itself (RFC 7644, section 4; RFC 9865, section 4).

use serde_json::{Value, json};

use crate::{
    bulk,
    query::{DEFAULT_PAGE, MOST_PER_PAGE},
    schema::{
        Attribute, Compared, ENTERPRISE, ENTERPRISE_ATTRIBUTES, GROUP, GROUP_ATTRIBUTES, Kind, Mutability,
        USER, USER_ATTRIBUTES,
    },
};

/// The schemas of what the server tells of itself, with what each says.
const OF_THE_SERVER: [(&str, &str, &str); 3] = [
    (
        "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig",
        "ServiceProviderConfig",
        "What this server can do (RFC 7643, section 5).",
    ),
    (
        "urn:ietf:params:scim:schemas:core:2.0:ResourceType",
        "ResourceType",
        "What kinds of resources there are (RFC 7643, section 6).",
    ),
    (
        "urn:ietf:params:scim:schemas:core:2.0:Schema",
        "Schema",
        "Which attributes resources have (RFC 7643, section 7).",
    ),
];

/// What the host says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities<'a> {
    /// Where the server's SCIM begins, such as `https://lists.contoso.com/scim/v2`.
    pub base: &'a str,
    /// Where people read of it.
    pub documentation: &'a str,
}

/// The configuration.
#[must_use]
pub fn config(Capabilities { base, documentation }: Capabilities<'_>) -> Value {
    json!({
        "schemas": [OF_THE_SERVER[0].0],
        "documentationUri": documentation,
        "patch": {"supported": true},
        "bulk": {
            "supported": true,
            "maxOperations": bulk::MOST_OPERATIONS,
            "maxPayloadSize": bulk::MOST_BYTES,
        },
        "filter": {"supported": true, "maxResults": MOST_PER_PAGE},
        "changePassword": {"supported": false},
        "sort": {"supported": false},
        "etag": {"supported": true},
        "pagination": {
            "cursor": true,
            "index": true,
            "defaultPaginationMethod": "index",
            "defaultPageSize": DEFAULT_PAGE,
            "maxPageSize": MOST_PER_PAGE,
        },
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "A key of the API",
            "description": "A key of the scope scim, sent as a bearer token.",
            "specUri": "https://www.rfc-editor.org/rfc/rfc6750",
            "primary": true,
        }],
        "meta": {"resourceType": "ServiceProviderConfig", "location": format!("{base}/ServiceProviderConfig")},
    })
}

/// What kinds of resources there are.
#[must_use]
pub fn resource_types(base: &str) -> Vec<Value> {
    let resource_type = |name: &str, schema: &str, about: &str, extensions: Value| {
        json!({
            "schemas": [OF_THE_SERVER[1].0],
            "id": name,
            "name": name,
            "endpoint": format!("/{name}s"),
            "description": about,
            "schema": schema,
            "schemaExtensions": extensions,
            "meta": {"resourceType": "ResourceType", "location": format!("{base}/ResourceTypes/{name}")},
        })
    };
    vec![
        resource_type("User", USER, "A contact.", json!([{"schema": ENTERPRISE, "required": false}])),
        resource_type("Group", GROUP, "A list.", json!([])),
    ]
}

/// One of them.
#[must_use]
pub fn resource_type(name: &str, base: &str) -> Option<Value> {
    resource_types(base).into_iter().find(|it| it["id"] == name)
}

/// Every schema.
#[must_use]
pub fn schemas(base: &str) -> Vec<Value> {
    let of_resources = [
        (USER, "User", "A contact.", USER_ATTRIBUTES),
        (ENTERPRISE, "EnterpriseUser", "What the company knows of a contact.", ENTERPRISE_ATTRIBUTES),
        (GROUP, "Group", "A list.", GROUP_ATTRIBUTES),
    ];
    let mut all: Vec<Value> = of_resources
        .into_iter()
        .map(|(id, name, about, own)| schema(base, id, name, about, told(own)))
        .collect();
    all.extend(OF_THE_SERVER.map(|(id, name, about)| schema(base, id, name, about, of_the_server(name))));
    all
}

/// One of them.
#[must_use]
pub fn schema_document(id: &str, base: &str) -> Option<Value> {
    schemas(base).into_iter().find(|it| it["id"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(id)))
}

fn schema(base: &str, id: &str, name: &str, about: &str, attributes: Vec<Value>) -> Value {
    json!({
        "schemas": [OF_THE_SERVER[2].0],
        "id": id,
        "name": name,
        "description": about,
        "attributes": attributes,
        "meta": {"resourceType": "Schema", "location": format!("{base}/Schemas/{id}")},
    })
}

/// `externalId` is an attribute of every resource, and of no schema (RFC 7643, section 3.1).
fn told(attributes: &[Attribute]) -> Vec<Value> {
    attributes.iter().filter(|attribute| attribute.name != "externalId").map(attribute).collect()
}

fn attribute(attribute: &Attribute) -> Value {
    let Attribute { name, about, kind, number, mutability, compared, usual } = attribute;
    let word = match kind {
        Kind::Text => "string",
        Kind::Truth => "boolean",
        Kind::Reference(_) => "reference",
        Kind::Complex(_) => "complex",
    };
    let mut told = json!({
        "name": name,
        "type": word,
        "multiValued": number.is_many(),
        "description": about,
        "required": number.is_needed(),
        "caseExact": *compared == Compared::Exact,
        "mutability": match mutability {
            Mutability::ReadWrite => "readWrite",
            Mutability::ReadOnly => "readOnly",
            Mutability::Immutable => "immutable",
        },
        "returned": "default",
        "uniqueness": if *compared == Compared::Unique { "server" } else { "none" },
    });
    match kind {
        Kind::Complex(parts) => told["subAttributes"] = parts.iter().map(self::attribute).collect(),
        Kind::Reference(types) => told["referenceTypes"] = json!(types),
        Kind::Text | Kind::Truth => {}
    }
    if !usual.is_empty() {
        told["canonicalValues"] = json!(usual);
    }
    told
}

/// The attributes of what the server tells of itself, by their names alone: no client changes any of them.
fn of_the_server(name: &str) -> Vec<Value> {
    let plain = |name: &str, kind: &str, is_many: bool| {
        json!({
            "name": name, "type": kind, "multiValued": is_many, "description": "Told by the server.", "required": false,
            "caseExact": true, "mutability": "readOnly", "returned": "default", "uniqueness": "none",
        })
    };
    let complex = |name: &str, is_many: bool, parts: &[(&str, &str)]| {
        let mut told = plain(name, "complex", is_many);
        told["subAttributes"] = parts.iter().map(|(name, kind)| plain(name, kind, false)).collect();
        told
    };
    match name {
        "ServiceProviderConfig" => {
            let supported = ("supported", "boolean");
            vec![
                plain("documentationUri", "reference", false),
                complex("patch", false, &[supported]),
                complex(
                    "bulk",
                    false,
                    &[supported, ("maxOperations", "integer"), ("maxPayloadSize", "integer")],
                ),
                complex("filter", false, &[supported, ("maxResults", "integer")]),
                complex("changePassword", false, &[supported]),
                complex("sort", false, &[supported]),
                complex("etag", false, &[supported]),
                complex(
                    "authenticationSchemes",
                    true,
                    &[
                        ("name", "string"),
                        ("description", "string"),
                        ("specUri", "reference"),
                        ("type", "string"),
                    ],
                ),
            ]
        }
        "ResourceType" => vec![
            plain("id", "string", false),
            plain("name", "string", false),
            plain("description", "string", false),
            plain("endpoint", "reference", false),
            plain("schema", "reference", false),
            complex("schemaExtensions", true, &[("schema", "reference"), ("required", "boolean")]),
        ],
        _ => vec![
            plain("id", "string", false),
            plain("name", "string", false),
            plain("description", "string", false),
            complex("attributes", true, &[("name", "string"), ("type", "string"), ("description", "string")]),
        ],
    }
}
