use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum AlertsVerb {
    /// Show each channel: whether it is set here, when it sent something last, and why it fails.
    Ls,
    /// Send a test by each channel that is set here; where none is, by those of the timer, at its next beat.
    Test,
}
