//! What people say of themselves.

use listsync_core::{
    contact::{Saying, Scope},
    register::{self, Answer, Speaker},
};
use listsync_engine::ports::Heard;
use rusqlite::Connection;

use super::{person, suppressions};
use crate::{error::Outcome, lists::contacts};

/// Stores a decision.
pub(super) fn say(tx: &Connection, saying: &Saying) -> Outcome<Heard> {
    let about = match &saying.scope {
        Scope::List(list) => std::slice::from_ref(list),
        Scope::All => &[],
    };
    let known = contacts::by_address(tx, &saying.address)?;
    let speaker = match &known {
        Some(known) => Speaker::Kept(Box::new(person::facing(tx, person::load(tx, known.n)?, about)?)),
        None => {
            let mut stranger = person::stranger(tx, &saying.address)?;
            stranger.blank = person::facing(tx, stranger.blank, about)?;
            Speaker::Stranger(Box::new(stranger))
        }
    };
    let before = speaker.contact().clone();
    match register::say(speaker, saying)? {
        Answer::Suppressed(said) => {
            suppressions::put(tx, &saying.address, &said)?;
            Ok(Heard { contact: None, lists: Vec::new() })
        }
        Answer::Changed(change) => {
            match known {
                Some(known) => person::save(tx, known.n, &before, &change)?,
                None => person::insert(tx, &change)?,
            }
            Ok(Heard { contact: Some(before.id), lists: change.moved() })
        }
    }
}
