use listsync_core::{
    Timestamp,
    id::LinkId,
    link::{Clash, Link, may_stand},
};
use listsync_engine::ports::{ListNames, PortError, PortResult};

use super::{
    counts,
    row::{self, LinkRow, gone, group_pointers, group_writer, list_pointer},
};
use crate::{
    error, garbage,
    lists::head::Head,
    table::{Condition, Fail, Guard, Key, Op, Stored, Table},
};

/// Saves a new link; it is due at once.
pub(super) async fn create(table: &Table, link: &Link, now: Timestamp) -> Result<(), Fail> {
    let list = judged(table, link).await?;
    let mut ops = vec![list.relinked(1)?];
    let mut claim = |key: Key, guard: Guard| {
        let stored = Stored::new(&key).text("link", link.id.as_str());
        ops.push(Op::put(key, stored).when(Condition::absent()).or(guard));
    };
    // Another list's link may take the group at this moment: then it is judged anew, by that one as well.
    group_writer(link).into_iter().for_each(|writer| claim(writer, Guard::Stale));
    claim(list_pointer(&link.list, &link.id), Guard::Taken);
    for pointer in group_pointers(link) {
        claim(pointer, Guard::Taken);
    }
    ops.extend(LinkRow::new(link, now).create_ops()?.map(|op| op.or(Guard::Taken)));
    match table.transact("save the link", &ops).await {
        Err(Fail::Taken) => {
            Err(error::rejected("link_exists", format!("there is a link {} already", link.id), "").into())
        }
        done => done,
    }
}

/// The head of a link's list, once the link was judged by those that are there now.
pub(super) async fn judged(table: &Table, new: &Link) -> PortResult<Head> {
    // Before the links: one that is made after this is told by the head.
    let head = Head::load(table, &new.list).await?;
    let mut others = row::of_list(table, &new.list).await?;
    for group in new.groups() {
        others.extend(row::of_group(table, &new.tenant, group).await?);
    }
    let Err(clash) = may_stand(new, &head.list.kind, others.iter().map(|state| &state.link)) else {
        return Ok(head);
    };
    let theirs = match clash {
        Clash::PlaceTaken(other) => Head::find(table, &other.list).await?.map(|head| head.list.name),
        Clash::ListFiltered | Clash::ListTaken(_) | Clash::PlaceTwice(_) => None,
    };
    let list = head.list.name.as_str();
    let names = ListNames { new: list, other: theirs.as_deref().unwrap_or(list) };
    Err(PortError::link_refused(new, clash, names))
}

/// Removes a link; what it remembers is cleared away afterwards.
pub(super) async fn delete(table: &Table, id: &LinkId) -> Result<(), Fail> {
    let row = LinkRow::find(table, id).await?.ok_or_else(|| gone(id))?;
    let link = &row.link;
    let list = Head::load(table, &link.list).await?;
    let mut ops =
        vec![Op::delete(list_pointer(&link.list, id)), list.relinked(-1)?, garbage::space(&row.space)];
    ops.extend(row.delete_ops());
    ops.extend(group_pointers(link).map(Op::delete));
    ops.extend(group_writer(link).map(Op::delete));
    // Once no link is left nobody tells of the list's size: what is kept would grow old, and no base. Another link that
    // is made at this moment begins anew with what it finds.
    if list.links <= 1 {
        ops.push(Op::delete(counts::sizes_key(&link.list)));
    }
    table.transact("delete the link", &ops).await
}
