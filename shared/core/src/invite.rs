//! Who may be invited as a guest.

use crate::address::Address;

/// What no invited address may hold (the page "Create invitation", `invitedUserEmailAddress`).
const REFUSED: &str = "~!#$%^&*()+=[]{}\\/|;:'<>?,";

/// Whether the directory takes the address for an invitation: without the characters that it refuses, such as the plus
/// sign, and with no dot or hyphen at either end of its local part or domain.
#[must_use]
pub fn is_invitable(address: &Address) -> bool {
    let text = address.as_str();
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let has_edge = |part: &str| part.starts_with(['.', '-']) || part.ends_with(['.', '-']);
    text.is_ascii() && !text.contains(|c| REFUSED.contains(c)) && !has_edge(local) && !has_edge(domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invitable(text: &str) -> bool {
        is_invitable(&Address::parse(text).expect("an address"))
    }

    #[test]
    fn a_plain_address_is_invitable_and_one_with_a_refused_character_is_not() {
        assert!(invitable("eva.o-brien_1@partner.example"));
        for text in [
            "eva+news@partner.example",
            "o'brien@partner.example",
            "a&b@partner.example",
            "-eva@partner.example",
        ] {
            assert!(!invitable(text), "{text}");
        }
    }
}
