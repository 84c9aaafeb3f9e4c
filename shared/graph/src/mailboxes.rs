//! What the mailbox of an account is for (the page "mailboxSettings resource type", `userPurpose`).

use std::collections::BTreeSet;

use listsync_core::id::ObjectId;
use listsync_engine::ports::{Call, PortResult};
use serde_json::Value;

use crate::{
    answer::Answer,
    ask::Ask,
    deed::{Deed, READ_MAILBOXES},
    parts::PARTS,
    path,
    send::Sender,
};

/// Purposes behind which no person stands.
const SHARED: [&str; 3] = ["shared", "room", "equipment"];

impl Sender {
    /// One question per account, twenty to a request. Who has no mailbox, or is gone, is nobody's shared mailbox.
    pub(crate) async fn shared_mailboxes(
        &self,
        call: Call<'_>,
        ids: &[ObjectId],
    ) -> PortResult<BTreeSet<ObjectId>> {
        let deed = Deed::new("could not read what mailboxes are for", READ_MAILBOXES);
        let mut shared = BTreeSet::new();
        for ids in ids.chunks(PARTS) {
            let asks: Vec<Ask> = ids
                .iter()
                .map(|id| path::segment(id.as_str()))
                .map(|id| Ask::get(format!("/users/{id}/mailboxSettings?$select=userPurpose")))
                .collect();
            for (id, answer) in ids.iter().zip(self.each_part(call, &asks, &deed).await?) {
                match answer.status {
                    404 => {}
                    _ if !answer.is_success() => return Err(deed.refused(&answer)),
                    _ if is_shared(&answer) => drop(shared.insert(id.clone())),
                    _ => {}
                }
            }
        }
        Ok(shared)
    }
}

fn is_shared(answer: &Answer) -> bool {
    let purpose = answer.body.get("userPurpose").and_then(Value::as_str).unwrap_or_default();
    SHARED.iter().any(|shared| shared.eq_ignore_ascii_case(purpose))
}
