//! By what a text names somebody who is erased.

use std::collections::BTreeSet;

use crate::address::Address;

/// The shortest word that tells of somebody: initials and particles are in every text.
const TELLING: usize = 3;

/// What somebody was known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traces {
    /// Every address.
    pub addresses: BTreeSet<Address>,
    /// The display name, possibly empty.
    pub name: String,
}

impl Traces {
    /// Whether a text may name them: by an address, by what stands before its `@`, or by a word of the name, in whatever order
    /// and case. That it may be another of that name is no reason to keep it.
    #[must_use]
    pub fn are_in(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        let told: BTreeSet<&str> = words(&text).collect();
        let name = self.name.to_lowercase();
        let locals =
            self.addresses.iter().map(|address| address.as_str().split('@').next().unwrap_or_default());
        let local = |local: &str| {
            local.len() >= TELLING && told.contains(local)
                || words(local).filter(|word| word.len() >= TELLING).any(|word| told.contains(word))
        };
        self.addresses.iter().any(|address| text.contains(address.as_str()))
            || locals.into_iter().any(local)
            || words(&name).filter(|word| word.chars().count() >= TELLING).any(|word| told.contains(word))
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_names_somebody_by_address_or_name_however_it_is_written() {
        let address = |text| Address::parse(text).expect("an address");
        let anna = Traces {
            addresses: [address("anna.adler@contoso.example"), address("aa@contoso.example")].into(),
            name: "Anna von Ádler".to_owned(),
        };
        for text in [
            "ANNA.csv",
            "Ádler, Anna (2026).csv",
            "export-anna.adler@contoso.example.csv",
            "aa@contoso.example",
            "anna_adler.csv",
        ] {
            assert!(anna.are_in(text), "{text}");
        }
        for text in ["staff.csv", "annals.csv", "aa.csv", "2026-11.csv", ""] {
            assert!(!anna.are_in(text), "{text}");
        }
    }
}
