//! What a request did, and to what, for the audit. The gate records it once the handler has answered; what the handler finds
//! through [`crate::within::Within`] is noted there, so that it has to say only what it made, and which of two things it did.

use std::sync::{Arc, Mutex, PoisonError};

use axum::http::StatusCode;
use listsync_core::audit::{Action, Actor, Completion, Object, ObjectKind};
use listsync_engine::audit::Deed;

use crate::access::Audited;

/// What one request did so far. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trail(Arc<Mutex<Marks>>);

#[derive(Debug, Default)]
struct Marks {
    objects: Vec<Object>,
    effect: Effect,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Effect {
    /// What the route is for.
    #[default]
    Usual,
    /// This, of what the route may do.
    This(Action),
    /// Nothing was changed.
    None,
}

impl Trail {
    /// The request is about this.
    pub(crate) fn touch(&self, kind: ObjectKind, id: impl ToString) {
        self.marks(|marks| marks.objects.push(Object::new(kind, id)));
    }

    /// This is what it does, where its route may do one of several things.
    pub(crate) fn did(&self, action: Action) {
        self.marks(|marks| marks.effect = Effect::This(action));
    }

    /// It changes nothing: all was so before, or nothing was to be changed.
    pub(crate) fn did_nothing(&self) {
        self.marks(|marks| marks.effect = Effect::None);
    }

    /// What is to be recorded of a request that was answered so; none: nothing was changed.
    pub(crate) fn deed(&self, actor: Actor, audited: Audited, status: StatusCode) -> Option<Deed> {
        let Audited::As(actions) = audited else { return None };
        let completion = completion(status)?;
        self.marks(|marks| {
            let action = match marks.effect {
                Effect::None => return None,
                Effect::This(action) => action,
                Effect::Usual => *actions.first()?,
            };
            debug_assert!(actions.contains(&action), "{action} is not what the table has for the route");
            Some(Deed { actor, action, objects: marks.objects.clone(), completion })
        })
    }

    /// What the request is about so far.
    pub(crate) fn objects(&self) -> Vec<Object> {
        self.marks(|marks| marks.objects.clone())
    }

    fn marks<T>(&self, change: impl FnOnce(&mut Marks) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// How far a request came that was answered so. A refusal changed nothing, also the directory's (502): what asks it does so
/// before anything is stored.
fn completion(status: StatusCode) -> Option<Completion> {
    match status {
        StatusCode::BAD_GATEWAY => None,
        done if done.is_success() => Some(Completion::Done),
        broken if broken.is_server_error() => Some(Completion::BrokenOff),
        _ => None,
    }
}
