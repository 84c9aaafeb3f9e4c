//! What the place of a dropped file says of it.

use listsync_engine::ports::ImportMode;

use crate::Refusal;

/// Below it files are dropped. What the function itself lays down is elsewhere, so that it never calls itself.
const INCOMING: &str = "incoming/";
/// Below it, what is said of a file and its rejected rows lie under the file's own path.
const REJECTED: &str = "rejected/";
/// Where own profiles are kept, as `profiles/NAME.json`.
const PROFILES: &str = "profiles/";

/// Where a file was dropped, which says how it is meant: `incoming/LIST/MODE/PROFILE/FILE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot<'a> {
    /// All of it.
    pub(crate) path: &'a str,
    /// The list, by name or id.
    pub(crate) list: &'a str,
    /// What the file says of those whom it does not name.
    pub(crate) mode: ImportMode,
    /// The profile's name.
    pub(crate) profile: &'a str,
    /// The file's name; folders below the profile's are its own affair.
    pub(crate) file: &'a str,
}

impl<'a> Slot<'a> {
    /// Reads a path; none: it is a folder, which a console makes as an empty file, or no business of the inbox.
    pub(crate) fn parse(path: &'a str) -> Option<Result<Self, Refusal>> {
        let below = path.strip_prefix(INCOMING).filter(|below| !below.is_empty() && !below.ends_with('/'))?;
        let parts: Vec<&str> = below.splitn(4, '/').collect();
        let &[list, mode, profile, file] = parts.as_slice() else { return Some(Err(misplaced())) };
        let mode = match mode {
            "full" => ImportMode::Full,
            "incremental" => ImportMode::Incremental,
            _ => return Some(Err(misplaced())),
        };
        if list.is_empty() || profile.is_empty() {
            return Some(Err(misplaced()));
        }
        Some(Ok(Self { path, list, mode, profile, file }))
    }

    /// Where an own profile of this name is kept.
    pub(crate) fn profile_path(&self) -> String {
        format!("{PROFILES}{}.json", self.profile)
    }

    /// Where its rejected rows are laid down.
    pub(crate) fn rejects_path(&self) -> String {
        rejected(self.path)
    }
}

/// Where it is told what became of a file.
pub(crate) fn report_path(path: &str) -> String {
    rejected(path) + ".txt"
}

fn rejected(path: &str) -> String {
    format!("{REJECTED}{}", path.strip_prefix(INCOMING).unwrap_or(path))
}

fn misplaced() -> Refusal {
    Refusal::new(
        "misplaced",
        "its place does not say how it is meant: drop it as incoming/LIST/MODE/PROFILE/FILE, where MODE is full or incremental",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_a_file_says_its_list_its_mode_and_its_profile() {
        let slot =
            Slot::parse("incoming/All staff/full/workday/2026/week 1.csv").expect("a file").expect("placed");
        assert_eq!((slot.list, slot.mode, slot.profile), ("All staff", ImportMode::Full, "workday"));
        assert_eq!(slot.file, "2026/week 1.csv");
        assert_eq!(slot.rejects_path(), "rejected/All staff/full/workday/2026/week 1.csv");
        assert_eq!(slot.profile_path(), "profiles/workday.json");
    }

    #[test]
    fn a_file_in_another_place_is_refused_and_a_folder_is_nothing() {
        for path in [
            "incoming/a.csv",
            "incoming/L/full/a.csv",
            "incoming/L/all/generic/a.csv",
            "incoming//full/generic/a.csv",
        ] {
            assert_eq!(Slot::parse(path), Some(Err(misplaced())), "{path}");
        }
        for path in
            ["incoming/", "incoming/L/full/generic/", "rejected/L/full/generic/a.csv", "profiles/a.json"]
        {
            assert_eq!(Slot::parse(path), None, "{path}");
        }
    }
}
