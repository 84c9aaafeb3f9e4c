//! What a link looks at: whom its list's filter takes in, which groups it is of, which side leads, what status words of files
//! mean, and which addresses are the tenant's own.
//!
//! Whoever changes one of these changes who belongs there, maybe of very many, and maybe by a slip. So what the change would
//! remove waits for a person, however few they are. Who joins by it goes on, under the guard of additions.

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{
    link::{Link, Mode},
    list::{List, ListKind},
    settings::Settings,
};

/// One of the things that say what a link looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScopePart {
    /// The list's filter, or that it has one.
    Filter,
    /// The groups.
    Groups,
    /// Which side follows which.
    Mode,
    /// What status words of the list's files mean.
    StatusWords,
    /// Which domains are the tenant's own.
    InternalDomains,
}

impl fmt::Display for ScopePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Filter => "the filter",
            Self::Groups => "the groups",
            Self::Mode => "the mode",
            Self::StatusWords => "the meaning of status words",
            Self::InternalDomains => "the internal domains",
        })
    }
}

/// What a link looked at when a run finished: a digest of each part, as nothing but whether it changed is asked of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    mode: Mode,
    filter: String,
    groups: String,
    status_words: String,
    internal_domains: String,
}

/// Whether removals go on under the guard alone, as far as that is for what the link looks at to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scoped {
    /// They do: it is what it was when a run finished last, or nothing tells what it was.
    #[default]
    Known,
    /// It changed, and no person has looked at what that comes to.
    Changed,
}

/// What came of the removals that a changed scope calls for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looked {
    /// The run saw all of them, and none waits for a person.
    AtAll,
    /// Some wait for a person, or may still turn up.
    NotAtAll,
}

impl Scope {
    /// What a link looks at now. A list that is gone has no filter.
    #[must_use]
    pub fn of(link: &Link, list: Option<&List>, settings: &Settings) -> Self {
        let filter = match list.map(|list| &list.kind) {
            Some(ListKind::Filtered { filter }) => Some(filter.as_str()),
            Some(ListKind::Static) | None => None,
        };
        let words = list.iter().flat_map(|list| &list.status_words);
        // In the order of their ids: that a link names the same groups in another order changes nothing.
        let groups: BTreeSet<&str> = link.groups().map(|group| group.as_str()).collect();
        Self {
            mode: link.mode,
            filter: digest(filter),
            groups: digest(groups),
            status_words: digest(words.flat_map(|(word, meaning)| [word.as_str(), meaning.name()])),
            internal_domains: digest(settings.internal_domains.iter().map(String::as_str)),
        }
    }

    /// What is other than when a run finished last.
    #[must_use]
    pub fn changed_since(&self, before: &Self) -> BTreeSet<ScopePart> {
        let Self { mode, filter, groups, status_words, internal_domains } = self;
        [
            (ScopePart::Filter, *filter != before.filter),
            (ScopePart::Groups, *groups != before.groups),
            (ScopePart::Mode, *mode != before.mode),
            (ScopePart::StatusWords, *status_words != before.status_words),
            (ScopePart::InternalDomains, *internal_domains != before.internal_domains),
        ]
        .into_iter()
        .filter_map(|(part, is_other)| is_other.then_some(part))
        .collect()
    }

    /// What a run that finished keeps. While somebody waits because of a change, what was known before stays known: else who
    /// turns up a run later, by the same change, would go unasked.
    #[must_use]
    pub fn after(before: Option<&Self>, now: Self, looked: Looked) -> Self {
        match (before, looked) {
            (Some(before), Looked::NotAtAll) => before.clone(),
            (Some(_), Looked::AtAll) | (None, _) => now,
        }
    }
}

/// Whether these may be removed under the guard alone. A person who ruled on what a change had held back has looked at it.
#[must_use]
pub fn scoped(changed: &BTreeSet<ScopePart>, ruled: bool) -> Scoped {
    match (changed.is_empty(), ruled) {
        (true, _) | (false, true) => Scoped::Known,
        (false, false) => Scoped::Changed,
    }
}

/// `the filter and the mode changed since the last run, so removals wait for a person`.
#[must_use]
pub fn sentence(changed: impl IntoIterator<Item = ScopePart>) -> String {
    let parts: Vec<String> = changed.into_iter().map(|part| part.to_string()).collect();
    let what = match parts.as_slice() {
        [] => "what the link looks at".to_owned(),
        [one] => one.clone(),
        [some @ .., last] => format!("{} and {last}", some.join(", ")),
    };
    format!("{what} changed since the last run, so removals wait for a person")
}

/// 64 bits of a hash of texts, each told from its neighbours.
fn digest<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update(text.len().to_be_bytes());
        hash.update(text);
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        id::{GroupId, LinkId, ListId, TenantId},
        import::Meaning,
        link::Source,
    };

    fn list() -> List {
        List::new(ListId::parse("l").expect("an id"), "News".into())
    }

    fn link() -> Link {
        let stored = serde_json::json!({
            "id": LinkId::parse("k").expect("an id"), "list": "l", "group": "g1", "group_name": "Staff",
            "tenant": TenantId::parse("00000000-0000-4000-8000-000000000001").expect("an id"),
            "mode": "list-to-group"
        });
        serde_json::from_value(stored).expect("a link")
    }

    fn filtered(filter: &str) -> List {
        List { kind: ListKind::Filtered { filter: filter.into() }, ..list() }
    }

    #[test]
    fn each_part_that_changed_is_named_and_nothing_else_is_one() {
        use ScopePart::{Filter, Groups, InternalDomains, Mode as Led, StatusWords};
        let (link, settings) = (link(), Settings::default());
        let before = Scope::of(&link, Some(&filtered("a pr")), &settings);
        let word = |word: &str| List {
            status_words: [(word.to_owned(), Meaning::Active)].into(),
            ..filtered("a pr")
        };
        let more = Source { group: GroupId::parse("g2").expect("an id"), name: "Sales".into() };
        let two = Link { more: vec![more], ..link.clone() };
        let led = Link { mode: Mode::TwoWay, ..link.clone() };
        let domains = Settings { internal_domains: ["x.example".to_owned()].into(), ..settings.clone() };
        let renamed = List { name: "Other".into(), max_additions: None, ..filtered("a pr") };
        let calm = Link { every: Some(std::time::Duration::from_secs(9)), ..link.clone() };
        for (now, parts) in [
            (Scope::of(&link, Some(&filtered("a pr")), &settings), vec![]),
            (Scope::of(&calm, Some(&renamed), &settings), vec![]),
            (Scope::of(&link, Some(&filtered("b pr")), &settings), vec![Filter]),
            (Scope::of(&link, Some(&list()), &settings), vec![Filter]),
            (Scope::of(&two, Some(&filtered("a pr")), &settings), vec![Groups]),
            (Scope::of(&led, Some(&filtered("a pr")), &settings), vec![Led]),
            (Scope::of(&link, Some(&word("left")), &settings), vec![StatusWords]),
            (Scope::of(&link, Some(&filtered("a pr")), &domains), vec![InternalDomains]),
            (Scope::of(&led, Some(&list()), &domains), vec![Filter, Led, InternalDomains]),
        ] {
            let changed = now.changed_since(&before);
            assert_eq!(changed.into_iter().collect::<Vec<_>>(), parts, "{now:?}");
        }
        let other = Scope::of(&link, Some(&word("away")), &settings);
        assert_eq!(
            other.changed_since(&Scope::of(&link, Some(&word("left")), &settings)),
            [StatusWords].into()
        );
    }

    #[test]
    fn a_change_is_known_once_a_run_has_looked_at_all_of_it_or_a_person_has() {
        let (some, none) = (BTreeSet::from([ScopePart::Filter]), BTreeSet::new());
        for (changed, ruled, expected) in [
            (&none, false, Scoped::Known),
            (&none, true, Scoped::Known),
            (&some, false, Scoped::Changed),
            (&some, true, Scoped::Known),
        ] {
            assert_eq!(scoped(changed, ruled), expected, "{changed:?} {ruled}");
        }
        let of = |filter: &str| Scope::of(&link(), Some(&filtered(filter)), &Settings::default());
        for (before, looked, kept) in [
            (None, Looked::AtAll, of("b pr")),
            (None, Looked::NotAtAll, of("b pr")),
            (Some(of("a pr")), Looked::AtAll, of("b pr")),
            (Some(of("a pr")), Looked::NotAtAll, of("a pr")),
        ] {
            assert_eq!(Scope::after(before.as_ref(), of("b pr"), looked), kept, "{before:?} {looked:?}");
        }
    }

    #[test]
    fn the_sentence_names_what_changed() {
        let all = [ScopePart::Filter, ScopePart::Groups, ScopePart::Mode];
        assert!(sentence(all).starts_with("the filter, the groups and the mode changed since"));
        assert!(sentence([ScopePart::Filter]).starts_with("the filter changed since the last run"));
    }
}
