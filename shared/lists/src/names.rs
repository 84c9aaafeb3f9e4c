//! A row's display name.

use std::borrow::Cow;

use crate::{columns::NameColumns, profile::NameOrder};

/// The first whole name of a row that is not blank; else first and last name, each the first that is not blank.
pub(crate) fn name<'a>(
    columns: &NameColumns,
    order: NameOrder,
    text: impl Fn(usize) -> Cow<'a, str>,
) -> String {
    let first = |columns: &[usize]| {
        columns.iter().map(|column| text(*column)).find(|text| !text.is_empty()).unwrap_or_default()
    };
    let whole = first(&columns.whole);
    let (given, family) = (first(&columns.given), first(&columns.family));
    match (whole.is_empty(), columns.whole_may_be_part) {
        (false, true) if !holds(&whole, &given) || !holds(&whole, &family) => {
            joined(&[&*given, &*whole, &*family])
        }
        (false, _) => turned(whole, order),
        (true, _) => joined(&[&*given, &*family]),
    }
}

fn joined(parts: &[&str]) -> String {
    parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" ")
}

/// Whether a whole name has this part already.
fn holds(whole: &str, part: &str) -> bool {
    part.is_empty() || whole.to_lowercase().contains(&part.to_lowercase())
}

/// What follows a comma in a name without being a first name.
const AFTER_A_COMMA: &[&str] =
    &["jr", "sr", "ii", "iii", "iv", "phd", "md", "mba", "esq", "cpa", "msc", "bsc"];

/// `Example, Anna` as a message would show it.
fn turned(whole: Cow<'_, str>, order: NameOrder) -> String {
    let parts = match order {
        NameOrder::AsWritten => None,
        NameOrder::FamilyFirst => whole.split_once(',').filter(|(_, rest)| !rest.contains(',')),
    };
    let title = |part: &str| {
        let part: String =
            part.chars().filter(|each| each.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        AFTER_A_COMMA.contains(&part.as_str())
    };
    match parts.map(|(family, given)| (family.trim(), given.trim())) {
        Some((family, given)) if !family.is_empty() && !given.is_empty() && !title(given) => {
            format!("{given} {family}")
        }
        _ => whole.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cells: two whole names, two first names, a last name.
    fn of(cells: [&'static str; 5]) -> String {
        let columns =
            NameColumns { whole: vec![0, 1], given: vec![2, 3], family: vec![4], whole_may_be_part: false };
        name(&columns, NameOrder::FamilyFirst, |column| cells[column].into())
    }

    #[test]
    fn the_first_that_is_not_blank_counts_in_each_row() {
        assert_eq!(of(["", "Anna Example", "X", "", "Y"]), "Anna Example");
        assert_eq!(of(["", "", "Ben", "Benjamin", "Example"]), "Ben Example");
        assert_eq!(of(["", "", "", "Cara", "Example"]), "Cara Example");
        assert_eq!(of(["", "", "", "", "Solo"]), "Solo");
        assert_eq!(of([""; 5]), "");
    }

    #[test]
    fn a_name_with_a_comma_is_turned_round_unless_a_title_follows() {
        assert_eq!(of(["Example, Anna", "", "", "", ""]), "Anna Example");
        assert_eq!(of(["Anna Example, PhD", "", "", "", ""]), "Anna Example, PhD");
        assert_eq!(of(["Example, Anna, Dr.", "", "", "", ""]), "Example, Anna, Dr.");
        assert_eq!(of(["Example,", "", "", "", ""]), "Example,");
        let columns = NameColumns { whole: vec![0], ..NameColumns::default() };
        assert_eq!(name(&columns, NameOrder::AsWritten, |_| "Example, Anna".into()), "Example, Anna");
    }

    #[test]
    fn a_word_that_is_a_name_and_a_part_of_one_is_both() {
        let columns = NameColumns { whole: vec![0], given: vec![1], family: vec![], whole_may_be_part: true };
        let of =
            |cells: [&'static str; 2]| name(&columns, NameOrder::AsWritten, |column| cells[column].into());
        assert_eq!(of(["Example", "Anna"]), "Anna Example");
        assert_eq!(of(["Anna Example", "Anna"]), "Anna Example");
    }
}
