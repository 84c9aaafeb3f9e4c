//! Recording who did what, and reading it.
//!
//! It is recorded at the edge, once what was asked for is done: only the edge knows who asks, and only then is it known what
//! was made. What was refused changed nothing and is not recorded; what ended with an error of the service may be done in
//! part and is recorded as broken off. An entry that the store does not take is logged as an error, whole, as it holds ids
//! alone: what was done is not undone for it, and its caller is not told to do it again.

use listsync_core::{
    Timestamp,
    audit::{Action, Actor, AuditEntry, AuditFilter, AuditPlace, Completion, Object, ObjectKind},
    contact::{Decision, Scope},
    id::ContactId,
};
use uuid::Uuid;

use crate::{
    ports::{AuditPage, AuditQuery, Fault, PortError, PortResult},
    service::Service,
};

/// What somebody did, before it is an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// Who did it.
    pub actor: Actor,
    /// What.
    pub action: Action,
    /// To what.
    pub objects: Vec<Object>,
    /// How far it came.
    pub completion: Completion,
}

impl Deed {
    /// That somebody said so of a list, or of all.
    #[must_use]
    pub fn of_consent(
        actor: Actor,
        (decision, scope): (Decision, &Scope),
        contact: Option<&ContactId>,
    ) -> Self {
        let list = match scope {
            Scope::List(list) => Some(Object::new(ObjectKind::List, list)),
            Scope::All => None,
        };
        let contact = contact.map(|contact| Object::new(ObjectKind::Contact, contact));
        let action = match decision {
            Decision::Subscribed => Action::ConsentSubscribe,
            Decision::OptedOut => Action::ConsentOptOut,
        };
        let objects = list.into_iter().chain(contact).collect();
        Self { actor, action, objects, completion: Completion::Done }
    }
}

/// How far something came that failed so; none: nothing was done, so there is nothing to record.
#[must_use]
pub fn completion_of(error: &PortError) -> Option<Completion> {
    match error.fault {
        // A write may have taken effect, and what is stored first stays where a later step fails.
        Fault::Throttled(_) | Fault::Unavailable => Some(Completion::BrokenOff),
        Fault::Busy | Fault::Gone | Fault::Denied | Fault::Rejected | Fault::LeaseLost => None,
    }
}

/// Records it.
pub async fn record(service: &Service, deed: Deed) {
    let Deed { actor, action, objects, completion } = deed;
    let mut entry = AuditEntry {
        id: Uuid::now_v7().to_string(),
        at: service.ports.clock.now(),
        actor,
        action,
        objects: Vec::with_capacity(objects.len()),
        completion,
    };
    for object in objects {
        if !entry.objects.contains(&object) {
            entry.objects.push(object);
        }
    }
    if let Err(error) = append(service, &entry).await {
        let objects: Vec<String> = entry.objects.iter().map(ToString::to_string).collect();
        tracing::error!(
            code = error.code,
            at = %entry.at,
            actor = %entry.actor,
            action = %entry.action,
            objects = objects.join(" "),
            completion = ?entry.completion,
            "what was done could not be recorded in the audit: {error}"
        );
    }
}

async fn append(service: &Service, entry: &AuditEntry) -> PortResult<()> {
    let keep = service.ports.settings.settings().await?.audit_keep;
    service.audit.append(entry, keep).await
}

/// Reads a part of the audit that is not past its time.
///
/// # Errors
/// When the store does not answer.
pub async fn page(service: &Service, wanted: Wanted) -> PortResult<AuditPage> {
    let Wanted { filter, since, before, limit } = wanted;
    let keep = service.ports.settings.settings().await?.audit_keep;
    let oldest = service.ports.clock.now().checked_sub(keep).unwrap_or(Timestamp::MIN);
    let since = since.map_or(oldest, |since| since.max(oldest));
    service.audit.page(&AuditQuery { filter, since, before, limit: limit.max(1) }).await
}

/// Which part of the audit is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted {
    /// Which entries.
    pub filter: AuditFilter,
    /// Nothing that was done before.
    pub since: Option<Timestamp>,
    /// Where the page before ended.
    pub before: Option<AuditPlace>,
    /// How many at most.
    pub limit: usize,
}
