//! Values with their past: what was true at an earlier moment can be read back.

use std::sync::Arc;

/// The number of a change; greater is later. Zero is before everything.
pub(crate) type Seq = u64;

/// Where an object stands between creation and permanent deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// It exists.
    Live,
    /// It is in the deleted items and can be restored.
    SoftDeleted,
    /// It is gone for good.
    Purged,
}

#[derive(Clone, Debug)]
pub(crate) struct Version<T> {
    pub(crate) seq: Seq,
    pub(crate) life: Life,
    pub(crate) value: Arc<T>,
}

/// All versions of one object, oldest first; never empty.
#[derive(Clone, Debug)]
pub(crate) struct History<T> {
    versions: Vec<Version<T>>,
}

impl<T> History<T> {
    pub(crate) fn new(seq: Seq, value: T) -> Self {
        Self { versions: vec![Version { seq, life: Life::Live, value: Arc::new(value) }] }
    }

    pub(crate) fn push(&mut self, seq: Seq, life: Life, value: Arc<T>) {
        self.versions.push(Version { seq, life, value });
    }

    pub(crate) fn latest(&self) -> &Version<T> {
        self.versions.last().unwrap_or_else(|| unreachable!("a history starts with one version"))
    }

    /// The version that was current at `seq`.
    pub(crate) fn at(&self, seq: Seq) -> Option<&Version<T>> {
        let after = self.versions.partition_point(|version| version.seq <= seq);
        after.checked_sub(1).map(|index| &self.versions[index])
    }

    pub(crate) fn live_at(&self, seq: Seq) -> Option<&Arc<T>> {
        self.at(seq).filter(|version| version.life == Life::Live).map(|version| &version.value)
    }

    pub(crate) fn created(&self) -> Seq {
        self.versions.first().map_or(0, |version| version.seq)
    }
}
