//! Each patch that takes a mend out again still applies, and names a test that is there. Whether that test fails is
//! seen by `tests/mutants/run`, which is not for every day.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use listsync_architecture::root;

fn patches() -> Vec<(PathBuf, String)> {
    let files = std::fs::read_dir(root().join("tests/mutants")).expect("the folder is there").flatten();
    let patches =
        files.map(|file| file.path()).filter(|path| path.extension().is_some_and(|end| end == "patch"));
    patches
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("a patch can be read");
            (path, text)
        })
        .collect()
}

/// What the head of a patch says under this name, each time.
fn headers<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let head = text.lines().take_while(|line| !line.starts_with("diff "));
    head.filter_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim).collect()
}

#[test]
fn every_patch_applies() {
    for (path, _) in patches() {
        let check = Command::new("git").args(["apply", "--check"]).arg(&path).current_dir(root()).output();
        let check = check.expect("git answers");
        let said = String::from_utf8_lossy(&check.stderr);
        assert!(check.status.success(), "{} does not apply:\n{said}", path.display());
    }
}

#[test]
fn the_page_of_mutants_has_a_row_for_each_patch_and_no_other() {
    let page = std::fs::read_to_string(root().join("tests/mutants/README.md")).expect("the page is there");
    let rows = page.lines().filter(|line| line.ends_with(" yes |") || line.ends_with(" no |"));
    let mut rows: Vec<&str> = rows.filter_map(|row| Some(row.split('|').nth(1)?.trim())).collect();
    let patches = patches();
    let mut names: Vec<&str> =
        patches.iter().filter_map(|(path, _)| path.file_stem().and_then(|stem| stem.to_str())).collect();
    rows.sort_unstable();
    names.sort_unstable();
    assert_eq!(rows, names);
}

#[test]
fn every_patch_names_tests_that_are_there() {
    for (path, text) in patches() {
        let path = path.display();
        let tests = headers(&text, "Test");
        assert!(!tests.is_empty(), "{path} names no test");
        for test in tests {
            let words: Vec<&str> = test.split_whitespace().collect();
            let (sources, filter) = match words.as_slice() {
                ["--lib", filter] => (folders("src"), filter),
                ["--bin", _, filter] => (folders("src"), filter),
                ["--test", name, filter] => {
                    let files = [folders(&format!("tests/{name}")), folders(&format!("tests/{name}.rs"))];
                    // The cases of a contract are those of every adapter.
                    let cases =
                        if name.starts_with("contract_") { folders("src/contracts") } else { Vec::new() };
                    ([files.concat(), cases].concat(), filter)
                }
                _ => panic!(
                    "{path}: '{test}' is neither '--test NAME FILTER' nor '--bin NAME FILTER' nor '--lib FILTER'"
                ),
            };
            let word = filter.trim_end_matches("::").rsplit("::").next().unwrap_or_default();
            assert!(
                sources.iter().any(|place| names_a_test(place, word)),
                "{path}: '{test}' names no test and no module of tests"
            );
        }
        for seeds in headers(&text, "Seeds") {
            assert!(seeds.parse::<u32>().is_ok(), "{path}: {seeds} is no number of seeds");
        }
    }
}

/// Where this place is in a package of the workspace.
fn folders(place: &str) -> Vec<PathBuf> {
    let packages = ["functions", "shared", "tests"]
        .into_iter()
        .flat_map(|part| std::fs::read_dir(root().join(part)).expect("the folder is there").flatten());
    packages.map(|package| package.path().join(place)).filter(|place| place.exists()).collect()
}

/// Whether a module or a function below this place, a file or a folder, has the word in its name.
fn names_a_test(place: &Path, word: &str) -> bool {
    let module = place.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
    if module.contains(word) {
        return true;
    }
    if place.is_dir() {
        let entries = std::fs::read_dir(place).expect("the folder is there").flatten();
        return entries.into_iter().any(|entry| names_a_test(&entry.path(), word));
    }
    let source = std::fs::read_to_string(place).unwrap_or_default();
    let mut names = source.lines().filter_map(|line| line.trim_start().split_once("fn ")?.1.split_once('('));
    names.any(|(name, _)| name.contains(word))
}
