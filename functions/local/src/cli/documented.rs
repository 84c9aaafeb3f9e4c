//! Every command that the documents show is one that the program takes, as it stands there: each `listsync` line and each
//! `curl` line of the README, of the deployment guide, and of every file in `docs/`.

use std::{fs, path::Path};

use clap::{CommandFactory as _, error::ErrorKind};
use serde_json::Value;

use super::Cli;

/// The documents, each with its path below the root.
fn documents() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut names = vec!["README.md".to_owned(), "infra/README.md".to_owned()];
    let mut folders = vec!["docs".to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder)).expect("the folder is there").flatten() {
            let name = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                folders.push(name);
            } else if name.ends_with(".md") {
                names.push(name);
            }
        }
    }
    names
        .into_iter()
        .map(|name| {
            let text = fs::read_to_string(root.join(&name)).expect("a document can be read");
            (name, text)
        })
        .collect()
}

/// The lines of code blocks that begin with this word, without what stands beside them for people. A line that a backslash
/// ends goes on.
fn blocks(document: &str, word: &str) -> Vec<String> {
    let text = document.replace("\\\n", " ");
    let lines = text.lines().filter_map(|line| line.strip_prefix("    "));
    let commands = lines.map(str::trim_start).filter(|line| line.split(' ').next() == Some(word));
    // Two spaces part a command from the words about it; where a line went on they are its indentation.
    commands
        .map(|line| if word == "curl" { line } else { line.split("  ").next().unwrap_or_default() })
        .map(str::to_owned)
        .collect()
}

/// The commands within sentences: such as name no more than a verb need not be whole.
fn quoted(document: &str) -> Vec<String> {
    let text = document.replace('\n', " ");
    let parts = text.split('`').skip(1).step_by(2);
    parts.filter(|part| part.starts_with("listsync ")).map(str::to_owned).collect()
}

/// A command as a shell splits it; quotes keep together.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for letter in command.trim().chars() {
        match (quote, letter) {
            (None, '\'' | '"') => quote = Some(letter),
            (Some(open), letter) if open == letter => quote = None,
            (None, ' ') => words.push(String::new()),
            (_, letter) => words.last_mut().expect("one at least").push(letter),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn refused(command: &str) -> Option<clap::Error> {
    Cli::command().try_get_matches_from(words(command)).err()
}

#[test]
fn every_command_in_a_block_is_taken_as_it_stands() {
    let mut seen = 0;
    for (name, document) in documents() {
        for command in blocks(&document, "listsync") {
            let error = refused(&command);
            assert!(
                error.is_none(),
                "{name}: {command}\n{}",
                error.map(|error| error.to_string()).unwrap_or_default()
            );
            seen += 1;
        }
    }
    assert!(seen > 50, "only {seen} were found");
}

#[test]
fn every_command_in_a_sentence_names_a_verb_and_flags_that_there_are() {
    // A word in capitals stands for what its reader puts in.
    let whole = [
        ErrorKind::MissingRequiredArgument,
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand,
        ErrorKind::DisplayHelp,
        ErrorKind::InvalidValue,
        ErrorKind::ValueValidation,
    ];
    let mut seen = 0;
    for (name, document) in documents() {
        for command in quoted(&document) {
            if let Some(error) = refused(&command) {
                assert!(whole.contains(&error.kind()), "{name}: {command}\n{error}");
            }
            seen += 1;
        }
    }
    assert!(seen > 40, "only {seen} were found");
}

/// A request as a `curl` line makes it.
#[derive(Debug, PartialEq)]
struct Request {
    method: String,
    path: String,
    query: Vec<String>,
    body: Option<Value>,
}

impl Request {
    /// What the line asks for; an error says what of it is not understood.
    fn of(command: &str) -> Result<Self, String> {
        let (mut method, mut url, mut body, mut has_body) = (None, None, None, false);
        let mut words = words(command).into_iter().skip(1);
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} has no value"));
            match word.as_str() {
                "-H" => drop(value()?),
                "-X" => method = Some(value()?),
                "-d" => body = Some(serde_json::from_str(&value()?).map_err(|error| error.to_string())?),
                "--data-binary" => {
                    has_body = true;
                    drop(value()?);
                }
                flag if flag.starts_with('-') => return Err(format!("{flag} is not known to this test")),
                other => url = Some(other.to_owned()),
            }
        }
        let url = url.ok_or("it names no address")?;
        let path = url.find("/v1/").map(|at| &url[at..]).ok_or("it asks for nothing of the API")?;
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let query = query.split('&').filter_map(|one| Some(one.split_once('=')?.0.to_owned())).collect();
        let posts = has_body || body.is_some();
        let method = method.unwrap_or_else(|| if posts { "POST" } else { "GET" }.to_owned());
        Ok(Self { method, path: path.to_owned(), query, body })
    }
}

/// The operation of the API's own document that answers the request.
fn operation<'a>(api: &'a Value, request: &Request) -> Option<&'a Value> {
    let asked: Vec<&str> = request.path.split('/').collect();
    let answers = |path: &str| {
        let parts: Vec<&str> = path.split('/').collect();
        let is_same = |(part, asked): (&&str, &&str)| part.starts_with('{') || part == asked;
        parts.len() == asked.len() && parts.iter().zip(&asked).all(is_same)
    };
    let (_, item) = api["paths"].as_object()?.iter().find(|(path, _)| answers(path))?;
    item.get(request.method.to_lowercase())
}

/// The schema that this one refers to, or itself.
fn resolved<'a>(api: &'a Value, schema: &'a Value) -> &'a Value {
    let name = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next());
    name.map_or(schema, |name| &api["components"]["schemas"][name])
}

#[test]
fn every_curl_line_asks_for_what_the_api_answers() {
    let api = listsync_http::openapi();
    let mut seen = 0;
    for (name, document) in documents() {
        for command in blocks(&document, "curl") {
            let request = Request::of(&command).unwrap_or_else(|error| panic!("{name}: {command}\n{error}"));
            let operation = operation(&api, &request)
                .unwrap_or_else(|| panic!("{name}: {command}\nthe API has no {request:?}"));
            let parameters: Vec<&Value> = operation["parameters"].as_array().into_iter().flatten().collect();
            for asked in &request.query {
                let is_known = parameters.iter().any(|one| one["in"] == "query" && one["name"] == **asked);
                assert!(is_known, "{name}: {command}\nthe API does not know {asked}");
            }
            if let Some(body) = &request.body {
                let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
                let fields = &resolved(&api, schema)["properties"];
                for field in body.as_object().expect("a body is an object").keys() {
                    assert!(!fields[field].is_null(), "{name}: {command}\nthe API does not know {field}");
                }
            }
            seen += 1;
        }
    }
    assert!(seen > 5, "only {seen} were found");
}

#[test]
fn a_curl_line_is_read_as_curl_reads_it() {
    let post = Request {
        method: "POST".to_owned(),
        path: "/v1/links/LINK/sync".to_owned(),
        query: vec!["wait".to_owned()],
        body: None,
    };
    let line =
        "curl -X POST -H \"Authorization: Bearer $KEY\" 'http://127.0.0.1:8080/v1/links/LINK/sync?wait=60'";
    assert_eq!(Request::of(line), Ok(post));
    let body = Request::of("curl -d '{\"list\": \"News\"}' URL/v1/sources").expect("it is understood");
    assert_eq!((body.method.as_str(), body.body), ("POST", Some(serde_json::json!({"list": "News"}))));
    assert!(Request::of("curl --insecure http://127.0.0.1:8080/v1/lists").is_err());
}
