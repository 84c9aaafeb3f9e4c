use crate::{cli::LinkArgs, output::Outcome};
use listsync_wiring::Wired;
pub(super) async fn run(_: &Wired, _: &LinkArgs) -> Outcome {
    todo!()
}
