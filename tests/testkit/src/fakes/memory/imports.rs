use std::collections::BTreeSet;

use listsync_core::{
    id::{ContactId, ImportId, ListId},
    list::{Origin, Standing},
};
use listsync_engine::ports::{
    Import, ImportMode, ImportState, Imported, NewImport, PortResult, Presence, RemoveOutcome,
};

use super::{State, gone, rejected, sides::Known};

/// An import and whom it would still take off the list.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) import: Import,
    leavers: Vec<ContactId>,
    taken_at: u64,
}

impl State {
    /// Whom somebody named since, no held import takes off.
    pub(super) fn spare(&mut self, contact: &ContactId) {
        self.imports.iter_mut().for_each(|taken| taken.leavers.retain(|leaver| leaver != contact));
    }

    pub(super) fn import(&mut self, list: &ListId, new: &NewImport) -> PortResult<Imported> {
        let before: BTreeSet<ContactId> = self.book.list(list)?.members().cloned().collect();
        let id = ImportId::parse(&format!("i{}", self.count_up())).expect("a counted id is an id");
        let mut import = opened(id, list, new);
        let mut named = BTreeSet::new();
        for row in new.people.iter().filter(|row| row.presence == Presence::Present) {
            let known = self.book.learn(&row.contact);
            named.insert(known.id().clone());
            match self.book.standing(list, known.id()).map(|entry| entry.standing) {
                Some(Standing::OptedOut) => import.opted_out += 1,
                Some(Standing::Member) if matches!(known, Known::Updated(_)) => import.updated += 1,
                Some(Standing::Member) => import.unchanged += 1,
                Some(Standing::Pending | Standing::Absent) | None => {
                    self.book.stand(list, known.id(), Standing::Member, Origin::Csv)?;
                    import.added += 1;
                }
            }
        }
        let mut leavers: Vec<_> = before.difference(&named).cloned().collect();
        if new.mode == ImportMode::Incremental || leavers.is_empty() {
            leavers.clear();
        } else if new.rejected > 0 {
            import.state = ImportState::RemovalsSkipped;
            leavers.clear();
        } else if (before.len() - leavers.len()) * 100 < before.len() * 80 {
            import.state = ImportState::Held;
            import.held = leavers.len() as u64;
        } else {
            for contact in std::mem::take(&mut leavers) {
                self.book.remove(list, &contact)?;
                import.removed += 1;
            }
        }
        let taken_at = self.book.list(list)?.sequence;
        self.imports.push(Taken { import: import.clone(), leavers, taken_at });
        Ok(Imported { import, refused: Vec::new() })
    }

    pub(super) fn approve_import(&mut self, id: &ImportId) -> PortResult<Import> {
        let place = self.imports.iter().position(|taken| taken.import.id == *id);
        let taken = place.map(|place| &mut self.imports[place]).ok_or_else(|| gone("import"))?;
        if taken.import.state != ImportState::Held {
            return Err(rejected("not_held", "the import holds no removals"));
        }
        for contact in std::mem::take(&mut taken.leavers) {
            let standing = self.book.standing(&taken.import.list, &contact);
            if standing.is_some_and(|entry| entry.changed <= taken.taken_at)
                && self.book.remove(&taken.import.list, &contact)? == RemoveOutcome::Removed
            {
                taken.import.removed += 1;
            }
        }
        taken.import.state = ImportState::Done;
        taken.import.held = 0;
        Ok(taken.import.clone())
    }
}

fn opened(id: ImportId, list: &ListId, new: &NewImport) -> Import {
    Import {
        id,
        list: list.clone(),
        file: new.file.clone(),
        at: new.at,
        mode: new.mode,
        state: ImportState::Done,
        rows: new.rows,
        added: 0,
        updated: 0,
        unchanged: 0,
        removed: 0,
        held: 0,
        opted_out: 0,
        repeated: new.repeated,
        rejected: new.rejected,
        leaving: new.people.iter().filter(|row| row.presence == Presence::Leaving).count() as u64,
        digest: new.digest.clone(),
        profile: new.profile.clone(),
    }
}
