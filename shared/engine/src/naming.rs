//! Names of lists: two that look the same are the same, however they were typed. Lists that were named before this was so
//! are found by what they were called, too.

use listsync_core::{
    Timestamp,
    id::ListId,
    list::List,
    text::{label, name_key},
};

use crate::ports::{Fault, ListStore, PortError, PortResult};

/// The list of a name or an id.
///
/// # Errors
/// When the store does not answer.
pub async fn find_list(lists: &dyn ListStore, text: &str) -> PortResult<Option<List>> {
    if let Some(found) = lists.find_list(text).await? {
        return Ok(Some(found));
    }
    match label(text) {
        Ok(name) if name != text => lists.find_list(&name).await,
        _ => Ok(None),
    }
}

/// A name as it may be given to a list: to this one, where it is there already.
///
/// # Errors
/// [`Fault::Rejected`] when it is none, or looks as another list's does.
pub async fn fresh_name(lists: &dyn ListStore, text: &str, of: Option<&ListId>) -> PortResult<String> {
    let name = label(text).map_err(|error| {
        PortError::new(Fault::Rejected, "bad_list_name", error.to_string()).with_hint("give another name")
    })?;
    let key = name_key(&name);
    match lists.lists().await?.iter().find(|list| name_key(&list.name) == key && of != Some(&list.id)) {
        None => Ok(name),
        Some(other) => Err(PortError::new(
            Fault::Rejected,
            "list_exists",
            format!("there is a list '{}' already ({})", other.name, other.id),
        )
        .with_hint("give another name, or use that list")),
    }
}

/// Makes a list.
///
/// # Errors
/// As [`fresh_name`].
pub async fn create_list(lists: &dyn ListStore, text: &str, now: Timestamp) -> PortResult<List> {
    let name = fresh_name(lists, text, None).await?;
    lists.create_list(&name, now).await
}
