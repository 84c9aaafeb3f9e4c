//! Who owns the groups that lists are linked to: they see and sync those lists. It is asked of the directory, which is where
//! owners are made and unmade, and asked again after a quarter of an hour.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use listsync_core::{
    Timestamp,
    grant::{Grant, Lists, Verb},
    id::{GroupId, LinkId, ListId, ObjectId},
    link::Link,
    schedule::later,
};
use listsync_engine::{
    ports::{Call, Meter, PortResult},
    service::Service,
};

/// What the directory said is asked again after so long.
pub(crate) const FRESH: Duration = Duration::from_secs(15 * 60);
/// So long it is let be where it did not answer.
const AGAIN: Duration = Duration::from_secs(30);
/// So long the directory may take.
const PATIENCE: Duration = Duration::from_secs(20);
const PAGE: usize = 200;

/// What the directory said last.
#[derive(Default)]
pub(crate) struct Owners(tokio::sync::Mutex<Option<Said>>);

struct Said {
    at: Timestamp,
    owned: PortResult<BTreeMap<ObjectId, Owned>>,
}

/// What is somebody's by the groups that they own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Owned {
    /// The lists that they see.
    pub(crate) lists: BTreeSet<ListId>,
    /// The links that they may have synced: those of their own groups alone.
    pub(crate) links: BTreeSet<LinkId>,
}

impl Owners {
    /// What is somebody's. A directory that does not answer is an error, and neither "nothing" nor "as before": who has lost
    /// a group must not keep its list for as long as that lasts.
    pub(crate) async fn owned_by(&self, service: &Service, object: &ObjectId) -> PortResult<Owned> {
        let mut said = self.0.lock().await;
        let now = service.ports.clock.now();
        let is_known = said.as_ref().is_some_and(|said| {
            // Were every page to wait for a directory that is away, those whom a role lets in would wait as well.
            let good = if said.owned.is_ok() { FRESH } else { AGAIN };
            now < later(said.at, good)
        });
        if !is_known {
            *said = Some(Said { at: now, owned: ask(service, now).await });
        }
        match said.as_ref().map(|said| &said.owned) {
            Some(Ok(owned)) => Ok(owned.get(object).cloned().unwrap_or_default()),
            Some(Err(error)) => Err(error.clone()),
            None => Ok(Owned::default()),
        }
    }
}

async fn ask(service: &Service, now: Timestamp) -> PortResult<BTreeMap<ObjectId, Owned>> {
    let links = links(service).await?;
    let groups: BTreeSet<&GroupId> = links.iter().flat_map(groups_of).collect();
    let groups: Vec<GroupId> = groups.into_iter().cloned().collect();
    let (meter, until) = (Meter::default(), later(now, PATIENCE));
    let call = Call { until, meter: &meter };
    let owners = match groups.is_empty() {
        true => BTreeMap::new(),
        false => service.ports.directory.owners_of_each(call, &groups).await?,
    };
    Ok(owned(&links, &owners))
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

/// Whose each list is. Of a link with several groups it takes the owner of all of them: the list shows whoever is in any. Of
/// a list with several links it takes the owner of one: their group has whoever is on the list.
fn owned(links: &[Link], owners: &BTreeMap<GroupId, BTreeSet<ObjectId>>) -> BTreeMap<ObjectId, Owned> {
    let mut owned: BTreeMap<ObjectId, Owned> = BTreeMap::new();
    for link in links {
        let of_each: Vec<Option<&BTreeSet<ObjectId>>> =
            groups_of(link).map(|group| owners.get(group)).collect();
        let Some(Some(first)) = of_each.first() else { continue };
        let of_all =
            first.iter().filter(|owner| of_each.iter().all(|of| of.is_some_and(|of| of.contains(owner))));
        for owner in of_all {
            let Owned { lists, links } = owned.entry(owner.clone()).or_default();
            lists.insert(link.list.clone());
            links.insert(link.id.clone());
        }
    }
    owned
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
        let owned_by = |group: &str, owners: &[&str]| {
            (sample::group(group), owners.iter().map(|name| sample::object(name)).collect())
        };
        let owners =
            BTreeMap::from([owned_by("staff", &["anna", "ben"]), owned_by("board", &["anna", "cleo"])]);
        let owned = owned(&[one, both, gone], &owners);
        let of = |name: &str| owned.get(&sample::object(name)).cloned().unwrap_or_default().lists;
        assert_eq!(of("anna"), [list("one"), list("both")].into());
        assert_eq!(of("ben"), [list("one")].into());
        assert!(of("cleo").is_empty());
    }

    #[test]
    fn of_a_list_with_several_links_an_owner_sees_the_list_and_syncs_their_own_link() {
        let list = ListId::parse("one").expect("an id");
        let links = [sample::link("mine", &list, "staff"), sample::link("theirs", &list, "board")];
        let owned_by = |group: &str, owner: &str| (sample::group(group), [sample::object(owner)].into());
        let owned = owned(&links, &BTreeMap::from([owned_by("staff", "anna"), owned_by("board", "cleo")]));
        let of = |name: &str| owned[&sample::object(name)].clone();
        assert_eq!((of("anna").lists, of("cleo").lists), ([list.clone()].into(), [list].into()));
        assert_eq!(of("anna").links, [links[0].id.clone()].into());
        assert_eq!(of("cleo").links, [links[1].id.clone()].into());
    }
}
