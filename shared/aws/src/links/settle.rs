use listsync_core::new_group::MadeGroup;
use listsync_engine::ports::Lease;

use super::{
    create::judged,
    lease::lost,
    row::{LinkRow, group_pointers, group_writer},
};
use crate::table::{Condition, Fail, Key, Op, Stored, Table};

/// Has a pending link be of the group that was made for it.
pub(super) async fn settle(table: &Table, lease: &Lease, made: &MadeGroup) -> Result<(), Fail> {
    let read = match LinkRow::find(table, &lease.link).await? {
        Some(read) if read.token == lease.token && read.leased_until.is_some() => read,
        _ => return Err(lost(lease).into()),
    };
    if !read.link.is_pending() {
        return Ok(());
    }
    let after = LinkRow { link: read.link.clone().with_group(made.clone()), ..read.clone() };
    let claim = |key: Key| {
        let stored = Stored::new(&key).text("link", after.link.id.as_str());
        Op::put(key, stored).when(Condition::absent())
    };
    let list = judged(table, &after.link).await?;
    let mut ops = after.save_ops(&read)?;
    ops.push(list.relinked(0)?);
    ops.extend(group_pointers(&after.link).chain(group_writer(&after.link)).map(claim));
    table.transact("save the link's group", &ops).await
}
