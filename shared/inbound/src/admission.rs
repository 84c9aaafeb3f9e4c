//! Who may come how often: the host counts, and each of its bounds holds for one kind of visitor alone.
//!
//! Who is known is judged before they are counted, so that no crowd of strangers uses up what a verified sender, or the
//! reader of a message with a signed link, may do: behind a reverse proxy they may all come from one address.

use axum::extract::Request;

/// Where a request comes from, as the host makes it out: the client's address, an IPv6 one by its prefix. A host sets it as
/// an extension of the request; without it all requests are of one peer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Peer(pub String);

impl Peer {
    /// Where this request comes from.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        request.extensions().get::<Self>().cloned().unwrap_or_default()
    }
}

/// A visitor, once it is known who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visitor<'a> {
    /// A sender of events whose request was verified, by the id of its source.
    Sender(&'a str),
    /// Somebody who opens a signed link, by its token.
    Reader(&'a str),
    /// Somebody who acts on a signed link, by its token.
    OptOut(&'a str),
    /// Nobody that is known.
    Stranger,
}

/// They came too often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooOften {
    /// In so many seconds they may come again.
    pub retry_after: u64,
}

/// Counts visitors.
pub trait Admission: Send + Sync {
    /// Lets a visitor in.
    ///
    /// # Errors
    /// When they came too often.
    fn admit(&self, peer: &Peer, visitor: Visitor<'_>) -> Result<(), TooOften>;
}

/// Lets everybody in, for hosts that count elsewhere.
#[derive(Debug, Clone, Copy, Default)]
pub struct Everybody;

impl Admission for Everybody {
    fn admit(&self, _: &Peer, _: Visitor<'_>) -> Result<(), TooOften> {
        Ok(())
    }
}
