//! What the credentials of functions carry: each function notes it, as nobody else can see into its token.

use std::{collections::BTreeSet, fmt, time::Duration};

use listsync_core::{Timestamp, schedule::later};
use serde::{Deserialize, Serialize};

use crate::{
    ports::{Call, Fault, Granted, Need, PortError, PortResult, ProofLife},
    service::Service,
};

/// A note is renewed when it is older than this, though it says the same.
const FRESH: Duration = Duration::from_secs(24 * 3600);
/// So long one is kept of a function that does not ask the directory any more.
const KEPT: Duration = Duration::from_secs(90 * 24 * 3600);
/// All that a credential may be allowed; what comes first only reads.
const READS: [Need; 5] =
    [Need::ReadMembers, Need::ReadPeople, Need::ReadHiddenMembers, Need::ReadMailboxes, Need::HearChanges];
const WRITES: [Need; 4] = [Need::WriteMembers, Need::CreateGroups, Need::InviteGuests, Need::SendMail];

/// Whose credential it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// The function that answers over HTTP.
    Api,
    /// The one that runs links.
    Worker,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Api => "api",
            Self::Worker => "worker",
        })
    }
}

/// What a credential was seen to carry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carried {
    /// The permissions by which it can change something, by their names in the directory.
    pub writes: BTreeSet<String>,
    /// Those by which it reads, the others included that allow it as well.
    pub reads: BTreeSet<String>,
    /// When it ends; none: it does not, or nobody can tell.
    #[serde(default)]
    pub expires: Option<Timestamp>,
    /// When this was seen.
    pub at: Timestamp,
}

/// Notes what the credential of this process carries, if that is news. A token that does not show it is not noted.
///
/// # Errors
/// When the directory gives no token, or the store does not answer.
pub async fn note(service: &Service, holder: Holder, call: Call<'_>) -> PortResult<()> {
    let ports = &service.ports;
    let Some(writes) = granted(service, call, &WRITES).await? else { return Ok(()) };
    let Some(reads) = granted(service, call, &READS).await? else { return Ok(()) };
    // Until when it holds is for the operator, and nothing that anybody waits for.
    let expires = match ports.directory.proof_life(call).await {
        Ok(ProofLife::Until(end)) => Some(end),
        Ok(ProofLife::Endless(_) | ProofLife::Unreadable(_)) | Err(_) => None,
    };
    let now = ports.clock.now();
    let carried = Carried { writes, reads, expires, at: now };
    let is_known = |known: &Carried| {
        Carried { at: known.at, ..carried.clone() } == *known && later(known.at, FRESH) > now
    };
    if known(service, holder).await?.as_ref().is_some_and(is_known) {
        return Ok(());
    }
    let unwritable =
        |_| PortError::new(Fault::Rejected, "unwritable", "could not note what a credential carries");
    let bytes = serde_json::to_vec(&carried).map_err(unwritable)?;
    service.seen.replace(&name(holder), &bytes, later(now, KEPT)).await
}

/// The permissions that meet these needs; none: the token does not show any.
async fn granted(service: &Service, call: Call<'_>, needs: &[Need]) -> PortResult<Option<BTreeSet<String>>> {
    let mut found = BTreeSet::new();
    for grant in service.ports.directory.grants(call, needs).await? {
        match grant.by {
            Granted::Least => found.insert(grant.least.to_owned()),
            Granted::Broader(other) => found.insert(other.to_owned()),
            Granted::Missing => false,
            Granted::Untold => return Ok(None),
        };
    }
    Ok(Some(found))
}

/// What a function noted last; none: it has not asked the directory lately.
///
/// # Errors
/// When the store does not answer.
pub async fn known(service: &Service, holder: Holder) -> PortResult<Option<Carried>> {
    let kept = service.seen.recall(&name(holder), service.ports.clock.now()).await?;
    Ok(kept.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

fn name(holder: Holder) -> String {
    format!("credential/{holder}")
}
