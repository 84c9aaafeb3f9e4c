use super::{Handout, Line};
use crate::{
    address::Address,
    csv::{Shape, row},
};

impl Handout {
    /// As a table (RFC 4180) with a header, safe to open in a spreadsheet.
    #[must_use]
    pub fn csv(&self) -> String {
        let mut text = row(["action", "group_id", "object_id", "address", "name", "reason"], Shape::COMMA);
        for (action, lines) in [("add", &self.add), ("remove", &self.remove)] {
            for Line { object_id, address, name, reason } in lines {
                let (group, object) = (self.group.id.to_string(), object_id.to_string());
                let address = address.as_ref().map_or("", Address::as_str);
                text += &row([action, &group, &object, address, name, reason], Shape::COMMA);
            }
        }
        text
    }
}
