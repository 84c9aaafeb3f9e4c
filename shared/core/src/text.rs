//! Texts that strangers wrote: how long they may be, what of them is not seen, and how they are shown.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization as _;

/// The longest name of a person or thing, in characters: what Entra ID takes for a display name (Microsoft Graph, user
/// resource type, `displayName`).
pub const LONGEST_NAME: usize = 256;
/// The longest value of a contact's field, in characters.
pub const LONGEST_VALUE: usize = 4096;
/// So many fields a contact has at most.
pub const MOST_FIELDS: usize = 200;
/// So many bytes the names and values of all fields that come at once may have together: an item of DynamoDB has at most
/// 400 KB (Amazon DynamoDB Developer Guide, "Constraints"), and a contact may get fields from several files.
pub const MOST_FIELD_BYTES: usize = 64 * 1024;

/// Why a text cannot be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Longer than [`LONGEST_NAME`].
    #[error("a name has at most 256 characters")]
    LongName,
    /// Longer than [`LONGEST_VALUE`].
    #[error("a field has at most 4096 characters")]
    LongValue,
    /// More fields than [`MOST_FIELDS`], or more bytes than [`MOST_FIELD_BYTES`].
    #[error("the fields are more than 200, or longer than 65536 bytes together")]
    ManyFields,
    /// It holds a control character, or nothing that is seen.
    #[error("a name has 1 to 256 characters and no control characters")]
    Unseen,
}

/// Judges what is known of a person by their name and fields. One bound for every way in: what a store takes from one, it
/// takes from all, and a listing shows it.
///
/// # Errors
/// The first bound that is passed.
pub fn judge_person<'a>(
    name: &str,
    fields: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<(), TextError> {
    if name.chars().count() > LONGEST_NAME {
        return Err(TextError::LongName);
    }
    let (mut count, mut bytes) = (0_usize, 0_usize);
    for (name, value) in fields {
        if name.chars().count() > LONGEST_NAME {
            return Err(TextError::LongName);
        }
        if value.chars().count() > LONGEST_VALUE {
            return Err(TextError::LongValue);
        }
        count += 1;
        bytes += name.len() + value.len();
    }
    if count > MOST_FIELDS || bytes > MOST_FIELD_BYTES { Err(TextError::ManyFields) } else { Ok(()) }
}

/// A name that people choose, such as a list's: in the composed form (Unicode NFC), without outer space and without
/// characters that are not seen, so that two names that look the same are the same.
///
/// # Errors
/// When nothing is left, it is too long, or it holds a control character.
pub fn label(text: &str) -> Result<String, TextError> {
    let seen = composed(text);
    let seen = seen.trim();
    match seen.chars().count() {
        0 => Err(TextError::Unseen),
        _ if seen.chars().any(char::is_control) => Err(TextError::Unseen),
        1..=LONGEST_NAME => Ok(seen.to_owned()),
        _ => Err(TextError::LongName),
    }
}

/// What a name is found by: the same for two that look the same, without regard to case.
#[must_use]
pub fn name_key(text: &str) -> String {
    let seen = composed(text);
    // Some letters fall apart in small letters and come together again.
    seen.trim().to_lowercase().nfc().collect()
}

/// What is seen of a text, in normalization form C. A hidden character keeps a letter and its accent apart, so that the form is
/// made once it is gone.
fn composed(text: &str) -> String {
    text.chars().filter(|c| !is_hidden(*c)).nfc().collect()
}

/// Whether a character is none that is seen: it joins, parts, turns or hides others (Unicode's category Cf, the line and
/// paragraph separators, and other characters that are to be ignored where they cannot be shown: Unicode Character Database,
/// `Default_Ignorable_Code_Point`).
#[must_use]
pub fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}'
        | '\u{8e2}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}'
        | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// A text as a terminal may have it: what would move the cursor, change colours, turn the direction of writing or be seen by
/// nobody stands as its number. Ends of lines stay.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    let acts = |c: char| (c.is_control() && c != '\n') || (is_hidden(c) && !is_variant(c));
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let shown = text.chars().fold(String::with_capacity(text.len()), |mut shown, c| {
        if acts(c) {
            shown.extend(c.escape_unicode())
        } else {
            shown.push(c)
        }
        shown
    });
    Cow::Owned(shown)
}

/// So many characters of a name or a sentence are shown in an alert.
const SHOWN: usize = 400;

/// The beginning of a text that somebody else made long.
#[must_use]
pub fn clipped(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// The same in one line, for a cell of a table.
#[must_use]
pub fn visible_line(text: &str) -> String {
    visible(text).replace('\n', "\\u{a}")
}

/// Selects another form of the sign before it, as of a heart: it hides nothing.
fn is_variant(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}')
}

/// How many of what, for people: *1 contact*, *2 contacts*.
#[must_use]
pub fn count(number: u64, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_is_not_told_as_many() {
        let contacts = |number| count(number, "contact", "contacts");
        assert_eq!((contacts(1), contacts(2)), ("1 contact".to_owned(), "2 contacts".to_owned()));
        assert_eq!(contacts(0), "0 contacts");
    }

    #[test]
    fn names_that_look_alike_are_one() {
        for other in
            ["Cafe\u{301}", "Caf\u{e9}\u{200b}", " \u{feff}Café", "C\u{2060}afé", "Ca\u{ad}fé\u{202c}"]
        {
            assert_eq!(label(other).as_deref(), Ok("Café"), "{other:?}");
            assert_eq!(name_key(other), name_key("CAFÉ"), "{other:?}");
        }
        assert_ne!(name_key("Cafe"), name_key("Café"));
    }

    #[test]
    fn a_name_has_something_to_see_and_an_end() {
        for odd in ["", "  ", "\u{200b}\u{200d}", "a\u{7}b", "a\nb"] {
            assert_eq!(label(odd), Err(TextError::Unseen), "{odd:?}");
        }
        assert_eq!(label(&"ä".repeat(256)), Ok("ä".repeat(256)));
        assert_eq!(label(&"ä".repeat(257)), Err(TextError::LongName));
    }

    #[test]
    fn what_a_terminal_would_act_on_stands_as_its_number() {
        assert_eq!(visible("Ann\u{1b}[31m\u{202e}bob\u{9b}2J"), "Ann\\u{1b}[31m\\u{202e}bob\\u{9b}2J");
        assert_eq!(visible("two\nlines ❤\u{fe0f} Zoë"), "two\nlines ❤\u{fe0f} Zoë");
        assert_eq!(visible("a\rb\tc\0"), "a\\u{d}b\\u{9}c\\u{0}");
        assert_eq!(visible_line("a\nb"), "a\\u{a}b");
    }

    #[test]
    fn a_person_is_judged_at_below_and_above_each_bound() {
        let value = |length| "v".repeat(length);
        let fields = |count: usize| (0..count).map(|n| (format!("f{n}"), "x".to_owned())).collect::<Vec<_>>();
        let judge = |name: &str, fields: &[(String, String)]| {
            judge_person(name, fields.iter().map(|(name, value)| (name.as_str(), value.as_str())))
        };
        assert_eq!(judge(&value(256), &fields(200)), Ok(()));
        assert_eq!(judge(&value(257), &[]), Err(TextError::LongName));
        assert_eq!(judge("", &fields(201)), Err(TextError::ManyFields));
        assert_eq!(judge("", &[("f".to_owned(), value(4096))]), Ok(()));
        assert_eq!(judge("", &[("f".to_owned(), value(4097))]), Err(TextError::LongValue));
        assert_eq!(judge("", &[(value(257), String::new())]), Err(TextError::LongName));
        let many: Vec<_> = (0..17).map(|n| (n.to_string(), value(4096))).collect();
        assert_eq!(judge("", &many), Err(TextError::ManyFields));
    }

    proptest! {
        #[test]
        fn a_label_is_a_label_and_has_the_key_of_what_it_came_from(text in "\\PC{0,40}|[a-zé\u{301}\u{200b}\u{202e} ]{0,20}") {
            if let Ok(once) = label(&text) {
                prop_assert_eq!(label(&once), Ok(once.clone()));
                prop_assert_eq!(name_key(&once), name_key(&text));
            }
        }

        #[test]
        fn what_is_shown_has_nothing_that_acts(text in any::<String>()) {
            let shown = visible(&text);
            prop_assert!(!shown.contains(|c: char| c.is_control() && c != '\n'));
            prop_assert!(!shown.contains(|c: char| is_hidden(c) && !is_variant(c)));
            prop_assert_eq!(visible(&shown), shown.clone());
        }
    }
}
