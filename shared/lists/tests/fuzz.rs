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

/// The tokens of a dictionary, as libFuzzer writes them: in quotes, with \\, \" and \\xNN.
fn tokens(name: &str) -> Vec<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(name);
    let text = fs::read_to_string(path).expect("the dictionary is there");
    let quoted = text.lines().filter_map(|line| line.strip_prefix('"')?.strip_suffix('"'));
    quoted.map(unescaped).collect()
}

fn unescaped(quoted: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), quoted.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        rest = match (first, after) {
            (b'\\', [b'x', high, low, after @ ..]) => {
                let digits = [*high, *low];
                let digits = std::str::from_utf8(&digits).expect("two digits");
                bytes.push(u8::from_str_radix(digits, 16).expect("two digits"));
                after
            }
            (b'\\', [escaped, after @ ..]) => {
                bytes.push(*escaped);
                after
            }
            (plain, after) => {
                bytes.push(*plain);
                after
            }
        };
    }
    bytes
}

fn any_change(tokens: Vec<Vec<u8>>) -> impl Strategy<Value = Change> {
    let put = prop_oneof![proptest::sample::select(tokens), proptest::collection::vec(any::<u8>(), 1..4),];
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn no_file_breaks_a_law(
        profile in any::<u8>(),
        sample in proptest::sample::select(files()),
        changes in proptest::collection::vec(any_change(tokens("csv.dict")), 0..8),
    ) {
        bodies::csv(&changed([vec![profile], sample].concat(), changes));
    }

    #[test]
    fn no_filter_breaks_a_law(
        sample in proptest::sample::select(samples("fuzz/seeds/filter", None)),
        changes in proptest::collection::vec(any_change(tokens("filter.dict")), 0..8),
    ) {
        bodies::filter(&changed(sample, changes));
    }
}
