//! Who plays which part in the demo.

use listsync_graph_emulator::{
    ObjectId,
    sample::{self, Case, Person, Sample},
};

/// How many of the tenant's people are in the file.
const IN_FILE: usize = 340;

/// Somebody with a part of their own.
pub(super) struct Role {
    pub(super) id: ObjectId,
    pub(super) address: String,
    person: Person,
}

impl Role {
    fn of((person, id): &(Person, ObjectId)) -> Self {
        Self { id: *id, address: person.address.clone(), person: person.clone() }
    }

    pub(super) fn name(&self) -> String {
        self.person.name()
    }
}

/// Everybody in the demo.
pub(super) struct Cast {
    in_file: Vec<Person>,
    /// In the file; unsubscribes.
    pub(super) leaver: Role,
    /// In the file; taken out of the group.
    pub(super) removed: Role,
    /// Not in the file; added to the list.
    pub(super) joiner: Role,
    /// Not in the file; added to the group.
    pub(super) added: Role,
}

impl Cast {
    /// Hands out the parts.
    pub(super) fn of(sample: &Sample) -> Self {
        let (in_file, others) = sample.people.split_at(IN_FILE);
        let plain = |people: &[(Person, ObjectId)], nth: usize| {
            let mut plain = people.iter().filter(|(person, _)| person.case == Case::Plain);
            Role::of(plain.nth(nth).expect("a sample tenant has many plain people"))
        };
        Self {
            in_file: in_file.iter().map(|(person, _)| person.clone()).collect(),
            leaver: plain(in_file, 10),
            removed: plain(in_file, 20),
            joiner: plain(others, 0),
            added: plain(others, 1),
        }
    }

    /// The file as an export would give it.
    pub(super) fn csv(&self) -> String {
        let mut rows: Vec<(String, String)> =
            self.in_file.iter().map(|person| (person.name(), address(person))).collect();
        rows.extend(
            [
                ("Front Office", "office@contoso.example"),
                ("Robin Visitor", "robin.visitor@fabrikam.example"),
                ("Casey Partner", "casey.partner@fabrikam.example"),
                ("Jo Outside", "jo.outside@gmail.example"),
                ("Mispelt Name", "mispelt.name@contoso.example"),
                ("No Address", "see the other sheet"),
            ]
            .map(|(name, address)| (name.to_owned(), address.to_owned())),
        );
        rows.extend(rows.first().cloned());
        let lines = rows.iter().map(|(name, address)| format!("{name},{address},Marketing\n"));
        "Full name,E-mail,Department\n".to_owned() + &lines.collect::<String>()
    }
}

/// The address in the file: an alias, where there is one.
fn address(person: &Person) -> String {
    match person.case {
        Case::Alias => sample::alias(person),
        Case::Plain | Case::Disabled | Case::NoMailbox => person.address.clone(),
    }
}
