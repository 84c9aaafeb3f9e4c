//! The command line: every verb, its flags, and its help with examples.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use listsync_core::{expected::Expect, limit::AdditionLimit, own::Own};

mod alerts;
mod audit;
#[cfg(test)]
pub(crate) mod counterparts;
#[cfg(test)]
mod documented;
mod examples;
mod import;
mod keys;
mod link;
mod people;

pub(crate) use alerts::AlertsVerb;
pub(crate) use audit::AuditVerb;
pub(crate) use import::{AgainArg, ColumnArgs, Deed, ImportArgs, ImportModeArg, ImportsVerb};
pub(crate) use keys::{KeysVerb, ScopeArg};
pub(crate) use link::{LinkArgs, LinkEditArgs, NewGroupKindArg, WritesArg};
pub(crate) use people::{ContactsVerb, EditArgs, MailArg, Who};

/// Keeps contact lists and Microsoft Entra ID groups in step, both ways.
#[derive(Debug, Parser)]
#[command(name = "listsync", version, after_help = examples::ALL, disable_help_subcommand = true)]
pub(crate) struct Cli {
    /// Print exactly one JSON document on standard output; messages and progress go to standard error.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Show the whole system on an emulated tenant, from a CSV file to the summary. Needs no settings.
    #[command(after_help = examples::DEMO)]
    Demo,
    /// Keep contact lists.
    #[command(subcommand, after_help = examples::LISTS)]
    Lists(ListsVerb),
    /// Look at people, edit them, and erase them.
    #[command(subcommand, after_help = examples::CONTACTS)]
    Contacts(ContactsVerb),
    /// Import a CSV file into a list.
    #[command(after_help = examples::IMPORT)]
    Import(ImportArgs),
    /// Look at imports, and approve or discard what one holds.
    #[command(subcommand, after_help = examples::IMPORTS)]
    Imports(ImportsVerb),
    /// Record that a person wants to be on a list.
    #[command(after_help = examples::SUBSCRIBE)]
    Subscribe(Person),
    /// Record that a person never wants to be on a list again, until they say otherwise.
    #[command(after_help = examples::UNSUBSCRIBE)]
    Unsubscribe(Person),
    /// Link a list to a group.
    #[command(after_help = examples::LINK)]
    Link(LinkArgs),
    /// Look for groups of the tenant.
    #[command(subcommand, after_help = examples::GROUPS)]
    Groups(GroupsVerb),
    /// Look at links, pause and resume them, and rule on what they hold.
    #[command(subcommand, after_help = examples::LINKS)]
    Links(LinksVerb),
    /// Preview what a sync would do, for each link of a list; nothing is changed.
    #[command(after_help = examples::PLAN)]
    Plan(SomeLinks),
    /// Give what a sync would do in the group to a person: as CSV, as a PowerShell script, or as JSON.
    #[command(after_help = examples::HANDOUT)]
    Handout(HandoutArgs),
    /// Sync a list now: all its links in turn.
    #[command(after_help = examples::SYNC)]
    Sync(SyncArgs),
    /// Run the timer once: one message per due link goes onto the queue.
    #[command(after_help = examples::TICK)]
    Tick,
    /// Run the worker: take messages off the queue and sync their links.
    #[command(after_help = examples::WORK)]
    Work(WorkArgs),
    /// Run timer, worker and HTTP API in one process until it is stopped.
    #[command(after_help = examples::SERVE)]
    Serve(ServeArgs),
    /// Print a link that signs in to the console in the browser: good once, for five minutes, on this machine.
    #[command(after_help = examples::CONSOLE)]
    Console(ConsoleArgs),
    /// Show whether the lists are in step; if not, since or until when, why, and what to do.
    #[command(after_help = examples::STATUS)]
    Status(StatusArgs),
    /// Show why somebody is on a list and in its group, or is not, step by step. Nothing is changed.
    #[command(after_help = examples::WHY)]
    Why(Person),
    /// Look at past runs, and take back what one did.
    #[command(subcommand, after_help = examples::RUNS)]
    Runs(RunsVerb),
    /// Look at who did what.
    #[command(subcommand, after_help = examples::AUDIT)]
    Audit(AuditVerb),
    /// Look at the ways by which people are told of trouble, and try them.
    #[command(subcommand, after_help = examples::ALERTS)]
    Alerts(AlertsVerb),
    /// Check settings, reachability, permissions and the clock.
    #[command(after_help = examples::DOCTOR)]
    Doctor(DoctorArgs),
    /// Copy the store into a new file, also while it is in use.
    #[command(after_help = examples::BACKUP)]
    Backup {
        /// The file; there must be none of that name.
        file: PathBuf,
    },
    /// Keep the keys of the HTTP API and of opt-out links.
    #[command(subcommand, after_help = examples::KEYS)]
    Keys(KeysVerb),
    /// Read and change the List Service settings.
    #[command(subcommand, after_help = examples::SETTINGS)]
    Settings(SettingsVerb),
    /// Print a completion script for a shell.
    #[command(after_help = examples::COMPLETIONS)]
    Completions {
        /// The shell.
        shell: Shell,
    },
}

/// What `listsync sync` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct SyncArgs {
    #[command(flatten)]
    pub(crate) some: SomeLinks,
    /// Do only what 'listsync plan' showed under this digest within 24 hours, as far as it is still due; the rest is named.
    #[arg(long, value_name = "DIGEST")]
    pub(crate) plan: Option<String>,
}

/// What `listsync status` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct StatusArgs {
    /// Only this list, by name or id, or one of its links by its id: with who is out of step, by name.
    pub(crate) list: Option<String>,
    /// Show it anew every two seconds, on a terminal, until Ctrl-C.
    #[arg(long)]
    pub(crate) watch: bool,
}

/// What `listsync doctor` takes.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct DoctorArgs {
    /// Before anything is checked, let calls to the directory begin again although it asked for a pause.
    #[arg(long)]
    pub(crate) open_gate: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum GroupsVerb {
    /// Show groups with whether they can be linked, why not, and to which lists they are linked: 50 at most.
    Ls {
        /// What their name or address begins with; left out: any group.
        text: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ListsVerb {
    /// Create a list.
    Create {
        /// Its name.
        name: String,
        #[command(flatten)]
        rule: ListRule,
    },
    /// Change a list: its name, its filter, whether its members may leave it, how many may join.
    Edit {
        /// The list's name or id.
        list: String,
        /// A new name.
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        rule: ListRule,
        /// Make a filtered list one that is kept by hand; its members stay.
        #[arg(long, conflicts_with = "filter")]
        no_filter: bool,
    },
    /// Show what a filter would make of a list, before it is saved.
    Preview {
        /// The list's name or id.
        list: String,
        /// The filter; left out: the list's own.
        #[arg(long)]
        filter: Option<String>,
    },
    /// Show why a person is on a filtered list, or is not.
    Explain(Person),
    /// Show every list.
    Ls,
    /// Show one list.
    Show {
        /// The list's name or id.
        list: String,
    },
    /// Show who is on a list, and who opted out.
    Members {
        /// The list's name or id.
        list: String,
    },
    /// Print the members of a list as a table, with all that is known of them, to be read by a spreadsheet or imported again.
    Export {
        /// The list's name or id.
        list: String,
        /// As CSV, which it is in any case.
        #[arg(long)]
        csv: bool,
    },
    /// Show who joined or left a list and the groups that are linked to it, when, and by what; the newest first.
    History {
        /// The list's name or id.
        list: String,
        /// At most so many.
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Put a contact on a list, as an operator.
    Add {
        #[command(flatten)]
        person: Person,
        /// The contact's display name.
        #[arg(long)]
        name: Option<String>,
        /// Until when they are on the list: a last day (UTC) such as 2026-12-31, a moment, or never. Left out: a member keeps
        /// the end that they have.
        #[arg(long, value_name = "DATE")]
        until: Option<String>,
    },
    /// Take a contact off a list, as an operator.
    Remove(Person),
    /// Delete a list that no link stands on. Its contacts stay, and who had said no to it stays off a later list of its name.
    Delete {
        /// The list's name or id.
        list: String,
        /// Do not ask: it is meant.
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct ListRule {
    /// Who is on it by a condition, such as: department eq "Sales". Nobody edits its members by hand then.
    #[arg(long)]
    pub(crate) filter: Option<String>,
    /// Whether its members may leave it by themselves: allowed, unless it is a mandatory list.
    #[arg(long)]
    pub(crate) opt_out: Option<OptOutArg>,
    /// How many additions by files and runs within 24 hours go on without a person: standard, 200%, 500, off, or as-settings.
    #[arg(long, value_name = "LIMIT")]
    pub(crate) max_additions: Option<Own<AdditionLimit>>,
    /// Within which time a file of it should come, such as 8d, or off: else it is called stale, and an alert rings.
    #[arg(long, value_name = "TIME")]
    pub(crate) expect_every: Option<Expect>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum OptOutArg {
    Allowed,
    NotAllowed,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ServeArgs {
    /// Where the HTTP API listens: address and port. Put a reverse proxy with TLS before anything but loopback.
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS:PORT")]
    pub(crate) listen: std::net::SocketAddr,
}

/// What `listsync console` takes.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct ConsoleArgs {
    /// Where 'listsync serve' listens on this machine: address and port.
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS:PORT")]
    pub(crate) at: std::net::SocketAddr,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Person {
    /// The list's name or id.
    pub(crate) list: String,
    /// The person's e-mail address.
    pub(crate) email: String,
}

/// A link: of a list that has one, or of several the one that is named.
#[derive(Debug, PartialEq, Eq, clap::Args)]
pub(crate) struct OneLink {
    /// The list's name or id, or the id of one of its links.
    pub(crate) list: String,
    /// Of the list's links the one that leads there: entra:GROUP, or GROUP, by the group's object id or its name.
    #[arg(long)]
    pub(crate) place: Option<String>,
}

/// All links of a list, or the one that is named.
#[derive(Debug, PartialEq, Eq, clap::Args)]
pub(crate) struct SomeLinks {
    /// The list's name or id, or the id of one of its links.
    pub(crate) list: String,
    /// Only the link that leads there: entra:GROUP, or GROUP, by the group's object id or its name.
    #[arg(long)]
    pub(crate) place: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct HandoutArgs {
    #[command(flatten)]
    pub(crate) link: OneLink,
    /// The form.
    #[arg(long = "as", default_value = "csv")]
    pub(crate) form: HandoutForm,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum HandoutForm {
    /// A table, safe to open in a spreadsheet.
    Csv,
    /// A script for the Microsoft.Graph module; it can be run again, and takes -WhatIf.
    Powershell,
    /// A document.
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LinksVerb {
    /// Show every link.
    Ls,
    /// Show one link: mode, limits, status, last run, and what it holds.
    Show(OneLink),
    /// Stop a link until it is resumed.
    Pause(OneLink),
    /// Run a paused or halted link again.
    Resume(OneLink),
    /// Release just the changes that a hold names, once.
    Approve {
        /// The digest that the hold shows; or the list, by name or id, whose only hold it is.
        digest: String,
    },
    /// Do not do what a hold names: who was to be removed stays, and who was to be added is not.
    Discard {
        /// The digest that the hold shows; or the list, by name or id, whose only hold it is.
        digest: String,
    },
    /// Forget what both sides had in common: the next run unions, and removes nobody.
    Relink(OneLink),
    /// Change how a link does what it does. It keeps what it remembers: nobody joins or leaves because of the change alone.
    Edit(LinkEditArgs),
    /// Say who carries out what is planned for the group: each sync, or a person.
    Writes {
        #[command(flatten)]
        link: OneLink,
        /// Who.
        writes: WritesArg,
    },
    /// Remove a link. List and group stay as they are.
    Unlink(OneLink),
}

#[derive(Debug, clap::Args)]
pub(crate) struct WorkArgs {
    /// Stop once the queue has no visible message; delayed messages are not waited for.
    #[arg(long)]
    pub(crate) until_empty: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RunsVerb {
    /// Show past runs, newest first.
    Ls {
        /// Only those of this list's links.
        list: Option<String>,
        /// At most so many.
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },
    /// Show one run's summary.
    Show {
        /// The run's id.
        run: String,
        /// Print its failures as CSV instead, safe to open in a spreadsheet.
        #[arg(long)]
        failures_csv: bool,
        /// Show whom it added and removed instead, and why.
        #[arg(long, conflicts_with = "failures_csv")]
        members: bool,
        /// The same as CSV, safe to open in a spreadsheet.
        #[arg(long, requires = "members")]
        csv: bool,
    },
    /// Take back what a run did, on the list and in the group: shows whom it is about, asks, and syncs.
    Undo(UndoArgs),
}

/// What `listsync runs undo` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct UndoArgs {
    /// The run's id.
    pub(crate) run: String,
    /// Do not ask: it is meant.
    #[arg(long)]
    pub(crate) yes: bool,
    /// Do just what was shown under this digest, without asking; where something else is to be done by now, nothing is.
    #[arg(long, value_name = "DIGEST", conflicts_with = "yes")]
    pub(crate) plan: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SettingsVerb {
    /// Show one setting, or all.
    Get {
        /// Its name.
        name: Option<SettingName>,
    },
    /// Change a setting.
    Set {
        /// Its name.
        name: SettingName,
        /// Its value. Empty text clears internal-domains, protected and linkable-groups.
        value: String,
    },
}

/// The List Service settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SettingName {
    /// How often a link is due: a time such as 15m.
    Every,
    /// How often both sides are read in full: a time such as 24h.
    FullCheckEvery,
    /// How long what was written or newly seen outranks one read that contradicts it: a time such as 30m.
    SettleWindow,
    /// How many removals go on without a person: standard, 20%, 500 or off.
    MaxRemovals,
    /// How many additions by files and runs go on without a person: standard, 200%, 500 or off.
    MaxAdditions,
    /// The domains of the tenant's own people, separated by commas.
    InternalDomains,
    /// Who is never removed: object ids, addresses and `owners`, separated by commas.
    Protected,
    /// The groups that may be linked, by object id, separated by commas; none: those that were created for a list, and
    /// those that the operator linked.
    LinkableGroups,
    /// For how many days the audit keeps what is recorded from now on: 1d to 3650d.
    AuditKeep,
    /// For how many days it is kept whom each run added and removed, of runs from now on: 1d to 3650d.
    EffectsKeep,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_verb_has_examples() {
        for verb in Cli::command().get_subcommands() {
            let help = verb.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("listsync "), "{}", verb.get_name());
        }
    }
}
