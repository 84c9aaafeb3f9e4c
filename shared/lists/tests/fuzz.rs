//! The bodies of the fuzz targets, on samples that are cut, joined and changed at random: what libFuzzer does for longer.

#[path = "../fuzz/bodies.rs"]
mod bodies;

use std::{fs, path::Path};

use proptest::{prelude::*, sample::Index};

fn samples(folder: &str, extension: Option<&str>) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<_> =
        fs::read_dir(folder).expect("the samples are there").flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().and_then(|extension| extension.to_str()) == extension);
    files.sort();
    assert!(!files.is_empty(), "the samples are there");
    files.iter().map(|path| fs::read(path).expect("a sample can be read")).collect()
}

/// Awkward files, and such as HR systems write.
fn files() -> Vec<Vec<u8>> {
    [samples("tests/corpus", Some("csv")), samples("../../tests/cases/hr", Some("csv"))].concat()
}

/// One change of a sample.
#[derive(Debug, Clone)]
enum Change {
    Put(Index, Vec<u8>),
    Cut(Index, usize),
    Repeat(Index, usize),
}

fn any_change(tokens: &'static [&'static str]) -> impl Strategy<Value = Change> {
    let put = prop_oneof![
        proptest::sample::select(tokens).prop_map(|token| token.as_bytes().to_vec()),
        proptest::collection::vec(any::<u8>(), 1..4),
    ];
    prop_oneof![
        3 => (any::<Index>(), put).prop_map(|(at, bytes)| Change::Put(at, bytes)),
        1 => (any::<Index>(), 1..40_usize).prop_map(|(at, count)| Change::Cut(at, count)),
        1 => (any::<Index>(), 1..200_usize).prop_map(|(at, count)| Change::Repeat(at, count)),
    ]
}

fn changed(mut bytes: Vec<u8>, changes: Vec<Change>) -> Vec<u8> {
    for change in changes {
        let (at, count) = match &change {
            Change::Put(at, _) => (at, 0),
            Change::Cut(at, count) | Change::Repeat(at, count) => (at, *count),
        };
        let at = at.index(bytes.len() + 1);
        let part = at..bytes.len().min(at + count);
        match change {
            Change::Put(_, put) => drop(bytes.splice(part, put)),
            Change::Cut(..) => drop(bytes.drain(part)),
            Change::Repeat(..) => {
                let again = bytes[part].to_vec();
                drop(bytes.splice(at..at, again));
            }
        }
    }
    bytes
}

const OF_FILES: &[&str] = &[
    "\"",
    "'",
    "\"\"",
    "''",
    ",",
    ";",
    "\t",
    "\n",
    "\r\n",
    "\r",
    "\0",
    "@",
    "a@b.example",
    "=",
    "email",
    "row,reason,",
    "\u{feff}",
    "ü",
    "Terminated",
    "2025-06-14",
    "A1",
    "sep=;\r\n",
    "#TYPE x\n",
    "version:v1.0\n",
    "Report of people\n\n",
    "Status",
    "Employment Status",
    " (Personal Profile)",
    " [userPrincipalName]",
    "Total,,3\n",
    "Pre-hire",
    "Active - Terminated",
    "15-Mar-2026",
    "3/4/26",
    "0000-00-00",
    "A <a@b.example>",
    "a@b.example; c@b.example",
    "\u{200b}",
    "007",
];

const OF_FILTERS: &[&str] = &[
    "(",
    ")",
    "not ",
    " and ",
    " or ",
    " eq ",
    " pr",
    "\"",
    "\\",
    "\\u00e4",
    "[",
    "]",
    ".",
    ":",
    "null",
    "true",
    "-1e5",
    "2024-01-01",
    "İ",
    " ",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn no_file_breaks_a_law(
        profile in any::<u8>(),
        sample in proptest::sample::select(files()),
        changes in proptest::collection::vec(any_change(OF_FILES), 0..8),
    ) {
        bodies::csv(&changed([vec![profile], sample].concat(), changes));
    }

    #[test]
    fn no_filter_breaks_a_law(
        sample in proptest::sample::select(samples("fuzz/seeds/filter", None)),
        changes in proptest::collection::vec(any_change(OF_FILTERS), 0..8),
    ) {
        bodies::filter(&changed(sample, changes));
    }
}
