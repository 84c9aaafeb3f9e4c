//! Dates as exports write them.

use jiff::{civil::Date, fmt::strtime};

use crate::profile::Dates;

/// What a cell of a date column says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Day {
    /// No day: the cell is empty, or holds what exports write for *never*.
    Never,
    /// This day.
    On(Date),
    /// A day whose order of day and month is not told.
    Either {
        /// If the day comes first.
        day_first: Date,
        /// If the month comes first.
        month_first: Date,
    },
    /// A date in an order that its own numbers tell: by it the rest of the column can be read.
    Told(Date, Dates),
    /// What is no date.
    Odd,
}

/// From this year on, a date stands for *never*: 9999-12-31 (SAP, SQL), 4712-12-31 (Oracle HR), 2999-12-31 and their like.
const NEVER: i16 = 2_900;
/// Before this year nobody left who is in an export of today: it is a default of some system (1900-01-01, 1753-01-01).
const TOO_EARLY: i16 = 1_950;

/// Dates with a month's name, or with the year first and without separators. Names of months are the English ones, in any
/// case; two digits are a year from 1969 to 2068, as POSIX has it.
const FORMATS: &[&str] = &[
    "%Y%m%d",
    // Two digits go first: as a year of four they would be one of the first century.
    "%d-%b-%y",
    "%d %b %y",
    "%d-%b-%Y",
    "%d %b %Y",
    "%b %d, %Y",
    "%b %d %Y",
    "%b-%d-%Y",
    "%d/%b/%Y",
    "%d.%b.%Y",
    "%Y-%b-%d",
    "%d %B %Y",
    "%d-%B-%Y",
    "%B %d, %Y",
    "%B %d %Y",
    "%d. %B %Y",
    "%a, %d %b %Y",
    "%A, %B %d, %Y",
    "%a %b %d %Y",
];

/// Reads a cell. A date with slashes is read in the order that the profile tells; where it tells none and both orders give
/// a date, it is not guessed.
pub(crate) fn read(text: &str, order: Dates) -> Day {
    let text = text.trim();
    if is_never(text) {
        return Day::Never;
    }
    let day = match iso(text).or_else(|| named(text)) {
        Some(date) => Day::On(date),
        None => numeric(text, order),
    };
    match day {
        Day::On(date) | Day::Told(date, _) if date.year() >= NEVER => Day::Never,
        Day::On(date) | Day::Told(date, _) if date.year() < TOO_EARLY => Day::Odd,
        Day::Either { day_first, .. } if day_first.year() >= NEVER => Day::Never,
        Day::Either { day_first, .. } if day_first.year() < TOO_EARLY => Day::Odd,
        day => day,
    }
}

/// What systems write where there is no date: nothing, a word, zeros (MySQL's 0000-00-00, a spreadsheet's 00/01/1900), or
/// the first day that they know (.NET's 0001-01-01).
fn is_never(text: &str) -> bool {
    let word = text.to_ascii_lowercase();
    let words = ["", "-", "--", "n/a", "#n/a", "na", "none", "null", "nil", "never", "(blank)", "tbd"];
    let day = day_part(text);
    let zeros = !day.is_empty() && day.bytes().all(|byte| byte == b'0' || b"-/.".contains(&byte));
    let firsts =
        ["0001-01-01", "01/01/0001", "01.01.0001", "1/1/0001", "1900-01-00", "1/0/1900", "01/00/1900"];
    words.contains(&word.as_str()) || zeros || firsts.contains(&day)
}

/// What stands before a time.
fn day_part(text: &str) -> &str {
    text.split([' ', 'T']).next().unwrap_or_default()
}

/// `2026-03-15`, also with slashes or dots, with or without a time or an offset after it.
fn iso(text: &str) -> Option<Date> {
    let (date, rest) = text.split_at_checked(10)?;
    let bytes = date.as_bytes();
    let dated = b"-/.".contains(&bytes[4]) && bytes[7] == bytes[4];
    let ends = rest.is_empty() || rest.starts_with([' ', 'T', 't', '+', '-', 'Z', 'z']);
    if dated && ends { date.replace(['/', '.'], "-").parse().ok() } else { None }
}

/// A date with the name of its month, or eight digits; a time after it is left out.
fn named(text: &str) -> Option<Date> {
    let text = without_time(text);
    let parsed = |format: &&str| strtime::parse(format, text).ok()?.to_date().ok();
    let eight = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    let letters = text.bytes().any(|byte| byte.is_ascii_alphabetic());
    match (eight, letters) {
        (true, _) => parsed(&FORMATS[0]),
        (_, true) => FORMATS[1..].iter().find_map(parsed),
        _ => None,
    }
}

/// `Mar 15, 2026 12:00 AM` without its time.
fn without_time(text: &str) -> &str {
    let Some(colon) = text.find(':') else { return text };
    let before = text[..colon].trim_end_matches(|each: char| each.is_ascii_digit());
    before.trim_end_matches([' ', 'T', ','])
}

/// Three numbers, the year last, or first with all its digits.
fn numeric(text: &str, order: Dates) -> Day {
    let day = day_part(text);
    let Some(separator) = day.chars().find(|each| !each.is_ascii_digit()) else { return Day::Odd };
    let order = match separator {
        '.' => Dates::DayFirst,
        '/' | '-' => order,
        _ => return Day::Odd,
    };
    let parts: Vec<&str> = day.split(separator).collect();
    let number =
        |part: &str| part.parse::<i16>().ok().filter(|_| part.bytes().all(|byte| byte.is_ascii_digit()));
    let [Some(first), Some(second), Some(third)] =
        [0, 1, 2].map(|at| parts.get(at).and_then(|part| number(part)))
    else {
        return Day::Odd;
    };
    if parts.len() != 3 {
        return Day::Odd;
    }
    if parts[0].len() == 4 {
        return date(first, second, third).map_or(Day::Odd, Day::On);
    }
    // Two digits with hyphens could as well begin with the year.
    let year = match parts[2].len() {
        4 => third,
        2 if separator != '-' => 2_000 + third,
        _ => return Day::Odd,
    };
    ordered(date(year, second, first), date(year, first, second), order)
}

fn ordered(day_first: Option<Date>, month_first: Option<Date>, order: Dates) -> Day {
    let on = |date: Option<Date>| date.map_or(Day::Odd, Day::On);
    match (order, day_first, month_first) {
        (Dates::DayFirst, ..) => on(day_first),
        (Dates::MonthFirst, ..) => on(month_first),
        (Dates::Auto, Some(one), Some(two)) if one == two => Day::On(one),
        (Dates::Auto, Some(day_first), Some(month_first)) => Day::Either { day_first, month_first },
        (Dates::Auto, Some(date), None) => Day::Told(date, Dates::DayFirst),
        (Dates::Auto, None, Some(date)) => Day::Told(date, Dates::MonthFirst),
        (Dates::Auto, None, None) => Day::Odd,
    }
}

fn date(year: i16, month: i16, day: i16) -> Option<Date> {
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// What the dates of a column tell of the order of day and month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Order {
    day_first: bool,
    month_first: bool,
}

impl Order {
    /// Takes a cell into account.
    pub(crate) fn note(&mut self, day: Day) {
        match day {
            Day::Told(_, Dates::DayFirst) => self.day_first = true,
            Day::Told(_, Dates::MonthFirst) => self.month_first = true,
            _ => {}
        }
    }

    /// Which of two days is meant; none: no date of the column tells, or they contradict each other.
    pub(crate) fn choose(self, day_first: Date, month_first: Date) -> Option<Date> {
        match (self.day_first, self.month_first) {
            (true, false) => Some(day_first),
            (false, true) => Some(month_first),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(text: &str, order: Dates) -> Option<Date> {
        match read(text, order) {
            Day::On(date) | Day::Told(date, _) => Some(date),
            _ => None,
        }
    }

    #[test]
    fn dates_are_read_as_exports_write_them() {
        for text in [
            "2025-06-30",
            "2025-06-30-07:00",
            "2025-06-30T00:00:00Z",
            "2025-06-30 12:00",
            "2025-06-30T15:18:02.4675041+05:30",
            "2025-06-30T00:00:00.000-08:00",
            "2025/06/30",
            "2025.06.30",
            "2025/6/30",
            "20250630",
            "30.06.2025",
            "30.6.2025",
            "30.6.25",
            "30/06/2025",
            "30/06/25",
            "06/30/2025",
            "6/30/25",
            "6/30/2025 12:00:00 AM",
            "30-06-2025",
            "30-Jun-2025",
            "30-JUN-25",
            "30 June 2025",
            "Jun 30, 2025",
            "June 30, 2025",
            "Jun 30, 2025 12:00 AM",
            "Mon Jun 30 2025",
            "Mon, 30 Jun 2025",
        ] {
            assert_eq!(on(text, Dates::Auto), Some(jiff::civil::date(2025, 6, 30)), "{text}");
        }
        assert_eq!(on("6/6/2025", Dates::Auto), Some(jiff::civil::date(2025, 6, 6)));
    }

    #[test]
    fn the_order_of_day_and_month_is_told_and_not_guessed() {
        let (fifth, sixth) = (jiff::civil::date(2025, 5, 6), jiff::civil::date(2025, 6, 5));
        let either = Day::Either { day_first: sixth, month_first: fifth };
        assert_eq!(read("05/06/2025", Dates::Auto), either);
        assert_eq!(read("5/6/25", Dates::Auto), either);
        assert_eq!(on("05/06/2025", Dates::DayFirst), Some(sixth));
        assert_eq!(on("05/06/2025", Dates::MonthFirst), Some(fifth));
        assert_eq!(read("30/06/2025", Dates::MonthFirst), Day::Odd);
    }

    #[test]
    fn the_whole_column_tells_the_order_unless_it_contradicts_itself() {
        let (one, two) = (jiff::civil::date(2025, 6, 5), jiff::civil::date(2025, 5, 6));
        for (column, expected) in [
            (&["30/06/2025"][..], Some(one)),
            (&["06/30/2025", "12/12/2025"], Some(two)),
            (&["12/12/2025", "2025-01-31", ""], None),
            (&["30/06/2025", "06/30/2025"], None),
        ] {
            let mut order = Order::default();
            column.iter().for_each(|text| order.note(read(text, Dates::Auto)));
            assert_eq!(order.choose(one, two), expected, "{column:?}");
        }
    }

    #[test]
    fn never_is_written_in_many_ways() {
        for text in [
            "",
            "-",
            "N/A",
            "n/a",
            "NULL",
            "0000-00-00",
            "00/00/0000",
            "0000-00-00 00:00:00",
            "00000000",
            "9999-12-31",
            "12/31/9999",
            "31.12.9999",
            "99991231",
            "9999-12-31T00:00:00Z",
            "4712-12-31",
            "2999-12-31",
            "0001-01-01",
            "01/01/9999",
            "31-Dec-9999",
        ] {
            assert_eq!(read(text, Dates::Auto), Day::Never, "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "soon",
            "2025-02-30",
            "2025",
            "1/2",
            "31.04.2025",
            "25-06-30",
            "2025-06-30x",
            "é",
            "46096",
            "1900-01-01",
            "1/2/3/4",
            "+1/2/2025",
            "Juni 30",
        ] {
            assert_eq!(read(text, Dates::Auto), Day::Odd, "{text}");
        }
    }
}
