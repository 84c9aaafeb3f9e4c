//! The file on the disk: by which profile it is read, and what of it is given back.

use std::{fs::File, io, path::Path};

use listsync_core::list::List;
use listsync_lists::{ParsedFile, Position, Profile, Reading};

use crate::{
    cli::{Deed, ImportArgs},
    output::Refusal,
    progress::Bars,
};

/// A built-in profile by its name, or an own one in a file.
pub(super) fn profile(args: &ImportArgs, list: &List) -> Result<Profile, Refusal> {
    let given = args.profile.as_str();
    let refuse = |why: String| {
        let hint = format!("name one of {}, or a JSON file", Profile::BUILT_IN.join(", "));
        Refusal::new("profile", format!("--profile {given}: {why}"), hint)
    };
    let profile = match Profile::named(given) {
        Some(built_in) => built_in,
        None => {
            let text = std::fs::read_to_string(given).map_err(|error| {
                refuse(format!("no built-in profile, and no file that can be read ({error})"))
            })?;
            Profile::from_json(&text).map_err(|error| refuse(error.to_string()))?
        }
    };
    let profile = profile.with_words(&list.status_words).with(&args.columns.overrides());
    Ok(match args.deed() {
        Deed::OptOuts => profile.of_addresses(),
        Deed::TakeIn(_) | Deed::Look(_) => profile,
    })
}

/// Reads a file, and shows how far it came.
pub(super) fn read(path: &Path, reading: Reading<'_>) -> Result<ParsedFile, Refusal> {
    let file = opened(path)?;
    let bar = Bars::default().bar("reading the file");
    listsync_lists::read(file, reading, |at: Position| bar.say(format!("{} rows", at.rows)))
        .map_err(|error| refused(path, &error.to_string()))
}

/// Writes the rows that were not taken to a file, which must not be there yet; how many they are.
pub(super) fn write_rejects(
    from: &Path,
    reading: Reading<'_>,
    parsed: &ParsedFile,
    to: &Path,
) -> Result<u64, Refusal> {
    let unwritten = |why: String| {
        Refusal::new("rejects", format!("{}: {why}", to.display()), "name another file with --rejects")
    };
    if parsed.rejected.is_empty() {
        return Ok(0);
    }
    let mut out = new_private(to).map_err(|error| unwritten(format!("cannot be written ({error})")))?;
    listsync_lists::write_rejects(opened(from)?, reading, parsed, &mut out)
        .map_err(|error| unwritten(error.to_string()))
}

/// A new file that its owner alone may read: it holds people's addresses.
fn new_private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn opened(path: &Path) -> Result<File, Refusal> {
    File::open(path).map_err(|error| refused(path, &format!("cannot be read ({error})")))
}

fn refused(path: &Path, why: &str) -> Refusal {
    Refusal::new(
        "file",
        format!("{}: {why}", path.display()),
        "nothing was imported; correct the file and try again",
    )
}
