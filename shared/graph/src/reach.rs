//! Why no connection came about, as far as the causes of an error tell.

use std::{error::Error, io};

/// What stands between this machine and a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Barrier {
    /// The server's name leads to no address here.
    Name,
    /// Nobody listens at the address, or a firewall says so.
    Refusal,
    /// The server shows a certificate that this machine does not trust.
    Certificate,
    /// Something else, or an answer broke off.
    Unknown,
}

impl Barrier {
    /// Reads it from an error and its causes. Refusals have a kind of their own; of the other two only the texts of the
    /// resolver in `hyper-util` and of `rustls` tell, which a test of each holds.
    pub(crate) fn of(error: &(dyn Error + 'static)) -> Self {
        let mut cause = Some(error);
        while let Some(one) = cause {
            let kind = one.downcast_ref().map(io::Error::kind);
            let text = one.to_string();
            match () {
                () if kind == Some(io::ErrorKind::ConnectionRefused) => return Self::Refusal,
                () if text.contains("dns error") => return Self::Name,
                () if text.contains("invalid peer certificate") => return Self::Certificate,
                () => cause = one.source(),
            }
        }
        Self::Unknown
    }

    /// The end of a sentence that begins with whom nobody reaches; none: nothing is known.
    pub(crate) fn why(self) -> Option<&'static str> {
        match self {
            Self::Name => Some("its name leads to no address here"),
            Self::Refusal => Some("the connection is refused"),
            Self::Certificate => Some("its certificate is not trusted here"),
            Self::Unknown => None,
        }
    }

    /// What a person can do about it, where the address is in this setting.
    pub(crate) fn hint(self, setting: &str) -> String {
        match self {
            Self::Name => format!("check the host in {setting}, and that this machine's DNS knows it"),
            Self::Refusal => {
                format!("check host and port in {setting}, and whether a firewall or a proxy stands between")
            }
            Self::Certificate => format!(
                "where a proxy of yours reads along, name the file of its authority in SSL_CERT_FILE; else check the host in \
                 {setting}, and this machine's clock"
            ),
            Self::Unknown => {
                format!("check the network, {setting}, and that its certificate is trusted (SSL_CERT_FILE)")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_by_its_kind_and_what_nobody_knows_is_not_guessed() {
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        assert_eq!(Barrier::of(&refused), Barrier::Refusal);
        let odd = io::Error::other("the connection broke");
        assert_eq!((Barrier::of(&odd), Barrier::of(&odd).why()), (Barrier::Unknown, None));
        for barrier in [Barrier::Name, Barrier::Refusal, Barrier::Certificate, Barrier::Unknown] {
            assert!(barrier.hint("LISTSYNC_GRAPH_URL").contains("LISTSYNC_GRAPH_URL"), "{barrier:?}");
        }
    }
}
