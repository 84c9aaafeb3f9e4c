use std::{
    collections::{BTreeSet, HashMap},
    fmt::Display,
};

use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use listsync_core::{Timestamp, trigger::Schema};
use listsync_engine::ports::{Fault, PortError, PortResult};
use serde::{Serialize, de::DeserializeOwned};

use super::schema::{LINKS_TOGETHER, PARTITION_KEY, SCHEMA, SORT_KEY};

/// The attributes of one item.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// Where an item is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

impl Key {
    pub(crate) fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }

    /// The only item of its partition, or the first among those that belong to it.
    pub(crate) fn head(pk: impl Into<String>) -> Self {
        Self::new(pk, "HEAD")
    }

    pub(crate) fn attributes(&self) -> Item {
        HashMap::from([
            (PARTITION_KEY.to_owned(), AttributeValue::S(self.pk.clone())),
            (SORT_KEY.to_owned(), AttributeValue::S(self.sk.clone())),
        ])
    }
}

/// An item to be written or read, attribute by attribute.
#[derive(Debug, Clone)]
pub(crate) struct Stored(pub(crate) Item);

impl Stored {
    pub(crate) fn new(key: &Key) -> Self {
        Self(key.attributes()).number("schema", SCHEMA)
    }

    pub(crate) fn key(&self) -> PortResult<Key> {
        Ok(Key { pk: self.read(PARTITION_KEY)?, sk: self.read(SORT_KEY)? })
    }

    /// The same item in another place.
    pub(crate) fn moved(&self, to: &Key) -> Self {
        let mut item = self.0.clone();
        item.extend(to.attributes());
        Self(item)
    }

    pub(crate) fn text(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.insert(name.to_owned(), AttributeValue::S(value.into()));
        self
    }

    pub(crate) fn text_option(self, name: &str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.text(name, value),
            None => self,
        }
    }

    pub(crate) fn number(mut self, name: &str, value: impl Display) -> Self {
        self.0.insert(name.to_owned(), AttributeValue::N(value.to_string()));
        self
    }

    pub(crate) fn at(self, name: &str, value: Timestamp) -> Self {
        self.number(name, instant(value))
    }

    pub(crate) fn at_option(self, name: &str, value: Option<Timestamp>) -> Self {
        match value {
            Some(value) => self.at(name, value),
            None => self,
        }
    }

    pub(crate) fn flag(mut self, name: &str, value: impl Into<bool>) -> Self {
        self.0.insert(name.to_owned(), AttributeValue::Bool(value.into()));
        self
    }

    /// A set of texts; an empty one is no attribute.
    pub(crate) fn texts(mut self, name: &str, values: &BTreeSet<String>) -> Self {
        if !values.is_empty() {
            self.0.insert(name.to_owned(), AttributeValue::Ss(values.iter().cloned().collect()));
        }
        self
    }

    pub(crate) fn bytes_of(mut self, name: &str, value: &[u8]) -> Self {
        self.0.insert(name.to_owned(), AttributeValue::B(Blob::new(value)));
        self
    }

    pub(crate) fn document<T: Serialize>(self, name: &str, value: &T) -> PortResult<Self> {
        let text = serde_json::to_string(value).map_err(|_| unreadable(name))?;
        Ok(self.text(name, text))
    }

    pub(crate) fn find(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(|value| value.as_s().ok()).map(String::as_str)
    }

    pub(crate) fn read<T: TryFrom<String>>(&self, name: &str) -> PortResult<T> {
        self.read_option(name)?.ok_or_else(|| unreadable(name))
    }

    pub(crate) fn read_option<T: TryFrom<String>>(&self, name: &str) -> PortResult<Option<T>> {
        let Some(text) = self.find(name) else { return Ok(None) };
        T::try_from(text.to_owned()).map(Some).map_err(|_| unreadable(name))
    }

    pub(crate) fn count_option<T: std::str::FromStr>(&self, name: &str) -> PortResult<Option<T>> {
        match self.0.get(name) {
            Some(AttributeValue::N(text)) => text.parse().map(Some).map_err(|_| unreadable(name)),
            Some(_) => Err(unreadable(name)),
            None => Ok(None),
        }
    }

    pub(crate) fn count<T: std::str::FromStr>(&self, name: &str) -> PortResult<T> {
        self.count_option(name)?.ok_or_else(|| unreadable(name))
    }

    pub(crate) fn instant_option(&self, name: &str) -> PortResult<Option<Timestamp>> {
        let nanos: Option<i64> = self.count_option(name)?;
        let read = |nanos| Timestamp::from_nanosecond(i128::from(nanos)).map_err(|_| unreadable(name));
        nanos.map(read).transpose()
    }

    pub(crate) fn instant(&self, name: &str) -> PortResult<Timestamp> {
        self.instant_option(name)?.ok_or_else(|| unreadable(name))
    }

    pub(crate) fn is(&self, name: &str) -> bool {
        self.flag_option(name).unwrap_or(false)
    }

    pub(crate) fn flag_option(&self, name: &str) -> Option<bool> {
        self.0.get(name).and_then(|value| value.as_bool().ok()).copied()
    }

    pub(crate) fn set(&self, name: &str) -> BTreeSet<String> {
        let values = self.0.get(name).and_then(|value| value.as_ss().ok());
        values.into_iter().flatten().cloned().collect()
    }

    pub(crate) fn read_bytes(&self, name: &str) -> PortResult<Vec<u8>> {
        let blob = self.0.get(name).and_then(|value| value.as_b().ok());
        Ok(blob.ok_or_else(|| unreadable(name))?.as_ref().to_vec())
    }

    pub(crate) fn document_option<T: DeserializeOwned>(&self, name: &str) -> PortResult<Option<T>> {
        let read = |text| serde_json::from_str(text).map_err(|_| unreadable(name));
        self.find(name).map(read).transpose()
    }

    pub(crate) fn read_document<T: DeserializeOwned>(&self, name: &str) -> PortResult<T> {
        self.document_option(name)?.ok_or_else(|| unreadable(name))
    }

    /// The item, if this build knows its shape.
    pub(crate) fn known(item: Item) -> PortResult<Self> {
        let stored = Self(item);
        let schema: u32 = stored.count("schema")?;
        match Schema::try_from(schema) {
            Ok(_) => Ok(stored),
            Err(_) if schema == LINKS_TOGETHER => Ok(stored),
            Err(error) => Err(PortError::new(
                Fault::Rejected,
                "schema_unknown",
                format!("could not read the store: {error}"),
            )
            .with_hint("update listsync")),
        }
    }

    /// About how many bytes it takes; an item may have 400 KB.
    pub(crate) fn bytes(item: &Item) -> usize {
        item.iter().map(|(name, value)| name.len() + value_bytes(value)).sum()
    }
}

fn value_bytes(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) | AttributeValue::N(text) => text.len(),
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        AttributeValue::Ss(texts) => texts.iter().map(|text| text.len() + 1).sum(),
        _ => 1,
    }
}

/// Reads many items of one kind.
pub(crate) fn documents<T>(
    items: Vec<Stored>,
    read: impl Fn(&Stored) -> PortResult<T>,
) -> PortResult<Vec<T>> {
    items.iter().map(read).collect()
}

/// An instant as it is stored: nanoseconds since 1970; what lies beyond 1677 or 2262 becomes that.
pub(crate) fn instant(at: Timestamp) -> i64 {
    let exact = at.as_nanosecond();
    i64::try_from(exact).unwrap_or(if exact < 0 { i64::MIN } else { i64::MAX })
}

/// An instant as the beginning of a sort key, which orders as text.
pub(crate) fn ordered_instant(at: Timestamp) -> String {
    format!("{:020}", i128::from(instant(at)) - i128::from(i64::MIN))
}

fn unreadable(name: &str) -> PortError {
    PortError::new(
        Fault::Rejected,
        "store_unreadable",
        format!("could not read the store: an item's attribute {name} does not read"),
    )
    .with_hint("restore the table to a point in time, or report this")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_order_as_text_as_they_do_in_time() {
        let times = [Timestamp::MIN, Timestamp::from_second(-5).expect("in range"), Timestamp::UNIX_EPOCH];
        let texts: Vec<_> = times.into_iter().chain([Timestamp::MAX]).map(ordered_instant).collect();
        assert!(texts.is_sorted() && texts.iter().all(|text| text.len() == 20), "{texts:?}");
    }

    #[test]
    fn an_item_of_a_later_shape_is_refused_with_what_to_do() {
        let item = Stored(Key::head("SETTINGS").attributes()).number("schema", 3).0;
        let error = Stored::known(item).expect_err("too new");
        assert_eq!((error.code.as_str(), error.hint.as_str()), ("schema_unknown", "update listsync"));
    }
}
