//! An import under way: one of a list at a time, and one that was interrupted goes on where it was.

use std::time::Duration;

use listsync_core::{
    Timestamp,
    contact::ExternalId,
    grant::Lists,
    growth::Additions,
    id::{ImportId, ListId},
    import::Removals,
    schedule::{SKEW, as_of},
};
use listsync_engine::ports::{
    Fault, FileReport, Import, ImportMode, ImportRow, Kept, NewImport, PortError, PortResult,
};
use sha2::{Digest as _, Sha256};

use super::{
    head::{self, Head},
    held::held_partition,
    import_changes,
};
use crate::{
    error,
    table::{Condition, Fail, Guard, Key, Op, Stored, Table},
};

/// How long an import that says nothing more counts as alive.
const ALIVE: Duration = Duration::from_secs(60);
/// How long one that was interrupted can go on; after it, the file is taken from its beginning.
const RESUMABLE: Duration = Duration::from_secs(3_600);
/// How a judgement is stored.
const DO: &str = "do";
const HOLD: &str = "hold";

/// How far an import is.
#[derive(Debug, Clone)]
pub(super) struct Journal {
    /// What it came to so far.
    pub(super) import: Import,
    digest: String,
    /// How many members the list had before.
    pub(super) listed: u64,
    /// The number of the list's last change before.
    pub(super) from_seq: u64,
    /// The first row of the file that is not taken in yet.
    pub(super) next: usize,
    /// How many were removed because a row says that they leave.
    pub(super) left: u64,
    /// What it may do without a person, once that was judged: before any row was taken in.
    pub(super) judged: Option<Judged>,
    until: Timestamp,
    pub(super) rev: u64,
}

/// What an import may do without a person.
#[derive(Debug, Clone, Copy)]
pub(super) struct Judged {
    /// Whether its people join.
    pub(super) additions: Additions,
    /// Whether those leave of whom the file says it.
    pub(super) told: Removals,
    /// How many those are.
    pub(super) leaving: u64,
    /// How many had left the list in the 24 hours before.
    pub(super) gone: u64,
}

fn key(list: &ListId) -> Key {
    Key::new(head::partition(list), "IMPORTING")
}

impl Journal {
    /// Begins an import, or goes on with one of the same file that was interrupted.
    pub(super) async fn begin(
        table: &Table,
        (list, new): (&ListId, &NewImport),
        now: Timestamp,
    ) -> PortResult<Self> {
        const DOING: &str = "begin the import";
        let head = Head::load(table, list).await?;
        head.check_static()?;
        let digest = digest(new);
        let found = table.get(DOING, &key(list)).await?;
        let old = found.map(|stored| Self::read(&stored)).transpose()?;
        if old.as_ref().is_some_and(|old| as_of(old.until, now, ALIVE + SKEW) > now) {
            return Err(busy(list));
        }
        let rev = old.as_ref().map(|old| old.rev);
        let young = |old: &Self| old.until.checked_add(RESUMABLE).is_ok_and(|end| end > now);
        let (mut journal, given_up) = match old {
            Some(old) if old.digest == digest && young(&old) => (old, None),
            old => (
                Self {
                    import: Import { listed: head.members, ..begun(list, new)? },
                    digest,
                    listed: head.members,
                    from_seq: head.seq,
                    next: 0,
                    left: 0,
                    judged: None,
                    until: now,
                    rev: 0,
                },
                old,
            ),
        };
        journal.rev = rev.unwrap_or(0) + 1;
        journal.until = alive_until(now);
        let condition = match rev {
            Some(rev) => Condition::new("#rev = :rev").with_number("rev", rev),
            None => Condition::absent(),
        };
        match table.put(DOING, journal.stored()?, Some(condition)).await? {
            true => {}
            false => return Err(busy(list)),
        }
        if let Some(old) = given_up {
            // Rows of it may wait, and nobody will ever rule on them, or take back what it did.
            table.clear(DOING, &held_partition(&old.import.id)).await?;
            import_changes::clear(table, &old.import.id).await?;
        }
        import_changes::begin(table, &journal.import).await?;
        Ok(journal)
    }

    fn stored(&self) -> PortResult<Stored> {
        let Self { import, digest, listed, from_seq, next, left, judged, until, rev } = self;
        let additions = judged.map(|judged| match judged.additions {
            Additions::Do => DO,
            Additions::Hold => HOLD,
        });
        let told = judged.map(|judged| match judged.told {
            Removals::Hold => HOLD,
            Removals::Do | Removals::Skip => DO,
        });
        let (leaving, gone) = judged.map_or((0, 0), |judged| (judged.leaving, judged.gone));
        Stored::new(&key(&import.list))
            .text("digest", digest)
            .number("listed", listed)
            .number("from_seq", from_seq)
            .number("next", next)
            .number("left", left)
            .text_option("additions", additions)
            .text_option("ended", told)
            .number("leaving", leaving)
            .number("gone", gone)
            .at("until", *until)
            .number("rev", rev)
            .document("import", import)
    }

    fn read(stored: &Stored) -> PortResult<Self> {
        Ok(Self {
            import: stored.read_document("import")?,
            digest: stored.read("digest")?,
            listed: stored.count("listed")?,
            from_seq: stored.count("from_seq")?,
            next: stored.count("next")?,
            left: stored.count("left")?,
            judged: Judged::read(stored)?,
            until: stored.instant("until")?,
            rev: stored.count("rev")?,
        })
    }

    fn as_read(&self) -> Condition {
        Condition::new("#rev = :rev").with_number("rev", self.rev)
    }

    /// The journal one step on, and the write that makes it so.
    pub(super) fn step(&self, counts: Counts, next: usize, now: Timestamp) -> PortResult<(Self, Op)> {
        let Counts { import, left, at: _ } = counts;
        let after = Self { import, left, next, until: alive_until(now), rev: self.rev + 1, ..self.clone() };
        let op = Op::put(key(&self.import.list), after.stored()?).when(self.as_read());
        Ok((after, op.or(Guard::Taken)))
    }

    pub(super) fn counts(&self) -> Counts {
        Counts { import: self.import.clone(), left: self.left, at: self.import.at }
    }

    /// The end of it.
    pub(super) fn end(&self) -> Op {
        Op::delete(key(&self.import.list)).when(self.as_read()).or(Guard::Taken)
    }

    /// Says that it goes on later, so that nobody waits for it.
    pub(super) async fn pause(&self, table: &Table, now: Timestamp) -> PortResult<()> {
        let after = Self { until: now, rev: self.rev + 1, ..self.clone() };
        table.put("pause the import", after.stored()?, Some(self.as_read())).await.map(drop)
    }
}

impl Judged {
    fn read(stored: &Stored) -> PortResult<Option<Self>> {
        let Some(additions) = stored.find("additions") else { return Ok(None) };
        // An earlier release judged the additions alone, and a later one those whose last day was past.
        let is_held = |judged: &str| judged == HOLD;
        Ok(Some(Self {
            additions: if is_held(additions) { Additions::Hold } else { Additions::Do },
            told: if stored.find("ended").is_some_and(is_held) { Removals::Hold } else { Removals::Do },
            leaving: stored.count_option("leaving")?.unwrap_or_default(),
            gone: stored.count_option("gone")?.unwrap_or_default(),
        }))
    }
}

/// Forgets the rows that wait of an import that was interrupted for good.
pub(super) async fn forget(table: &Table, list: &ListId) -> PortResult<()> {
    const DOING: &str = "clear an interrupted import away";
    match table.get(DOING, &key(list)).await? {
        Some(stored) => table.clear(DOING, &held_partition(&Journal::read(&stored)?.import.id)).await,
        None => Ok(()),
    }
}

/// What an import came to so far, while a transaction is filled.
#[derive(Debug, Clone)]
pub(super) struct Counts {
    pub(super) import: Import,
    pub(super) left: u64,
    /// When what it changes is so.
    pub(super) at: Timestamp,
}

/// What a failed commit of an import comes to: an error, or to read again.
pub(super) fn failed(list: &ListId, fail: Fail) -> PortResult<()> {
    match fail {
        Fail::Stale => Ok(()),
        Fail::Taken => Err(busy(list)),
        Fail::Port(error) => Err(error),
    }
}

fn alive_until(now: Timestamp) -> Timestamp {
    now.checked_add(ALIVE).unwrap_or(Timestamp::MAX)
}

fn busy(list: &ListId) -> PortError {
    let message = format!("another import into list {list} is going on");
    PortError::new(Fault::Busy, "import_busy", message).with_hint("try again when it has ended")
}

/// What makes two imports the same: everything but the moment.
fn digest(new: &NewImport) -> String {
    let mut hash = Sha256::new();
    let mode = match new.mode {
        ImportMode::Full => "full",
        ImportMode::Incremental => "incremental",
    };
    let counts = (new.rows, new.repeated, new.rejected, new.unreadable);
    hash.update(format!("{mode}\n{}\n{counts:?}\n", new.file));
    for ImportRow { row, contact, external_id, further_ids, ended_ids, presence } in new.people.iter() {
        let who = (contact.address.as_str(), &contact.name, &contact.fields);
        let texts = |keys: &[ExternalId]| keys.iter().map(|key| key.as_str().to_owned()).collect::<Vec<_>>();
        let external = external_id.as_ref().map(ExternalId::as_str);
        hash.update(format!(
            "{:?}\n",
            (row, who, external, texts(&further_ids), texts(&ended_ids), presence)
        ));
    }
    if let Lists::Only(lists) = &new.given {
        hash.update(format!("given {lists:?}\n"));
    }
    for kept in &new.kept {
        hash.update(match kept {
            Kept::Key(key) => format!("key {key}\n"),
            Kept::Address(address) => format!("address {address}\n"),
        });
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An import that has changed nothing yet. How the file was understood is written once, at its end: each step writes the
/// rest of it.
fn begun(list: &ListId, new: &NewImport) -> PortResult<Import> {
    let id = uuid::Uuid::now_v7().to_string();
    let id = ImportId::parse(&id).map_err(|_| error::malformed("begin the import"))?;
    Ok(Import { report: FileReport::default(), ..Import::begun(id, list, new) })
}
