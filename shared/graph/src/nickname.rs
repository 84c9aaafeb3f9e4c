//! A group's mail nickname, made of its name by the rules of the page "Create group".

use unicode_normalization::UnicodeNormalization as _;

const LONGEST: usize = 64;
const SUFFIX: usize = 12;
const REFUSED: &str = "@()\\[]\";:<>,";

/// A nickname of at most 64 ASCII characters.
pub(crate) fn of_name(name: &str) -> String {
    let plain: String = name
        .nfkd()
        .filter(char::is_ascii)
        .map(|c| if c.is_ascii_whitespace() { '-' } else { c })
        .filter(|c| c.is_ascii_graphic() && !REFUSED.contains(*c))
        .collect();
    let plain = plain.trim_matches(|c| c == '-' || c == '.');
    if plain.is_empty() { "list".to_owned() } else { plain.chars().take(LONGEST).collect() }
}

/// The same told from others by the end of the group's unique name.
pub(crate) fn told_apart(name: &str, unique_name: &str) -> String {
    let letters: Vec<char> = unique_name.chars().filter(char::is_ascii_alphanumeric).collect();
    let suffix: String = letters[letters.len().saturating_sub(SUFFIX)..].iter().collect();
    let head: String = of_name(name).chars().take(LONGEST - SUFFIX - 1).collect();
    format!("{head}-{suffix}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_nickname_is_always_allowed(name in "\\PC{0,100}", unique in "\\PC{0,60}") {
            for nickname in [of_name(&name), told_apart(&name, &unique)] {
                prop_assert!((1..=LONGEST).contains(&nickname.len()), "{}", nickname);
                prop_assert!(nickname.bytes().all(|b| b.is_ascii_graphic()));
                prop_assert!(!nickname.contains(|c| REFUSED.contains(c)));
            }
        }
    }

    #[test]
    fn a_nickname_reads_like_its_name() {
        assert_eq!(of_name("Café (Zürich), all staff"), "Cafe-Zurich-all-staff");
        assert_eq!(of_name("日本"), "list");
        assert_eq!(told_apart("All staff", "listsync-0123456789abcdef"), "All-staff-456789abcdef");
    }
}
