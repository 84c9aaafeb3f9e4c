//! Opt-outs that a file brings along from another tool.

use std::{collections::BTreeSet, time::Duration};

use listsync_core::{
    contact::{Decision, OptOutReason, Saying, Scope, Via},
    id::{LinkId, ListId},
};
use listsync_engine::{
    people::{self, Stored},
    ports::PortResult,
    service::Service,
};
use serde::Serialize;

use crate::{ParsedFile, RowProblem, problems_of};

/// What bringing opt-outs along came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OptOuts {
    /// The list that they are of.
    pub list: ListId,
    /// Rows, without the header.
    pub rows: u64,
    /// How many people of the file are opted out of the list now, those included who were already.
    pub recorded: u64,
    /// The rows that were not taken in, in the file's order.
    pub problems: Vec<RowProblem>,
    /// The links that were asked to run.
    pub links: Vec<LinkId>,
}

/// Records that everybody in a file opted out of the list, said by whoever brings it along. The file is to be read by
/// [`Profile::of_addresses`](crate::Profile::of_addresses), as who said no is not asked whether they are employed.
///
/// # Errors
/// When the list may not be left (`opt_out_not_allowed`), before anything is stored, or the store fails. Where it stops
/// half-way, the same file does the rest: who opted out already stays so.
pub async fn bring_opt_outs(
    service: &Service,
    (list, via): (&ListId, Via),
    parsed: &ParsedFile,
) -> PortResult<OptOuts> {
    let mut links = BTreeSet::new();
    for row in parsed.people.iter() {
        let saying = Saying {
            address: row.contact.address,
            decision: Decision::OptedOut,
            scope: Scope::List(list.clone()),
            reason: OptOutReason::Own,
            via,
            at: service.ports.clock.now(),
        };
        // A mandatory list refuses the first of them already, before anything is stored.
        let Stored { links: asked, .. } = people::say(service, &saying, Duration::ZERO).await?;
        links.extend(asked);
    }
    Ok(OptOuts {
        list: list.clone(),
        rows: parsed.rows,
        recorded: parsed.people.len() as u64,
        problems: problems_of(parsed),
        links: links.into_iter().collect(),
    })
}
