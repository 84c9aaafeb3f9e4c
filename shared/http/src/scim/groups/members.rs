//! Who is named as a member.

use std::collections::BTreeSet;

use listsync_core::{
    contact::Contact,
    id::{ContactId, ListId},
    list::Origin,
};
use listsync_engine::people;
use listsync_scim::{MemberSteps, Refusal, ScimType, User, kept_of};

use crate::{problem::Problem, within::Within};

/// How many contacts are in memory at a time.
const PAGE: usize = 500;

/// Who is named, each of whom is a user.
pub(super) async fn judged(app: &Within, named: Vec<ContactId>) -> Result<BTreeSet<ContactId>, Problem> {
    let named: BTreeSet<ContactId> = named.into_iter().collect();
    let ids: Vec<ContactId> = named.iter().cloned().collect();
    let mut known = BTreeSet::new();
    for contact in contacts(app, &ids).await? {
        if kept_of(&contact).deleted.is_none() {
            known.insert(contact.id);
        }
    }
    if known.len() < named.len() {
        let many = named.len() - known.len();
        return Err(Refusal::of(ScimType::InvalidValue, format!("{many} of the members are no users")).into());
    }
    Ok(known)
}

/// Those of whom a request names as members who are there. Of whoever is not it is kept that they join the list when they come
/// back; and of whoever is taken out meanwhile, that they do not.
pub(super) async fn present(
    app: &Within,
    list: &ListId,
    steps: &MemberSteps,
) -> Result<BTreeSet<ContactId>, Problem> {
    let mut present = steps.join.clone();
    let ids: Vec<ContactId> = steps.join.union(&steps.leave).cloned().collect();
    for contact in contacts(app, &ids).await? {
        if User::is_active(&contact) {
            continue;
        }
        let mut kept = kept_of(&contact);
        let is_news = match present.remove(&contact.id) {
            true => kept.left.insert(list.clone(), None).is_none(),
            false => kept.left.remove(list).is_some(),
        };
        if is_news {
            people::edit(&app.service, &contact.id, Some(contact.version), &kept.edit()?, Origin::Manual)
                .await?;
        }
    }
    Ok(present)
}

async fn contacts(app: &Within, ids: &[ContactId]) -> Result<Vec<Contact>, Problem> {
    let mut found = Vec::with_capacity(ids.len());
    for some in ids.chunks(PAGE) {
        found.extend(app.service.contacts.contacts_by_id(some).await?);
    }
    Ok(found)
}
