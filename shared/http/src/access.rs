//! Who may call what: the one table. What is not in it is open to nobody.

use axum::http::Method;
use listsync_core::{
    audit::Action,
    grant::Verb::{self, Admin, Approve, Link, Operate, Read, Scim, Sync},
};

/// What a caller needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// Nothing: the answer tells nothing of anybody.
    Nothing,
    /// A key whose grant has this verb, over so much.
    Key(Verb, Breadth),
}

/// How much a request is about, which a key that is bound to lists has to reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Breadth {
    /// The whole tenant: a bound key is refused before the handler is asked.
    Tenant,
    /// One list, or a collection of what is of lists: the handler narrows it to the key's own (`within.rs`).
    Lists,
}

/// Whether an answer may be kept to be given again under an idempotency key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// It may.
    Kept,
    /// It names people, who may be erased before it is given again: its status, and where to look.
    NamesPeople,
    /// It holds a secret that is shown once, so it is not.
    ShownOnce,
}

/// What the audit says of a request that did what it was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audited {
    /// Nothing: it changes nothing.
    Nothing,
    /// One of these: the first, unless the handler says which ([`crate::trail::Trail::did`]).
    As(&'static [Action]),
}

/// One method of one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) need: Need,
    pub(crate) repeat: Repeat,
    pub(crate) audited: Audited,
}

const fn open(method: Method, path: &'static str) -> Rule {
    Rule { method, path, need: Need::Nothing, repeat: Repeat::Kept, audited: Audited::Nothing }
}

const fn lists(method: Method, path: &'static str, verb: Verb) -> Rule {
    keyed(open(method, path), Need::Key(verb, Breadth::Lists))
}

const fn tenant(method: Method, path: &'static str, verb: Verb) -> Rule {
    keyed(open(method, path), Need::Key(verb, Breadth::Tenant))
}

const fn keyed(mut rule: Rule, need: Need) -> Rule {
    rule.need = need;
    rule
}

const fn people(mut rule: Rule) -> Rule {
    rule.repeat = Repeat::NamesPeople;
    rule
}

const fn once(method: Method, path: &'static str, verb: Verb) -> Rule {
    let mut rule = tenant(method, path, verb);
    rule.repeat = Repeat::ShownOnce;
    rule
}

impl Rule {
    const fn does(mut self, actions: &'static [Action]) -> Self {
        self.audited = Audited::As(actions);
        self
    }
}

/// What somebody says is one or the other.
const CONSENT: &[Action] = &[Action::ConsentSubscribe, Action::ConsentOptOut];
/// A client makes a user, or writes one that was there.
const USER: &[Action] = &[Action::ContactCreate, Action::ContactEdit];
/// A client deletes a group.
const GROUP_GONE: &[Action] = &[Action::ListDelete];
/// A file holds people, or opt-outs.
const FILE: &[Action] = &[Action::ImportCreate, Action::ConsentImport];

/// The table.
pub(crate) const RULES: &[Rule] = &[
    open(Method::GET, "/healthz"),
    open(Method::GET, "/openapi.json"),
    lists(Method::GET, "/v1/lists", Read),
    tenant(Method::POST, "/v1/lists", Operate).does(&[Action::ListCreate]),
    lists(Method::GET, "/v1/lists/{list}", Read),
    lists(Method::PATCH, "/v1/lists/{list}", Operate).does(&[Action::ListEdit]),
    lists(Method::DELETE, "/v1/lists/{list}", Operate).does(&[Action::ListDelete]),
    lists(Method::GET, "/v1/lists/{list}/members", Read),
    lists(Method::GET, "/v1/lists/{list}/history", Read),
    lists(Method::PUT, "/v1/lists/{list}/members/{member}", Operate).does(&[Action::MemberAdd]),
    lists(Method::DELETE, "/v1/lists/{list}/members/{member}", Operate).does(&[Action::MemberRemove]),
    people(lists(Method::POST, "/v1/lists/{list}/decisions", Operate)).does(CONSENT),
    people(tenant(Method::POST, "/v1/lists/{list}/filter-preview", Read)),
    lists(Method::GET, "/v1/lists/{list}/explain", Read),
    lists(Method::GET, "/v1/lists/{list}/why", Read),
    lists(Method::GET, "/v1/lists/{list}/imports", Read),
    people(lists(Method::POST, "/v1/lists/{list}/imports", Operate)).does(FILE),
    lists(Method::GET, "/v1/imports", Read),
    lists(Method::GET, "/v1/imports/{import}", Read),
    people(lists(Method::POST, "/v1/imports/{import}/approve", Approve)).does(&[Action::ImportApprove]),
    people(lists(Method::POST, "/v1/imports/{import}/discard", Approve)).does(&[Action::ImportDiscard]),
    lists(Method::GET, "/v1/imports/{import}/undo", Read),
    people(lists(Method::POST, "/v1/imports/{import}/undo", Approve)).does(&[Action::ImportUndo]),
    lists(Method::GET, "/v1/contacts", Read),
    people(tenant(Method::POST, "/v1/contacts", Operate)).does(&[Action::ContactCreate]),
    tenant(Method::GET, "/v1/contacts/prune", Admin),
    tenant(Method::POST, "/v1/contacts/prune", Admin).does(&[Action::ContactPrune]),
    lists(Method::GET, "/v1/contacts/{contact}", Read),
    lists(Method::PATCH, "/v1/contacts/{contact}", Operate).does(&[Action::ContactEdit]),
    lists(Method::DELETE, "/v1/contacts/{contact}", Operate).does(&[Action::ContactDelete]),
    people(tenant(Method::POST, "/v1/contacts/{contact}/erase", Admin)).does(&[Action::ContactErase]),
    lists(Method::GET, "/v1/contacts/{contact}/export", Read),
    lists(Method::GET, "/v1/contacts/{contact}/history", Read),
    people(lists(Method::POST, "/v1/contacts/{contact}/merge", Operate)).does(&[Action::ContactMerge]),
    people(tenant(Method::POST, "/v1/decisions", Operate)).does(CONSENT),
    lists(Method::POST, "/v1/opt-out-links", Operate),
    tenant(Method::POST, "/v1/my-lists-links", Operate),
    tenant(Method::GET, "/v1/groups", Link),
    lists(Method::GET, "/v1/links", Read),
    people(lists(Method::POST, "/v1/links", Link)).does(&[Action::LinkCreate]),
    lists(Method::GET, "/v1/links/{link}", Read),
    lists(Method::PATCH, "/v1/links/{link}", Link).does(&[Action::LinkEdit]),
    lists(Method::DELETE, "/v1/links/{link}", Link).does(&[Action::LinkDelete]),
    people(lists(Method::POST, "/v1/links/{link}/pause", Link)).does(&[Action::LinkPause]),
    people(lists(Method::POST, "/v1/links/{link}/resume", Link)).does(&[Action::LinkResume]),
    people(lists(Method::POST, "/v1/links/{link}/relink", Link)).does(&[Action::LinkRelink]),
    lists(Method::GET, "/v1/links/{link}/plan", Read),
    people(lists(Method::POST, "/v1/links/{link}/sync", Sync)).does(&[Action::LinkSync]),
    lists(Method::GET, "/v1/links/{link}/syncs/{generation}", Read),
    lists(Method::POST, "/v1/holds/{digest}/approve", Approve).does(&[Action::HoldApprove]),
    lists(Method::POST, "/v1/holds/{digest}/discard", Approve).does(&[Action::HoldDiscard]),
    lists(Method::GET, "/v1/runs", Read),
    lists(Method::GET, "/v1/runs/{run}", Read),
    lists(Method::GET, "/v1/runs/{run}/failures.csv", Read),
    lists(Method::GET, "/v1/runs/{run}/members", Read),
    lists(Method::GET, "/v1/runs/{run}/undo", Read),
    lists(Method::POST, "/v1/runs/{run}/undo", Operate).does(&[Action::RunUndo]),
    lists(Method::GET, "/v1/requests/{request}", Read),
    tenant(Method::GET, "/v1/audit", Admin),
    lists(Method::GET, "/v1/status", Read),
    tenant(Method::GET, "/v1/alerts", Admin),
    tenant(Method::POST, "/v1/alerts/test", Admin),
    tenant(Method::GET, "/v1/settings", Read),
    tenant(Method::PATCH, "/v1/settings", Admin).does(&[Action::SettingsEdit]),
    tenant(Method::GET, "/v1/keys", Admin),
    once(Method::POST, "/v1/keys", Admin).does(&[Action::KeyCreate]),
    tenant(Method::DELETE, "/v1/keys/{key}", Admin).does(&[Action::KeyRevoke]),
    tenant(Method::GET, "/v1/sources", Admin),
    once(Method::POST, "/v1/sources", Admin).does(&[Action::SourceCreate]),
    tenant(Method::DELETE, "/v1/sources/{source}", Admin).does(&[Action::SourceDelete]),
    tenant(Method::GET, "/scim/v2/ServiceProviderConfig", Scim),
    tenant(Method::GET, "/scim/v2/ResourceTypes", Scim),
    tenant(Method::GET, "/scim/v2/ResourceTypes/{name}", Scim),
    tenant(Method::GET, "/scim/v2/Schemas", Scim),
    tenant(Method::GET, "/scim/v2/Schemas/{schema}", Scim),
    people(tenant(Method::POST, "/scim/v2/.search", Scim)),
    people(tenant(Method::POST, "/scim/v2/Bulk", Scim)),
    tenant(Method::GET, "/scim/v2/Users", Scim),
    people(tenant(Method::POST, "/scim/v2/Users", Scim)).does(USER),
    people(tenant(Method::POST, "/scim/v2/Users/.search", Scim)),
    tenant(Method::GET, "/scim/v2/Users/{contact}", Scim),
    tenant(Method::PUT, "/scim/v2/Users/{contact}", Scim).does(&[Action::ContactEdit]),
    tenant(Method::PATCH, "/scim/v2/Users/{contact}", Scim).does(&[Action::ContactEdit]),
    tenant(Method::DELETE, "/scim/v2/Users/{contact}", Scim).does(&[Action::ContactEdit]),
    tenant(Method::GET, "/scim/v2/Groups", Scim),
    people(tenant(Method::POST, "/scim/v2/Groups", Scim)).does(&[Action::ListCreate]),
    people(tenant(Method::POST, "/scim/v2/Groups/.search", Scim)),
    tenant(Method::GET, "/scim/v2/Groups/{list}", Scim),
    tenant(Method::PUT, "/scim/v2/Groups/{list}", Scim).does(&[Action::ListEdit]),
    tenant(Method::PATCH, "/scim/v2/Groups/{list}", Scim).does(&[Action::ListEdit]),
    tenant(Method::DELETE, "/scim/v2/Groups/{list}", Scim).does(GROUP_GONE),
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn what_the_table_does_not_name_is_open_to_nobody() {
        assert_eq!(look_up(&Method::GET, "/v1/secrets"), Verdict::Unknown);
        assert_eq!(look_up(&Method::PUT, "/v1/keys"), Verdict::OtherMethods(vec!["GET", "POST"]));
        let head = look_up(&Method::HEAD, "/v1/keys");
        assert!(matches!(head, Verdict::Rule(rule) if rule.need == Need::Key(Admin, Breadth::Tenant)));
    }

    #[test]
    fn only_two_answers_are_open_and_whoever_edits_needs_more_than_read() {
        let open = RULES.iter().filter(|rule| rule.need == Need::Nothing).map(|rule| rule.path);
        assert_eq!(open.collect::<Vec<_>>(), ["/healthz", "/openapi.json"]);
        let reads =
            RULES.iter().filter(|rule| matches!(rule.need, Need::Key(Read, _)) && rule.method != Method::GET);
        assert_eq!(reads.map(|rule| rule.path).collect::<Vec<_>>(), ["/v1/lists/{list}/filter-preview"]);
    }

    #[test]
    fn of_answers_that_are_kept_whole_each_is_known_to_name_nobody() {
        let kept = RULES.iter().filter(|rule| rule.method == Method::POST && rule.repeat == Repeat::Kept);
        // A list that is new, how many are gone, a signature over ids, what was said of a digest, how many an undo moved, and
        // nothing at all.
        let nobody = [
            "/v1/lists",
            "/v1/contacts/prune",
            "/v1/opt-out-links",
            "/v1/my-lists-links",
            "/v1/holds/{digest}/approve",
            "/v1/holds/{digest}/discard",
            "/v1/runs/{run}/undo",
            "/v1/alerts/test",
        ];
        assert_eq!(kept.map(|rule| rule.path).collect::<Vec<_>>(), nobody);
    }

    #[test]
    fn whatever_is_no_question_is_audited_but_for_eight_that_change_nothing() {
        let asks = |rule: &&Rule| rule.method == Method::GET;
        assert!(RULES.iter().filter(asks).all(|rule| rule.audited == Audited::Nothing));
        let unaudited = RULES.iter().filter(|rule| !asks(rule) && rule.audited == Audited::Nothing);
        // A filter is tried, links are signed, which are stored nowhere, a test sent, and questions asked in a body.
        // What a bulk request does, each of its operations says by itself.
        let harmless = [
            "/v1/lists/{list}/filter-preview",
            "/v1/opt-out-links",
            "/v1/my-lists-links",
            "/v1/alerts/test",
            "/scim/v2/.search",
            "/scim/v2/Bulk",
            "/scim/v2/Users/.search",
            "/scim/v2/Groups/.search",
        ];
        assert_eq!(unaudited.map(|rule| rule.path).collect::<Vec<_>>(), harmless);
    }

    #[test]
    fn what_chooses_a_group_or_releases_a_hold_is_no_part_of_operate() {
        for (start, read, write) in
            [("/v1/links", Sync, Link), ("/v1/holds", Approve, Approve), ("/v1/keys", Admin, Admin)]
        {
            let rules =
                RULES.iter().filter(|rule| rule.path.starts_with(start) && rule.method != Method::GET);
            for rule in rules {
                let verb = if rule.path.ends_with("/sync") { read } else { write };
                assert!(matches!(rule.need, Need::Key(needed, _) if needed == verb), "{}", rule.path);
            }
        }
    }

    /// The table of scopes in docs/api.md has a row `| scope | what | routes |`; this is what it says of the routes.
    #[test]
    fn the_document_says_of_every_scope_just_what_the_table_opens_to_it() {
        let document = include_str!("../../../docs/api.md");
        for verb in Verb::ALL {
            let row = document.lines().find(|line| line.starts_with(&format!("| `{verb}` |")));
            let row = row.unwrap_or_else(|| panic!("the document has no row of the scope {verb}"));
            let told: BTreeSet<&str> =
                row.split('`').skip(1).step_by(2).filter(|part| part.contains(" /")).collect();
            // That reading is open to every scope is one word; what of it is not stands with its scope.
            let is_said = |rule: &&Rule| match rule.need {
                Need::Key(needed, _) => needed == verb && !(verb == Read && rule.method == Method::GET),
                Need::Nothing => false,
            };
            let opened: BTreeSet<String> = RULES.iter().filter(is_said).map(short).collect();
            let opened: BTreeSet<&str> = opened.iter().map(String::as_str).collect();
            assert_eq!(told, opened, "the document and the table differ over {verb}");
        }
    }

    /// `GET /lists/{}/members`: without the version and the parameters' names.
    fn short(rule: &Rule) -> String {
        let parts = rule.path.trim_start_matches("/v1").split('/');
        let parts: Vec<&str> = parts.map(|part| if part.starts_with('{') { "{}" } else { part }).collect();
        format!("{} {}", rule.method, parts.join("/"))
    }
}
