//! A list, and who is on it, as documents.

use std::collections::BTreeMap;

use futures::future::try_join_all;
use listsync_core::{
    Timestamp, duration,
    id::{ContactId, ListId},
    list::{Entry, List, ListKind, OptOutRule, Origin, Standing},
    settings::Settings,
    status::State,
};
use listsync_engine::{
    Ports,
    ports::{ListCounts, PortResult},
    status::{self, ListStatus},
};
use serde::Serialize;
use tokio::try_join;
use utoipa::ToSchema;

use super::{link::LinkDocument, status::StateDocument, words};

/// A list in a list of lists.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ListRow {
    #[serde(flatten)]
    #[schema(inline)]
    /// The list.
    pub list: Head,
    /// How many are members.
    pub members: u64,
    /// How many links it has.
    pub links: usize,
    /// How it stands: as the worst of its links.
    pub state: StateDocument,
}

/// A list with its counts and links.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ListDocument {
    #[serde(flatten)]
    #[schema(inline)]
    /// The list.
    pub list: Head,
    /// How many are members.
    pub members: u64,
    /// How many opted out.
    pub opted_out: u64,
    /// How many have yet to confirm.
    pub pending: u64,
    /// How many of the members leave by a date.
    pub ending: u64,
    /// The first of those dates.
    pub next_end: Option<Timestamp>,
    /// Its links.
    pub links: Vec<LinkDocument>,
    /// How it stands: as the worst of them.
    pub state: StateDocument,
}

/// What every document of a list begins with.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Head {
    /// Its id.
    #[schema(value_type = String)]
    pub id: ListId,
    /// Its name, unique without regard to case.
    pub name: String,
    /// Who decides who is on it.
    #[schema(value_type = words::Kind)]
    pub kind: &'static str,
    /// The filter of a filtered list (RFC 7644, section 3.4.2.2).
    pub filter: Option<String>,
    /// Whether its members may leave it by themselves.
    #[schema(value_type = words::OptOutRule)]
    pub opt_out: OptOutRule,
    /// Status words of its files that have a meaning of their own, by the word.
    #[schema(value_type = BTreeMap<String, String>)]
    pub status_words: BTreeMap<String, &'static str>,
    /// How many additions by files and runs go on without a person; null: as the settings say.
    pub max_additions: Option<String>,
    /// Within which time a file of it should come, such as `8d`; null: nobody waits for one.
    pub expect_every: Option<String>,
    /// Of the last edit; its `ETag`.
    pub version: u64,
}

impl Head {
    fn of(list: List) -> Self {
        let List { id, name, kind, opt_out, status_words, max_additions, expect_every, version, formerly: _ } =
            list;
        let max_additions = max_additions.map(String::from);
        let expect_every = expect_every.map(duration::format_term);
        let (kind, filter) = match kind {
            ListKind::Static => ("static", None),
            ListKind::Filtered { filter } => ("filtered", Some(filter)),
        };
        let status_words = status_words.into_iter().map(|(word, meaning)| (word, meaning.name())).collect();
        let version = version.0;
        Self { id, name, kind, filter, opt_out, status_words, max_additions, expect_every, version }
    }
}

impl ListRow {
    /// Gathers it.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn load(ports: &Ports, status: ListStatus) -> PortResult<Self> {
        let ListStatus { list, links, state } = status;
        let members = ports.lists.size(&list.id).await?;
        let state = StateDocument::of(&state, &list.name);
        Ok(Self { list: Head::of(list), members, links: links.len(), state })
    }

    /// Gathers it of one list.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn of_one(ports: &Ports, list: List) -> PortResult<Self> {
        Self::load(ports, of_one(ports, list).await?).await
    }
}

impl ListDocument {
    /// Gathers it.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn load(ports: &Ports, list: List) -> PortResult<Self> {
        let id = list.id.clone();
        let (counts, status) = try_join!(ports.lists.counts(&id), of_one(ports, list))?;
        let ListCounts { members, opted_out, pending, ending, next_end } = counts;
        let links =
            try_join_all(status.links.into_iter().map(|state| LinkDocument::load(ports, state))).await?;
        let state = StateDocument::of(&status.state, &status.list.name);
        let list = Head::of(status.list);
        Ok(Self { list, members, opted_out, pending, ending, next_end, links, state })
    }
}

async fn of_one(ports: &Ports, list: List) -> PortResult<ListStatus> {
    let gone = ListStatus { list: list.clone(), links: Vec::new(), state: State::NotLinked };
    Ok(status::of_lists(ports, vec![list]).await?.pop().unwrap_or(gone))
}

/// Somebody on a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MemberDocument {
    /// Their contact.
    #[schema(value_type = String)]
    pub contact: ContactId,
    /// Their address.
    pub address: String,
    /// Their display name, possibly empty.
    pub name: String,
    /// How they stand to the list.
    #[schema(value_type = words::Standing)]
    pub state: Standing,
    /// Who brought them there.
    #[schema(value_type = words::Origin)]
    pub origin: Origin,
    /// The directory object they were matched to.
    pub object_id: Option<String>,
    /// Whether their address is of a foreign domain.
    pub external: bool,
    /// Whether messages do not reach them.
    pub undeliverable: bool,
    /// Until when they are on it; null: until somebody takes them off.
    pub until: Option<Timestamp>,
}

impl MemberDocument {
    /// Of an entry.
    #[must_use]
    pub fn of(entry: Entry, settings: &Settings) -> Self {
        let Entry { contact, address, name, object_id, grounds: _, standing, origin, undeliverable, until } =
            entry;
        Self {
            contact,
            external: settings.is_external(&address),
            address: address.into(),
            name,
            state: standing,
            origin,
            object_id: object_id.map(String::from),
            undeliverable: undeliverable.is_some(),
            until,
        }
    }
}

/// What an edit of a list's members came to.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MemberEdit {
    /// The list.
    #[schema(value_type = String)]
    pub list: ListId,
    /// Whose.
    pub address: String,
    /// `added`, `already`, `removed` or `absent`.
    pub outcome: &'static str,
    /// The links that were asked to run.
    pub links: Vec<String>,
    /// Until when they are on it, where that was asked for; null: until somebody takes them off.
    pub until: Option<Timestamp>,
    /// Whether a name was sent and not taken: the person stands on lists that the key is not given, too.
    pub name_kept: bool,
}
