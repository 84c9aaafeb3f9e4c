//! Mail by the SMTP server of an organisation, or of a service that sends for it (RFC 6409).

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{
        Mailbox,
        header::{ContentType, HeaderName, HeaderValue},
    },
    transport::smtp::{
        Error,
        authentication::Credentials,
        client::{Tls, TlsParameters},
    },
};
use listsync_core::{
    Timestamp,
    address::Address,
    alert::{Envelope, Letter},
    network::is_public,
};
use listsync_engine::ports::{Fault, Mailer, PortError, PortResult};
use percent_encoding::percent_decode_str;
use tokio::net::lookup_host;
use url::{Host, Url};

use crate::{Reach, SecretText, poster::private};

/// So long each step of a conversation may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The port for mail of an organisation's own, which begins without TLS (RFC 6409), and the one that begins with it (RFC 8314).
const SUBMISSION: u16 = 587;
const SUBMISSIONS: u16 = 465;

/// Letters by one SMTP server.
pub struct Smtp {
    /// Which servers may be used.
    pub reach: Reach,
    /// Where it is and who we are there: `smtps://USER:PASSWORD@HOST:PORT`, or `smtp://` for one that begins without TLS and
    /// is asked for it.
    pub server: Arc<dyn SecretText>,
}

/// Where a server is, and who we are there.
struct Server {
    host: Host,
    port: u16,
    begins: Begins,
    credentials: Option<Credentials>,
}

/// How a conversation begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Begins {
    WithTls,
    /// And goes on only with it.
    AsksForTls,
    /// And goes on without it if there is none: a relay in a network of one's own that knows its senders by their address.
    AsIsGiven,
}

#[async_trait]
impl Mailer for Smtp {
    async fn mail(&self, envelope: &Envelope, letter: &Letter, now: Timestamp) -> PortResult<()> {
        let server = Server::parse(&self.server.text().await?, self.reach).ok_or_else(odd)?;
        let message = message(envelope, letter, now)?;
        let mut failed = unreachable();
        for address in addresses(&server, self.reach).await? {
            match server.by(address.ip())?.send(message.clone()).await {
                Ok(_) => return Ok(()),
                Err(error) if error.status().is_some() => return Err(refused(&error)),
                Err(error) => failed = unsent(&error),
            }
        }
        Err(failed)
    }
}

impl Server {
    fn parse(text: &str, reach: Reach) -> Option<Self> {
        let url = Url::parse(text.trim()).ok()?;
        // A scheme that the parser does not know has its host as it is written.
        let host = Host::parse(url.host_str()?).ok()?;
        let plain = |text: &str| percent_decode_str(text).decode_utf8().ok().map(|text| text.into_owned());
        let credentials = match (plain(url.username())?, url.password()) {
            (user, None) if user.is_empty() => None,
            (user, Some(password)) => Some(Credentials::new(user, plain(password)?)),
            (_, None) => return None,
        };
        let (begins, port) = match (url.scheme(), reach, &credentials) {
            ("smtps", _, _) => (Begins::WithTls, SUBMISSIONS),
            // A password is never said to somebody who does not show a certificate.
            ("smtp", Reach::Public, _) | ("smtp", Reach::Anywhere, Some(_)) => {
                (Begins::AsksForTls, SUBMISSION)
            }
            ("smtp", Reach::Anywhere, None) => (Begins::AsIsGiven, SUBMISSION),
            _ => return None,
        };
        Some(Self { host, port: url.port().unwrap_or(port), begins, credentials })
    }

    /// A conversation with this address of it, which shows a certificate for its name.
    fn by(&self, address: IpAddr) -> PortResult<AsyncSmtpTransport<Tokio1Executor>> {
        let name = match &self.host {
            Host::Domain(name) => name.clone(),
            Host::Ipv4(_) | Host::Ipv6(_) => address.to_string(),
        };
        let parameters = TlsParameters::new(name).map_err(|_| {
            PortError::new(Fault::Rejected, "tls", "no TLS client could be made").with_hint(
                "see that this machine has root certificates, or name a file with them in SSL_CERT_FILE",
            )
        })?;
        let tls = match self.begins {
            Begins::WithTls => Tls::Wrapper(parameters),
            Begins::AsksForTls => Tls::Required(parameters),
            Begins::AsIsGiven => Tls::Opportunistic(parameters),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(address.to_string())
            .port(self.port)
            .tls(tls)
            .timeout(Some(TIMEOUT));
        if let Some(credentials) = &self.credentials {
            builder = builder.credentials(credentials.clone());
        }
        Ok(builder.build())
    }
}

/// What was checked is what is connected to.
async fn addresses(server: &Server, reach: Reach) -> PortResult<Vec<SocketAddr>> {
    let found = match &server.host {
        Host::Ipv4(address) => vec![SocketAddr::new(IpAddr::V4(*address), server.port)],
        Host::Ipv6(address) => vec![SocketAddr::new(IpAddr::V6(*address), server.port)],
        Host::Domain(name) => {
            lookup_host((name.as_str(), server.port)).await.map_err(|_| unreachable())?.collect()
        }
    };
    match reach {
        Reach::Public if found.iter().any(|address| !is_public(address.ip())) => Err(private()),
        Reach::Public | Reach::Anywhere => Ok(found),
    }
}

fn message(Envelope { from, to }: &Envelope, letter: &Letter, now: Timestamp) -> PortResult<Message> {
    let Letter { id, subject, text } = letter;
    let mailbox = |address: &Address| {
        let address = address.as_str().parse::<lettre::Address>();
        address.map(|address| Mailbox::new(None, address)).map_err(|_| odd_address())
    };
    let mut builder = Message::builder()
        .message_id(Some(format!("<{id}@{}>", from.domain())))
        .date(SystemTime::from(now))
        .from(mailbox(from)?)
        .subject(subject)
        .header(ContentType::TEXT_PLAIN)
        // Nobody's absence note answers it (RFC 3834).
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ));
    for address in to {
        builder = builder.to(mailbox(address)?);
    }
    builder.body(text.clone()).map_err(|_| odd_address())
}

fn odd() -> PortError {
    PortError::new(Fault::Rejected, "receiver_url", "the mail server's address is no smtp URL")
        .with_hint("write smtps://USER:PASSWORD@HOST:PORT, or smtp:// for a server that begins without TLS")
}

fn odd_address() -> PortError {
    PortError::new(Fault::Rejected, "mail_address", "an address for alerts cannot be used in mail")
        .with_hint("see LISTSYNC_ALERTS_MAIL_FROM and LISTSYNC_ALERTS_MAIL_TO")
}

fn unreachable() -> PortError {
    PortError::new(Fault::Unavailable, "receiver_unreachable", "the mail server cannot be reached").with_hint(
        "see that its name resolves, that it listens on that port, and that its certificate is one that this machine trusts",
    )
}

/// Why there was no conversation, or none to its end. The error's own text may hold what the server said.
fn unsent(error: &Error) -> PortError {
    if error.is_timeout() {
        return PortError::new(Fault::Unavailable, "receiver_slow", "the mail server did not answer in time")
            .with_hint("see that the port is the right one: one that begins with TLS is for smtps://");
    }
    if error.is_client() {
        // It offers no TLS, or no way to sign in.
        let message = "the mail server does not offer what is needed";
        return PortError::new(Fault::Rejected, "receiver_refused", message)
            .with_hint("use a server that offers STARTTLS, and sign-in with a password where one is given");
    }
    unreachable()
}

/// The server's answer, of which only the number is told (RFC 5321, section 4.2).
fn refused(error: &Error) -> PortError {
    let status = error.status().map_or_else(String::new, |status| format!(" {status}"));
    let (fault, code, hint) = match error.is_permanent() {
        true => (
            Fault::Rejected,
            "receiver_refused",
            "see that the user and password are right, and that the server takes mail from LISTSYNC_ALERTS_MAIL_FROM to each of \
             LISTSYNC_ALERTS_MAIL_TO",
        ),
        false => (Fault::Unavailable, "receiver_busy", "nothing is to be done: it is tried again"),
    };
    PortError::new(fault, code, format!("the mail server answered{status}")).with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str, reach: Reach) -> Option<(String, u16, Begins, bool)> {
        let Server { host, port, begins, credentials } = Server::parse(text, reach)?;
        Some((host.to_string(), port, begins, credentials.is_some()))
    }

    #[test]
    fn a_password_is_said_only_under_tls_and_without_one_a_relay_of_ones_own_network_needs_none() {
        let host = "mail.contoso.com".to_owned();
        for (text, reach, is) in [
            ("smtps://u:p@mail.contoso.com", Reach::Public, Some((465, Begins::WithTls, true))),
            ("smtp://u:p%40x@mail.contoso.com", Reach::Public, Some((587, Begins::AsksForTls, true))),
            (" smtp://mail.contoso.com:25\n", Reach::Public, Some((25, Begins::AsksForTls, false))),
            ("smtp://u:p@mail.contoso.com:25", Reach::Anywhere, Some((25, Begins::AsksForTls, true))),
            ("smtp://mail.contoso.com:25", Reach::Anywhere, Some((25, Begins::AsIsGiven, false))),
            ("smtp://u@mail.contoso.com", Reach::Anywhere, None),
            ("https://mail.contoso.com", Reach::Anywhere, None),
            ("mail.contoso.com:25", Reach::Anywhere, None),
        ] {
            let is = is.map(|(port, begins, signs_in)| (host.clone(), port, begins, signs_in));
            assert_eq!(parsed(text, reach), is, "{text}");
        }
    }

    #[tokio::test]
    async fn a_server_in_a_private_network_is_used_only_where_that_is_allowed() {
        for host in ["127.0.0.1", "[::1]", "10.1.2.3", "localhost"] {
            let url = format!("smtps://u:p@{host}");
            let server = Server::parse(&url, Reach::Public).expect("a server");
            let error = addresses(&server, Reach::Public).await.expect_err("it is private");
            assert_eq!(error.code, "receiver_private", "{host}");
            assert!(!addresses(&server, Reach::Anywhere).await.expect("addresses").is_empty());
        }
    }
}
