//! What the functions cost, as figures against their bounds. `cargo bench -p listsync-benches` prints them all and fails
//! where one does not hold; `cargo bench -p listsync-benches -- cold-start` prints one.
//!
//! They are measured on the release build that cargo makes for this machine. Figures in seconds depend on the machine and
//! on what else it does; counts do not.

use std::fmt;

/// One measured figure, and what it must not exceed.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// What was measured.
    pub what: String,
    /// How much it is.
    pub value: f64,
    /// How much it may be.
    pub bound: f64,
    /// The unit of both.
    pub unit: &'static str,
}

impl Figure {
    /// Whether the bound holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.value <= self.bound
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, value, bound, unit } = self;
        let verdict = if self.holds() { "holds" } else { "EXCEEDED" };
        // Of what must not be at all there is no share.
        let share = if *bound > 0.0 { format!("{:>4.0} %", value / bound * 100.0) } else { " ".repeat(6) };
        write!(f, "{what:<52} {value:>10.2} of {bound:>8.2} {unit:<5} {share}  {verdict}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_at_its_bound_holds_and_one_above_it_does_not() {
        let figure = |value| Figure { what: "zip".to_owned(), value, bound: 5.0, unit: "MB" };
        assert!(figure(5.0).holds() && !figure(5.1).holds());
        assert!(figure(5.1).to_string().ends_with("EXCEEDED"));
    }
}
