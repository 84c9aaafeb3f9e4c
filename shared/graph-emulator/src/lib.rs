//! A stateful Microsoft Graph v1.0 for tests and demos: groups, members, users, change tracking and notifications, batches,
//! with the token endpoint of Entra ID, over TLS.
//!
//! It is a fair judge. What Graph's documentation names — texts, statuses, limits, permissions — it answers with, and
//! what it does not support it refuses with 400 rather than ignoring it. It can also be as unpleasant as the real
//! service: replicas lag and disagree, requests are throttled, cursors expire, connections break.

mod access;
mod apps;
mod clock;
mod connection;
mod control;
mod emulator;
mod errors;
mod exchange;
mod faults;
mod graph;
mod journal;
mod odata;
#[cfg(feature = "openapi")]
pub mod openapi;
mod people_sign_in;
mod postman;
mod replica;
pub mod sample;
mod sample_names;
mod serve;
mod server;
mod settings;
mod state;
mod tenant;
mod throttle;
mod tls;
mod token;
mod traffic;
mod world;

pub use apps::{App, Federated};
pub use clock::Clock;
pub use emulator::{Care, Emulator, LEAST_ROLES, Running, StartError};
pub use faults::{Effect, Fault, Refused, When};
pub use graph::mail::SentMail;
pub use journal::{Counters, Entry};
pub use server::Control;
pub use settings::{
    AbsentRemoval, DeltaSettings, GuestPolicy, Invitations, JournalBodies, Lag, NoticeSettings, Paging,
    Replay, RetryAfterForm, Settings, TenantSize, Throttle, Writers,
};
pub use state::group::{Group, GroupKind, OnPremises};
pub use state::other::OtherObject;
pub use state::subscriptions::{LifecycleEvent, Post, Subscription};
pub use state::user::{MailboxPurpose, Subtype, User, UserType};
pub use state::{Kind, ObjectId};
pub use tenant::Tenant;
pub use tls::TlsError;
