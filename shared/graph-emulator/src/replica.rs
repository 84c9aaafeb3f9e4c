//! Which past state a read shows.

use rand::RngExt;
use rand::rngs::StdRng;

use crate::clock::millis;
use crate::settings::Lag;
use crate::state::directory::Directory;
use crate::state::history::Seq;

/// The replicas that serve reads; none of them goes back in time.
#[derive(Debug, Default)]
pub(crate) struct Replicas {
    as_of: Vec<i64>,
    /// Every replica has at least this much.
    floor: Seq,
}

impl Replicas {
    /// Picks a replica, lets it catch up by a random amount, and tells the newest change it has.
    pub(crate) fn read(&mut self, lag: Lag, now: i64, rng: &mut StdRng, directory: &Directory) -> Seq {
        let max = millis(lag.max);
        if max == 0 {
            return directory.newest();
        }
        let count = lag.replicas.max(1) as usize;
        self.as_of.resize(count, now - max);
        let chosen = rng.random_range(0..count);
        let drawn = now - rng.random_range(0..=max);
        self.as_of[chosen] = self.as_of[chosen].max(drawn);
        directory.seq_at(self.as_of[chosen]).max(self.floor)
    }

    /// Lets every replica have all that was written so far.
    pub(crate) fn settle(&mut self, newest: Seq) {
        self.floor = newest;
    }
}
