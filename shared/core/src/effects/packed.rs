//! The packed form of effects: some fifty bytes a member, so that what a run did to a hundred thousand people is a few
//! megabytes. Ids that are GUIDs take 16 bytes, a domain is written once, and moments are told by their distance.
//!
//! The first byte is the form. Another layout is another form, so that an older reader says what it met; a cause that is new
//! is only a number that it does not know.

use std::collections::BTreeMap;

use super::{Because, Done};
use crate::{
    Timestamp,
    address::Address,
    id::{ContactId, ObjectId},
    link::Side,
    member::{Change, Op},
    packed::{Malformed, Reader, Writer, kind, typed},
    plan::Cause,
};

/// The form that this version writes.
const FORM: u8 = 1;

const OF_GROUP: u8 = 1;
const REMOVED: u8 = 1 << 1;
const OBJECT: u8 = 2;
const CONTACT: u8 = 4;
const ADDRESSED: u8 = 1 << 6;
const TIMED: u8 = 1 << 7;

/// Why packed effects do not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PackedError {
    /// A later version wrote them.
    #[error("effects of runs are kept in form {0}, which this version does not know: update listsync")]
    Newer(u8),
    /// They are cut short, or are something else.
    #[error("effects of a run do not read")]
    Malformed,
}

impl From<Malformed> for PackedError {
    fn from(Malformed: Malformed) -> Self {
        Self::Malformed
    }
}

fn number(because: Because) -> u8 {
    match because {
        Because::Unknown(number) => number,
        Because::Known(cause) => match cause {
            Cause::ListAdded => 1,
            Cause::GroupAdded => 2,
            Cause::ListRemoved => 3,
            Cause::GroupRemoved => 4,
            Cause::OptedOut => 5,
            Cause::FirstMerge => 6,
            Cause::Extra => 7,
            Cause::Restored => 8,
            Cause::Unrecorded => 9,
            Cause::Invited => 10,
        },
    }
}

fn because(number: u8) -> Because {
    Because::Known(match number {
        1 => Cause::ListAdded,
        2 => Cause::GroupAdded,
        3 => Cause::ListRemoved,
        4 => Cause::GroupRemoved,
        5 => Cause::OptedOut,
        6 => Cause::FirstMerge,
        7 => Cause::Extra,
        8 => Cause::Restored,
        9 => Cause::Unrecorded,
        10 => Cause::Invited,
        other => return Because::Unknown(other),
    })
}

/// Packs effects.
#[must_use]
pub fn pack(all: &[Done]) -> Vec<u8> {
    let mut domains: BTreeMap<&str, usize> = BTreeMap::new();
    let mut in_order = Vec::new();
    for address in all.iter().filter_map(|done| done.address.as_ref()) {
        domains.entry(address.domain()).or_insert_with(|| {
            in_order.push(address.domain());
            in_order.len() - 1
        });
    }
    let mut out = Writer(vec![FORM]);
    out.count(in_order.len());
    for domain in in_order {
        out.text(domain);
    }
    let start = all.first().map_or(0, |done| done.at.as_nanosecond());
    out.signed(start);
    out.count(all.len());
    for done in all {
        out.done(done, &domains, start);
    }
    out.0
}

/// Reads packed effects.
///
/// # Errors
/// When a later version wrote them, or they are no effects.
pub fn unpack(bytes: &[u8]) -> Result<Vec<Done>, PackedError> {
    let mut reader = Reader(bytes);
    match reader.byte()? {
        FORM => {}
        0 => return Err(PackedError::Malformed),
        newer => return Err(PackedError::Newer(newer)),
    }
    let mut domains = Vec::new();
    for _ in 0..reader.count()? {
        domains.push(reader.text()?);
    }
    let start = reader.signed()?;
    let mut all = Vec::new();
    for _ in 0..reader.count()? {
        all.push(reader.done(&domains, start)?);
    }
    if reader.0.is_empty() { Ok(all) } else { Err(PackedError::Malformed) }
}

impl Writer {
    fn done(&mut self, done: &Done, domains: &BTreeMap<&str, usize>, start: i128) {
        let Done { change: Change { side, op }, because, object, contact, address, at } = done;
        let (object, contact) =
            (object.as_ref().map(ObjectId::as_str), contact.as_ref().map(ContactId::as_str));
        let mut flags = (kind(object) << OBJECT) | (kind(contact) << CONTACT);
        flags |= if *side == Side::Group { OF_GROUP } else { 0 };
        flags |= if *op == Op::Remove { REMOVED } else { 0 };
        flags |= if address.is_some() { ADDRESSED } else { 0 };
        let later = at.as_nanosecond() - start;
        flags |= if later == 0 { 0 } else { TIMED };
        self.byte(flags);
        self.byte(number(*because));
        for id in [object, contact].into_iter().flatten() {
            self.id(id);
        }
        if let Some(address) = address {
            let local = address.as_str().strip_suffix(address.domain()).unwrap_or_default();
            self.count(domains.get(address.domain()).copied().unwrap_or_default());
            self.text(local.strip_suffix('@').unwrap_or_default());
        }
        if later != 0 {
            self.signed(later);
        }
    }
}

impl Reader<'_> {
    fn done(&mut self, domains: &[String], start: i128) -> Result<Done, Malformed> {
        let (flags, because) = (self.byte()?, because(self.byte()?));
        let object = self.id((flags >> OBJECT) & 3)?;
        let contact = self.id((flags >> CONTACT) & 3)?;
        let address = match flags & ADDRESSED {
            0 => None,
            _ => {
                let domain = self.count()?;
                let domain = domains.get(domain).ok_or(Malformed)?;
                Some(format!("{}@{domain}", self.text()?))
            }
        };
        let later = if flags & TIMED == 0 { 0 } else { self.signed()? };
        let at = start.checked_add(later).and_then(|at| Timestamp::from_nanosecond(at).ok());
        Ok(Done {
            change: Change {
                side: if flags & OF_GROUP == 0 { Side::List } else { Side::Group },
                op: if flags & REMOVED == 0 { Op::Add } else { Op::Remove },
            },
            because,
            object: typed(object)?,
            contact: typed(contact)?,
            address: typed::<Address>(address)?,
            at: at.ok_or(Malformed)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GUIDS: &str = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";

    fn ids() -> impl Strategy<Value = Option<String>> {
        prop::option::of(prop_oneof![GUIDS, "[a-z0-9:.-]{1,40}"])
    }

    prop_compose! {
        fn any_done()(
            (group, removed) in any::<(bool, bool)>(),
            cause in any::<u8>(),
            (object, contact) in (ids(), ids()),
            address in prop::option::of("[a-z0-9äö.+]{1,30}@(contoso|fabrikam)\\.(example|com)"),
            at in -10_000_000_000_i64..10_000_000_000,
            nano in 0..1_000_000_000_i32,
        ) -> Done {
            Done {
                change: Change {
                    side: if group { Side::Group } else { Side::List },
                    op: if removed { Op::Remove } else { Op::Add },
                },
                because: because(cause),
                object: object.map(|id| ObjectId::parse(&id).expect("an id")),
                contact: contact.map(|id| ContactId::parse(&id).expect("an id")),
                address: address.and_then(|text| Address::parse(&text).ok()),
                at: Timestamp::new(at, nano).unwrap_or(Timestamp::UNIX_EPOCH),
            }
        }
    }

    proptest! {
        #[test]
        fn effects_read_back_as_they_were_packed(all in prop::collection::vec(any_done(), 0..30)) {
            prop_assert_eq!(unpack(&pack(&all)), Ok(all));
        }

        #[test]
        fn what_is_cut_short_is_no_effects(all in prop::collection::vec(any_done(), 1..5)) {
            let packed = pack(&all);
            for length in 0..packed.len() {
                prop_assert_eq!(unpack(&packed[..length]), Err(PackedError::Malformed));
            }
        }

        #[test]
        fn no_bytes_are_too_odd_to_be_judged(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let form = bytes.first().copied();
            match unpack(&bytes) {
                Err(PackedError::Newer(newer)) => prop_assert_eq!(Some(newer), form),
                Ok(_) | Err(PackedError::Malformed) => prop_assert!(form.is_none_or(|form| form < 2)),
            }
        }
    }

    fn some(count: usize) -> Vec<Done> {
        let guid = |number: usize| format!("2f4d0c1e-0000-4000-8000-{number:012x}");
        let done = |number: usize| Done {
            change: Change { side: Side::Group, op: Op::Remove },
            because: Because::Known(Cause::ListRemoved),
            object: ObjectId::parse(&guid(number)).ok(),
            contact: ContactId::parse(&guid(number + 1)).ok(),
            address: Address::parse(&format!("bartholomaeus.mustermann-{number}@contoso.example")).ok(),
            at: Timestamp::UNIX_EPOCH,
        };
        (0..count).map(done).collect()
    }

    #[test]
    fn a_later_form_is_refused_by_its_number_and_says_what_to_do() {
        let mut packed = pack(&some(1));
        packed[0] = 2;
        let refused = unpack(&packed).expect_err("it is newer");
        assert_eq!(refused, PackedError::Newer(2));
        assert!(refused.to_string().contains("form 2") && refused.to_string().contains("update listsync"));
    }

    #[test]
    fn a_cause_of_a_later_version_leaves_the_rest_readable_and_is_kept() {
        let mut all = some(3);
        all[1].because = Because::Unknown(200);
        let read = unpack(&pack(&all)).expect("effects");
        assert_eq!(read, all);
        assert_eq!((read[1].because.code(), read[0].because.code()), ("unknown", "list_removed"));
    }

    /// A write unit of DynamoDB is a kilobyte that is written ("Read/write capacity mode" in the developer guide); the
    /// smallest batches are of twenty, and a key takes some hundred bytes.
    #[test]
    fn a_batch_takes_a_tenth_of_a_write_unit_a_member_at_most() {
        for (count, units) in [(20, 2), (100, 10), (500, 50)] {
            let bytes = pack(&some(count)).len() + 250;
            assert!(bytes.div_ceil(1024) <= units, "{count}: {bytes} bytes");
        }
    }
}
