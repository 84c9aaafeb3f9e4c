//! Every code that the program can print is in docs/codes.md, and every code there is one that it can print.

use std::{collections::BTreeSet, fs};

use listsync_architecture::{root, sources};

/// The shipped sources without their tests, each by its path below the root.
fn shipped() -> Vec<(String, String)> {
    let root = root();
    let left_out = ["/tests", "graph-emulator", "/examples/", "/fuzz/", "/target/"];
    let all = ["functions", "shared"].into_iter().flat_map(sources).map(|(path, source)| {
        let name = path.strip_prefix(&root).expect("below the root").to_string_lossy().into_owned();
        let source = source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned();
        (name, source)
    });
    all.filter(|(name, _)| !left_out.iter().any(|part| name.contains(part))).collect()
}

/// Whether a text is written as codes are.
fn is_code(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && !text.ends_with('_')
        && text.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
}

/// The first text in quotes of what follows, if it stands before the end of the statement.
fn first_text(rest: &str) -> Option<&str> {
    let end = rest.find([';', '{', '}']).unwrap_or(rest.len());
    let text = texts(&rest[..end]).into_iter().next()?;
    is_code(text).then_some(text)
}

/// What makes an error or a problem, with its code as the first text.
const MAKERS: [&str; 9] = [
    "Refusal::new(",
    "PortError::new(",
    "Problem::new(",
    "Problem::conflict(",
    ".failed(",
    "refusal(",
    "refuse(",
    "Self::new(Fault::",
    "Self::new(StatusCode::",
];

/// What a code is assigned to.
const PLACES: [&str; 4] = ["code: \"", "code = \"", "code: CODE = \"", "reason = \""];

/// Functions whose arms are codes: all texts within are.
const NAMED: [&str; 2] = ["fn code(", "fn word(self) -> &'static str"];

/// Whose words are no codes: those of filters, of keys' scopes, of places, of settings, and of Graph's answers.
const OTHER_WORDS: [&str; 6] = [
    "filter/term.rs",
    "grant.rs",
    "place.rs",
    "verbs/settings.rs",
    "documents/settings.rs",
    "graph/src/answer.rs",
];

/// The text between the braces that follow.
fn body(rest: &str) -> &str {
    let start = rest.find('{').unwrap_or(rest.len());
    let mut depth = 0_u32;
    for (at, letter) in rest[start..].char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 1 => return &rest[start..start + at],
            '}' => depth -= 1,
            _ => {}
        }
    }
    &rest[start..]
}

/// The texts in quotes, without those of comments.
fn texts(source: &str) -> Vec<&str> {
    let (mut found, mut rest) = (Vec::new(), source);
    while let Some(at) = rest.find(['"', '/', '\'']) {
        let (mark, after) = (&rest[at..=at], &rest[at + 1..]);
        rest = match mark {
            "/" if after.starts_with('/') => after.split_once('\n').map_or("", |(_, lines)| lines),
            // A quotation mark as a letter of its own.
            "'" => after.strip_prefix("\"'").or(after.strip_prefix("\\\"'")).unwrap_or(after),
            "\"" => {
                let mut is_escaped = false;
                let end = after.find(|letter| {
                    let is_end = letter == '"' && !is_escaped;
                    is_escaped = letter == '\\' && !is_escaped;
                    is_end
                });
                let end = end.unwrap_or(after.len());
                found.push(&after[..end]);
                after.get(end + 1..).unwrap_or_default()
            }
            _ => after,
        };
    }
    found
}

fn after<'a>(source: &'a str, mark: &'a str) -> impl Iterator<Item = &'a str> {
    source.split(mark).skip(1)
}

/// The codes of one source.
fn codes(source: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for mark in MAKERS {
        found.extend(after(source, mark).filter_map(first_text).map(str::to_owned));
    }
    for mark in PLACES {
        let values = after(source, mark).filter_map(|rest| rest.split('"').next());
        found.extend(values.filter(|text| is_code(text)).map(str::to_owned));
    }
    for what in after(source, "Problem::missing(").filter_map(first_text) {
        found.insert(format!("no_such_{what}"));
    }
    for module in ["pub mod skip {", "pub mod code {"] {
        for rest in source.match_indices(module).map(|(at, _)| &source[at..]) {
            found.extend(texts(body(rest)).into_iter().filter(|text| is_code(text)).map(str::to_owned));
        }
    }
    for function in NAMED {
        for rest in after(source, function) {
            found.extend(texts(body(rest)).into_iter().filter(|text| is_code(text)).map(str::to_owned));
        }
    }
    found
}

/// The codes that the page tells of: what stands in backticks in the first column of its tables.
fn told() -> BTreeSet<String> {
    let page = fs::read_to_string(root().join("docs/codes.md")).expect("the page is there");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    let cells = rows.filter_map(|row| row.split(" | ").next());
    let words = cells.flat_map(|cell| cell.split('`').step_by(2).map(str::to_owned).collect::<Vec<_>>());
    words.filter(|word| is_code(word)).collect()
}

#[test]
fn every_code_that_the_program_can_print_is_told_of() {
    let sources = shipped().into_iter();
    let sources = sources.filter(|(name, _)| !OTHER_WORDS.iter().any(|other| name.ends_with(other)));
    let printed: BTreeSet<String> = sources.flat_map(|(_, source)| codes(&source)).collect();
    let told = told();
    let missing: Vec<&String> = printed.difference(&told).collect();
    assert!(missing.is_empty(), "docs/codes.md does not tell of {missing:#?}");
    assert!(printed.len() > 150, "only {} were found", printed.len());
}

#[test]
fn every_code_of_the_page_stands_in_the_sources() {
    let sources = shipped();
    let texts: BTreeSet<&str> = sources.iter().flat_map(|(_, source)| texts(source)).collect();
    let made: BTreeSet<String> = sources.iter().flat_map(|(_, source)| codes(source)).collect();
    let is_there = |code: &String| texts.contains(code.as_str()) || made.contains(code);
    let told = told();
    let stale: Vec<&String> = told.iter().filter(|code| !is_there(code)).collect();
    assert!(stale.is_empty(), "no source has {stale:#?}");
}

#[test]
fn codes_are_found_where_they_are_made() {
    let source = r#"
        PortError::new(Fault::Throttled(wait), "a_code", "why");
        PortError { code: "b_code".to_owned(), ..error };
        fn code(&self) -> &'static str { match self { Self::One => "c_code", Self::Two => { "d_code" } } }
        pub mod skip { pub const ONE: &str = "e_code"; }
        PortError::new(fault, code, format!("not a code"));
    "#;
    assert_eq!(codes(source), ["a_code", "b_code", "c_code", "d_code", "e_code"].map(str::to_owned).into());
}
