//! `listsync keys`: keys of the HTTP API, and those that sign opt-out links.

use std::collections::BTreeSet;

use listsync_core::{
    Timestamp,
    audit::ObjectKind,
    grant::{Grant, Lists, Verb},
};
use listsync_engine::{
    ports::{ApiKey, Scopes, SigningKey},
    service::Service,
};
use listsync_http::{
    documents::trust::{KeyDocument, NewKeyDocument},
    keys::{NewKey, Wish, last_used},
};
use serde_json::json;

use crate::{
    cli::{KeysVerb, ScopeArg},
    find,
    output::{self, Outcome, Refusal, Reply},
    view,
};

/// What bounds a key.
struct Bound<'a> {
    /// The lists, by name or id; none: all.
    lists: &'a [String],
    /// Its end.
    expires: Option<Timestamp>,
}

pub(super) async fn run(service: &Service, verb: &KeysVerb) -> Outcome {
    match verb {
        KeysVerb::Ls => ls(service).await,
        KeysVerb::Create { name, scope, list, expires } => {
            create(service, (name, scope), Bound { lists: list, expires: *expires }).await
        }
        KeysVerb::Revoke { key } => revoke(service, key).await,
        KeysVerb::RotateLinks => rotate(service).await,
        KeysVerb::RetireLinks { key } => {
            service.keys.retire_signing_key(key, service.ports.clock.now()).await?;
            let text = format!("Opt-out links that were signed by the key {key} are worth nothing now.");
            Ok(Reply::done(json!({"id": key, "retired": true}), text))
        }
    }
}

async fn ls(service: &Service) -> Outcome {
    let now = service.ports.clock.now();
    let (mut documents, mut rows) = (Vec::new(), Vec::new());
    for key in service.keys.api_keys().await? {
        let used = last_used(service.seen.as_ref(), &key.id, now).await?;
        let scopes: Vec<_> = key.scopes.iter().map(|scope| scope.word()).collect();
        let row = [
            key.name.clone(),
            scopes.join(", "),
            lists(service, &key).await?,
            state(&key, now),
            used.map_or_else(|| "not known".to_owned(), view::moment),
            key.id.clone(),
        ];
        rows.push(row);
        documents.push(KeyDocument::of(key, used));
    }
    let text = match rows.is_empty() {
        true => "There is no key yet. Make one: listsync keys create NAME --scope read".to_owned(),
        false => output::table(["KEY", "SCOPES", "LISTS", "STATE", "LAST USED", "ID"], &rows),
    };
    Ok(Reply::done(json!(documents), text))
}

fn state(key: &ApiKey, now: Timestamp) -> String {
    let before = match key.reading {
        Scopes::Three if key.scopes.contains(&Verb::Operate) => ", may link and approve",
        Scopes::Three | Scopes::Verbs => "",
    };
    match (key.revoked, key.expires) {
        (Some(at), _) => format!("revoked {}", view::moment(at)),
        (None, Some(end)) if end <= now => format!("ended {}", view::moment(end)),
        (None, Some(end)) => format!("good until {}{before}", view::moment(end)),
        (None, None) => format!("good{before}"),
    }
}

async fn lists(service: &Service, key: &ApiKey) -> Result<String, Refusal> {
    let grant = key.grant();
    let Some(lists) = grant.bound_to() else { return Ok("all".to_owned()) };
    let mut names = Vec::new();
    for list in lists {
        names.push(find::list_name(&service.ports, list).await?);
    }
    Ok(names.join(", "))
}

async fn create(service: &Service, (name, scopes): (&str, &[ScopeArg]), bound: Bound<'_>) -> Outcome {
    let now = service.ports.clock.now();
    let mut ids = BTreeSet::new();
    for text in bound.lists {
        ids.insert(find::list(&service.ports, text).await?.id);
    }
    let lists = if ids.is_empty() { Lists::All } else { Lists::Only(ids) };
    let grant = Grant { verbs: scopes.iter().map(|scope| (*scope).into()).collect(), lists };
    let wish = Wish { name: name.to_owned(), grant, expires: bound.expires };
    wish.check(now).map_err(|error| {
        Refusal::new(error.field(), error.to_string(), "see 'listsync keys create --help'")
    })?;
    let NewKey { key, text } = listsync_http::keys::create(service.keys.as_ref(), wish, now).await?;
    let said = format!(
        "{text}\nThis is the only time that it is shown. Send it as 'Authorization: Bearer …'; its id is {}.",
        key.id
    );
    let id = key.id.clone();
    let document = json!(NewKeyDocument { key: KeyDocument::of(key, None), secret: text });
    Ok(Reply::done(document, said).made(ObjectKind::Key, id))
}

async fn revoke(service: &Service, id: &str) -> Outcome {
    let keys = service.keys.api_keys().await?;
    let Some(mut key) = keys.into_iter().find(|key| key.id == id) else {
        let hint = "see what there is with 'listsync keys ls'";
        return Err(Refusal::new("no_such_key", format!("there is no key '{id}'"), hint));
    };
    key.revoked = key.revoked.or_else(|| Some(service.ports.clock.now()));
    service.keys.save_api_key(&key).await?;
    let text = format!("The key '{}' ({id}) is worth nothing now.", key.name);
    Ok(Reply::done(json!(KeyDocument::of(key, None)), text))
}

async fn rotate(service: &Service) -> Outcome {
    let SigningKey { id, made, .. } = service.keys.rotate_signing_key(service.ports.clock.now()).await?;
    let text =
        format!("Opt-out links are signed by the key {id} from now on. Links of earlier keys stay good.");
    Ok(Reply::done(json!({"id": id, "made": made}), text).made(ObjectKind::SigningKey, id))
}
