//! A contact with its place on every list, and changes of all of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use listsync_core::{
    address::Address,
    contact::ExternalId,
    id::{ContactId, ListId},
    list::Standing,
};
use listsync_engine::ports::{PortError, PortResult};

use crate::{
    error,
    lists::{
        draft::By,
        feed::{self, Feed},
        head::{self, Head},
        owner::{Owner, Suppressed},
        people::as_read,
        person::{Contact, contact_key, external_key},
        pointers::{external_ops, object_ops},
        row::{Row, row_key},
        tx::{Logged, log},
    },
    pepper::Pepper,
    table::{Condition, Fail, Op, Table},
};

/// How many writes of lists one transaction has at most: the others are those of the contact itself.
const MOST_OF_LISTS: usize = 90;
/// How many writes one transaction may have.
const MOST: usize = 98;

/// How a contact stands to one list.
#[derive(Debug, Clone)]
pub(super) struct Spot {
    pub(super) head: Head,
    pub(super) row: Row,
}

/// A contact with its place on every list.
#[derive(Debug)]
pub(super) struct Whole {
    pub(super) contact: Contact,
    pub(super) spots: BTreeMap<ListId, Spot>,
}

pub(super) fn gone(id: &ContactId) -> PortError {
    error::gone("no_such_contact", format!("there is no contact {id}"))
}

/// One contact, as it is now.
pub(super) async fn find(table: &Table, id: &ContactId) -> PortResult<Option<Contact>> {
    let found = table.get("read the contact", &contact_key(id)).await?;
    found.map(|stored| Contact::read(&stored)).transpose()
}

impl Whole {
    pub(super) async fn load(table: &Table, id: &ContactId) -> PortResult<Self> {
        let contact = find(table, id).await?.ok_or_else(|| gone(id))?;
        Self::of(table, contact, &BTreeSet::new()).await
    }

    /// A contact on its lists and on these.
    pub(super) async fn of(table: &Table, contact: Contact, more: &BTreeSet<ListId>) -> PortResult<Self> {
        let lists: BTreeSet<ListId> = contact.listed().chain(more.iter().cloned()).collect();
        let id = contact.id().clone();
        let keys = lists.iter().flat_map(|list| [head::key(list), row_key(list, &id)]).collect();
        let found = table.get_many("read the contact's lists", keys).await?;
        let mut spots = BTreeMap::new();
        for list in lists {
            // A list that was deleted is cleared away later.
            let (Some(head), Some(row)) = (found.get(&head::key(&list)), found.get(&row_key(&list, &id)))
            else {
                continue;
            };
            spots.insert(list, Spot { head: Head::read(head)?, row: Row::read(row)? });
        }
        Ok(Self { contact, spots })
    }
}

/// One list's step: its change is logged, and so many more are members.
pub(super) fn step(head: &Head, changes: &[Logged], members: i64) -> PortResult<Vec<Op>> {
    let list = &head.list.id;
    Ok(vec![head::advance(list, head.seq, members), log(list, head.seq + 1, changes)?])
}

/// What is logged of a contact.
pub(super) fn logged(contact: &ContactId, what: impl ToString, (origin, at): By) -> Logged {
    Logged { contact: contact.clone(), what: what.to_string(), origin, at }
}

pub(super) fn is_member(standing: Standing) -> i64 {
    i64::from(standing == Standing::Member)
}

/// A change of contacts and of what lists have of them.
#[derive(Debug)]
pub(super) struct Change {
    /// That what it is decided on is still so.
    pub(super) still: Vec<Op>,
    /// The writes of each list.
    pub(super) lists: Vec<Vec<Op>>,
    /// The writes of the contacts themselves.
    pub(super) last: Vec<Op>,
}

impl Change {
    /// Writes it in as few transactions as hold it: the lists first and the contacts last, so that what is interrupted
    /// is done anew from its beginning.
    pub(super) async fn commit(self, table: &Table, doing: &'static str) -> Result<(), Fail> {
        let Self { still, lists, mut last } = self;
        let mut ops: Vec<Op> = Vec::new();
        for of_list in lists {
            if ops.len() + of_list.len() > MOST_OF_LISTS {
                flush(table, doing, (&mut ops, &still)).await?;
            }
            ops.extend(of_list);
        }
        if ops.len() + last.len() > MOST && !ops.is_empty() {
            flush(table, doing, (&mut ops, &still)).await?;
        }
        ops.append(&mut last);
        table.transact(doing, &ops).await
    }
}

async fn flush(table: &Table, doing: &'static str, (ops, still): (&mut Vec<Op>, &[Op])) -> Result<(), Fail> {
    ops.extend(still.iter().cloned());
    table.transact(doing, ops).await?;
    ops.clear();
    Ok(())
}

/// That a contact is still as it was read.
pub(super) fn still(contact: &Contact) -> Op {
    Op::check(contact_key(contact.id()), as_read(contact))
}

/// Whose addresses and external ids are, as they were read.
pub(super) struct Names {
    pub(super) pepper: Pepper,
    owners: HashMap<Address, Owner>,
    external: Option<ContactId>,
}

impl Names {
    pub(super) async fn load(
        table: &Table,
        addresses: &BTreeSet<Address>,
        external: Option<&ExternalId>,
    ) -> PortResult<Self> {
        let pepper = table.pepper().await?;
        let keys = addresses.iter().map(|address| pepper.key(address));
        let keys = keys.chain(external.map(external_key)).collect();
        let found = table.get_many("look the contact up", keys).await?;
        let mut owners = HashMap::new();
        for address in addresses {
            if let Some(stored) = found.get(&pepper.key(address)) {
                owners.insert(address.clone(), Owner::read(stored)?);
            }
        }
        let external = external.and_then(|external| found.get(&external_key(external)));
        let external = external.map(|stored| stored.read("contact")).transpose()?;
        Ok(Self { pepper, owners, external })
    }

    pub(super) fn owner(&self, address: &Address) -> Owner {
        self.owners.get(address).cloned().unwrap_or_default()
    }

    /// Refuses what is somebody else's.
    pub(super) fn check_free(&self, id: Option<&ContactId>) -> PortResult<()> {
        let other = |owner: &ContactId| Some(owner) != id;
        let taken =
            self.owners.values().filter_map(|owner| owner.contact.as_ref()).find(|owner| other(owner));
        let taken = taken.or(self.external.as_ref().filter(|owner| other(owner)));
        let Some(owner) = taken else { return Ok(()) };
        let message = format!("the address or the external id is contact {owner}'s");
        Err(error::rejected("contact_exists", message, "edit that contact, or merge the two"))
    }

    /// What is written where addresses, external id and object find a contact.
    /// An address that is theirs no more keeps what they said no to.
    pub(super) fn ops(
        &self,
        before: Option<&Contact>,
        after: &Contact,
        said: &[Suppressed],
    ) -> PortResult<Vec<Op>> {
        let (old, new) = (before.map(Contact::addresses).unwrap_or_default(), after.addresses());
        let mine = Owner::of(after.id());
        let mut ops = Vec::new();
        for address in new.difference(&old) {
            ops.push(self.owner(address).becomes(self.pepper.key(address), &mine)?);
        }
        let left = Owner { contact: None, suppressed: said.to_vec() };
        for address in old.difference(&new) {
            ops.push(mine.becomes(self.pepper.key(address), &left)?);
        }
        ops.extend(external_ops(before, after));
        ops.extend(object_ops(before, after));
        Ok(ops)
    }
}

/// Whether whoever follows all contacts looks at one again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum News {
    /// They do.
    Tell,
    /// They do if it is another than it was.
    IfAny,
    /// They do, and another is no contact any more.
    InPlaceOf(ContactId),
}

/// The write of a contact over what was read, or of a new one; and the news of it.
pub(super) async fn save(
    table: &Table,
    before: Option<&Contact>,
    after: &mut Contact,
    news: News,
) -> PortResult<Vec<Op>> {
    after.check()?;
    let is_news = news != News::IfAny || after.is_news(before);
    let as_read = match before {
        Some(before) => {
            after.rev = before.rev + 1;
            after.card.version.0 = before.card.version.0 + u64::from(is_news);
            as_read(before)
        }
        None => Condition::absent(),
    };
    let mut ops = vec![Op::put(contact_key(after.id()), after.stored()?).when(as_read)];
    if is_news {
        let gone = match news {
            News::InPlaceOf(other) => BTreeSet::from([other]),
            News::Tell | News::IfAny => BTreeSet::new(),
        };
        let changed = BTreeSet::from([after.id().clone()]);
        ops.extend(Feed::pick(table).await?.step(&feed::News { changed, gone })?.1);
    }
    Ok(ops)
}
