//! One contract per port: what its documentation promises, as tests that every adapter has to pass.
//!
//! A contract is a row of cases. Each takes stores of its own, and is a test of its own for every adapter ([`trials`]).

pub mod alerts;
pub mod audit;
pub mod directory;
pub mod keys;
pub mod links;
pub mod lists;
pub mod people;
pub mod queue;
pub mod records;

use std::sync::Arc;

use futures::future::LocalBoxFuture;
use libtest_mimic::Trial;
use listsync_engine::ports::{
    AlertNotes, AuditLog, Contacts, Fault, Gate, Keys, Links, ListStore, PortResult, Runs, Seen,
    SettingsStore,
};

/// One promise of a port, which every adapter has to keep. An `M` makes an adapter that is empty.
pub struct Case<M> {
    path: &'static str,
    play: for<'m> fn(&'m M) -> LocalBoxFuture<'m, ()>,
}

impl<M> Case<M> {
    /// Its name, as `lists::growth::a_limit_of_the_list_is_kept_with_it`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.path.split_once("contracts::").map_or(self.path, |(_, name)| name)
    }
}

/// The cases of these names.
macro_rules! cases {
    (on a store: $($case:ident),+ $(,)?) => {
        vec![$($crate::contracts::Case {
            path: concat!(module_path!(), "::", stringify!($case)),
            play: |make| Box::pin(async move { $case(&make()).await }),
        }),+]
    };
    ($($case:ident),+ $(,)?) => {
        vec![$($crate::contracts::Case {
            path: concat!(module_path!(), "::", stringify!($case)),
            play: |make| Box::pin($case(make)),
        }),+]
    };
}
use cases;

/// Every case of a store, whatever it stands on; that it is a queue as well is not asked.
pub fn of_store<S, M: Fn() -> S>() -> Vec<Case<M>>
where
    S: Links
        + ListStore
        + Contacts
        + Runs
        + Gate
        + SettingsStore
        + Keys
        + Seen
        + AlertNotes
        + AuditLog
        + 'static,
{
    let parts = [
        links::cases(),
        lists::cases(),
        people::cases(),
        records::runs(),
        records::gate(),
        records::settings(),
        keys::cases(),
        keys::seen(),
        alerts::cases(),
        audit::cases(),
    ];
    parts.into_iter().flatten().collect()
}

/// A test of each case for one adapter, by whose name they are called. `made` is told the case for which it makes a maker.
pub fn trials<M>(
    adapter: &str,
    cases: Vec<Case<M>>,
    made: impl Fn(&str) -> M + Send + Sync + 'static,
) -> Vec<Trial>
where
    M: 'static,
{
    let made = Arc::new(made);
    let of_case = |case: Case<M>| {
        let made = made.clone();
        trial(format!("{adapter}::{}", case.name()), async move || {
            let make = made(case.name());
            (case.play)(&make).await;
        })
    };
    cases.into_iter().map(of_case).collect()
}

/// A test of this name beside those of cases.
pub fn trial(name: impl Into<String>, test: impl AsyncFnOnce() + Send + 'static) -> Trial {
    Trial::test(name, || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        runtime.block_on(test());
        Ok(())
    })
}

/// What a call that must work gave.
fn ok<T>(result: PortResult<T>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("a call that must work failed: {error} ({}, {:?})", error.code, error.fault),
    }
}

/// The fault of a call that must fail.
fn fault<T>(result: PortResult<T>) -> Fault {
    match result {
        Ok(_) => panic!("a call that must fail worked"),
        Err(error) => error.fault,
    }
}
