//! The flags of `listsync import`, and the verbs of `listsync imports`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use listsync_lists::{AddressBy, Dates, Encoding, Mapping, Meaning, OptOutRule, Overrides, StatusRule};

#[derive(Debug, clap::Args)]
pub(crate) struct ImportArgs {
    /// The CSV file, with a header row.
    pub(crate) file: PathBuf,
    /// The list's name or id.
    #[arg(long)]
    pub(crate) list: String,
    /// What the file says of those whom it does not name: full, they leave; incremental, nothing.
    #[arg(long, required_unless_present = "held_as")]
    pub(crate) mode: Option<ImportModeArg>,
    /// The file names no people for the list, but those who opted out of it in another tool: each address is recorded as opted out.
    #[arg(long = "as", value_name = "WHAT", conflicts_with_all = ["mode", "dry_run", "again", "link_group", "status_column", "status_word"])]
    pub(crate) held_as: Option<HeldAs>,
    /// Show what taking the file in would do, and how it is understood; nothing is changed.
    #[arg(long, conflicts_with = "link_group")]
    pub(crate) dry_run: bool,
    /// How the file is written and what its columns mean: generic, workday, bamboohr, ukg, adp, or a JSON file of your own.
    #[arg(long, default_value = "generic", value_name = "PROFILE")]
    pub(crate) profile: String,
    /// Where the rows that were not taken are written to, each with the reason, to be corrected and imported.
    #[arg(long, value_name = "FILE")]
    pub(crate) rejects: Option<PathBuf>,
    /// What is done with a file that is the list's last one once more.
    #[arg(long, default_value = "skip")]
    pub(crate) again: AgainArg,
    #[command(flatten)]
    pub(crate) columns: ColumnArgs,
    /// Link the list to this group afterwards, two-way, unless it is linked to it already: an object id or unique name.
    #[arg(long, value_name = "GROUP")]
    pub(crate) link_group: Option<String>,
}

/// What is done with the file.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Deed {
    /// Its people are taken in.
    TakeIn(ImportModeArg),
    /// It is told what taking them in would do.
    Look(ImportModeArg),
    /// Its addresses are recorded as opted out.
    OptOuts,
}

impl ImportArgs {
    /// What is asked for.
    pub(crate) fn deed(&self) -> Deed {
        match (self.held_as, self.mode, self.dry_run) {
            (None, Some(mode), false) => Deed::TakeIn(mode),
            (None, Some(mode), true) => Deed::Look(mode),
            (Some(HeldAs::OptOuts), ..) => Deed::OptOuts,
            (None, None, _) => unreachable!("one of --mode and --as is required"),
        }
    }
}

/// What a file holds other than people for the list.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum HeldAs {
    /// Opt-outs of the list.
    OptOuts,
}

/// What is said of one file beside its profile.
#[derive(Debug, clap::Args)]
pub(crate) struct ColumnArgs {
    /// Which column is what, where the header does not say: email=COLUMN,name=COLUMN,external_id=COLUMN,status=COLUMN,status_date=COLUMN.
    #[arg(long, value_name = "FIELD=COLUMN")]
    pub(crate) map: Option<Mapping>,
    /// The e-mail column; auto: the one column whose cells are addresses.
    #[arg(long, value_name = "COLUMN")]
    pub(crate) email_column: Option<String>,
    /// A column that tells who is gone, besides the profile's. May be repeated.
    #[arg(long, value_name = "COLUMN")]
    pub(crate) status_column: Vec<String>,
    /// Take the file although a column may tell who is gone that is not understood.
    #[arg(long)]
    pub(crate) no_status: bool,
    /// Take the file although a column tells that people opted out: it means something else.
    #[arg(long)]
    pub(crate) no_opt_outs: bool,
    /// What a status word means: WORD=active, leave, terminated or not-yet. It is kept with the list. May be repeated.
    #[arg(long, value_name = "WORD=MEANING", value_parser = status_word)]
    pub(crate) status_word: Vec<(String, Meaning)>,
    /// The file's encoding: utf-8, or windows-1252 as older spreadsheets save it.
    #[arg(long)]
    pub(crate) encoding: Option<EncodingArg>,
    /// In which order day and month stand in a date with slashes.
    #[arg(long)]
    pub(crate) dates: Option<DatesArg>,
    /// How many rows stand above the header row, where it is not found.
    #[arg(long, value_name = "ROWS")]
    pub(crate) skip_rows: Option<u16>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum EncodingArg {
    #[value(name = "utf-8")]
    Utf8,
    #[value(name = "windows-1252")]
    Windows1252,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum DatesArg {
    DayFirst,
    MonthFirst,
}

impl ColumnArgs {
    /// What they say.
    pub(crate) fn overrides(&self) -> Overrides {
        let mut mapping = self.map.clone().unwrap_or_default();
        let auto = self.email_column.as_deref().is_some_and(|column| column.eq_ignore_ascii_case("auto"));
        if !auto && self.email_column.is_some() {
            mapping.email.clone_from(&self.email_column);
        }
        Overrides {
            mapping,
            status_columns: self.status_column.clone(),
            status_rule: self.no_status.then_some(StatusRule::PassedOver),
            opt_out_rule: self.no_opt_outs.then_some(OptOutRule::PassedOver),
            status_words: self.status_word.clone(),
            address_by: auto.then_some(AddressBy::Cells),
            encoding: self.encoding.map(|arg| match arg {
                EncodingArg::Utf8 => Encoding::Utf8,
                EncodingArg::Windows1252 => Encoding::Windows1252,
            }),
            dates: self.dates.map(|arg| match arg {
                DatesArg::DayFirst => Dates::DayFirst,
                DatesArg::MonthFirst => Dates::MonthFirst,
            }),
            skip_rows: self.skip_rows,
        }
    }
}

fn status_word(text: &str) -> Result<(String, Meaning), String> {
    listsync_lists::status_word(text).map_err(|error| error.to_string())
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum AgainArg {
    /// Nothing.
    Skip,
    /// It is taken in once more.
    TakeIn,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ImportModeArg {
    Full,
    Incremental,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ImportsVerb {
    /// Show past imports, newest first.
    Ls,
    /// Show what each profile expects of a file.
    Profiles,
    /// Show one import: what it did, whom it holds (the first twenty), and how its file was understood.
    Show {
        /// The import's id.
        import: String,
        /// Print everybody whom it holds as a table, and nothing else.
        #[arg(long)]
        csv: bool,
    },
    /// Do what an import holds.
    Approve {
        /// The import's id.
        import: String,
    },
    /// Drop what an import holds: everybody stays as they are.
    Discard {
        /// The import's id.
        import: String,
    },
    /// Take an import back: who came by it leaves, who left by it comes back, fields and names become what they were, and
    /// contacts that only it made are deleted. What was changed since, and whoever opted out, stays. Shows what it would do,
    /// and asks at a terminal; elsewhere it only shows it.
    Undo {
        /// The import's id.
        import: String,
        /// Do it without asking.
        #[arg(long)]
        yes: bool,
        /// Do exactly what was shown under this digest.
        #[arg(long, value_name = "DIGEST", conflicts_with = "yes")]
        plan: Option<String>,
    },
}
