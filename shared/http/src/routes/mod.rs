//! The handlers, a file per noun, and what they share.

pub(crate) mod contacts;
pub(crate) mod decisions;
pub(crate) mod filters;
pub(crate) mod health;
pub(crate) mod holds;
pub(crate) mod imports;
pub(crate) mod keys;
pub(crate) mod links;
pub(crate) mod lists;
pub(crate) mod members;
pub(crate) mod newlink;
pub(crate) mod optout_links;
pub(crate) mod runs;
pub(crate) mod settings;
pub(crate) mod sources;
pub(crate) mod syncs;

use axum::http::StatusCode;
use listsync_core::{
    address::Address,
    contact::Contact,
    id::{ContactId, LinkId},
    list::List,
};
use listsync_engine::ports::LinkState;

use crate::{app::Inner, problem::Problem};

/// The longest name of anything, in characters.
pub(crate) const LONGEST_NAME: usize = 256;

impl Inner {
    /// The list of a name or an id.
    pub(crate) async fn list(&self, text: &str) -> Result<List, Problem> {
        if text.chars().any(char::is_control) {
            return Err(Problem::missing("list"));
        }
        self.ports().lists.find_list(text).await?.ok_or_else(|| Problem::missing("list"))
    }

    /// The link of an id.
    pub(crate) async fn link(&self, text: &str) -> Result<LinkState, Problem> {
        let id = LinkId::parse(text).map_err(|_| Problem::missing("link"))?;
        self.ports().links.load(&id).await?.ok_or_else(|| Problem::missing("link"))
    }

    /// The contact of an id or an address.
    pub(crate) async fn contact(&self, text: &str) -> Result<Contact, Problem> {
        let missing = || Problem::missing("contact");
        let contacts = &self.service.contacts;
        let found = match (text.contains('@'), Address::parse(text), ContactId::parse(text)) {
            (true, Ok(address), _) => contacts.find_contact(&address).await?,
            (false, _, Ok(id)) => contacts.contact(&id).await?,
            _ => None,
        };
        found.ok_or_else(missing)
    }
}

/// What a field of the body names is not there.
pub(crate) fn in_field(field: &str) -> impl Fn(Problem) -> Problem + '_ {
    move |problem| if problem.status == StatusCode::NOT_FOUND { problem.field(field) } else { problem }
}

/// An address out of a body.
pub(crate) fn address(field: &str, text: &str) -> Result<Address, Problem> {
    Address::parse(text).map_err(|error| {
        Problem::invalid(field, error.to_string()).hint("give a bare address such as anna@contoso.com")
    })
}

/// A name out of a body: without outer space.
pub(crate) fn name(field: &str, text: &str) -> Result<String, Problem> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > LONGEST_NAME || text.chars().any(char::is_control) {
        let detail = format!("a name has 1 to {LONGEST_NAME} characters and no control characters");
        return Err(Problem::invalid(field, detail));
    }
    Ok(text.to_owned())
}

/// A display name out of a body: as [`name`], or none.
pub(crate) fn display_name(field: &str, text: &str) -> Result<String, Problem> {
    if text.trim().is_empty() { Ok(String::new()) } else { name(field, text) }
}

/// Ids as text.
pub(crate) fn texts<T: ToString>(ids: &[T]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}
