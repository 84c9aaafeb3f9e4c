//! What the words in the status columns mean.

use serde::{Deserialize, Serialize};

use crate::{Meaning, columns::word_key, status::usual};

/// What the words in the status columns mean. They are compared without regard to case, spaces and punctuation; of a status
/// of several parts, such as *Terminated - Voluntary*, the first decides. A word that is not among them is not guessed. A
/// group that is not given holds the usual words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatusWords {
    /// At work.
    pub active: Vec<String>,
    /// Away for a while; present for a list.
    pub leave: Vec<String>,
    /// Gone, since the leave date where there is one.
    pub terminated: Vec<String>,
    /// Hired, and not there yet: neither joins nor leaves.
    pub not_yet: Vec<String>,
}

/// The groups that a document gives.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct GivenWords {
    active: Option<Vec<String>>,
    leave: Option<Vec<String>>,
    terminated: Option<Vec<String>>,
    not_yet: Option<Vec<String>>,
}

impl GivenWords {
    /// With the usual words in the groups that are not given, but for those that are given with another meaning.
    pub(super) fn completed(self) -> StatusWords {
        let Self { active, leave, terminated, not_yet } = self;
        let given: Vec<String> = [&active, &leave, &terminated, &not_yet]
            .into_iter()
            .flatten()
            .flatten()
            .map(|word| word_key(word))
            .collect();
        let or_usual = |group: Option<Vec<String>>, meaning: Meaning| {
            let usual = usual(meaning).iter().filter(|word| !given.contains(&word_key(word)));
            group.unwrap_or_else(|| usual.map(|&word| word.to_owned()).collect())
        };
        StatusWords {
            active: or_usual(active, Meaning::Active),
            leave: or_usual(leave, Meaning::Leave),
            terminated: or_usual(terminated, Meaning::Terminated),
            not_yet: or_usual(not_yet, Meaning::NotYet),
        }
    }
}

impl Default for StatusWords {
    /// The usual words.
    fn default() -> Self {
        GivenWords::default().completed()
    }
}

impl StatusWords {
    /// Gives a word this meaning, in place of the one that it had.
    pub fn set(&mut self, word: &str, meaning: Meaning) {
        let key = word_key(word);
        for group in [&mut self.active, &mut self.leave, &mut self.terminated, &mut self.not_yet] {
            group.retain(|other| word_key(other) != key);
        }
        let group = match meaning {
            Meaning::Active => &mut self.active,
            Meaning::Leave => &mut self.leave,
            Meaning::Terminated => &mut self.terminated,
            Meaning::NotYet => &mut self.not_yet,
        };
        group.push(word.trim().to_owned());
    }

    /// A word that stands in two groups.
    pub(super) fn twofold(&self) -> Option<String> {
        let mut seen: Vec<String> = Vec::new();
        for group in [&self.active, &self.leave, &self.terminated, &self.not_yet] {
            let keys: Vec<_> = group.iter().map(|word| word_key(word)).collect();
            if let Some(twice) = keys.iter().position(|key| seen.contains(key)) {
                return Some(group[twice].clone());
            }
            seen.extend(keys);
        }
        None
    }
}

/// Why a text does not give a status word a meaning.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' gives no word a meaning: write WORD=active, WORD=leave, WORD=terminated or WORD=not-yet")]
pub struct StatusWordError(String);

/// Reads a status word with its meaning: `Furloughed=leave`. The word may hold an equals sign itself.
///
/// # Errors
/// When there is no word, or the meaning is none.
pub fn status_word(text: &str) -> Result<(String, Meaning), StatusWordError> {
    let refuse = || StatusWordError(text.to_owned());
    let (word, meaning) = text.rsplit_once('=').ok_or_else(refuse)?;
    let meaning = Meaning::named(meaning).ok_or_else(refuse)?;
    match word_key(word).is_empty() {
        true => Err(refuse()),
        false => Ok((word.trim().to_owned(), meaning)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_given_another_meaning_loses_the_usual_one() {
        let given: GivenWords =
            serde_json::from_str(r#"{"terminated": ["Furloughed", "gone"]}"#).expect("words");
        let words = given.completed();
        assert_eq!(words.terminated, ["Furloughed", "gone"]);
        assert!(!words.leave.iter().any(|word| word == "furloughed"));
        assert_eq!(words.twofold(), None);
        let mut words = StatusWords::default();
        words.set("On Leave", Meaning::Terminated);
        assert_eq!(words.twofold(), None);
        assert!(words.terminated.iter().any(|word| word == "On Leave"));
    }
}
