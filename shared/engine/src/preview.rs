//! The preview: the run without apply, by the same code; and what it showed, kept for a day so that a run can keep to it.

use listsync_core::{
    Timestamp,
    id::LinkId,
    plan::{More, Plan, SHOWN_FOR, Shown},
    schedule::later,
    trigger::Reason,
};

use crate::{
    Ports,
    ports::{Memory, PortResult, Seen},
    run,
    watch::Watch,
};

/// So many pieces of one shown plan are kept: a million changes.
const MOST: usize = 250;

/// What a run would do now.
///
/// # Errors
/// As a run that cannot read: the link, the list or the group is not there, or the directory does not answer.
pub async fn preview(ports: &Ports, link: &LinkId, until: Timestamp, watch: &dyn Watch) -> PortResult<Plan> {
    run::plan(ports, link, (Reason::OnDemand, until), watch).await
}

/// Keeps what a plan showed under its digest: ids, and nobody's address. Nothing of it is the link's, and no run looks at it
/// that is not told to.
///
/// # Errors
/// When the store does not answer: the plan is good to be read all the same.
pub async fn keep(seen: &dyn Seen, plan: &Plan, now: Timestamp) -> PortResult<()> {
    let (pieces, until) = (Shown::of(plan).pieces(), later(now, SHOWN_FOR));
    // The first one comes last: where it is found all the others are there.
    for (number, piece) in pieces.iter().enumerate().take(MOST).rev() {
        let name = name(&plan.link, &plan.digest, number);
        if let Memory::Known(_) = seen.remember(&name, piece, until, now).await? {
            seen.replace(&name, piece, until).await?;
        }
    }
    Ok(())
}

/// What a plan of a link showed under this digest; none: none did within a day.
///
/// # Errors
/// When the store does not answer.
pub async fn recall(
    seen: &dyn Seen,
    link: &LinkId,
    digest: &str,
    now: Timestamp,
) -> PortResult<Option<Shown>> {
    let mut shown = Shown::default();
    for number in 0..MOST {
        let Some(piece) = seen.recall(&name(link, digest, number), now).await? else { return Ok(None) };
        match shown.take_in(&piece) {
            Ok(More::Follow) => {}
            Ok(More::None) => return Ok(Some(shown)),
            // A later version kept it: to this one it was not shown.
            Err(_) => return Ok(None),
        }
    }
    Ok(None)
}

fn name(link: &LinkId, digest: &str, number: usize) -> String {
    format!("shown/{link}/{digest}/{number}")
}
