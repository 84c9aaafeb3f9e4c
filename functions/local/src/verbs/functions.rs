//! What the credentials of the functions carry, for `listsync doctor` of a deployment on AWS.

use listsync_engine::{
    credentials::{Carried, Holder, known},
    service::Service,
};

use super::doctor::{Check, State};

/// One check for each function that has a credential of its own and has used it.
pub(super) async fn checks(service: &Service) -> Vec<Check> {
    let mut checks = Vec::new();
    for (name, holder) in [("worker function", Holder::Worker), ("api function", Holder::Api)] {
        checks.push(match known(service, holder).await {
            Ok(carried) => told(name, holder, carried.as_ref()),
            Err(error) => Check::failed(name, error),
        });
    }
    checks
}

fn told(name: &'static str, holder: Holder, carried: Option<&Carried>) -> Check {
    let Some(Carried { writes, reads, expires: _, at }) = carried else {
        return Check::ok(
            name,
            "it has not asked the directory lately, so nothing is known of its credential",
        );
    };
    let all: Vec<&str> = writes.union(reads).map(String::as_str).collect();
    match (holder, writes.is_empty()) {
        (Holder::Api, false) => Check::new(
            name,
            State::Warn,
            format!("its credential can write ({}), and strangers reach it", listed(writes.iter())),
            "give the API an app registration of its own that may only read (ApiClientId), as infra/README.md says",
        ),
        (Holder::Worker, true) => Check::new(
            name,
            State::Warn,
            format!("its credential can write nothing ({}, seen at {at})", listed(all.iter())),
            "grant its app what the links need: the permissions above name it",
        ),
        (Holder::Api, true) => {
            Check::ok(name, format!("its credential only reads: {} (seen at {at})", listed(all.iter())))
        }
        (Holder::Worker, false) => {
            Check::ok(name, format!("its credential carries {} (seen at {at})", listed(all.iter())))
        }
    }
}

fn listed<T: AsRef<str>>(names: impl Iterator<Item = T>) -> String {
    let names: Vec<String> = names.map(|name| name.as_ref().to_owned()).collect();
    if names.is_empty() { "no permission".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use listsync_core::Timestamp;

    use super::*;

    fn carried(writes: &[&str], reads: &[&str]) -> Carried {
        let set = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Carried { writes: set(writes), reads: set(reads), expires: None, at: Timestamp::UNIX_EPOCH }
    }

    fn state(holder: Holder, writes: &[&str]) -> State {
        told("function", holder, Some(&carried(writes, &["User.Read.All"]))).state
    }

    #[test]
    fn what_strangers_reach_must_not_write_and_what_runs_links_must() {
        assert_eq!(state(Holder::Api, &[]), State::Ok);
        assert_eq!(state(Holder::Api, &["GroupMember.ReadWrite.All"]), State::Warn);
        assert_eq!(state(Holder::Worker, &["GroupMember.ReadWrite.All"]), State::Ok);
        assert_eq!(state(Holder::Worker, &[]), State::Warn);
        assert_eq!(told("function", Holder::Api, None).state, State::Ok);
        let named = told("function", Holder::Api, Some(&carried(&["Group.Create"], &[])));
        assert!(named.message.contains("Group.Create"), "{}", named.message);
    }
}
