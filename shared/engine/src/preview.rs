//! The preview: the run without apply, by the same code.

use listsync_core::{Timestamp, id::LinkId, plan::Plan, trigger::Reason};

use crate::{Ports, ports::PortResult, run, watch::Watch};

/// What a run would do now.
///
/// # Errors
/// As a run that cannot read: the link, the list or the group is not there, or the directory does not answer.
pub async fn preview(ports: &Ports, link: &LinkId, until: Timestamp, watch: &dyn Watch) -> PortResult<Plan> {
    run::plan(ports, link, (Reason::OnDemand, until), watch).await
}
