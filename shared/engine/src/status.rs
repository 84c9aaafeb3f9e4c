//! How every link stands, gathered in few reads: `core/status.rs` judges.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    future::ready,
};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use listsync_core::{
    Timestamp,
    gate::{Standing, standing},
    id::{LinkId, ListId, TenantId},
    list::List,
    status::State,
    unsettled::Unsettled,
};
use tokio::try_join;

use crate::{
    Ports,
    ports::{Import, ImportState, LinkBrief, LinkState, MemberQuery, PortResult},
};

/// So many links are read at a time. A page is one statement on SQLite, and on DynamoDB a request for each megabyte.
const PAGE: usize = 10_000;
/// So many imports are looked through for one that waits; `listsync doctor` looks as far.
pub const IMPORTS: usize = 1_000;
/// The links of so many lists are read at once.
const AT_ONCE: usize = 8;

/// How one link stands; or a list as such, where a file waits for it or it has no link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The list.
    pub list: ListId,
    /// Its name; its id where it is gone.
    pub name: String,
    /// The link; none: it is about the list.
    pub link: Option<LinkBrief>,
    /// How it stands.
    pub state: State,
}

/// How all links stand, what needs somebody most first. It reads the links, the names of the lists, those whose files should
/// come, the last [`IMPORTS`] imports, and the gate of each tenant, and nothing for each link.
///
/// # Errors
/// When the store does not answer: then nobody knows how anything stands.
pub async fn rows(ports: &Ports) -> PortResult<Vec<Row>> {
    ranked(ports, every_link(ports), ports.lists.list_names()).await
}

/// The same of one list.
///
/// # Errors
/// When the store does not answer.
pub async fn rows_of(ports: &Ports, list: &List) -> PortResult<Vec<Row>> {
    let links = async { Ok(ports.links.of_list(&list.id).await?.iter().map(LinkBrief::from).collect()) };
    let names = BTreeMap::from([(list.id.clone(), list.name.clone())]);
    ranked(ports, links, ready(Ok(names))).await
}

async fn ranked(
    ports: &Ports,
    links: impl Future<Output = PortResult<Vec<LinkBrief>>>,
    names: impl Future<Output = PortResult<BTreeMap<ListId, String>>>,
) -> PortResult<Vec<Row>> {
    let (links, names, waiting, expected) =
        try_join!(links, names, held_imports(ports), ports.lists.expected())?;
    let now = ports.clock.now();
    let gates = gates(ports, links.iter().map(|link| &link.tenant), now).await?;
    let mut told = Told::of(&names, links.len());
    for (list, import) in waiting.into_iter().filter(|(list, _)| names.contains_key(list)) {
        let state = State::ImportHeld { import: import.id.to_string(), since: import.at };
        told.row(&list, None, state);
    }
    for expected in expected.iter().filter(|expected| names.contains_key(&expected.list)) {
        if let Some(state) = expected.stale(now) {
            told.row(&expected.list, None, state);
        }
    }
    for link in links {
        let state = link.state(gates.get(&link.tenant).copied(), now);
        told.row(&link.list.clone(), Some(link), state);
    }
    let mut rows = told.with_the_unlinked();
    // No two lists have one name, and what is told of one list keeps its order.
    rows.sort_by_cached_key(|row| (row.state.rank(), row.name.to_lowercase()));
    Ok(rows)
}

/// The rows so far, and which lists have none yet. Of ten thousand lists each is looked for once.
struct Told<'a> {
    lists: HashMap<&'a ListId, Named<'a>>,
    rows: Vec<Row>,
}

struct Named<'a> {
    name: &'a str,
    is_told: bool,
}

impl<'a> Told<'a> {
    fn of(names: &'a BTreeMap<ListId, String>, rows: usize) -> Self {
        let lists = names.iter().map(|(list, name)| (list, Named { name, is_told: false })).collect();
        Self { lists, rows: Vec::with_capacity(rows) }
    }

    fn row(&mut self, list: &ListId, link: Option<LinkBrief>, state: State) {
        let name = match self.lists.get_mut(list) {
            Some(named) => {
                named.is_told = true;
                named.name.to_owned()
            }
            None => list.to_string(),
        };
        self.rows.push(Row { list: list.clone(), name, link, state });
    }

    /// A list of which nothing else is told is told of, too.
    fn with_the_unlinked(mut self) -> Vec<Row> {
        let unlinked = self.lists.into_iter().filter(|(_, named)| !named.is_told);
        let quiet = |(list, named): (&ListId, Named<'_>)| {
            let (list, name) = (list.clone(), named.name.to_owned());
            Row { list, name, link: None, state: State::NotLinked }
        };
        self.rows.extend(unlinked.map(quiet));
        self.rows
    }
}

/// How every link stands, each whole, without what else a list may wait for.
///
/// # Errors
/// When the store does not answer.
pub async fn links(ports: &Ports) -> PortResult<Vec<(LinkState, State)>> {
    let mut all: Vec<LinkState> = Vec::new();
    loop {
        let after: Option<LinkId> = all.last().map(|state| state.link.id.clone());
        let page = ports.links.page(after.as_ref(), PAGE).await?;
        let is_last = page.len() < PAGE;
        all.extend(page);
        if is_last {
            break;
        }
    }
    let now = ports.clock.now();
    let gates = gates(ports, all.iter().map(|state| &state.link.tenant), now).await?;
    let stands = |link: LinkState| {
        let state = LinkBrief::from(&link).state(gates.get(&link.link.tenant).copied(), now);
        (link, state)
    };
    Ok(all.into_iter().map(stands).collect())
}

/// How one link stands; a list whose files do not come is as stale by each of its links.
///
/// # Errors
/// When the store does not answer.
pub async fn of_link(ports: &Ports, link: &LinkState) -> PortResult<State> {
    let link = LinkBrief::from(link);
    let now = ports.clock.now();
    let (gates, expected) = try_join!(gates(ports, [&link.tenant], now), ports.lists.expected())?;
    let stale = expected.iter().filter(|one| one.list == link.list).find_map(|one| one.stale(now));
    let own = link.state(gates.get(&link.tenant).copied(), now);
    Ok(State::worst(stale.into_iter().chain([own.clone()])).unwrap_or(own))
}

/// A list with its links and how it stands: as the worst of them, or of its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListStatus {
    /// The list.
    pub list: List,
    /// Its links, in the order of what counts most.
    pub links: Vec<LinkState>,
    /// How it stands.
    pub state: State,
}

/// How each of these lists stands, in their order.
///
/// # Errors
/// When the store does not answer.
pub async fn of_lists(ports: &Ports, lists: Vec<List>) -> PortResult<Vec<ListStatus>> {
    let names = lists.iter().map(|list| (list.id.clone(), list.name.clone())).collect();
    let mut whole: BTreeMap<LinkId, LinkState> = BTreeMap::new();
    let briefs = async {
        let asked: Vec<_> = lists.iter().map(|list| ports.links.of_list(&list.id)).collect();
        let links = stream::iter(asked).buffered(AT_ONCE).try_concat().await?;
        whole.extend(links.into_iter().map(|state| (state.link.id.clone(), state)));
        Ok(whole.values().map(LinkBrief::from).collect())
    };
    let mut of_list: BTreeMap<ListId, Vec<Row>> = BTreeMap::new();
    for row in ranked(ports, briefs, ready(Ok(names))).await? {
        of_list.entry(row.list.clone()).or_default().push(row);
    }
    let status = |list: List| {
        // The rows are in the order of what counts most, so the first of a list is its worst.
        let rows = of_list.remove(&list.id).unwrap_or_default();
        let state = rows.first().map_or(State::NotLinked, |row| row.state.clone());
        let links = rows.into_iter().filter_map(|row| whole.remove(&row.link?.id)).collect();
        ListStatus { list, links, state }
    };
    Ok(lists.into_iter().map(status).collect())
}

/// What monitoring makes of all of them: the gravest.
#[must_use]
pub fn exit_code(rows: &[Row]) -> u8 {
    rows.iter().map(|row| row.state.exit_code()).max().unwrap_or(0)
}

/// Who is out of step on a link now, by the rows of its members.
///
/// # Errors
/// When the store does not answer, or the link is not there.
pub async fn unsettled(ports: &Ports, link: &LinkState) -> PortResult<Vec<Unsettled>> {
    let rows = ports.links.members(&link.link.id, MemberQuery::Open).await?;
    Ok(rows.iter().filter_map(|row| Unsettled::of(row, link.link.writes)).collect())
}

async fn every_link(ports: &Ports) -> PortResult<Vec<LinkBrief>> {
    let mut all: Vec<LinkBrief> = Vec::new();
    loop {
        let after = all.last().map(|link| link.id.clone());
        let page = ports.links.briefs(after.as_ref(), PAGE).await?;
        let is_last = page.len() < PAGE;
        all.extend(page);
        if is_last {
            return Ok(all);
        }
    }
}

/// The import of each list that waits longest.
async fn held_imports(ports: &Ports) -> PortResult<BTreeMap<ListId, Import>> {
    let newest_first = ports.lists.imports(IMPORTS).await?;
    let held = newest_first.into_iter().filter(|import| import.state == ImportState::Held);
    Ok(held.map(|import| (import.list.clone(), import)).collect())
}

/// Until when the directory of each tenant asks for patience. Nothing is written, as a run would: who only looks changes
/// nothing.
async fn gates<'a>(
    ports: &Ports,
    tenants: impl IntoIterator<Item = &'a TenantId>,
    now: Timestamp,
) -> PortResult<BTreeMap<TenantId, Timestamp>> {
    let mut gates = BTreeMap::new();
    for tenant in tenants.into_iter().collect::<BTreeSet<_>>() {
        match standing(ports.gate.closed_until(tenant).await?, now) {
            Standing::Closed(until) | Standing::Overlong(until) => drop(gates.insert(tenant.clone(), until)),
            Standing::Open => {}
        }
    }
    Ok(gates)
}
