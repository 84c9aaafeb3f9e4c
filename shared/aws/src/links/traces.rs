//! What links and their runs tell of a person by name, taken away once the person is erased.

use std::collections::BTreeSet;

use listsync_core::{
    address::Address,
    effects::Whom,
    id::{ContactId, LinkId, ListId, ObjectId},
    traces::Traces,
};
use listsync_engine::ports::{PortResult, Runs as _};

use super::{
    members::{by_address, by_contact, of_address, row_key},
    row,
};
use crate::{
    DynamoStore, effects, garbage,
    lists::{held, import_changes, person::object_key},
    records::run_key,
    table::{Condition, Fail, Key, Op, Stored, schema, span},
};

const DOING: &str = "erase a person from what links remember";
/// How many runs or links are looked at together.
const CHUNK: usize = 100;

/// Who is erased.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Erased<'a> {
    /// Their contact; none: they had none.
    pub(crate) contact: Option<&'a ContactId>,
    pub(crate) addresses: &'a BTreeSet<Address>,
}

/// Remembers that the links of these lists are to forget the person's addresses.
pub(crate) fn note(
    contact: &ContactId,
    object: Option<&ObjectId>,
    traces: &Traces,
    lists: BTreeSet<String>,
) -> Op {
    let key = garbage::key(format!("erased#{contact}"));
    let addresses = traces.addresses.iter().map(ToString::to_string).collect();
    let stored = Stored::new(&key).texts("addresses", &addresses).text("name", &traces.name);
    let stored = stored.text_option("object", object.map(ObjectId::as_str));
    Op::put(key, stored.texts("lists", &lists))
}

/// Remembers that an address that is no contact's, kept in this place, is to be taken out of all that is kept.
pub(crate) fn note_address(address: &Address, place: &Key) -> Op {
    let key = garbage::key(format!("address#{}", place.pk));
    let stored = Stored::new(&key).texts("addresses", &BTreeSet::from([address.to_string()]));
    Op::put(key, stored)
}

impl DynamoStore {
    /// Does what was noted. A run that fails at the same time may name the person once more: its summary goes with its time.
    pub(crate) async fn strike(&self, contact: Option<&ContactId>, noted: &Stored) -> PortResult<()> {
        let addresses = noted.set("addresses");
        let addresses = addresses.iter().filter_map(|text| Address::parse(text).ok()).collect();
        let traces = Traces { addresses, name: noted.find("name").unwrap_or_default().to_owned() };
        held::strike(&self.table, &traces).await?;
        self.strike_where_told(&traces.addresses).await?;
        let erased = Erased { contact, addresses: &traces.addresses };
        import_changes::strike(&self.table, erased).await?;
        let (object, addresses) = (noted.read_option("object")?, traces.addresses.clone());
        if let Some(object) = &object {
            self.strike_object(object).await?;
        }
        let whom = Whom { contact: contact.cloned(), object, addresses };
        effects::strike(&self.table, &whom).await?;
        let Some(contact) = contact else { return self.strike_from_rows(&traces.addresses).await };
        for list in noted.set("lists").iter().filter_map(|list| ListId::parse(list).ok()) {
            let links = match row::of_list(&self.table, &list).await {
                // A list that is gone has no links.
                Err(error) if error.fault == listsync_engine::ports::Fault::Gone => continue,
                links => links?,
            };
            for state in links {
                self.strike_from_members(&state.link.id, contact).await?;
                self.strike_from_runs(&state.link.id, &traces.addresses).await?;
            }
        }
        Ok(())
    }

    /// The row of the person's object, which holds its id in clear, unless somebody else is matched to it by now.
    async fn strike_object(&self, object: &ObjectId) -> PortResult<()> {
        let unmatched = Condition::new("attribute_not_exists(#contacts)");
        match self.table.transact(DOING, &[Op::delete(object_key(object)).when(unmatched)]).await {
            Ok(()) | Err(Fail::Stale | Fail::Taken) => Ok(()),
            Err(Fail::Port(error)) => Err(error),
        }
    }

    async fn strike_from_members(&self, link: &LinkId, contact: &ContactId) -> PortResult<()> {
        let Some(row) = row::LinkRow::find(&self.table, link).await? else { return Ok(()) };
        let keys = by_contact(&self.table, &row.space, std::slice::from_ref(contact)).await?;
        for key in keys.into_values().flatten() {
            let still = Condition::new("#contact = :contact").with_text("contact", contact.as_str());
            self.strike_row(&row_key(&row.space, &key), still).await?;
        }
        Ok(())
    }

    /// The rows of all links that remember one of these addresses: only by reading them all are those found that name no contact.
    async fn strike_from_rows(&self, addresses: &BTreeSet<Address>) -> PortResult<()> {
        let mut after = None;
        loop {
            let page = row::page(&self.table, after.as_ref(), CHUNK).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.link.id.clone());
            for state in page {
                let Some(row) = row::LinkRow::find(&self.table, &state.link.id).await? else { continue };
                for address in addresses {
                    for key in by_address(&self.table, &row.space, address).await? {
                        self.strike_row(&key, of_address(address)).await?;
                    }
                }
            }
        }
    }

    async fn strike_row(&self, row: &Key, still: Condition) -> PortResult<()> {
        let update = Condition::new("REMOVE #address, #named");
        self.table.update(DOING, (row, update, still)).await.map(drop)
    }

    /// The runs that were noted to tell of the person, of whichever link.
    async fn strike_where_told(&self, addresses: &BTreeSet<Address>) -> PortResult<()> {
        let pepper = self.table.pepper().await?;
        for address in addresses {
            let notes: Vec<Key> =
                self.table.read(DOING, &span(pepper.told(address)), |stored| stored.key()).await?;
            let runs = notes.iter().map(|note| run_key(&note.sk)).collect();
            self.strike_from(runs, addresses).await?;
            self.table.delete_many(DOING, notes).await?;
        }
        Ok(())
    }

    /// All runs of a link: an earlier version did not note of whom they tell.
    async fn strike_from_runs(&self, link: &LinkId, addresses: &BTreeSet<Address>) -> PortResult<()> {
        let runs = span(link.to_string()).of(schema::RUNS_BY_LINK);
        let keys: Vec<Key> = self.table.read(DOING, &runs, |stored| stored.key()).await?;
        self.strike_from(keys, addresses).await
    }

    async fn strike_from(&self, keys: Vec<Key>, addresses: &BTreeSet<Address>) -> PortResult<()> {
        for keys in keys.chunks(CHUNK) {
            for head in self.table.get_many(DOING, keys.to_vec()).await?.into_values() {
                let Some(mut summary) = self.whole(&head).await? else { continue };
                if summary.forget(addresses) {
                    self.save(&summary).await?;
                    self.drop_parts(&head).await?;
                }
            }
        }
        Ok(())
    }
}
