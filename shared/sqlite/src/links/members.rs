use listsync_core::{
    belief::{Belief, BeliefOrigin},
    id::{ContactId, LinkId, ObjectId},
    member::{Intent, Member, MemberKey, Op},
};
use listsync_engine::ports::{MemberChange, MemberQuery};
use rusqlite::{Connection, Row, params};
use serde_json::json;

use super::row;
use crate::{
    error::{Fail, Outcome},
    values::{collect, count, nanos, timestamp, typed_option},
};

/// The members that are wanted, as a value that can be sent to another thread.
pub(super) enum Wanted {
    All,
    Open,
    Of { objects: Vec<ObjectId>, contacts: Vec<ContactId> },
}

impl From<MemberQuery<'_>> for Wanted {
    fn from(query: MemberQuery<'_>) -> Self {
        match query {
            MemberQuery::All => Self::All,
            MemberQuery::Open => Self::Open,
            MemberQuery::Of { objects, contacts } => {
                Self::Of { objects: objects.to_vec(), contacts: contacts.to_vec() }
            }
        }
    }
}

const COLUMNS: &str =
    "key, contact, address, in_baseline, group_present, group_since, intent_op, intent_since, open, named,
     sources, group_origin, grace";

/// All of them, each as `taken` gives it back.
pub(super) fn all(tx: &Connection, link: &LinkId, taken: impl Fn(Member) -> Member) -> Outcome<Vec<Member>> {
    let link = row::number(tx, link)?;
    let sql = format!("SELECT {COLUMNS} FROM members WHERE link = ?1 ORDER BY key");
    collect(tx.prepare_cached(&sql)?, [link], |row| read(row).map(&taken))
}

pub(super) fn load(tx: &Connection, link: &LinkId, wanted: &Wanted) -> Outcome<Vec<Member>> {
    let number = row::number(tx, link)?;
    match wanted {
        Wanted::All => all(tx, link, |member| member),
        Wanted::Open => {
            // A converged link has none among very many: only its own index finds that out at no cost.
            let sql = format!(
                "SELECT {COLUMNS} FROM members INDEXED BY members_open
                 WHERE link = ?1 AND (open IS NOT NULL OR intent_op IS NOT NULL) ORDER BY key"
            );
            collect(tx.prepare_cached(&sql)?, [number], read)
        }
        Wanted::Of { objects, contacts } => {
            let keys = objects.iter().cloned().map(MemberKey::Principal);
            let keys = keys.chain(contacts.iter().cloned().map(MemberKey::Contact));
            let keys: Vec<_> = keys.map(|key| key_text(&key)).collect();
            let sql = format!(
                "SELECT {COLUMNS} FROM members WHERE link = ?1 AND key IN (SELECT value FROM json_each(?2))
                 UNION
                 SELECT {COLUMNS} FROM members WHERE link = ?1 AND contact IN (SELECT value FROM json_each(?3))
                 ORDER BY key"
            );
            let params = params![number, json!(keys).to_string(), json!(contacts).to_string()];
            collect(tx.prepare_cached(&sql)?, params, read)
        }
    }
}

/// Writes rows over or takes them away.
pub(super) fn save(tx: &Connection, link: i64, changes: &[MemberChange]) -> Outcome<()> {
    for change in changes {
        match change {
            MemberChange::Put(member) => put(tx, link, member)?,
            MemberChange::Delete(key) => {
                tx.prepare_cached("DELETE FROM members WHERE link = ?1 AND key = ?2")?
                    .execute(params![link, key_text(key)])?;
            }
        }
    }
    Ok(())
}

pub(super) fn put(tx: &Connection, link: i64, member: &Member) -> Outcome<()> {
    let Member { key, contact, address, in_baseline, group, intent, open, grace, named, sources } = member;
    let open = open.as_ref().map(serde_json::to_string).transpose().map_err(|_| Fail::Stored("member"))?;
    let named = named.as_ref().map(serde_json::to_string).transpose().map_err(|_| Fail::Stored("member"))?;
    let grace = grace.as_ref().map(serde_json::to_string).transpose();
    let grace = grace.map_err(|_| Fail::Stored("member"))?;
    let sources = (!sources.is_empty()).then(|| serde_json::to_string(sources)).transpose();
    let sources = sources.map_err(|_| Fail::Stored("member"))?;
    tx.prepare_cached(
        "INSERT OR REPLACE INTO members (link, key, contact, address, in_baseline, group_present,
             group_since, intent_op, intent_since, open, named, sources,
             group_origin, grace)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    )?
    .execute(params![
        link,
        key_text(key),
        contact.as_ref().map(ContactId::as_str),
        address.as_ref().map(listsync_core::address::Address::as_str),
        in_baseline,
        group.map(|belief| belief.present),
        group.map(|belief| nanos(belief.since)),
        intent.map(|intent| op_name(intent.op)),
        intent.map(|intent| nanos(intent.since)),
        open,
        named,
        sources,
        group.and_then(|belief| origin_name(belief.origin)),
        grace,
    ])?;
    Ok(())
}

/// How many members we hold to be in the group.
pub(super) fn group_size(tx: &Connection, link: &LinkId) -> Outcome<u64> {
    let link = row::number(tx, link)?;
    let size: i64 = tx
        .prepare_cached("SELECT count(*) FROM members WHERE link = ?1 AND group_present = 1")?
        .query_row([link], |row| row.get(0))?;
    Ok(count(size))
}

fn read(row: &Row<'_>) -> Outcome<Member> {
    let open: Option<String> = row.get(8)?;
    let open = open.map(|text| serde_json::from_str(&text)).transpose();
    let named: Option<String> = row.get(9)?;
    let named = named.map(|text| serde_json::from_str(&text)).transpose();
    let sources: Option<String> = row.get(10)?;
    let sources = sources.map(|text| serde_json::from_str(&text)).transpose();
    let grace: Option<String> = row.get(12)?;
    let grace = grace.map(|text| serde_json::from_str(&text)).transpose();
    Ok(Member {
        key: key(&row.get::<_, String>(0)?)?,
        contact: typed_option(row, 1, "member's contact")?,
        address: typed_option(row, 2, "member's address")?,
        in_baseline: row.get(3)?,
        group: match (row.get(4)?, row.get(5)?) {
            (Some(present), Some(since)) => {
                let origin = origin(row.get::<_, Option<String>>(11)?.as_deref())?;
                Some(Belief { present, since: timestamp(since), origin })
            }
            _ => None,
        },
        intent: match (row.get::<_, Option<String>>(6)?, row.get(7)?) {
            (Some(name), Some(since)) => Some(Intent { op: op(&name)?, since: timestamp(since) }),
            _ => None,
        },
        open: open.map_err(|_| Fail::Stored("open observation"))?,
        grace: grace.map_err(|_| Fail::Stored("member's grace"))?,
        named: named.map_err(|_| Fail::Stored("primary address"))?,
        sources: sources.map_err(|_| Fail::Stored("member's sources"))?.unwrap_or_default(),
    })
}

fn key_text(key: &MemberKey) -> String {
    match key {
        MemberKey::Principal(id) => format!("p:{id}"),
        MemberKey::Contact(id) => format!("c:{id}"),
    }
}

fn key(text: &str) -> Outcome<MemberKey> {
    let key = match text.split_once(':') {
        Some(("p", id)) => ObjectId::parse(id).map(MemberKey::Principal).ok(),
        Some(("c", id)) => ContactId::parse(id).map(MemberKey::Contact).ok(),
        _ => None,
    };
    key.ok_or(Fail::Stored("member's key"))
}

/// What we wrote has no word of its own: so reads what was stored before origins were.
fn origin_name(origin: BeliefOrigin) -> Option<&'static str> {
    match origin {
        BeliefOrigin::Written => None,
        BeliefOrigin::Observed => Some("observed"),
    }
}

fn origin(name: Option<&str>) -> Outcome<BeliefOrigin> {
    match name {
        None => Ok(BeliefOrigin::Written),
        Some("observed") => Ok(BeliefOrigin::Observed),
        Some(_) => Err(Fail::Stored("belief")),
    }
}

fn op_name(op: Op) -> &'static str {
    match op {
        Op::Add => "add",
        Op::Remove => "remove",
    }
}

fn op(name: &str) -> Outcome<Op> {
    match name {
        "add" => Ok(Op::Add),
        "remove" => Ok(Op::Remove),
        _ => Err(Fail::Stored("intent")),
    }
}
