//! The people of a tenant: who is hired, deleted, restored and renamed, and every address that anybody ever had.

use std::collections::BTreeMap;

use listsync_core::{
    address::Address,
    id::ObjectId,
    snapshot::{Principal, PrincipalKind},
};
use listsync_testkit::sample::{address, object};

/// Whether somebody has an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Account {
    /// Not yet: they are to be hired.
    Planned,
    /// They do.
    Alive,
    /// It was deleted, and may be restored.
    Deleted,
}

/// One person.
#[derive(Debug, Clone)]
pub(crate) struct Human {
    pub(crate) object: ObjectId,
    pub(crate) account: Account,
    /// The local part of their primary address.
    pub(crate) primary: String,
    /// Those of former ones that still reach them.
    proxies: Vec<String>,
    renames: u32,
}

impl Human {
    pub(crate) fn address(&self) -> Address {
        address(&self.primary)
    }

    pub(crate) fn is_alive(&self) -> bool {
        self.account == Account::Alive
    }

    /// Whether the directory finds them by this address.
    pub(crate) fn answers_to(&self, local: &str) -> bool {
        self.is_alive() && (self.primary == local || self.proxies.iter().any(|proxy| proxy == local))
    }

    pub(crate) fn principal(&self) -> Principal {
        let locals = std::iter::once(&self.primary).chain(&self.proxies);
        Principal {
            id: self.object.clone(),
            name: format!("{} of Contoso", self.object),
            mail: Some(self.address()),
            proxies: locals.map(|local| address(local)).collect(),
            upn: Some(self.address()),
            others: Vec::new(),
            kind: PrincipalKind::Own,
        }
    }
}

/// What becomes of the former address at a change of name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Former {
    /// It still reaches them.
    Kept,
    /// It reaches nobody.
    Dropped,
}

/// Everybody, by number.
#[derive(Debug)]
pub(crate) struct Folk {
    pub(crate) humans: Vec<Human>,
    owners: BTreeMap<String, usize>,
}

impl Folk {
    /// So many people, with these accounts.
    pub(crate) fn new(accounts: impl IntoIterator<Item = Account>) -> Self {
        let mut folk = Self { humans: Vec::new(), owners: BTreeMap::new() };
        for (number, account) in accounts.into_iter().enumerate() {
            let primary = format!("p{number}");
            folk.owners.insert(primary.clone(), number);
            let object = object(&primary);
            folk.humans.push(Human { object, account, primary, proxies: Vec::new(), renames: 0 });
        }
        folk
    }

    /// Gives somebody another primary address.
    pub(crate) fn rename(&mut self, who: usize, former: Former) {
        let human = &mut self.humans[who];
        human.renames += 1;
        let primary = format!("p{who}n{}", human.renames);
        let before = std::mem::replace(&mut human.primary, primary.clone());
        if former == Former::Kept {
            human.proxies.push(before);
        }
        self.owners.insert(primary, who);
    }

    /// Whose address this is or was.
    pub(crate) fn owner(&self, local: &str) -> Option<usize> {
        self.owners.get(local).copied()
    }

    pub(crate) fn of_object(&self, id: &ObjectId) -> Option<usize> {
        self.humans.iter().position(|human| human.object == *id)
    }

    /// The numbers of those whose account stands so.
    pub(crate) fn with(&self, account: Account) -> Vec<usize> {
        (0..self.humans.len()).filter(|who| self.humans[*who].account == account).collect()
    }
}

/// The part of an address by which people are told apart here.
pub(crate) fn local(address: &Address) -> &str {
    address.as_str().split('@').next().unwrap_or_default()
}
