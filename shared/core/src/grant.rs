//! What somebody may do, and on which lists: one value for whoever acts on the service without being its operator.

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};

use crate::id::ListId;

/// A kind of deed. Each holds `read`, `operate` holds `sync`, `admin` holds every other but `scim`, and no other two hold one
/// another: what a provisioning system does is off until a key is made for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Look.
    Read,
    /// Have a link run now: what the owner of its group may.
    Sync,
    /// Members, contacts, imports and syncs: what is done day by day.
    Operate,
    /// Make, change, loosen and remove links, and so choose which group is written, and how far.
    Link,
    /// Rule on changes that are held for a person.
    Approve,
    /// Keys, event sources, settings, erasing people.
    Admin,
    /// Push people and members, as a provisioning system.
    Scim,
}

impl Verb {
    /// Every verb, in the order in which they are told.
    pub const ALL: [Self; 7] =
        [Self::Read, Self::Sync, Self::Operate, Self::Link, Self::Approve, Self::Admin, Self::Scim];

    /// Whether who may do this may do the other too.
    #[must_use]
    pub fn holds(self, other: Self) -> bool {
        match (self, other) {
            (one, Self::Scim) => one == Self::Scim,
            (Self::Admin, _) | (_, Self::Read) | (Self::Operate, Self::Sync) => true,
            (one, other) => one == other,
        }
    }

    /// The word for it, as scopes of keys are written.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Sync => "sync",
            Self::Operate => "operate",
            Self::Link => "link",
            Self::Approve => "approve",
            Self::Admin => "admin",
            Self::Scim => "scim",
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// On which lists.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lists {
    /// On all, present and future, and on what is of no list: contacts as such, settings, keys.
    #[default]
    All,
    /// On these, and on nothing that is more than these.
    Only(BTreeSet<ListId>),
}

impl Lists {
    /// Whether this list is one of them.
    #[must_use]
    pub fn cover(&self, list: &ListId) -> bool {
        match self {
            Self::All => true,
            Self::Only(lists) => lists.contains(list),
        }
    }

    /// Whether what is known of a person who stands on these lists may be changed: name, fields, keys and address hold on
    /// every list that they are on, so who is bound has to have them all.
    #[must_use]
    pub fn hold_all_of<'a>(&self, stands_on: impl IntoIterator<Item = &'a ListId>) -> bool {
        stands_on.into_iter().all(|list| self.cover(list))
    }
}

/// What a deed is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach<'a> {
    /// The whole tenant.
    Tenant,
    /// Whatever of a collection the grant covers: the answer is narrowed to it.
    Covered,
    /// This list.
    List(&'a ListId),
}

/// What a grant lacks for a deed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// The verb.
    Verb(Verb),
    /// Every list: the deed is about the whole tenant.
    Tenant,
    /// This one list.
    List,
}

/// What somebody may do (verbs) × where (lists).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The deeds.
    pub verbs: BTreeSet<Verb>,
    /// The lists.
    #[serde(default)]
    pub lists: Lists,
}

impl Grant {
    /// Whether the grant suffices for a deed. The verb is judged first: who lacks it learns nothing of lists.
    ///
    /// # Errors
    /// What lacks.
    pub fn judge(&self, verb: Verb, reach: Reach<'_>) -> Result<(), Lack> {
        if !self.verbs.iter().any(|held| held.holds(verb)) {
            return Err(Lack::Verb(verb));
        }
        match (&self.lists, reach) {
            (Lists::All, _) | (Lists::Only(_), Reach::Covered) => Ok(()),
            (Lists::Only(_), Reach::Tenant) => Err(Lack::Tenant),
            (Lists::Only(lists), Reach::List(list)) if lists.contains(list) => Ok(()),
            (Lists::Only(_), Reach::List(_)) => Err(Lack::List),
        }
    }

    /// Whether it is about this list at all.
    #[must_use]
    pub fn covers(&self, list: &ListId) -> bool {
        self.lists.cover(list)
    }

    /// The lists that it is bound to; none: it is bound to no list.
    #[must_use]
    pub fn bound_to(&self) -> Option<&BTreeSet<ListId>> {
        match &self.lists {
            Lists::All => None,
            Lists::Only(lists) => Some(lists),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn list(name: &str) -> ListId {
        ListId::parse(name).expect("a plain name makes an id")
    }

    fn grant(verbs: &[Verb], lists: Lists) -> Grant {
        Grant { verbs: verbs.iter().copied().collect(), lists }
    }

    #[test]
    fn who_holds_what_is_this_table() {
        use Verb::{Admin, Approve, Link, Operate, Read, Scim, Sync};
        for (held, others) in [
            (Read, vec![Read]),
            (Sync, vec![Read, Sync]),
            (Operate, vec![Read, Sync, Operate]),
            (Link, vec![Read, Link]),
            (Approve, vec![Read, Approve]),
            (Admin, vec![Read, Sync, Operate, Link, Approve, Admin]),
            (Scim, vec![Read, Scim]),
        ] {
            let holds: Vec<_> = Verb::ALL.into_iter().filter(|other| held.holds(*other)).collect();
            assert_eq!(holds, others, "{held}");
        }
    }

    #[test]
    fn a_bound_grant_reaches_its_lists_and_nothing_more() {
        let (mine, other) = (list("mine"), list("other"));
        let bound = grant(&[Verb::Operate], Lists::Only([mine.clone()].into()));
        for (verb, reach, judged) in [
            (Verb::Operate, Reach::List(&mine), Ok(())),
            (Verb::Read, Reach::List(&mine), Ok(())),
            (Verb::Operate, Reach::Covered, Ok(())),
            (Verb::Operate, Reach::List(&other), Err(Lack::List)),
            (Verb::Operate, Reach::Tenant, Err(Lack::Tenant)),
            (Verb::Link, Reach::List(&mine), Err(Lack::Verb(Verb::Link))),
            (Verb::Link, Reach::List(&other), Err(Lack::Verb(Verb::Link))),
        ] {
            assert_eq!(bound.judge(verb, reach), judged, "{verb} {reach:?}");
        }
        let free = grant(&[Verb::Operate], Lists::All);
        assert_eq!(free.judge(Verb::Operate, Reach::Tenant), Ok(()));
        assert_eq!(free.judge(Verb::Read, Reach::List(&other)), Ok(()));
    }

    #[test]
    fn a_grant_reads_back_as_it_was_written() {
        for lists in [Lists::All, Lists::Only([list("a")].into())] {
            let grant = grant(&[Verb::Read, Verb::Approve], lists);
            let text = serde_json::to_string(&grant).expect("JSON");
            assert_eq!(serde_json::from_str::<Grant>(&text).expect("a grant"), grant);
        }
        let bare: Grant = serde_json::from_str(r#"{"verbs":["read"]}"#).expect("a grant");
        assert_eq!(bare.lists, Lists::All);
    }

    fn some_verbs() -> impl Strategy<Value = BTreeSet<Verb>> {
        proptest::collection::btree_set(proptest::sample::select(Verb::ALL.to_vec()), 0..5)
    }

    proptest! {
        #[test]
        fn binding_never_gives_and_another_verb_never_takes(
            verbs in some_verbs(),
            more in proptest::sample::select(Verb::ALL.to_vec()),
            asked in proptest::sample::select(Verb::ALL.to_vec()),
            at in 0..3_usize,
        ) {
            let (mine, other) = (list("mine"), list("other"));
            let reach = [Reach::Tenant, Reach::Covered, Reach::List(&other)][at];
            let free = Grant { verbs: verbs.clone(), lists: Lists::All };
            let bound = Grant { verbs: verbs.clone(), lists: Lists::Only([mine].into()) };
            if bound.judge(asked, reach).is_ok() {
                prop_assert!(free.judge(asked, reach).is_ok());
            }
            let wider = Grant { verbs: verbs.into_iter().chain([more]).collect(), lists: Lists::All };
            if free.judge(asked, reach).is_ok() {
                prop_assert!(wider.judge(asked, reach).is_ok());
            }
        }
    }
}
