//! Which tests hold which law of docs/laws.md: each says so in a comment (`Law 6.`, `Laws 4, 5 and 13.`), beside itself or
//! at the head of its file. What ARCHITECTURE.md says of them is made from that.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use listsync_architecture::{root, sources};

/// What of a source is a test: all of a file of tests or contracts, else what follows `#[cfg(test)]`.
fn tests_of<'a>(name: &str, source: &'a str) -> &'a str {
    let is_test = name.contains("/tests/") || name.contains("/contracts/");
    let start = if is_test { Some(0) } else { source.find("#[cfg(test)]") };
    start.map_or("", |start| &source[start..])
}

/// The laws that a comment names: the numbers that follow `law` or `laws`, joined by commas and `and`.
fn named(comment: &str) -> BTreeSet<u32> {
    let words = comment.split_whitespace().collect::<Vec<_>>();
    let number = |word: &str| word.trim_end_matches([',', '.', ':', ';', ')']).parse::<u32>().ok();
    let mut laws = BTreeSet::new();
    for (at, word) in words.iter().enumerate() {
        let word = word.trim_start_matches('(').to_lowercase();
        if word == "law" || word == "laws" {
            let list = words[at + 1..].iter().take_while(|word| **word == "and" || number(word).is_some());
            laws.extend(list.filter_map(|word| number(word)));
        }
    }
    laws
}

/// A file as the table names it.
fn short(name: &str) -> String {
    let name = name.trim_end_matches(".rs").trim_end_matches("/main");
    let name = ["shared/", "tests/testkit/tests/", "tests/testkit/src/", "tests/simulation/tests/", "tests/"]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))
        .unwrap_or(name);
    name.replace("/src/", "/").replace("/tests/", "/")
}

/// By law, the files whose tests name it.
fn holders() -> BTreeMap<u32, BTreeSet<String>> {
    let mut holders: BTreeMap<u32, BTreeSet<String>> = BTreeMap::new();
    let root = root();
    for (path, source) in ["functions", "shared", "tests"].into_iter().flat_map(sources) {
        let name = path.strip_prefix(&root).expect("below the root").to_string_lossy();
        if name.ends_with("tests/laws.rs") {
            continue;
        }
        let comments = tests_of(&name, &source).lines().map(str::trim_start);
        for comment in comments.filter(|line| line.starts_with("///") || line.starts_with("//!")) {
            for law in named(comment) {
                holders.entry(law).or_default().insert(short(&name));
            }
        }
    }
    holders
}

/// The laws as docs/laws.md states them: `## 6. A trigger says look, never what changed`.
fn stated() -> BTreeMap<u32, String> {
    let page = fs::read_to_string(root().join("docs/laws.md")).expect("the page is there");
    let headings = page.lines().filter_map(|line| line.strip_prefix("## ")?.split_once(". "));
    headings.filter_map(|(number, law)| Some((number.parse().ok()?, law.to_owned()))).collect()
}

#[test]
fn every_law_has_tests_and_the_architecture_names_them() {
    let (stated, holders) = (stated(), holders());
    let numbers = |laws: Vec<&u32>| laws.into_iter().copied().collect::<BTreeSet<u32>>();
    assert_eq!(
        numbers(holders.keys().collect()),
        numbers(stated.keys().collect()),
        "the laws that tests name are those of docs/laws.md"
    );
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("the page is there");
    let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
    let entry = |(number, law): (&u32, &String)| {
        let files: Vec<String> = holders[number].iter().map(|file| format!("`{file}`")).collect();
        format!("- **{number}. {law}.** {}", files.join(", "))
    };
    // What follows is the next entry or heading, or the page's end: no test stands there that is none.
    let is_told = |entry: &String| {
        let rest = page.split_once(entry.as_str()).map(|(_, rest)| rest);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(" -") || rest.starts_with(" #"))
    };
    let missing: Vec<String> = stated.iter().map(entry).filter(|entry| !is_told(entry)).collect();
    assert!(
        missing.is_empty(),
        "beside its crate, ARCHITECTURE.md has to say (lines may be broken):\n\n{}",
        missing.join("\n")
    );
}

#[test]
fn a_comment_names_laws_in_words() {
    for (comment, laws) in [
        ("/// Law 6.", vec![6]),
        ("//! Law 6 and law 7: every order", vec![6, 7]),
        ("//! What people did has to stand. Laws 4, 5 and 13.", vec![4, 5, 13]),
        ("/// Laws about whole histories", vec![]),
        ("/// in-laws", vec![]),
    ] {
        assert_eq!(named(comment), laws.into_iter().collect(), "{comment}");
    }
}
