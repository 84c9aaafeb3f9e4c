//! The e-mail address of a cell, as exports, mail programs and pasted text write it.

use listsync_core::address::{Address, AddressError};

use crate::RejectReason;

/// What a cell of the e-mail column holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Cell<'a> {
    /// Nothing, or what exports write for nothing.
    Empty,
    /// One address, and the display name where one stands before it.
    One(Address, Option<&'a str>),
    /// No address that can be taken, and those that can be made out in it.
    Odd(RejectReason, Vec<Address>),
}

/// Reads a cell. Characters that cannot be seen do not count at its edges, as the no-break space does not: they come with
/// text that was pasted from a web page or a chat. Within an address they stay an error, as they could stand for anything.
pub(crate) fn read(text: &str) -> Cell<'_> {
    let text = trimmed(text);
    if text.is_empty() || is_nothing(text) {
        return Cell::Empty;
    }
    let several = made_out(text);
    if several.len() > 1 {
        return Cell::Odd(RejectReason::SeveralAddresses, several);
    }
    let (bare, name) = bare(text);
    match Address::parse(bare) {
        Ok(address) => Cell::One(address, name),
        Err(AddressError::Empty) => Cell::Empty,
        Err(error) => Cell::Odd(RejectReason::Address(error), several),
    }
}

/// A text without space and invisible characters around it.
pub(crate) fn trimmed(text: &str) -> &str {
    text.trim_matches(|each: char| each.is_whitespace() || is_invisible(each))
}

/// Zero-width characters, marks of writing direction, the soft hyphen and the byte order mark: the format characters (Cf)
/// of Unicode that occur in exports.
fn is_invisible(each: char) -> bool {
    matches!(each,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206f}' | '\u{feff}')
}

/// What exports write where there is no address.
fn is_nothing(text: &str) -> bool {
    let word = text.to_ascii_lowercase();
    matches!(word.as_str(), "-" | "--" | "n/a" | "#n/a" | "na" | "null" | "none")
}

/// `Anna Example <anna@contoso.com>`, with or without quotation marks around the name: what stands within the last
/// angle brackets, and the name.
fn bare(text: &str) -> (&str, Option<&str>) {
    let Some((name, address)) = text.strip_suffix('>').and_then(|text| text.rsplit_once('<')) else {
        return (text, None);
    };
    let name = trimmed(name).trim_matches(['"', '\'']).trim();
    (trimmed(address), Some(name).filter(|name| !name.is_empty() && !name.contains('@')))
}

/// The addresses that a cell holds, each once.
fn made_out(text: &str) -> Vec<Address> {
    if text.bytes().filter(|byte| *byte == b'@').count() < 2 {
        return Vec::new();
    }
    let parts =
        text.split(|each: char| each.is_whitespace() || is_invisible(each) || ";,|/<>()\"".contains(each));
    let mut found: Vec<Address> = Vec::new();
    for address in parts.filter_map(|part| Address::parse(part).ok()) {
        if !found.contains(&address) {
            found.push(address);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        Address::parse(text).expect("an address")
    }

    #[test]
    fn one_address_is_read_whatever_stands_around_it() {
        for text in [
            "anna@b.example",
            "\u{feff}anna@b.example",
            "anna@b.example\u{a0}",
            "\u{200b}anna@b.example\u{200e}",
            " \u{2060} anna@b.example \u{ad}",
            "<anna@b.example>",
            "mailto:anna@b.example",
        ] {
            assert_eq!(read(text), Cell::One(address("anna@b.example"), None), "{text:?}");
        }
        for text in [
            "Anna Example <anna@b.example>",
            "\"Anna Example\" <anna@b.example> ",
            "'Anna Example'<anna@b.example>",
        ] {
            assert_eq!(read(text), Cell::One(address("anna@b.example"), Some("Anna Example")), "{text:?}");
        }
        let same = read("anna@b.example <anna@b.example>");
        assert_eq!(same, Cell::One(address("anna@b.example"), None), "a name that is the address is no name");
    }

    #[test]
    fn nothing_is_written_in_several_ways() {
        for text in ["", "  ", "\u{200b}", "-", "N/A", "#N/A", "null", "mailto:"] {
            assert_eq!(read(text), Cell::Empty, "{text:?}");
        }
    }

    #[test]
    fn several_addresses_are_never_chosen_among() {
        for text in [
            "a@b.example; c@b.example",
            "a@b.example,c@b.example",
            "a@b.example c@b.example",
            "A <a@b.example>, C <c@b.example>",
            "a@b.example/c@b.example",
        ] {
            let both = vec![address("a@b.example"), address("c@b.example")];
            assert_eq!(read(text), Cell::Odd(RejectReason::SeveralAddresses, both), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_address_says_why() {
        let odd = |error| Cell::Odd(RejectReason::Address(error), Vec::new());
        assert_eq!(read("anna"), odd(AddressError::Syntax));
        assert_eq!(read("an\u{200b}na@b.example"), odd(AddressError::Invisible));
        assert_eq!(read("u_x.example#EXT#@t.example"), odd(AddressError::GuestName));
    }
}
