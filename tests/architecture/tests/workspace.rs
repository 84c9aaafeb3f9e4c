//! What ARCHITECTURE.md states of the workspace, held against `cargo metadata` and the sources.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use listsync_architecture::{root, sources};
use serde_json::Value;

fn cargo(arguments: &[&str]) -> String {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo).args(arguments).current_dir(root()).output().expect("cargo answers");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("cargo answers in UTF-8")
}

fn metadata() -> Value {
    let answer = cargo(&["metadata", "--format-version", "1", "--locked", "--no-deps"]);
    serde_json::from_str(&answer).expect("metadata is JSON")
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn packages(metadata: &Value) -> &[Value] {
    metadata["packages"].as_array().map_or(&[], Vec::as_slice)
}

/// What is compiled for the shipped binaries and the tests on this platform: name, version and licence of each crate.
/// (`cargo metadata` also lists optional crates that no feature switches on.)
fn compiled() -> BTreeSet<(String, String, String)> {
    let tree = ["tree", "--workspace", "--locked", "-e", "all", "--prefix", "none", "--format", "{p}|{l}"];
    let lines = cargo(&tree);
    let own = lines.lines().filter_map(|line| line.trim_end_matches(" (*)").split_once('|'));
    own.filter_map(|(package, licence)| {
        let mut words = package.split(' ');
        Some((
            words.next()?.to_owned(),
            words.next()?.to_owned(),
            licence.trim_end_matches(" (*)").to_owned(),
        ))
    })
    .collect()
}

fn versions() -> BTreeMap<String, BTreeSet<String>> {
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, version, _) in compiled() {
        versions.entry(name).or_default().insert(version);
    }
    versions
}

/// Our own packages and those of ours that each depends on, tests aside.
fn own_imports(metadata: &Value) -> BTreeMap<&str, BTreeSet<&str>> {
    let own = packages(metadata).iter().filter(|package| package["source"].is_null());
    own.map(|package| {
        let imports = package["dependencies"].as_array().map_or(&[][..], Vec::as_slice).iter();
        let imports = imports.filter(|import| import["kind"].is_null()).map(|import| text(import, "name"));
        (text(package, "name"), imports.filter(|name| name.starts_with("listsync")).collect())
    })
    .collect()
}

#[test]
fn imports_run_one_way() {
    let metadata = metadata();
    let adapters = ["listsync-core", "listsync-engine"];
    let allowed: BTreeMap<&str, Vec<&str>> = BTreeMap::from([
        ("listsync-core", vec![]),
        ("listsync-engine", vec!["listsync-core"]),
        ("listsync-alerts", adapters.into()),
        ("listsync-graph", adapters.into()),
        ("listsync-inbound", adapters.into()),
        ("listsync-lists", adapters.into()),
        ("listsync-scim", vec!["listsync-core"]),
        ("listsync-sqlite", adapters.into()),
        ("listsync-aws", adapters.into()),
        ("listsync-inbound", adapters.into()),
        (
            "listsync-http",
            vec!["listsync-core", "listsync-engine", "listsync-inbound", "listsync-lists", "listsync-scim"],
        ),
        ("listsync-console", vec!["listsync-core", "listsync-engine", "listsync-http", "listsync-inbound"]),
        ("listsync-api", vec!["listsync-console", "listsync-http", "listsync-wiring"]),
        ("listsync-inbox", vec!["listsync-core", "listsync-engine", "listsync-lists", "listsync-wiring"]),
        ("listsync-graph-emulator", vec![]),
    ]);
    for (package, imports) in own_imports(&metadata) {
        if let Some(allowed) = allowed.get(package) {
            let odd: Vec<_> = imports.iter().filter(|import| !allowed.contains(import)).collect();
            assert!(odd.is_empty(), "{package} must not import {odd:?}");
        }
        let composes =
            ["listsync", "listsync-wiring"].contains(&package) || package.starts_with("listsync-test");
        let vendors = ["listsync-graph", "listsync-sqlite", "listsync-aws"];
        assert!(
            composes || imports.iter().all(|import| !vendors.contains(import)),
            "{package} knows an adapter"
        );
    }
}

#[test]
fn the_core_has_no_async_no_io_and_no_clock() {
    let metadata = metadata();
    let core = packages(&metadata).iter().find(|package| text(package, "name") == "listsync-core");
    let imports = core.and_then(|core| core["dependencies"].as_array()).expect("the core is there");
    for banned in ["tokio", "async-trait", "futures", "reqwest", "rand", "uuid", "tracing"] {
        assert!(imports.iter().all(|import| text(import, "name") != banned), "the core imports {banned}");
    }
    for (file, source) in sources("shared/core/src") {
        for word in [
            "Timestamp::now",
            "Instant::now",
            "SystemTime",
            "std::env",
            "std::fs",
            "HashMap",
            "HashSet",
            "async fn",
        ] {
            assert!(!source.contains(word), "{} says {word}", file.display());
        }
    }
}

#[test]
fn no_vendors_word_stands_in_core_or_engine() {
    for folder in ["shared/core/src", "shared/engine/src"] {
        for (file, source) in sources(folder) {
            let code: String = source.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            let code = code.to_lowercase();
            for word in ["odata", "deltalink", "sqs", "dynamo", "sqlite", "$batch", "lambda_runtime"] {
                assert!(!code.contains(word), "{} says {word}", file.display());
            }
        }
    }
}

/// What is said by people and done to contacts is decided by the register in core; a store asks, and writes what it answers.
#[test]
fn no_store_decides_what_is_done_to_people() {
    let everywhere = ["OptOutReason::", "== SinceNo::", "\"opt_out_not_allowed\"", "\"complained\""];
    let of_people = ["OptOutRule::", "Decision::OptedOut", "\"same_contact\""];
    for store in ["shared/sqlite/src", "shared/aws/src"] {
        for (file, source) in sources(store) {
            let name = file.display().to_string();
            // Whom another rule of a list concerns is asked of the table.
            let asks = name.ends_with("contacts/rule.rs");
            let is_about_people = (name.contains("/people/") || name.contains("/contacts/")) && !asks;
            // As it is kept: a word is read and written by these.
            let reads_words = name.ends_with("people/words.rs");
            for rule in everywhere.iter().chain(of_people.iter().filter(|_| is_about_people && !reads_words))
            {
                assert!(!source.contains(rule), "{name} says {rule}");
            }
        }
    }
}

#[test]
fn one_tls_stack_and_no_crate_known_to_be_bad() {
    let versions = versions();
    for banned in [
        "ring",
        "openssl",
        "openssl-sys",
        "native-tls",
        "cel",
        "cel-interpreter",
        "scim-filter",
        "evalexpr",
        "turso",
        "sqlx",
    ] {
        assert!(!versions.contains_key(banned), "{banned} is in the tree");
    }
    for single in [
        "rustls",
        "hyper",
        "http",
        "h2",
        "reqwest",
        "tokio",
        "axum",
        "rusqlite",
        "aws-lc-rs",
        "serde",
        "thiserror",
    ] {
        let found = versions.get(single).map_or(0, BTreeSet::len);
        assert!(found <= 1, "{single} is there {found} times: {:?}", versions.get(single));
    }
    assert!(versions["hyper"].iter().all(|version| !version.starts_with("0.")), "hyper 0.14 is unmaintained");
}

#[test]
fn every_crate_may_be_shipped_under_our_licence() {
    let free = [
        "MIT",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "ISC",
        "Unicode-3.0",
        "Zlib",
        "0BSD",
        "Unlicense",
        "CC0-1.0",
        "MIT-0",
        "BSL-1.0",
        "Apache-2.0 WITH LLVM-exception",
        "CDLA-Permissive-2.0",
    ];
    for (name, version, licence) in compiled() {
        let licence = licence.replace('/', " OR ");
        assert!(is_free(&licence, &free), "{name} {version} is under {licence:?}");
    }
}

/// Whether an SPDX expression of `AND` and `OR` allows one of the free licences in each of its parts.
fn is_free(expression: &str, free: &[&str]) -> bool {
    let flat = expression.replace(['(', ')'], " ");
    flat.split(" AND ").all(|part| part.split(" OR ").any(|licence| free.contains(&licence.trim())))
}

/// Law 12.
#[test]
fn a_member_is_deleted_by_one_function_that_cannot_omit_ref() {
    let mut places = Vec::new();
    for (file, source) in sources("shared/graph/src") {
        let code = source.split("#[cfg(test)]").next().unwrap_or_default();
        if code.contains("Method::DELETE") || code.contains("\"DELETE\"") {
            places.push(file);
        }
    }
    assert!(places.len() <= 1, "a DELETE is built in {places:?}");
}

#[test]
fn functions_only_set_up_wire_and_run() {
    for (file, source) in sources("functions") {
        if file.ends_with("main.rs") {
            let lines = source.lines().count();
            assert!(lines < 60, "{} has {lines} lines", file.display());
        }
    }
}

#[test]
fn nothing_is_left_unfinished_or_switched_off() {
    for folder in ["functions", "shared", "tests"] {
        for (file, source) in sources(folder) {
            if file.ends_with("tests/workspace.rs") {
                continue;
            }
            for word in ["todo!(", "unimplemented!(", "#[ignore", "TODO", "FIXME"] {
                assert!(!source.contains(word), "{} says {word}", file.display());
            }
        }
    }
}
