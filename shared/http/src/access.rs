//! Who may call what: the one table. What is not in it is open to nobody.

use axum::http::Method;
use listsync_engine::ports::AccessScope;

/// What a caller needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// Nothing: the answer tells nothing of anybody.
    Nothing,
    /// A key of this scope or a higher one.
    Key(AccessScope),
}

/// Whether an answer may be kept to be given again under an idempotency key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// It may.
    Kept,
    /// It holds a secret that is shown once, so it is not.
    ShownOnce,
}

/// One method of one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) need: Need,
    pub(crate) repeat: Repeat,
}

const fn rule(method: Method, path: &'static str, need: Need) -> Rule {
    Rule { method, path, need, repeat: Repeat::Kept }
}

const fn once(method: Method, path: &'static str, need: Need) -> Rule {
    Rule { method, path, need, repeat: Repeat::ShownOnce }
}

const READ: Need = Need::Key(AccessScope::Read);
const OPERATE: Need = Need::Key(AccessScope::Operate);
const ADMIN: Need = Need::Key(AccessScope::Admin);

/// The table.
pub(crate) const RULES: &[Rule] = &[
    rule(Method::GET, "/healthz", Need::Nothing),
    rule(Method::GET, "/openapi.json", Need::Nothing),
    rule(Method::GET, "/v1/lists", READ),
    rule(Method::POST, "/v1/lists", OPERATE),
    rule(Method::GET, "/v1/lists/{list}", READ),
    rule(Method::PATCH, "/v1/lists/{list}", OPERATE),
    rule(Method::DELETE, "/v1/lists/{list}", OPERATE),
    rule(Method::GET, "/v1/lists/{list}/members", READ),
    rule(Method::PUT, "/v1/lists/{list}/members/{member}", OPERATE),
    rule(Method::DELETE, "/v1/lists/{list}/members/{member}", OPERATE),
    rule(Method::POST, "/v1/lists/{list}/decisions", OPERATE),
    rule(Method::POST, "/v1/lists/{list}/filter-preview", READ),
    rule(Method::GET, "/v1/lists/{list}/explain", READ),
    rule(Method::GET, "/v1/lists/{list}/imports", READ),
    rule(Method::POST, "/v1/lists/{list}/imports", OPERATE),
    rule(Method::GET, "/v1/imports", READ),
    rule(Method::GET, "/v1/imports/{import}", READ),
    rule(Method::POST, "/v1/imports/{import}/approve", OPERATE),
    rule(Method::GET, "/v1/contacts", READ),
    rule(Method::POST, "/v1/contacts", OPERATE),
    rule(Method::GET, "/v1/contacts/{contact}", READ),
    rule(Method::PATCH, "/v1/contacts/{contact}", OPERATE),
    rule(Method::DELETE, "/v1/contacts/{contact}", OPERATE),
    rule(Method::POST, "/v1/contacts/{contact}/erase", ADMIN),
    rule(Method::GET, "/v1/contacts/{contact}/export", READ),
    rule(Method::POST, "/v1/contacts/{contact}/merge", OPERATE),
    rule(Method::POST, "/v1/decisions", OPERATE),
    rule(Method::POST, "/v1/opt-out-links", OPERATE),
    rule(Method::GET, "/v1/links", READ),
    rule(Method::POST, "/v1/links", OPERATE),
    rule(Method::GET, "/v1/links/{link}", READ),
    rule(Method::DELETE, "/v1/links/{link}", OPERATE),
    rule(Method::POST, "/v1/links/{link}/pause", OPERATE),
    rule(Method::POST, "/v1/links/{link}/resume", OPERATE),
    rule(Method::POST, "/v1/links/{link}/relink", OPERATE),
    rule(Method::GET, "/v1/links/{link}/plan", READ),
    rule(Method::POST, "/v1/links/{link}/sync", OPERATE),
    rule(Method::GET, "/v1/links/{link}/syncs/{generation}", READ),
    rule(Method::POST, "/v1/holds/{digest}/approve", OPERATE),
    rule(Method::POST, "/v1/holds/{digest}/discard", OPERATE),
    rule(Method::GET, "/v1/runs", READ),
    rule(Method::GET, "/v1/runs/{run}", READ),
    rule(Method::GET, "/v1/runs/{run}/failures.csv", READ),
    rule(Method::GET, "/v1/settings", READ),
    rule(Method::PATCH, "/v1/settings", ADMIN),
    rule(Method::GET, "/v1/keys", ADMIN),
    once(Method::POST, "/v1/keys", ADMIN),
    rule(Method::DELETE, "/v1/keys/{key}", ADMIN),
    rule(Method::GET, "/v1/sources", ADMIN),
    once(Method::POST, "/v1/sources", ADMIN),
    rule(Method::DELETE, "/v1/sources/{source}", ADMIN),
];

/// What the table says of a method of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// This rule holds.
    Rule(&'static Rule),
    /// The path has only these methods.
    OtherMethods(Vec<&'static str>),
    /// Nobody may call it.
    Unknown,
}

/// Looks a method of a path template up. `HEAD` is as `GET` (RFC 9110, section 9.3.2).
pub(crate) fn look_up(method: &Method, path: &str) -> Verdict {
    let method = if *method == Method::HEAD { &Method::GET } else { method };
    let rules: Vec<&'static Rule> = RULES.iter().filter(|rule| rule.path == path).collect();
    match rules.iter().find(|rule| rule.method == *method) {
        Some(rule) => Verdict::Rule(rule),
        None if rules.is_empty() => Verdict::Unknown,
        None => Verdict::OtherMethods(rules.iter().map(|rule| rule.method.as_str()).collect()),
    }
}

/// Whether a key with these scopes is enough: each scope holds the ones below it.
pub(crate) fn suffices<'a>(scopes: impl IntoIterator<Item = &'a AccessScope>, needed: AccessScope) -> bool {
    scopes.into_iter().any(|scope| *scope >= needed)
}

/// The word for a scope.
pub(crate) fn word(scope: AccessScope) -> &'static str {
    match scope {
        AccessScope::Read => "read",
        AccessScope::Operate => "operate",
        AccessScope::Admin => "admin",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_table_does_not_name_is_open_to_nobody() {
        assert_eq!(look_up(&Method::GET, "/v1/secrets"), Verdict::Unknown);
        assert_eq!(look_up(&Method::PUT, "/v1/keys"), Verdict::OtherMethods(vec!["GET", "POST"]));
        assert!(matches!(look_up(&Method::HEAD, "/v1/keys"), Verdict::Rule(rule) if rule.need == ADMIN));
    }

    #[test]
    fn a_scope_holds_the_ones_below_it_and_none_above() {
        assert!(suffices(&[AccessScope::Admin], AccessScope::Read));
        assert!(suffices(&[AccessScope::Operate], AccessScope::Operate));
        assert!(!suffices(&[AccessScope::Read, AccessScope::Operate], AccessScope::Admin));
        assert!(!suffices(&[], AccessScope::Read));
    }

    #[test]
    fn only_two_answers_are_open_and_whoever_edits_needs_more_than_read() {
        let open = RULES.iter().filter(|rule| rule.need == Need::Nothing).map(|rule| rule.path);
        assert_eq!(open.collect::<Vec<_>>(), ["/healthz", "/openapi.json"]);
        let reads = RULES.iter().filter(|rule| rule.need == READ && rule.method != Method::GET);
        assert_eq!(reads.map(|rule| rule.path).collect::<Vec<_>>(), ["/v1/lists/{list}/filter-preview"]);
    }
}
