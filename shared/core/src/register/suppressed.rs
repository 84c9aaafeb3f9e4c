use serde::{Deserialize, Serialize};

use super::stand::{Stand, Word};
use crate::{
    Timestamp,
    consent::stronger,
    contact::{OptOut, OptOutReason, Scope, Via},
    id::ListId,
};

/// A no of somebody who is not kept any more, or never was: stores keep it under the keyed hash of each [mark](crate::mark::Mark) of theirs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppressed {
    /// What it is about.
    pub scope: Scope,
    /// Why, since when, and the way it came.
    pub no: OptOut,
}

impl Suppressed {
    /// The no that stands for somebody who was erased.
    #[must_use]
    pub fn erasure(at: Timestamp) -> OptOut {
        OptOut { reason: OptOutReason::Erased, at, via: Via::Operator }
    }

    /// Whether it is the no that stands for somebody who was erased.
    #[must_use]
    pub fn is_erasure(&self) -> bool {
        self.scope == Scope::All && self.no.reason == OptOutReason::Erased
    }

    /// The list that it is about; none: it is about all.
    #[must_use]
    pub fn list(&self) -> Option<&ListId> {
        match &self.scope {
            Scope::List(list) => Some(list),
            Scope::All => None,
        }
    }
}

/// What is kept of a mark once nobody who is kept said no under it. Of two nos to the same the stronger stays; that they
/// were erased stands beside whatever they say of all lists.
#[must_use]
pub fn keep(known: Vec<Suppressed>, scope: &Scope, no: OptOut) -> Vec<Suppressed> {
    let is_erasure = |no: OptOut| no.reason == OptOutReason::Erased;
    let same = |said: &Suppressed| said.scope == *scope && is_erasure(said.no) == is_erasure(no);
    let (before, others): (Vec<Suppressed>, Vec<Suppressed>) = known.into_iter().partition(same);
    let no = before.into_iter().fold(no, |no, said| stronger(Some(said.no), Some(no)).unwrap_or(no));
    std::iter::once(Suppressed { scope: scope.clone(), no }).chain(others).collect()
}

impl Stand {
    /// How somebody who is not kept stands to a list, by what was said under their marks. A no may be about the list by another
    /// id: that of a deleted one whose name it has.
    #[must_use]
    pub fn of_stranger(said: &[Suppressed], is_the_list: impl Fn(&ListId) -> bool) -> Self {
        said.iter().fold(Self::BLANK, |stand, Suppressed { scope, no }| match scope {
            Scope::All if no.reason == OptOutReason::Erased => Self { erased: Some(*no), ..stand },
            Scope::All => Self { to_all: stronger(stand.to_all, Some(*no)), ..stand },
            Scope::List(id) if is_the_list(id) => {
                Self { word: Word::inheriting(stand.word, Some(*no)), ..stand }
            }
            Scope::List(_) => stand,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        list::{List, OptOutRule, Standing},
        register::HeldOff,
    };

    fn no(reason: OptOutReason, second: i64) -> OptOut {
        OptOut { reason, at: Timestamp::from_second(second).expect("an instant"), via: Via::Page }
    }

    #[test]
    fn of_two_nos_to_the_same_the_stronger_is_kept_and_an_erasure_beside_it() {
        let (own, complaint, erased) =
            (no(OptOutReason::Own, 1), no(OptOutReason::Complaint, 2), no(OptOutReason::Erased, 0));
        let all = |no| Suppressed { scope: Scope::All, no };
        for (known, said, expected) in [
            (vec![], own, vec![all(own)]),
            (vec![all(own)], complaint, vec![all(complaint)]),
            (vec![all(complaint)], own, vec![all(complaint)]),
            (vec![all(erased)], own, vec![all(own), all(erased)]),
            (vec![all(own)], erased, vec![all(erased), all(own)]),
        ] {
            assert_eq!(keep(known.clone(), &Scope::All, said), expected, "{known:?}");
        }
    }

    #[test]
    fn an_address_is_held_off_by_a_no_to_a_deleted_list_of_the_name() {
        let id = |text: &str| ListId::parse(text).expect("an id");
        let mut list = List::new(id("new"), "News".into());
        list.formerly.insert(id("old"));
        let said = |scope| [Suppressed { scope, no: no(OptOutReason::Own, 1) }];
        for (scope, expected) in [
            (Scope::List(id("old")), Some(HeldOff::Word)),
            (Scope::List(id("other")), None),
            (Scope::All, Some(HeldOff::NoToAll)),
        ] {
            let stand = Stand::of_stranger(&said(scope), |id| list.ids().any(|known| known == id));
            assert_eq!(stand.standing, Standing::Absent);
            assert_eq!(stand.held_off(OptOutRule::Allowed), expected);
            assert_eq!(stand.held_off(OptOutRule::NotAllowed), None);
        }
    }
}
