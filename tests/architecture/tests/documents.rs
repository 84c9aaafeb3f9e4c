//! The documents: how long they are, that their links lead somewhere, and that they name what there is.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Component, Path, PathBuf},
    process::Command,
};

use listsync_architecture::{root, sources};

/// Every document of the project, by its path below the root.
fn documents() -> BTreeMap<String, String> {
    let list = ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"];
    let answer = Command::new("git").args(list).current_dir(root()).output().expect("git answers");
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    let names = String::from_utf8(answer.stdout).expect("names are in UTF-8");
    let there = names.lines().filter(|name| root().join(name).is_file());
    there
        .map(|name| (name.to_owned(), fs::read_to_string(root().join(name)).expect("a document can be read")))
        .collect()
}

/// A document's lines without those of code blocks, which four spaces after an empty line begin, or three backticks.
fn prose(document: &str) -> Vec<&str> {
    let (mut kept, mut is_fenced, mut is_code, mut was_empty) = (Vec::new(), false, false, true);
    // Below an entry of a list a block stands further in: four spaces more than the entry's own text.
    let mut margin = 0;
    for line in document.lines() {
        let indent = line.len() - line.trim_start().len();
        if line.trim_start().starts_with("```") {
            is_fenced = !is_fenced;
            continue;
        }
        if line.trim().is_empty() {
            was_empty = true;
            continue;
        }
        if indent == 0 {
            margin = 0;
        }
        is_code = !is_fenced && (is_code || was_empty) && indent >= margin + 4;
        was_empty = false;
        if is_fenced || is_code {
            continue;
        }
        let text = line.trim_start();
        let mark = text.split(' ').next().unwrap_or_default();
        let is_entry = mark == "-" || mark.strip_suffix('.').is_some_and(|mark| mark.parse::<u32>().is_ok());
        if is_entry {
            margin = indent + mark.len() + 1;
        }
        kept.push(line);
    }
    kept
}

/// Text without what stands in backticks.
fn without_code(text: &str) -> String {
    text.split('`').step_by(2).collect::<Vec<_>>().join("``")
}

/// Where the links of a document lead, but for those out of the project.
fn links(document: &str) -> Vec<String> {
    let text = without_code(&prose(document).join("\n"));
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    targets.filter(|target| !target.contains("://")).map(str::to_owned).collect()
}

/// What a heading is called in the address of a link: in small letters, with hyphens for spaces, and no other marks.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim();
    // Of a link in a heading only its text counts.
    let text = text.split("](").map(|part| part.split_once(')').map_or(part, |(_, rest)| rest));
    let text = text.collect::<String>().to_lowercase().replace(' ', "-");
    text.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_')).collect()
}

fn anchors(document: &str) -> BTreeSet<String> {
    prose(document).into_iter().filter(|line| line.starts_with('#')).map(anchor).collect()
}

/// The path below the root that a link leads to from a document.
fn resolved(from: &str, path: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    let folder = Path::new(from).parent().map(Path::to_path_buf).unwrap_or_default();
    for part in folder.join(path).components() {
        match part {
            Component::ParentDir => drop(parts.pop()),
            Component::Normal(part) => parts.push(part.to_string_lossy().into_owned()),
            _ => {}
        }
    }
    parts.join("/")
}

#[test]
fn every_link_leads_to_a_file_and_a_heading_that_are_there() {
    let documents = documents();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (name, document) in &documents {
        for link in links(document) {
            seen += 1;
            let (path, heading) = link.split_once('#').unwrap_or((&link, ""));
            let target = if path.is_empty() { name.clone() } else { resolved(name, path) };
            let has_heading = |document: &String| anchors(document).contains(heading);
            let is_right = root().join(&target).exists()
                && (heading.is_empty() || documents.get(&target).is_some_and(has_heading));
            if !is_right {
                wrong.push(format!("{name}: {link}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(seen > 50, "only {seen} were found");
}

#[test]
fn anchors_are_those_that_a_reader_of_markdown_makes() {
    for (heading, expected) in [
        ("# Update, roll back, remove", "update-roll-back-remove"),
        ("## The file `.env`", "the-file-env"),
        ("### What it costs", "what-it-costs"),
        ("## Read [this](a.md) first", "read-this-first"),
    ] {
        assert_eq!(anchor(heading), expected);
    }
}

#[test]
fn a_code_block_is_no_prose() {
    let document =
        "Words.\n\n    code [a](b)\n\n- An entry\n  of two lines\n\n      code\n\nWords.\n```\ncode\n```\n";
    assert_eq!(prose(document), ["Words.", "- An entry", "  of two lines", "Words."]);
}

/// Documents that are read from top to bottom, and how many lines each has at most.
const LENGTHS: [(&str, usize); 2] = [("README.md", 100), ("ARCHITECTURE.md", 150)];

#[test]
fn what_everybody_reads_first_is_short() {
    let documents = documents();
    for (name, most) in LENGTHS {
        let lines = documents[name].lines().count();
        assert!(lines <= most, "{name} has {lines} lines, more than {most}");
    }
}

#[test]
fn no_line_of_a_document_is_longer_than_a_hundred_columns() {
    let mut long = Vec::new();
    for (name, document) in documents() {
        // A row of a table and an address cannot be broken.
        let lines =
            prose(&document).into_iter().filter(|line| !line.starts_with('|') && !line.contains("://"));
        for line in lines.filter(|line| line.chars().count() > 100) {
            long.push(format!("{name}: {line}"));
        }
    }
    assert!(long.is_empty(), "{long:#?}");
}

/// The variables of the environment that the sources name: text in quotes that begins as one of ours does.
fn variables() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let is_shipped = |path: &PathBuf| !path.to_string_lossy().contains("/tests");
    for (path, source) in ["functions", "shared"].into_iter().flat_map(sources) {
        if !is_shipped(&path) || path.to_string_lossy().contains("graph-emulator") {
            continue;
        }
        let literals = source.split('"').skip(1).step_by(2);
        let names = literals.filter(|text| {
            let is_ours = text.starts_with("LISTSYNC_") || text.starts_with("AZURE_");
            is_ours && text.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_')
        });
        found.extend(names.map(str::to_owned));
    }
    found
}

#[test]
fn every_variable_of_the_environment_stands_in_the_settings() {
    let documents = documents();
    let rows = documents["docs/settings.md"].lines().filter_map(|line| line.strip_prefix("| `"));
    let told: BTreeSet<&str> = rows.filter_map(|row| row.split('`').next()).collect();
    let variables = variables();
    let missing: Vec<&String> = variables.iter().filter(|name| !told.contains(name.as_str())).collect();
    assert!(missing.is_empty(), "docs/settings.md does not tell of {missing:?}");
    assert!(variables.len() > 12, "only {} were found", variables.len());
}

#[test]
fn each_of_the_ten_tasks_begins_at_something_that_is_there() {
    let documents = documents();
    let page = documents["CONTRIBUTING.md"].split("## Where a change goes").nth(1).expect("the tasks");
    let rows = page.lines().skip_while(|line| !line.starts_with("| task ")).skip(2);
    let mut seen = 0;
    for row in rows.take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.split('`').skip(1).step_by(2).collect();
        let [file, item] = cells.as_slice() else { panic!("a task has a file and an item: {row}") };
        let source = fs::read_to_string(root().join(file)).unwrap_or_else(|_| panic!("there is no {file}"));
        assert!(source.contains(item), "{file} has no {item}");
        seen += 1;
    }
    assert_eq!(seen, 10);
}

#[test]
fn the_page_of_decisions_has_a_row_for_each_and_no_other() {
    let documents = documents();
    let index = &documents["docs/decisions/README.md"];
    let rows = index.lines().filter_map(|line| line.strip_prefix("| [")?.split_once(") | "));
    let told: BTreeMap<&str, &str> = rows
        .filter_map(|(link, title)| Some((link.split_once("](")?.1, title.strip_suffix(" |")?)))
        .collect();
    let pages = documents.iter().filter_map(|(name, text)| {
        let name = name.strip_prefix("docs/decisions/").filter(|name| *name != "README.md")?;
        let title = text.lines().next()?.trim_start_matches("# ").split_once(". ")?.1;
        Some((name, title))
    });
    let pages: BTreeMap<&str, &str> = pages.collect();
    assert_eq!(told, pages);
    let numbers: Vec<usize> = pages.keys().filter_map(|name| name.get(..4)?.parse().ok()).collect();
    assert_eq!(numbers, (1..=pages.len()).collect::<Vec<_>>(), "each number is given once");
}
