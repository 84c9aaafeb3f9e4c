//! Imports: additions first, chunk by chunk, then removals; each chunk with how far the import is in one transaction.

use std::collections::{BTreeSet, HashSet};

use listsync_core::{
    growth::{Additions, Growth, Joining},
    id::{ContactId, ListId},
    import::{FileLeavers, Removals, changes::Touched},
    list::{Origin, Standing},
};
use listsync_engine::ports::{
    Again, Clock, Import, ImportMode, ImportRow, ImportState, Imported, Kept, NewImport, PortResult,
    RefusedRow,
};

use super::{
    draft::Move,
    entries, gone,
    head::Head,
    held,
    import_changes::{self, Stage as ChangeStage},
    journal::{self, Counts, Journal, Judged},
    people::{People, Wanted},
    person::check_size,
    row::Row,
    rows::{self, Formerly, Took},
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
    named: HashSet<ContactId>,
    /// Who waits although it is said that they leave.
    staying: BTreeSet<ContactId>,
    refused: Vec<RefusedRow>,
    /// Who was edited as a whole before a row is taken in, as they were.
    formerly: Formerly,
}

/// Takes a file into a list.
pub(super) async fn take_in(
    table: &Table,
    clock: &dyn Clock,
    (list, new): (&ListId, &NewImport),
) -> PortResult<Imported> {
    if let Some(import) = repeated(table, list, new).await? {
        return Ok(Imported { import, refused: Vec::new() });
    }
    new.people.iter().try_for_each(|row| check_size(&row.contact))?;
    let journal = Journal::begin(table, (list, new), clock.now()).await?;
    let (named, staying, refused) = (HashSet::new(), BTreeSet::new(), Vec::new());
    let formerly = Formerly::default();
    let mut importing = Importing { table, clock, list, new, journal, named, staying, refused, formerly };
    let done = importing.run().await;
    if done.is_err() {
        // The first failure is what the caller hears of.
        drop(importing.journal.pause(table, clock.now()).await);
    }
    Ok(Imported { import: done?, refused: importing.refused })
}

/// The list's last import, if it was done and the file is the same.
async fn repeated(table: &Table, list: &ListId, new: &NewImport) -> PortResult<Option<Import>> {
    if new.again == Again::TakeIn || new.digest.is_none() {
        return Ok(None);
    }
    let same =
        |last: &Import| last.state == ImportState::Done && last.mode == new.mode && last.digest == new.digest;
    let last = held::last(table, list).await?.filter(same);
    Ok(last.map(|last| Import { state: ImportState::Repeated, ..last }))
}

impl Importing<'_> {
    async fn run(&mut self) -> PortResult<Import> {
        self.recall().await?;
        if self.journal.judged.is_none() {
            let additions = self.judge_additions().await?;
            let (told, FileLeavers { told: leaving, gone, .. }) = self.judge_told().await?;
            self.journal.judged = Some(Judged { additions, told, leaving, gone });
        }
        while self.journal.next < self.new.people.len() {
            self.persist(Stage::Additions).await?;
        }
        let leavers = match self.new.mode {
            ImportMode::Incremental => Vec::new(),
            ImportMode::Full => self.leavers().await?,
        };
        // Those whom this import removed before it was interrupted were not in the file either.
        let dismissed = self.journal.import.removed.saturating_sub(self.journal.left);
        let missing = leavers.len() as u64 + dismissed;
        let judged = self.new.judge(FileLeavers { missing, ..self.known_leavers() });
        let mut held: Vec<ContactId> = self.staying.iter().cloned().collect();
        match judged.missing {
            _ if leavers.is_empty() => {}
            Removals::Do => {
                for some in leavers.chunks(CHUNK) {
                    self.persist(Stage::Removals(some)).await?;
                }
            }
            Removals::Skip => self.journal.import.kept_back = leavers.len() as u64,
            Removals::Hold => held.extend(leavers.into_iter().map(|row| row.contact)),
        }
        self.end(&held).await
    }

    /// Members whom the file does not name and who were on the list before it was taken in.
    async fn leavers(&self) -> PortResult<Vec<Row>> {
        let members = Condition::new("#standing = :member");
        let members = members.with_text("member", Standing::Member.to_string());
        let rows = entries::rows(self.table, self.list, (members, Row::clone)).await?;
        let leaves = |row: &Row| !self.named.contains(&row.contact) && row.seq <= self.journal.from_seq;
        Ok(rows.into_iter().filter(leaves).collect())
    }

    /// Whom the file names besides its rows; and whom the rows name that were taken in before the import was interrupted, and
    /// which were refused.
    async fn recall(&mut self) -> PortResult<()> {
        let head = Head::load(self.table, self.list).await?;
        for some in self.new.kept.chunks(CHUNK) {
            let people = People::load(self.table, &head, kept(some)).await?;
            self.named.extend(people.known().cloned());
        }
        for from in (0..self.journal.next).step_by(CHUNK) {
            let some = self.new.people.some(from, CHUNK.min(self.journal.next - from));
            let people = self.as_they_are(&head, &some).await?;
            for row in &some {
                let took = rows::recall(&people, row, (Origin::Csv, self.new.at))?;
                let stays = self.waits_to_leave(&people, row)?;
                self.note(Took { stays, ..took });
            }
        }
        Ok(())
    }

    /// Whether the people of the file may join without a person.
    async fn judge_additions(&self) -> PortResult<Additions> {
        let Self { table, list, new, .. } = self;
        let past = held::grown(table, list, new.at).await?;
        let growth = Growth::of_files(past, new.at, self.journal.listed);
        let mut joining = Joining::new(growth, new.max_additions, new.people.len() as u64);
        let by = (Origin::Csv, new.at);
        for from in (0..new.people.len()).step_by(CHUNK) {
            if let Some(judged) = joining.judged() {
                return Ok(judged);
            }
            let some = new.people.some(from, CHUNK);
            let head = Head::load(table, list).await?;
            let people = self.as_they_are(&head, &some).await?;
            let mut count = 0;
            for row in &some {
                count += u64::from(rows::joins(&people, row, (by, None))?.is_some());
            }
            joining.saw(some.len() as u64, count);
        }
        Ok(joining.judged().unwrap_or(Additions::Do))
    }

    /// Whom the file takes off the list, as far as that was known before any row was taken in.
    fn known_leavers(&self) -> FileLeavers {
        let (told, gone) = self.journal.judged.map_or((0, 0), |judged| (judged.leaving, judged.gone));
        let (listed, unreadable) = (self.journal.listed, self.new.unreadable);
        FileLeavers { told, missing: 0, unreadable, gone, listed }
    }

    /// Judges those of whom the file says that they leave, together with those whom it does not name.
    async fn judge_told(&self) -> PortResult<(Removals, FileLeavers)> {
        let (new, mut leavers) = (self.new, self.known_leavers());
        let places: Vec<usize> = new.people.leaving().collect();
        let nobody_leaves = places.is_empty() && new.mode == ImportMode::Incremental;
        if nobody_leaves || leavers.listed == 0 {
            return Ok((Removals::Do, leavers));
        }
        leavers.gone = gone::count(self.table, self.list, new.at).await?;
        // Most files have so few of them that nobody needs to be looked for.
        let at_most = new.judge(FileLeavers { told: places.len() as u64, ..leavers });
        if new.mode == ImportMode::Incremental && at_most.told == Removals::Do {
            return Ok((Removals::Do, leavers));
        }
        let head = Head::load(self.table, self.list).await?;
        let mut told = HashSet::new();
        for places in places.chunks(CHUNK) {
            let some: Vec<ImportRow> = places.iter().map(|place| new.people.at(*place)).collect();
            let people = self.as_they_are(&head, &some).await?;
            for row in &some {
                told.extend(rows::leaves(&people, row, ((Origin::Csv, new.at), self.journal.from_seq))?);
            }
        }
        leavers.told = told.len() as u64;
        let alone = new.judge(leavers).told;
        if told.is_empty() || alone == Removals::Hold || new.mode == ImportMode::Incremental {
            return Ok((alone, leavers));
        }
        let missing = self.missing(&head, leavers, &told).await?;
        Ok((new.judge(FileLeavers { missing, ..leavers }).told, leavers))
    }

    /// How many members a full file does not name, besides these of whom it says that they leave; or more, where those would
    /// change nothing either.
    async fn missing(&self, head: &Head, leavers: FileLeavers, told: &HashSet<ContactId>) -> PortResult<u64> {
        let members = Condition::new("#standing = :member");
        let members = members.with_text("member", Standing::Member.to_string());
        let wanted: fn(&Row) -> _ = |row| (row.contact.clone(), row.address.clone());
        let mut missing =
            self.new.without_a_row(entries::rows(self.table, self.list, (members, wanted)).await?);
        missing.retain(|member| !told.contains(member) && !self.named.contains(member));
        let at_most = FileLeavers { missing: missing.len() as u64, ..leavers };
        if self.new.judge(at_most).told == Removals::Hold {
            for from in (0..self.new.people.len()).step_by(CHUNK) {
                let some = self.new.people.some(from, CHUNK);
                let people = self.as_they_are(head, &some).await?;
                for row in &some {
                    for named in rows::recall(&people, row, (Origin::Csv, self.new.at))?.named {
                        missing.remove(&named);
                    }
                }
            }
        }
        Ok(missing.len() as u64)
    }

    fn note(&mut self, took: Took) {
        match (took.stays, &took.refused) {
            (Some(contact), _) => {
                self.staying.insert(contact);
            }
            // Another row, of another address of theirs, says that they are there.
            (None, None) => {
                for contact in &took.named {
                    self.staying.remove(contact);
                }
            }
            (None, Some(_)) => {}
        }
        self.named.extend(took.named);
        self.refused.extend(took.refused);
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
        let some = self.new.people.some(from, CHUNK);
        let upto = from + some.len();
        let head = Head::load(self.table, self.list).await?;
        let by = (self.new.at, &self.new.given);
        let mut people = rows::people_of(self.table, &head, (&some, by), &mut self.formerly).await?;
        let mut tx = ListTx::new(&head);
        let mut counts = self.journal.counts();
        let mut waiting = Vec::new();
        for (number, row) in some.iter().enumerate() {
            let mut next = counts.clone();
            let (piece, took) = if let Some(took) = self.waits_to_join(&people, row)? {
                next.import.held_additions += 1;
                (held::row_piece(&self.journal.import.id, from + number, row)?, took)
            } else if let Some(contact) = self.waits_to_leave(&people, row)? {
                next.import.leaving += 1;
                let named = Took::named(vec![contact.clone()]);
                (Piece::default(), Took { stays: Some(contact), ..named })
            } else {
                rows::take_in(&mut people, row, (&mut next, &self.formerly))?
            };
            if !tx.fits(&piece) {
                self.commit(&mut tx, counts, from + number, rows::touched(&waiting)).await?;
                waiting.drain(..).for_each(|took| self.note(took));
            }
            tx.push(piece);
            waiting.push(took);
            counts = next;
        }
        self.commit(&mut tx, counts, upto, rows::touched(&waiting)).await?;
        waiting.drain(..).for_each(|took| self.note(took));
        Ok(())
    }

    async fn as_they_are(&self, head: &Head, some: &[ImportRow]) -> PortResult<People> {
        rows::as_they_are(self.table, head, (some, &self.new.given)).await
    }

    /// Whom a row names whose people wait for a person; none: it is taken in.
    fn waits_to_join(&self, people: &People, row: &ImportRow) -> PortResult<Option<Took>> {
        match &self.journal.judged {
            Some(Judged { additions: Additions::Hold, .. }) => {
                rows::joins(people, row, ((Origin::Csv, self.new.at), None))
            }
            _ => Ok(None),
        }
    }

    /// Whom a row takes off the list, where those wait for a person of whom the file says it.
    fn waits_to_leave(&self, people: &People, row: &ImportRow) -> PortResult<Option<ContactId>> {
        match &self.journal.judged {
            Some(Judged { told: Removals::Hold, .. }) => {
                rows::leaves(people, row, ((Origin::Csv, self.new.at), self.journal.from_seq))
            }
            _ => Ok(None),
        }
    }

    async fn commit(
        &mut self,
        tx: &mut ListTx,
        counts: Counts,
        next: usize,
        touched: Vec<Touched>,
    ) -> Result<(), Fail> {
        let (after, op) = self.journal.step(counts, next, self.clock.now())?;
        let stage = ChangeStage::TakenIn(after.rev);
        let kept = import_changes::keep_op(&after.import, stage, &touched, self.new.at);
        tx.commit(self.table, DOING, std::iter::once(op).chain(kept).collect()).await?;
        self.journal = after;
        Ok(())
    }

    async fn dismiss_some(&mut self, leavers: &[Row]) -> Result<(), Fail> {
        let head = Head::load(self.table, self.list).await?;
        let contacts: Vec<ContactId> = leavers.iter().map(|row| row.contact.clone()).collect();
        let wanted = Wanted { contacts: contacts.clone(), ..Wanted::default() };
        let mut people = People::load(self.table, &head, wanted).await?;
        let mut tx = ListTx::new(&head);
        let (mut counts, mut touched) = (self.journal.counts(), Vec::new());
        let change = Move { to: Standing::Absent, by: Origin::Csv, at: self.new.at };
        for contact in contacts {
            let Some(mut draft) = people.by_id(&contact) else { continue };
            if draft.standing() != Standing::Member || draft.changed_after(Some(self.journal.from_seq)) {
                continue;
            }
            draft.shift(change);
            let leaver = draft.touched(None);
            let piece = people.settle(draft)?;
            if !tx.fits(&piece) {
                let changed = std::mem::take(&mut touched);
                self.commit(&mut tx, counts.clone(), self.journal.next, changed).await?;
            }
            tx.push(piece);
            touched.extend(leaver);
            counts.import.removed += 1;
        }
        self.commit(&mut tx, counts, self.journal.next, touched).await
    }

    async fn end(&self, held: &[ContactId]) -> PortResult<Import> {
        let mut import = self.journal.import.clone();
        import.held = held.len() as u64;
        import.report = self.new.report.clone();
        let import = import.settled();
        held::hold(self.table, &import, held).await?;
        held::spare(self.table, self.list, &self.named).await?;
        held::supersede(self.table, self.list, self.new).await?;
        let previous = held::last(self.table, self.list).await?.map(|last| last.id);
        let seq = Head::load(self.table, self.list).await?.seq;
        let mut ops = held::save_ops(&import, (seq, previous), &self.new.given)?;
        ops.push(self.journal.end());
        match self.table.transact(DOING, &ops).await {
            Ok(()) => Ok(import),
            Err(Fail::Stale) => Err(crate::error::busy(DOING)),
            Err(fail) => journal::failed(self.list, fail).map(|()| import),
        }
    }
}

/// Whom a file names without saying anything of them.
fn kept(some: &[Kept]) -> Wanted {
    let mut wanted = Wanted::default();
    for kept in some {
        match kept {
            Kept::Key(key) => wanted.externals.push(key.clone()),
            Kept::Address(address) => wanted.addresses.push(address.clone()),
        }
    }
    wanted
}

#[derive(Debug, Clone, Copy)]
enum Stage<'a> {
    Additions,
    Removals(&'a [Row]),
}
