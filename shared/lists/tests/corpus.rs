//! Awkward files as they come from HR systems, spreadsheets and broken transfers: each sample in `corpus` says beside it
//! what it must come to.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fmt::Write as _, fs, path::PathBuf};

use listsync_engine::ports::{ImportRow, Kept};
use listsync_lists::{ParsedFile, Profile, Reading, read, write_rejects};

fn corpus() -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "csv"));
    files.sort();
    assert!(files.len() >= 25, "the corpus is there");
    files
}

/// The sample, how it is to be read, and what it must come to.
fn sample(path: &PathBuf) -> (Vec<u8>, Profile, jiff::civil::Date, String) {
    let expected = fs::read_to_string(path.with_extension("expected")).unwrap();
    let (how, expected) = expected.split_once('\n').unwrap();
    let (profile, today) = how.strip_prefix("read as ").unwrap().split_once(" on ").unwrap();
    let profile = Profile::named(profile).unwrap();
    (fs::read(path).unwrap(), profile, today.parse().unwrap(), expected.to_owned())
}

fn shown(file: &ParsedFile) -> String {
    let mut text = String::new();
    for row in &file.verdicts {
        writeln!(text, "{} {}", row.row, row.verdict.code()).unwrap();
    }
    for person in file.people.iter() {
        writeln!(text, "{}", shown_person(&person)).unwrap();
    }
    for gone in &file.gone {
        writeln!(text, "gone: id {gone}").unwrap();
    }
    let kept = file.kept.iter().map(|kept| match kept {
        Kept::Key(key) => format!("id {key}"),
        Kept::Address(address) => address.to_string(),
    });
    let kept: Vec<_> = kept.collect();
    if !kept.is_empty() {
        writeln!(text, "kept: {}", kept.join(", ")).unwrap();
    }
    if let Some(until) = file.until {
        writeln!(text, "until {until}").unwrap();
    }
    text
}

fn shown_person(person: &ImportRow) -> String {
    let mut text = format!("{} \"{}\"", person.contact.address, person.contact.name);
    if let Some(id) = &person.external_id {
        write!(text, " id {id}").unwrap();
    }
    for id in &person.further_ids {
        write!(text, " and {id}").unwrap();
    }
    if person.presence.leaves() {
        text.push_str(" leaving");
    }
    let fields = person.contact.fields.iter();
    let fields: Vec<_> =
        fields.map(|(name, value)| format!("{name}={}", value.replace("\r\n", "\\r\\n"))).collect();
    if !fields.is_empty() {
        write!(text, " {}", fields.join(" | ")).unwrap();
    }
    text
}

#[test]
fn each_sample_comes_to_what_stands_beside_it() {
    for path in corpus() {
        let (bytes, profile, today, expected) = sample(&path);
        let found = match read(bytes.as_slice(), Reading { profile: &profile, today }, |_| {}) {
            Ok(file) => shown(&file),
            Err(error) => format!("{}\n", error.code()),
        };
        assert_eq!(found, expected, "{}", path.display());
    }
}

#[test]
fn rejected_rows_are_given_back_as_they_were_and_can_be_imported_once_corrected() {
    for path in corpus() {
        let (bytes, profile, today, _) = sample(&path);
        let reading = Reading { profile: &profile, today };
        let Ok(file) = read(bytes.as_slice(), reading, |_| {}) else { continue };
        let mut rejects = Vec::new();
        let written = write_rejects(bytes.as_slice(), reading, &file, &mut rejects).unwrap();
        assert_eq!(written, file.rejected.len() as u64, "{}", path.display());
        if written > 0 {
            let again = read(rejects.as_slice(), reading, |_| {}).unwrap();
            let reasons =
                |file: &ParsedFile| file.rejected.iter().map(|row| row.reason.clone()).collect::<Vec<_>>();
            assert_eq!(again.rows, written, "{}", path.display());
            if !path.ends_with("two-encodings.csv") && !path.ends_with("short-and-long-rows.csv") {
                assert_eq!(reasons(&again), reasons(&file), "{}", path.display());
            }
        }
    }
}
