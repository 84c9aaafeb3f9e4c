use std::collections::BTreeMap;

use listsync_core::{
    Timestamp,
    address::Address,
    id::ListId,
    list::{NewContact, Origin, Standing},
};
use listsync_engine::ports::Decision;

use super::{
    edits::of,
    head::Head,
    held,
    people::{Move, People},
    person::{decision_name, decision_partition},
    tx::ListTx,
};
use crate::table::{Fail, Key, Op, Stored, Table, ordered_instant};

pub(super) async fn decide(
    table: &Table,
    list: &ListId,
    address: &Address,
    (decision, at): (Decision, Timestamp),
) -> Result<(), Fail> {
    let head = Head::load(table, list).await?;
    let mut people = People::load(table, list, of(address)).await?;
    let new = NewContact { address: address.clone(), name: String::new(), fields: BTreeMap::new() };
    let mut draft = people.obtain(&new)?;
    let to = match decision {
        Decision::Subscribed => Standing::Member,
        Decision::OptedOut => Standing::OptedOut,
    };
    held::spare_one(table, list, &draft.contact.id).await?;
    let moves = draft.standing() != to;
    let said_before = draft.row.as_ref().and_then(|row| row.decision) == Some(decision);
    if !moves && said_before {
        return Ok(());
    }
    if let Some(row) = &mut draft.row {
        row.decision = Some(decision);
    }
    if moves {
        draft.shift(Move { to, by: Origin::Own, at });
    } else {
        draft.is_noted();
    }
    let contact = draft.contact.id.clone();
    let mut piece = people.settle(draft)?;
    if let Some((row, _)) = &mut piece.row {
        row.decision = Some(decision);
    }
    let sort = format!("{}#{}", ordered_instant(at), uuid::Uuid::now_v7());
    let key = Key::new(decision_partition(list, &contact), sort);
    let said = Stored::new(&key).text("decision", decision_name(decision)).at("at", at).text("via", "");
    piece.ops.push(Op::put(key, said));
    let mut tx = ListTx::new(&head);
    tx.push(piece);
    tx.commit(table, "save the decision", Vec::new()).await
}
