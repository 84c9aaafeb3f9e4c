//! Groups: lists, as SCIM shows them, and what a request says of their members.

use std::collections::BTreeSet;

use listsync_core::{id::ContactId, list::List};
use scim_v2::filter::{AttrExp, CompValue, CompareOp, ValFilter};
use serde_json::{Value, json};

use crate::{
    patch::{Op, Operation, Patch},
    refusal::{Refusal, ScimType},
    schema::{GROUP, GROUPS},
    target::Target,
    values::{Object, get},
};

/// What a request says of the members before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Base {
    /// They stay, but for those whom it names.
    #[default]
    Present,
    /// Whoever is not named leaves.
    Nobody,
}

/// What a request says of members, all its operations taken together in their order. Nothing of the list has to be read for it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MemberSteps {
    /// What it says of those who are there.
    pub base: Base,
    /// Who is to be there.
    pub join: BTreeSet<ContactId>,
    /// Who is not. Empty where only those stay who are named.
    pub leave: BTreeSet<ContactId>,
}

impl MemberSteps {
    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn add(&mut self, members: Vec<ContactId>) {
        for member in members {
            self.leave.remove(&member);
            self.join.insert(member);
        }
    }

    fn remove(&mut self, members: Vec<ContactId>) {
        for member in members {
            self.join.remove(&member);
            if self.base == Base::Present {
                self.leave.insert(member);
            }
        }
    }

    fn replace(&mut self, members: Vec<ContactId>) {
        *self = Self { base: Base::Nobody, join: members.into_iter().collect(), leave: BTreeSet::new() };
    }
}

/// A group as a request writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The list's name.
    pub name: String,
    /// Its key in the system that sends it.
    pub external_id: Option<String>,
    /// Its members; none: the request says nothing of them.
    pub members: Option<Vec<ContactId>>,
}

/// A group as PATCH changes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupPatch {
    /// The list's name after it.
    pub name: String,
    /// Its key in the system that sends it, after it.
    pub external_id: Option<String>,
    /// What becomes of its members.
    pub members: MemberSteps,
}

impl Group {
    /// Reads one.
    ///
    /// # Errors
    /// [`ScimType::InvalidValue`] without a name, and with a member that is none.
    pub fn read(body: &Value) -> Result<Self, Refusal> {
        let syntax = || Refusal::of(ScimType::InvalidSyntax, "the body is no object");
        let object = body.as_object().ok_or_else(syntax)?;
        // An empty list says that nobody is there; nothing at all says nothing (RFC 7644, section 3.5.1).
        let members = match object.iter().find(|(name, _)| name.eq_ignore_ascii_case("members")) {
            None | Some((_, Value::Null)) => None,
            Some((_, value)) => Some(members(value)?),
        };
        Ok(Self { name: name(object)?, external_id: external_id(object)?, members })
    }

    /// What its members come to where it replaces another.
    #[must_use]
    pub fn replaces(members: Option<Vec<ContactId>>) -> MemberSteps {
        let mut steps = MemberSteps::default();
        steps.replace(members.unwrap_or_default());
        steps
    }

    /// What is shown of a list without its members.
    #[must_use]
    pub fn shown(list: &List, external_id: Option<&str>) -> Value {
        let mut shown = json!({"schemas": [GROUP], "id": list.id.as_str(), "displayName": list.name});
        if let Some(key) = external_id {
            shown["externalId"] = key.into();
        }
        shown
    }

    /// A member, as it is shown.
    #[must_use]
    pub fn member(id: &ContactId, base: &str) -> Value {
        json!({"value": id.as_str(), "$ref": format!("{base}/Users/{id}"), "type": "User"})
    }
}

impl GroupPatch {
    /// What a request makes of a list.
    ///
    /// # Errors
    /// As [`Patch::parse`] and [`Patch::apply`]; [`ScimType::InvalidPath`] where members are chosen by anything but their id.
    pub fn read(body: &Value, list: &List, key: Option<&str>) -> Result<Self, Refusal> {
        let mut members = MemberSteps::default();
        let mut others = Vec::new();
        for operation in Patch::parse(body, &GROUPS)?.0 {
            let is_of_members = match &operation.target {
                Target::Attribute(place) | Target::Chosen(place, _) => place.attribute.name == "members",
                Target::Schema(_) | Target::NotKept => false,
            };
            match is_of_members {
                true => step(operation, &mut members)?,
                false => others.push(operation),
            }
        }
        let after = Patch(others).apply(&Group::shown(list, key))?;
        let after = after.as_object().cloned().unwrap_or_default();
        Ok(Self { name: name(&after)?, external_id: external_id(&after)?, members })
    }
}

fn step(Operation { op, target, value }: Operation, steps: &mut MemberSteps) -> Result<(), Refusal> {
    let is_empty = crate::values::is_unassigned(&value);
    match (target, op) {
        (Target::Chosen(place, filter), op) => {
            let chosen = ids(&filter)?;
            match (op, place.part.is_some()) {
                (Op::Remove, false) => steps.remove(chosen),
                // A member is somebody or nobody: nothing of them is changed through a list.
                (_, true) => {}
                (Op::Add | Op::Replace, false) => steps.add(chosen),
            }
        }
        // Nobody is named: without a list all of them are meant, and an empty list names nobody.
        (_, Op::Remove) if value.is_null() => steps.replace(Vec::new()),
        (_, Op::Remove | Op::Add) if is_empty => {}
        (_, Op::Remove) => steps.remove(members(&value)?),
        (_, Op::Add) => steps.add(members(&value)?),
        (_, Op::Replace) if is_empty => steps.replace(Vec::new()),
        (_, Op::Replace) => steps.replace(members(&value)?),
    }
    Ok(())
}

/// The ids that a path such as `members[value eq "…"]` chooses.
fn ids(filter: &ValFilter) -> Result<Vec<ContactId>, Refusal> {
    match filter {
        ValFilter::Attr(AttrExp::Comparison(path, CompareOp::Eq, CompValue::Str(text)))
            if path.name.eq_ignore_ascii_case("value") =>
        {
            Ok(vec![member(text)?])
        }
        ValFilter::Or(parts) => {
            let parts: Result<Vec<_>, _> = parts.iter().map(ids).collect();
            Ok(parts?.into_iter().flatten().collect())
        }
        _ => {
            Err(Refusal::of(ScimType::InvalidPath, "members are chosen by their id: members[value eq \"…\"]"))
        }
    }
}

fn members(value: &Value) -> Result<Vec<ContactId>, Refusal> {
    let one = |value: &Value| match value {
        Value::String(text) => member(text),
        Value::Object(fields) => {
            if let Some(kind) = get(fields, "type").and_then(Value::as_str)
                && kind.eq_ignore_ascii_case("Group")
            {
                return Err(Refusal::of(
                    ScimType::InvalidValue,
                    "a list has people, and no groups, as members",
                ));
            }
            get(fields, "value").and_then(Value::as_str).map_or_else(|| Err(no_member()), member)
        }
        _ => Err(no_member()),
    };
    match value {
        Value::Array(values) => values.iter().map(one).collect(),
        value => Ok(vec![one(value)?]),
    }
}

fn member(text: &str) -> Result<ContactId, Refusal> {
    ContactId::parse(text).map_err(|_| no_member())
}

fn no_member() -> Refusal {
    Refusal::of(ScimType::InvalidValue, "a member is {\"value\": the id of a user}")
}

fn name(object: &Object) -> Result<String, Refusal> {
    let name = get(object, "displayName").and_then(Value::as_str).map(str::trim).filter(|it| !it.is_empty());
    let missing = || Refusal::of(ScimType::InvalidValue, "displayName is missing");
    name.map(str::to_owned).ok_or_else(missing)
}

fn external_id(object: &Object) -> Result<Option<String>, Refusal> {
    match get(object, "externalId") {
        None => Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(Value::String(text)) if text.chars().count() <= 256 => Ok(Some(text.clone())),
        Some(_) => Err(Refusal::of(ScimType::InvalidValue, "externalId is a text of at most 256 characters")),
    }
}
