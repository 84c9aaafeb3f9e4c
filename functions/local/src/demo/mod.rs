//! x
use crate::output::*;
pub(crate) async fn run(_: Form) -> Outcome {
    todo!()
}
