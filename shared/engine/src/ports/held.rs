//! Whom an import still waits for a person's word about.

use listsync_core::{address::Address, csv};
use serde::Serialize;

use super::ImportRow;

/// Somebody who joins or leaves by a file, or would.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Affected {
    /// The number of their row; none: the file does not name them.
    pub row: Option<u64>,
    /// Their address.
    pub address: Address,
    /// Their display name, possibly empty.
    pub name: String,
}

impl Affected {
    /// Whom a row of a file is about.
    #[must_use]
    pub fn by(row: ImportRow) -> Self {
        let ImportRow { row, contact, .. } = row;
        Self { row: Some(row), address: contact.address, name: contact.name }
    }
}

/// Whom an approval of an import would move, ordered by address. It names people, so it is for a person and never for a log.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct HeldPeople {
    /// Who would join the list.
    pub joins: Vec<Affected>,
    /// Who would leave it.
    pub leaves: Vec<Affected>,
}

impl HeldPeople {
    /// Those of an import, whatever order the store has them in.
    #[must_use]
    pub fn sorted(mut joins: Vec<Affected>, mut leaves: Vec<Affected>) -> Self {
        for people in [&mut joins, &mut leaves] {
            people.sort_by(|one, other| one.address.cmp(&other.address));
        }
        Self { joins, leaves }
    }

    /// As a table (RFC 4180) with a header, safe to open in a spreadsheet.
    #[must_use]
    pub fn csv(&self) -> String {
        let mut text = csv::row(["change", "address", "name", "row"], csv::Shape::COMMA);
        for (change, people) in [("join", &self.joins), ("leave", &self.leaves)] {
            for Affected { row, address, name } in people {
                let row = row.map_or_else(String::new, |row| row.to_string());
                text += &csv::row([change, address.as_str(), name, &row], csv::Shape::COMMA);
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn somebody(address: &str, name: &str, row: Option<u64>) -> Affected {
        Affected { row, address: Address::parse(address).expect("an address"), name: name.to_owned() }
    }

    #[test]
    fn a_table_has_a_row_for_each_and_no_name_is_a_formula() {
        let joins = vec![somebody("b@x.example", "=1+1", Some(3)), somebody("a@x.example", "", Some(2))];
        let people = HeldPeople::sorted(joins, vec![somebody("c@x.example", "Cleo", None)]);
        let rows: Vec<String> = people.csv().lines().map(str::to_owned).collect();
        assert_eq!(rows[0], r#""change","address","name","row""#);
        assert_eq!(rows[1], r#""join","a@x.example","","2""#);
        assert_eq!(rows[2], r#""join","b@x.example","'=1+1","3""#);
        assert_eq!(rows[3], r#""leave","c@x.example","Cleo","""#);
    }
}
