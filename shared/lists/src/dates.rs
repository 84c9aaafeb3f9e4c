//! Dates as exports write them.

use jiff::civil::Date;

use crate::{RejectReason, profile::Dates};

/// Reads `2025-06-30` (with or without a time or an offset after it), `30.06.2025`, and a date with slashes in the order
/// that the profile tells. Where it tells none and both orders give a date, it is not guessed.
pub(crate) fn read(text: &str, order: Dates) -> Result<Date, RejectReason> {
    if let Some(date) = iso(text) {
        return Ok(date);
    }
    let day_part = text.split([' ', 'T']).next().unwrap_or_default();
    let separator = day_part.chars().find(|each| !each.is_ascii_digit());
    let (order, separator) = match separator {
        Some('.') => (Dates::DayFirst, '.'),
        Some(other @ ('/' | '-')) => (order, other),
        _ => return Err(RejectReason::BadDate),
    };
    let parts: Vec<i16> = day_part
        .split(separator)
        .map(str::parse)
        .collect::<Result<_, _>>()
        .map_err(|_| RejectReason::BadDate)?;
    let [first, second, year] = parts[..] else { return Err(RejectReason::BadDate) };
    let (day_first, month_first) = (date(year, second, first), date(year, first, second));
    match order {
        Dates::DayFirst => day_first,
        Dates::MonthFirst => month_first,
        Dates::Auto if first == second => day_first,
        Dates::Auto => match (day_first, month_first) {
            (Some(_), Some(_)) => return Err(RejectReason::AmbiguousDate),
            (one, other) => one.or(other),
        },
    }
    .ok_or(RejectReason::BadDate)
}

fn iso(text: &str) -> Option<Date> {
    let (date, rest) = text.split_at_checked(10)?;
    let dated = date.as_bytes()[4] == b'-' && date.as_bytes()[7] == b'-';
    let ends = rest.is_empty() || rest.starts_with([' ', 'T', 't', '+', '-', 'Z', 'z']);
    if dated && ends { date.parse().ok() } else { None }
}

fn date(year: i16, month: i16, day: i16) -> Option<Date> {
    if !(1000..=9999).contains(&year) {
        return None;
    }
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_exports_write_them() {
        let date = Ok(jiff::civil::date(2025, 6, 30));
        for text in [
            "2025-06-30",
            "2025-06-30-07:00",
            "2025-06-30T00:00:00Z",
            "2025-06-30 12:00",
            "30.06.2025",
            "30.6.2025",
            "30/06/2025",
            "06/30/2025",
            "6/30/2025 12:00:00 AM",
            "30-06-2025",
        ] {
            assert_eq!(read(text, Dates::Auto), date, "{text}");
        }
        assert_eq!(read("6/6/2025", Dates::Auto), Ok(jiff::civil::date(2025, 6, 6)));
    }

    #[test]
    fn the_order_of_day_and_month_is_told_and_not_guessed() {
        assert_eq!(read("05/06/2025", Dates::Auto), Err(RejectReason::AmbiguousDate));
        assert_eq!(read("05/06/2025", Dates::DayFirst), Ok(jiff::civil::date(2025, 6, 5)));
        assert_eq!(read("05/06/2025", Dates::MonthFirst), Ok(jiff::civil::date(2025, 5, 6)));
        assert_eq!(read("30/06/2025", Dates::MonthFirst), Err(RejectReason::BadDate));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in
            ["soon", "2025-02-30", "2025", "1/2", "31.04.2025", "30/06/25", "20250630", "2025-06-30x", "é"]
        {
            assert_eq!(read(text, Dates::Auto), Err(RejectReason::BadDate), "{text}");
        }
    }
}
