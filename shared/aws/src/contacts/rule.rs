//! A list that becomes mandatory has no opt-outs; one that is so no more is left by those who said no.

use listsync_core::{
    Timestamp,
    id::{ContactId, ListId},
    list::{OptOutRule, Origin, Standing},
};
use listsync_engine::ports::PortResult;

use crate::{
    lists::{
        draft::Move,
        entries,
        head::{self, Head},
        people::{People, Wanted},
        row::Row,
        tx::ListTx,
    },
    table::{Condition, Fail, Op, Patience, Table},
};

const DOING: &str = "follow the list's rule";
/// How many contacts are read in one go.
const CHUNK: usize = 300;

/// A list where everybody stands as its rule has it. The rule is stored before it is followed, as following it takes many
/// writes: what is interrupted, or what an earlier version never did, is done by whoever reads the list next, so that no
/// run decides on people who still stand by the rule from before.
pub(crate) async fn ruled(table: &Table, list: &ListId, now: Timestamp) -> PortResult<Head> {
    let mut patience = Patience::new(DOING);
    loop {
        let head = Head::load(table, list).await?;
        if head.is_ruled() {
            return Ok(head);
        }
        follow(table, &head, now).await?;
        // Another edit meanwhile may have changed the rule once more.
        let done = Op::update(head::key(list), head.becomes_ruled()?).when(head.as_read()?);
        match table.transact(DOING, &[done]).await {
            Ok(()) => {}
            Err(Fail::Port(error)) => return Err(error),
            Err(Fail::Stale | Fail::Taken) => patience.wait().await?,
        }
    }
}

/// Gives everybody the standing that the list's rule leaves them.
async fn follow(table: &Table, head: &Head, now: Timestamp) -> PortResult<()> {
    let list = &head.list.id;
    let concerned = match head.list.opt_out {
        OptOutRule::NotAllowed => "#standing = :out",
        OptOutRule::Allowed => "#standing <> :out",
    };
    let concerned = Condition::new(concerned).with_text("out", Standing::OptedOut.to_string());
    let rows = entries::rows(table, list, (concerned, |row: &Row| row.contact.clone())).await?;
    for some in rows.chunks(CHUNK) {
        let mut patience = Patience::new(DOING);
        loop {
            match follow_some(table, list, (some, now)).await {
                Ok(()) => break,
                Err(Fail::Port(error)) => return Err(error),
                Err(Fail::Stale | Fail::Taken) => patience.wait().await?,
            }
        }
    }
    Ok(())
}

async fn follow_some(
    table: &Table,
    list: &ListId,
    (contacts, at): (&[ContactId], Timestamp),
) -> Result<(), Fail> {
    let head = Head::load(table, list).await?;
    let wanted = Wanted { contacts: contacts.to_vec(), ..Wanted::default() };
    let mut people = People::load(table, &head, wanted).await?;
    let mut tx = ListTx::new(&head);
    for contact in contacts {
        let Some(mut draft) = people.by_id(contact) else { continue };
        let to = draft.stand.under(head.list.opt_out);
        if to == draft.standing() {
            continue;
        }
        draft.shift(Move { to, by: Origin::Own, at });
        let piece = people.settle(draft)?;
        if !tx.fits(&piece) {
            tx.commit(table, DOING, Vec::new()).await?;
        }
        tx.push(piece);
    }
    tx.commit(table, DOING, Vec::new()).await
}
