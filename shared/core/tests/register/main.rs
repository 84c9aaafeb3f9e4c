//! The register's rules: tables over every case, and the opt-out law over random histories.

mod effects;
mod laws;
mod tables;

use listsync_core::{
    Timestamp,
    address::Address,
    contact::{Contact, OptOut, OptOutReason, Version, Via},
    id::{ContactId, ListId},
    list::{OptOutRule, Origin, Standing},
    register::{Keeper, Person, Stance, Terms, Word},
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("an instant")
}

fn list(name: &str) -> ListId {
    ListId::parse(name).expect("an id")
}

fn address(local: &str) -> Address {
    Address::parse(&format!("{local}@contoso.example")).expect("an address")
}

fn no(reason: OptOutReason) -> OptOut {
    OptOut { reason, at: at(1), via: Via::Page }
}

fn blank(local: &str) -> Person {
    let id = ContactId::parse(local).expect("an id");
    Person::new(Contact { version: Version(1), ..Contact::new(id, address(local)) })
}

fn terms(opt_out: OptOutRule) -> Terms {
    Terms { opt_out, keeper: Keeper::People }
}

fn stance(terms: Terms, standing: Standing, word: Option<Word>) -> Stance {
    Stance { terms, standing, origin: Origin::Csv, since: at(1), word }
}
