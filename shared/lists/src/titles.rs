//! The titles of a file's columns, and how a name finds its column.

pub(crate) use crate::addresses::trimmed;

/// A title as it is compared: without case, spaces, and the marks that systems put in their place. Anything else counts:
/// *Employee #* is a number, *Employee* a name.
pub(crate) fn key(title: &str) -> String {
    let title = trimmed(title);
    let kept = title.chars().filter(|each| !each.is_whitespace() && !"_.-‐‑–".contains(*each));
    kept.flat_map(char::to_lowercase).collect()
}

/// The words of a title in lower case: `activeStatus` and `Active_Status?` have the same.
pub(crate) fn words(title: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for each in title.chars() {
        let begins = !each.is_alphanumeric() || (each.is_uppercase() && before.is_lowercase());
        if begins && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if each.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(each.to_lowercase());
        }
        before = each;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The titles of a file.
pub(crate) struct Titles<'a> {
    pub(crate) given: &'a [String],
    keys: Vec<String>,
    /// Without an area in parentheses at the end, as ADP writes it.
    bare: Vec<Option<String>>,
    /// The technical name in brackets, as Entra's bulk files have it: `User name [userPrincipalName] Required`.
    technical: Vec<Option<String>>,
}

impl<'a> Titles<'a> {
    pub(crate) fn of(given: &'a [String]) -> Self {
        Self {
            given,
            keys: given.iter().map(|title| key(title)).collect(),
            bare: given.iter().map(|title| without_area(title).map(key)).collect(),
            technical: given.iter().map(|title| in_brackets(title).map(key)).collect(),
        }
    }

    /// The column of a name: its exact title; else as titles are compared; else, where it is one column only, by its
    /// title without the area. Of two columns that differ by their area alone, neither is chosen.
    pub(crate) fn named(&self, name: &str) -> Option<usize> {
        let wanted = key(name);
        if wanted.is_empty() {
            return None;
        }
        let exact = self.given.iter().position(|title| title == name.trim());
        let same = |some: &Option<String>| some.as_ref() == Some(&wanted);
        exact
            .or_else(|| self.keys.iter().position(|key| *key == wanted))
            .or_else(|| self.technical.iter().position(same))
            .or_else(|| only(self.bare.iter().enumerate().filter(|(_, bare)| same(bare)).map(|(at, _)| at)))
    }

    /// Every column of these names, each once.
    pub(crate) fn all(&self, names: &[String]) -> Vec<usize> {
        let mut found: Vec<usize> = Vec::new();
        for column in names.iter().filter_map(|name| self.named(name)) {
            if !found.contains(&column) {
                found.push(column);
            }
        }
        found
    }

    /// The first of these names that the file has.
    pub(crate) fn first(&self, names: &[String]) -> Option<usize> {
        names.iter().find_map(|name| self.named(name))
    }
}

fn only<T>(mut found: impl Iterator<Item = T>) -> Option<T> {
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

fn without_area(title: &str) -> Option<&str> {
    let (bare, _) = title.trim_end().strip_suffix(')')?.rsplit_once('(')?;
    Some(bare.trim()).filter(|bare| !bare.is_empty())
}

fn in_brackets(title: &str) -> Option<&str> {
    let (_, rest) = title.split_once('[')?;
    let (inner, _) = rest.split_once(']')?;
    Some(inner.trim()).filter(|inner| !inner.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(titles: &[&str], name: &str) -> Option<usize> {
        let given: Vec<String> = titles.iter().map(|&title| title.to_owned()).collect();
        Titles::of(&given).named(name)
    }

    #[test]
    fn the_exact_title_goes_before_a_similar_one_and_that_before_one_with_an_area() {
        assert_eq!(find(&["work email", "Work Email", "Work Email (Home)"], "Work Email"), Some(1));
        assert_eq!(find(&["Work Email (Home)", "WORK_E-MAIL", "x"], "Work Email"), Some(1));
        assert_eq!(find(&["x", "Work Email (Personal Profile)"], "Work Email"), Some(1));
        assert_eq!(find(&["Status (Job)", "Status (Payroll)"], "Status"), None, "either could be meant");
    }

    #[test]
    fn a_number_sign_counts_and_so_does_what_else_is_no_separator() {
        assert_eq!(find(&["Employee", "Employee ID"], "Employee #"), None);
        assert_eq!(find(&["Employee", "employee#"], "Employee #"), Some(1));
        assert_eq!(find(&["Work Contact: Work Email"], "Work Email"), None);
    }

    #[test]
    fn the_technical_name_in_brackets_finds_a_column() {
        let titles = ["Name [displayName] Required", "User name [userPrincipalName] Required"];
        assert_eq!(find(&titles, "user principal name"), Some(1));
    }

    #[test]
    fn a_title_has_the_same_words_however_it_is_written() {
        for title in ["Active Status", "activeStatus", "ACTIVE_STATUS", "Active-Status?"] {
            assert_eq!(words(title), ["active", "status"], "{title}");
        }
    }
}
