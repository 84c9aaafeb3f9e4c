//! What people wanted of one member of one list, and of every place that is in step with it both ways.

/// What happened to one person on a list, or at a place that a two-way link keeps in step with it, since the last rest.
#[derive(Debug, Clone, Default)]
pub(super) struct Wish {
    /// Whether the list had them at the last rest.
    pub(super) present: bool,
    pub(super) added: bool,
    pub(super) removed: bool,
    /// Removed before the first run had finished, which removes nobody; or a write of ours was reversed that a crash
    /// had left unrecorded.
    pub(super) undecided: bool,
}

impl Wish {
    /// Where they have to be in the end, if what people did leaves no choice.
    pub(super) fn wanted(&self) -> Option<bool> {
        match (self.added, self.removed) {
            (false, false) => Some(self.present),
            (true, false) => Some(true),
            (false, true) if !self.undecided => Some(false),
            (_, true) => None,
        }
    }

    /// Whether nobody removed them anywhere.
    pub(super) fn is_kept(&self) -> bool {
        (self.present || self.added) && !self.removed && !self.undecided
    }
}
