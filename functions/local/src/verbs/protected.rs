//! Who is never removed, as texts.

use listsync_core::{
    address::Address,
    id::ObjectId,
    settings::{Owners, Protected},
};

/// Reads object ids, addresses and the word `owners`.
///
/// # Errors
/// With the first text that is none of these.
pub(super) fn read<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Protected, String> {
    let mut protected = Protected::default();
    for text in texts {
        if text.eq_ignore_ascii_case("owners") {
            protected.owners = Owners::Protected;
        } else if let Ok(address) = Address::parse(text) {
            protected.addresses.insert(address);
        } else if let (Ok(id), false) = (ObjectId::parse(text), text.contains('@')) {
            protected.object_ids.insert(id);
        } else {
            return Err(format!("'{text}' is neither an object id, nor an address, nor the word owners"));
        }
    }
    Ok(protected)
}

/// The texts that read back as the same.
pub(crate) fn texts(protected: &Protected) -> Vec<String> {
    let Protected { object_ids, addresses, owners } = protected;
    let owners = (*owners == Owners::Protected).then(|| "owners".to_owned());
    let ids = object_ids.iter().map(ToString::to_string);
    owners.into_iter().chain(ids).chain(addresses.iter().map(ToString::to_string)).collect()
}
