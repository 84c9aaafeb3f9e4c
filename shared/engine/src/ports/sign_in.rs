//! Signing a person in by the directory's own service: they prove there who they are, and come back with a code.

use async_trait::async_trait;
use listsync_core::id::ObjectId;

use super::{Call, PortResult};

/// What a browser is sent to the service with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignInQuestion<'a> {
    /// Comes back with the code.
    pub state: &'a str,
    /// Comes back within the proof.
    pub nonce: &'a str,
    /// SHA-256 of the verifier, in base64url (RFC 7636, section 4.2).
    pub challenge: &'a str,
    /// Where the browser is sent back to.
    pub redirect: &'a str,
    /// The name that they signed in with before, so that they are not asked which account it is; none: nobody knows.
    pub hint: Option<&'a str>,
}

/// What a browser came back with, and what only who sent it there knows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SignInAnswer<'a> {
    /// The code, good once.
    pub code: &'a str,
    /// What the challenge was made of.
    pub verifier: &'a str,
    /// What the proof has to hold.
    pub nonce: &'a str,
    /// As in the question.
    pub redirect: &'a str,
}

/// Somebody who has proved who they are.
#[derive(Clone, PartialEq, Eq)]
pub struct Proven {
    /// Their object in the directory.
    pub object: ObjectId,
    /// What they are called.
    pub name: String,
    /// The name that they sign in with: an address, mostly.
    pub address: String,
    /// What the directory's administrator assigned to them in the app, by its values.
    pub roles: Vec<String>,
}

/// The directory's sign-in service.
#[async_trait]
pub trait SignIns: Send + Sync {
    /// Where the browser goes.
    ///
    /// # Errors
    /// When the service does not say where.
    async fn address(&self, call: Call<'_>, question: SignInQuestion<'_>) -> PortResult<String>;

    /// Whom a code stands for, once what it is given for is verified: by the tenant's own keys, for this app, for this
    /// question, and not past its time.
    ///
    /// # Errors
    /// `sign_in_refused` where the code or the proof is not good, and as the service does not answer.
    async fn redeem(&self, call: Call<'_>, answer: SignInAnswer<'_>) -> PortResult<Proven>;
}
