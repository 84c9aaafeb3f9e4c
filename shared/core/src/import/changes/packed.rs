//! The packed form of what an import changed: some seventeen bytes of somebody whom it only put on the list or took off it.
//! Texts that several people have, as domains, fields and their values, are written once.
//!
//! The first byte is the form. Another layout is another form, so that an older reader says what it met.

use std::collections::BTreeMap;

use super::{
    Came, Details, FieldChange, Former, FormerAddress, FormerField, FormerKeys, FormerName, Moved,
    NextAddress, Print, Touched,
};
use crate::{
    Timestamp,
    address::Address,
    contact::{ExternalId, Field},
    id::ContactId,
    import::Keys,
    list::{Origin, Standing},
    packed::{Malformed, Reader, Writer, kind, typed},
};

/// The form that this version writes.
const FORM: u8 = 1;

const MADE: u8 = 1 << 2;
const MOVED: u8 = 1 << 3;
const FORMER: u8 = 1 << 4;
const TOO_LONG: u8 = 1 << 5;

const READDRESSED: u8 = 1;
const FRESH: u8 = 1 << 1;
const NAMED: u8 = 1 << 2;
const KEYED: u8 = 1 << 3;

const WAS_THERE: u8 = 1;
const CLEARED: u8 = 1 << 1;
const SOURCE: u8 = 2;

/// Why packed changes of an import do not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChangesError {
    /// A later version wrote them.
    #[error("changes of imports are kept in form {0}, which this version does not know: update listsync")]
    Newer(u8),
    /// They are cut short, or are something else.
    #[error("changes of an import do not read")]
    Malformed,
}

impl From<Malformed> for ChangesError {
    fn from(Malformed: Malformed) -> Self {
        Self::Malformed
    }
}

/// Packs what an import changed.
#[must_use]
pub fn pack_changes(all: &[Touched]) -> Vec<u8> {
    let mut shared = Shared::default();
    for details in all.iter().filter_map(details) {
        shared.note(details);
    }
    let mut out = Writer(vec![FORM]);
    out.count(shared.in_order.len());
    for text in &shared.in_order {
        out.text(text);
    }
    out.count(all.len());
    for touched in all {
        out.touched(touched, &shared);
    }
    out.0
}

/// Reads packed changes.
///
/// # Errors
/// When a later version wrote them, or they are none.
pub fn unpack_changes(bytes: &[u8]) -> Result<Vec<Touched>, ChangesError> {
    let mut reader = Reader(bytes);
    match reader.byte()? {
        FORM => {}
        0 => return Err(ChangesError::Malformed),
        newer => return Err(ChangesError::Newer(newer)),
    }
    let mut shared = Vec::new();
    for _ in 0..reader.count()? {
        shared.push(reader.text()?);
    }
    let mut all = Vec::new();
    for _ in 0..reader.count()? {
        all.push(reader.touched(&shared)?);
    }
    if reader.0.is_empty() { Ok(all) } else { Err(ChangesError::Malformed) }
}

fn details(touched: &Touched) -> Option<&Details> {
    match &touched.former {
        Former::Kept(details) => Some(details),
        Former::Same | Former::TooLong => None,
    }
}

/// Texts that are written once, with their numbers.
#[derive(Default)]
struct Shared<'a> {
    numbers: BTreeMap<&'a str, usize>,
    in_order: Vec<&'a str>,
}

impl<'a> Shared<'a> {
    fn note(&mut self, details: &'a Details) {
        self.add(details.left_with.domain());
        if let Some(former) = &details.address {
            self.add(former.was.domain());
        }
        for (name, field) in &details.fields {
            self.add(name);
            if let Some(was) = &field.was {
                self.add(&was.value);
            }
        }
    }

    fn add(&mut self, text: &'a str) {
        let in_order = &mut self.in_order;
        self.numbers.entry(text).or_insert_with(|| {
            in_order.push(text);
            in_order.len() - 1
        });
    }

    fn number(&self, text: &str) -> usize {
        self.numbers.get(text).copied().unwrap_or_default()
    }
}

fn standing_number(standing: Standing) -> u8 {
    match standing {
        Standing::Absent => 0,
        Standing::Member => 1,
        Standing::Pending => 2,
        Standing::OptedOut => 3,
    }
}

fn standing(number: u8) -> Standing {
    match number & 3 {
        1 => Standing::Member,
        2 => Standing::Pending,
        3 => Standing::OptedOut,
        _ => Standing::Absent,
    }
}

fn origin_number(origin: Origin) -> u8 {
    match origin {
        Origin::Manual => 0,
        Origin::Csv => 1,
        Origin::Entra => 2,
        Origin::Own => 3,
        Origin::Filter => 4,
        Origin::EndDate => 5,
    }
}

fn origin(number: u8) -> Result<Origin, Malformed> {
    Ok(match number {
        0 => Origin::Manual,
        1 => Origin::Csv,
        2 => Origin::Entra,
        3 => Origin::Own,
        4 => Origin::Filter,
        5 => Origin::EndDate,
        _ => return Err(Malformed),
    })
}

impl Writer {
    fn touched(&mut self, touched: &Touched, shared: &Shared<'_>) {
        let Touched { contact, came, moved, former } = touched;
        let mut flags = kind(Some(contact.as_str()));
        flags |= if matches!(came, Came::Made(_)) { MADE } else { 0 };
        flags |= if moved.is_some() { MOVED } else { 0 };
        flags |= match former {
            Former::Same => 0,
            Former::Kept(_) => FORMER,
            Former::TooLong => TOO_LONG,
        };
        self.byte(flags);
        self.id(contact.as_str());
        if let Came::Made(Print(print)) = came {
            self.0.extend(print.to_le_bytes());
        }
        if let Some(Moved { from, to }) = moved {
            self.byte(standing_number(*from) | (standing_number(*to) << 2));
        }
        if let Former::Kept(details) = former {
            self.details(details, shared);
        }
    }

    fn details(&mut self, details: &Details, shared: &Shared<'_>) {
        let Details { left_with, address, name, keys, fields } = details;
        let mut flags = if keys.is_some() { KEYED } else { 0 };
        flags |= if name.is_some() { NAMED } else { 0 };
        flags |= match address {
            None => 0,
            Some(FormerAddress { next: NextAddress::Fresh, .. }) => READDRESSED | FRESH,
            Some(FormerAddress { next: NextAddress::Alias, .. }) => READDRESSED,
        };
        self.byte(flags);
        self.address(left_with, shared);
        if let Some(former) = address {
            self.address(&former.was, shared);
        }
        if let Some(FormerName { was, now: Print(now) }) = name {
            self.text(was);
            self.0.extend(now.to_le_bytes());
        }
        if let Some(FormerKeys { was, now }) = keys {
            self.keys(was);
            self.keys(now);
        }
        self.count(fields.len());
        for (name, FormerField { was, now }) in fields {
            self.count(shared.number(name));
            let mut flags = if *now == FieldChange::Cleared { CLEARED } else { 0 };
            flags |= was.as_ref().map_or(0, |was| WAS_THERE | (origin_number(was.source) << SOURCE));
            self.byte(flags);
            if let Some(Field { value, source: _, at }) = was {
                self.count(shared.number(value));
                self.signed(at.as_nanosecond());
            }
        }
    }

    fn address(&mut self, address: &Address, shared: &Shared<'_>) {
        let local = address.as_str().strip_suffix(address.domain()).unwrap_or_default();
        self.count(shared.number(address.domain()));
        self.text(local.strip_suffix('@').unwrap_or_default());
    }

    fn keys(&mut self, keys: &Keys) {
        let Keys { first, further } = keys;
        self.count(usize::from(first.is_some()) + further.len());
        for key in keys.iter() {
            self.text(key.as_str());
        }
    }
}

impl Reader<'_> {
    fn touched(&mut self, shared: &[String]) -> Result<Touched, Malformed> {
        let flags = self.byte()?;
        let contact: ContactId = typed(self.id(flags & 3)?)?.ok_or(Malformed)?;
        let came = if flags & MADE == 0 { Came::Known } else { Came::Made(self.print()?) };
        let moved = match flags & MOVED {
            0 => None,
            _ => {
                let both = self.byte()?;
                Some(Moved { from: standing(both), to: standing(both >> 2) })
            }
        };
        let former = match (flags & FORMER, flags & TOO_LONG) {
            (0, 0) => Former::Same,
            (0, _) => Former::TooLong,
            _ => Former::Kept(Box::new(self.details(shared)?)),
        };
        Ok(Touched { contact, came, moved, former })
    }

    fn details(&mut self, shared: &[String]) -> Result<Details, Malformed> {
        let flags = self.byte()?;
        let left_with = self.address(shared)?;
        let next = if flags & FRESH == 0 { NextAddress::Alias } else { NextAddress::Fresh };
        let address = match flags & READDRESSED {
            0 => None,
            _ => Some(FormerAddress { was: self.address(shared)?, next }),
        };
        let name = match flags & NAMED {
            0 => None,
            _ => Some(FormerName { was: self.text()?, now: self.print()? }),
        };
        let keys = match flags & KEYED {
            0 => None,
            _ => Some(FormerKeys { was: self.keys()?, now: self.keys()? }),
        };
        let mut fields = BTreeMap::new();
        for _ in 0..self.count()? {
            let name = self.shared(shared)?;
            let flags = self.byte()?;
            let was = match flags & WAS_THERE {
                0 => None,
                _ => {
                    let (value, at) = (self.shared(shared)?, self.signed()?);
                    let at = Timestamp::from_nanosecond(at).map_err(|_| Malformed)?;
                    Some(Field { value, source: origin(flags >> SOURCE)?, at })
                }
            };
            let now = if flags & CLEARED == 0 { FieldChange::Set } else { FieldChange::Cleared };
            fields.insert(name, FormerField { was, now });
        }
        Ok(Details { left_with, address, name, keys, fields })
    }

    fn print(&mut self) -> Result<Print, Malformed> {
        let bytes = self.bytes(4)?.try_into().map_err(|_| Malformed)?;
        Ok(Print(u32::from_le_bytes(bytes)))
    }

    fn shared(&mut self, shared: &[String]) -> Result<String, Malformed> {
        let number = self.count()?;
        shared.get(number).cloned().ok_or(Malformed)
    }

    fn address(&mut self, shared: &[String]) -> Result<Address, Malformed> {
        let domain = self.shared(shared)?;
        let address = format!("{}@{domain}", self.text()?);
        Address::try_from(address).map_err(|_| Malformed)
    }

    fn keys(&mut self) -> Result<Keys, Malformed> {
        let mut keys = Vec::new();
        for _ in 0..self.count()? {
            keys.push(ExternalId::try_from(self.text()?).map_err(|_| Malformed)?);
        }
        let mut keys = keys.into_iter();
        Ok(Keys { first: keys.next(), further: keys.collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn standings() -> impl Strategy<Value = Standing> {
        (0..4_u8).prop_map(standing)
    }

    fn addresses() -> impl Strategy<Value = Address> {
        "[a-z0-9äö.+]{0,20}[a-z]@(contoso|fabrikam)\\.(example|com)"
            .prop_filter_map("an address", |text| Address::parse(&text).ok())
    }

    fn keys() -> impl Strategy<Value = Keys> {
        prop::collection::btree_set("[0-9a-z]{1,6}", 0..3).prop_map(|texts| {
            let mut keys = texts.iter().map(|text| ExternalId::parse(text).expect("a key"));
            Keys { first: keys.next(), further: keys.collect() }
        })
    }

    prop_compose! {
        fn fields()(
            value in prop::option::of("[a-c]{1,3}"),
            by in 0..5_u8,
            at in -10_000_000_000_i64..10_000_000_000,
            cleared in any::<bool>(),
        ) -> FormerField {
            let at = Timestamp::new(at, 7).unwrap_or(Timestamp::UNIX_EPOCH);
            let source = origin(by).expect("an origin");
            let was = value.map(|value| Field { value, source, at });
            FormerField { was, now: if cleared { FieldChange::Cleared } else { FieldChange::Set } }
        }
    }

    prop_compose! {
        fn any_details()(
            left_with in addresses(),
            address in prop::option::of((addresses(), any::<bool>())),
            name in prop::option::of((".{0,12}", any::<u32>())),
            keys in prop::option::of((keys(), keys())),
            fields in prop::collection::btree_map("[a-z]{1,8}", fields(), 0..4),
        ) -> Details {
            let next = |fresh| if fresh { NextAddress::Fresh } else { NextAddress::Alias };
            Details {
                left_with,
                address: address.map(|(was, fresh)| FormerAddress { was, next: next(fresh) }),
                name: name.map(|(was, now)| FormerName { was, now: Print(now) }),
                keys: keys.map(|(was, now)| FormerKeys { was, now }),
                fields,
            }
        }
    }

    prop_compose! {
        fn any_touched()(
            contact in prop_oneof!["[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "[a-z0-9:.-]{1,40}"],
            made in prop::option::of(any::<u32>()),
            moved in prop::option::of((standings(), standings())),
            details in prop::option::of(prop::option::of(any_details())),
        ) -> Touched {
            Touched {
                contact: ContactId::parse(&contact).expect("an id"),
                came: made.map_or(Came::Known, |print| Came::Made(Print(print))),
                moved: moved.map(|(from, to)| Moved { from, to }),
                former: match details {
                    None => Former::Same,
                    Some(None) => Former::TooLong,
                    Some(Some(details)) => Former::Kept(Box::new(details)),
                },
            }
        }
    }

    proptest! {
        #[test]
        fn changes_read_back_as_they_were_packed(all in prop::collection::vec(any_touched(), 0..20)) {
            prop_assert_eq!(unpack_changes(&pack_changes(&all)), Ok(all));
        }

        #[test]
        fn what_is_cut_short_is_no_changes(all in prop::collection::vec(any_touched(), 1..4)) {
            let packed = pack_changes(&all);
            for length in 0..packed.len() {
                prop_assert_eq!(unpack_changes(&packed[..length]), Err(ChangesError::Malformed));
            }
        }

        #[test]
        fn no_bytes_are_too_odd_to_be_judged(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let form = bytes.first().copied();
            match unpack_changes(&bytes) {
                Err(ChangesError::Newer(newer)) => prop_assert_eq!(Some(newer), form),
                Ok(_) | Err(ChangesError::Malformed) => prop_assert!(form.is_none_or(|form| form < 2)),
            }
        }
    }

    /// Some twenty people go in a transaction of DynamoDB, which writes a kilobyte for two write units ("Read/write capacity
    /// mode" in the developer guide); the key takes some hundred bytes.
    #[test]
    fn who_only_joins_takes_less_than_a_tenth_of_a_write_unit() {
        let made = |number: usize| {
            let id = format!("2f4d0c1e-0000-4000-8000-{number:012x}");
            Touched::made(ContactId::parse(&id).expect("an id"), Print(7))
        };
        for count in [23, 30] {
            let bytes = pack_changes(&(0..count).map(made).collect::<Vec<_>>()).len() + 150;
            assert!(bytes.div_ceil(1024) * 2 * 10 <= count, "{count}: {bytes} bytes");
        }
    }

    #[test]
    fn a_later_form_is_refused_by_its_number() {
        assert_eq!(unpack_changes(&[2, 0, 0]), Err(ChangesError::Newer(2)));
    }
}
