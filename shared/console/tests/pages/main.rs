//! The console as a browser without scripts meets it: pages and forms over the embedded store, no network.

#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

mod browser;
mod downloads;
mod entrance;
mod forms;
mod grants;
mod live;
mod markup;
mod proving;
mod routes;
mod sign_in;
mod stage;
mod story;
