//! The results of one batch. Each effect on the list, its step in the change log, the contact and the row that remembers
//! it are one transaction under the lease's token; a batch that one transaction does not hold is several, in order.

use std::collections::BTreeSet;

use listsync_core::{
    Timestamp,
    address::Address,
    effects::Certainty,
    id::{ContactId, ObjectId},
    list::{NewContact, Origin, Standing},
    mark::Mark,
    matched::Grounds,
    member::Member,
    register::{Candidate, Meant, addition, removal},
};
use listsync_engine::ports::{
    Fold, Lease, ListEffect, ListOutcome, ListStep, MemberChange, Moved, PortResult,
};

use super::{
    counts,
    lease::{fence, fence_and_grow, lost},
    members::key_text,
    row::{LinkRow, gone},
    rows::{Rows, named},
};
use crate::{
    contacts, effects,
    lists::{
        changes,
        draft::{Draft, Move},
        head::Head,
        people::{People, Wanted},
        tx::{ListTx, Piece},
    },
    table::{Fail, Op, Patience, Table},
};

const DOING: &str = "record the batch";
/// How many rows or steps are read in one go.
const CHUNK: usize = 300;

/// Records one batch and does its effects on the list.
pub(super) async fn fold(
    table: &Table,
    lease: &Lease,
    fold: &Fold,
    now: Timestamp,
) -> PortResult<Vec<ListOutcome>> {
    let link = LinkRow::find(table, &lease.link).await?.ok_or_else(|| gone(&lease.link))?;
    if fold.effects.is_some() && (link.token != lease.token || link.leased_until.is_none()) {
        // What is kept of effects carries no condition, so who is stale already keeps nothing.
        return Err(lost(lease));
    }
    let folding = Folding { table, lease, link, now };
    // What the guard counts comes first: what a crash leaves half-done is then held rather than let through.
    folding.record(&fold.moved).await?;
    if let Some(told) = &fold.effects {
        let certainty = if fold.list.is_empty() { Certainty::Certain } else { Certainty::Uncertain };
        effects::keep(table, told, certainty).await?;
    }
    folding.write_rows(&fold.members).await?;
    if fold.moved.is_empty() && fold.members.is_empty() && fold.list.is_empty() {
        folding.transact(&[fence(lease)]).await?;
    }
    let outcomes = folding.do_steps(fold).await?;
    if let Some(told) = fold.effects.as_ref().filter(|_| !outcomes.is_empty()) {
        effects::settle(table, told, &outcomes).await?;
    }
    Ok(outcomes)
}

/// Writes rows alone.
pub(super) async fn save_rows(table: &Table, lease: &Lease, members: &[MemberChange]) -> PortResult<()> {
    let link = LinkRow::find(table, &lease.link).await?.ok_or_else(|| gone(&lease.link))?;
    Folding { table, lease, link, now: Timestamp::UNIX_EPOCH }.write_rows(members).await
}

struct Folding<'a> {
    table: &'a Table,
    lease: &'a Lease,
    link: LinkRow,
    now: Timestamp,
}

impl Folding<'_> {
    async fn transact(&self, ops: &[Op]) -> PortResult<()> {
        match self.table.transact(DOING, ops).await {
            Ok(()) => Ok(()),
            Err(Fail::Port(error)) => Err(error),
            Err(Fail::Stale | Fail::Taken) => Err(crate::error::busy(DOING)),
        }
    }

    async fn record(&self, moved: &[Moved]) -> PortResult<()> {
        for some in moved.chunks(90) {
            let mut ops = vec![fence(self.lease)];
            ops.extend(some.iter().map(|moved| counts::record_op(&self.link, moved)));
            self.transact(&ops).await?;
        }
        Ok(())
    }

    async fn write_rows(&self, members: &[MemberChange]) -> PortResult<()> {
        for some in members.chunks(CHUNK) {
            let mut rows = Rows::load(self.table, &self.link.space, named(some)).await?;
            let mut tx = ListTx::new(&Head::blank(self.no_list()));
            for change in some {
                let piece = rows.settle(change)?;
                if !tx.fits(&piece) {
                    self.commit(&mut tx).await.map_err(as_port)?;
                }
                tx.push(piece);
            }
            self.commit(&mut tx).await.map_err(as_port)?;
        }
        Ok(())
    }

    /// Rows change no list; only its id is of use.
    fn no_list(&self) -> listsync_core::list::List {
        listsync_core::list::List::new(self.link.link.list.clone(), String::new())
    }

    async fn commit(&self, tx: &mut ListTx) -> Result<(), Fail> {
        if tx.is_empty() {
            return Ok(());
        }
        let fence = fence_and_grow(self.lease, tx.in_group());
        tx.commit(self.table, DOING, vec![fence]).await
    }

    async fn do_steps(&self, fold: &Fold) -> PortResult<Vec<ListOutcome>> {
        let seen = fold.list_seen.as_ref().and_then(changes::number);
        let mut outcomes = Vec::with_capacity(fold.list.len());
        let mut patience = Patience::new(DOING);
        while outcomes.len() < fold.list.len() {
            let upto = fold.list.len().min(outcomes.len() + CHUNK);
            let before = outcomes.len();
            match self.do_some(&fold.list[before..upto], seen, &mut outcomes).await {
                Ok(()) => {}
                Err(Fail::Port(error)) => return Err(error),
                Err(Fail::Stale | Fail::Taken) => patience.wait().await?,
            }
            if outcomes.len() > before {
                patience = Patience::new(DOING);
            }
        }
        Ok(outcomes)
    }

    /// Does steps until one turns out to be decided on stale grounds; outcomes are those of what was written.
    async fn do_some(
        &self,
        steps: &[ListStep],
        seen: Option<u64>,
        outcomes: &mut Vec<ListOutcome>,
    ) -> Result<(), Fail> {
        let head = Head::load(self.table, &self.link.link.list).await?;
        let mut scene = Scene::load(self, (&head, steps), seen).await?;
        let recognized = scene.recognized(steps, self.now)?;
        for (contact, object) in &recognized {
            contacts::recognize(self.table, contact, &[(*object).into()], self.now).await?;
        }
        if !recognized.is_empty() {
            // They stand differently now, and nothing of the list is as it was read.
            return Err(Fail::Stale);
        }
        let mut tx = ListTx::new(&head);
        let mut waiting = Vec::new();
        for step in steps {
            let (outcome, piece) = scene.step(step, (&tx, self.now))?;
            if !tx.fits(&piece) {
                self.commit(&mut tx).await?;
                outcomes.append(&mut waiting);
            }
            tx.push(piece);
            waiting.push(outcome);
        }
        self.commit(&mut tx).await?;
        outcomes.append(&mut waiting);
        Ok(())
    }
}

fn as_port(fail: Fail) -> listsync_engine::ports::PortError {
    match fail {
        Fail::Port(error) => error,
        Fail::Stale | Fail::Taken => crate::error::busy(DOING),
    }
}

/// The list and the link's rows, as steps find them.
struct Scene<'a> {
    people: People,
    rows: Rows<'a>,
    /// Up to where the run has read the list.
    seen: Option<u64>,
}

type Decided = (ListOutcome, Option<Draft>);

/// The refusal of somebody who opted out, with their draft where their row does not say so yet.
fn opted_out(draft: Draft) -> Decided {
    let is_silent = draft.known_id().is_some() && draft.is_silently_out();
    (ListOutcome::OptedOut, is_silent.then_some(draft))
}

impl<'a> Scene<'a> {
    async fn load(
        folding: &'a Folding<'_>,
        (head, steps): (&Head, &[ListStep]),
        seen: Option<u64>,
    ) -> PortResult<Self> {
        let mut wanted = Wanted::default();
        for step in steps {
            match &step.effect {
                ListEffect::Add { contact, object_id, .. } => {
                    wanted.addresses.push(contact.address.clone());
                    wanted.objects.push(object_id.clone());
                }
                ListEffect::Remove(contact) => wanted.contacts.push(contact.clone()),
            }
        }
        let objects = wanted.objects.clone();
        let marks: Vec<Mark<'_>> = objects.iter().map(Mark::Object).collect();
        let people = People::load(folding.table, head, wanted).await?.heeding(folding.table, &marks).await?;
        let keys: BTreeSet<String> = steps.iter().map(|step| key_text(&step.then.key)).collect();
        let mut contacts: BTreeSet<ContactId> = people.known().cloned().collect();
        contacts.extend(steps.iter().filter_map(|step| step.then.contact.clone()));
        let rows = Rows::load(folding.table, &folding.link.space, (keys, contacts)).await?;
        Ok(Self { people, rows, seen })
    }

    /// Decides one step, and what is to be written for it: the effect and its row.
    fn step(&mut self, step: &ListStep, (tx, at): (&ListTx, Timestamp)) -> PortResult<(ListOutcome, Piece)> {
        let change = |to| Move { to, by: Origin::Entra, at };
        let (outcome, draft) = match &step.effect {
            ListEffect::Add { contact, object_id, primary } => {
                self.add(contact, (object_id, primary.as_ref()), change(Standing::Member))?
            }
            ListEffect::Remove(contact) => self.remove(contact, change(Standing::Absent)),
        };
        match (outcome, draft) {
            // A no to all lists becomes one to this list, for the next run to see.
            (ListOutcome::OptedOut, Some(mut out)) => {
                let said = Move { to: Standing::OptedOut, by: Origin::Own, at };
                out.shift(said);
                Ok((outcome, self.people.settle(out)?))
            }
            (ListOutcome::Done | ListOutcome::AlreadySo, draft) => self.record(step, (outcome, draft), tx),
            (outcome, _) => Ok((outcome, Piece::default())),
        }
    }

    /// What is written for an effect, and the row that remembers it.
    fn record(
        &mut self,
        step: &ListStep,
        (outcome, draft): Decided,
        tx: &ListTx,
    ) -> PortResult<(ListOutcome, Piece)> {
        let known = draft.as_ref().map(|draft| draft.contact.id().clone());
        let mut piece = match draft {
            Some(draft) => self.people.settle(draft)?,
            None => Piece::default(),
        };
        if let Some((row, _)) = &mut piece.row {
            row.seq = tx.next_seq();
        }
        let contact = known.or_else(|| step.then.contact.clone());
        let row = MemberChange::Put(Member { contact, ..step.then.clone() });
        let rows = self.rows.settle(&row)?;
        piece.ops.extend(rows.ops);
        piece.in_group += rows.in_group;
        Ok((outcome, piece))
    }

    /// The contacts that are about to be matched to an object under which a no waits. They take it over before. It is not known
    /// before whom an addition means, and nobody else is to take it over.
    fn recognized<'s>(
        &self,
        steps: &'s [ListStep],
        now: Timestamp,
    ) -> PortResult<Vec<(ContactId, &'s ObjectId)>> {
        let mut recognized = Vec::new();
        for step in steps {
            let ListEffect::Add { contact, object_id, primary } = &step.effect else { continue };
            if self.people.bringing([object_id.into()]).is_empty() {
                continue;
            }
            let joins = Move { to: Standing::Member, by: Origin::Entra, at: now };
            let (outcome, draft) = self.add(contact, (object_id, primary.as_ref()), joins)?;
            let matched = draft.filter(|_| outcome != ListOutcome::OptedOut);
            recognized.extend(matched.and_then(|draft| Some((draft.known_id()?, object_id))));
        }
        Ok(recognized)
    }

    fn add(
        &self,
        new: &NewContact,
        (object, primary): (&ObjectId, Option<&Address>),
        joins: Move,
    ) -> PortResult<Decided> {
        let candidate = |draft: &Draft| draft.candidate(&new.address, self.seen);
        let of_object = self.people.by_object(object);
        let of_address = self.people.by_address(&new.address);
        let fresh = self.people.obtain(new, &[object.into()], (joins.by, joins.at))?;
        let matched: Vec<Candidate> = of_object.iter().map(candidate).collect();
        let same = of_address.as_ref().map(candidate);
        let (meant, outcome) = addition(&matched, same.as_ref(), fresh.stand, self.people.rule());
        let meant = match meant {
            Meant::OfObject(place) => of_object.into_iter().nth(place),
            Meant::OfAddress => of_address,
            Meant::Nobody => Some(fresh),
        };
        let Some(mut draft) = meant else { return Ok((outcome, None)) };
        match outcome {
            ListOutcome::OptedOut => return Ok(opted_out(draft)),
            ListOutcome::Conflict | ListOutcome::Superseded | ListOutcome::Alias => {
                return Ok((outcome, None));
            }
            ListOutcome::Done => draft.shift(joins),
            ListOutcome::AlreadySo => {}
        }
        let card = &mut draft.contact.card;
        if card.object_id.is_none() {
            card.object_id = Some(object.clone());
            card.grounds = Some(Grounds::new(card.address.clone(), primary, joins.at));
        }
        Ok((outcome, Some(draft)))
    }

    fn remove(&self, id: &ContactId, leaves: Move) -> Decided {
        let Some(mut draft) = self.people.by_id(id) else { return (ListOutcome::AlreadySo, None) };
        let outcome = removal(&draft.candidate(&draft.contact.card.address, self.seen));
        match outcome {
            ListOutcome::Superseded => return (outcome, None),
            ListOutcome::Done => draft.shift(leaves),
            _ => {}
        }
        (outcome, Some(draft))
    }
}
