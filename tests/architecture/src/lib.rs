//! Rules over the workspace itself; they are all tests. Here is what they read.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The folder of the workspace.
///
/// # Panics
/// When this crate is not two folders below it.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("the workspace is two folders up")
        .to_owned()
}

/// Every Rust source below a folder of the workspace, with its path.
///
/// # Panics
/// When there is none, or one cannot be read.
#[must_use]
pub fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the folder is there").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let source = fs::read_to_string(&path).expect("a source can be read");
                found.push((path, source));
            }
        }
    }
    assert!(!found.is_empty(), "there are sources in {folder}");
    found
}
