//! The names of everything in the table: the only place that spells them.
//!
//! | item | `pk` | `sk` |
//! |---|---|---|
//! | a list: its counter of changes, its size | `LIST#list` | `HEAD` |
//! | a list's name, taken | `LISTS` | the name without regard to case |
//! | the deleted lists that had a name | `FORMERLISTS` | the name without regard to case |
//! | a deleted list, and whose its nos are now | `FORMERLIST#list` | `HEAD` |
//! | memberships that end by date, in the order of their ends | `ENDS` | `instant#list#contact` |
//! | those that ended by date, for 30 days | `LAPSED` | `instant#list#contact` |
//! | within which time files of a list should come, and when one did | `EXPECTED` | `list` |
//! | a list's links | `LIST#list` | `LINK#link` |
//! | how a contact stands to a list, with what a run reads of the contact | `ROW#list#shard` | `contact` |
//! | what a contact said, of a list or of all | `SAID#contact` | `instant#id` |
//! | one step of a list's change log | `LOG#list` | its number |
//! | a contact | `CONTACT#shard` | `contact` |
//! | whom a contact became by a merge | `MERGED#contact` | `HEAD` |
//! | where the marks of a contact are that was deleted | `DEPARTED#contact` | `HEAD` |
//! | whose an address is; what was said by somebody who is not kept, under an address, a key or an object | `ADDRESS#hash` | `HEAD` |
//! | the key of those hashes | `PEPPER` | `HEAD` |
//! | whose an external id is | `EXTERNAL#id` | `HEAD` |
//! | a strand of the feed of contacts: its counter, its steps | `FEED#strand` | `HEAD`, a number |
//! | the contacts that were matched to an object | `OBJECT#object` | `HEAD` |
//! | imports | `IMPORTS` | `import` |
//! | an import under way, and the last one | `LIST#list` | `IMPORTING`, `LASTIMPORT` |
//! | an import that holds removals | `LIST#list` | `HOLDING#import` |
//! | whose removal an import holds | `HELD#import` | `contact` |
//! | what an import changed of people: as it was taken in, as it was approved | `CHANGED#import` | `1#rev`, `2#rev` |
//! | of which imports there is any of that, for an erasure | `CHANGINGIMPORTS` | `import` |
//! | a link: who looks at it when, and what each look writes | `LINKS` | `link#HEAD` |
//! | what a link is and remembers | `LINKS` | `link#BODY` |
//! | the sign of a link for earlier releases; a link as those kept it | `LINK#link` | `HEAD` |
//! | the place of such a link among the links | `LINKS` | `link` |
//! | a group, written by a link | `GROUP#tenant#group` | `WRITER` |
//! | a group's links | `GROUP#tenant#group` | `LINK#link` |
//! | a list, written by a link | `LIST#list` | `WRITER` |
//! | what a link remembers of a member | `MEMBER#space#shard` | `key` |
//! | its members with an open observation or intent | `OPEN#space` | `key` |
//! | its members by contact | `OF#space#contact` | `HEAD` |
//! | removals that were done from a group | `REMOVALS#birth` | `instant#id` |
//! | removals that were done from a list, by any link | `LISTREMOVALS#list` | `instant#id` |
//! | how many members a list had, lately | `LIST#list` | `SIZES` |
//! | a run's summary | `RUN#run` | `HEAD`, `PART#n` |
//! | when a look that found nothing ended last | `RUN#LAST` | `PULSE` |
//! | which runs tell of an address, for an erasure | `TOLD#hash` | `run` |
//! | whom a batch of a run on one of a list's links added and removed | `EFFECTS#list` | `instant#run#n` |
//! | that all of it is done, where it was written before | `EFFECTS#list` | `instant#run#n#ALLDONE` |
//! | of which lists there is any of that, for an erasure | `EFFECTLISTS` | `list` |
//! | the gate of a tenant | `GATE#tenant` | `HEAD` |
//! | how writes to a tenant are spread | `GATE#tenant` | `PACE` |
//! | how far changes of a tenant's people were read | `PEOPLE#tenant` | `HEAD` |
//! | the settings | `SETTINGS` | `HEAD` |
//! | the keys that sign links | `SIGNING` | `HEAD` |
//! | API keys, by id and by the hash of their secret | `APIKEYS`, `APIKEY#hash` | `key`, `HEAD` |
//! | who sends events | `SOURCES` | `source` |
//! | what was handled, for a time | `SEEN#name` | `HEAD` |
//! | what was told of alerts | `ALERTS` | what it is of |
//! | who did what, by the month in which it was done | `AUDIT#month` | `instant#id` |
//! | what was let go and is not cleared away yet | `GARBAGE` | what it is |
//!
//! Which function reads and writes which kinds is in the roles of `infra/template.yaml`: whoever touches another kind
//! grants it there.
//!
//! Each item carries `schema`, the version of its shape: 1, and 2 for the items of a link. A link's *space* is made anew when it is relinked, so that
//! all that it remembered is forgotten in one write; its *birth* lasts as long as the link.

use aws_sdk_dynamodb::{
    error::BuildError,
    types::{
        AttributeDefinition, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
        ScalarAttributeType,
    },
};

/// The partition key of the table, a string.
pub const PARTITION_KEY: &str = "pk";
/// The sort key of the table, a string.
pub const SORT_KEY: &str = "sk";
/// The attribute with the second (since 1970) from which an item may be deleted: the table's time-to-live attribute.
pub const TIME_TO_LIVE: &str = "ttl";

/// A sparse index of the table; both keys are strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Index {
    /// Its name.
    pub name: &'static str,
    /// Its partition key.
    pub partition_key: &'static str,
    /// Its sort key.
    pub sort_key: &'static str,
    /// What it holds besides all keys; nothing: `KEYS_ONLY`, else `INCLUDE` of these.
    pub include: &'static [&'static str],
}

/// Links that are active, by the moment at which they want to be looked at.
pub const DUE: Index = Index {
    name: "due",
    partition_key: "due_shard",
    sort_key: "due_key",
    include: &["link", "every", "active", "requested", "synced", "due_at", "leased_until"],
};
/// Runs by the moment at which they finished.
pub const RUNS: Index = Index { name: "runs", partition_key: "run_shard", sort_key: "run_key", include: &[] };
/// The runs of a link by the moment at which they finished.
pub const RUNS_BY_LINK: Index =
    Index { name: "runs_by_link", partition_key: "run_link", sort_key: "run_key", include: &[] };

/// Every global secondary index.
pub const INDEXES: [Index; 3] = [DUE, RUNS, RUNS_BY_LINK];

/// The version of the shapes.
pub(crate) const SCHEMA: u32 = 1;
/// The version of those that a link has since all links are in one partition.
pub(crate) const LINKS_TOGETHER: u32 = 2;
/// Over how many partitions the members of one list or link, and each index over all, are spread.
pub(crate) const SHARDS: u32 = 8;

/// The shard of a text: FNV-1a, so that it never changes.
pub(crate) fn shard(text: &str) -> u32 {
    let hash =
        text.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash % SHARDS
}

/// The attributes that are keys, all strings.
pub(crate) fn attributes() -> Result<Vec<AttributeDefinition>, BuildError> {
    let mut names = vec![PARTITION_KEY, SORT_KEY];
    names.extend(INDEXES.iter().flat_map(|index| [index.partition_key, index.sort_key]));
    names.sort_unstable();
    names.dedup();
    let define = |name| {
        AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build()
    };
    names.into_iter().map(define).collect()
}

/// A partition key and a sort key.
pub(crate) fn keys(partition: &str, sort: &str) -> Result<Vec<KeySchemaElement>, BuildError> {
    let key = |name, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    Ok(vec![key(partition, KeyType::Hash)?, key(sort, KeyType::Range)?])
}

pub(crate) fn index(index: &Index) -> Result<GlobalSecondaryIndex, BuildError> {
    let projection = match index.include {
        [] => Projection::builder().projection_type(ProjectionType::KeysOnly),
        names => Projection::builder()
            .projection_type(ProjectionType::Include)
            .set_non_key_attributes(Some(names.iter().map(|name| (*name).to_owned()).collect())),
    };
    GlobalSecondaryIndex::builder()
        .index_name(index.name)
        .set_key_schema(Some(keys(index.partition_key, index.sort_key)?))
        .projection(projection.build())
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_in_its_shard_for_ever() {
        assert_eq!((shard(""), shard("a")), (5, 4));
        let used: std::collections::BTreeSet<_> = (0..100).map(|n| shard(&format!("link-{n}"))).collect();
        assert_eq!(used.len(), SHARDS as usize, "every shard is used");
    }
}
