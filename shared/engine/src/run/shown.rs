//! A run that keeps to a plan: between plan and apply, whatever was not shown is taken out, and named.

use std::collections::{BTreeMap, BTreeSet};

use listsync_core::{
    contact::Contact,
    id::ContactId,
    plan::{Difference, Effect, Naming, Shown, ShownChange},
    summary::{Outcome, REMARKS, Remark, Summary},
};

use super::{Running, decide::Resolution};
use crate::ports::PortResult;

impl Running<'_> {
    /// Takes out of the plan whatever was not shown. Of whom it is, nothing is remembered by this run, so that the next one
    /// sees them as this one did.
    pub(super) async fn keep_to(&mut self, shown: &Shown, resolution: &mut Resolution) -> PortResult<()> {
        let difference = resolution.plan.keep_to(shown);
        for effect in &difference.not_shown {
            resolution.pending.remove(&effect.key);
        }
        if !difference.not_shown.is_empty() {
            // What such a row leaves open is told by nothing else, and not all was done.
            resolution.outlived.clear();
        }
        let people = self.people(&difference.not_due).await?;
        self.summary.remark(difference.not_shown.iter().map(not_shown));
        self.summary.remark(difference.not_due.iter().map(|one| not_due(one, &people)));
        self.differs = difference;
        Ok(())
    }

    /// What is known of those who are named.
    async fn people(&self, changes: &[ShownChange]) -> PortResult<People> {
        let ids: Vec<ContactId> =
            changes.iter().take(REMARKS).filter_map(|change| change.contact.clone()).collect();
        if ids.is_empty() {
            return Ok(People::default());
        }
        let lists = &self.look.ports.lists;
        let found = lists.contacts_by_id(&ids).await?;
        let contacts: BTreeMap<ContactId, Contact> =
            found.into_iter().map(|contact| (contact.id.clone(), contact)).collect();
        let gone: Vec<ContactId> = ids.into_iter().filter(|id| !contacts.contains_key(id)).collect();
        Ok(People { contacts, erased: lists.erased(&gone).await? })
    }
}

/// What is known of those whom a plan showed.
#[derive(Default)]
struct People {
    contacts: BTreeMap<ContactId, Contact>,
    /// Who was erased since the plan was shown.
    erased: BTreeSet<ContactId>,
}

/// Of whoever was erased it is told without a name.
fn not_shown(effect: &Effect) -> Remark {
    let also = effect.also.iter().map(|alias| &alias.address);
    let (addresses, object_ids) = match effect.naming {
        Naming::Named => (
            effect.address.iter().chain(also).cloned().collect(),
            effect.key.object_id().cloned().into_iter().collect(),
        ),
        Naming::Nameless => (Vec::new(), Vec::new()),
    };
    Remark {
        code: "not_shown".into(),
        addresses,
        object_ids,
        message: format!("due, and not in the plan that was shown: {}", effect.change),
        hint: "It was left to another sync.".into(),
    }
}

fn not_due(change: &ShownChange, people: &People) -> Remark {
    let contact = change.contact.as_ref().and_then(|id| people.contacts.get(id));
    let is_erased = change.contact.as_ref().is_some_and(|id| people.erased.contains(id));
    Remark {
        code: "not_due".into(),
        addresses: contact.map(|contact| contact.address.clone()).into_iter().collect(),
        object_ids: change.object.clone().filter(|_| !is_erased).into_iter().collect(),
        message: format!("shown, and not due any more: {}", change.change),
        hint: "Nothing was done about it.".into(),
    }
}

/// Says that what is due was not what was shown: all is as it was shown, or it is no run that converged.
pub(super) fn tell(summary: &mut Summary, difference: &Difference) {
    let is_open = matches!(summary.outcome, Outcome::Converged | Outcome::Waiting | Outcome::Planned);
    if difference.is_none() || !is_open {
        return;
    }
    let Difference { not_shown, not_due } = difference;
    summary.outcome = Outcome::Partial;
    summary.reason = "plan_differs".into();
    summary.message = format!(
        "Not all is as the plan showed it. Due and not shown, and so left: {}. Shown and not due any more: {}.",
        not_shown.len(),
        not_due.len()
    );
    summary.hint = format!("see what is due now: listsync plan {}", summary.link);
}
