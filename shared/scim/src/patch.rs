//! PATCH (RFC 7644, section 3.5.2), as the standard has it and as providers send it.

use scim_v2::filter::{AttrExp, CompValue, CompareOp, ValFilter};
use serde_json::{Value, json};

use crate::{
    filter::chooses,
    refusal::{Refusal, ScimType},
    schema::{Kind, Shape},
    target::{Place, Target, Where},
    values::{Object, get, is_unassigned, own_name, truth},
};

/// The schema of the message.
const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
/// So many operations a request has at most.
const MOST_OPERATIONS: usize = 1_000;

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Add,
    Replace,
    Remove,
}

/// One operation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Operation {
    pub(crate) op: Op,
    pub(crate) target: Target,
    /// Null: it has none.
    pub(crate) value: Value,
}

/// The operations of a request, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Patch(pub(crate) Vec<Operation>);

impl Patch {
    /// Reads a request. `op` counts in whatever case (Entra: `Add`, `Replace`, `Remove`), and what has no path is one
    /// operation for each attribute of its value, whose names may be paths (Entra: `{"name.givenName": "Anna"}`).
    ///
    /// # Errors
    /// [`ScimType::InvalidSyntax`] when it is no such message, [`ScimType::NoTarget`] when a removal has no path, and as paths
    /// are refused.
    pub fn parse(body: &Value, shape: &Shape) -> Result<Self, Refusal> {
        let syntax = |detail: &str| Refusal::of(ScimType::InvalidSyntax, detail);
        let body = body.as_object().ok_or_else(|| syntax("the body is no object"))?;
        let is_patch = get(body, "schemas").and_then(Value::as_array).is_some_and(|schemas| {
            schemas.iter().any(|schema| schema.as_str().is_some_and(|it| it.eq_ignore_ascii_case(PATCH_OP)))
        });
        if !is_patch {
            return Err(syntax("schemas has to name urn:ietf:params:scim:api:messages:2.0:PatchOp"));
        }
        let given = get(body, "Operations").and_then(Value::as_array);
        let given = given.ok_or_else(|| syntax("Operations is missing"))?;
        if given.len() > MOST_OPERATIONS {
            return Err(syntax("a request has at most 1000 operations"));
        }
        let mut operations = Vec::with_capacity(given.len());
        for operation in given {
            let operation = operation.as_object().ok_or_else(|| syntax("an operation is an object"))?;
            read(operation, shape, &mut operations)?;
        }
        Ok(Self(operations))
    }

    /// The resource after it.
    ///
    /// # Errors
    /// [`ScimType::NoTarget`] when a replacement chooses nothing, [`ScimType::InvalidValue`] when a value is missing or of
    /// another type.
    pub fn apply(&self, resource: &Value) -> Result<Value, Refusal> {
        let mut object = resource.as_object().cloned().unwrap_or_default();
        for operation in &self.0 {
            apply(operation, &mut object)?;
        }
        Ok(Value::Object(object))
    }
}

fn read(operation: &Object, shape: &Shape, into: &mut Vec<Operation>) -> Result<(), Refusal> {
    let op = match get(operation, "op").and_then(Value::as_str).map(str::to_ascii_lowercase).as_deref() {
        Some("add") => Op::Add,
        Some("replace") => Op::Replace,
        Some("remove") => Op::Remove,
        _ => return Err(Refusal::of(ScimType::InvalidSyntax, "op is add, replace or remove")),
    };
    let value = operation.iter().find(|(name, _)| name.eq_ignore_ascii_case("value"));
    let value = value.map_or(Value::Null, |(_, value)| value.clone());
    let path = get(operation, "path")
        .map(|path| path.as_str().ok_or_else(|| Refusal::of(ScimType::InvalidPath, "a path is a text")));
    let target = match path.transpose()?.filter(|path| !path.trim().is_empty()) {
        Some(path) => Target::parse(path, shape)?,
        None => Target::Schema(Where::Own),
    };
    let Target::Schema(home) = target else {
        into.push(Operation { op, target, value });
        return Ok(());
    };
    match (op, value) {
        (Op::Remove, Value::Null) if home != Where::Own => {
            into.push(Operation { op, target: Target::Schema(home), value: Value::Null });
            Ok(())
        }
        (Op::Remove, _) => Err(Refusal::of(ScimType::NoTarget, "a removal needs a path")),
        (_, Value::Object(fields)) => {
            for (name, value) in fields {
                if is_about_the_resource(&name) {
                    continue;
                }
                let path = match home {
                    Where::Own => name,
                    Where::Extension(schema) => format!("{schema}:{name}"),
                };
                match (Target::parse(&path, shape)?, value) {
                    (Target::Schema(inner), Value::Object(fields)) if inner != Where::Own => {
                        let fields = json!({"op": word(op), "path": path, "value": fields});
                        read(fields.as_object().unwrap_or(&Object::new()), shape, into)?;
                    }
                    (Target::Schema(_), _) => {}
                    (target, value) => into.push(Operation { op, target, value }),
                }
            }
            Ok(())
        }
        _ => Err(Refusal::of(ScimType::InvalidValue, "without a path the value is an object of attributes")),
    }
}

fn word(op: Op) -> &'static str {
    match op {
        Op::Add => "add",
        Op::Replace => "replace",
        Op::Remove => "remove",
    }
}

/// What a client may send along with what it changes, and cannot change.
fn is_about_the_resource(name: &str) -> bool {
    ["schemas", "id", "meta"].iter().any(|own| own.eq_ignore_ascii_case(name))
}

fn apply(Operation { op, target, value }: &Operation, object: &mut Object) -> Result<(), Refusal> {
    match target {
        Target::NotKept => Ok(()),
        Target::Schema(Where::Extension(schema)) => {
            let name = own_name(object, schema);
            object.remove(&name);
            Ok(())
        }
        Target::Schema(Where::Own) => Ok(()),
        Target::Attribute(place) => {
            let home = home(object, place.home)?;
            let name = own_name(home, place.attribute.name);
            let removes = *op == Op::Remove || is_unassigned(value);
            match (place.part, removes) {
                (None, true) => remove(home, &name, *op, value),
                (None, false) => set(home, &name, *place, *op, value)?,
                (Some(part), _) => set_part(home, &name, place, part.name, (!removes).then_some(value)),
            }
            Ok(())
        }
        Target::Chosen(place, filter) => choose(home(object, place.home)?, place, filter, *op, value),
    }
}

fn home(object: &mut Object, home: Where) -> Result<&mut Object, Refusal> {
    let Where::Extension(schema) = home else { return Ok(object) };
    let name = own_name(object, schema);
    let found = object.entry(name).or_insert_with(|| json!({}));
    if found.is_null() {
        *found = json!({});
    }
    found.as_object_mut().ok_or_else(|| wrong(schema))
}

fn wrong(name: &str) -> Refusal {
    Refusal::of(ScimType::InvalidValue, format!("{name} is of another type"))
}

/// Removes all of it, or of several values those that are given (Entra: `members` with a list of values).
fn remove(home: &mut Object, name: &str, op: Op, value: &Value) {
    let given = match (op, value) {
        (Op::Remove, Value::Array(values)) if !values.is_empty() => values.iter().collect(),
        (Op::Remove, Value::Object(_)) => vec![value],
        _ => Vec::new(),
    };
    let Some(Value::Array(values)) = home.get_mut(name).filter(|_| !given.is_empty()) else {
        home.remove(name);
        return;
    };
    values.retain(|own| !given.iter().any(|given| is_same(own, given)));
    if values.is_empty() {
        home.remove(name);
    }
}

fn set(home: &mut Object, name: &str, place: Place, op: Op, value: &Value) -> Result<(), Refusal> {
    if place.attribute.number.is_many() {
        let given = match value {
            Value::Array(values) => values.clone(),
            Value::Object(_) => vec![value.clone()],
            _ => return Err(wrong(place.attribute.name)),
        };
        let mut values = match (op, home.get(name)) {
            (Op::Add, Some(Value::Array(values))) => values.clone(),
            _ => Vec::new(),
        };
        add(&mut values, given);
        home.insert(name.to_owned(), Value::Array(values));
        return Ok(());
    }
    match (place.attribute.kind, value, home.get_mut(name)) {
        (Kind::Complex(_), Value::Object(given), Some(Value::Object(own))) => {
            for (part, value) in given {
                own.insert(own_name(own, part), value.clone());
            }
        }
        (Kind::Complex(_), Value::Object(_), _) => drop(home.insert(name.to_owned(), value.clone())),
        (Kind::Complex(_), ..) => return Err(wrong(place.attribute.name)),
        (_, Value::Array(_) | Value::Object(_), _) => return Err(wrong(place.attribute.name)),
        _ => drop(home.insert(name.to_owned(), value.clone())),
    }
    Ok(())
}

/// Adds values that are not there yet. Only one is the primary one: the newest that says so (RFC 7644, section 3.5.2).
fn add(values: &mut Vec<Value>, given: Vec<Value>) {
    for new in given {
        if is_primary(&new) {
            values.iter_mut().filter(|own| is_primary(own)).for_each(|own| own["primary"] = false.into());
        }
        match values.iter_mut().find(|own| is_same(own, &new)) {
            Some(own) => *own = new,
            None => values.push(new),
        }
    }
}

fn is_primary(value: &Value) -> bool {
    value.as_object().and_then(|it| get(it, "primary")).and_then(truth).unwrap_or(false)
}

/// Whether two values of an attribute mean the same: by their `value`, and by their type where both have one.
fn is_same(one: &Value, other: &Value) -> bool {
    let part = |value: &Value, name: &str| match value {
        Value::Object(fields) => get(fields, name).and_then(Value::as_str).map(str::to_lowercase),
        Value::String(text) if name == "value" => Some(text.to_lowercase()),
        _ => None,
    };
    let (kind, other_kind) = (part(one, "type"), part(other, "type"));
    let may_be = kind.is_none() || other_kind.is_none() || kind == other_kind;
    part(one, "value").is_some() && part(one, "value") == part(other, "value") && may_be
}

/// Sets a part of one value, or of each; none: it is taken away.
fn set_part(home: &mut Object, name: &str, place: &Place, part: &str, value: Option<&Value>) {
    let is_many = place.attribute.number.is_many();
    let blank = if is_many { json!([{}]) } else { json!({}) };
    let found = match home.get_mut(name) {
        None | Some(Value::Null) if value.is_none() => return,
        None | Some(Value::Null) => home.entry(name).and_modify(|it| *it = blank.clone()).or_insert(blank),
        Some(found) => found,
    };
    let each = match found {
        Value::Array(values) => values.iter_mut().collect(),
        one => vec![one],
    };
    each.into_iter().filter_map(Value::as_object_mut).for_each(|fields| put(fields, part, value));
}

/// Sets a part; none: it is taken away.
fn put(fields: &mut Object, part: &str, value: Option<&Value>) {
    let part = own_name(fields, part);
    match value {
        None => drop(fields.remove(&part)),
        Some(value) => drop(fields.insert(part, value.clone())),
    }
}

/// Changes the values that a filter chooses.
fn choose(
    home: &mut Object,
    place: &Place,
    filter: &ValFilter,
    op: Op,
    value: &Value,
) -> Result<(), Refusal> {
    let name = own_name(home, place.attribute.name);
    let mut values = match home.get(&name) {
        Some(Value::Array(values)) => values.clone(),
        _ => Vec::new(),
    };
    let chosen: Vec<usize> =
        (0..values.len()).filter(|at| chooses(filter, &values[*at], place.attribute.name)).collect();
    let removes = op == Op::Remove || is_unassigned(value);
    match (chosen.is_empty(), removes, op) {
        (true, true, _) => return Ok(()),
        (true, false, Op::Add) => values.push(made(filter, place, value)?),
        (true, false, _) => {
            let detail = format!("no value of {} is chosen by the path", place.attribute.name);
            return Err(Refusal::of(ScimType::NoTarget, detail));
        }
        (false, ..) => {
            for at in chosen.iter().rev() {
                match (place.part, removes, values[*at].as_object_mut(), value) {
                    (Some(part), _, Some(fields), _) => put(fields, part.name, (!removes).then_some(value)),
                    (None, true, ..) => drop(values.remove(*at)),
                    (None, false, Some(fields), Value::Object(given)) => {
                        given.iter().for_each(|(part, value)| put(fields, part, Some(value)));
                    }
                    _ => return Err(wrong(place.attribute.name)),
                }
            }
        }
    }
    match values.is_empty() {
        true => drop(home.remove(&name)),
        false => drop(home.insert(name, Value::Array(values))),
    }
    Ok(())
}

/// A value that the filter would choose: Entra adds `emails[type eq "work"].value` to whoever has none.
fn made(filter: &ValFilter, place: &Place, value: &Value) -> Result<Value, Refusal> {
    let mut fields = Object::new();
    equalities(filter, &mut fields);
    match (place.part, value) {
        (Some(part), _) => put(&mut fields, part.name, Some(value)),
        (None, Value::Object(given)) => {
            given.iter().for_each(|(part, value)| put(&mut fields, part, Some(value)))
        }
        _ => return Err(wrong(place.attribute.name)),
    }
    Ok(Value::Object(fields))
}

fn equalities(filter: &ValFilter, fields: &mut Object) {
    match filter {
        ValFilter::And(parts) => parts.iter().for_each(|part| equalities(part, fields)),
        ValFilter::Attr(AttrExp::Comparison(path, CompareOp::Eq, value)) => {
            let value = match value {
                CompValue::Str(text) => Value::String(text.clone()),
                CompValue::True => true.into(),
                CompValue::False => false.into(),
                CompValue::Number(number) => Value::Number(number.clone()),
                CompValue::Null => Value::Null,
            };
            fields.insert(path.name.clone(), value);
        }
        _ => {}
    }
}
