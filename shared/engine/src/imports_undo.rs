//! Taking an import back: its plan, made anew from what is kept and how people are now, and its doing.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use listsync_core::{
    Timestamp,
    contact::ExternalId,
    grant::Lists,
    id::{ContactId, ImportId, ListId},
    import::undo::{Part, Present, Step, Totals, Undo},
    list::{List, ListKind, Standing},
    register::{Person, Refusal},
    trigger::Reason,
};

use crate::{
    filtered,
    people::Stored,
    ports::{Fault, Import, ImportState, ListStore, PortError, PortResult, Undone},
    service::Service,
    trigger,
};

/// So many people are read, or taken back, at a time.
const TOGETHER: usize = 500;
/// So many imports are looked through for those after the one that is taken back.
const LATER: usize = 500;

/// What taking an import back would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoPlan {
    /// The import.
    pub import: Import,
    /// Its list.
    pub list: List,
    /// What becomes of each person.
    pub undo: Undo,
    /// Who they are now, of those who are kept.
    pub people: BTreeMap<ContactId, Person>,
    /// How many files were taken into the list after it. Whom one of them names as they are, goes nevertheless: it changed
    /// nothing of them, so that nothing of it is kept.
    pub later: u64,
    /// Names what is taken back of whom.
    pub digest: String,
}

impl UndoPlan {
    /// How many people it comes to.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.undo.totals()
    }
}

/// What taking an import back came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenBack {
    /// The import, as it is kept.
    pub import: Import,
    /// People who came to be otherwise between the plan and its doing, and were left as they are.
    pub meanwhile: Vec<ContactId>,
}

/// Says what taking an import back would do, for somebody who is given these lists.
///
/// # Errors
/// [`Fault::Gone`] (`no_such_import`, `no_such_list`); [`Fault::Rejected`]: `import_held`, it waits and is to be discarded;
/// `import_undone`; `changes_not_kept`, its time is over or an earlier version took it in; `list_filtered`.
pub async fn plan(service: &Service, id: &ImportId, given: &Lists) -> PortResult<UndoPlan> {
    plan_over(&*service.ports.lists, id, given, service.ports.clock.now()).await
}

/// The same over a store, at a moment.
///
/// # Errors
/// As [`plan`].
pub async fn plan_over(
    lists: &dyn ListStore,
    id: &ImportId,
    given: &Lists,
    now: Timestamp,
) -> PortResult<UndoPlan> {
    let import = lists.find_import(id).await?.ok_or_else(|| no_such_import(id))?;
    may_be_undone(&import, now)?;
    let list = lists.list(&import.list).await?.ok_or_else(|| no_such_import(id))?;
    if matches!(list.kind, ListKind::Filtered { .. }) {
        return Err(Refusal::Filtered(list.id).into());
    }
    let (mut changes, mut from) = (Vec::new(), None);
    loop {
        let page = lists.changes_of(id, from.as_ref()).await?;
        changes.extend(page.changes);
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    let gathered = Undo::gathered(changes);
    let ids: Vec<ContactId> = gathered.keys().cloned().collect();
    let mut people = BTreeMap::new();
    for some in ids.chunks(TOGETHER) {
        let found = lists.people(some).await?;
        people.extend(found.into_iter().map(|person| (person.contact.id.clone(), person)));
    }
    let mut steps = Vec::with_capacity(gathered.len());
    for (contact, change) in gathered {
        let wanted: Vec<ExternalId> = change.wanted_keys().cloned().collect();
        let taken = taken(lists, &contact, &wanted).await?;
        let (person, rule) = (people.get(&contact), list.opt_out);
        let verdict = change.judge(Present { person, list: &list.id, rule, taken: &taken, given });
        steps.push(Step { change, verdict });
    }
    let undo = Undo { steps };
    let digest = undo.digest(id);
    let later = later(lists, &import).await?;
    Ok(UndoPlan { import, list, undo, people, later, digest })
}

/// Takes an import back as it was shown, then has the links of its list run and filtered lists follow. Said again after it was
/// interrupted it does the rest.
///
/// # Errors
/// As [`plan`] and the store; what is done by then stays so, and the rest is done when it is said again.
pub async fn undo(service: &Service, plan: &UndoPlan, given: &Lists) -> PortResult<Stored<TakenBack>> {
    let ports = &service.ports;
    let what = carry_out(&*ports.lists, plan, given, ports.clock.now()).await?;
    let mut links = Vec::new();
    for list in lists_of(plan) {
        links.extend(trigger::raise_list(ports, list, Reason::Event).await?);
    }
    filtered::follow_all(service).await?;
    Ok(Stored { what, links })
}

/// Takes an import back in its store, at a moment.
///
/// # Errors
/// As [`undo`].
pub async fn carry_out(
    lists: &dyn ListStore,
    plan: &UndoPlan,
    given: &Lists,
    now: Timestamp,
) -> PortResult<TakenBack> {
    let id = &plan.import.id;
    let due: Vec<Step> = plan.undo.due().cloned().collect();
    let mut meanwhile = Vec::new();
    for some in due.chunks(TOGETHER) {
        meanwhile.extend(lists.take_back(id, some, given, now).await?);
    }
    let others: BTreeSet<&ContactId> = meanwhile.iter().collect();
    let done = plan.undo.due().filter(|step| !others.contains(&step.change.touched.contact)).cloned();
    let done = Undo { steps: done.collect() }.totals();
    let left_out = plan.totals().left_out + meanwhile.len() as u64;
    let undone = Undone { at: now, totals: Totals { left_out, ..done } };
    let import = lists.end_undo(id, undone).await?;
    Ok(TakenBack { import, meanwhile })
}

/// The list of the import, and those on which people stand whose address becomes another.
fn lists_of(plan: &UndoPlan) -> BTreeSet<&ListId> {
    let readdressed = plan.undo.due().filter(|step| step.verdict.back.contains(&Part::Address));
    let people = readdressed.filter_map(|step| plan.people.get(&step.change.touched.contact));
    let on = people.flat_map(|person| {
        let on = person.stances.iter().filter(|(_, stance)| stance.standing != Standing::Absent);
        on.map(|(list, _)| list)
    });
    std::iter::once(&plan.import.list).chain(on).collect()
}

/// Refuses a plan that is another than the one that was shown.
///
/// # Errors
/// [`Fault::Rejected`] (`plan_changed`).
pub fn expect(plan: &UndoPlan, shown: &str) -> PortResult<()> {
    if plan.digest == shown {
        return Ok(());
    }
    let message =
        format!("what would be taken back of import {} is not what was shown as {shown}", plan.import.id);
    let error = PortError::new(Fault::Rejected, "plan_changed", message);
    Err(error.with_hint("look at the plan again, and name its digest"))
}

fn may_be_undone(import: &Import, now: Timestamp) -> PortResult<()> {
    let refuse = |code: &'static str, message: String, hint: &str| {
        Err(PortError::new(Fault::Rejected, code, message).with_hint(hint))
    };
    let id = &import.id;
    match import.state {
        ImportState::Held => {
            let message = format!("import {id} waits for a person's word");
            refuse(
                "import_held",
                message,
                &format!("drop what it holds first: listsync imports discard {id}"),
            )
        }
        ImportState::Undone => {
            let hint = "to have it after all, import the file once more";
            refuse("import_undone", format!("import {id} was taken back already"), hint)
        }
        ImportState::Done | ImportState::Discarded | ImportState::RemovalsSkipped | ImportState::Repeated => {
            if import.undo_until.is_some_and(|until| until > now) {
                return Ok(());
            }
            let hint = "edit the list by hand, or import a file that is right; the setting effects-keep says how long what imports change is kept";
            refuse("changes_not_kept", format!("what import {id} changed is not kept"), hint)
        }
    }
}

fn no_such_import(id: &ImportId) -> PortError {
    let error = PortError::new(Fault::Gone, "no_such_import", format!("there is no import {id}"));
    error.with_hint("see what there is: listsync imports ls")
}

/// Of somebody's former keys, those that are other contacts' now.
async fn taken(
    lists: &dyn ListStore,
    contact: &ContactId,
    wanted: &[ExternalId],
) -> PortResult<BTreeSet<ExternalId>> {
    let mut owners: HashMap<&ExternalId, ContactId> = HashMap::new();
    for key in wanted {
        owners.extend(lists.find_external(key).await?.map(|owner| (key, owner.id)));
    }
    let taken = owners.into_iter().filter(|(_, owner)| owner != contact);
    Ok(taken.map(|(key, _)| key.clone()).collect())
}

/// How many files were taken into the list since.
async fn later(store: &dyn ListStore, import: &Import) -> PortResult<u64> {
    let lists = Lists::Only([import.list.clone()].into());
    let newest = store.imports_of(&lists, None, LATER).await?;
    let later = newest.iter().take_while(|other| other.id != import.id);
    Ok(later.filter(|other| other.state != ImportState::Undone).count() as u64)
}
