//! The directory port over Microsoft Graph v1.0.
//!
//! What holds here: one place sends ([`Graph`] hands each call to it), so a time-out, the throttle gate and the bounded
//! retries apply to every request; a listing that breaks off is an error and never a short list; the only DELETEs that
//! can be made take a member's link out of a group or end a subscription of ours; and no error or log line holds an address, a name or a secret.

mod answer;
mod ask;
mod authority;
mod certificate;
mod clockwork;
mod deed;
mod delta;
mod diagnosis;
mod directory;
mod federated;
mod group_kind;
mod groups;
mod id_token;
mod invitations;
mod look_up;
mod mail;
mod mailboxes;
mod member_link;
mod members;
mod nickname;
mod pages;
mod parts;
mod path;
mod people;
mod people_delta;
mod permissions;
mod principal;
mod proof;
mod reach;
mod retry;
mod retry_after;
mod root;
mod send;
mod settings;
mod sign_in;
mod sign_in_refusal;
mod subscriptions;
mod token;
mod transport;
mod validity;
mod verdict;
mod web_sign_in;
mod write;

pub use directory::Graph;
pub use settings::{ConnectError, Credential, GraphSettings, PUBLIC_AUTHORITY, PUBLIC_GRAPH, ProofSource};
pub use web_sign_in::{WebSettings, WebSignIn};
