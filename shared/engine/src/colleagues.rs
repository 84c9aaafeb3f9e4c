//! Who signs in to the console. The audit names each by a number that was drawn for them; what it stands for is kept here, and
//! an erasure takes it away, so that the audit can stay as it is.

use std::fmt::Write as _;

use listsync_core::{
    Timestamp, address::Address, audit::KEPT, contact::Contact, id::ObjectId, schedule::later,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::{
    ports::{Fault, Memory, PortError, PortResult, Proven, Seen},
    service::Service,
};

/// Somebody who signed in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Colleague {
    /// Their object in the directory.
    pub object: ObjectId,
    /// What they are called.
    pub name: String,
    /// The name that they sign in with.
    pub address: String,
}

impl std::fmt::Debug for Colleague {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Colleague({})", self.object)
    }
}

/// The number of somebody who has signed in just now, the same as before if they have one. What it stands for is kept for as
/// long as an entry of the audit is, from their last sign-in on.
///
/// # Errors
/// When the store does not answer.
pub async fn note(service: &Service, proven: &Proven) -> PortResult<String> {
    let (seen, now) = (service.seen.as_ref(), service.ports.clock.now());
    let until = later(now, KEPT);
    let number = numbered(seen, &known_by(proven.object.as_str()), now, until).await?;
    let Proven { object, name, address, roles: _ } = proven.clone();
    seen.replace(&known_by(&address), number.as_bytes(), until).await?;
    let kept = serde_json::to_vec(&Colleague { object, name, address }).unwrap_or_default();
    seen.replace(&named(&number), &kept, until).await?;
    Ok(number)
}

/// Who a number stands for; none: it was struck, or is too old.
///
/// # Errors
/// When the store does not answer.
pub async fn find(service: &Service, number: &str) -> PortResult<Option<Colleague>> {
    let kept = service.seen.recall(&named(number), service.ports.clock.now()).await?;
    Ok(kept.and_then(|kept| serde_json::from_slice(&kept).ok()))
}

/// Takes away what a contact's number stands for, if they ever signed in: nothing of theirs is left but the number, and
/// their sessions end.
///
/// # Errors
/// When the store does not answer.
pub async fn strike(service: &Service, contact: &Contact) -> PortResult<()> {
    let object = contact.object_id.iter().map(ObjectId::as_str);
    let addresses = [&contact.address].into_iter().chain(&contact.aliases).map(Address::as_str);
    strike_names(service, object.chain(addresses).map(known_by).collect()).await
}

/// The same of whoever has an address that is no contact's.
///
/// # Errors
/// When the store does not answer.
pub async fn strike_address(service: &Service, address: &Address) -> PortResult<()> {
    strike_names(service, vec![known_by(address.as_str())]).await
}

async fn strike_names(service: &Service, names: Vec<String>) -> PortResult<()> {
    let (seen, now) = (service.seen.as_ref(), service.ports.clock.now());
    for name in names {
        let Some(number) = seen.recall(&name, now).await? else { continue };
        if let Ok(number) = String::from_utf8(number) {
            strike_number(service, &number).await?;
        }
        seen.forget(&name).await?;
    }
    Ok(())
}

/// By whichever name they were found, none is left that leads to the number.
async fn strike_number(service: &Service, number: &str) -> PortResult<()> {
    let Some(Colleague { object, name: _, address }) = find(service, number).await? else { return Ok(()) };
    for name in [known_by(object.as_str()), known_by(&address)] {
        service.seen.forget(&name).await?;
    }
    service.seen.forget(&named(number)).await
}

/// The number under a name, drawn where there is none. Of two who draw at once, both have the first one's.
async fn numbered(seen: &dyn Seen, name: &str, now: Timestamp, until: Timestamp) -> PortResult<String> {
    let drawn = Uuid::new_v4().simple().to_string();
    if seen.remember(name, drawn.as_bytes(), until, now).await? == Memory::New {
        return Ok(drawn);
    }
    let kept = seen.recall(name, now).await?.and_then(|kept| String::from_utf8(kept).ok());
    let number = kept.ok_or_else(|| {
        PortError::new(Fault::Unavailable, "unreadable_answer", "a person's number in the audit was not kept")
    })?;
    seen.replace(name, number.as_bytes(), until).await?;
    Ok(number)
}

fn named(number: &str) -> String {
    format!("colleague/{number}")
}

/// Where the number of an object or an address is kept: neither is to be read in the name of a row.
fn known_by(text: &str) -> String {
    let hash = Sha256::digest(text.trim().to_lowercase().as_bytes());
    hash.iter().fold("colleague-of/".to_owned(), |mut name, byte| {
        let _ = write!(name, "{byte:02x}");
        name
    })
}
