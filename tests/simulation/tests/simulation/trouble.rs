//! What goes wrong at the calls of a process.

use std::time::Duration;

use listsync_engine::ports::Fault;
use listsync_testkit::{
    dice::Dice,
    fakes::ManualClock,
    faults::{Fate, Faults, When},
};

/// How often calls go wrong, in thousandths.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trouble {
    pub(crate) crash: u64,
    pub(crate) fail: u64,
    pub(crate) edit: u64,
    pub(crate) stall: u64,
}

/// What else happens while a process makes its calls.
pub(crate) trait Bystander: Send + 'static {
    /// Somebody changes something between two calls.
    fn edit(&mut self, dice: &mut Dice);
    /// What becomes of a call.
    fn hear(&mut self, call: &str);
}

impl Trouble {
    pub(crate) const NONE: Self = Self { crash: 0, fail: 0, edit: 0, stall: 0 };

    /// So much of it, one history in four without any.
    pub(crate) fn throw(dice: &mut Dice) -> Self {
        if !dice.chance(75) {
            return Self::NONE;
        }
        Self { crash: dice.below(40), fail: dice.below(30), edit: dice.below(12), stall: dice.below(15) }
    }

    /// Faults for one process, with dice of their own.
    pub(crate) fn faults(self, dice: &mut Dice, clock: &ManualClock, mut by: impl Bystander) -> Faults {
        let (mut dice, mut pace) = (dice.fork(), dice.fork());
        let slow = if pace.chance(5) { 20_000 } else { 1_500 };
        let judge = move |name: &'static str, number: u64| {
            if dice.per_mille(self.edit) {
                by.edit(&mut dice);
            }
            let fate = self.fate(name, &mut dice);
            by.hear(&match fate {
                Fate::Pass => format!("    {number} {name}"),
                fate => format!("    {number} {name} {fate:?}"),
            });
            fate
        };
        let pace = move || Duration::from_millis(pace.below(slow));
        Faults::judged(Box::new(judge)).paced(clock, Box::new(pace))
    }

    fn fate(self, name: &str, dice: &mut Dice) -> Fate {
        let when = if dice.chance(50) { When::Before } else { When::After };
        if dice.per_mille(self.crash) {
            return Fate::Crash(when);
        }
        if dice.per_mille(self.stall) {
            return Fate::Stall;
        }
        if !dice.per_mille(self.fail) {
            return Fate::Pass;
        }
        if name.starts_with("directory.") && dice.chance(50) {
            return Fate::Fail(Fault::Throttled(Duration::from_secs(dice.below(200))), When::Before);
        }
        Fate::Fail(Fault::Unavailable, when)
    }
}
