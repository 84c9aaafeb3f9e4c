//! What alerts are about: how every link stands, and the files that wait.

use std::collections::{BTreeMap, BTreeSet};

use listsync_core::{
    alert::{Alert, AlertKind, AlertList, Standing, Subject, Tidings},
    id::{ImportId, LinkId, ListId},
    status::State,
};

use super::book::Book;
use crate::{
    ports::{Import, ImportState, LinkState, PortResult},
    service::Service,
    status,
};

const LINK: &str = "link/";
const IMPORT: &str = "import/";
const OPT_OUTS: &str = "opt-outs/";
const SOURCE: &str = "source/";
/// So many imports are looked through for one that waits and was not told. A beat comes each minute, and so many files do not.
const IMPORTS: usize = 100;

/// Takes in how everything stands.
pub(super) async fn take_in(service: &Service, book: &mut Book, channels: &[&str]) -> PortResult<()> {
    let names = service.ports.lists.list_names().await?;
    let taking = Taking { names: &names, channels };
    taking.links(service, book).await?;
    taking.sources(service, book).await?;
    taking.imports(service, book).await
}

struct Taking<'a> {
    names: &'a BTreeMap<ListId, String>,
    channels: &'a [&'a str],
}

impl Taking<'_> {
    async fn links(&self, service: &Service, book: &mut Book) -> PortResult<()> {
        let mut there: BTreeSet<LinkId> = BTreeSet::new();
        for (link, state) in status::links(&service.ports).await? {
            let subject = Subject { list: self.list(&link.link.list), link: Some(link.link.id.clone()) };
            self.state(book, &format!("{LINK}{}", link.link.id), &state, subject.clone());
            self.opt_outs(book, &link, subject);
            there.insert(link.link.id);
        }
        for kind in [LINK, OPT_OUTS] {
            for name in pages_of(book, kind) {
                let is_there = LinkId::parse(&name[kind.len()..]).is_ok_and(|id| there.contains(&id));
                if !is_there {
                    book.page(&name, |page| page.told.take_in(Standing::Gone));
                }
            }
        }
        Ok(())
    }

    /// Nothing waits because of them, so they are beside how the link stands, and neither hides the other.
    fn opt_outs(&self, book: &mut Book, link: &LinkState, subject: Subject) {
        let (now, channels) = (book.now, self.channels);
        let surge = link.progress.opt_outs.surge(now);
        book.page(&format!("{OPT_OUTS}{}", link.link.id), |page| {
            let tidings = page.told.take_in_opt_outs(surge);
            if let (Tidings::Alert(_), Some(surge)) = (tidings, surge) {
                page.add(Alert::of_opt_outs(surge, subject, now), Some(channels));
            }
        });
    }

    /// The lists whose files should come.
    async fn sources(&self, service: &Service, book: &mut Book) -> PortResult<()> {
        let mut there: BTreeSet<String> = BTreeSet::new();
        for expected in service.ports.lists.expected().await? {
            let page = format!("{SOURCE}{}", expected.list);
            let list = self.list(&expected.list);
            match expected.stale(book.now) {
                Some(state) => self.state(book, &page, &state, Subject { list, link: None }),
                None => self.heard(book, &page, list),
            }
            there.insert(page);
        }
        for name in pages_of(book, SOURCE) {
            if !there.contains(&name) {
                book.page(&name, |page| page.told.take_in(Standing::Gone));
            }
        }
        Ok(())
    }

    fn heard(&self, book: &mut Book, name: &str, list: AlertList) {
        let (now, channels) = (book.now, self.channels);
        book.page(name, |page| {
            let over = State::InStep { left_out: BTreeMap::new() };
            if page.told.take_in(Standing::Is(&over)) == Tidings::Recovery {
                page.add(Alert::of_heard_source(list, now), Some(channels));
            }
        });
    }

    async fn imports(&self, service: &Service, book: &mut Book) -> PortResult<()> {
        let lists = &service.ports.lists;
        let newest = lists.imports(IMPORTS).await?;
        for import in newest.iter().filter(|import| import.state == ImportState::Held) {
            self.held(book, import);
        }
        for name in pages_of(book, IMPORT) {
            let Ok(id) = ImportId::parse(&name[IMPORT.len()..]) else { continue };
            let known = match newest.iter().find(|import| import.id == id) {
                Some(import) => Some(import.clone()),
                None => lists.find_import(&id).await?,
            };
            match known {
                Some(import) if import.state == ImportState::Held => {}
                Some(import) => self.decided(book, &name, &import),
                None => drop(book.page(&name, |page| page.told.take_in(Standing::Gone))),
            }
        }
        Ok(())
    }

    fn held(&self, book: &mut Book, import: &Import) {
        // The files of a list that is gone wait for nobody.
        if !self.names.contains_key(&import.list) {
            return;
        }
        let state = State::ImportHeld { import: import.id.to_string(), since: import.at };
        let subject = Subject { list: self.list(&import.list), link: None };
        self.state(book, &format!("{IMPORT}{}", import.id), &state, subject);
    }

    fn decided(&self, book: &mut Book, name: &str, import: &Import) {
        let (now, channels, list) = (book.now, self.channels, self.list(&import.list));
        book.page(name, |page| {
            let over = State::InStep { left_out: BTreeMap::new() };
            if page.told.take_in(Standing::Is(&over)) == Tidings::Recovery {
                page.add(Alert::of_decided_import(import.id.as_str(), list, now), Some(channels));
            }
        });
    }

    fn state(&self, book: &mut Book, name: &str, state: &State, subject: Subject) {
        let (now, channels) = (book.now, self.channels);
        book.page(name, |page| {
            let kind = match page.told.take_in(Standing::Is(state)) {
                Tidings::Alert(kind) => kind,
                Tidings::Recovery => AlertKind::Recovered,
                Tidings::Nothing | Tidings::Quiet => return,
            };
            page.add(Alert::of_state(kind, state, subject, now), Some(channels));
        });
    }

    fn list(&self, id: &ListId) -> AlertList {
        let name = self.names.get(id).cloned().unwrap_or_else(|| id.to_string());
        AlertList { id: id.clone(), name }
    }
}

fn pages_of(book: &Book, kind: &str) -> Vec<String> {
    book.pages().map(|(name, _)| name).filter(|name| name.starts_with(kind)).map(str::to_owned).collect()
}
