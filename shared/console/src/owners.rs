//! Who owns the groups that lists are linked to: they see and sync those lists. It is asked of the directory, which is where
//! owners are made and unmade, and asked again after a quarter of an hour.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use listsync_core::{
    Timestamp,
    grant::{Grant, Lists, Verb},
    id::{GroupId, ListId, ObjectId},
    link::Link,
    schedule::later,
};
use listsync_engine::{
    ports::{Call, Meter, PortResult},
    service::Service,
};

/// What the directory said is asked again after so long.
const FRESH: Duration = Duration::from_secs(15 * 60);
/// So long the directory may take.
const PATIENCE: Duration = Duration::from_secs(20);
const PAGE: usize = 200;

/// What the directory said last.
#[derive(Default)]
pub(crate) struct Owners(tokio::sync::Mutex<Option<Said>>);

struct Said {
    at: Timestamp,
    lists: BTreeMap<ObjectId, BTreeSet<ListId>>,
}

impl Owners {
    /// The lists of somebody. A directory that does not answer is an error, and neither "none" nor "as before": who has lost
    /// a group must not keep its list for as long as that lasts.
    pub(crate) async fn lists_of(
        &self,
        service: &Service,
        object: &ObjectId,
    ) -> PortResult<BTreeSet<ListId>> {
        let mut said = self.0.lock().await;
        let now = service.ports.clock.now();
        if said.as_ref().is_none_or(|said| now >= later(said.at, FRESH)) {
            *said = None;
            *said = Some(Said { at: now, lists: ask(service, now).await? });
        }
        let lists = said.as_ref().and_then(|said| said.lists.get(object));
        Ok(lists.cloned().unwrap_or_default())
    }
}

async fn ask(service: &Service, now: Timestamp) -> PortResult<BTreeMap<ObjectId, BTreeSet<ListId>>> {
    let links = links(service).await?;
    let groups: BTreeSet<&GroupId> = links.iter().flat_map(groups_of).collect();
    let groups: Vec<GroupId> = groups.into_iter().cloned().collect();
    let (meter, until) = (Meter::default(), later(now, PATIENCE));
    let call = Call { until, meter: &meter };
    let owners = match groups.is_empty() {
        true => BTreeMap::new(),
        false => service.ports.directory.owners_of_each(call, &groups).await?,
    };
    Ok(lists(&links, &owners))
}

async fn links(service: &Service) -> PortResult<Vec<Link>> {
    let mut all: Vec<Link> = Vec::new();
    loop {
        let after = all.last().map(|link| link.id.clone());
        let page = service.ports.links.page(after.as_ref(), PAGE).await?;
        let is_last = page.len() < PAGE;
        all.extend(page.into_iter().map(|state| state.link));
        if is_last {
            return Ok(all);
        }
    }
}

fn groups_of(link: &Link) -> impl Iterator<Item = &GroupId> {
    let first = (!link.is_pending()).then_some(&link.group);
    first.into_iter().chain(link.more.iter().map(|source| &source.group))
}

/// Whose each list is. Of a link with several groups it takes the owner of all of them: the list shows whoever is in any.
fn lists(
    links: &[Link],
    owners: &BTreeMap<GroupId, BTreeSet<ObjectId>>,
) -> BTreeMap<ObjectId, BTreeSet<ListId>> {
    let mut lists: BTreeMap<ObjectId, BTreeSet<ListId>> = BTreeMap::new();
    for link in links {
        let of_each: Vec<Option<&BTreeSet<ObjectId>>> =
            groups_of(link).map(|group| owners.get(group)).collect();
        let Some(Some(first)) = of_each.first() else { continue };
        let of_all =
            first.iter().filter(|owner| of_each.iter().all(|of| of.is_some_and(|of| of.contains(owner))));
        for owner in of_all {
            lists.entry(owner.clone()).or_default().insert(link.list.clone());
        }
    }
    lists
}

/// What an owner may do: look at their lists, and have them synced. What changes who is on a list is a role's.
pub(crate) fn grant(lists: BTreeSet<ListId>) -> Grant {
    Grant { verbs: [Verb::Read, Verb::Sync].into(), lists: Lists::Only(lists) }
}

#[cfg(test)]
mod tests {
    use listsync_core::link::Source;
    use listsync_testkit::sample;

    use super::*;

    #[test]
    fn of_a_link_with_several_groups_it_takes_the_owner_of_all() {
        let list = |name: &str| ListId::parse(name).expect("an id");
        let one = sample::link("one", &list("one"), "staff");
        let mut both = sample::link("both", &list("both"), "staff");
        both.more = vec![Source { group: sample::group("board"), name: "Board".to_owned() }];
        let gone = sample::link("gone", &list("gone"), "former");
        let owned = |group: &str, owners: &[&str]| {
            (sample::group(group), owners.iter().map(|name| sample::object(name)).collect())
        };
        let owners = BTreeMap::from([owned("staff", &["anna", "ben"]), owned("board", &["anna", "cleo"])]);
        let lists = lists(&[one, both, gone], &owners);
        let of = |name: &str| lists.get(&sample::object(name)).cloned().unwrap_or_default();
        assert_eq!(of("anna"), [list("one"), list("both")].into());
        assert_eq!(of("ben"), [list("one")].into());
        assert!(of("cleo").is_empty());
    }
}
