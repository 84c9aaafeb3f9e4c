//! The pages and the hooks on a list service: what requests change, and what nobody may learn from the answers.
#![expect(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

mod bound;
mod hooks;
mod kit;
mod mine;
mod notices;
mod pages;
mod senders;
