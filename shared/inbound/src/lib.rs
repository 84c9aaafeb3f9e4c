//! What comes in from the people on the lists, and from the services that send to them: signed opt-out links with the
//! pages behind them, events that are verified as their sender allows, and the directory's notices of changes.
//!
//! [`optout_link`] and [`events`] are pure: bytes in, a value or a refusal out, with the time as an argument. [`pages`],
//! [`hooks`] and [`notices`] put them on HTTP and apply them to a [`listsync_engine::service::Service`]. The routers bring
//! their own size limits and answers, and are to be mounted at the root of the host. None needs an API key: a link carries
//! its signature, an event its sender's, a notice its secret.
//!
//! Whoever mounts them keeps the paths `/u/…` and `/hooks/…` out of its logs: they hold tokens and secrets.

pub mod admission;
pub mod body;
pub mod events;
pub mod form;
pub mod hooks;
pub mod my_lists;
pub mod notices;
pub mod optout_link;
pub mod pages;
