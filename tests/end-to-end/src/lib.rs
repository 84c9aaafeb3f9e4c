//! The shipped `listsync` binary as a process, against an emulated tenant over TLS.
//!
//! The binaries are built once per test run, by the same cargo and into the same folder as the tests, so that what is
//! tested is what is shipped. `LISTSYNC_BIN_DIR` names a folder with built ones instead.

mod binaries;
mod cloud;
mod command;
mod function;
mod gateway;
mod inbox;
mod mail_server;
mod receiver;
mod runtime_api;
mod served;
mod terminal;
mod world;

pub use binaries::binary;
pub use cloud::{Cloud, Message, PUBLIC_URL, TIMER_TIME, WORKER_TIME, beat, event};
pub use command::{Done, ended};
pub use function::Function;
pub use gateway::{Ask, Gateway, HttpAnswer};
pub use inbox::dropped;
pub use mail_server::{MailServer, Taken};
pub use receiver::{Arrived, Receiver};
pub use runtime_api::{Answer, RuntimeApi};
pub use served::Served;
pub use terminal::{INTERRUPT, Terminal};
pub use world::World;
