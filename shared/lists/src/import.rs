use listsync_core::{Timestamp, id::ListId};
use listsync_engine::ports::{Again, ImportMode, ImportRow, Imported, ListStore, NewImport, PortResult};

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
}

/// Takes a file into a list, whole or not at all.
///
/// A full import with an unreadable row removes nobody, and one that names fewer than 80 % of as many as are on the
/// list has its removals held: see [`listsync_engine::ports::Import::state`].
///
/// # Errors
/// When there is no such list, or the store fails; nothing is changed then.
pub async fn import(
    store: &dyn ListStore,
    list: &ListId,
    parsed: ParsedFile,
    source: Source<'_>,
) -> PortResult<Imported> {
    let ParsedFile { contacts, rows, repeated, rejected } = parsed;
    let new = NewImport {
        file: base_name(source.file).to_owned(),
        mode: source.mode,
        digest: None,
        profile: String::new(),
        again: Again::Skip,
        people: contacts.into_iter().map(ImportRow::from).collect(),
        rows,
        repeated,
        rejected: rejected.len() as u64,
        at: source.at,
    };
    store.import(list, &new).await
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
