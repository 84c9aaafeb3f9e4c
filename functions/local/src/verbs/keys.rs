//! `listsync keys`: keys of the HTTP API, and those that sign opt-out links.

use listsync_engine::{
    ports::{AccessScope, SigningKey},
    service::Service,
};
use listsync_http::{
    documents::trust::{KeyDocument, NewKeyDocument},
    keys::NewKey,
};
use serde_json::json;

use crate::{
    cli::{KeysVerb, ScopeArg},
    output::{self, Outcome, Refusal, Reply},
    view,
};

pub(super) async fn run(service: &Service, verb: &KeysVerb) -> Outcome {
    match verb {
        KeysVerb::Ls => ls(service).await,
        KeysVerb::Create { name, scope } => create(service, name, scope).await,
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
    let keys: Vec<_> = service.keys.api_keys().await?.into_iter().map(KeyDocument::of).collect();
    let mut rows = Vec::new();
    for key in &keys {
        let scopes: Vec<_> = key.scopes.iter().map(view::word).collect();
        let state =
            key.revoked.map_or_else(|| "good".to_owned(), |at| format!("revoked {}", view::moment(at)));
        rows.push([key.name.clone(), scopes.join(", "), state, key.id.clone()]);
    }
    let text = match rows.is_empty() {
        true => "There is no key yet. Make one: listsync keys create NAME --scope read".to_owned(),
        false => output::table(["KEY", "SCOPES", "STATE", "ID"], &rows),
    };
    Ok(Reply::done(json!(keys), text))
}

async fn create(service: &Service, name: &str, scopes: &[ScopeArg]) -> Outcome {
    let scopes = scopes.iter().map(|scope| match scope {
        ScopeArg::Read => AccessScope::Read,
        ScopeArg::Operate => AccessScope::Operate,
        ScopeArg::Admin => AccessScope::Admin,
    });
    let now = service.ports.clock.now();
    let NewKey { key, text } =
        listsync_http::keys::create(service.keys.as_ref(), name, scopes.collect(), now).await?;
    let said = format!(
        "{text}\nThis is the only time that it is shown. Send it as 'Authorization: Bearer …'; its id is {}.",
        key.id
    );
    Ok(Reply::done(json!(NewKeyDocument { key: KeyDocument::of(key), secret: text }), said))
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
    Ok(Reply::done(json!(KeyDocument::of(key)), text))
}

async fn rotate(service: &Service) -> Outcome {
    let SigningKey { id, made, .. } = service.keys.rotate_signing_key(service.ports.clock.now()).await?;
    let text =
        format!("Opt-out links are signed by the key {id} from now on. Links of earlier keys stay good.");
    Ok(Reply::done(json!({"id": id, "made": made}), text))
}
