//! The ways by which people are told of trouble: a signed webhook, Microsoft Teams, and mail by SMTP.
//!
//! Where they lead may be a secret, and what is sent is read by whoever answers there. So a message goes over TLS to an
//! address of the public Internet, unless the operator says otherwise; no redirect is followed; and no error says where.

mod card;
mod document;
mod poster;
mod secret;
mod smtp;
mod teams;
mod webhook;

pub use poster::{Poster, Reach};
pub use secret::{Given, SecretText};
pub use smtp::Smtp;
pub use teams::Teams;
pub use webhook::Webhook;
