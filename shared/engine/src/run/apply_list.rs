//! Performing the effects on the list: each is one transaction with the row that remembers it.

use std::collections::{BTreeMap, BTreeSet};

use listsync_core::{
    address::Address,
    case::{failed_again, skip},
    link::Side,
    list::NewContact,
    member::{Change, Member, MemberKey, Op, Open},
    plan::Effect,
    register::KeptOff,
};

use super::{
    apply::{Apply, Stop, failure},
    claims::conflict,
    decide::{Resolution, counts},
};
use crate::ports::{EntryQuery, Fold, ListEffect, ListOutcome, ListStep, MemberChange, PortResult};

/// An effect on the list that is to be done.
struct Due<'e> {
    effect: &'e Effect,
    /// What is remembered of its member while it is not done.
    row: Member,
    step: ListStep,
}

/// Who was not added to the list because of a no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refuser {
    /// A contact.
    Contact,
    /// Nobody who is kept.
    Nobody,
    /// Nobody who is kept, as they were erased: the row does not name them.
    Erased,
}

impl Apply<'_> {
    pub(super) async fn list_batch(
        &mut self,
        batch: &[&Effect],
        resolution: &Resolution,
    ) -> PortResult<Option<Stop>> {
        let mut due: Vec<Due<'_>> = batch
            .iter()
            .filter_map(|&effect| {
                let row = resolution.pending.get(&effect.key)?.clone();
                let primary = resolution.primaries.get(&effect.key).cloned();
                Some(Due { effect, step: step(effect, row.clone(), primary)?, row })
            })
            .collect();
        let staying = self.leave_under_aliases(&due, resolution).await?;
        let stays = due.extract_if(.., |one| staying.contains(&one.effect.key));
        let mut left: Vec<Member> = stays.map(|one| Member { open: Some(Open::Due), ..one.row }).collect();
        let outcomes = self.do_all(&due, resolution).await?;
        let refusing = self.refusing(&due, &outcomes).await?;
        let mut goes_on = false;
        for (Due { effect, row, .. }, outcome) in due.into_iter().zip(outcomes) {
            let left_the_list = matches!(outcome, ListOutcome::Done | ListOutcome::AlreadySo);
            goes_on |= left_the_list && resolution.still_listed.contains(&effect.key);
            match outcome {
                ListOutcome::Done => self.count(effect),
                ListOutcome::AlreadySo => {}
                ListOutcome::Superseded => left.push(Member { open: Some(Open::Due), ..row }),
                ListOutcome::OptedOut => {
                    let refuser = effect.address.as_ref().and_then(|address| refusing.get(address));
                    left.push(self.refused(row, refuser.copied().unwrap_or(Refuser::Nobody)));
                }
                ListOutcome::Conflict | ListOutcome::Alias => {
                    let error = conflict(outcome);
                    self.summary.fail(failure(effect, &error));
                    let open = Some(failed_again(row.open.as_ref(), &error.code, self.look.now()));
                    left.push(Member { open, ..row });
                }
            }
        }
        self.save(left.into_iter().map(MemberChange::Put).collect(), Vec::new()).await?;
        Ok(goes_on.then_some(Stop::GoOn))
    }

    async fn do_all(&self, due: &[Due<'_>], resolution: &Resolution) -> PortResult<Vec<ListOutcome>> {
        let counted = due.iter().filter(|one| counts(one.effect)).count() as u64;
        let steps = due.iter().map(|one| one.step.clone()).collect();
        let done = due.iter().map(|one| self.done_on_list(one.effect)).collect();
        // The effects of a batch are of one kind.
        let op = due.first().map_or(Op::Remove, |one| one.effect.change.op);
        let fold = Fold { effects: self.batch(done), ..self.fold_of(steps, op, counted, resolution) };
        let mut outcomes = self.fold(fold.clone()).await?;
        self.decide_claims(fold, &mut outcomes).await?;
        Ok(outcomes)
    }

    fn fold_of(&self, list: Vec<ListStep>, op: Op, counted: u64, resolution: &Resolution) -> Fold {
        let change = Change { side: Side::List, op };
        Fold {
            list,
            list_seen: Some(self.list_seen.clone()),
            members: Vec::new(),
            moved: self.moved(change, counted, resolution).into_iter().collect(),
            effects: None,
        }
    }

    /// Takes people off the list under all their addresses but one, before their own steps do so under that: only these
    /// record that the person has left. What ends between the two leaves somebody who is still to leave; the other way
    /// round it would leave somebody who seems to have joined the list anew. Whose alias changed meanwhile stays, to be
    /// decided anew.
    async fn leave_under_aliases(
        &mut self,
        due: &[Due<'_>],
        resolution: &Resolution,
    ) -> PortResult<BTreeSet<MemberKey>> {
        let aliases = due.iter().flat_map(|one| one.effect.also.iter().map(move |alias| (one, alias)));
        let mut done = Vec::new();
        let mut leaving: Vec<(&Effect, ListStep)> = Vec::new();
        for (Due { effect, row, .. }, alias) in aliases {
            let step = ListStep { effect: ListEffect::Remove(alias.contact.clone()), then: row.clone() };
            done.push(self.done_under(effect, alias));
            leaving.push((*effect, step));
        }
        let mut staying = BTreeSet::new();
        if leaving.is_empty() {
            return Ok(staying);
        }
        let counted = leaving.iter().filter(|(effect, _)| counts(effect)).count() as u64;
        let steps = leaving.iter().map(|(_, step)| step.clone()).collect();
        let fold = self.fold_of(steps, Op::Remove, counted, resolution);
        let outcomes = self.fold(Fold { effects: self.batch(done), ..fold }).await?;
        for ((effect, _), outcome) in leaving.iter().zip(outcomes) {
            match outcome {
                ListOutcome::Done => self.count(effect),
                ListOutcome::AlreadySo => {}
                ListOutcome::Superseded
                | ListOutcome::OptedOut
                | ListOutcome::Conflict
                | ListOutcome::Alias => {
                    staying.insert(effect.key.clone());
                }
            }
        }
        Ok(staying)
    }

    /// Who they are who were not added because of a no, by address.
    async fn refusing(
        &self,
        due: &[Due<'_>],
        outcomes: &[ListOutcome],
    ) -> PortResult<BTreeMap<Address, Refuser>> {
        let refused = due.iter().zip(outcomes).filter(|(_, outcome)| **outcome == ListOutcome::OptedOut);
        let (lists, list) = (&self.look.ports.lists, &self.look.link().list);
        let mut refusing = BTreeMap::new();
        for (Due { effect, .. }, _) in refused {
            let Some(address) = &effect.address else { continue };
            let wanted = std::slice::from_ref(address);
            let refuser = if !lists.entries(list, EntryQuery::Addresses(wanted)).await?.is_empty() {
                Refuser::Contact
            } else if lists.refused(list, wanted).await?.get(address) == Some(&KeptOff::Erasure) {
                Refuser::Erased
            } else {
                Refuser::Nobody
            };
            refusing.insert(address.clone(), refuser);
        }
        Ok(refusing)
    }

    /// Who opted out is looked at by the next run, which takes them out of the group where it may. Somebody who is
    /// suppressed is nobody's contact, so nothing is to be done about them for a while.
    fn refused(&mut self, row: Member, refuser: Refuser) -> Member {
        let code = match refuser {
            Refuser::Contact => skip::OPTED_OUT,
            Refuser::Nobody | Refuser::Erased => skip::SUPPRESSED,
        };
        *self.summary.skipped.entry(code.to_owned()).or_default() += 1;
        let open = match refuser {
            Refuser::Contact => Open::Due,
            Refuser::Nobody | Refuser::Erased => failed_again(row.open.as_ref(), code, self.look.now()),
        };
        let address = row.address.clone().filter(|_| refuser != Refuser::Erased);
        Member { open: Some(open), address, ..row }
    }
}

fn step(effect: &Effect, row: Member, primary: Option<Address>) -> Option<ListStep> {
    let then = Member { in_baseline: effect.change.op == Op::Add, open: None, ..row };
    let effect = match effect.change.op {
        Op::Add => ListEffect::Add {
            contact: NewContact {
                address: effect.address.clone()?,
                name: effect.name.clone(),
                fields: BTreeMap::new(),
            },
            object_id: effect.key.object_id()?.clone(),
            primary,
        },
        Op::Remove => ListEffect::Remove(effect.contact.clone()?),
    };
    Some(ListStep { effect, then })
}
