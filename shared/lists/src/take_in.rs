//! Taking a file into a list, with all that follows from it.

use std::collections::BTreeSet;

use listsync_core::{
    address::Address,
    contact::ExternalId,
    id::{LinkId, ListId},
    import::Keys,
    limit::AdditionLimit,
    list::List,
    trigger::Reason,
};
use listsync_engine::{
    Ports, filtered,
    ports::{Again, Import, ImportState, Imported, NewImport, PortResult},
    service::Service,
    trigger,
};
use serde::Serialize;

use crate::{ParsedFile, RejectedRow, Source};

/// How many contacts are in memory at a time.
const PAGE: usize = 500;

/// What taking a file in came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The import, as it is kept.
    pub import: Import,
    /// The rows that were not taken in, in the file's order.
    pub problems: Vec<RowProblem>,
    /// How many leave by the file whom it names by a key alone that nobody here has.
    pub gone_unknown: u64,
    /// The links that were asked to run.
    pub links: Vec<LinkId>,
}

/// A row that was not taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowProblem {
    /// Its number, as a spreadsheet shows it: the header is row 1.
    pub row: u64,
    /// A stable code.
    pub code: String,
    /// Why, for people.
    pub message: String,
}

/// Takes a file into a list, whole or not at all; then has filtered lists follow what it changed of people, and asks for
/// a run of each link whose list changed.
///
/// # Errors
/// When there is no such list, it is a filtered one, or the store fails: nothing is changed then. When the queue does not
/// take a message, the file is taken in, and the timer sees to the run.
pub async fn take_in(
    service: &Service,
    list: &ListId,
    mut parsed: ParsedFile,
    (source, again): (Source<'_>, Again),
) -> PortResult<Taken> {
    let mut problems = problems_of(&parsed);
    let gone: BTreeSet<ExternalId> = parsed.gone.iter().cloned().collect();
    let leavers = leavers(service, &gone).await?;
    let gone_unknown = (gone.len() - leavers.len()) as u64;
    leavers.into_iter().for_each(|(address, key)| parsed.people.leaves(address, key));
    let settings = service.ports.settings.settings().await?;
    let limit = settings.additions_to(service.ports.lists.list(list).await?.as_ref());
    let new =
        NewImport { max_additions: limit, keep: settings.effects_keep, ..parsed.into_import(source, again) };
    let at = new.at;
    let Imported { import, refused } = service.ports.lists.import(list, &new).await?;
    service.ports.lists.heard(list, at).await?;
    problems.extend(refused.into_iter().map(|row| RowProblem {
        row: row.row,
        code: row.code,
        message: row.message,
    }));
    problems.sort_by_key(|problem| problem.row);
    let mut links = Vec::new();
    if import.state != ImportState::Repeated && import.added + import.updated + import.removed > 0 {
        links = trigger::raise_list(&service.ports, list, Reason::Event).await?;
        filtered::follow_all(service).await?;
    }
    Ok(Taken { import, problems, gone_unknown, links })
}

/// How many of a file's people may join a list within 24 hours without a person.
pub(crate) async fn max_additions(ports: &Ports, list: Option<&List>) -> PortResult<AdditionLimit> {
    Ok(ports.settings.settings().await?.additions_to(list))
}

/// The rows of a file that could not be read.
#[must_use]
pub fn problems_of(parsed: &ParsedFile) -> Vec<RowProblem> {
    let problem = |row: &RejectedRow| RowProblem {
        row: row.row,
        code: row.reason.code().to_owned(),
        message: row.reason.to_string(),
    };
    parsed.rejected.iter().map(problem).collect()
}

/// Who leaves and is known to the file by their key alone.
async fn leavers(service: &Service, gone: &BTreeSet<ExternalId>) -> PortResult<Vec<(Address, ExternalId)>> {
    let mut leavers = Vec::new();
    let mut after = None;
    while leavers.len() < gone.len() {
        let page = service.contacts.contacts(after.as_ref(), PAGE).await?;
        let full = page.len() == PAGE;
        after = page.last().map(|contact| contact.id.clone());
        for contact in page {
            let gone = Keys::of(&contact).iter().find(|key| gone.contains(*key)).cloned();
            leavers.extend(gone.map(|key| (contact.address, key)));
        }
        if !full {
            break;
        }
    }
    Ok(leavers)
}
