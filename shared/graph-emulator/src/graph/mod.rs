//! The calls of Microsoft Graph v1.0 that are emulated.

pub(crate) mod batch;
pub(crate) mod delta;
pub(crate) mod delta_round;
pub(crate) mod delta_spot;
pub(crate) mod directory_objects;
pub(crate) mod group_create;
pub(crate) mod groups;
pub(crate) mod invitations;
pub(crate) mod links_read;
pub(crate) mod links_write;
pub(crate) mod listing;
pub(crate) mod mail;
pub(crate) mod reference;
pub(crate) mod render;
pub(crate) mod router;
pub(crate) mod subscriptions;
pub(crate) mod users;
