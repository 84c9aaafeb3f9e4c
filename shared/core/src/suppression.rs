//! Who must not come back, without what they are known by: a keyed hash of each mark.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::mark::Mark;

/// The key of the hashes: made once for each store, so that nobody without it can try addresses or keys.
pub type Pepper = [u8; 32];

/// The HMAC-SHA256 (RFC 2104) of a mark under a pepper, in hexadecimal.
///
/// An address is hashed as it is, as it was before there were other marks. Those have a first line of their own, and no
/// address has two lines: a key that reads as an address is not that address.
#[must_use]
pub fn hash<'a>(pepper: &Pepper, mark: impl Into<Mark<'a>>) -> String {
    match mark.into() {
        Mark::Address(address) => hash_of(pepper, address.as_str()),
        Mark::Key(key) => hash_of(pepper, &format!("key\n{key}")),
        Mark::Object(object) => hash_of(pepper, &format!("object\n{object}")),
    }
}

/// What names a pepper to who has it, and tells nobody else anything: its hash of a text that is no address.
#[must_use]
pub fn name_of(pepper: &Pepper) -> String {
    hash_of(pepper, "pepper")
}

fn hash_of(pepper: &Pepper, text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(pepper).expect("a MAC takes a key of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{address::Address, contact::ExternalId, id::ObjectId};

    fn address(text: &str) -> Address {
        Address::parse(text).expect("an address")
    }

    #[test]
    fn one_address_has_one_hash_however_it_is_written() {
        let pepper = [7; 32];
        assert_eq!(
            hash(&pepper, &address("Anna@Contoso.example")),
            hash(&pepper, &address("anna@contoso.example"))
        );
        assert_eq!(hash(&pepper, &address("anna@contoso.example")).len(), 64);
    }

    #[test]
    fn another_pepper_or_another_address_has_another_hash() {
        let anna = hash(&[7; 32], &address("anna@contoso.example"));
        assert_ne!(anna, hash(&[8; 32], &address("anna@contoso.example")));
        assert_ne!(anna, hash(&[7; 32], &address("berta@contoso.example")));
    }

    #[test]
    fn a_key_and_an_object_that_read_alike_have_hashes_of_their_own() {
        let text = "anna@contoso.example";
        let key = ExternalId::parse(text).expect("a key");
        let object = ObjectId::parse(text).expect("an id");
        let all = [hash(&[7; 32], &address(text)), hash(&[7; 32], &key), hash(&[7; 32], &object)];
        assert!(all[0] != all[1] && all[1] != all[2] && all[0] != all[2], "{all:?}");
        assert!(Address::parse("key\nanna@contoso.example").is_err(), "an address has one line");
    }

    #[test]
    fn peppers_are_told_apart_by_their_names() {
        assert_eq!(name_of(&[7; 32]), name_of(&[7; 32]));
        assert_ne!(name_of(&[7; 32]), name_of(&[8; 32]));
        assert!(Address::parse("pepper").is_err(), "it is nobody's hash");
    }

    #[test]
    fn the_hash_is_the_one_that_other_tools_compute() {
        // printf 'a@b.example' | openssl dgst -sha256 -mac HMAC -macopt hexkey:00…00
        assert_eq!(hash(&[0; 32], &address("a@b.example")), EXPECTED);
    }

    const EXPECTED: &str = "379fae3426d61158d4517d812fdf25a02b58498a587ad6440a08dc9b40cf6d15";
}
