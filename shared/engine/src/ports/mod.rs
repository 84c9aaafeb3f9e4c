//! What the engine needs of the world, in our words: each port the few calls that a run makes.

mod alerts;
mod audit;
mod brief;
mod clash;
mod clock;
mod contacts;
mod directory;
mod ends;
mod error;
mod held;
mod import_changes;
mod import_rows;
mod imports;
mod inbox;
mod keys;
mod links;
mod lists;
mod notices;
mod permission;
mod places;
mod queue;
mod records;
mod report;
mod rows;
mod sign_in;

pub use alerts::{AlertChannel, AlertNote, AlertNotes, Mailer, Written};
pub use audit::{AuditLog, AuditPage, AuditQuery};
pub use brief::{LinkBrief, Troubles};
pub use clash::ListNames;
pub use clock::{Clock, SystemClock};
pub use contacts::{ContactChanges, ContactEdit, Contacts, Heard, Heir, MailState, Mover, Moves};
pub use directory::{Directory, Guest, Invited, PeopleChanges, ProofLife};
pub use ends::{Ended, Ends};
pub use error::{Fault, PortError, PortResult, code};
pub use held::{Affected, HeldPeople};
pub use import_changes::{ChangesPage, ImportChanges, Undone};
pub use import_rows::{ImportRow, Kept, Presence, RefusedRow};
pub use imports::{Again, ERASED_NAME, Import, ImportMode, ImportState, Imported, NewImport, ToldRows};
pub use inbox::{Fetched, Inbox};
pub use keys::{ApiKey, EventSource, Keys, Memory, Scopes, Secret, Seen, SigningKey, SourceKind};
pub use links::{
    Acquired, Cursor, DueLink, Failing, Finish, Finished, Fold, FoldEffects, Hold, Lease, LinkEdit,
    LinkState, Links, ListEffect, ListOutcome, ListStep, MemberChange, MemberQuery, Moved, Phase, Progress,
    QuietNote, Ruling, RulingKind, TakeMember, Tally,
};
pub use lists::{
    AddOutcome, Decision, EntryPage, EntryQuery, Glance, ListChanges, ListCounts, ListEdit, ListSide,
    ListSize, ListStore, LogPage, LogPlace, LogQuery, Logged, RemoveOutcome, TakeEntry,
};
pub use listsync_core::new_group::{MadeGroup, NewGroup, NewGroupKind, Visibility};
pub use notices::{NoticeOrder, Notices};
pub use permission::{Grant, Granted, Need};
pub use places::{
    Applied, Call, Changes, CountCheck, Group, GroupKind, GroupQuery, GroupQueryError, KindRefusal, Lookup,
    Membership, Meter, PeoplePage, Places,
};
pub use queue::{Delivery, Outgoing, Queue, QueueState, Receipt};
pub use records::{EffectsPage, EffectsQuery, Gate, PeopleWatch, Runs, SettingsStore};
pub use report::{FileReport, LeaveDay, ReadColumn, StatusWord};
pub use rows::{RowSource, Rows};
pub use sign_in::{Proven, SignInAnswer, SignInQuestion, SignIns};
