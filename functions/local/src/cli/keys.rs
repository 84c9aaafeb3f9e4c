use clap::{Subcommand, ValueEnum};
use jiff::{ToSpan as _, civil::Date, tz::TimeZone};
use listsync_core::{Timestamp, grant::Verb};

#[derive(Debug, Subcommand)]
pub(crate) enum KeysVerb {
    /// Show every key of the HTTP API, without its secret.
    Ls,
    /// Make a key of the HTTP API. It is shown this once.
    Create {
        /// What it is for.
        name: String,
        /// What it may do; may be repeated. Each scope is its own: give several where several are needed.
        #[arg(long, required = true)]
        scope: Vec<ScopeArg>,
        /// A list that the key is bound to, by name or id; may be repeated. Without, it is bound to none.
        #[arg(long, value_name = "LIST")]
        list: Vec<String>,
        /// The last day on which it is good, such as 2027-03-31, or the moment of its end, such as 2027-03-31T18:00:00Z.
        #[arg(long, value_name = "DAY", value_parser = end)]
        expires: Option<Timestamp>,
    },
    /// Make a key of the HTTP API worth nothing from now on.
    Revoke {
        /// The key's id.
        key: String,
    },
    /// Make a new key that signs opt-out links. Links of the former ones stay good.
    RotateLinks,
    /// Make a key that signed opt-out links worth nothing, with all its links.
    RetireLinks {
        /// The key's id.
        key: String,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ScopeArg {
    /// Look at everything.
    Read,
    /// Have links run now.
    Sync,
    /// Edit lists and contacts, import, sync.
    Operate,
    /// Make, change and remove links, and so choose groups. Groups that are there have to be linkable.
    Link,
    /// Rule on changes that are held.
    Approve,
    /// Keys, event senders, settings, erasing people.
    Admin,
    /// Push people and lists by SCIM.
    Scim,
}

impl From<ScopeArg> for Verb {
    fn from(arg: ScopeArg) -> Self {
        match arg {
            ScopeArg::Read => Self::Read,
            ScopeArg::Sync => Self::Sync,
            ScopeArg::Operate => Self::Operate,
            ScopeArg::Link => Self::Link,
            ScopeArg::Approve => Self::Approve,
            ScopeArg::Admin => Self::Admin,
            ScopeArg::Scim => Self::Scim,
        }
    }
}

/// The end of a day in UTC, or a moment.
fn end(text: &str) -> Result<Timestamp, String> {
    let day = text.parse::<Date>().ok().filter(|_| !text.contains([':', 'T', 't']));
    let after = day.and_then(|day| day.checked_add(1.day()).ok()?.to_zoned(TimeZone::UTC).ok());
    match (after, text.parse::<Timestamp>()) {
        (Some(after), _) => Ok(after.timestamp()),
        (None, Ok(moment)) => Ok(moment),
        (None, Err(_)) => {
            Err("write a day such as 2027-03-31, or a moment such as 2027-03-31T18:00:00Z".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_good_through_the_whole_of_its_last_day() {
        assert_eq!(end("2027-03-31"), Ok("2027-04-01T00:00:00Z".parse().expect("a moment")));
        assert_eq!(end("2027-03-31T18:00:00Z"), Ok("2027-03-31T18:00:00Z".parse().expect("a moment")));
        for odd in ["", "soon", "90d", "2027-02-30", "2027-03-31T18:00"] {
            assert!(end(odd).is_err(), "{odd}");
        }
    }
}
