//! Whether what a link looks at is what it was when a run finished last.

use std::collections::BTreeSet;

use listsync_core::{
    list::List,
    member::HoldReason,
    scope::{self, Looked, Scope, ScopePart, Scoped},
};

use super::{decide::Resolution, look::Look};

/// What changed since; nothing where no run has kept what it was.
pub(super) fn changed(look: Look<'_>, list: Option<&List>) -> BTreeSet<ScopePart> {
    let now = Scope::of(look.link(), list, look.settings);
    look.progress().scope.as_ref().map(|before| now.changed_since(before)).unwrap_or_default()
}

/// Whether removals go on in spite of it: a person who ruled on what it had held back has looked at it.
pub(super) fn scoped(look: Look<'_>, changed: &BTreeSet<ScopePart>) -> Scoped {
    let (hold, ruling) = (look.progress().hold.as_ref(), look.state.ruling.as_ref());
    let ruled =
        hold.zip(ruling).is_some_and(|(hold, ruling)| hold.is_of_scope() && ruling.is_of(&hold.digest));
    scope::scoped(changed, ruled)
}

/// What a run that finished keeps.
pub(super) fn kept(look: Look<'_>, list: Option<&List>, resolution: &Resolution) -> Option<Scope> {
    let waits = resolution.plan.held.effects.iter().any(|(_, reason)| *reason == HoldReason::Scope);
    // Of whom a read is set aside it is not known yet whether the change removes them.
    let looked = match waits || !resolution.set_aside.is_empty() {
        true => Looked::NotAtAll,
        false => Looked::AtAll,
    };
    Some(Scope::after(look.progress().scope.as_ref(), Scope::of(look.link(), list, look.settings), looked))
}
