//! Who did what: the shape of the audit. It names everything by ids and nobody by address or name, so that it can be kept
//! after a person was erased; names are looked up when it is shown.

mod words;

use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};

use crate::Timestamp;

pub use words::{Action, ObjectKind};

/// How long an entry is kept unless the settings say otherwise: 400 days, so that last year's can be compared.
pub const KEPT: Duration = Duration::from_secs(400 * 24 * 3600);

/// Why a text of the audit does not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is nothing that this version knows of an audit")]
pub struct AuditError(pub String);

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Actor {
    /// Whoever has the command line, and with it the store itself.
    Local,
    /// A key of the API, by its id.
    Key(String),
    /// A sender of events, by its id.
    Source(String),
    /// A person about themselves, by an opt-out link or its page. Who it is, is the entry's contact.
    Oneself,
    /// Whoever may drop files in the inbox.
    Inbox,
    /// Somebody who signed in to the console, by a name that was drawn for them: what it stands for is kept elsewhere, and an
    /// erasure takes it away.
    Person(String),
}

impl Actor {
    /// The id, where the actor has one.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Key(id) | Self::Source(id) | Self::Person(id) => Some(id),
            Self::Local | Self::Oneself | Self::Inbox => None,
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => f.write_str("local"),
            Self::Key(id) => write!(f, "key:{id}"),
            Self::Source(id) => write!(f, "source:{id}"),
            Self::Oneself => f.write_str("self"),
            Self::Inbox => f.write_str("inbox"),
            Self::Person(id) => write!(f, "person:{id}"),
        }
    }
}

impl FromStr for Actor {
    type Err = AuditError;

    fn from_str(text: &str) -> Result<Self, AuditError> {
        match text.split_once(':') {
            None if text == "local" => Ok(Self::Local),
            None if text == "self" => Ok(Self::Oneself),
            None if text == "inbox" => Ok(Self::Inbox),
            Some(("key", id)) => Ok(Self::Key(id.to_owned())),
            Some(("source", id)) => Ok(Self::Source(id.to_owned())),
            Some(("person", id)) => Ok(Self::Person(id.to_owned())),
            _ => Err(AuditError(text.to_owned())),
        }
    }
}

impl TryFrom<String> for Actor {
    type Error = AuditError;

    fn try_from(text: String) -> Result<Self, AuditError> {
        text.parse()
    }
}

impl From<Actor> for String {
    fn from(actor: Actor) -> Self {
        actor.to_string()
    }
}

/// What it was done to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Object {
    /// What it is.
    pub kind: ObjectKind,
    /// Its id; of a setting its name, of a hold its digest. Without space.
    pub id: String,
}

impl Object {
    /// One of a kind.
    #[must_use]
    pub fn new(kind: ObjectKind, id: impl ToString) -> Self {
        Self { kind, id: id.to_string() }
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.id)
    }
}

impl TryFrom<String> for Object {
    type Error = AuditError;

    fn try_from(text: String) -> Result<Self, AuditError> {
        let parts = text.split_once(':').and_then(|(kind, id)| Some((kind.parse().ok()?, id)));
        let Some((kind, id)) = parts else { return Err(AuditError(text)) };
        Ok(Self::new(kind, id))
    }
}

impl From<Object> for String {
    fn from(object: Object) -> Self {
        object.to_string()
    }
}

/// How far it came. What was refused is not in the audit at all: it changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Completion {
    /// It was done.
    Done,
    /// It ended with an error of the service: it may be done, or a part of it.
    BrokenOff,
}

/// One thing that somebody did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Its id, unique.
    pub id: String,
    /// When it was done.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Actor,
    /// What.
    pub action: Action,
    /// To what, each once.
    pub objects: Vec<Object>,
    /// How far it came.
    pub completion: Completion,
}

impl AuditEntry {
    /// Where it stands among the others.
    #[must_use]
    pub fn place(&self) -> AuditPlace {
        AuditPlace { at: self.at, id: self.id.clone() }
    }
}

/// Where an entry stands: entries are in the order of time, those of one moment in that of their ids.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AuditPlace {
    /// When it was done.
    pub at: Timestamp,
    /// Its id.
    pub id: String,
}

impl fmt::Display for AuditPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.at, self.id)
    }
}

impl FromStr for AuditPlace {
    type Err = AuditError;

    fn from_str(text: &str) -> Result<Self, AuditError> {
        let parts = text.split_once(' ').and_then(|(at, id)| Some((at.parse().ok()?, id)));
        let (at, id) = parts.ok_or_else(|| AuditError(text.to_owned()))?;
        Ok(Self { at, id: id.to_owned() })
    }
}

/// Which entries are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditFilter {
    /// Of this actor: `local`, `self`, `inbox`, or the id of a key, sender or person, with or without its kind before it.
    pub actor: Option<String>,
    /// Done to this object, by its id, with or without its kind before it.
    pub object: Option<String>,
}

impl AuditFilter {
    /// Whether an entry is asked for.
    #[must_use]
    pub fn admits(&self, entry: &AuditEntry) -> bool {
        let AuditFilter { actor, object } = self;
        let is_actor = |text: &String| {
            is_named(text, &entry.actor.to_string()) || entry.actor.id().is_some_and(|id| is_named(text, id))
        };
        let is_object = |text: &String| {
            entry.objects.iter().any(|it| is_named(text, &it.id) || is_named(text, &it.to_string()))
        };
        actor.as_ref().is_none_or(is_actor) && object.as_ref().is_none_or(is_object)
    }
}

/// Ids compare without regard to case, as [`crate::id`] has it.
fn is_named(text: &str, name: &str) -> bool {
    text.trim().eq_ignore_ascii_case(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(actor: Actor, objects: &[(ObjectKind, &str)]) -> AuditEntry {
        AuditEntry {
            id: "e1".to_owned(),
            at: Timestamp::UNIX_EPOCH,
            actor,
            action: Action::ListEdit,
            objects: objects.iter().map(|(kind, id)| Object::new(*kind, id)).collect(),
            completion: Completion::Done,
        }
    }

    #[test]
    fn actors_actions_and_objects_read_back_as_they_are_written() {
        let (key, source) = (Actor::Key("a1".to_owned()), Actor::Source("crm".to_owned()));
        let person = Actor::Person("p1".to_owned());
        for actor in [Actor::Local, Actor::Oneself, Actor::Inbox, key, source, person] {
            assert_eq!(Actor::try_from(actor.to_string()), Ok(actor));
        }
        for action in Action::ALL {
            assert_eq!(action.to_string().parse(), Ok(*action));
        }
        for kind in ObjectKind::ALL {
            let object = Object::new(*kind, "an:id");
            assert_eq!(Object::try_from(object.to_string()), Ok(object));
        }
        for odd in ["", "nobody", "key", "list", "thing:1", "Local"] {
            assert!(Actor::try_from(odd.to_owned()).is_err(), "{odd}");
            assert!(Object::try_from(odd.to_owned()).is_err(), "{odd}");
            assert!(odd.parse::<Action>().is_err(), "{odd}");
        }
    }

    #[test]
    fn places_read_back_to_the_nanosecond_and_order_as_time_does() {
        let place = |at: &str, id: &str| AuditPlace { at: at.parse().expect("a moment"), id: id.to_owned() };
        let late = place("2026-11-23T03:04:05.123456789Z", "b");
        assert_eq!(late.to_string().parse(), Ok(late.clone()));
        assert!(place("2026-11-23T03:04:05.123456789Z", "a") < late);
        assert!(place("2026-11-23T03:04:05.12345678Z", "c") < late);
        assert!("yesterday b".parse::<AuditPlace>().is_err());
    }

    #[test]
    fn who_and_what_is_found_by_the_id_with_its_kind_or_without() {
        let of_key =
            entry(Actor::Key("a1".to_owned()), &[(ObjectKind::List, "l1"), (ObjectKind::Link, "k1")]);
        let by = |actor: Option<&str>, object: Option<&str>| AuditFilter {
            actor: actor.map(str::to_owned),
            object: object.map(str::to_owned),
        };
        for (actor, object) in [
            (None, None),
            (Some("a1"), None),
            (Some("key:A1"), Some("l1")),
            (None, Some("link:k1")),
            (None, Some(" K1 ")),
        ] {
            assert!(by(actor, object).admits(&of_key), "{actor:?} {object:?}");
        }
        for (actor, object) in [
            (Some("local"), None),
            (Some("source:a1"), None),
            (Some("a"), None),
            (None, Some("contact:l1")),
            (Some("a1"), Some("k2")),
            (None, Some("")),
        ] {
            assert!(!by(actor, object).admits(&of_key), "{actor:?} {object:?}");
        }
        assert!(by(Some("local"), None).admits(&entry(Actor::Local, &[])));
    }
}
