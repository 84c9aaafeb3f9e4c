//! Command line and API have the same verbs: each has its counterpart in the other, or stands here with the reason why not.

use std::collections::BTreeSet;

use clap::{Command, CommandFactory as _};

use super::Cli;

/// A verb of the command line, and the operations of the API that do the same.
const SAME: &[(&str, &[&str])] = &[
    ("lists create", &["POST /v1/lists"]),
    ("lists edit", &["PATCH /v1/lists/{list}"]),
    ("lists preview", &["POST /v1/lists/{list}/filter-preview"]),
    ("lists explain", &["GET /v1/lists/{list}/explain"]),
    ("lists ls", &["GET /v1/lists"]),
    ("lists show", &["GET /v1/lists/{list}"]),
    ("lists history", &["GET /v1/lists/{list}/history"]),
    ("lists export", &["GET /v1/lists/{list}/members"]),
    ("lists members", &["GET /v1/lists/{list}/members"]),
    ("lists add", &["PUT /v1/lists/{list}/members/{member}"]),
    ("lists remove", &["DELETE /v1/lists/{list}/members/{member}"]),
    ("lists delete", &["DELETE /v1/lists/{list}"]),
    ("contacts ls", &["GET /v1/contacts"]),
    ("contacts show", &["GET /v1/contacts/{contact}", "GET /v1/contacts/{contact}/export"]),
    ("contacts history", &["GET /v1/contacts/{contact}/history"]),
    ("contacts edit", &["PATCH /v1/contacts/{contact}"]),
    ("contacts merge", &["POST /v1/contacts/{contact}/merge"]),
    ("contacts opt-out", &["POST /v1/decisions"]),
    ("contacts opt-in", &["POST /v1/decisions"]),
    ("contacts my-lists", &["POST /v1/my-lists-links"]),
    ("contacts delete", &["DELETE /v1/contacts/{contact}"]),
    ("contacts prune", &["GET /v1/contacts/prune", "POST /v1/contacts/prune"]),
    ("contacts erase", &["POST /v1/contacts/{contact}/erase"]),
    ("import", &["POST /v1/lists/{list}/imports"]),
    ("imports ls", &["GET /v1/imports", "GET /v1/lists/{list}/imports"]),
    ("imports show", &["GET /v1/imports/{import}"]),
    ("imports approve", &["POST /v1/imports/{import}/approve"]),
    ("imports discard", &["POST /v1/imports/{import}/discard"]),
    ("imports undo", &["GET /v1/imports/{import}/undo", "POST /v1/imports/{import}/undo"]),
    ("subscribe", &["POST /v1/lists/{list}/decisions"]),
    ("unsubscribe", &["POST /v1/lists/{list}/decisions"]),
    ("groups ls", &["GET /v1/groups"]),
    ("link", &["POST /v1/links"]),
    ("links ls", &["GET /v1/links"]),
    ("links show", &["GET /v1/links/{link}"]),
    ("links pause", &["POST /v1/links/{link}/pause"]),
    ("links resume", &["POST /v1/links/{link}/resume"]),
    ("links approve", &["POST /v1/holds/{digest}/approve"]),
    ("links discard", &["POST /v1/holds/{digest}/discard"]),
    ("links relink", &["POST /v1/links/{link}/relink"]),
    ("links edit", &["PATCH /v1/links/{link}"]),
    ("links writes", &["PATCH /v1/links/{link}"]),
    ("links unlink", &["DELETE /v1/links/{link}"]),
    ("plan", &["GET /v1/links/{link}/plan"]),
    ("status", &["GET /v1/status"]),
    ("why", &["GET /v1/lists/{list}/why"]),
    ("sync", &["POST /v1/links/{link}/sync"]),
    ("runs ls", &["GET /v1/runs"]),
    ("runs show", &["GET /v1/runs/{run}", "GET /v1/runs/{run}/failures.csv", "GET /v1/runs/{run}/members"]),
    ("runs undo", &["GET /v1/runs/{run}/undo", "POST /v1/runs/{run}/undo"]),
    ("audit ls", &["GET /v1/audit"]),
    ("alerts ls", &["GET /v1/alerts"]),
    ("alerts test", &["POST /v1/alerts/test"]),
    ("keys ls", &["GET /v1/keys"]),
    ("keys create", &["POST /v1/keys"]),
    ("keys revoke", &["DELETE /v1/keys/{key}"]),
    ("settings get", &["GET /v1/settings"]),
    ("settings set", &["PATCH /v1/settings"]),
];

/// Verbs without a counterpart, and why.
const OF_THE_COMMAND_LINE: &[(&str, &str)] = &[
    ("demo", "it needs no deployment, and so no API"),
    ("completions", "it is about the command line itself"),
    ("tick", "it is a part of what serves the API"),
    ("work", "it is a part of what serves the API"),
    ("serve", "it is what serves the API"),
    ("console", "it signs in a person on the machine itself"),
    ("doctor", "it looks at the machine and the credential that it is started with"),
    ("backup", "it writes a file of the machine"),
    ("handout", "it renders what the plan says, for a person at a terminal"),
    ("imports profiles", "it prints documentation"),
    ("keys rotate-links", "who holds an API key must not make sent opt-out links worthless"),
    ("keys retire-links", "who holds an API key must not make sent opt-out links worthless"),
];

/// Operations without a counterpart, and why.
const OF_THE_API: &[(&str, &str)] = &[
    ("GET /healthz", "monitoring asks the process, not the store"),
    ("GET /v1/requests/{request}", "it answers for a request over HTTP that took long"),
    ("GET /v1/links/{link}/syncs/{generation}", "the command line waits for its sync"),
    ("POST /v1/opt-out-links", "who sends messages is a program"),
    ("POST /v1/contacts", "at the command line somebody is made by a list or a file"),
    ("GET /v1/sources", "who sends events is set up by whoever runs the API"),
    ("POST /v1/sources", "who sends events is set up by whoever runs the API"),
    ("DELETE /v1/sources/{source}", "who sends events is set up by whoever runs the API"),
];

/// Every verb of the command line, with those that it stands under before it.
pub(crate) fn every_verb() -> BTreeSet<String> {
    fn gather(command: &Command, path: &str, all: &mut BTreeSet<String>) {
        if command.get_subcommands().next().is_none() {
            all.insert(path.trim().to_owned());
        }
        for verb in command.get_subcommands() {
            gather(verb, &format!("{path} {}", verb.get_name()), all);
        }
    }
    let mut all = BTreeSet::new();
    gather(&Cli::command(), "", &mut all);
    all
}

#[test]
fn every_verb_has_its_counterpart_in_the_api_and_the_reverse_or_a_reason() {
    let verbs = every_verb();
    let told: BTreeSet<String> = SAME
        .iter()
        .map(|(verb, _)| *verb)
        .chain(OF_THE_COMMAND_LINE.iter().map(|(verb, _)| *verb))
        .map(str::to_owned)
        .collect();
    assert_eq!(told, verbs, "a verb is missing on either side");
    let document = listsync_http::openapi();
    let mut operations = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        let methods = item.as_object().expect("methods").keys();
        operations.extend(methods.map(|method| format!("{} {path}", method.to_uppercase())));
    }
    let told: BTreeSet<String> = SAME
        .iter()
        .flat_map(|(_, operations)| operations.iter().copied())
        .chain(OF_THE_API.iter().map(|(operation, _)| *operation))
        .map(str::to_owned)
        .collect();
    assert_eq!(told, operations, "an operation is missing on either side");
    let reasons = OF_THE_COMMAND_LINE.iter().chain(OF_THE_API);
    assert!(reasons.into_iter().all(|(_, reason)| !reason.is_empty()));
}
