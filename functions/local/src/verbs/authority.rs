//! Who may do what, as `doctor` sees it: keys that may more than their scopes say today, people who are protected in a way
//! that protects nobody, and a file of secrets that others may read.

use listsync_core::{grant::Verb, id::ObjectId};
use listsync_engine::{
    ports::{ApiKey, PortResult, Scopes},
    service::Service,
};
use listsync_wiring::Dotenv;

use super::doctor::{Check, State};

/// One check for each of these that there is something to say of.
pub(super) async fn checks(service: &Service, dotenv: Option<Dotenv>) -> PortResult<Vec<Check>> {
    let now = service.ports.clock.now();
    let mut keys = service.keys.api_keys().await?;
    keys.retain(|key| key.is_good(now));
    let settings = service.ports.settings.settings().await?;
    let mut impossible: Vec<ObjectId> = settings.protected.impossible().cloned().collect();
    for state in crate::find::every_link(&service.ports).await? {
        impossible.extend(state.link.members.protected.impossible().cloned());
    }
    let all = [before_scopes(&keys), protected(&impossible), dotenv.and_then(of_dotenv)];
    Ok(all.into_iter().flatten().collect())
}

fn before_scopes(keys: &[ApiKey]) -> Option<Check> {
    let is_wide = |key: &&ApiKey| key.reading == Scopes::Three && key.scopes.contains(&Verb::Operate);
    let named: Vec<String> =
        keys.iter().filter(is_wide).map(|key| format!("'{}' ({})", key.name, key.id)).collect();
    (!named.is_empty()).then(|| {
        Check::new(
            "keys",
            State::Warn,
            format!(
                "made before link and approve were scopes of their own, so that operate still holds both: {}",
                named.join(", ")
            ),
            "make each anew with the scopes that it needs (listsync keys create), then revoke it (listsync keys revoke)",
        )
    })
}

fn protected(impossible: &[ObjectId]) -> Option<Check> {
    let named: Vec<String> = impossible.iter().map(|id| format!("'{id}'")).collect();
    (!named.is_empty()).then(|| {
        Check::new(
            "protected",
            State::Warn,
            format!("nobody can have this object id, so it protects nobody: {}", named.join(", ")),
            "did you mean owners? Set it anew with 'listsync settings set protected …', or link anew with --protect",
        )
    })
}

fn of_dotenv(dotenv: Dotenv) -> Option<Check> {
    dotenv.is_readable_by_others().then(|| {
        let message = format!("the file .env can be read by others (mode {:03o})", dotenv.mode);
        Check::new(".env", State::Warn, message, "it holds a credential, as a rule: chmod 600 .env")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(reading: Scopes, scope: Verb) -> ApiKey {
        ApiKey {
            id: "a1".to_owned(),
            name: "tool".to_owned(),
            scopes: [scope].into(),
            reading,
            lists: Default::default(),
            hash: String::new(),
            made: listsync_core::Timestamp::UNIX_EPOCH,
            revoked: None,
            expires: None,
        }
    }

    #[test]
    fn a_key_that_may_more_than_it_says_is_named() {
        let check = before_scopes(&[key(Scopes::Three, Verb::Operate)]).expect("a check");
        assert!(check.state == State::Warn && check.message.contains("'tool' (a1)"), "{}", check.message);
        for fine in [
            key(Scopes::Three, Verb::Read),
            key(Scopes::Three, Verb::Admin),
            key(Scopes::Verbs, Verb::Operate),
        ] {
            assert_eq!(before_scopes(&[fine]), None);
        }
    }

    #[test]
    fn a_file_that_only_its_owner_may_read_is_not_told() {
        for (mode, told) in [(0o600, false), (0o400, false), (0o640, true), (0o644, true)] {
            assert_eq!(of_dotenv(Dotenv { mode }).is_some(), told, "{mode:o}");
        }
    }
}
