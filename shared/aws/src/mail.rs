//! Mail by Amazon SES.

use async_trait::async_trait;
use aws_sdk_sesv2::{
    Client,
    error::ProvideErrorMetadata as _,
    types::{Body, Content, Destination, EmailContent, Message, MessageHeader},
};
use listsync_core::{
    Timestamp,
    alert::{Envelope, Letter},
};
use listsync_engine::ports::{Mailer, PortError, PortResult};

use crate::error;

/// Letters by the account's SES in one region. A function needs `ses:SendEmail` for the identity of the sender.
#[derive(Debug, Clone)]
pub struct SesMailer {
    client: Client,
}

impl SesMailer {
    /// The account's SES.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { client }
    }
}

#[async_trait]
impl Mailer for SesMailer {
    async fn mail(&self, envelope: &Envelope, letter: &Letter, _now: Timestamp) -> PortResult<()> {
        let content = content(letter).map_err(|_| error::malformed("send mail"))?;
        let to = envelope.to.iter().map(ToString::to_string).collect();
        let destination = Destination::builder().set_to_addresses(Some(to)).build();
        let mail = self.client.send_email().from_email_address(envelope.from.to_string());
        let sent = mail.destination(destination).content(content).send().await;
        sent.map(drop).map_err(|failed| {
            let hint = match failed.as_service_error().and_then(|error| error.code()) {
                // Besides an identity that is not verified, an account in the sandbox gives this for its receivers.
                Some("MessageRejected") => {
                    "verify the sender in SES, and the receivers, too, while the account is in the sandbox"
                }
                Some("MailFromDomainNotVerifiedException") => "verify the sender's domain in SES",
                Some("AccountSuspendedException" | "SendingPausedException") => {
                    "see the account's sending status in the SES console"
                }
                _ => return error::port("send mail", &failed),
            };
            PortError { hint: hint.to_owned(), ..error::port("send mail", &failed) }
        })
    }
}

fn content(
    Letter { id: _, subject, text }: &Letter,
) -> Result<EmailContent, aws_sdk_sesv2::error::BuildError> {
    let plain = |text: &str| Content::builder().data(text).charset("UTF-8").build();
    // Nobody's absence note answers it (RFC 3834).
    let automatic = MessageHeader::builder().name("Auto-Submitted").value("auto-generated").build()?;
    let message = Message::builder()
        .subject(plain(subject)?)
        .body(Body::builder().text(plain(text)?).build())
        .headers(automatic)
        .build();
    Ok(EmailContent::builder().simple(message).build())
}
