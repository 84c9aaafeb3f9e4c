//! From OpenAPI 3.0 schemas to JSON Schema, closed against unknown properties.

use serde_json::{Map, Value, json};

const POINTER: &str = "#/components/schemas/";

/// Every component schema, closed.
pub(super) fn definitions(schemas: &Value) -> Value {
    let named = schemas.as_object().into_iter().flatten();
    Value::Object(named.map(|(name, schema)| (name.clone(), convert_named(schema, schemas))).collect())
}

/// A schema that stands alone, with the definitions it refers to.
pub(super) fn closed(schema: &Value, schemas: &Value, definitions: &Value) -> Value {
    let mut whole = convert(schema, schemas);
    if let Value::Object(map) = &mut whole {
        map.insert("$defs".to_owned(), definitions.clone());
    }
    whole
}

/// A component: where it can be one of several types, the type it names decides.
fn convert_named(schema: &Value, schemas: &Value) -> Value {
    let Some(mapping) = mapping(schema) else { return convert(schema, schemas) };
    let cases: Vec<Value> = mapping
        .iter()
        .filter_map(|(name, target)| {
            let target = target.as_str()?.strip_prefix(POINTER)?;
            Some(json!({
                "if": {"properties": {"@odata.type": {"const": name}}, "required": ["@odata.type"]},
                "then": {"$ref": format!("#/$defs/{target}")},
            }))
        })
        .collect();
    json!({"type": "object", "allOf": cases})
}

fn mapping(schema: &Value) -> Option<&Map<String, Value>> {
    let parts = schema["allOf"].as_array().into_iter().flatten().chain(std::iter::once(schema));
    parts.filter_map(|part| part["discriminator"]["mapping"].as_object()).find(|mapping| mapping.len() > 1)
}

fn convert(schema: &Value, schemas: &Value) -> Value {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix(POINTER)) {
        return json!({"$ref": format!("#/$defs/{name}")});
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        // "Reference or nullable object" is how the description says that a reference may be null.
        let choices: Vec<Value> = choices
            .iter()
            .map(
                |choice| {
                    if is_null_choice(choice) { json!({"type": "null"}) } else { convert(choice, schemas) }
                },
            )
            .collect();
        return json!({"anyOf": choices});
    }
    let properties = properties(schema, schemas);
    if !properties.is_empty() {
        return object(schema, properties, schemas);
    }
    scalar(schema, schemas)
}

fn is_null_choice(choice: &Value) -> bool {
    choice["type"] == "object" && choice["nullable"] == true && choice.get("properties").is_none()
}

fn object(schema: &Value, properties: Map<String, Value>, schemas: &Value) -> Value {
    let converted: Map<String, Value> =
        properties.into_iter().map(|(name, value)| (name, convert(&value, schemas))).collect();
    let mut object = json!({
        "type": types(schema, "object"),
        "properties": converted,
        "patternProperties": {"@": {}},
        "additionalProperties": false,
    });
    if let Some(required) = schema.get("required") {
        object["required"] = required.clone();
    }
    object
}

/// All properties of an object, those of its bases too.
fn properties(schema: &Value, schemas: &Value) -> Map<String, Value> {
    let mut all = Map::new();
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix(POINTER)) {
        all.extend(properties(&schemas[name], schemas));
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        all.extend(properties(part, schemas));
    }
    if let Some(own) = schema["properties"].as_object() {
        all.extend(own.clone());
    }
    all
}

fn scalar(schema: &Value, schemas: &Value) -> Value {
    let mut converted = Map::new();
    if let Some(kind) = schema["type"].as_str() {
        converted.insert("type".to_owned(), types(schema, kind));
    }
    for key in ["pattern", "minimum", "maximum", "uniqueItems"] {
        if let Some(value) = schema.get(key) {
            converted.insert(key.to_owned(), value.clone());
        }
    }
    if let Some(values) = schema["enum"].as_array() {
        let mut values = values.clone();
        if schema["nullable"] == true {
            values.push(Value::Null);
        }
        converted.insert("enum".to_owned(), Value::Array(values));
    }
    if let Some(items) = schema.get("items") {
        converted.insert("items".to_owned(), convert(items, schemas));
    }
    Value::Object(converted)
}

fn types(schema: &Value, kind: &str) -> Value {
    if schema["nullable"] == true { json!([kind, "null"]) } else { json!(kind) }
}
