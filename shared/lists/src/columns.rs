//! Which column of a file holds what.

use std::collections::BTreeMap;

use listsync_core::filter::fold_name;

use crate::{
    FileError,
    known::{self, Known},
    profile::{ColumnNames, OptOutRule, Others, Profile, StatusRule},
    status::{Flag, Opts, Speaks, Watch, Watched, flag, flag_of_own_column, smells_by_title},
    titles::{self, Titles},
};

/// The two columns that a file of rejected rows has before the original ones.
pub(crate) const OUR_OWN: [&str; 2] = ["row", "reason"];

/// The title under which an export of a list has people's keys.
pub(crate) const EXPORTED_KEY: &str = "external_id";

/// Where a row's display name may stand: per row, the first that is not blank counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct NameColumns {
    /// Whole names.
    pub(crate) whole: Vec<usize>,
    /// First and last names, to be joined.
    pub(crate) given: Vec<usize>,
    pub(crate) family: Vec<usize>,
    /// Whether the whole name may be a part of one, as German *Name* beside *Vorname* is, and Italian *Nome* beside *Cognome*.
    pub(crate) whole_may_be_part: bool,
}

impl NameColumns {
    /// Whether the file has any.
    pub(crate) fn knows_any(&self) -> bool {
        !self.whole.is_empty() || !self.given.is_empty() || !self.family.is_empty()
    }
}

/// How the words of a status column are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StatusKind {
    /// Each says whether somebody is there.
    Words,
    /// They are the company's own, such as Full-Time: only those of leaving say something.
    OwnWords,
}

/// A column that tells whether somebody is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StatusColumn {
    pub(crate) column: usize,
    pub(crate) kind: StatusKind,
    /// What its title makes of yes and no.
    pub(crate) flag: Option<Flag>,
}

/// What the columns that are understood tell of who is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tells {
    Status,
    /// Since when somebody is, and of the others nothing.
    LastDay,
    Nothing,
}

impl Tells {
    fn of(status: &[StatusColumn], status_date: Option<usize>) -> Self {
        match (status, status_date) {
            ([_, ..], _) => Self::Status,
            ([], Some(_)) => Self::LastDay,
            ([], None) => Self::Nothing,
        }
    }
}

/// Whose file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    BySource,
    /// By us, with rejected rows: its formula cells stand behind an apostrophe.
    ByUs,
}

/// The columns of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) email: usize,
    pub(crate) names: NameColumns,
    pub(crate) external_id: Option<usize>,
    pub(crate) status: Vec<StatusColumn>,
    pub(crate) status_date: Option<usize>,
    /// Fields of the contact, by their column, in the file's order.
    pub(crate) fields: Vec<(usize, String)>,
    /// How many columns there are in all.
    pub(crate) count: usize,
    pub(crate) written: Written,
    /// Columns whose titles smell of status and that are not understood.
    pub(crate) smelling: Vec<usize>,
    /// Columns whose values are to be looked at for the same, and for opt-outs, with what their titles say.
    pub(crate) watched: Vec<Watched>,
}

impl Found {
    /// Finds the columns in a header row.
    pub(crate) fn find(header: &[String], profile: &Profile) -> Result<Self, FileError> {
        let search = Search { titles: Titles::of(header), profile };
        let columns = &profile.columns;
        search.required()?;
        let email = search.email(&columns.address)?;
        let names = search.names()?;
        let external_id =
            search.usual(&columns.external_id, Known::ExternalId).or_else(|| search.key_of_an_export());
        let status = search.status();
        let status_date = search.usual(&columns.status_date, Known::StatusDate);
        let ours = header.starts_with(&OUR_OWN.map(str::to_owned));
        let taken = |column| {
            column == email
                || names.whole.first() == Some(&column)
                || external_id == Some(column)
                || (ours && column < OUR_OWN.len())
        };
        let understood = |column| {
            taken(column) || status_date == Some(column) || status.iter().any(|each| each.column == column)
        };
        let left: Vec<usize> = (0..header.len()).filter(|column| !understood(*column)).collect();
        Ok(Self {
            fields: search.fields(taken),
            smelling: search.smelling(&left, status.is_empty()),
            watched: search.watched(&left, Tells::of(&status, status_date)),
            written: if ours { Written::ByUs } else { Written::BySource },
            count: header.len(),
            email,
            names,
            external_id,
            status,
            status_date,
        })
    }

    /// What is to be looked at while the file is read.
    pub(crate) fn watches(&self) -> Vec<Watch> {
        self.watched.iter().copied().map(Watch::new).collect()
    }

    /// How many of the columns that a profile names are there: a header row has more than one.
    pub(crate) fn known(&self) -> usize {
        let names = &self.names;
        let named = usize::from(!names.whole.is_empty() || !names.given.is_empty());
        1 + named
            + usize::from(self.external_id.is_some())
            + self.status.len()
            + usize::from(self.status_date.is_some())
    }
}

/// A status word as it is compared: letters and digits alone, without regard to case.
pub(crate) fn word_key(name: &str) -> String {
    let mut key = fold_name(name);
    key.retain(|each| each != '.');
    key
}

struct Search<'a> {
    titles: Titles<'a>,
    profile: &'a Profile,
}

impl Search<'_> {
    /// What somebody names for this file has to be there.
    fn required(&self) -> Result<(), FileError> {
        let missing = self.profile.required.iter().find(|name| self.titles.named(name).is_none());
        missing.map_or(Ok(()), |name| Err(self.missing(&ColumnNames(vec![name.clone()]))))
    }

    fn email(&self, names: &ColumnNames) -> Result<usize, FileError> {
        let usual = || self.known(Known::Address);
        let found = match names.0.as_slice() {
            [] => usual(),
            [one] => self.titles.named(one),
            several => self.titles.first(several).or_else(|| usual().filter(|_| self.profile.is_built_in())),
        };
        found.ok_or_else(|| self.missing(names))
    }

    /// Data must not be quoted as if it were column names.
    fn missing(&self, names: &ColumnNames) -> FileError {
        let given = self.titles.given;
        if given.iter().any(|name| name.contains('@')) {
            return FileError::NoHeader;
        }
        let found = given.iter().filter(|name| !name.is_empty()).cloned().collect();
        match names.0.as_slice() {
            [column] => FileError::NoSuchColumn { column: column.clone(), found },
            _ => {
                FileError::NoEmailColumn { found, offered: None, expected: Box::new(self.profile.expected()) }
            }
        }
    }

    fn names(&self) -> Result<NameColumns, FileError> {
        let columns = &self.profile.columns;
        let (whole, given, family) = (&columns.name, &columns.given_name, &columns.family_name);
        let mut found = NameColumns {
            whole: self.titles.all(&whole.0),
            given: self.titles.all(&given.0),
            family: self.titles.all(&family.0),
            whole_may_be_part: false,
        };
        if found.whole.is_empty() && whole.0.len() == 1 && given.0.is_empty() {
            return Err(self.missing(whole));
        }
        let unnamed = whole.0.is_empty() && given.0.is_empty();
        if unnamed || self.profile.is_built_in() {
            let or_known = |found: Vec<usize>, field| match found.is_empty() {
                true => self.known(field).into_iter().collect(),
                false => found,
            };
            found.given = or_known(found.given, Known::GivenName);
            found.family = or_known(found.family, Known::FamilyName);
            if found.whole.is_empty() && (unnamed || found.given.is_empty()) {
                found.whole = or_known(found.whole, Known::Name);
            }
        }
        Ok(self.settled(found))
    }

    /// First names without last names are no names, and the other way round, unless the other stands in a column that is
    /// called by a word for both.
    fn settled(&self, mut found: NameColumns) -> NameColumns {
        found.whole.retain(|column| !found.given.contains(column) && !found.family.contains(column));
        let either = |column: &usize| {
            known::EITHER_NAME
                .iter()
                .any(|name| titles::key(name) == titles::key(&self.titles.given[*column]))
        };
        let half = found.given.is_empty() != found.family.is_empty();
        found.whole_may_be_part = half && found.whole.first().is_some_and(either);
        if half && !found.whole_may_be_part {
            found.given.clear();
            found.family.clear();
        }
        found
    }

    /// The columns that tell of status: those that the profile names, and those whose titles ask whether somebody is there.
    fn status(&self) -> Vec<StatusColumn> {
        let columns = &self.profile.columns;
        let titles = self.titles.given;
        let own = self.titles.all(&columns.employment_status.0);
        let mut named = self.titles.all(&columns.status.0);
        if self.profile.is_built_in() && !columns.status.0.is_empty() {
            if named.is_empty() && own.is_empty() {
                named.extend(self.known(Known::Status));
            }
            let asks = |column: &usize| flag_of_own_column(&titles[*column]).is_some();
            named.extend((0..titles.len()).filter(asks));
            if named.is_empty() && own.is_empty() {
                named.extend((0..titles.len()).filter(|column| flag(&titles[*column]).is_some()));
            }
        }
        let mut found: Vec<StatusColumn> = Vec::new();
        let kinds = own.into_iter().map(|column| (column, StatusKind::OwnWords));
        for (column, kind) in kinds.chain(named.into_iter().map(|column| (column, StatusKind::Words))) {
            if found.iter().all(|each| each.column != column) {
                found.push(StatusColumn { column, kind, flag: flag(&titles[column]) });
            }
        }
        found
    }

    /// Titles that smell of status count where the profile expects a status and none of its columns is there.
    fn smelling(&self, left: &[usize], without_status: bool) -> Vec<usize> {
        let looked_for = self.profile.status_rule == StatusRule::Expected && without_status;
        let expects = self.profile.expects_status();
        let given = self.titles.given;
        let bare = |column: usize| given[column].split('(').next().unwrap_or_default();
        let smells = |column: &usize| smells_by_title(bare(*column));
        left.iter().copied().filter(|_| looked_for && expects).filter(smells).collect()
    }

    /// What is looked at in the columns that are not understood.
    fn watched(&self, left: &[usize], tells: Tells) -> Vec<Watched> {
        let opting = |column: usize| match self.profile.opt_out_rule {
            OptOutRule::Watched => Some(Opts::of(&self.titles.given[column])),
            OptOutRule::PassedOver => None,
        };
        let looked = left.iter().map(|&column| Watched {
            column,
            leaving: self.leaving(column, tells),
            opting: opting(column),
        });
        looked.filter(|watched| watched.leaving.is_some() || watched.opting.is_some()).collect()
    }

    /// Values count wherever nothing tells of status, and where nothing tells of leaving either, so does what stands under a
    /// title of leaving; beside a status column, only values of a column whose title smells, too.
    fn leaving(&self, column: usize, tells: Tells) -> Option<Speaks> {
        let title = &self.titles.given[column];
        let tells_why = || {
            let words = titles::words(title);
            words.iter().any(|word| {
                ["reason", "type", "category", "comment", "note", "notes"].contains(&word.as_str())
            })
        };
        match (self.profile.status_rule, tells) {
            (StatusRule::PassedOver, _) => None,
            (StatusRule::Expected, Tells::Status) => {
                (smells_by_title(title) && !tells_why()).then_some(Speaks::OfOther)
            }
            (StatusRule::Expected, Tells::LastDay) => Some(Speaks::OfOther),
            (StatusRule::Expected, Tells::Nothing) => Some(Speaks::of(title)),
        }
    }

    /// A column that a profile names is called as the profile calls it, any other by its title.
    fn fields(&self, taken: impl Fn(usize) -> bool) -> Vec<(usize, String)> {
        let columns = &self.profile.columns;
        let own = [
            ("given_name", &columns.given_name),
            ("family_name", &columns.family_name),
            ("status", &columns.status),
            ("employment_status", &columns.employment_status),
            ("status_date", &columns.status_date),
        ];
        let named = columns.fields.iter().map(|(field, names)| (field.as_str(), names)).chain(own);
        let named: BTreeMap<usize, &str> =
            named.filter_map(|(field, names)| Some((self.titles.first(&names.0)?, field))).collect();
        let mut fields: Vec<(usize, String)> = Vec::new();
        for (column, title) in self.titles.given.iter().enumerate() {
            let name = match named.get(&column) {
                Some(field) => *field,
                None if self.profile.others == Others::Drop => continue,
                None => title.as_str(),
            };
            let again = fields.iter().any(|(_, other)| other == name);
            if !taken(column) && !name.is_empty() && !again {
                fields.push((column, name.to_owned()));
            }
        }
        fields
    }

    fn known(&self, field: Known) -> Option<usize> {
        known::titles(field).find_map(|name| self.titles.named(name))
    }

    /// The key as an export of a list calls it: whoever imports it again has the same people, not people with a field more.
    fn key_of_an_export(&self) -> Option<usize> {
        let titles = self.titles.given;
        titles.iter().position(|title| title == EXPORTED_KEY).filter(|_| self.profile.is_built_in())
    }

    /// A column that the profile names; else, where it is a built-in one that knows such a column, by its usual titles.
    fn usual(&self, names: &ColumnNames, field: Known) -> Option<usize> {
        let known = || self.known(field).filter(|_| self.profile.is_built_in() && !names.0.is_empty());
        self.titles.first(&names.0).or_else(known)
    }
}

#[cfg(test)]
mod tests;
