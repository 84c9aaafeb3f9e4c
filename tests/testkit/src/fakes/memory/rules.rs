//! Lists in memory: their filters and their rules.

use std::collections::BTreeMap;

use listsync_core::{
    Timestamp,
    contact::Version,
    id::{ContactId, ListId},
    link::Side,
    list::{List, ListKind, OptOutRule, Origin, Standing},
};
use listsync_engine::ports::{ListEdit, Moves, PortResult, RemoveOutcome};

use super::{
    State,
    links::LinkRow,
    rejected, sequence,
    sides::{Book, ListRow},
};

impl Book {
    pub(super) fn move_members(
        &mut self,
        list: &ListId,
        moves: &Moves,
        at: Timestamp,
    ) -> PortResult<(u64, u64)> {
        let version = self.list(list)?.list.version;
        if !self.is_filtered(list) {
            return Err(rejected("list_static", "the list has no filter"));
        }
        if moves.version.is_some_and(|of| of != version) {
            return Err(rejected("version", "the list was edited meanwhile"));
        }
        let (mut joined, mut left) = (0, 0);
        for contact in moves.join.iter().filter(|id| self.contacts.contains_key(*id)).collect::<Vec<_>>() {
            let now = self.standing(list, contact).map(|entry| entry.standing);
            if now != Some(Standing::Member) && !self.refuses(list, contact) {
                self.stand(list, contact, Standing::Member, (Origin::Filter, at))?;
                joined += 1;
            }
        }
        for contact in &moves.leave {
            let outcome = self.dismiss(list, contact, (Origin::Filter, at))?;
            left += u64::from(outcome == RemoveOutcome::Removed);
        }
        if let Some(upto) = &moves.upto {
            self.list(list)?.followed = Some(sequence(upto)?);
        }
        Ok((joined, left))
    }

    fn follow_rule(&mut self, list: &ListId, rule: OptOutRule, at: Timestamp) -> PortResult<()> {
        let entries: BTreeMap<ContactId, Standing> =
            self.list(list)?.entries.iter().map(|(id, entry)| (id.clone(), entry.standing)).collect();
        for (id, standing) in entries {
            let to_all = standing != Standing::Absent && self.person(&id)?.is_held_off(list, rule);
            let said_no = to_all || self.said_no(&id, list).is_some();
            match rule {
                OptOutRule::NotAllowed if standing == Standing::OptedOut => {
                    self.stand(list, &id, Standing::Absent, (Origin::Own, at))?;
                }
                OptOutRule::Allowed if said_no => {
                    self.stand(list, &id, Standing::OptedOut, (Origin::Own, at))?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl State {
    pub(super) fn edit_list(
        &mut self,
        list: &ListId,
        expected: Option<Version>,
        (edit, now): (&ListEdit, Timestamp),
    ) -> PortResult<List> {
        let before = self.book.list(list)?.list.clone();
        if expected.is_some_and(|expected| expected != before.version) {
            return Err(rejected("version", "the list was edited meanwhile"));
        }
        if *edit == ListEdit::default() {
            return Ok(before);
        }
        if let Some(name) = &edit.name {
            let taken =
                |row: &ListRow| row.list.id != *list && row.list.name.to_lowercase() == name.to_lowercase();
            if name.trim().is_empty() {
                return Err(rejected("bad_list_name", "a list needs a name"));
            }
            if self.book.lists.values().any(taken) {
                return Err(rejected("list_exists", "another list has this name"));
            }
        }
        let filters = matches!(edit.kind, Some(ListKind::Filtered { .. }));
        let writes = |row: &LinkRow| row.state.link.list == *list && row.state.link.mode.writes(Side::List);
        if filters && self.links.values().any(writes) {
            return Err(rejected("list_linked", "a link writes to the list"));
        }
        let row = self.book.list(list)?;
        row.list.name = edit.name.as_deref().unwrap_or(&before.name).trim().to_owned();
        if edit.kind.as_ref().is_some_and(|kind| *kind != before.kind) {
            row.list.kind = edit.kind.clone().unwrap_or_default();
            row.followed = None;
        }
        row.list.opt_out = edit.opt_out.unwrap_or(before.opt_out);
        if let Some(own) = edit.max_additions {
            row.list.max_additions = own.limit();
        }
        row.list.status_words = edit.status_words.clone().unwrap_or_else(|| before.status_words.clone());
        row.list.version.0 += 1;
        let after = row.list.clone();
        if after.opt_out != before.opt_out {
            self.book.follow_rule(list, after.opt_out, now)?;
        }
        Ok(after)
    }
}
