use clap::Subcommand;
use jiff::{civil::Date, tz::TimeZone};
use listsync_core::{
    Timestamp,
    duration::{parse, parse_days},
};

#[derive(Debug, Subcommand)]
pub(crate) enum AuditVerb {
    /// Show what was done, the newest first.
    Ls {
        /// Only what was done then or later: a day such as 2027-03-31 (UTC), a moment, or so long ago, such as 24h or 7d.
        #[arg(long, value_name = "WHEN", value_parser = when)]
        since: Option<When>,
        /// Only what was done before then.
        #[arg(long, value_name = "WHEN", value_parser = when)]
        until: Option<When>,
        /// Only what was done to this: the id of a list, link, contact, import, key or sender, the name of a setting, or the
        /// digest of a hold.
        #[arg(long, value_name = "ID")]
        object: Option<String>,
        /// Only of this actor: local, self, inbox, or the id of a key or sender.
        #[arg(long, value_name = "ID")]
        actor: Option<String>,
        /// At most so many.
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
}

/// A moment as people say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// This one.
    At(Timestamp),
    /// So long before now.
    Ago(std::time::Duration),
}

impl When {
    /// The moment.
    pub(crate) fn moment(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(moment) => moment,
            Self::Ago(time) => now.checked_sub(time).unwrap_or(Timestamp::MIN),
        }
    }
}

fn when(text: &str) -> Result<When, String> {
    let text = text.trim();
    let day = text.parse::<Date>().ok().filter(|_| !text.contains([':', 'T', 't']));
    if let Some(begin) = day.and_then(|day| day.to_zoned(TimeZone::UTC).ok()) {
        return Ok(When::At(begin.timestamp()));
    }
    match (text.parse::<Timestamp>(), parse_days(text), parse(text)) {
        (Ok(moment), ..) => Ok(When::At(moment)),
        (_, Ok(time), _) | (_, _, Ok(time)) => Ok(When::Ago(time)),
        _ => Err("write a day such as 2027-03-31, a moment such as 2027-03-31T18:00:00Z, or a time such as 24h or 7d".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_day_an_instant_or_so_long_ago() {
        let now: Timestamp = "2027-03-31T18:00:00Z".parse().expect("a moment");
        for (text, expected) in [
            ("2027-03-30", "2027-03-30T00:00:00Z"),
            ("2027-03-31T17:00:00+02:00", "2027-03-31T15:00:00Z"),
            ("24h", "2027-03-30T18:00:00Z"),
            ("7d", "2027-03-24T18:00:00Z"),
        ] {
            let expected: Timestamp = expected.parse().expect("a moment");
            assert_eq!(when(text).map(|when| when.moment(now)), Ok(expected), "{text}");
        }
        for odd in ["", "yesterday", "2027-02-30", "-1d"] {
            assert!(when(odd).is_err(), "{odd}");
        }
    }
}
