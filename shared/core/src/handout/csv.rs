use std::fmt::Write as _;

use super::{Handout, Line};
use crate::address::Address;

impl Handout {
    /// As a table (RFC 4180) with a header, safe to open in a spreadsheet.
    #[must_use]
    pub fn csv(&self) -> String {
        let mut text = row(["action", "group_id", "object_id", "address", "name", "reason"]);
        for (action, lines) in [("add", &self.add), ("remove", &self.remove)] {
            for Line { object_id, address, name, reason } in lines {
                let (group, object) = (self.group.id.to_string(), object_id.to_string());
                let address = address.as_ref().map_or("", Address::as_str);
                text += &row([action, &group, &object, address, name, reason]);
            }
        }
        text
    }
}

fn row(cells: [&str; 6]) -> String {
    let mut row = String::new();
    for (number, cell) in cells.iter().enumerate() {
        let comma = if number == 0 { "" } else { "," };
        let _ = write!(row, "{comma}\"{}\"", harmless(cell).replace('"', "\"\""));
    }
    row + "\r\n"
}

/// A cell that no spreadsheet reads as a formula or as several cells (OWASP ASVS 5.0, 1.2.10).
fn harmless(cell: &str) -> String {
    let flat: String = cell.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    // Some programs trim a cell, and some read the wide forms of these signs.
    let first = flat.trim_start().chars().next();
    let is_formula =
        first.is_some_and(|c| matches!(c, '=' | '+' | '-' | '@' | '|' | '%' | '＝' | '＋' | '－' | '＠'));
    if is_formula { format!("'{flat}") } else { flat }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_would_be_a_formula_or_end_its_line_is_made_harmless() {
        for start in ["=", "+", "-", "@", " =", "\t=", "\n@", "＝"] {
            let cell = harmless(&format!("{start}cmd|' /C calc'!A0"));
            assert!(cell.starts_with('\''), "{cell:?}");
        }
        assert_eq!(harmless("O'Neil, \"Ann\"\r\nB"), "O'Neil, \"Ann\"  B");
        assert_eq!(row(["a", "", "\"", "", "", ""]), "\"a\",\"\",\"\"\"\",\"\",\"\",\"\"\r\n");
    }
}
