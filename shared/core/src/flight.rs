//! How many requests of one run may be under way at a time: more while the directory bears them, fewer when it does not.

/// So many are under way at first: enough to show what several at once do.
pub const FIRST: usize = 2;
/// So many are under way at most. A batch of removals is twenty writes, and the directory grants twenty a second ("Microsoft
/// Graph service-specific throttling limits"), so that more could only be told to wait; and what a killed run leaves open is
/// bounded by it.
pub const MOST: usize = 8;

/// What an answer says of how much the directory bears; what outweighs comes last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strain {
    /// It bears this.
    #[default]
    None,
    /// It asked for patience, or gave no answer.
    Slowed,
    /// It refused a write because another to the same place was under way.
    Clashed,
}

/// How many requests may be under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    size: usize,
    pace: Pace,
    /// So many answers still to come are of requests that were under way when it shrank last.
    echoes: usize,
}

/// How it grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    /// By one with each answer: nothing is known yet of where the limit is.
    Quick,
    /// By one with each window of answers, of which so many have come: the limit is near.
    Careful(usize),
    /// Not at all in this run: two writers at once are refused.
    Alone,
}

impl Default for Window {
    fn default() -> Self {
        Self { size: FIRST, pace: Pace::Quick, echoes: 0 }
    }
}

impl Window {
    /// How many may be under way.
    #[must_use]
    pub fn size(self) -> usize {
        self.size
    }

    /// What it is after an answer.
    #[must_use]
    pub fn after(self, strain: Strain) -> Self {
        let echoes = self.echoes.saturating_sub(1);
        match (strain, self.pace) {
            (Strain::Clashed, _) | (_, Pace::Alone) => Self { size: 1, pace: Pace::Alone, echoes: 0 },
            // All that were under way tell of the same trouble: to halve it for each of them would take it to one at once.
            (_, _) if self.echoes > 0 => Self { echoes, ..self },
            (Strain::Slowed, _) => {
                Self { size: (self.size / 2).max(1), pace: Pace::Careful(0), echoes: self.size - 1 }
            }
            (Strain::None, Pace::Careful(calm)) if calm + 1 < self.size => {
                Self { pace: Pace::Careful(calm + 1), ..self }
            }
            (Strain::None, Pace::Careful(_)) => Self { pace: Pace::Careful(0), ..self.wider() },
            (Strain::None, Pace::Quick) => self.wider(),
        }
    }

    fn wider(self) -> Self {
        Self { size: (self.size + 1).min(MOST), ..self }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sizes(answers: &[Strain]) -> Vec<usize> {
        let mut window = Window::default();
        let mut sizes = Vec::new();
        for answer in answers {
            window = window.after(*answer);
            sizes.push(window.size());
        }
        sizes
    }

    #[test]
    fn it_grows_with_each_answer_up_to_its_bound() {
        assert_eq!(sizes(&[Strain::None; 8]), [3, 4, 5, 6, 7, 8, 8, 8]);
    }

    #[test]
    fn one_trouble_halves_it_once_and_then_it_grows_by_one_a_window() {
        use Strain::{None, Slowed};
        let told = [None, None, None, None, Slowed, Slowed, Slowed, None, None, None];
        // Of six under way five are still to come, whatever they say.
        assert_eq!(sizes(&told), [3, 4, 5, 6, 3, 3, 3, 3, 3, 3]);
        let calm = [&told[..], &[None; 7]].concat();
        assert_eq!(sizes(&calm)[10..], [3, 3, 4, 4, 4, 4, 5]);
    }

    #[test]
    fn trouble_again_and_again_takes_it_to_one_and_never_below() {
        assert_eq!(sizes(&[Strain::Slowed; 6]), [1, 1, 1, 1, 1, 1]);
    }

    #[test]
    fn a_clash_leaves_one_for_good() {
        use Strain::{Clashed, None};
        assert_eq!(sizes(&[None, None, Clashed, None, None, None]), [3, 4, 1, 1, 1, 1]);
    }

    proptest! {
        #[test]
        fn it_stays_within_its_bounds(
            told in proptest::collection::vec(prop_oneof![Just(Strain::None), Just(Strain::Slowed), Just(Strain::Clashed)], 0..200)
        ) {
            prop_assert!(sizes(&told).iter().all(|size| (1..=MOST).contains(size)));
        }
    }
}
