//! A person as documents.

use std::collections::{BTreeMap, BTreeSet};

use listsync_core::{
    Timestamp,
    contact::{
        Contact, Decision, Field, OptOut, OptOutReason, Place, Said, Scope, Undeliverable,
        UndeliverableReason, Via,
    },
    id::{ContactId, ListId},
    list::{Origin, Standing},
    settings::Settings,
};
use listsync_engine::{Ports, ports::PortResult};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Named, words};

/// A contact.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Contact)]
pub struct ContactDocument {
    /// Their id.
    #[schema(value_type = String)]
    pub id: ContactId,
    /// Their address.
    pub address: String,
    /// Further addresses of theirs.
    pub aliases: Vec<String>,
    /// Their display name, possibly empty.
    pub name: String,
    /// Their key in the system that files come from.
    pub external_id: Option<String>,
    /// Further keys of theirs: of somebody who was hired anew, or of people who share a mailbox.
    pub further_ids: Vec<String>,
    /// Further fields, by name.
    #[schema(value_type = BTreeMap<String, FieldSchema>)]
    pub fields: BTreeMap<String, Field>,
    /// The directory object they were matched to.
    pub object_id: Option<String>,
    /// Whether their address is of a foreign domain.
    pub external: bool,
    /// Why messages do not reach them.
    #[schema(value_type = Option<UndeliverableSchema>)]
    pub undeliverable: Option<Undeliverable>,
    /// That they want no list at all.
    #[schema(value_type = Option<OptOutSchema>)]
    pub opted_out: Option<OptOut>,
    /// The lists that they said yes to since, by their ids: the no to all does not hold there.
    #[schema(value_type = Vec<String>)]
    pub accepts: BTreeSet<ListId>,
    /// Of the last edit; its `ETag`.
    pub version: u64,
}

/// A field of a contact.
#[derive(ToSchema)]
#[schema(as = Field)]
pub struct FieldSchema {
    /// Its value.
    pub value: String,
    /// Who set it.
    #[schema(value_type = words::Origin)]
    pub source: Origin,
    /// When.
    pub at: Timestamp,
}

/// That messages do not reach a contact.
#[derive(ToSchema)]
#[schema(as = Undeliverable)]
pub struct UndeliverableSchema {
    /// Why.
    #[schema(value_type = words::UndeliverableReason)]
    pub reason: UndeliverableReason,
    /// Since when.
    pub at: Timestamp,
}

/// A no to every list.
#[derive(ToSchema)]
#[schema(as = OptOut)]
pub struct OptOutSchema {
    /// Why.
    #[schema(value_type = words::OptOutReason)]
    pub reason: OptOutReason,
    /// Since when.
    pub at: Timestamp,
    /// The way it came.
    #[schema(value_type = words::Via)]
    pub via: Via,
}

impl ContactDocument {
    /// Of a contact.
    #[must_use]
    pub fn of(contact: Contact, settings: &Settings) -> Self {
        let Contact {
            id,
            address,
            aliases,
            name,
            external_id,
            further_ids,
            fields,
            object_id,
            grounds: _,
            undeliverable,
            opted_out,
            accepts,
            version,
        } = contact;
        Self {
            id,
            external: settings.is_external(&address),
            address: address.into(),
            aliases: aliases.into_iter().map(String::from).collect(),
            name,
            external_id: external_id.map(String::from),
            further_ids: further_ids.into_iter().map(String::from).collect(),
            fields,
            object_id: object_id.map(String::from),
            undeliverable,
            opted_out,
            accepts,
            version: version.0,
        }
    }
}

/// Everything that is known of a person.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PersonExport {
    /// When it was gathered.
    pub exported_at: Timestamp,
    /// The contact.
    pub contact: ContactDocument,
    /// How they stand to each list that they are or were on.
    pub lists: Vec<PlaceDocument>,
    /// Their decisions, newest first.
    pub decisions: Vec<SaidDocument>,
}

/// How a person stands to a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PlaceDocument {
    /// The list.
    pub list: Named,
    /// How they stand to it.
    #[schema(value_type = words::Standing)]
    pub state: Standing,
    /// Who brought them there.
    #[schema(value_type = words::Origin)]
    pub origin: Origin,
    /// Since when.
    pub since: Timestamp,
    /// Until when they are on it; null: until somebody takes them off.
    pub until: Option<Timestamp>,
}

/// A decision of a person.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SaidDocument {
    /// What.
    #[schema(value_type = words::Decision)]
    pub decision: Decision,
    /// The list; null: all lists.
    pub list: Option<Named>,
    /// The way it came.
    #[schema(value_type = words::Via)]
    pub via: Via,
    /// When.
    pub at: Timestamp,
}

impl PlaceDocument {
    /// Of a place.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn load(ports: &Ports, place: Place) -> PortResult<Self> {
        let Place { list, standing, origin, since, until } = place;
        Ok(Self { list: Named::list(ports, &list).await?, state: standing, origin, since, until })
    }
}

impl SaidDocument {
    /// Of a decision.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn load(ports: &Ports, said: Said) -> PortResult<Self> {
        let Said { decision, scope, via, at } = said;
        let list = match scope {
            Scope::List(list) => Some(Named::list(ports, &list).await?),
            Scope::All => None,
        };
        Ok(Self { decision, list, via, at })
    }
}

/// What a decision came to.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DecisionDocument {
    /// The list; null: all lists.
    pub list: Option<String>,
    /// Whose.
    pub address: String,
    /// What.
    #[schema(value_type = words::Decision)]
    pub decision: Decision,
    /// Whether somebody of the address was on the list; `false` with an opt-out: it is kept, but may be mistyped. Null: all lists
    /// were meant.
    pub was_member: Option<bool>,
    /// The lists on which they stand differently now.
    pub changed: Vec<String>,
    /// The links that were asked to run.
    pub links: Vec<String>,
}

/// Who was erased.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Gone {
    /// The contact; `null`: nobody had the address as a contact. It was struck from what files, runs and imports tell, and is
    /// held off every list from now on.
    pub id: Option<String>,
    /// The lists that they were on.
    pub lists: Vec<String>,
}
