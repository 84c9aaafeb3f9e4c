//! Inviting external contacts as guests, once each, and handing them on to be added to the group.

use std::collections::BTreeSet;

use listsync_core::{
    case::{failed_again, skip},
    id::{ContactId, ObjectId},
    matched::{Binding, Grounds, INVITED_ABSENT},
    member::{Member, MemberKey, Open},
    plan::{Cause, Effect},
    summary::Failure,
};

use super::{
    apply::{Apply, Stop, failure},
    decide::Resolution,
};
use crate::ports::{
    EntryQuery, Fault, Fold, Guest, Invited, MemberChange, MemberQuery, PortError, PortResult, code,
};

/// How often a guest may not be found before the invitation is taken to have come to nothing: within two hours.
const ABSENCES: u32 = 4;

/// What of the plan is left after the invitations.
pub(super) struct Handed {
    pub(super) effects: Vec<Effect>,
    pub(super) stop: Option<Stop>,
}

/// One contact to be invited, and what is remembered of it.
struct Invitation {
    effect: Effect,
    row: Member,
}

impl Apply<'_> {
    /// Performs the invitations of a plan. Who has an object then is added to the group like anybody, in this run.
    pub(super) async fn invite(
        &mut self,
        mut effects: Vec<Effect>,
        resolution: &mut Resolution,
    ) -> PortResult<Handed> {
        let mut invitations: Vec<Invitation> = effects
            .extract_if(.., |effect| effect.cause == Cause::Invited)
            .filter_map(|effect| {
                let row = resolution.pending.remove(&effect.key)?;
                Some(Invitation { effect, row })
            })
            .collect();
        let mut handed = Handed { effects, stop: None };
        let size = self.look.ports.directory.invite_batch().max(1);
        while !invitations.is_empty() && handed.stop.is_none() {
            if self.look.is_out_of_time() {
                handed.stop = Some(Stop::OutOfTime);
                break;
            }
            let rest = invitations.split_off(size.min(invitations.len()));
            let batch = std::mem::replace(&mut invitations, rest);
            if let Some(code) = self.invite_batch(batch, resolution, &mut handed).await? {
                self.refuse_the_rest(std::mem::take(&mut invitations), &code).await?;
            }
        }
        // Whoever there was no time for comes up again at once.
        let left = invitations.into_iter().map(|one| Member { open: Some(Open::Due), ..one.row });
        self.save(left.map(MemberChange::Put).collect(), Vec::new()).await?;
        Ok(handed)
    }

    /// Sets aside who would be told the same as the one before: with backoff, under the same code.
    async fn refuse_the_rest(&mut self, rest: Vec<Invitation>, code: &str) -> PortResult<()> {
        if rest.is_empty() {
            return Ok(());
        }
        *self.summary.skipped.entry(code.to_owned()).or_default() += rest.len() as u64;
        let now = self.look.now();
        let rows = rest.into_iter().map(|Invitation { row, .. }| {
            MemberChange::Put(Member { open: Some(failed_again(row.open.as_ref(), code, now)), ..row })
        });
        self.save(rows.collect(), Vec::new()).await
    }

    /// Sends one batch; some code: everybody else would be refused with it.
    async fn invite_batch(
        &mut self,
        batch: Vec<Invitation>,
        resolution: &mut Resolution,
        handed: &mut Handed,
    ) -> PortResult<Option<String>> {
        self.renew().await?;
        let now = self.look.now();
        // Saved before anything is sent: should this run die now, nobody is invited twice within the backoff.
        let intents = batch.iter().map(|Invitation { row, .. }| {
            MemberChange::Put(Member {
                open: Some(failed_again(row.open.as_ref(), skip::INVITING, now)),
                ..row.clone()
            })
        });
        self.fold(Fold { members: intents.collect(), ..Fold::default() }).await?;
        let guests: Vec<Guest> = batch
            .iter()
            .filter_map(|one| {
                Some(Guest { address: one.effect.address.clone()?, name: one.effect.name.clone() })
            })
            .collect();
        let answers = self.look.ports.directory.invite(self.call(), &guests).await;
        let mut ends = None;
        let mut found = Vec::new();
        let mut rows = Vec::new();
        for (one, answer) in batch.into_iter().zip(answers) {
            match answer {
                Invited::Guest(id) => {
                    self.summary.external.invited += 1;
                    found.push((one, id));
                }
                Invited::Known(id) => found.push((one, id)),
                Invited::NotSent => {
                    rows.push(Member { open: Some(Open::Due), ..one.row });
                    handed.stop = Some(Stop::OutOfTime);
                }
                Invited::Unknown(error) => {
                    self.summary.fail(failure(&one.effect, &error));
                    let open = Some(failed_again(one.row.open.as_ref(), skip::INVITING, now));
                    rows.push(Member { open, ..one.row });
                }
                Invited::Refused(error) => {
                    ends = ends.or(self.uninvited(one, error, (&mut rows, handed)));
                }
            }
        }
        self.save(rows.into_iter().map(MemberChange::Put).collect(), Vec::new()).await?;
        self.hand_on(found, resolution, handed).await?;
        Ok(ends)
    }

    fn uninvited(
        &mut self,
        Invitation { effect, row }: Invitation,
        error: PortError,
        (rows, handed): (&mut Vec<Member>, &mut Handed),
    ) -> Option<String> {
        if matches!(error.fault, Fault::Throttled(_) | Fault::Unavailable) {
            rows.push(Member { open: Some(Open::Due), ..row });
            handed.stop = Some(Stop::Failed(error));
            return None;
        }
        let open = Some(failed_again(row.open.as_ref(), &error.code, self.look.now()));
        rows.push(Member { open, ..row });
        self.summary.fail(failure(&effect, &error));
        // A missing permission or a used-up quota says the same to everybody else.
        (error.fault == Fault::Denied || error.code == code::QUOTA).then_some(error.code)
    }

    /// Keeps who each contact is, and puts them into the plan as members to be added. An object that another contact or
    /// row stands for already is judged anew by another run.
    async fn hand_on(
        &mut self,
        found: Vec<(Invitation, ObjectId)>,
        resolution: &mut Resolution,
        handed: &mut Handed,
    ) -> PortResult<()> {
        if found.is_empty() {
            return Ok(());
        }
        let ids: Vec<ObjectId> = found.iter().map(|(_, id)| id.clone()).collect();
        let mut taken = self.taken(&ids, &found).await?;
        let now = self.look.now();
        let bound: Vec<Binding> = found
            .iter()
            .filter_map(|(one, id)| {
                let grounds = Grounds::new(one.effect.address.clone()?, None, now);
                Some(Binding { contact: one.effect.contact.clone()?, object: id.clone(), grounds })
            })
            .collect();
        self.look.ports.lists.bind(&bound).await?;
        let mut fold = Fold::default();
        for (Invitation { effect, row }, id) in found {
            fold.members.push(MemberChange::Delete(row.key));
            let key = MemberKey::Principal(id.clone());
            if !taken.insert(id) {
                // Another run sees both contacts and says so; this one leaves the object alone.
                resolution.unfinished = true;
                continue;
            }
            let open = Some(Open::Failed { code: skip::INVITED.to_owned(), attempts: 0, retry_at: now });
            let row =
                Member { contact: row.contact, address: row.address, open, ..Member::unknown(key.clone()) };
            fold.members.push(MemberChange::Put(row.clone()));
            resolution.pending.insert(key.clone(), row);
            handed.effects.push(Effect { key, cause: Cause::ListAdded, ..effect });
        }
        self.fold(fold).await?;
        handed.effects.sort_by_key(|effect| (effect.change.op, effect.change.side.other()));
        Ok(())
    }

    /// Those of the objects that another contact or row than the invited one's own stands for.
    async fn taken(
        &self,
        ids: &[ObjectId],
        found: &[(Invitation, ObjectId)],
    ) -> PortResult<BTreeSet<ObjectId>> {
        let own: BTreeSet<&ContactId> =
            found.iter().filter_map(|(one, _)| one.row.contact.as_ref()).collect();
        let entries = self.look.ports.lists.entries(&self.look.link().list, EntryQuery::Objects(ids)).await?;
        let others = entries.into_iter().filter(|entry| !own.contains(&entry.contact));
        let query = MemberQuery::Of { objects: ids, contacts: &[] };
        let rows = self.look.ports.links.members(&self.look.link().id, query).await?;
        let rows =
            rows.into_iter().filter(|row| row.contact.as_ref().is_none_or(|contact| !own.contains(contact)));
        let by_row = rows.filter_map(|row| row.key.object_id().cloned());
        Ok(others.filter_map(|entry| entry.object_id).chain(by_row).collect())
    }

    /// What is remembered of an invited guest whom the directory does not find: it is asked again later, and only after
    /// some time is the invitation taken to have come to nothing.
    pub(super) fn absent_guest(&mut self, effect: &Effect, row: Member) -> AbsentGuest {
        let attempts = match &row.open {
            Some(Open::Failed { code, attempts, .. }) if code == skip::INVITED => attempts + 1,
            _ => return AbsentGuest::NotInvited(row),
        };
        let now = self.look.now();
        if attempts < ABSENCES {
            *self.summary.skipped.entry(skip::INVITED.to_owned()).or_default() += 1;
            let open = Some(failed_again(row.open.as_ref(), skip::INVITED, now));
            return AbsentGuest::Waits(Member { intent: None, open, ..row });
        }
        self.summary.fail(Failure {
            retryable: true,
            ..failure(
                effect,
                &PortError::new(
                    Fault::Rejected,
                    INVITED_ABSENT,
                    "the invitation was accepted by the directory, and no guest has appeared since",
                )
                .with_hint("look for the guest in the directory, and invite them there if need be"),
            )
        });
        AbsentGuest::GivenUp(row, failed_again(None, INVITED_ABSENT, now))
    }
}

/// What becomes of a member that the directory does not find.
pub(super) enum AbsentGuest {
    /// Nobody invited them.
    NotInvited(Member),
    /// They are tried again.
    Waits(Member),
    /// They are looked up, and invited, anew when this is due.
    GivenUp(Member, Open),
}
