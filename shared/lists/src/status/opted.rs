//! Columns that tell who opted out, as exports of mailing tools have them: whoever took such a file for one of members would write
//! to people who said no.
//!
//! Sources of the titles: the documentation of Salesforce (*Email Opt Out*, `HasOptedOutOfEmail`), HubSpot (*Unsubscribed from all
//! email*, `hs_email_optout`), Dynamics 365 (*Do not allow Bulk Emails*, `donotbulkemail`), CiviCRM (*No Bulk Emails (User Opt
//! Out)*, `is_opt_out`, *Do Not Email*), Mailchimp (`UNSUB_TIME`), Constant Contact (*Email status*, *Unsubscribed*) and listmonk
//! (`blocklisted`).

use super::flags::is_yes;
use crate::{
    columns::word_key,
    dates::{self, Day},
    profile::Dates,
    titles::words,
};

/// What a column's title says of opting out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opts {
    /// Nothing: its values may.
    OfOther,
    /// *Unsubscribed*: whatever stands there, a day or a reason, is of somebody who said no, but for a no.
    Out,
    /// *Subscribed*: a no is of somebody who did.
    In,
}

/// Words that say by themselves that somebody said no.
const OUT: &[&str] = &[
    "unsubscribed",
    "unsubscribe",
    "unsub",
    "optout",
    "optedout",
    "blocklisted",
    "blacklisted",
    "donotemail",
    "donotbulkemail",
    "donotcontact",
    "abgemeldet",
    "désabonné",
    "désinscrit",
];
/// Words that say so together.
const OUT_TOGETHER: &[&[&str]] = &[&["opt", "out"], &["opted", "out"], &["do", "not"], &["no", "bulk"]];
const IN: &[&str] = &["subscribed", "optin", "optedin"];
const IN_TOGETHER: &[&[&str]] = &[&["opt", "in"], &["opted", "in"]];
/// Words beside which they still speak of mail to the person.
const BESIDE: &[&str] = &[
    "e",
    "email",
    "emails",
    "mail",
    "mails",
    "mailing",
    "mailings",
    "marketing",
    "newsletter",
    "newsletters",
    "bulk",
    "mass",
    "all",
    "any",
    "from",
    "of",
    "to",
    "for",
    "has",
    "have",
    "is",
    "was",
    "the",
    "date",
    "time",
    "at",
    "on",
    "global",
    "globally",
    "status",
    "state",
    "flag",
    "user",
    "contact",
    "person",
    "member",
    "subscriber",
    "list",
    "lists",
    "communication",
    "communications",
    "comms",
    "reason",
    "allow",
    "send",
    "hs",
    "yes",
    "no",
    "y",
    "n",
    "us",
    "me",
];
/// What stands under a title of *Do not allow* for a yes, and under one of opting out for somebody who did not.
const STAYS: &[&str] =
    &["allow", "allowed", "subscribed", "optin", "optedin", "in", "none", "never", "null", "active"];
/// Values that say no in a column of any title.
const VALUES: &[&str] = &[
    "unsubscribed",
    "unsubscribedfromall",
    "globallyunsubscribed",
    "optout",
    "optedout",
    "blocklisted",
    "blacklisted",
    "donotcontact",
    "donotemail",
    "abgemeldet",
];

impl Opts {
    pub(crate) fn of(title: &str) -> Self {
        let words = words(title);
        let about = |alone: &[&str], together: &[&[&str]]| {
            let speaks = words.iter().any(|word| alone.contains(&word.as_str()));
            let speaks =
                speaks || together.iter().any(|all| words.windows(all.len()).any(|some| some == *all));
            let rest = |word: &String| {
                let word = word.as_str();
                alone.contains(&word)
                    || BESIDE.contains(&word)
                    || together.iter().any(|all| all.contains(&word))
            };
            speaks && words.iter().all(rest)
        };
        match (about(OUT, OUT_TOGETHER), about(IN, IN_TOGETHER)) {
            (true, _) => Self::Out,
            (_, true) => Self::In,
            _ => Self::OfOther,
        }
    }

    /// Whether a cell of such a column says that somebody said no.
    pub(crate) fn tells(self, cell: &str) -> bool {
        let says = |yes: bool| is_yes(cell) == Some(yes);
        match self {
            Self::OfOther => false,
            Self::In => says(false),
            Self::Out => {
                let is_blank = cell.trim().chars().all(|each| !each.is_alphanumeric());
                let is_never = || matches!(dates::read(cell, Dates::Auto), Day::Never);
                !(is_blank || says(false) || STAYS.contains(&word_key(cell).as_str()) || is_never())
            }
        }
    }
}

/// Whether a value, as words are compared, says no in a column of any title.
pub(crate) fn says_no(key: &str) -> bool {
    VALUES.contains(&key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_of_mailing_tools_say_what_their_cells_mean() {
        for title in [
            "Unsubscribed",
            "unsubscribed_at",
            "UNSUB_TIME",
            "UNSUB_REASON",
            "Unsubscribed from all email",
            "hs_email_optout",
            "Email Opt Out",
            "Email Opt-Out",
            "HasOptedOutOfEmail",
            "is_opt_out",
            "No Bulk Emails (User Opt Out)",
            "Do Not Email",
            "Do not allow Bulk Emails",
            "donotbulkemail",
            "blocklisted",
        ] {
            assert_eq!(Opts::of(title), Opts::Out, "{title}");
        }
        for title in ["Subscribed", "Email Opt-In", "opted_in", "Subscribed to newsletter"] {
            assert_eq!(Opts::of(title), Opts::In, "{title}");
        }
        for title in [
            "Unsubscribe link",
            "unsubscribe_url",
            "SMS Opt Out",
            "Do Not Call",
            "Opt out of parking",
            "Subscribers",
            "No",
            "Status",
            "Do",
            "",
        ] {
            assert_eq!(Opts::of(title), Opts::OfOther, "{title}");
        }
    }

    #[test]
    fn a_no_is_told_by_a_yes_a_day_or_a_reason_and_by_nothing_else() {
        for cell in ["Yes", "1", "x", "2024-05-01", "2024-05-01 10:11:12", "too many", "Do Not Allow"] {
            assert!(Opts::Out.tells(cell), "{cell}");
        }
        for cell in ["", " ", "-", "No", "0", "false", "Allow", "N/A", "Subscribed", "0000-00-00"] {
            assert!(!Opts::Out.tells(cell), "{cell}");
        }
        assert!(Opts::In.tells("No") && Opts::In.tells("0"));
        for cell in ["", "Yes", "2024-05-01", "perhaps"] {
            assert!(!Opts::In.tells(cell), "{cell}");
        }
        assert!(!Opts::OfOther.tells("Yes"));
        assert!(says_no(&word_key("Opted-Out")) && says_no(&word_key("UNSUBSCRIBED")) && !says_no("left"));
    }
}
