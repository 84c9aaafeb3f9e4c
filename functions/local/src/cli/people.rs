use std::time::Duration;

use clap::{Subcommand, ValueEnum};
use listsync_core::duration;

#[derive(Debug, Subcommand)]
pub(crate) enum ContactsVerb {
    /// Show every contact.
    Ls,
    /// Show all that is known of a person: fields, lists, decisions.
    Show(Who),
    /// Show when a person joined or left lists and the groups that are linked to them, and by what; the newest first.
    History {
        #[command(flatten)]
        who: Who,
        /// At most so many.
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Edit a contact. A new address makes the former one an alias.
    Edit(Box<EditArgs>),
    /// Make two contacts one: the first one stays.
    Merge {
        /// The contact that stays, by one of their addresses.
        keep: String,
        /// The contact that is taken into it, by one of their addresses.
        other: String,
    },
    /// Record that a person wants no list at all, present or future.
    OptOut(Who),
    /// Record that a person takes that back.
    OptIn(Who),
    /// Make a link to a person's page of their lists, for you to send to their own address: leave, come back. Good for 30 days.
    MyLists(Who),
    /// Delete a contact from every list. Their opt-outs stay, as keyed hashes.
    Delete(Who),
    /// Delete the contacts that are on no list: shows how many, and asks. Whoever said no to a list stays.
    Prune {
        /// Only those of whom nothing changed for so long, or off: whatever changed when.
        #[arg(long, value_parser = duration::parse_wait, default_value = "30d", value_name = "TIME")]
        older_than: Duration,
        /// Do not ask: it is meant.
        #[arg(long)]
        yes: bool,
    },
    /// Erase a person: nothing of them stays but a keyed hash, so that no file and no group brings them back. An address that
    /// no contact has is erased from what files, runs and imports tell.
    Erase {
        #[command(flatten)]
        who: Who,
        /// Do not ask: it is meant.
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct Who {
    /// One of the person's e-mail addresses, or their key in the system that files come from.
    pub(crate) email: String,
}

#[derive(Debug, clap::Args)]
pub(crate) struct EditArgs {
    /// One of the person's e-mail addresses.
    pub(crate) email: String,
    /// A new address.
    #[arg(long, value_name = "EMAIL")]
    pub(crate) address: Option<String>,
    /// A new display name.
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// A new key in the HR system.
    #[arg(long, value_name = "KEY")]
    pub(crate) external_id: Option<String>,
    /// A field, such as department=Sales; an empty value clears it. May be repeated.
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) set: Vec<String>,
    /// A further address of theirs. May be repeated.
    #[arg(long, value_name = "EMAIL")]
    pub(crate) alias: Vec<String>,
    /// An address that is theirs no more. May be repeated.
    #[arg(long, value_name = "EMAIL")]
    pub(crate) drop_alias: Vec<String>,
    /// Whether messages reach them.
    #[arg(long)]
    pub(crate) mail: Option<MailArg>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum MailArg {
    Reaches,
    Undeliverable,
}
