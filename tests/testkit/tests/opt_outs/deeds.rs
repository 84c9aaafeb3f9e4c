//! Everything that people, operators, files and groups do to lists and contacts, at random.

use listsync_core::{
    contact::{Decision, ExternalId, OptOutReason, Saying, Scope, Via},
    id::ListId,
    list::{OptOutRule, Origin},
    member::Member,
};
use listsync_engine::ports::{
    Acquired, ContactEdit, Contacts, Fold, ImportMode, ImportRow, ImportState, Lease, Links, ListEdit,
    ListEffect, ListOutcome, ListStep, ListStore, NewImport, Presence,
};
use listsync_testkit::sample::{address, contact, link, moment, object};
use proptest::prelude::*;

/// A store of lists, links and people.
pub(crate) trait Store: ListStore + Contacts + Links {}
impl<S: ListStore + Contacts + Links> Store for S {}

/// So many addresses there are.
pub(crate) const PEOPLE: u8 = 6;

/// Of a file: who, under which key, and whether they leave.
type Row = (u8, Option<u8>, bool);

/// Something that is done. People are numbers, lists too.
#[derive(Debug, Clone)]
pub(crate) enum Deed {
    Add(u8, u8),
    Remove(u8, u8),
    Import { list: u8, full: bool, rows: Vec<Row> },
    Join(u8),
    OptOut(u8, Option<u8>),
    Complain(u8),
    Subscribe(u8, Option<u8>),
    Move(u8, u8),
    Alias(u8, u8),
    Unalias(u8, u8),
    Merge(u8, u8),
    Delete(u8),
    Erase(u8),
    Rule(u8, bool),
    Restart,
}

/// What may be done while somebody's opt-out is to hold: everything but their own word and an operator's.
pub(crate) fn any() -> impl Strategy<Value = Deed> {
    let (who, list) = (0..PEOPLE, 0..2u8);
    let row = (0..PEOPLE, proptest::option::of(0..4u8), proptest::bool::weighted(0.15));
    prop_oneof![
        3 => (list.clone(), who.clone()).prop_map(|(list, who)| Deed::Add(list, who)),
        1 => (list.clone(), who.clone()).prop_map(|(list, who)| Deed::Remove(list, who)),
        3 => (list.clone(), any_full(), proptest::collection::vec(row, 0..6))
            .prop_map(|(list, full, rows)| Deed::Import { list, full, rows }),
        2 => who.clone().prop_map(Deed::Join),
        3 => (who.clone(), proptest::option::of(list.clone())).prop_map(|(who, list)| Deed::OptOut(who, list)),
        1 => who.clone().prop_map(Deed::Complain),
        2 => (who.clone(), proptest::option::of(list)).prop_map(|(who, list)| Deed::Subscribe(who, list)),
        2 => (who.clone(), who.clone()).prop_map(|(who, to)| Deed::Move(who, to)),
        1 => (who.clone(), who.clone()).prop_map(|(who, to)| Deed::Alias(who, to)),
        1 => (who.clone(), who.clone()).prop_map(|(who, to)| Deed::Unalias(who, to)),
        2 => (who.clone(), who.clone()).prop_map(|(keep, other)| Deed::Merge(keep, other)),
        1 => who.clone().prop_map(Deed::Delete),
        1 => who.prop_map(Deed::Erase),
        1 => (0..2u8, proptest::bool::ANY).prop_map(|(list, mandatory)| Deed::Rule(list, mandatory)),
        1 => Just(Deed::Restart),
    ]
}

fn any_full() -> impl Strategy<Value = bool> {
    proptest::bool::weighted(0.4)
}

pub(crate) fn name(who: u8) -> String {
    format!("p{who}")
}

/// Two lists on a store, the first of them linked.
pub(crate) struct Stage {
    pub(crate) lists: [ListId; 2],
    lease: Lease,
    second: i64,
}

impl Stage {
    pub(crate) async fn set<S: Store>(store: &S) -> Self {
        let staff = store.create_list("Staff", moment(0)).await.unwrap().id;
        let news = store.create_list("News", moment(0)).await.unwrap().id;
        let link = link("staff", &staff, "staff");
        store.create(&link, moment(0)).await.unwrap();
        let until = std::time::Duration::from_secs(1 << 20);
        let Acquired::Lease(lease) = store.acquire(&link.id, moment(0), until).await.unwrap() else {
            panic!("nobody else has it");
        };
        Self { lists: [staff, news], lease, second: 1 }
    }

    pub(crate) fn list(&self, list: u8) -> &ListId {
        &self.lists[usize::from(list) % 2]
    }

    fn scope(&self, list: Option<u8>) -> Scope {
        list.map_or(Scope::All, |list| Scope::List(self.list(list).clone()))
    }

    /// Does it; what came of it, in words that every store uses.
    pub(crate) async fn does<S: Store>(&mut self, store: &S, deed: &Deed) -> String {
        self.second += 1;
        let now = moment(self.second);
        let say = |who: u8, decision, list, reason, via| Saying {
            address: address(&name(who)),
            decision,
            scope: self.scope(list),
            reason,
            via,
            at: now,
        };
        match deed {
            Deed::Add(list, who) => {
                let added = store.add(self.list(*list), &contact(&name(*who)), Origin::Manual, now).await;
                format!("{:?}", added.unwrap())
            }
            Deed::Remove(list, who) => {
                format!("{:?}", store.remove(self.list(*list), &address(&name(*who)), now).await.unwrap())
            }
            Deed::Import { list, full, rows } => self.imports(store, *list, (*full, rows)).await,
            Deed::Join(who) => self.group_adds(store, *who).await,
            Deed::OptOut(who, list) => {
                let said = say(*who, Decision::OptedOut, *list, OptOutReason::Own, Via::OneClick);
                told(store.say(&said).await.map(|heard| heard.lists.len()))
            }
            Deed::Complain(who) => {
                let said = say(*who, Decision::OptedOut, None, OptOutReason::Complaint, Via::Event);
                told(store.say(&said).await.map(|heard| heard.lists.len()))
            }
            Deed::Subscribe(who, list) => {
                let said = say(*who, Decision::Subscribed, *list, OptOutReason::Own, Via::Page);
                told(store.say(&said).await.map(|heard| heard.lists.len()))
            }
            Deed::Move(who, to) => {
                let edit = ContactEdit { address: Some(address(&name(*to))), ..ContactEdit::default() };
                edits(store, *who, &edit, self.second).await
            }
            Deed::Alias(who, to) => {
                let edit =
                    ContactEdit { add_aliases: [address(&name(*to))].into(), ..ContactEdit::default() };
                edits(store, *who, &edit, self.second).await
            }
            Deed::Unalias(who, to) => {
                let edit =
                    ContactEdit { remove_aliases: [address(&name(*to))].into(), ..ContactEdit::default() };
                edits(store, *who, &edit, self.second).await
            }
            Deed::Merge(keep, other) => {
                let (Some(keep), Some(other)) = (id(store, *keep).await, id(store, *other).await) else {
                    return "nobody".into();
                };
                told(store.merge_contacts(&keep, &other, now).await.map(|_| ()))
            }
            Deed::Delete(who) => match id(store, *who).await {
                Some(who) => told(store.delete_contact(&who, now).await.map(|lists| lists.len())),
                None => "nobody".into(),
            },
            Deed::Erase(who) => match id(store, *who).await {
                Some(who) => told(store.erase_contact(&who, now).await.map(|lists| lists.len())),
                None => "nobody".into(),
            },
            Deed::Rule(list, mandatory) => {
                let rule = if *mandatory { OptOutRule::NotAllowed } else { OptOutRule::Allowed };
                let edit = ListEdit { opt_out: Some(rule), ..ListEdit::default() };
                told(store.edit_list(self.list(*list), None, &edit, now).await.map(|list| list.version))
            }
            Deed::Restart => String::new(),
        }
    }

    async fn imports<S: Store>(&self, store: &S, list: u8, (full, rows): (bool, &[Row])) -> String {
        let mut seen = std::collections::BTreeSet::new();
        let rows = rows.iter().filter(|(who, key, _)| {
            seen.insert(format!("a{who}")) && key.is_none_or(|key| seen.insert(format!("k{key}")))
        });
        let people = rows.enumerate().map(|(number, (who, key, leaves))| ImportRow {
            row: number as u64 + 2,
            external_id: key.map(|key| ExternalId::parse(&format!("key-{key}")).unwrap()),
            presence: if *leaves { Presence::Leaving } else { Presence::Present },
            ..contact(&name(*who)).into()
        });
        let mode = if full { ImportMode::Full } else { ImportMode::Incremental };
        let file = NewImport::new("f.csv", mode, people.collect(), moment(self.second));
        let imported = store.import(self.list(list), &file).await.unwrap();
        let mut import = imported.import;
        if import.state == ImportState::Held {
            import = store.approve_import(&import.id, moment(self.second)).await.unwrap();
        }
        let codes: Vec<_> = imported.refused.into_iter().map(|row| (row.row, row.code)).collect();
        format!(
            "{:?} +{} ~{} ={} -{} no{} bad{} bye{} {codes:?}",
            import.state,
            import.added,
            import.updated,
            import.unchanged,
            import.removed,
            import.opted_out,
            import.rejected,
            import.leaving
        )
    }

    /// The linked group has somebody whom the run puts on the list.
    async fn group_adds<S: Store>(&self, store: &S, who: u8) -> String {
        let step = ListStep {
            effect: ListEffect::Add {
                contact: contact(&name(who)),
                object_id: object(&name(who)),
                primary: None,
            },
            then: Member::unknown(listsync_core::member::MemberKey::Principal(object(&name(who)))),
        };
        let fold = Fold { list: vec![step], ..Fold::default() };
        let outcomes: Vec<ListOutcome> = Links::fold(store, &self.lease, &fold).await.unwrap();
        format!("{outcomes:?}")
    }
}

pub(crate) async fn id<S: Store>(store: &S, who: u8) -> Option<listsync_core::id::ContactId> {
    store.find_contact(&address(&name(who))).await.unwrap().map(|contact| contact.id)
}

async fn edits<S: Store>(store: &S, who: u8, edit: &ContactEdit, second: i64) -> String {
    match id(store, who).await {
        Some(who) => {
            told(store.edit_contact(&who, None, edit, Origin::Manual, moment(second)).await.map(|_| ()))
        }
        None => "nobody".into(),
    }
}

fn told<T: std::fmt::Debug>(result: listsync_engine::ports::PortResult<T>) -> String {
    match result {
        Ok(value) => format!("{value:?}"),
        Err(error) => error.code,
    }
}
