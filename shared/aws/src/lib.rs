//! listsync on AWS: the store in one DynamoDB table, the queue on SQS, the inbox in an S3 bucket, and what the
//! app proves itself by.
//!
//! [`Aws::from_env`] or, in a function, [`Aws::of_function`] reads the configuration once; [`Aws::store`], [`Aws::queue`], [`Aws::inbox`], [`Aws::mailer`], [`Aws::secret`]
//! and [`Aws::assertion_source`] give the rest.
//!
//! # The table
//!
//! On demand, with these keys, all strings, and the time-to-live attribute [`TIME_TO_LIVE`] (`ttl`). The same in a
//! template:
//!
//! ```yaml
//! BillingMode: PAY_PER_REQUEST
//! AttributeDefinitions:
//!   - { AttributeName: pk, AttributeType: S }
//!   - { AttributeName: sk, AttributeType: S }
//!   - { AttributeName: due_shard, AttributeType: S }
//!   - { AttributeName: due_key, AttributeType: S }
//!   - { AttributeName: run_shard, AttributeType: S }
//!   - { AttributeName: run_key, AttributeType: S }
//!   - { AttributeName: run_link, AttributeType: S }
//! KeySchema:
//!   - { AttributeName: pk, KeyType: HASH }
//!   - { AttributeName: sk, KeyType: RANGE }
//! GlobalSecondaryIndexes:
//!   - IndexName: due
//!     KeySchema:
//!       - { AttributeName: due_shard, KeyType: HASH }
//!       - { AttributeName: due_key, KeyType: RANGE }
//!     Projection:
//!       ProjectionType: INCLUDE
//!       NonKeyAttributes: [link, every, active, requested, synced, due_at, leased_until]
//!   - IndexName: runs
//!     KeySchema:
//!       - { AttributeName: run_shard, KeyType: HASH }
//!       - { AttributeName: run_key, KeyType: RANGE }
//!     Projection: { ProjectionType: KEYS_ONLY }
//!   - IndexName: runs_by_link
//!     KeySchema:
//!       - { AttributeName: run_link, KeyType: HASH }
//!       - { AttributeName: run_key, KeyType: RANGE }
//!     Projection: { ProjectionType: KEYS_ONLY }
//! TimeToLiveSpecification: { AttributeName: ttl, Enabled: true }
//! ```
//!
//! A function needs of the table: `GetItem`, `BatchGetItem`, `Query`, `PutItem`, `UpdateItem`, `DeleteItem`,
//! `BatchWriteItem` and `ConditionCheckItem`, and `Query` of its indexes; `listsync doctor` also `DescribeTable`. It never
//! scans.
//!
//! # What holds
//!
//! - Every write of a run carries a condition on the link's fencing token, in the same transaction.
//! - A change of a list, its number in the list's change log and the contact are one transaction. The number is taken by
//!   a condition on the list's head, so no change becomes visible behind a cursor; several people of one batch share a
//!   number, so that writers seldom meet.
//! - What must be unique (an address, an external id, a list's name, the one link that writes a group or a list) is an
//!   item of its own, written on the condition that it is not there.
//! - An address is kept under its keyed hash. The item says whose it is or, when the person was deleted or erased, what
//!   they said no to: so nobody makes a contact past an opt-out, whoever writes at the same time. What they said no to is kept
//!   so of their external ids and their object, too.
//! - The feed of contacts has several strands, each with a counter; a transaction that changes contacts takes the next
//!   number of one, so no change becomes visible behind a cursor.
//! - A change of a person who is on more lists than one transaction holds writes the lists first and the contact last: what
//!   is interrupted is done anew from its beginning.
//! - What is taken away in one write although it is large (a link's members, a list's rows) is cleared away afterwards,
//!   and what a crash left is cleared away with the next.
//! - Whom a batch of a run added and removed is written before the rows that remember it; what of the list was under way when
//!   a run died is told from what is done.
//! - Reads that decide are strongly consistent. The indexes only tell which links to look at and which runs to show.

mod alerts;
mod audit;
mod connect;
mod contacts;
mod credential;
mod effects;
mod error;
mod garbage;
mod inbox;
mod keys;
mod lately;
mod links;
mod lists;
mod mail;
mod pepper;
mod queue;
mod queue_state;
mod records;
mod seen;
mod store;
mod table;

pub use connect::Aws;
pub use credential::{AUDIENCE, AssertionSource, SecretName};
pub use inbox::S3Inbox;
pub use queue::SqsQueue;
pub use store::DynamoStore;
pub use table::schema::{DUE, INDEXES, Index, PARTITION_KEY, RUNS, RUNS_BY_LINK, SORT_KEY, TIME_TO_LIVE};
