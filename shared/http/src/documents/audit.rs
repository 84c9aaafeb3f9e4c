//! Entries of the audit as documents. Names are looked up now and stored nowhere: who was erased has none.

use std::collections::BTreeMap;

use listsync_core::{
    Timestamp,
    audit::{Action, Actor, AuditEntry, Completion, Object, ObjectKind},
    id::{ContactId, ImportId, LinkId, ListId},
};
use listsync_engine::{colleagues, ports::PortResult, service::Service};
use serde::Serialize;
use utoipa::ToSchema;

use super::words;

/// One thing that somebody did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub struct AuditDocument {
    /// Its id.
    pub id: String,
    /// When it was done.
    pub at: Timestamp,
    /// Who did it.
    pub actor: ActorDocument,
    /// What, such as `list.create`.
    #[schema(value_type = String)]
    pub action: Action,
    /// To what.
    pub objects: Vec<ObjectDocument>,
    /// How far it came: what is `broken_off` may be done, or a part of it.
    #[schema(value_type = words::Completion)]
    pub completion: Completion,
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AuditActor)]
pub struct ActorDocument {
    /// What they are: `local` (the command line), `key`, `source` (a sender of events), `self` (a person by their own link or
    /// page: the contact among the objects), `inbox`, or `person` (somebody who signed in to the console).
    pub kind: String,
    /// The id of a key or sender, or the number that was drawn for a person.
    pub id: Option<String>,
    /// What it is called now; null: it has no name, or is not there any more.
    pub name: Option<String>,
}

/// What something was done to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AuditObject)]
pub struct ObjectDocument {
    /// What it is, such as `list`.
    #[schema(value_type = String)]
    pub kind: ObjectKind,
    /// Its id; of a setting its name, of a hold its digest.
    pub id: String,
    /// What it is called now, for a contact the address; null: it has no name, or is not there any more.
    pub name: Option<String>,
}

/// What ids are called, each looked up once.
pub struct Names<'a> {
    service: &'a Service,
    known: BTreeMap<Object, Option<String>>,
}

impl<'a> Names<'a> {
    /// None is known yet.
    #[must_use]
    pub fn new(service: &'a Service) -> Self {
        Self { service, known: BTreeMap::new() }
    }

    /// An entry with the names of now.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn document(&mut self, entry: AuditEntry) -> PortResult<AuditDocument> {
        let AuditEntry { id, at, actor, action, objects, completion } = entry;
        let actor = self.actor(&actor).await?;
        let mut shown = Vec::with_capacity(objects.len());
        for object in objects {
            let name = self.of(&object).await?;
            shown.push(ObjectDocument { kind: object.kind, id: object.id, name });
        }
        Ok(AuditDocument { id, at, actor, action, objects: shown, completion })
    }

    async fn actor(&mut self, actor: &Actor) -> PortResult<ActorDocument> {
        let named = match actor {
            Actor::Key(id) => Some(Object::new(ObjectKind::Key, id)),
            Actor::Source(id) => Some(Object::new(ObjectKind::Source, id)),
            Actor::Local | Actor::Oneself | Actor::Inbox | Actor::Person(_) => None,
        };
        let name = match (&named, actor) {
            (Some(object), _) => self.of(object).await?,
            (None, Actor::Person(number)) => {
                colleagues::find(self.service, number).await?.map(|colleague| colleague.name)
            }
            (None, _) => None,
        };
        let text = actor.to_string();
        let kind = text.split(':').next().unwrap_or_default().to_owned();
        Ok(ActorDocument { kind, id: actor.id().map(str::to_owned), name })
    }

    async fn of(&mut self, object: &Object) -> PortResult<Option<String>> {
        if let Some(known) = self.known.get(object) {
            return Ok(known.clone());
        }
        let name = self.looked_up(object).await?;
        self.known.insert(object.clone(), name.clone());
        Ok(name)
    }

    async fn looked_up(&self, Object { kind, id }: &Object) -> PortResult<Option<String>> {
        let Service { ports, contacts, keys, .. } = self.service;
        Ok(match kind {
            ObjectKind::List => match ListId::parse(id) {
                Ok(id) => ports.lists.list(&id).await?.map(|list| list.name),
                Err(_) => None,
            },
            ObjectKind::Link => match LinkId::parse(id) {
                Ok(id) => ports.links.load(&id).await?.map(|state| state.link.group_names()),
                Err(_) => None,
            },
            ObjectKind::Contact => match ContactId::parse(id) {
                Ok(id) => contacts.contact(&id).await?.map(|contact| contact.address.into()),
                Err(_) => None,
            },
            ObjectKind::Import => match ImportId::parse(id) {
                Ok(id) => ports.lists.find_import(&id).await?.map(|import| import.file),
                Err(_) => None,
            },
            ObjectKind::Key => {
                keys.api_keys().await?.into_iter().find(|key| key.id == *id).map(|key| key.name)
            }
            ObjectKind::Source => keys.source(id).await?.map(|source| source.name),
            ObjectKind::Run
            | ObjectKind::Hold
            | ObjectKind::Setting
            | ObjectKind::SigningKey
            | ObjectKind::Tenant => None,
        })
    }
}
