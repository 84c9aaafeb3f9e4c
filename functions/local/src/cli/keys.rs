use clap::{Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum KeysVerb {
    /// Show every key of the HTTP API, without its secret.
    Ls,
    /// Make a key of the HTTP API. It is shown this once.
    Create {
        /// What it is for.
        name: String,
        /// What it may do; may be repeated. Each scope is its own: give several where several are needed.
        #[arg(long, required = true)]
        scope: Vec<ScopeArg>,
    },
    /// Make a key of the HTTP API worth nothing from now on.
    Revoke {
        /// The key's id.
        key: String,
    },
    /// Make a new key that signs opt-out links. Links of the former ones stay good.
    RotateLinks,
    /// Make a key that signed opt-out links worth nothing, with all its links.
    RetireLinks {
        /// The key's id.
        key: String,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ScopeArg {
    /// Look at everything.
    Read,
    /// Edit lists and contacts, import, sync, rule on holds.
    Operate,
    /// Keys, event senders, settings, erasing people.
    Admin,
}
