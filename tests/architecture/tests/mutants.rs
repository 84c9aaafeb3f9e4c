//! Each patch that takes a mend out again still applies, and names a test that is there. Whether that test fails is
//! seen by `tests/mutants/run`, which is not for every day.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

fn root() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    folder.expect("the workspace is two folders up").to_owned()
}

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

fn header<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let head = text.lines().take_while(|line| !line.starts_with("diff "));
    head.filter_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim).next()
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
fn every_patch_names_a_test_that_is_there() {
    for (path, text) in patches() {
        let test = header(&text, "Test").unwrap_or_else(|| panic!("{} names no test", path.display()));
        let words: Vec<&str> = test.split_whitespace().take_while(|word| *word != "--").collect();
        let after = |option: &str| {
            let at = words.iter().position(|word| *word == option)?;
            words.get(at + 1).copied()
        };
        let package = after("-p").unwrap_or_else(|| panic!("{test}: no package"));
        let folder = folder_of(package).unwrap_or_else(|| panic!("{test}: no package {package}"));
        let sources = match after("--test") {
            None => folder.join("src"),
            Some(target) => target_of(&folder, target).unwrap_or_else(|| panic!("{test}: no test {target}")),
        };
        let filter = words.last().expect("a package is named").rsplit("::").next().unwrap_or_default();
        assert!(
            names_a_test(&sources, filter),
            "{}: no test and no module of tests has {filter} in its name",
            path.display()
        );
        if let Some(seeds) = header(&text, "Seeds") {
            assert!(seeds.parse::<u32>().is_ok(), "{}: {seeds} is no number of seeds", path.display());
        }
    }
}

fn folder_of(package: &str) -> Option<PathBuf> {
    let named = format!("name = \"{package}\"");
    ["functions", "shared", "tests"].iter().find_map(|part| {
        let folders = std::fs::read_dir(root().join(part)).expect("the folder is there").flatten();
        folders.map(|folder| folder.path()).find(|folder| {
            let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
            manifest.lines().any(|line| line == named)
        })
    })
}

fn target_of(package: &Path, target: &str) -> Option<PathBuf> {
    let places = [package.join("tests").join(target), package.join("tests").join(format!("{target}.rs"))];
    places.into_iter().find(|place| place.exists())
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
