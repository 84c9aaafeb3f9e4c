use std::{collections::HashMap, fmt::Display};

use aws_sdk_dynamodb::{
    error::BuildError,
    types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem, Update},
};

use super::item::{Item, Key, Stored};

/// An expression with its values. A name after `#` stands for the attribute of that name, which may be a reserved word.
#[derive(Debug, Clone, Default)]
pub(crate) struct Condition {
    text: String,
    values: Item,
}

impl Condition {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), values: HashMap::new() }
    }

    /// The same values under another expression.
    pub(crate) fn saying(self, text: impl Into<String>) -> Self {
        Self { text: text.into(), ..self }
    }

    /// The item is not there.
    pub(crate) fn absent() -> Self {
        Self::new("attribute_not_exists(#pk)")
    }

    /// The item is there.
    pub(crate) fn present() -> Self {
        Self::new("attribute_exists(#pk)")
    }

    pub(crate) fn with(mut self, name: &str, value: AttributeValue) -> Self {
        self.values.insert(format!(":{name}"), value);
        self
    }

    pub(crate) fn with_text(self, name: &str, value: impl Into<String>) -> Self {
        self.with(name, AttributeValue::S(value.into()))
    }

    pub(crate) fn with_number(self, name: &str, value: impl Display) -> Self {
        self.with(name, AttributeValue::N(value.to_string()))
    }

    /// With another's values, too.
    pub(crate) fn with_all(mut self, other: Self) -> Self {
        self.values.extend(other.values);
        self
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn values(&self) -> Option<Item> {
        Some(self.values.clone()).filter(|values| !values.is_empty())
    }

    /// What the names stand for.
    pub(crate) fn names(&self) -> Option<HashMap<String, String>> {
        let names: HashMap<_, _> = self
            .text
            .split('#')
            .skip(1)
            .map(|rest| {
                let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
                (format!("#{}", &rest[..end]), rest[..end].to_owned())
            })
            .collect();
        Some(names).filter(|names| !names.is_empty())
    }

    /// Both in one request.
    fn joined(update: &Self, condition: Option<&Self>) -> (Option<HashMap<String, String>>, Option<Item>) {
        let mut all = update.clone();
        if let Some(condition) = condition {
            all.text = format!("{} {}", all.text, condition.text);
            all.values.extend(condition.values.clone());
        }
        (all.names(), all.values())
    }
}

/// What it means that a condition did not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guard {
    /// Somebody changed the item since it was read: read again and decide anew.
    Stale,
    /// The lease is not ours any more.
    Lease,
    /// What the caller wants to take is taken.
    Taken,
}

/// One write of a transaction.
#[derive(Debug, Clone)]
pub(crate) struct Op {
    pub(crate) key: Key,
    pub(crate) guard: Guard,
    kind: Kind,
    condition: Option<Condition>,
}

#[derive(Debug, Clone)]
enum Kind {
    Put(Item),
    Update(Condition),
    Delete,
    Check,
}

impl Op {
    pub(crate) fn put(key: Key, stored: Stored) -> Self {
        Self { key, guard: Guard::Stale, kind: Kind::Put(stored.0), condition: None }
    }

    pub(crate) fn update(key: Key, update: Condition) -> Self {
        Self { key, guard: Guard::Stale, kind: Kind::Update(update), condition: None }
    }

    pub(crate) fn delete(key: Key) -> Self {
        Self { key, guard: Guard::Stale, kind: Kind::Delete, condition: None }
    }

    pub(crate) fn check(key: Key, condition: Condition) -> Self {
        Self { key, guard: Guard::Stale, kind: Kind::Check, condition: Some(condition) }
    }

    pub(crate) fn when(mut self, condition: Condition) -> Self {
        self.condition = Some(condition);
        self
    }

    pub(crate) fn or(mut self, guard: Guard) -> Self {
        self.guard = guard;
        self
    }

    pub(crate) fn bytes(&self) -> usize {
        let own = match &self.kind {
            Kind::Put(item) => Stored::bytes(item),
            Kind::Update(update) => Stored::bytes(&update.values),
            Kind::Delete | Kind::Check => 0,
        };
        own + self.key.pk.len() + self.key.sk.len()
    }

    pub(crate) fn to_write(&self, table: &str) -> Result<TransactWriteItem, BuildError> {
        let condition = self.condition.as_ref();
        let text = condition.map(|condition| condition.text.clone());
        let names = condition.and_then(Condition::names);
        let values = condition.and_then(Condition::values);
        let write = TransactWriteItem::builder();
        let write = match &self.kind {
            Kind::Put(item) => write.put(
                Put::builder()
                    .table_name(table)
                    .set_item(Some(item.clone()))
                    .set_condition_expression(text)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .build()?,
            ),
            Kind::Update(update) => {
                let (names, values) = Condition::joined(update, condition);
                write.update(
                    Update::builder()
                        .table_name(table)
                        .set_key(Some(self.key.attributes()))
                        .update_expression(&update.text)
                        .set_condition_expression(text)
                        .set_expression_attribute_names(names)
                        .set_expression_attribute_values(values)
                        .build()?,
                )
            }
            Kind::Delete => write.delete(
                Delete::builder()
                    .table_name(table)
                    .set_key(Some(self.key.attributes()))
                    .set_condition_expression(text)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .build()?,
            ),
            Kind::Check => write.condition_check(
                ConditionCheck::builder()
                    .table_name(table)
                    .set_key(Some(self.key.attributes()))
                    .set_condition_expression(text)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .build()?,
            ),
        };
        Ok(write.build())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_an_expression_are_found() {
        let condition = Condition::new("attribute_exists(#pk) AND #leased_until <= :now OR #pk=:x");
        let names = condition.names().expect("it has names");
        let mut names: Vec<_> = names.into_iter().collect();
        names.sort();
        let wanted = [("#leased_until", "leased_until"), ("#pk", "pk")];
        assert_eq!(names, wanted.map(|(a, b)| (a.to_owned(), b.to_owned())));
    }
}
