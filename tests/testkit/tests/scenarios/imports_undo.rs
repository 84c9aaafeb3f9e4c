//! A wrong file is taken back, on the list and in its group.

use std::time::Duration;

use listsync_core::{grant::Lists, history::By, limit::AdditionLimit, list::ListKind, summary::Outcome};
use listsync_engine::{
    history, imports_undo,
    ports::{
        Clock as _, Contacts as _, Decision, Fault, Import, ImportMode, ImportState, ListEdit,
        ListStore as _, NewImport, RulingKind,
    },
    service::Service,
};
use listsync_testkit::{
    faults::{Fate, Faults, When},
    sample::{address, contact, person},
};

use crate::{
    desk::{BOTH, Desk, crowd, names},
    play,
    service::service,
};

const HOUR: Duration = Duration::from_secs(3_600);
const FOUR: [&str; 4] = ["anna", "ben", "cleo", "dora"];

impl Desk {
    async fn takes_in(&mut self, mode: ImportMode, file: &[&str]) -> Import {
        let people = file.iter().map(|name| contact(name).into()).collect();
        let new = NewImport::new("wrong.csv", mode, people, self.clock.now());
        let new = NewImport { max_additions: AdditionLimit::Off, ..new };
        self.store.import(&self.list, &new).await.expect("taken in").import
    }

    async fn takes_back(&mut self, import: &Import) -> Import {
        let service = service(self);
        let plan = imports_undo::plan(&service, &import.id, &Lists::All).await.expect("a plan");
        let done = imports_undo::undo(&service, &plan, &Lists::All).await.expect("taken back");
        assert_eq!(done.links, std::slice::from_ref(&self.link), "its link is asked to run");
        done.what.import
    }
}

#[test]
fn a_wrong_file_of_three_hundred_is_taken_back_by_one_command_and_one_approval() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &FOUR).await;
            let before = desk.store.contacts(None, 1_000).await.expect("read");
            let wrong = crowd('w', 300);
            for name in &wrong {
                desk.directory.put_person(person(name));
            }
            let import = desk.takes_in(ImportMode::Incremental, &names(&wrong)).await;
            assert_eq!(desk.sync().await.outcome, Outcome::Converged, "a file is asked about by itself");
            assert_eq!(desk.grouped().len(), 304);
            desk.wait(HOUR).await;

            let undone = desk.takes_back(&import).await;
            assert_eq!(undone.state, ImportState::Undone);
            assert_eq!(
                desk.store.contacts(None, 1_000).await.expect("read"),
                before,
                "nobody else is touched"
            );
            let held = desk.sync().await;
            assert_eq!((held.outcome, held.held.group_removals), (Outcome::Held, 300));
            assert_eq!(desk.grouped().len(), 304, "the group's guard asks once");
            desk.rule(RulingKind::Approved, &held.held.digest).await;
            desk.sync().await;
            desk.both_are(&FOUR).await;
            desk.wait(HOUR).await;
            desk.both_are(&FOUR).await;
        });
    }
}

#[test]
fn who_was_taken_off_comes_back_to_the_group_and_who_said_no_does_not() {
    for reading in BOTH {
        play(async {
            let ten = crowd('p', 10);
            let mut desk = Desk::settled(reading, &names(&ten)).await;
            let import = desk.takes_in(ImportMode::Full, &names(&ten[2..])).await;
            assert_eq!(import.removed, 2);
            desk.sync().await;
            desk.both_are(&names(&ten[2..])).await;
            desk.says(&ten[1], Decision::OptedOut).await;
            desk.clock.advance(HOUR);
            desk.takes_back(&import).await;
            desk.sync().await;
            desk.clock.advance(HOUR);
            desk.sync().await;
            let mut expected = names(&ten);
            expected.remove(1);
            desk.both_are(&expected).await;
            let service = service(&desk);
            let back = desk.store.find_contact(&address(&ten[0])).await.expect("read").expect("there");
            let told = history::of_contact(&service, &back, &[desk.list.clone()].into()).await.expect("read");
            assert!(told.iter().any(|one| matches!(one.by, By::Edit(_))), "an operator's edit: {told:?}");
        });
    }
}

#[test]
fn an_undo_that_was_broken_off_does_the_rest_when_it_is_said_again() {
    for call in ["lists.take_back", "lists.end_undo"] {
        play(async {
            let mut desk = Desk::settled(BOTH[0], &FOUR).await;
            let import = desk.takes_in(ImportMode::Incremental, &["eva", "fay"]).await;
            let service = service(&desk);
            let plan = imports_undo::plan(&service, &import.id, &Lists::All).await.expect("a plan");
            let lost = Fate::Fail(Fault::Unavailable, When::After);
            let faults =
                Faults::judged(Box::new(move |name, _| if name == call { lost } else { Fate::Pass }));
            let broken = Service { ports: faults.over(&desk.ports), ..service.clone() };
            imports_undo::undo(&broken, &plan, &Lists::All).await.expect_err("the answer is lost");
            let again = imports_undo::plan(&service, &import.id, &Lists::All).await;
            match call {
                "lists.end_undo" => assert_eq!(again.expect_err("it is done").code, "import_undone"),
                _ => assert_eq!(desk.takes_back(&import).await.state, ImportState::Undone),
            }
            desk.sync().await;
            desk.both_are(&FOUR).await;
        });
    }
}

#[test]
fn a_list_that_its_filter_keeps_takes_nothing_back() {
    play(async {
        let mut desk = Desk::with(BOTH[0], &FOUR, &[]).await;
        let other = desk.store.create_list("Other", desk.clock.now()).await.expect("made").id;
        let list = std::mem::replace(&mut desk.list, other.clone());
        let import = desk.takes_in(ImportMode::Incremental, &["eva"]).await;
        desk.list = list;
        let kind = Some(ListKind::Filtered { filter: "name sw \"e\"".to_owned() });
        let edit = ListEdit { kind, ..ListEdit::default() };
        desk.store.edit_list(&other, None, &edit, desk.clock.now()).await.expect("edited");
        let refused = imports_undo::plan(&service(&desk), &import.id, &Lists::All).await;
        assert_eq!(refused.expect_err("the filter decides").code, "list_filtered");
    });
}
