use listsync_core::{Timestamp, effects, grant::Lists, limit::AdditionLimit};
use listsync_engine::ports::{Again, ImportMode, NewImport, Rows, ToldRows};

use crate::ParsedFile;

/// Where a file comes from and how it is meant.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The file's name; folders in it are left out.
    pub file: &'a str,
    /// What it says of those whom it does not name.
    pub mode: ImportMode,
    /// When.
    pub at: Timestamp,
    /// The lists that whoever sent it is given: what is known of people who stand on others, too, is not changed by it.
    pub given: &'a Lists,
}

impl ParsedFile {
    /// The file as a [`listsync_engine::ports::ListStore`] takes it.
    ///
    /// It can be known again by its fingerprint, so that another reading of the same bytes is another file; but not while
    /// a leave date in it is to come, as it will then say something else.
    #[must_use]
    pub fn into_import(self, source: Source<'_>, again: Again) -> NewImport {
        let digest = self.until.is_none().then_some(self.fingerprint);
        NewImport {
            file: base_name(source.file).to_owned(),
            mode: source.mode,
            digest,
            profile: self.profile,
            again,
            given: source.given.clone(),
            people: Rows::of(self.people),
            rows: self.rows,
            repeated: self.repeated,
            rejected: self.rejected.len() as u64,
            unreadable: self.unreadable,
            told: ToldRows::Judged,
            kept: self.kept,
            unreachable: self.unreachable,
            not_yet: self.not_yet,
            report: self.report,
            max_additions: AdditionLimit::Standard,
            keep: effects::KEPT,
            at: source.at,
        }
    }
}

fn base_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_remembers_the_file_without_its_folders() {
        assert_eq!(base_name("/home/anna/staff.csv"), "staff.csv");
        assert_eq!(base_name("C:\\exports\\staff.csv"), "staff.csv");
        assert_eq!(base_name("staff.csv"), "staff.csv");
    }
}
