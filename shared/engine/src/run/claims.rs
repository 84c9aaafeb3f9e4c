//! Members of the group whose address leads to a contact that is not, or not known to be, theirs.

use std::collections::BTreeMap;

use listsync_core::{
    address::Address,
    id::ObjectId,
    identity::Match,
    list::Entry,
    matched::{Binding, Claim, Grounds},
    member::Open,
};

use super::{apply::Apply, look::Look, resolve::with_domains, successor::gone};
use crate::ports::{EntryQuery, Fault, Fold, ListEffect, ListOutcome, Lookup, PortError, PortResult};

/// An addition to the list that led to a contact, by its number in the fold.
struct Led<'a> {
    step: usize,
    member: &'a ObjectId,
    by: &'a Address,
    primary: Option<&'a Address>,
    entry: Entry,
}

impl Led<'_> {
    fn is_by_alias(&self) -> bool {
        *self.by != self.entry.address
    }

    fn claim(&self) -> Claim<'_> {
        Claim { member: self.member, by: self.by, primary: self.primary, listed: &self.entry.address }
    }
}

impl Apply<'_> {
    /// Gives contacts to the members whose they are, and does the steps that were kept back for it; the other outcomes stay.
    pub(super) async fn decide_claims(&self, fold: Fold, outcomes: &mut [ListOutcome]) -> PortResult<()> {
        let contested = |outcome: &ListOutcome| matches!(outcome, ListOutcome::Conflict | ListOutcome::Alias);
        let wanted = (0..outcomes.len()).filter(|step| contested(&outcomes[*step])).collect::<Vec<_>>();
        if wanted.is_empty() {
            return Ok(());
        }
        let given = given(self.look, led(self.look, &fold, &wanted).await?).await?;
        if given.is_empty() {
            return Ok(());
        }
        let bindings: Vec<Binding> = given.values().map(|one| one.binding.clone()).collect();
        self.look.ports.lists.bind(&bindings).await?;
        // What was done before is so already, and counted; only what was kept back is decided anew.
        let mut list = fold.list;
        for (step, Given { open, .. }) in given {
            list[step].then.open = open;
        }
        // Of a batch of its own: what was done before is kept already.
        let effects = fold.effects.and_then(|effects| self.batch(effects.batch.done));
        let again = self.fold(Fold { list, moved: Vec::new(), effects, ..fold }).await?;
        for (outcome, again) in outcomes.iter_mut().zip(again).filter(|(outcome, _)| contested(outcome)) {
            *outcome = again;
        }
        Ok(())
    }
}

/// A contact that becomes a member's.
struct Given {
    binding: Binding,
    open: Option<Open>,
}

impl Given {
    fn on(grounds: Grounds, Led { member, entry, .. }: &Led<'_>) -> Self {
        // A match that rests on another address than the contact's is doubted by the next run, which has to look at it.
        let open = (grounds.address != entry.address).then_some(Open::Due);
        let (contact, object) = (entry.contact.clone(), (*member).clone());
        Self { binding: Binding { contact, object, grounds }, open }
    }
}

/// The contacts to which additions led.
async fn led<'a>(look: Look<'_>, fold: &'a Fold, steps: &[usize]) -> PortResult<Vec<Led<'a>>> {
    let mut led = Vec::new();
    for &step in steps {
        let ListEffect::Add { contact, object_id: member, primary } = &fold.list[step].effect else {
            continue;
        };
        let wanted = std::slice::from_ref(&contact.address);
        let entries = look.ports.lists.entries(&look.link().list, EntryQuery::Addresses(wanted)).await?;
        let (by, primary) = (&contact.address, primary.as_ref());
        led.extend(entries.into_iter().map(|entry| Led { step, member, by, primary, entry }));
    }
    Ok(led)
}

/// Which of these contacts become the member's, by the number of the step: those that are matched to nobody, or to an object
/// that is gone, where nobody else answers to their own address.
async fn given(look: Look<'_>, led: Vec<Led<'_>>) -> PortResult<BTreeMap<usize, Given>> {
    let bound: Vec<&Entry> = led.iter().map(|one| &one.entry).filter(|one| one.object_id.is_some()).collect();
    let gone = gone(look, &bound).await?;
    let is_free = |one: &Led<'_>| one.entry.object_id.as_ref().is_none_or(|id| gone.contains(id));
    let (aliased, own): (Vec<Led<'_>>, Vec<Led<'_>>) =
        led.into_iter().filter(is_free).partition(Led::is_by_alias);
    let mut given = BTreeMap::new();
    for one in &own {
        let grounds = Grounds::new(one.entry.address.clone(), one.primary, look.now());
        given.insert(one.step, Given::on(grounds, one));
    }
    if aliased.is_empty() {
        return Ok(given);
    }
    let settings = with_domains(look).await?;
    let addresses: Vec<Address> = aliased.iter().map(|one| one.entry.address.clone()).collect();
    let answers = look.places().look_up(look.call(), &addresses).await?;
    for (one, answer) in aliased.iter().zip(answers) {
        let answer = match answer {
            Lookup::Found(person) => Some(Match::One(person.id)),
            Lookup::Ambiguous(ids) => Some(Match::Several(ids)),
            Lookup::Nobody => None,
        };
        let grounds = one.claim().grounds(answer.as_ref(), &settings, look.now());
        given.extend(grounds.map(|grounds| (one.step, Given::on(grounds, one))));
    }
    Ok(given)
}

/// Why a member of the group was not put on the list.
pub(super) fn conflict(outcome: ListOutcome) -> PortError {
    let (message, hint) = match outcome {
        ListOutcome::Alias => (
            "the address is a further one of a contact whose own address is somebody else's",
            "take it off that contact (listsync contacts edit EMAIL --drop-alias ADDRESS), or correct the contact's own",
        ),
        _ => (
            "the address belongs to a contact that was matched to somebody else",
            "correct the address of one of the two, in the list or in the directory",
        ),
    };
    PortError::new(Fault::Rejected, "ambiguous_address", message).with_hint(hint)
}
