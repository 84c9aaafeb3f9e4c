//! The shape of the file, in numbered steps. A step that was released is never changed.

use rusqlite::{Connection, TransactionBehavior};

use crate::open::OpenError;

const STEPS: &[&str] = &[
    include_str!("../migrations/1_lists.sql"),
    include_str!("../migrations/2_links.sql"),
    include_str!("../migrations/3_runs_and_queue.sql"),
    include_str!("../migrations/4_people.sql"),
    include_str!("../migrations/5_successors.sql"),
    include_str!("../migrations/6_people_watch.sql"),
    include_str!("../migrations/7_names.sql"),
    include_str!("../migrations/8_sources.sql"),
    include_str!("../migrations/9_files.sql"),
    include_str!("../migrations/10_grounds.sql"),
    include_str!("../migrations/11_guard.sql"),
    include_str!("../migrations/12_accepts.sql"),
    include_str!("../migrations/13_growth.sql"),
    include_str!("../migrations/14_growth_of_runs.sql"),
    include_str!("../migrations/15_departed.sql"),
    include_str!("../migrations/16_erased.sql"),
    include_str!("../migrations/17_erasures.sql"),
    include_str!("../migrations/18_audit.sql"),
    include_str!("../migrations/19_several_links.sql"),
    include_str!("../migrations/20_belief_origins.sql"),
    include_str!("../migrations/21_alerts.sql"),
    include_str!("../migrations/22_effects.sql"),
    include_str!("../migrations/23_expected.sql"),
    include_str!("../migrations/24_import_changes.sql"),
    include_str!("../migrations/25_grace.sql"),
    include_str!("../migrations/26_ends.sql"),
    include_str!("../migrations/27_pace.sql"),
    include_str!("../migrations/28_quiet.sql"),
    include_str!("../migrations/29_tallies.sql"),
    include_str!("../migrations/30_briefs.sql"),
    include_str!("../migrations/31_came_back.sql"),
    include_str!("../migrations/32_former_lists.sql"),
];

/// Marks a file as ours (`PRAGMA application_id`): "lsyn" in ASCII.
const APPLICATION: i64 = 0x6c73_796e;

/// The version of a file that this build writes.
pub(crate) const LATEST: i64 = STEPS.len() as i64;

/// Brings a file to the latest version, all steps in one transaction, or refuses it.
pub(crate) fn migrate(conn: &mut Connection) -> Result<(), OpenError> {
    migrate_to(conn, LATEST)
}

fn migrate_to(conn: &mut Connection, target: i64) -> Result<(), OpenError> {
    if version_of(conn)? == target {
        return Ok(());
    }
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have done it while this one waited.
    let version = version_of(&tx)?;
    let done = usize::try_from(version).map_err(|_| OpenError::Foreign)?;
    for step in STEPS.iter().take(usize::try_from(target).unwrap_or(0)).skip(done) {
        tx.execute_batch(step)?;
    }
    tx.pragma_update(None, "application_id", APPLICATION)?;
    tx.pragma_update(None, "user_version", target)?;
    tx.commit()?;
    Ok(())
}

/// Whether a file is a store, of whatever version.
pub(crate) fn is_ours(conn: &Connection) -> rusqlite::Result<bool> {
    let application: i64 = conn.pragma_query_value(None, "application_id", |row| row.get(0))?;
    Ok(application == APPLICATION)
}

/// The version of the file; 0 for a new one.
fn version_of(conn: &Connection) -> Result<i64, OpenError> {
    let application: i64 = conn.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    match (application, version) {
        (0, 0) if tables == 0 => Ok(0),
        (APPLICATION, version) if version > LATEST => Err(OpenError::Newer { found: version, known: LATEST }),
        (APPLICATION, version) => Ok(version),
        _ => Err(OpenError::Foreign),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "INSERT INTO lists (id, name, name_key) VALUES ('l1', 'Staff', 'staff')";

    fn tables(conn: &Connection) -> i64 {
        conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).expect("counted")
    }

    #[test]
    fn a_file_of_each_older_version_is_brought_up_to_date_with_its_content() {
        let mut fresh = Connection::open_in_memory().expect("opened");
        migrate(&mut fresh).expect("migrated");
        for version in 1..LATEST {
            let mut old = Connection::open_in_memory().expect("opened");
            migrate_to(&mut old, version).expect("made");
            old.execute(LIST, []).expect("written");
            migrate(&mut old).expect("migrated");
            let kept: String = old.query_row("SELECT name FROM lists", [], |row| row.get(0)).expect("kept");
            assert_eq!(kept, "Staff");
            assert_eq!(tables(&old), tables(&fresh), "from version {version}");
            assert_eq!(version_of(&old).expect("known"), LATEST);
        }
    }

    #[test]
    fn what_was_decided_before_version_four_is_kept_as_it_was_said() {
        let mut conn = Connection::open_in_memory().expect("opened");
        migrate_to(&mut conn, 3).expect("made");
        conn.execute(LIST, []).expect("written");
        conn.execute_batch(
            "INSERT INTO contacts (id, address, name, fields) VALUES ('c1', 'a@b.example', 'A', '{\"room\":\"7\"}');
             INSERT INTO decisions (list, contact, decision, at) VALUES (1, 1, 'opted_out', 5);
             INSERT INTO decisions (list, contact, decision, at, via) VALUES (1, 1, 'subscribed', 6, 'page');",
        )
        .expect("written");
        migrate(&mut conn).expect("migrated");
        let mut read =
            conn.prepare("SELECT decision, reason, via, at, list FROM sayings ORDER BY n").expect("read");
        let kept: Vec<(String, String, String, i64, i64)> = read
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))
            .expect("read")
            .collect::<Result<_, _>>()
            .expect("read");
        let said = |decision: &str, via: &str, at| (decision.into(), "own".into(), via.into(), at, 1);
        assert_eq!(kept, [said("opted_out", "operator", 5), said("subscribed", "page", 6)]);
        let contact: (String, i64, String) = conn
            .query_row("SELECT fields, version, provenance FROM contacts", [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .expect("kept");
        assert_eq!(contact, ("{\"room\":\"7\"}".into(), 1, "{}".into()));
        let rule: String = conn.query_row("SELECT opt_out FROM lists", [], |row| row.get(0)).expect("kept");
        assert_eq!(rule, "allowed");
    }

    #[test]
    fn removals_from_a_list_are_the_lists_from_version_eleven_on() {
        let mut conn = Connection::open_in_memory().expect("opened");
        migrate_to(&mut conn, 10).expect("made");
        conn.execute(LIST, []).expect("written");
        conn.execute_batch(
            "INSERT INTO links (id, list, tenant, group_id, writes_group, writes_list, active, doc, progress, due_at)
                 VALUES ('k1', 1, 't', 'g', 1, 1, 1, '{}', '{}', 0);
             INSERT INTO removals (link, side, at, count, members_before) VALUES (1, 'list', 5, 3, 20);
             INSERT INTO removals (link, side, at, count, members_before) VALUES (1, 'group', 6, 4, 30);",
        )
        .expect("written");
        migrate(&mut conn).expect("migrated");
        let of = |sql: &str| -> (i64, i64, i64) {
            conn.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).expect("one")
        };
        assert_eq!(of("SELECT at, count, members_before FROM list_removals WHERE list = 1"), (5, 3, 20));
        assert_eq!(of("SELECT at, count, members_before FROM removals WHERE link = 1"), (6, 4, 30));
    }

    #[test]
    fn what_was_believed_before_version_twenty_counts_as_written() {
        let mut conn = Connection::open_in_memory().expect("opened");
        migrate_to(&mut conn, 19).expect("made");
        conn.execute(LIST, []).expect("written");
        conn.execute_batch(
            "INSERT INTO links (id, list, tenant, group_id, writes_group, writes_list, active, doc, progress, due_at)
                 VALUES ('k1', 1, 't', 'g', 1, 1, 1, '{}', '{}', 0);
             INSERT INTO members (link, key, in_baseline, group_present, group_since) VALUES (1, 'p:o1', 1, 1, 5);",
        )
        .expect("written");
        migrate(&mut conn).expect("migrated");
        let kept: (bool, i64, Option<String>) = conn
            .query_row("SELECT group_present, group_since, group_origin FROM members", [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .expect("kept");
        assert_eq!(kept, (true, 5, None), "which reads as written: nothing tells otherwise");
    }

    #[test]
    fn a_link_of_before_version_thirty_has_the_names_of_its_groups() {
        let mut conn = Connection::open_in_memory().expect("opened");
        migrate_to(&mut conn, 29).expect("made");
        conn.execute(LIST, []).expect("written");
        for (id, value) in [
            ("k1", r#"{"group_name":"Staff"}"#),
            (
                "k2",
                r#"{"group_name":"Staff","more":[{"group":"g2","name":"Board"},{"group":"g3","name":"Press"}]}"#,
            ),
        ] {
            conn.execute(
                "INSERT INTO links (id, list, tenant, group_id, writes_group, writes_list, active, doc, progress, due_at)
                     VALUES (?1, 1, 't', ?1, 0, 1, 1, ?2, '{}', 0)",
                [id, &format!(r#"{{"schema":1,"value":{value}}}"#)],
            )
            .expect("written");
        }
        migrate(&mut conn).expect("migrated");
        let of = |id: &str| -> (String, bool) {
            conn.query_row("SELECT group_names, calm FROM links WHERE id = ?1", [id], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .expect("kept")
        };
        assert_eq!(
            of("k1"),
            ("Staff".into(), false),
            "what it tells is in its documents until the next write"
        );
        assert_eq!(of("k2"), ("Staff, Board, Press".into(), false));
    }

    #[test]
    fn who_stood_to_a_list_before_version_twenty_nine_is_counted_once() {
        let mut conn = Connection::open_in_memory().expect("opened");
        migrate_to(&mut conn, 28).expect("made");
        conn.execute_batch(LIST).expect("written");
        conn.execute_batch("INSERT INTO lists (id, name, name_key) VALUES ('l2', 'Board', 'board')")
            .expect("written");
        for (n, standing, until) in [
            (1, "member", "NULL"),
            (2, "member", "7"),
            (3, "opted_out", "NULL"),
            (4, "pending", "NULL"),
            (5, "absent", "NULL"),
        ] {
            conn.execute_batch(&format!(
                "INSERT INTO contacts (id, address, name, fields) VALUES ('c{n}', 'p{n}@b.example', '', '{{}}');
                 INSERT INTO memberships (list, contact, standing, origin, since, seq, until)
                     VALUES (1, {n}, '{standing}', 'csv', 0, 0, {until});"
            ))
            .expect("written");
        }
        migrate(&mut conn).expect("migrated");
        let tally = |list: &str| -> (i64, i64, i64, i64) {
            let sql = "SELECT members, opted_out, pending, ending FROM lists WHERE id = ?1";
            let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
            conn.query_row(sql, [list], read).expect("kept")
        };
        assert_eq!((tally("l1"), tally("l2")), ((2, 1, 1, 1), (0, 0, 0, 0)));
    }

    #[test]
    fn a_step_that_fails_leaves_the_file_as_it_was() {
        let mut conn = Connection::open_in_memory().expect("opened");
        migrate_to(&mut conn, 1).expect("made");
        conn.execute_batch("CREATE TABLE removals (n INTEGER)").expect("in the way");
        let before = tables(&conn);
        assert!(migrate(&mut conn).is_err());
        assert_eq!(tables(&conn), before);
        assert_eq!(version_of(&conn).expect("known"), 1);
    }

    #[test]
    fn migrating_twice_changes_nothing() {
        let mut conn = Connection::open_in_memory().expect("opened");
        migrate(&mut conn).expect("migrated");
        conn.execute(LIST, []).expect("written");
        migrate(&mut conn).expect("again");
        assert_eq!(version_of(&conn).expect("known"), LATEST);
    }
}
