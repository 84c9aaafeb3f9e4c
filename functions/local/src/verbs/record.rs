//! The one place through which every verb goes that changes something: what it did is recorded in the audit.

use listsync_core::audit::{Action, Actor, Completion, Object, ObjectKind};
use listsync_core::id::ImportId;
use listsync_engine::{
    audit::{self, Deed},
    ports::PortError,
    service::Service,
};

use super::effect::{Effect, Named};
use crate::{
    find,
    output::{Outcome, Refusal},
};

/// A verb that is about to change something.
pub(super) struct Begun<'a> {
    action: Action,
    found: Vec<Object>,
    /// What was not there before: the verb may make it.
    missing: Vec<Named<'a>>,
}

impl<'a> Begun<'a> {
    /// Finds what a verb is about while it is there: it may be gone afterwards. None: it changes nothing that is recorded here.
    pub(super) async fn of(service: &Service, effect: Effect<'a>) -> Option<Self> {
        let Effect::Changes(action, named) = effect else { return None };
        let mut begun = Self { action, found: Vec::new(), missing: Vec::new() };
        for named in named {
            match objects(service, named).await {
                Ok(objects) => begun.found.extend(objects),
                // The verb itself says what is wrong.
                Err(_) => begun.missing.push(named),
            }
        }
        Some(begun)
    }

    /// Records what came of it. What was refused changed nothing, and is not recorded.
    pub(super) async fn ended(self, service: &Service, outcome: &Outcome) {
        let Self { action, mut found, missing } = self;
        let completion = match outcome {
            Ok(reply) if reply.changed.is_none() => return,
            Ok(_) => Completion::Done,
            Err(Refusal { completion: Some(completion), .. }) => *completion,
            Err(_) => return,
        };
        for named in missing {
            found.extend(objects(service, named).await.unwrap_or_default());
        }
        let made = outcome.as_ref().ok().and_then(|reply| reply.changed.clone()).unwrap_or_default();
        let objects = made.into_iter().chain(found).collect();
        audit::record(service, Deed { actor: Actor::Local, action, objects, completion }).await;
    }
}

/// Records what a verb did besides, or by itself.
pub(super) async fn done(service: &Service, action: Action, objects: Vec<Object>) {
    let completion = Completion::Done;
    audit::record(service, Deed { actor: Actor::Local, action, objects, completion }).await;
}

/// Records what a verb did by itself, or that it was broken off by an error of the service. What was refused is not recorded.
pub(super) async fn came_to(
    service: &Service,
    action: Action,
    objects: Vec<Object>,
    error: Option<&PortError>,
) {
    let completion = match error {
        None => Some(Completion::Done),
        Some(error) => audit::completion_of(error),
    };
    if let Some(completion) = completion {
        audit::record(service, Deed { actor: Actor::Local, action, objects, completion }).await;
    }
}

async fn objects(service: &Service, named: Named<'_>) -> Result<Vec<Object>, Refusal> {
    let ports = &service.ports;
    Ok(match named {
        Named::List(text) => vec![Object::new(ObjectKind::List, find::list(ports, text).await?.id)],
        Named::Links(some) => {
            let links = find::links(ports, some).await?;
            let list = links.first().map(|state| Object::new(ObjectKind::List, &state.link.list));
            let links = links.iter().map(|state| Object::new(ObjectKind::Link, &state.link.id));
            links.chain(list).collect()
        }
        Named::Link(one) => {
            let link = find::link(ports, one).await?.link;
            vec![Object::new(ObjectKind::Link, link.id), Object::new(ObjectKind::List, link.list)]
        }
        Named::Contact(text) => {
            vec![Object::new(ObjectKind::Contact, find::contact(service, text).await?.id)]
        }
        Named::Import(text) => {
            let id = Object::new(ObjectKind::Import, text);
            let import = match ImportId::parse(text) {
                Ok(id) => ports.lists.find_import(&id).await?,
                Err(_) => None,
            };
            let list = import.map(|import| Object::new(ObjectKind::List, import.list));
            [id].into_iter().chain(list).collect()
        }
        Named::Hold(digest) => {
            let (link, hold) = find::held_link(ports, digest).await?;
            vec![Object::new(ObjectKind::Hold, hold.digest), Object::new(ObjectKind::Link, link)]
        }
        Named::Key(id) => vec![Object::new(ObjectKind::Key, id)],
        Named::SigningKey(id) => vec![Object::new(ObjectKind::SigningKey, id)],
        Named::Setting(name) => vec![Object::new(ObjectKind::Setting, name)],
    })
}
