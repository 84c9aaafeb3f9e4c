//! An undo as people and programs read it.

use std::fmt;

use serde::{Serialize, Serializer, ser::SerializeStruct as _};

use super::{LeftOut, Person, Undo, WhyNot};

impl fmt::Display for Undo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { run: _, list: _, link: _, returning, leaving, left_out, digest } = self;
        for (sign, people) in [('+', returning), ('-', leaving)] {
            for person in people {
                writeln!(f, "{sign} list   {}", person.address)?;
            }
        }
        // Of those who are as before already there is nothing to be done about, so they are counted alone.
        for one in left_out.iter().filter(|one| one.why != WhyNot::AsBefore) {
            let who = one.address.as_ref().map(ToString::to_string);
            let who = who.or_else(|| one.object.as_ref().map(ToString::to_string));
            writeln!(f, "  left out: {} ({})", who.as_deref().unwrap_or("somebody"), one.why.message())?;
        }
        write!(f, "{} to come back to the list, {} to leave it", returning.len(), leaving.len())?;
        let reasons = self.reasons();
        if !reasons.is_empty() {
            let counted = WhyNot::ALL.iter().filter_map(|why| Some((reasons.get(why)?, why.message())));
            let counted: Vec<String> = counted.map(|(count, why)| format!("{count} {why}")).collect();
            write!(f, "; left out: {}", counted.join(", "))?;
        }
        writeln!(f, ".")?;
        writeln!(f, "undo {digest}")
    }
}

impl Serialize for Person {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut person = serializer.serialize_struct("Person", 3)?;
        person.serialize_field("address", &self.address)?;
        person.serialize_field("contact", &self.contact)?;
        person.serialize_field("object_id", &self.object)?;
        person.end()
    }
}

impl Serialize for LeftOut {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut one = serializer.serialize_struct("LeftOut", 5)?;
        one.serialize_field("address", &self.address)?;
        one.serialize_field("contact", &self.contact)?;
        one.serialize_field("object_id", &self.object)?;
        one.serialize_field("code", self.why.code())?;
        one.serialize_field("message", self.why.message())?;
        one.end()
    }
}
