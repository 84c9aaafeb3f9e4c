use std::{
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use listsync_core::id::LinkId;
use listsync_engine::{Ports, ports::Directory};
use listsync_sqlite::SqliteStore;
use rusqlite::{Connection, Row, backup::Backup};

use super::ManualClock;

/// The embedded store as it ships, in memory, by a clock that tests move. Clones are the same store.
///
/// It counts what is written, and can be made one that an earlier version left. Each call is done when it is first polled.
#[derive(Debug, Clone)]
pub struct TestStore {
    store: SqliteStore,
    database: Arc<Mutex<Connection>>,
    clock: ManualClock,
}

/// How many rows were written since the store was made: inserted, changed or deleted, be it to what they were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RowWrites {
    /// Rows of what links remember of members.
    pub members: u64,
    /// Rows of links, each write of one counted.
    pub links: u64,
    /// Standings on a list, and matches.
    pub entries: u64,
    /// Summaries.
    pub runs: u64,
    /// Sizes of lists.
    pub sizes: u64,
}

/// What is counted of which table, and as what.
const COUNTED: [(&str, &str, &str); 12] = [
    ("members", "INSERT", "members"),
    ("members", "UPDATE", "members"),
    ("members", "DELETE", "members"),
    ("links", "INSERT", "links"),
    ("links", "UPDATE", "links"),
    ("memberships", "INSERT", "entries"),
    ("memberships", "UPDATE", "entries"),
    ("contacts", "UPDATE OF object_id, grounds", "entries"),
    ("runs", "INSERT", "runs"),
    ("runs", "UPDATE", "runs"),
    ("list_sizes", "INSERT", "sizes"),
    ("list_sizes", "UPDATE", "sizes"),
];

impl TestStore {
    /// An empty store that goes by this clock.
    ///
    /// # Panics
    /// When SQLite fails.
    #[must_use]
    pub fn new(clock: &ManualClock) -> Self {
        let database = Arc::new(Mutex::new(empty()));
        let store = SqliteStore::in_memory(database.clone()).expect("an empty store is opened");
        count(&lock(&database));
        Self { store: store.with_clock(Arc::new(clock.clone())), database, clock: clock.clone() }
    }

    /// The store itself, as any of its ports.
    #[must_use]
    pub fn port(&self) -> Arc<SqliteStore> {
        Arc::new(self.store.clone())
    }

    /// The ports of an engine: this store, a directory, and the store's clock.
    #[must_use]
    pub fn beside(&self, directory: impl Directory + 'static) -> Ports {
        Ports {
            directory: Arc::new(directory),
            lists: self.port(),
            links: self.port(),
            runs: self.port(),
            gate: self.port(),
            queue: self.port(),
            settings: self.port(),
            clock: Arc::new(self.clock.clone()),
        }
    }

    /// How many rows were written so far.
    ///
    /// # Panics
    /// When SQLite fails.
    #[must_use]
    pub fn writes(&self) -> RowWrites {
        let counts = "SELECT members, links, entries, runs, sizes FROM written";
        let number = |row: &Row<'_>, column: usize| row.get(column).map(i64::unsigned_abs);
        let read = lock(&self.database).query_row(counts, [], |row| {
            Ok(RowWrites {
                members: number(row, 0)?,
                links: number(row, 1)?,
                entries: number(row, 2)?,
                runs: number(row, 3)?,
                sizes: number(row, 4)?,
            })
        });
        read.expect("rows are counted")
    }

    /// How many messages are on the queue, visible or not.
    ///
    /// # Panics
    /// When SQLite fails.
    #[must_use]
    pub fn queued(&self) -> u64 {
        let count: rusqlite::Result<i64> =
            lock(&self.database).query_row("SELECT count(*) FROM queue", [], |row| row.get(0));
        count.expect("messages are counted").unsigned_abs()
    }

    /// Makes the store one of a version that did not keep what matches rest on: the primary addresses that were read are
    /// with the links' rows.
    ///
    /// # Panics
    /// When SQLite fails.
    pub fn forget_grounds(&self) {
        self.make_older(
            "UPDATE members SET named = nullif(contacts.grounds -> '$.named', 'null')
                 FROM contacts WHERE members.key = 'p:' || contacts.object_id;
             UPDATE contacts SET grounds = NULL;",
        );
    }

    /// As if all runs had been before sizes were kept, of a link's group as of its list.
    ///
    /// # Panics
    /// When SQLite fails.
    pub fn forget_sizes(&self, link: &LinkId) {
        self.make_older(&format!(
            "UPDATE links SET progress = json_remove(progress, '$.value.group_sizes') WHERE id = '{link}';
             DELETE FROM list_sizes WHERE list = (SELECT list FROM links WHERE id = '{link}');"
        ));
    }

    fn make_older(&self, statements: &str) {
        lock(&self.database).execute_batch(statements).expect("the store is made an older one");
    }
}

/// The ports of the store are those of the store that ships.
impl Deref for TestStore {
    type Target = SqliteStore;

    fn deref(&self) -> &SqliteStore {
        &self.store
    }
}

fn lock(database: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    database.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A copy of an empty store: to make one anew, in all the steps in which files of older versions are brought up to date,
/// takes longer than many a test.
fn empty() -> Connection {
    static MODEL: OnceLock<Arc<Mutex<Connection>>> = OnceLock::new();
    let open = || Connection::open_in_memory().expect("a database in memory is opened");
    let model = MODEL.get_or_init(|| {
        let model = Arc::new(Mutex::new(open()));
        SqliteStore::in_memory(model.clone()).expect("a new store is made");
        model
    });
    let mut copy = open();
    let copied = Backup::new(&lock(model), &mut copy)
        .and_then(|backup| backup.run_to_completion(i32::MAX, Duration::ZERO, None));
    copied.expect("an empty store is copied");
    copy
}

/// Has the connection count the rows that are written, in a table of its own: the database keeps the shape that ships. (A
/// hook of SQLite's would not hear of tables without row ids, as those of members and standings are.)
fn count(conn: &Connection) {
    let mut statements = "CREATE TEMP TABLE written (members INTEGER, links INTEGER, entries INTEGER, runs INTEGER, sizes INTEGER);
         INSERT INTO written VALUES (0, 0, 0, 0, 0);"
        .to_owned();
    for (number, (table, event, what)) in COUNTED.into_iter().enumerate() {
        statements += &format!(
            "CREATE TEMP TRIGGER counts_{number} AFTER {event} ON main.{table}
             BEGIN UPDATE written SET {what} = {what} + 1; END;"
        );
    }
    conn.execute_batch(&statements).expect("rows are counted");
}

#[cfg(test)]
mod tests {
    use listsync_core::{list::Origin, member::Member, sizes::Found};
    use listsync_engine::ports::{
        Acquired, Contacts as _, Fold, LinkEdit, Links as _, ListSide as _, ListStore as _, MemberChange,
        MemberQuery, Runs as _,
    };

    use super::*;
    use crate::sample::{address, bound, contact, link, link_id, member, moment, summary};

    const MINUTE: Duration = Duration::from_secs(60);

    /// A list with one contact, linked.
    async fn linked() -> TestStore {
        let store = TestStore::new(&ManualClock::at(moment(0)));
        let list = store.create_list("Staff", moment(0)).await.expect("made").id;
        store.add(&list, &contact("ann"), Origin::Manual, moment(0)).await.expect("added");
        store.create(&link("staff", &list, "staff"), moment(0)).await.expect("made");
        store
    }

    async fn fold(store: &TestStore, members: Vec<MemberChange>) {
        let lease = store.acquire(&link_id("staff"), moment(0), MINUTE).await.expect("acquired");
        let Acquired::Lease(lease) = lease else { panic!("nothing runs") };
        store.fold(&lease, &Fold { members, ..Fold::default() }).await.expect("folded");
        store.release(&lease).await.expect("released");
    }

    #[tokio::test]
    async fn each_row_that_is_written_is_counted_also_where_it_stays_as_it_was() {
        let store = linked().await;
        let mut expected = RowWrites { links: 1, entries: 1, ..RowWrites::default() };
        assert_eq!(store.writes(), expected);
        for _ in 0..2 {
            fold(&store, vec![MemberChange::Put(member("ann"))]).await;
            (expected.members, expected.links) = (expected.members + 1, expected.links + 2);
            assert_eq!(store.writes(), expected);
        }
        fold(&store, vec![MemberChange::Delete(member("ann").key)]).await;
        (expected.members, expected.links) = (expected.members + 1, expected.links + 2);
        let ann = store.find_contact(&address("ann")).await.expect("read").expect("there").id;
        store.bind(&[bound(&ann, ("ann", "ann"))]).await.expect("bound");
        expected.entries += 1;
        for _ in 0..2 {
            store.save(&summary("run-1", &link_id("staff"), moment(1))).await.expect("saved");
            expected.runs += 1;
        }
        let found = Found { at: moment(1), first: 1, members: 1 };
        let list = store.lists().await.expect("read").remove(0).id;
        store.note_list_size(&list, found).await.expect("noted");
        expected.sizes += 1;
        assert_eq!(store.writes(), expected);
    }

    #[tokio::test]
    async fn what_is_read_asked_for_or_refused_counts_as_no_row() {
        let store = linked().await;
        let before = store.writes();
        let list = store.lists().await.expect("read").remove(0).id;
        store.size(&list).await.expect("read");
        store.create(&link("staff", &list, "staff"), moment(0)).await.expect_err("there is one");
        store.edit(&link_id("other"), &LinkEdit::Resync, moment(0)).await.expect_err("there is none");
        assert_eq!(store.writes(), before);
    }

    #[tokio::test]
    async fn a_store_that_was_made_older_still_reads() {
        let store = linked().await;
        let ann = store.find_contact(&address("ann")).await.expect("read").expect("there").id;
        let binding = bound(&ann, ("ann", "ann"));
        store.bind(std::slice::from_ref(&binding)).await.expect("bound");
        fold(&store, vec![MemberChange::Put(Member { contact: Some(ann.clone()), ..member("ann") })]).await;
        store.forget_grounds();
        let known = store.contact(&ann).await.expect("read").expect("there");
        assert_eq!((known.object_id, known.grounds), (Some(binding.object), None));
        let rows = store.members(&link_id("staff"), MemberQuery::All).await.expect("read");
        assert_eq!(rows[0].named.as_deref(), binding.grounds.named.as_ref());
        assert!(rows[0].named.is_some());
    }
}
