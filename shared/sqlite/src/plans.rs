//! How SQLite does what pages ask for: by an index, from where the page begins, and no further than it goes.

use rusqlite::{Connection, params_from_iter, types::Value};

use crate::{
    erasures,
    links::row,
    lists::{entries, held},
    open, people, records,
};

fn plan(conn: &Connection, sql: &str) -> Vec<String> {
    let mut statement = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).expect("it is a statement");
    let nothing = vec![Value::Null; statement.parameter_count()];
    let rows = statement.query_map(params_from_iter(nothing), |row| row.get(3)).expect("it has a plan");
    rows.collect::<Result<_, _>>().expect("the plan reads")
}

/// What of a plan looks at more than the page.
fn beyond(plan: &[String]) -> Vec<&String> {
    plan.iter().filter(|step| step.starts_with("SCAN") || step.contains("TEMP B-TREE")).collect()
}

fn store() -> Connection {
    let mut conn = Connection::open_in_memory().expect("opened");
    open::make_ready(&mut conn).expect("made a store");
    conn
}

#[test]
fn no_page_scans_or_sorts_a_table() {
    let conn = store();
    for sql in [
        entries::PAGE.to_owned(),
        people::read::page_of_all(),
        held::page_of_all(),
        held::page_of_list(),
        row::page_of_all(),
        row::BRIEFS.to_owned(),
        records::PAGE.to_owned(),
        records::PAGE_OF_LINK.to_owned(),
    ] {
        let plan = plan(&conn, &sql);
        assert_eq!(beyond(&plan), Vec::<&String>::new(), "{sql}");
        assert!(plan.iter().any(|step| step.starts_with("SEARCH")), "{plan:?}");
    }
}

/// Neither how many stand to a list nor how large lists are takes longer for who are more: only the first end is looked for,
/// by an index.
#[test]
fn nobody_is_counted_where_a_number_is_kept() {
    let conn = store();
    for (sql, looked_at) in [(entries::COUNTS, vec!["memberships"]), (entries::SIZES, Vec::new())] {
        let plan = plan(&conn, sql);
        let memberships: Vec<&String> = plan.iter().filter(|step| step.contains("memberships")).collect();
        assert_eq!(memberships.len(), looked_at.len(), "{plan:?}");
        assert!(
            memberships
                .iter()
                .all(|step| step.contains("SEARCH") && step.contains("memberships_ending (list=?")),
            "{plan:?}"
        );
    }
}

/// Opening a store takes no longer for who are more.
#[test]
fn nobody_is_looked_through_when_the_store_is_opened() {
    let plan = plan(&store(), erasures::CAME_BACK);
    let contacts: Vec<&String> = plan.iter().filter(|step| step.contains("contacts")).collect();
    assert!(
        !contacts.is_empty() && contacts.iter().all(|step| step.contains("contacts_came_back")),
        "{plan:?}"
    );
}

#[test]
fn what_scans_or_sorts_is_known_by_its_plan() {
    let conn = store();
    for sql in ["SELECT id FROM contacts WHERE name > ?1", "SELECT id FROM lists WHERE n > ?1 ORDER BY name"]
    {
        assert_eq!(beyond(&plan(&conn, sql)).len(), 1, "{sql}");
    }
}
