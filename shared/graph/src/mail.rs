//! A letter from a mailbox of the tenant (the page "user: sendMail").

use listsync_core::{
    address::Address,
    alert::{Envelope, Letter},
};
use listsync_engine::ports::{Call, PortError, PortResult};
use serde_json::{Value, json};

use crate::{
    ask::Ask,
    deed::{Deed, SEND_MAIL},
    path,
    send::Sender,
};

impl Sender {
    /// An answer of success says that the letter was taken, as 202 always does.
    pub(crate) async fn mail(&self, call: Call<'_>, envelope: &Envelope, letter: &Letter) -> PortResult<()> {
        let deed = Deed::new("could not send mail from the mailbox of LISTSYNC_ALERTS_MAIL_FROM", SEND_MAIL);
        let path = format!("/users/{}/sendMail", path::segment(envelope.from.as_str()));
        let answer = self.send(call, &Ask::post(path, body(envelope, letter)), &deed).await?;
        if answer.is_success() {
            return Ok(());
        }
        let error = deed.refused(&answer);
        let hint = match answer.status {
            // A mailbox that is on-premises, unlicensed or not made yet is told so, too.
            404 => "name an address whose mailbox is in Exchange Online",
            403 => {
                "grant the application permission Mail.Send, or, where it is restricted to some mailboxes, let the restriction \
                 include this one (docs/alerts.md)"
            }
            _ => return Err(error),
        };
        Err(PortError { hint: hint.to_owned(), ..error })
    }
}

fn body(Envelope { to, .. }: &Envelope, Letter { subject, text, .. }: &Letter) -> Value {
    let recipient = |address: &Address| json!({"emailAddress": {"address": address.as_str()}});
    json!({
        "message": {
            "subject": subject,
            "body": {"contentType": "Text", "content": text},
            "toRecipients": to.iter().map(recipient).collect::<Vec<_>>(),
        },
        "saveToSentItems": false,
    })
}
