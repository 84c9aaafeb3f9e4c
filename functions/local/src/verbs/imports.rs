use crate::{cli::*, output::Outcome};
use listsync_wiring::Wired;
pub(super) async fn import(_: &Wired, _: &ImportArgs) -> Outcome {
    todo!()
}
pub(super) async fn run(_: &listsync_engine::Ports, _: &ImportsVerb) -> Outcome {
    todo!()
}
