//! Opt-outs that are brought along from another tool.

use listsync_core::{contact::Via, list::List};
use listsync_engine::service::Service;
use listsync_lists::{OptOuts, ParsedFile, bring_opt_outs};
use serde_json::json;

use super::told::problems;
use crate::{
    output::{Outcome, Reply},
    verbs::asked::Asked,
};

/// Records that everybody in a file opted out of the list.
pub(super) async fn bring(service: &Service, list: &List, parsed: &ParsedFile) -> Outcome {
    let brought = bring_opt_outs(service, (&list.id, Via::Operator), parsed).await?;
    let document = json!(brought);
    let OptOuts { recorded, problems: refused, links, .. } = brought;
    let text = format!(
        "Recorded {recorded} opt-outs of the list '{}': neither an import nor the group brings these people back.\n{}",
        list.name,
        problems(&refused)
    );
    let exit = if refused.is_empty() { 0 } else { 3 };
    Ok(Reply::done(document, text.trim_end().to_owned() + &Asked { links }.text()).exiting(exit))
}
