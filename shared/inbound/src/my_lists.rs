//! Signed links to the page *my lists*, where a person sees every list that they are on.
//!
//! Such a link says more than one that leaves a list, so it is worth less: it is made for one person and sent to their own
//! address, ends after thirty days, and holds only for as long as that address is theirs. It is no opt-out link, and no
//! opt-out link is one: the version that each begins with is signed.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use hmac::Mac as _;
use listsync_core::{Timestamp, contact::Contact, id::ContactId, schedule::later};
use listsync_engine::{
    ports::{PortResult, SigningKey},
    service::Service,
};
use std::time::Duration;

use crate::optout_link::{keyed, newest_key, signed, verified};

/// A link is good for so long.
pub const GOOD_FOR: Duration = Duration::from_secs(30 * 24 * 3600);

const VERSION: &str = "m1";
/// So many bytes of the keyed hash of an address are in a link.
const MARK: usize = 16;

/// A link for a person, to be sent to their address and to nobody else.
#[derive(Clone, PartialEq, Eq)]
pub struct MyLists {
    /// What the address of the page ends with.
    pub token: String,
    /// Until when it is good.
    pub until: Timestamp,
}

/// What a token says, once its signature is verified.
pub(crate) struct MyListsLink<'a> {
    pub(crate) contact: ContactId,
    mark: String,
    key: &'a SigningKey,
}

impl MyListsLink<'_> {
    /// Whether the link was sent to the address that the contact has now.
    pub(crate) fn is_of(&self, contact: &Contact) -> bool {
        self.mark == mark(self.key, contact)
    }
}

/// Makes one.
///
/// # Errors
/// When the store does not give the keys, or each of them is retired.
pub async fn issue(service: &Service, contact: &Contact) -> PortResult<MyLists> {
    let until = later(service.ports.clock.now(), GOOD_FOR);
    let key = newest_key(service).await?;
    let payload = format!("{}/{}/{}", contact.id, mark(&key, contact), until.as_second());
    Ok(MyLists { token: signed(&key, VERSION, &payload), until })
}

/// Reads a token. None for everything that is wrong with it, and for one whose time is over.
pub(crate) fn read<'a>(keys: &'a [SigningKey], token: &str, now: Timestamp) -> Option<MyListsLink<'a>> {
    let (key, payload) = verified(keys, VERSION, token, now)?;
    let mut parts = std::str::from_utf8(&payload).ok()?.split('/');
    let contact = ContactId::parse(parts.next()?).ok()?;
    let mark = parts.next()?.to_owned();
    let until: i64 = parts.next()?.parse().ok()?;
    let is_good = parts.next().is_none() && now.as_second() < until;
    is_good.then_some(MyListsLink { contact, mark, key })
}

/// The address of the page for a token.
#[must_use]
pub fn page_url(base_url: &str, token: &str) -> String {
    format!("{}/my/{token}", base_url.trim_end_matches('/'))
}

fn mark(key: &SigningKey, contact: &Contact) -> String {
    let hash = keyed(key, &format!("my lists {}", contact.address.as_str())).finalize().into_bytes();
    BASE64.encode(&hash[..MARK])
}
