//! What the query of an import says: what the file is for, and how it is to be read.

use listsync_core::list::List;
use listsync_engine::ports::{Again, ImportMode};
use listsync_lists::{
    AddressBy, Dates, MappingError, OptOutRule, Overrides, Profile, StatusRule, status_word,
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    name,
    upload::{self, Upload},
};
use crate::{documents::words, problem::Problem};

/// How a file is meant.
#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// What it says of those whom it does not name. Required, unless the file is taken as something else than people.
    #[param(value_type = Option<words::ImportMode>)]
    pub mode: Option<ImportMode>,
    /// What it holds other than people for the list. Goes with neither `mode`, `again`, `dry_run` nor status columns and words.
    #[serde(rename = "as")]
    #[param(inline)]
    pub held_as: Option<HeldAs>,
    /// The name of the profile that its columns are read by, or an own one as a JSON document; left out: by their usual names.
    pub profile: Option<String>,
    /// What is done with the list's last file once more.
    #[param(inline)]
    pub again: Option<AgainWord>,
    /// The file's name, for people.
    pub file: Option<String>,
    /// Whether it is only told what taking it in would do.
    #[serde(default)]
    pub dry_run: bool,
    /// Which column is what: email=COLUMN,name=COLUMN,external_id=COLUMN,status=COLUMN,status_date=COLUMN.
    pub map: Option<String>,
    /// The e-mail column; auto: the one column whose cells are addresses.
    pub email_column: Option<String>,
    /// A column that tells who is gone, besides the profile's.
    pub status_column: Option<String>,
    /// Whether the file is taken although a column may tell who is gone that is not understood.
    #[serde(default)]
    pub no_status: bool,
    /// Whether the file is taken although a column tells that people opted out: it means something else.
    #[serde(default)]
    pub no_opt_outs: bool,
    /// What status words mean for this file: WORD=leave,WORD=terminated.
    pub status_words: Option<String>,
    /// Its encoding, where Content-Type does not name one: utf-8 or windows-1252.
    pub encoding: Option<String>,
    /// In which order day and month stand in a date with slashes: day_first or month_first.
    pub dates: Option<String>,
    /// How many rows stand above the header row.
    pub skip_rows: Option<u16>,
}

/// What a file holds other than people for the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HeldAs {
    /// Who opted out of the list in another tool.
    OptOuts,
}

/// What is done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Its people are taken in.
    TakeIn(ImportMode, Again),
    /// It is told what taking them in would do.
    Look(ImportMode),
    /// Its addresses are recorded as opted out.
    OptOuts,
}

/// What is done with the list's last file once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AgainWord {
    /// Nothing, as where it is left out.
    Skip,
    /// It is taken in once more.
    TakeIn,
}

impl From<AgainWord> for Again {
    fn from(word: AgainWord) -> Self {
        match word {
            AgainWord::Skip => Self::Skip,
            AgainWord::TakeIn => Self::TakeIn,
        }
    }
}

impl ImportQuery {
    /// What is asked for. What makes no sense together is refused, and not passed over.
    pub(crate) fn deed(&self) -> Result<Deed, Problem> {
        let again = self.again.map_or(Again::Skip, Again::from);
        match (self.held_as, self.mode) {
            (None, None) => Err(Problem::parameter("mode", "say full or incremental")),
            (None, Some(mode)) if self.dry_run => Ok(Deed::Look(mode)),
            (None, Some(mode)) => Ok(Deed::TakeIn(mode, again)),
            (Some(HeldAs::OptOuts), _) => {
                let given = [
                    ("mode", self.mode.is_some()),
                    ("again", self.again.is_some()),
                    ("dry_run", self.dry_run),
                    ("status_column", self.status_column.is_some()),
                    ("status_words", self.status_words.is_some()),
                ];
                match given.into_iter().find(|(_, is_given)| *is_given) {
                    None => Ok(Deed::OptOuts),
                    Some((name, _)) => Err(Problem::parameter(name, "it does not go with as=opt-outs")),
                }
            }
        }
    }

    /// How the file is read: by its profile, by what the list knows, and by what is said beside it.
    pub(crate) fn profile(&self, deed: Deed, (list, upload): (&List, &Upload)) -> Result<Profile, Problem> {
        let profile =
            self.given_profile(upload)?.with_words(&list.status_words).with(&self.overrides(upload)?);
        Ok(match deed {
            Deed::OptOuts => profile.of_addresses(),
            Deed::TakeIn(..) | Deed::Look(_) => profile,
        })
    }

    /// A built-in profile by its name, or an own one: in the query, or as a part of the form.
    fn given_profile(&self, upload: &Upload) -> Result<Profile, Problem> {
        let refuse = |why: String| {
            Problem::parameter("profile", why)
                .hint(format!("one of {}, or a JSON document", Profile::BUILT_IN.join(", ")))
        };
        let Some(given) = upload.profile.as_ref().or(self.profile.as_ref()) else {
            return Ok(Profile::generic());
        };
        match Profile::named(given) {
            Some(built_in) => Ok(built_in),
            None if given.trim_start().starts_with('{') => {
                Profile::from_json(given).map_err(|error| refuse(error.to_string()))
            }
            None => Err(refuse("there is no such profile".to_owned())),
        }
    }

    /// What the query says of the file beside its profile.
    fn overrides(&self, upload: &Upload) -> Result<Overrides, Problem> {
        let mut said = Overrides::default();
        if let Some(map) = &self.map {
            said.mapping =
                map.parse().map_err(|error: MappingError| Problem::parameter("map", error.to_string()))?;
        }
        match self.email_column.as_deref() {
            Some(auto) if auto.eq_ignore_ascii_case("auto") => said.address_by = Some(AddressBy::Cells),
            column => said.mapping.email = column.map(str::to_owned).or(said.mapping.email),
        }
        said.status_columns = self.status_column.clone().into_iter().collect();
        said.status_rule = self.no_status.then_some(StatusRule::PassedOver);
        said.opt_out_rule = self.no_opt_outs.then_some(OptOutRule::PassedOver);
        for word in
            self.status_words.iter().flat_map(|words| words.split(',')).filter(|word| !word.is_empty())
        {
            let word =
                status_word(word).map_err(|error| Problem::parameter("status_words", error.to_string()))?;
            said.status_words.push(word);
        }
        said.encoding = match self.encoding.as_deref() {
            None => upload.encoding,
            Some(name) => Some(upload::encoding(name).ok_or_else(|| {
                Problem::parameter("encoding", "the encoding is not read: utf-8 and windows-1252 are")
            })?),
        };
        said.dates = match self.dates.as_deref() {
            None => None,
            Some("day_first") => Some(Dates::DayFirst),
            Some("month_first") => Some(Dates::MonthFirst),
            Some(_) => return Err(Problem::parameter("dates", "day_first or month_first")),
        };
        said.skip_rows = self.skip_rows;
        Ok(said)
    }

    /// The file's name, for people.
    pub(crate) fn file_name(&self) -> Result<String, Problem> {
        match &self.file {
            None => Ok("upload.csv".to_owned()),
            Some(given) => name("file", given).map_err(|problem| Problem::parameter("file", problem.detail)),
        }
    }
}
