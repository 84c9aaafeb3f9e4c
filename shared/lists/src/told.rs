//! What a person is told of what an import did not do, and what they can do about it.

use listsync_core::text::count;
use listsync_engine::ports::{Import, ImportState};

/// What an import left undone, why, and what a person can do about it: a line each. None: there is nothing to say.
///
/// It is the one text for the command line and for reports, and names nobody.
#[must_use]
pub fn left_undone(import: &Import) -> Vec<String> {
    let Import { id, state, held, held_additions, discarded, kept_back, .. } = import;
    let mut told = Vec::new();
    if *held > 0 {
        let held = count(*held, "removal is", "removals are");
        told.push(format!("{held} held, because more than a fifth of the list would leave within 24 hours."));
    }
    if *held_additions > 0 {
        let why = "more would join the list within 24 hours than the setting max-additions lets through";
        let held = count(*held_additions, "addition is", "additions are");
        told.push(format!("{held} held, because {why}."));
    }
    if *state == ImportState::RemovalsSkipped || *kept_back > 0 {
        let why = "because rows do not tell whom they name: correct them and import again";
        told.push(format!("Nobody who is missing from the file was removed, {why}."));
    }
    match state {
        ImportState::Held => {
            told.push(format!("See who: listsync imports show {id}"));
            told.push(format!("Do them: listsync imports approve {id}"));
            told.push(format!("Drop them: listsync imports discard {id}"));
        }
        ImportState::Discarded => {
            told.push(format!("{discarded} held changes were dropped: these people stay as they were."));
        }
        ImportState::Repeated | ImportState::Undone => return Vec::new(),
        ImportState::Done | ImportState::RemovalsSkipped => {}
    }
    told
}

#[cfg(test)]
mod tests {
    use listsync_core::id::{ImportId, ListId};
    use listsync_engine::ports::{ImportMode, NewImport};

    use super::*;

    fn import(state: ImportState) -> Import {
        let new =
            NewImport::new("hr.csv", ImportMode::Full, Vec::new(), listsync_core::Timestamp::UNIX_EPOCH);
        let list = ListId::parse("l1").expect("an id");
        let import = Import::begun(ImportId::parse("i1").expect("an id"), &list, &new);
        let held = if state == ImportState::Held { 4 } else { 0 };
        Import { state, removed: 1, held, held_additions: held * 70, ..import }
    }

    #[test]
    fn whoever_was_removed_nobody_is_said_not_to_be_but_those_who_are_missing() {
        let told = left_undone(&import(ImportState::RemovalsSkipped)).concat();
        assert!(told.starts_with("Nobody who is missing from the file was removed"), "{told}");
        assert_eq!(left_undone(&import(ImportState::Done)), Vec::<String>::new());
    }

    #[test]
    fn what_waits_comes_with_every_next_step() {
        let told = left_undone(&import(ImportState::Held)).join("\n");
        for part in [
            "4 removals are held",
            "280 additions are held",
            "imports show i1",
            "imports approve i1",
            "imports discard i1",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
    }
}
