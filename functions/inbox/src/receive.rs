//! One dropped file: found, read, judged, taken in.

use std::{
    fs::File,
    io::{Seek as _, SeekFrom},
    time::Duration,
};

use jiff::tz::TimeZone;
use listsync_core::{
    Timestamp,
    audit::{Action, Actor, Completion, Object, ObjectKind},
    grant::Lists,
    id::ListId,
};
use listsync_engine::{
    audit::{self, Deed},
    naming,
    ports::{Again, Fault, Fetched, Import, ImportState, Inbox, PortError, PortResult},
    service::Service,
};
use listsync_lists::{ParsedFile, Profile, Reading, Source, Taken, read, take_in, write_rejects};

use crate::{Received, Refusal, report, slot, slot::Slot};

/// The largest file that is taken in, in bytes.
pub const LARGEST: u64 = 64 * 1024 * 1024;
/// The largest own profile, in bytes.
const LARGEST_PROFILE: u64 = 64 * 1024;
/// So many imports back it is looked for what was taken in before.
const FARTHEST: usize = 1_000;
/// How long to wait for another import into the same list, and how often.
const PAUSE: Duration = Duration::from_secs(5);
/// A text for people.
const TEXT: &str = "text/plain; charset=utf-8";

/// What dropped files are received with.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    /// The list service.
    pub service: &'a Service,
    /// Where the files are.
    pub inbox: &'a dyn Inbox,
    /// When nothing may be begun any more.
    pub until: Timestamp,
}

/// Takes a file in, whole or not at all, and lays down what a person has to see of it. Where another import into the
/// same list is going on, it waits for that.
///
/// # Errors
/// When a service does not answer, so that the same file may be taken in later: what was begun goes on then.
pub async fn receive(desk: Desk<'_>, path: &str) -> PortResult<Received> {
    let slot = match Slot::parse(path) {
        None => return Ok(Received::Nothing),
        Some(Ok(slot)) => slot,
        Some(Err(refusal)) => return refuse(desk, path, refusal).await,
    };
    loop {
        match desk.received(slot).await {
            Ok(received) => return Ok(received),
            Err(Stop::Refused(refusal)) => return refuse(desk, path, refusal).await,
            Err(Stop::Failed(error)) if error.fault == Fault::Busy && desk.has_time() => {
                tokio::time::sleep(PAUSE).await;
            }
            Err(Stop::Failed(error)) => return Err(error),
        }
    }
}

async fn refuse(desk: Desk<'_>, path: &str, refusal: Refusal) -> PortResult<Received> {
    let text = report::refused(&refusal);
    desk.inbox.lay_down(&slot::report_path(path), TEXT, text.into_bytes()).await?;
    Ok(Received::Refused(refusal))
}

/// Why a file is not taken in now.
enum Stop {
    /// It never will be, as it is.
    Refused(Refusal),
    /// It may be later.
    Failed(PortError),
}

impl From<PortError> for Stop {
    fn from(error: PortError) -> Self {
        Self::Failed(error)
    }
}

impl Stop {
    /// What the store says of taking a file in: the list does not take it, as a filtered one, or something else failed.
    fn of_import(error: PortError) -> Self {
        match error.fault {
            Fault::Rejected | Fault::Gone => Self::Refused(error.into()),
            _ => Self::Failed(error),
        }
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Desk<'_> {
    fn has_time(&self) -> bool {
        let begun = self.service.ports.clock.now().checked_add(PAUSE);
        begun.is_ok_and(|begun| begun < self.until)
    }

    async fn received(self, slot: Slot<'_>) -> Result<Received, Stop> {
        let list = self.list(slot.list).await?;
        let profile = self.profile(slot).await?;
        let mut file = tempfile::tempfile().map_err(|_| no_room())?;
        let at = match self.inbox.fetch(slot.path, LARGEST, &mut file).await? {
            Fetched::Gone => return Ok(Received::Nothing),
            Fetched::TooLarge { bytes } => return Err(too_large(bytes).into()),
            Fetched::Whole { at } => at,
        };
        let today = self.service.ports.clock.now().to_zoned(TimeZone::UTC).date();
        let reading = Reading { profile: &profile, today };
        rewind(&mut file)?;
        let parsed =
            read(&file, reading, |_| {}).map_err(|error| Refusal::new(error.code(), error.to_string()))?;
        let rejects = rejects(&mut file, reading, &parsed)?;
        let dropped = Dropped { list, slot, at };
        if self.was_taken_in(&dropped, &parsed).await? {
            return Ok(Received::Again(dropped.list));
        }
        let source = Source { file: slot.file, mode: slot.mode, at, given: &Lists::All };
        let taken = take_in(self.service, &dropped.list, parsed, (source, Again::Skip)).await;
        self.record(&dropped.list, taken.as_ref()).await;
        let taken = taken.map_err(Stop::of_import)?;
        self.tell(slot, &taken, rejects).await?;
        Ok(Received::Taken(Box::new(taken)))
    }

    /// Has the audit say that a file was taken in, by its import. Where that broke off the file comes again and may be known by
    /// then, so that is recorded, too.
    async fn record(&self, list: &ListId, taken: Result<&Taken, &PortError>) {
        let (import, completion) = match taken {
            Ok(taken) if taken.import.state == ImportState::Repeated => return,
            Ok(taken) => (Some(Object::new(ObjectKind::Import, &taken.import.id)), Completion::Done),
            Err(error) => match audit::completion_of(error) {
                Some(completion) => (None, completion),
                None => return,
            },
        };
        let objects = import.into_iter().chain([Object::new(ObjectKind::List, list)]).collect();
        let deed = Deed { actor: Actor::Inbox, action: Action::ImportCreate, objects, completion };
        audit::record(self.service, deed).await;
    }

    async fn list(&self, named: &str) -> Result<ListId, Stop> {
        let found = naming::find_list(self.service.ports.lists.as_ref(), named).await?;
        let missing = || {
            Refusal::new(
                "no_such_list",
                format!("there is no list '{named}': make it first, or drop the file elsewhere"),
            )
        };
        Ok(found.ok_or_else(missing)?.id)
    }

    async fn profile(&self, slot: Slot<'_>) -> Result<Profile, Stop> {
        if let Some(built_in) = Profile::named(slot.profile) {
            return Ok(built_in);
        }
        let path = slot.profile_path();
        let refuse = |why: &str| Refusal::new("profile", format!("{path}: {why}"));
        let mut text = Vec::new();
        match self.inbox.fetch(&path, LARGEST_PROFILE, &mut text).await? {
            Fetched::Whole { .. } => {}
            Fetched::TooLarge { .. } => {
                return Err(refuse("has more than 64 KiB, so it is no profile").into());
            }
            Fetched::Gone => {
                let built_in = Profile::BUILT_IN.join(", ");
                return Err(refuse(&format!("is not there; the built-in profiles are {built_in}")).into());
            }
        }
        let text = String::from_utf8(text).map_err(|_| refuse("is not UTF-8 text"))?;
        Ok(Profile::from_json(&text).map_err(|error| refuse(&error.to_string()))?)
    }

    /// Whether this is an event that comes once more. An older file than the list's newest import is refused.
    async fn was_taken_in(&self, dropped: &Dropped<'_>, parsed: &ParsedFile) -> Result<bool, Stop> {
        let imports = self.service.ports.lists.imports(FARTHEST).await?;
        let of_list: Vec<&Import> = imports.iter().filter(|import| import.list == dropped.list).collect();
        let is_late = of_list.iter().any(|import| is_newer(import.at, dropped.at));
        // What a leave date to come is in may say something else by now, so it is taken in again unless it is late.
        let comparable = is_late || parsed.until.is_none();
        if comparable && of_list.iter().any(|import| dropped.is(import, parsed)) {
            return Ok(true);
        }
        if is_late {
            return Err(late().into());
        }
        Ok(false)
    }

    async fn tell(&self, slot: Slot<'_>, taken: &Taken, rejects: Option<Vec<u8>>) -> PortResult<()> {
        if let Some(rows) = rejects {
            self.inbox.lay_down(&slot.rejects_path(), "text/csv", rows).await?;
        }
        if let Some(text) = report::taken(taken) {
            self.inbox.lay_down(&slot::report_path(slot.path), TEXT, text.into_bytes()).await?;
        }
        Ok(())
    }
}

/// Whether an import is surely newer than a file that was dropped. S3 tells when in whole seconds ("Last modified" of an
/// object), other imports are exact: one of the same second may have come before the file, so it is no newer one. To refuse
/// the file would lose it; and of two that were dropped in one second, nobody can tell which was meant to be the last.
fn is_newer(import: Timestamp, dropped: Timestamp) -> bool {
    import.as_second() > dropped.as_second()
}

/// A file that was found and read.
struct Dropped<'a> {
    list: ListId,
    slot: Slot<'a>,
    at: Timestamp,
}

impl Dropped<'_> {
    /// Whether an import is of this very file.
    fn is(&self, import: &Import, parsed: &ParsedFile) -> bool {
        let digest = parsed.until.is_none().then_some(&parsed.fingerprint);
        let name = self.slot.file.rsplit('/').next().unwrap_or_default();
        import.at == self.at
            && import.mode == self.slot.mode
            && import.file == name
            && import.digest.as_ref() == digest
    }
}

/// The rows that could not be read, as a file to be corrected; none: there are none.
fn rejects(file: &mut File, reading: Reading<'_>, parsed: &ParsedFile) -> Result<Option<Vec<u8>>, Stop> {
    if parsed.rejected.is_empty() {
        return Ok(None);
    }
    rewind(file)?;
    let mut rows = Vec::new();
    write_rejects(&*file, reading, parsed, &mut rows).map_err(|_| no_room())?;
    Ok(Some(rows))
}

fn rewind(file: &mut File) -> Result<(), Stop> {
    file.seek(SeekFrom::Start(0)).map(drop).map_err(|_| no_room())
}

fn no_room() -> Stop {
    let message = "could not keep the file for a moment: is there room in the temporary folder?";
    Stop::Failed(PortError::new(Fault::Unavailable, "temporary_file", message))
}

fn too_large(bytes: u64) -> Refusal {
    let message =
        format!("it has {bytes} bytes, and at most {LARGEST} are taken: split it, or leave columns out");
    Refusal::new("file_too_large", message)
}

fn late() -> Refusal {
    Refusal::new(
        "late",
        "a newer file was taken into the list before this one: drop it again if it is to be taken in over that",
    )
}
