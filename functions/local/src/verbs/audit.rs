//! `listsync audit`: who did what.

use listsync_core::audit::{AuditFilter, AuditPlace, Completion, ObjectKind};
use listsync_engine::{
    audit::{self, Wanted},
    service::Service,
};
use listsync_http::documents::audit::{ActorDocument, AuditDocument, Names, ObjectDocument};
use serde_json::json;

use crate::{
    cli::AuditVerb,
    output::{self, Outcome, Reply},
    view,
};

/// So many are read at a time.
const PAGE: usize = 500;

pub(super) async fn run(service: &Service, verb: &AuditVerb) -> Outcome {
    let AuditVerb::Ls { since, until, object, actor, limit } = verb;
    let now = service.ports.clock.now();
    let filter = AuditFilter { actor: actor.clone(), object: object.clone() };
    let since = since.map(|when| when.moment(now));
    let mut before = until.map(|when| AuditPlace { at: when.moment(now), id: String::new() });
    let mut names = Names::new(service);
    let mut documents: Vec<AuditDocument> = Vec::new();
    while documents.len() < *limit {
        let limit = (limit - documents.len()).min(PAGE);
        let page = audit::page(service, Wanted { filter: filter.clone(), since, before, limit }).await?;
        for entry in page.entries {
            documents.push(names.document(entry).await?);
        }
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    let rows: Vec<_> = documents.iter().map(row).collect();
    let text = match rows.is_empty() {
        true => "Nothing of that is in the audit.".to_owned(),
        false => output::table(["WHEN", "ACTOR", "ACTION", "OBJECTS"], &rows),
    };
    Ok(Reply::done(json!(documents), text))
}

fn row(entry: &AuditDocument) -> [String; 4] {
    let objects: Vec<String> = entry.objects.iter().map(object).collect();
    let action = match entry.completion {
        Completion::Done => entry.action.to_string(),
        Completion::BrokenOff => format!("{} (broken off)", entry.action),
    };
    [view::moment(entry.at), actor(&entry.actor), action, objects.join(", ")]
}

fn actor(ActorDocument { kind, id, name }: &ActorDocument) -> String {
    match (id, name) {
        (None, _) => kind.clone(),
        (Some(id), None) => format!("{kind} {id} (gone)"),
        (Some(id), Some(name)) => format!("{kind} '{name}' ({id})"),
    }
}

fn object(ObjectDocument { kind, id, name }: &ObjectDocument) -> String {
    match (kind, name) {
        (_, Some(name)) => format!("{kind} '{name}'"),
        (
            ObjectKind::Run
            | ObjectKind::Hold
            | ObjectKind::Setting
            | ObjectKind::SigningKey
            | ObjectKind::Tenant,
            None,
        ) => format!("{kind} {id}"),
        (_, None) => format!("{kind} {id} (gone)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_gone_is_shown_by_its_id_as_gone() {
        let contact = |name: Option<&str>| ObjectDocument {
            kind: ObjectKind::Contact,
            id: "c1".to_owned(),
            name: name.map(str::to_owned),
        };
        assert_eq!(object(&contact(Some("anna@contoso.com"))), "contact 'anna@contoso.com'");
        assert_eq!(object(&contact(None)), "contact c1 (gone)");
        let setting = ObjectDocument { kind: ObjectKind::Setting, id: "every".to_owned(), name: None };
        assert_eq!(object(&setting), "setting every");
    }
}
