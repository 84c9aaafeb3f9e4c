//! Sending mail (the page "user: sendMail").

use serde_json::Value;

use crate::access::{self, Caller};
use crate::errors::Refusal;
use crate::exchange::{Answer, Call, Reply};
use crate::graph::users;
use crate::state::user::MailboxPurpose;
use crate::world::World;

/// What an app may say of a message is much more than this; nothing else is taken here, so that nothing is ignored.
const KNOWN: &[&str] = &["subject", "body", "toRecipients"];

/// A letter that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentMail {
    /// The address of the mailbox that sent it.
    pub from: String,
    /// The addresses that it goes to.
    pub to: Vec<String>,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
}

/// `POST /users/{id}/sendMail`: 202 says that it was taken, not that it arrives.
pub(crate) fn send(world: &mut World, call: &Call, who: &Caller, key: &str) -> Reply {
    if !who.has(access::MAIL_SEND) {
        let text = "Access is denied. Check credentials and try again.";
        return Err(Refusal::named(403, "ErrorAccessDenied", text));
    }
    call.query.only(&[])?;
    let user = users::find(&world.directory, key, world.directory.newest())?;
    if user.purpose == MailboxPurpose::Absent {
        return Err(users::no_mailbox());
    }
    let from = user.mail.clone().unwrap_or_else(|| user.user_principal_name.clone());
    let letter = read(call, from)?;
    world.letters.push(letter);
    Ok(Answer::accepted())
}

fn read(call: &Call, from: String) -> Result<SentMail, Refusal> {
    let body = call.object()?;
    let known = |name: &String| name == "message" || name == "saveToSentItems";
    if let Some(unknown) = body.keys().find(|name| !known(name)) {
        return Err(Refusal::bad_request(format!("The parameter '{unknown}' is not one of 'sendMail'.")));
    }
    let message = body.get("message").and_then(Value::as_object);
    let message = message.ok_or_else(|| Refusal::bad_request("A 'message' is required."))?;
    if let Some(unknown) = message.keys().find(|name| !KNOWN.contains(&name.as_str())) {
        return Err(Refusal::bad_request(format!(
            "The property '{unknown}' does not exist on type 'message'."
        )));
    }
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    if message.get("body").and_then(|body| body.get("contentType")) != Some(&Value::from("Text")) {
        return Err(Refusal::bad_request("Only the content type 'Text' is known here."));
    }
    let recipients = message.get("toRecipients").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let address = |recipient: &Value| {
        let address = recipient.pointer("/emailAddress/address").and_then(Value::as_str);
        address.filter(|address| address.contains('@')).map(str::to_owned)
    };
    let to: Option<Vec<String>> = recipients.iter().map(address).collect();
    let to = to.filter(|to| !to.is_empty()).ok_or_else(|| {
        Refusal::named(400, "ErrorInvalidRecipients", "At least one recipient isn't valid.")
    })?;
    Ok(SentMail {
        from,
        to,
        subject: text(message.get("subject")),
        text: text(message.get("body").and_then(|body| body.get("content"))),
    })
}
