//! `listsync backup`: a copy of the embedded store while others use it.

use std::path::Path;

use listsync_wiring::{Config, Copied};
use serde_json::json;

use crate::output::{Outcome, Reply};

pub(super) fn run(config: &Config, file: &Path) -> Outcome {
    let Copied { to, bytes } = listsync_wiring::back_up(config, file)?;
    let to = to.display().to_string();
    let text = format!("Copied the store to {to} ({bytes} bytes), for you alone to read.");
    Ok(Reply::done(json!({ "file": to, "bytes": bytes }), text))
}
