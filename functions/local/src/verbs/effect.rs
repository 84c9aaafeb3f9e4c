//! What each verb changes, and so what the audit says of it: the one table. A verb that is not in it does not compile.

use listsync_core::audit::Action;
use listsync_wiring::Missing;

use super::settings::word;
use crate::cli::{
    AlertsVerb, ContactsVerb, Deed, GroupsVerb, ImportsVerb, KeysVerb, LinksVerb, ListsVerb, OneLink,
    RunsVerb, SettingsVerb, SomeLinks, Verb,
};

/// What a verb does to what is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Effect<'a> {
    /// It looks and changes nothing, or nothing that outlives it.
    Reads,
    /// It is recorded as this, done to what was named and to what it made.
    Changes(Action, Vec<Named<'a>>),
    /// It is recorded as this by itself, where it comes to that.
    Itself(Action),
    /// It does what links, timer and callers ask for: runs have summaries, and callers are recorded as such.
    Hosts,
}

/// What a person names, in their words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named<'a> {
    List(&'a str),
    Link(&'a OneLink),
    Links(&'a SomeLinks),
    Contact(&'a str),
    Import(&'a str),
    Hold(&'a str),
    Key(&'a str),
    SigningKey(&'a str),
    Setting(&'static str),
}

/// What it does where there is no embedded store: who looks at nothing is told so, and makes none by looking.
pub(super) fn missing_store(verb: &Verb) -> Missing {
    match (verb, effect(verb)) {
        // These look at nothing that is kept, or say so themselves.
        (Verb::Demo | Verb::Completions { .. } | Verb::Doctor(_), _)
        | (Verb::Imports(ImportsVerb::Profiles), _) => Missing::TakeForEmpty,
        (_, Effect::Reads) => Missing::Refuse,
        (_, Effect::Changes(..) | Effect::Itself(_) | Effect::Hosts) => Missing::Make,
    }
}

pub(super) fn effect(verb: &Verb) -> Effect<'_> {
    use Effect::{Changes, Hosts, Itself, Reads};
    match verb {
        Verb::Demo | Verb::Completions { .. } | Verb::Plan(_) | Verb::Handout(_) | Verb::Audit(_) => Reads,
        Verb::Status(_) | Verb::Why(_) | Verb::Groups(GroupsVerb::Ls { .. }) => Reads,
        Verb::Backup { .. } => Reads,
        // A link that is good for five minutes. What is done with it is recorded as it is done.
        Verb::Console(_) => Reads,
        Verb::Runs(RunsVerb::Ls { .. } | RunsVerb::Show { .. }) => Reads,
        Verb::Runs(RunsVerb::Undo(_)) => Itself(Action::RunUndo),
        Verb::Tick | Verb::Work(_) | Verb::Serve(_) | Verb::Alerts(AlertsVerb::Test) => Hosts,
        Verb::Alerts(AlertsVerb::Ls) => Reads,
        Verb::Doctor(args) if args.open_gate => Itself(Action::GateOpen),
        Verb::Doctor(_) => Reads,
        Verb::Lists(verb) => of_lists(verb),
        Verb::Contacts(verb) => of_contacts(verb),
        Verb::Import(args) => match args.deed() {
            Deed::TakeIn(_) => Changes(Action::ImportCreate, vec![Named::List(&args.list)]),
            Deed::OptOuts => Changes(Action::ConsentImport, vec![Named::List(&args.list)]),
            Deed::Look(_) => Reads,
        },
        Verb::Imports(verb) => match verb {
            ImportsVerb::Ls | ImportsVerb::Profiles | ImportsVerb::Show { .. } => Reads,
            ImportsVerb::Approve { import } => Changes(Action::ImportApprove, vec![Named::Import(import)]),
            ImportsVerb::Discard { import } => Changes(Action::ImportDiscard, vec![Named::Import(import)]),
            ImportsVerb::Undo { import, .. } => Changes(Action::ImportUndo, vec![Named::Import(import)]),
        },
        Verb::Subscribe(who) => {
            Changes(Action::ConsentSubscribe, vec![Named::List(&who.list), Named::Contact(&who.email)])
        }
        Verb::Unsubscribe(who) => {
            Changes(Action::ConsentOptOut, vec![Named::List(&who.list), Named::Contact(&who.email)])
        }
        Verb::Link(_) => Itself(Action::LinkCreate),
        Verb::Links(verb) => of_links(verb),
        Verb::Sync(args) => Changes(Action::LinkSync, vec![Named::Links(&args.some)]),
        Verb::Keys(verb) => match verb {
            KeysVerb::Ls => Reads,
            KeysVerb::Create { list, .. } => {
                Changes(Action::KeyCreate, list.iter().map(|list| Named::List(list)).collect())
            }
            KeysVerb::Revoke { key } => Changes(Action::KeyRevoke, vec![Named::Key(key)]),
            KeysVerb::RotateLinks => Changes(Action::SigningKeyRotate, Vec::new()),
            KeysVerb::RetireLinks { key } => Changes(Action::SigningKeyRetire, vec![Named::SigningKey(key)]),
        },
        Verb::Settings(verb) => match verb {
            SettingsVerb::Get { .. } => Reads,
            SettingsVerb::Set { name, .. } => {
                Changes(Action::SettingsEdit, vec![Named::Setting(word(*name))])
            }
        },
    }
}

fn of_lists(verb: &ListsVerb) -> Effect<'_> {
    use Effect::{Changes, Reads};
    match verb {
        ListsVerb::Create { name, .. } => Changes(Action::ListCreate, vec![Named::List(name)]),
        ListsVerb::Edit { list, .. } => Changes(Action::ListEdit, vec![Named::List(list)]),
        ListsVerb::Delete { list, .. } => Changes(Action::ListDelete, vec![Named::List(list)]),
        ListsVerb::Add { person, .. } => {
            Changes(Action::MemberAdd, vec![Named::List(&person.list), Named::Contact(&person.email)])
        }
        ListsVerb::Remove(person) => {
            Changes(Action::MemberRemove, vec![Named::List(&person.list), Named::Contact(&person.email)])
        }
        ListsVerb::Preview { .. }
        | ListsVerb::Explain(_)
        | ListsVerb::Ls
        | ListsVerb::Show { .. }
        | ListsVerb::History { .. }
        | ListsVerb::Members { .. }
        | ListsVerb::Export { .. } => Reads,
    }
}

fn of_contacts(verb: &ContactsVerb) -> Effect<'_> {
    use Effect::{Changes, Reads};
    match verb {
        ContactsVerb::Ls
        | ContactsVerb::Show(_)
        | ContactsVerb::History { .. }
        | ContactsVerb::MyLists(_) => Reads,
        ContactsVerb::Edit(args) => Changes(Action::ContactEdit, vec![Named::Contact(&args.email)]),
        ContactsVerb::Merge { keep, other } => {
            Changes(Action::ContactMerge, vec![Named::Contact(keep), Named::Contact(other)])
        }
        ContactsVerb::OptOut(who) => Changes(Action::ConsentOptOut, vec![Named::Contact(&who.email)]),
        ContactsVerb::OptIn(who) => Changes(Action::ConsentSubscribe, vec![Named::Contact(&who.email)]),
        ContactsVerb::Delete(who) => Changes(Action::ContactDelete, vec![Named::Contact(&who.email)]),
        ContactsVerb::Prune { .. } => Changes(Action::ContactPrune, Vec::new()),
        ContactsVerb::Erase { who, .. } => Changes(Action::ContactErase, vec![Named::Contact(&who.email)]),
    }
}

fn of_links(verb: &LinksVerb) -> Effect<'_> {
    use Effect::{Changes, Reads};
    match verb {
        LinksVerb::Ls | LinksVerb::Show(_) => Reads,
        LinksVerb::Pause(one) => Changes(Action::LinkPause, vec![Named::Link(one)]),
        LinksVerb::Resume(one) => Changes(Action::LinkResume, vec![Named::Link(one)]),
        LinksVerb::Relink(one) => Changes(Action::LinkRelink, vec![Named::Link(one)]),
        LinksVerb::Unlink(one) => Changes(Action::LinkDelete, vec![Named::Link(one)]),
        LinksVerb::Edit(args) => Changes(Action::LinkEdit, vec![Named::Link(&args.link)]),
        LinksVerb::Writes { link, .. } => Changes(Action::LinkEdit, vec![Named::Link(link)]),
        LinksVerb::Approve { digest } => Changes(Action::HoldApprove, vec![Named::Hold(digest)]),
        LinksVerb::Discard { digest } => Changes(Action::HoldDiscard, vec![Named::Hold(digest)]),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, counterparts::every_verb};

    /// Each verb as somebody calls it, and what the audit has of it: nothing, where it changes nothing.
    const VERBS: &[(&str, &str)] = &[
        ("demo", ""),
        ("lists create News", "list.create"),
        ("lists edit News --name Old", "list.edit"),
        ("lists preview News", ""),
        ("lists explain News a@b.example", ""),
        ("lists ls", ""),
        ("lists show News", ""),
        ("lists members News", ""),
        ("lists export News --csv", ""),
        ("lists history News", ""),
        ("lists add News a@b.example", "member.add"),
        ("lists remove News a@b.example", "member.remove"),
        ("lists delete News", "list.delete"),
        ("contacts ls", ""),
        ("contacts show a@b.example", ""),
        ("contacts history a@b.example", ""),
        ("contacts my-lists a@b.example", ""),
        ("contacts edit a@b.example --name A", "contact.edit"),
        ("contacts merge a@b.example c@d.example", "contact.merge"),
        ("contacts opt-out a@b.example", "consent.opt_out"),
        ("contacts opt-in a@b.example", "consent.subscribe"),
        ("contacts delete a@b.example", "contact.delete"),
        ("contacts prune --older-than 90d", "contact.prune"),
        ("contacts erase a@b.example", "contact.erase"),
        ("import f.csv --list News --mode full", "import.create"),
        ("import f.csv --list News --mode full --dry-run", ""),
        ("import f.csv --list News --as opt-outs", "consent.import"),
        ("imports ls", ""),
        ("imports profiles", ""),
        ("imports show i1", ""),
        ("imports approve i1", "import.approve"),
        ("imports discard i1", "import.discard"),
        ("imports undo i1", "import.undo"),
        ("subscribe News a@b.example", "consent.subscribe"),
        ("unsubscribe News a@b.example", "consent.opt_out"),
        ("groups ls Mark", ""),
        ("groups ls Mark", ""),
        ("link News --group g", "link.create"),
        ("links ls", ""),
        ("links show News", ""),
        ("links pause News", "link.pause"),
        ("links resume News", "link.resume"),
        ("links approve d1", "hold.approve"),
        ("links discard d1", "hold.discard"),
        ("links relink News", "link.relink"),
        ("links edit News --every 1h", "link.edit"),
        ("links writes News by-hand", "link.edit"),
        ("links unlink News", "link.delete"),
        ("plan News", ""),
        ("handout News", ""),
        ("status", ""),
        ("why News a@b.example", ""),
        ("sync News", "link.sync"),
        ("tick", ""),
        ("work", ""),
        ("serve", ""),
        ("console", ""),
        ("runs ls", ""),
        ("runs show r1", ""),
        ("runs undo r1", "run.undo"),
        ("audit ls", ""),
        ("alerts ls", ""),
        ("alerts test", ""),
        ("backup copy.db", ""),
        ("doctor", ""),
        ("doctor --open-gate", "gate.open"),
        ("keys ls", ""),
        ("keys create tool --scope read", "key.create"),
        ("keys revoke k1", "key.revoke"),
        ("keys rotate-links", "signing_key.rotate"),
        ("keys retire-links k1", "signing_key.retire"),
        ("settings get", ""),
        ("settings set every 1h", "settings.edit"),
        ("completions bash", ""),
    ];

    #[test]
    fn every_verb_is_recorded_as_what_it_does_or_changes_nothing() {
        let mut all = every_verb();
        for (line, action) in VERBS {
            let cli = Cli::try_parse_from(["listsync"].into_iter().chain(line.split(' '))).expect(line);
            let told = match effect(&cli.verb) {
                Effect::Reads | Effect::Hosts => "",
                Effect::Changes(action, _) | Effect::Itself(action) => action.word(),
            };
            assert_eq!(told, *action, "{line}");
            all.retain(|leaf| !(format!("{line} ")).starts_with(&format!("{leaf} ")));
        }
        assert!(all.is_empty(), "nobody says whether these change anything: {all:?}");
    }
}
