//! Imports: additions first, chunk by chunk, then removals; each chunk with how far the import is in one transaction.

use std::collections::HashSet;

use listsync_core::{
    address::Address,
    id::{ContactId, ListId},
    import::{FileRows, Removals, judge_removals},
    list::{NewContact, Origin, Standing},
};
use listsync_engine::ports::{Clock, Import, ImportMode, ImportState, NewImport, PortResult, Presence};

use super::{
    entries,
    head::Head,
    held,
    journal::{self, Journal},
    people::{Move, People, Wanted},
    person::{Details, Row, check_size},
    tx::{ListTx, Piece},
};
use crate::table::{Condition, Fail, Patience, Table};

const DOING: &str = "import the file";
/// How many contacts are read in one go.
pub(super) const CHUNK: usize = 300;

/// An import while it is done.
struct Importing<'a> {
    table: &'a Table,
    clock: &'a dyn Clock,
    list: &'a ListId,
    new: &'a NewImport,
    journal: Journal,
}

/// Takes a file into a list.
pub(super) async fn take_in(
    table: &Table,
    clock: &dyn Clock,
    (list, new): (&ListId, &NewImport),
) -> PortResult<Import> {
    new.people.iter().try_for_each(|row| check_size(&row.contact))?;
    let journal = Journal::begin(table, (list, new), clock.now()).await?;
    let mut importing = Importing { table, clock, list, new, journal };
    let done = importing.run().await;
    if done.is_err() {
        // The first failure is what the caller hears of.
        drop(importing.journal.pause(table, clock.now()).await);
    }
    done
}

impl Importing<'_> {
    async fn run(&mut self) -> PortResult<Import> {
        while self.journal.next < self.new.people.len() {
            self.persist(Stage::Additions).await?;
        }
        let leavers = match self.new.mode {
            ImportMode::Incremental => Vec::new(),
            ImportMode::Full => self.leavers().await?,
        };
        // Those whom this import removed before it was interrupted were not in the file either.
        let missing = leavers.len() as u64 + self.journal.import.removed;
        let present = self.journal.listed.saturating_sub(missing);
        let file = FileRows { present, unreadable: self.new.rejected };
        let mut held = Vec::new();
        match judge_removals(file, self.journal.listed) {
            _ if leavers.is_empty() => {}
            Removals::Do => {
                for some in leavers.chunks(CHUNK) {
                    self.persist(Stage::Removals(some)).await?;
                }
            }
            Removals::Skip => self.journal.import.state = ImportState::RemovalsSkipped,
            Removals::Hold => {
                self.journal.import.state = ImportState::Held;
                held = leavers;
            }
        }
        self.end(&held).await
    }

    fn named(&self) -> HashSet<&Address> {
        self.new
            .people
            .iter()
            .filter(|row| row.presence == Presence::Present)
            .map(|row| &row.contact.address)
            .collect()
    }

    /// Members whom the file does not name and who were on the list before it was taken in.
    async fn leavers(&self) -> PortResult<Vec<Row>> {
        let named = self.named();
        let members = Condition::new("#standing = :member");
        let members = members.with_text("member", Standing::Member.to_string());
        let rows = entries::rows(self.table, self.list, (members, Row::clone)).await?;
        let leaves = |row: &Row| !named.contains(&row.address) && row.seq <= self.journal.from_seq;
        Ok(rows.into_iter().filter(leaves).collect())
    }

    async fn persist(&mut self, stage: Stage<'_>) -> PortResult<()> {
        let mut patience = Patience::new(DOING);
        loop {
            let tried = match stage {
                Stage::Additions => self.take_in_some().await,
                Stage::Removals(leavers) => self.dismiss_some(leavers).await,
            };
            match tried {
                Ok(()) => return Ok(()),
                Err(fail) => journal::failed(self.list, fail)?,
            }
            patience.wait().await?;
        }
    }

    async fn take_in_some(&mut self) -> Result<(), Fail> {
        let from = self.journal.next;
        let upto = self.new.people.len().min(from + CHUNK);
        let some = &self.new.people[from..upto];
        let head = Head::load(self.table, self.list).await?;
        let addresses = some.iter().map(|row| row.contact.address.clone()).collect();
        let mut people =
            People::load(self.table, self.list, Wanted { addresses, ..Wanted::default() }).await?;
        let mut tx = ListTx::new(&head);
        let mut counts = self.journal.import.clone();
        for (number, row) in some.iter().enumerate() {
            if row.presence == Presence::Leaving {
                continue;
            }
            let mut next = counts.clone();
            let piece = take_in_one(&mut people, &row.contact, &mut next)?;
            if !tx.fits(&piece) {
                self.commit(&mut tx, counts, from + number).await?;
            }
            tx.push(piece);
            counts = next;
        }
        self.commit(&mut tx, counts, upto).await
    }

    async fn commit(&mut self, tx: &mut ListTx, counts: Import, next: usize) -> Result<(), Fail> {
        let (after, op) = self.journal.step(counts, next, self.clock.now())?;
        tx.commit(self.table, DOING, vec![op]).await?;
        self.journal = after;
        Ok(())
    }

    async fn dismiss_some(&mut self, leavers: &[Row]) -> Result<(), Fail> {
        let head = Head::load(self.table, self.list).await?;
        let contacts: Vec<ContactId> = leavers.iter().map(|row| row.contact.clone()).collect();
        let wanted = Wanted { contacts: contacts.clone(), ..Wanted::default() };
        let mut people = People::load(self.table, self.list, wanted).await?;
        let mut tx = ListTx::new(&head);
        let mut counts = self.journal.import.clone();
        let change = Move { to: Standing::Absent, by: Origin::Csv, at: self.new.at };
        for contact in contacts {
            let Some(mut draft) = people.by_id(&contact) else { continue };
            if draft.standing() != Standing::Member || draft.changed_after(Some(self.journal.from_seq)) {
                continue;
            }
            draft.shift(change);
            let piece = people.settle(draft)?;
            if !tx.fits(&piece) {
                self.commit(&mut tx, counts.clone(), self.journal.next).await?;
            }
            tx.push(piece);
            counts.removed += 1;
        }
        self.commit(&mut tx, counts, self.journal.next).await
    }

    async fn end(&self, held: &[Row]) -> PortResult<Import> {
        let mut import = self.journal.import.clone();
        import.held = held.len() as u64;
        held::hold(self.table, &import, held).await?;
        held::spare(self.table, self.list, &self.named()).await?;
        let seq = Head::load(self.table, self.list).await?.seq;
        let mut ops = held::save_ops(&import, seq)?;
        ops.push(self.journal.end());
        match self.table.transact(DOING, &ops).await {
            Ok(()) => Ok(import),
            Err(Fail::Stale) => Err(crate::error::busy(DOING)),
            Err(fail) => journal::failed(self.list, fail).map(|()| import),
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Stage<'a> {
    Additions,
    Removals(&'a [Row]),
}

/// Takes one contact in and counts what came of it.
fn take_in_one(people: &mut People, new: &NewContact, import: &mut Import) -> PortResult<Piece> {
    let mut draft = people.obtain(new)?;
    match draft.standing() {
        Standing::OptedOut => {
            import.opted_out += 1;
            return Ok(Piece::default());
        }
        Standing::Member => match draft.contact.update(new) {
            Details::Changed => import.updated += 1,
            Details::Same => {
                import.unchanged += 1;
                return Ok(Piece::default());
            }
        },
        Standing::Pending | Standing::Absent => {
            draft.contact.update(new);
            draft.shift(Move { to: Standing::Member, by: Origin::Csv, at: import.at });
            import.added += 1;
        }
    }
    people.settle(draft)
}
