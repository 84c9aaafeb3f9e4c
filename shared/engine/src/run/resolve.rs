//! Matching contacts to directory objects: by what was read anyway, else by look-up, else by one pass over everybody.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt as _, stream::FuturesOrdered};
use listsync_core::{
    Timestamp,
    address::Address,
    belief::Seen,
    case::Asked,
    contact::{Decision, Said, Scope, UndeliverableReason},
    flight::Window,
    gather::takes_part,
    id::{ContactId, ObjectId},
    identity::{Match, Matcher, Unmatched, match_among},
    invite::is_invitable,
    link::{Externals, Side},
    list::{Entry, Standing},
    matched::{Binding, Doubt},
    settings::Settings,
    snapshot::Principal,
};

use super::{
    doubts::{self, Answered, doubt_of},
    known::{Known, here, known, remembered, waits},
    look::{Look, Matches},
    observe::{Observed, beside, complete_records},
    successor::{inherit, successors},
};
use crate::{
    ports::{EntryQuery, Fault, Lookup, PortError, PortResult},
    watch::Step,
};

/// How often a pass over everybody is begun anew when its cursor expires.
const RESTARTS: usize = 3;
/// How many matches are saved between two looks at the clock.
const SAVED_AT_ONCE: usize = 250;

/// Why each contact without a directory object has none.
pub(crate) type UnmatchedContacts = BTreeMap<ContactId, (Unmatched, Asked)>;

/// Whether all contacts could be asked for.
pub(crate) enum Resolved {
    /// They were.
    All(UnmatchedContacts),
    /// Time ran out; what was found is saved.
    OutOfTime {
        /// Who was asked for and not found.
        unmatched: UnmatchedContacts,
        /// Whether anything was found and saved.
        progressed: bool,
    },
}

/// Matches the contacts that are not matched yet, saving what is found after each batch.
pub(crate) async fn resolve(look: Look<'_>, observed: &mut Observed) -> PortResult<Resolved> {
    let mut unmatched = UnmatchedContacts::new();
    let remembered = remembered(look, observed);
    if !bind(look, observed, remembered).await? {
        return Ok(Resolved::OutOfTime { unmatched, progressed: true });
    }
    let successors = successors(look, observed).await?;
    if !bind(look, observed, successors).await? {
        return Ok(Resolved::OutOfTime { unmatched, progressed: true });
    }
    let local = match_among(&observed.entries, &observed.principals);
    let settings = match look.link().mode.writes(Side::Group) && is_news(look, observed, &local) {
        true => with_domains(look).await?,
        false => look.settings.clone(),
    };
    let (mut found, mut asking, mut ambiguous) = (Vec::new(), Vec::new(), BTreeMap::new());
    for entry in observed.entries.iter().filter(|entry| takes_part(entry) || comes(observed, entry)) {
        match known(look, observed, (entry, &settings, &local)) {
            Known::Settled => {}
            Known::Here(id) => found.push(here(look, observed, (entry, id))),
            Known::Without(reason, asked) => {
                if let Some(Match::Several(people)) = local.get(&entry.contact) {
                    ambiguous.insert(entry.contact.clone(), people.clone());
                }
                unmatched.insert(entry.contact.clone(), (reason, asked));
            }
            // Whoever only reads a group looks nobody up, but for matches that people's edits put in doubt.
            Known::Not if look.link().mode.writes(Side::Group) || entry.object_id.is_some() => {
                asking.push(Wanted::of(observed, entry));
            }
            Known::Not => {}
        }
    }
    observed.ambiguous = ambiguous;
    if !bind(look, observed, found).await? {
        return Ok(Resolved::OutOfTime { unmatched, progressed: true });
    }
    if !asking.is_empty() {
        let (doubted, progressed) = (Vec::new(), false);
        let mut search = Search { look, settings: &settings, unmatched: &mut unmatched, doubted, progressed };
        let done = search.run(observed, &asking).await?;
        let (doubted, progressed) = (search.doubted, search.progressed);
        let replaced = doubts::settle(look, observed, doubted, &mut unmatched).await?;
        if !bind(look, observed, replaced).await? || !done {
            return Ok(Resolved::OutOfTime { unmatched, progressed });
        }
    }
    Ok(Resolved::All(unmatched))
}

/// Whether a contact that is not on the list is about to come onto it by a match that people put in doubt: the member of the
/// group may not be the contact's person any more.
fn comes(observed: &Observed, entry: &Entry) -> bool {
    let is_here = entry.object_id.as_ref().is_some_and(|id| observed.sight.of(id) == Seen::Present);
    is_here && doubt_of(observed, entry) == Some(Doubt::Readdressed)
}

/// Whether it matters for anybody in this run who is external.
fn is_news(look: Look<'_>, observed: &Observed, local: &BTreeMap<ContactId, Match<ObjectId>>) -> bool {
    let skips = look.link().externals == Externals::Skip;
    observed.entries.iter().filter(|entry| takes_part(entry)).any(|entry| {
        let unbound = entry.object_id.is_none() && !local.contains_key(&entry.contact);
        let unknown = unbound || doubt_of(observed, entry).is_some();
        (skips || unknown) && waits(look, observed, entry).is_none()
    })
}

/// The settings with the tenant's own domains, where nobody set any and the credential may read them.
pub(super) async fn with_domains(look: Look<'_>) -> PortResult<Settings> {
    let mut settings = look.settings.clone();
    if settings.internal_domains.is_empty() {
        settings.internal_domains = match look.ports.directory.domains(look.call()).await {
            Err(error) if error.fault == Fault::Denied => Default::default(),
            other => other?,
        };
    }
    Ok(settings)
}

/// Saves matches, part by part and the first in any case, so that each run makes progress; and takes in what is known of
/// the directory objects that were found. False: time ran out.
pub(super) async fn bind(
    look: Look<'_>,
    observed: &mut Observed,
    mut found: Vec<Binding>,
) -> PortResult<bool> {
    let (mut saved, mut told) = (0, BTreeSet::new());
    if look.matches == Matches::Saved {
        for part in found.chunks(SAVED_AT_ONCE) {
            if saved > 0 && look.is_out_of_time() {
                break;
            }
            told.extend(look.ports.lists.bind(part).await?);
            saved += part.len();
        }
    } else {
        saved = found.len();
    }
    let is_done = saved == found.len();
    found.truncate(saved);
    // Of several for one contact the last counts, as it does for the store.
    found.sort_by(|one, other| one.contact.cmp(&other.contact));
    note(look, observed, &found).await?;
    match look.matches {
        Matches::Saved => hear(look, observed, told).await?,
        Matches::Unsaved => foresee(look, observed, found).await?,
    }
    Ok(is_done)
}

/// Reads anew those to whom a no came with their match, so that this run does not write to them yet.
async fn hear(look: Look<'_>, observed: &mut Observed, told: BTreeSet<ContactId>) -> PortResult<()> {
    if told.is_empty() {
        return Ok(());
    }
    let told: Vec<ContactId> = told.into_iter().collect();
    let fresh = look.ports.lists.entries(&look.link().list, EntryQuery::Contacts(&told)).await?;
    observed.take_in(fresh);
    Ok(())
}

/// Has a preview show what such matches come to once a run has saved them.
async fn foresee(look: Look<'_>, observed: &mut Observed, found: Vec<Binding>) -> PortResult<()> {
    if found.is_empty() {
        return Ok(());
    }
    let list = &look.link().list;
    let objects: Vec<ObjectId> = found.iter().map(|one| one.object.clone()).collect();
    let refused = look.ports.lists.refused_objects(list, &objects).await?;
    for Binding { contact, .. } in found.iter().filter(|one| refused.contains_key(&one.object)) {
        let said = look.ports.lists.sayings(contact).await?;
        let is_about = |said: &&Said| said.scope == Scope::All || said.scope == Scope::List(list.clone());
        let last = said.iter().find(is_about);
        if last.is_none_or(|said| said.decision == Decision::OptedOut) {
            let told = observed.entries.iter_mut().filter(|entry| entry.contact == *contact);
            told.for_each(|entry| entry.standing = Standing::OptedOut);
        }
    }
    Ok(())
}

/// Takes in matches, which stand in the order of contacts.
async fn note(look: Look<'_>, observed: &mut Observed, found: &[Binding]) -> PortResult<()> {
    if found.is_empty() {
        return Ok(());
    }
    observed.matched.extend(found.iter().map(|binding| binding.contact.clone()));
    for entry in &mut observed.entries {
        let after = found.partition_point(|binding| binding.contact <= entry.contact);
        let last = after.checked_sub(1).and_then(|last| found.get(last));
        if let Some(binding) = last.filter(|binding| binding.contact == entry.contact) {
            entry.object_id = Some(binding.object.clone());
            entry.grounds = Some(binding.grounds.clone());
        }
    }
    if matches!(observed.read, super::observe::Read::Incremental) {
        let objects: BTreeSet<ObjectId> = found.iter().map(|binding| binding.object.clone()).collect();
        let objects: Vec<ObjectId> = objects.into_iter().collect();
        let siblings = look.ports.lists.entries(&look.link().list, EntryQuery::Objects(&objects)).await?;
        let entries = std::mem::take(&mut observed.entries);
        observed.entries = beside(entries, siblings);
        complete_records(look, observed, &objects).await?;
    }
    Ok(())
}

/// A contact to be asked for. Of many there is no need to hold more beside the entries themselves.
struct Wanted {
    contact: ContactId,
    address: Address,
    undeliverable: Option<UndeliverableReason>,
    /// Why, where it has a match.
    doubted: Option<Box<(Doubt, Entry)>>,
}

impl Wanted {
    fn of(observed: &Observed, entry: &Entry) -> Self {
        Self {
            contact: entry.contact.clone(),
            address: entry.address.clone(),
            undeliverable: entry.undeliverable,
            doubted: doubt_of(observed, entry).map(|doubt| Box::new((doubt, entry.clone()))),
        }
    }
}

struct Search<'a, 'b> {
    look: Look<'a>,
    settings: &'b Settings,
    unmatched: &'b mut UnmatchedContacts,
    /// What was answered for contacts that have a match.
    doubted: Vec<Answered>,
    progressed: bool,
}

impl Search<'_, '_> {
    /// Asks for these contacts in the way that costs fewer requests; false: time ran out.
    async fn run(&mut self, observed: &mut Observed, asking: &[Wanted]) -> PortResult<bool> {
        let places = self.look.places();
        let batch = places.look_up_batch().max(1);
        let batches = asking.len().div_ceil(batch);
        if batches > 1 {
            let people = places.head_count(self.look.call()).await?;
            let pages = people.div_ceil(places.people_page().max(1) as u64);
            if pages < batches as u64 {
                return self.pass_over_everybody(observed, asking).await;
            }
        }
        self.look_up(observed, asking, batch).await
    }

    /// Asks for them batch by batch, several under way at a time, and saves what is found in their order: whatever arrives
    /// first, the same comes of it.
    async fn look_up(
        &mut self,
        observed: &mut Observed,
        asking: &[Wanted],
        batch: usize,
    ) -> PortResult<bool> {
        let (mut window, mut waiting) = (Window::default(), asking.chunks(batch));
        let (mut under_way, mut done, mut failed) = (FuturesOrdered::new(), 0, None);
        loop {
            // After a failure nothing begins; what is answered all the same is saved.
            while failed.is_none() && under_way.len() < window.size() && !self.look.is_out_of_time() {
                let Some(chunk) = waiting.next() else { break };
                under_way.push_back(asked(self.look, chunk));
            }
            let Some(Heard { chunk, answers }) = under_way.next().await else { break };
            window = window.after(self.look.meter.take_strain());
            let answers = match answers {
                Ok(answers) => answers,
                Err(error) => {
                    failed.get_or_insert(error);
                    continue;
                }
            };
            let answers = answers.into_iter().map(|answer| match answer {
                Lookup::Found(principal) => Some(Match::One(principal)),
                Lookup::Ambiguous(ids) => Some(Match::Several(ids)),
                Lookup::Nobody => None,
            });
            if !self.take(observed, chunk.iter().zip(answers)).await? {
                return Ok(false);
            }
            done += chunk.len();
            self.look.watch.step(Step::LookedUp { done, total: asking.len() });
        }
        failed.map_or(Ok(done == asking.len()), Err)
    }

    async fn pass_over_everybody(&mut self, observed: &mut Observed, asking: &[Wanted]) -> PortResult<bool> {
        let mut restarts = 0;
        let mut matcher = loop {
            match self.everybody(asking).await {
                // The pages' cursor lived too long: what was read so far proves nothing.
                Err(error) if error.fault == Fault::Gone && restarts < RESTARTS => restarts += 1,
                Err(error) if error.fault == Fault::Gone => {
                    return Err(PortError { fault: Fault::Unavailable, ..error });
                }
                Err(error) => return Err(error),
                Ok(None) => return Ok(false),
                Ok(Some(matcher)) => break matcher,
            }
        };
        let answers = asking.iter().map(|wanted| (wanted, matcher.take(&wanted.address)));
        let is_done = self.take(observed, answers).await?;
        self.look.watch.step(Step::LookedUp { done: asking.len(), total: asking.len() });
        Ok(is_done)
    }

    /// Reads all people; none: time ran out.
    async fn everybody(&self, asking: &[Wanted]) -> PortResult<Option<Matcher>> {
        let mut matcher = Matcher::new(asking.iter().map(|wanted| wanted.address.clone()));
        let mut next = None;
        loop {
            if self.look.is_out_of_time() {
                return Ok(None);
            }
            let page = self.look.places().people(self.look.call(), next.as_ref()).await?;
            page.people.iter().for_each(|principal| matcher.see(principal));
            next = page.next;
            if next.is_none() {
                return Ok(Some(matcher));
            }
        }
    }

    /// Why an external contact without a guest has none, and stays without where it cannot be invited.
    fn no_guest(&self, wanted: &Wanted) -> Unmatched {
        match self.look.link().externals {
            Externals::Match | Externals::Skip => Unmatched::GuestNotInvited,
            Externals::Invite if is_unreachable(wanted) => Unmatched::Undeliverable,
            Externals::Invite if !is_invitable(&wanted.address) => Unmatched::NotInvitable,
            Externals::Invite => Unmatched::GuestNotInvited,
        }
    }

    /// Sorts answers, and saves the matches among them; false: time ran out.
    async fn take<'e>(
        &mut self,
        observed: &mut Observed,
        answers: impl Iterator<Item = (&'e Wanted, Option<Match<Principal>>)>,
    ) -> PortResult<bool> {
        let (mut found, mut people) = (Vec::new(), Vec::new());
        for (wanted, answer) in answers {
            let answer = match answer {
                Some(Match::One(person)) => Ok(person),
                Some(Match::Several(people)) => {
                    observed.ambiguous.insert(wanted.contact.clone(), people);
                    Err(Unmatched::Ambiguous)
                }
                None if self.settings.is_external(&wanted.address) => Err(self.no_guest(wanted)),
                None => Err(Unmatched::NoSuchUser),
            };
            match (wanted.doubted.as_deref().cloned(), answer) {
                (Some((doubt, entry)), answer) => {
                    people.extend(answer.iter().cloned());
                    self.doubted.push(Answered { entry, doubt, answer });
                }
                (None, Ok(person)) => {
                    found.push(inherit(self.look, &wanted.contact, &wanted.address, &person));
                    people.push(person);
                }
                (None, Err(reason)) => {
                    self.unmatched.insert(wanted.contact.clone(), (reason, Asked::Now));
                }
            }
        }
        observed.looked_up.extend(people);
        self.progressed |= !found.is_empty();
        bind(self.look, observed, found).await
    }
}

/// What was answered for a batch of contacts.
struct Heard<'e> {
    chunk: &'e [Wanted],
    answers: PortResult<Vec<Lookup>>,
}

async fn asked<'e>(look: Look<'_>, chunk: &'e [Wanted]) -> Heard<'e> {
    let addresses: Vec<_> = chunk.iter().map(|wanted| wanted.address.clone()).collect();
    Heard { chunk, answers: look.places().look_up(look.call(), &addresses).await }
}

/// Whether a mail system or a person says so; what an earlier look-up found is judged anew.
fn is_unreachable(wanted: &Wanted) -> bool {
    wanted.undeliverable.is_some_and(|why| why != UndeliverableReason::NoSuchUser)
}

/// When the earliest thing that was set aside is to be read again.
pub(crate) fn earliest(times: impl Iterator<Item = Timestamp>, otherwise: Timestamp) -> Timestamp {
    times.fold(otherwise, Timestamp::min)
}
