use std::collections::BTreeSet;

use super::{
    change::{By, Change, Looks},
    person::{Person, Stance},
    refusal::Refusal,
    stand::Word,
};
use crate::{
    Timestamp,
    consent::stronger,
    contact::Contact,
    id::ListId,
    import::Keys,
    list::{Origin, Standing},
    matched::Grounds,
};

/// Makes two contacts one: what becomes of the one who stays. All that was the other's is theirs then: addresses, keys, blank
/// fields, the match where they have none, and what was said.
///
/// A no of either is one of both, to each list and to all, as it was one person's all along; else a member of either is one.
///
/// # Errors
/// [`Refusal::SameContact`].
pub fn merge(keep: &Person, other: &Person, now: Timestamp) -> Result<Change, Refusal> {
    if keep.contact.id == other.contact.id {
        return Err(Refusal::SameContact(keep.contact.id.clone()));
    }
    let by = By { origin: Origin::Manual, at: now };
    let mut change = Change { looks: Looks::Again(by), ..Change::of(keep.clone()) };
    change.person.contact = joined(&keep.contact, &other.contact, now);
    change.person.erased = keep.erased.or(other.erased);
    for (list, no) in &other.of_former {
        let former = &mut change.person.of_former;
        let no = stronger(former.get(list).copied(), Some(*no)).unwrap_or(*no);
        former.insert(list.clone(), no);
    }
    let lists: BTreeSet<&ListId> = keep.stances.keys().chain(other.stances.keys()).collect();
    for list in lists {
        change.spared.insert(list.clone());
        if let Some(theirs) = other.stances.get(list) {
            stand_to(&mut change, list, theirs, now);
        }
    }
    // A no to all lists of one of them holds where only the other was a member.
    change.leave(now);
    Ok(change.of_version_after(&keep.contact))
}

fn joined(keep: &Contact, other: &Contact, now: Timestamp) -> Contact {
    let Keys { first, further } = Keys::of(keep).joined(&Keys::of(other));
    let mut after = Contact {
        opted_out: stronger(keep.opted_out, other.opted_out),
        accepts: keep.accepts_with(other),
        external_id: first,
        further_ids: further,
        ..keep.clone()
    };
    after.aliases.extend(other.addresses().into_iter().cloned());
    if after.name.is_empty() {
        after.name.clone_from(&other.name);
    }
    for (name, field) in &other.fields {
        after.fields.entry(name.clone()).or_insert_with(|| field.clone());
    }
    if let (None, Some(object)) = (&after.object_id, &other.object_id) {
        after.object_id = Some(object.clone());
        after.grounds = Some(Grounds::taken_over(other.grounds.clone(), after.address.clone(), now));
    }
    after
}

fn stand_to(change: &mut Change, list: &ListId, theirs: &Stance, now: Timestamp) {
    let rank = |standing| match standing {
        Standing::Absent => 0,
        Standing::Pending => 1,
        Standing::Member => 2,
        Standing::OptedOut => 3,
    };
    let own = *change.person.stances.entry(list.clone()).or_insert_with(|| Stance::blank(theirs.terms));
    let said = |word: Option<Word>| word.and_then(Word::no);
    let reason = |word: Option<Word>| said(word).map(|no| no.reason);
    match (own.word, theirs.word, stronger(said(own.word), said(theirs.word))) {
        // Which of two words is the later one is not known: the no is said once more, to be the last.
        (one @ Some(_), other @ Some(_), Some(no)) if reason(one) != reason(other) => {
            change.word(list, Word::No(no), no);
        }
        (one, other, _) => {
            if let Some(stance) = change.person.stances.get_mut(list) {
                stance.word = one.or(other);
            }
        }
    }
    if rank(theirs.standing) > rank(own.standing) {
        let origin = if theirs.standing == Standing::OptedOut { Origin::Own } else { Origin::Manual };
        change.shift(list, theirs.standing, By { origin, at: now });
    }
}
