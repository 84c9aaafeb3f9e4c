//! `listsync contacts`: people, on however many lists.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    time::Duration,
};

use listsync_core::{
    address::Address,
    contact::{Contact, Decision, ExternalId, OptOutReason, Saying, Scope, UndeliverableReason, Via},
    id::LinkId,
    list::{Origin, Standing},
    text::judge_person,
};
use listsync_engine::{
    people::{self, Stored},
    ports::{ContactEdit, MailState},
    service::Service,
};
use listsync_http::documents::contact::{ContactDocument, PersonExport, PlaceDocument, SaidDocument};
use listsync_inbound::my_lists::{self, MyLists};
use listsync_wiring::Wired;
use serde_json::json;

use super::{asked::Asked, history, prune};
use crate::{
    cli::{ContactsVerb, EditArgs, MailArg, Who},
    confirm::{self, Going, Weight},
    find::{self, Person},
    output::{self, Outcome, Refusal, Reply},
    view,
};

const PAGE: usize = 500;

pub(super) async fn run(wired: &Wired, verb: &ContactsVerb) -> Outcome {
    let service = &wired.service;
    match verb {
        ContactsVerb::Ls => ls(service).await,
        ContactsVerb::Show(who) => show(service, who).await,
        ContactsVerb::History { who, limit } => history::of_contact(service, &who.email, *limit).await,
        ContactsVerb::Edit(args) => edit(service, args).await,
        ContactsVerb::Merge { keep, other } => merge(service, keep, other).await,
        ContactsVerb::OptOut(who) => decide(service, who, Decision::OptedOut).await,
        ContactsVerb::OptIn(who) => decide(service, who, Decision::Subscribed).await,
        ContactsVerb::MyLists(who) => my_lists(wired, who).await,
        ContactsVerb::Delete(who) => {
            let contact = find::contact(service, &who.email).await?;
            let stored = people::delete(service, &contact.id).await?;
            Ok(gone(&contact, stored.links, "Deleted", "Their opt-outs stay, as keyed hashes."))
        }
        ContactsVerb::Prune { older_than, yes } => prune::run(service, *older_than, *yes).await,
        ContactsVerb::Erase { who, yes } => match find::person(service, &who.email).await? {
            Person::Contact(contact) => {
                confirm_erasure(service, &contact, *yes).await?;
                let stored = people::erase(service, &contact.id).await?;
                Ok(gone(&contact, stored.links, "Erased", "No file and no group brings them back."))
            }
            Person::Address(address) => erase_address(service, &address, *yes).await,
        },
    }
}

/// A link for the sender's own mail system.
async fn my_lists(wired: &Wired, who: &Who) -> Outcome {
    let Some(base) = &wired.public_url else {
        let message = "the page of a person's lists has no address that they could open";
        let hint = "set LISTSYNC_PUBLIC_URL to where people reach the HTTP API";
        return Err(Refusal::new("no_public_url", message, hint));
    };
    let contact = find::contact(&wired.service, &who.email).await?;
    let MyLists { token, until } = my_lists::issue(&wired.service, &contact).await?;
    let url = my_lists::page_url(base, &token);
    let text = format!(
        "{url}\nSend it to {} and to nobody else: whoever has it sees their lists. It is good until {until}.",
        contact.address
    );
    Ok(Reply::done(json!({"url": url, "address": contact.address, "until": until}), text))
}

/// Says what goes, and asks a person at a terminal: nothing brings it back.
async fn confirm_erasure(service: &Service, contact: &Contact, said: bool) -> Result<(), Refusal> {
    let lists = service.contacts.places(&contact.id).await?;
    let lists = lists.iter().filter(|place| place.standing != Standing::Absent).count() as u64;
    let question = format!(
        "Erase {}: {}, {}, {}, and what runs and imports tell of them?",
        contact.address,
        output::count(contact.aliases.len() as u64 + 1, "address", "addresses"),
        output::count(contact.fields.len() as u64, "field", "fields"),
        output::count(lists, "list", "lists"),
    );
    confirm::ask(&Going { question: &question, weight: Weight::Light, said })
}

/// Erases whoever has an address that is no contact's. It may be mistyped, and holds somebody else off every list then: so a
/// script has to say that it means it.
async fn erase_address(service: &Service, address: &Address, said: bool) -> Outcome {
    let question = format!(
        "Erase {address}, which no contact has, from what files, runs and imports tell, and hold it off every list?"
    );
    confirm::ask(&Going { question: &question, weight: Weight::Heavy, said })?;
    people::erase_address(service, address).await?;
    let text = format!(
        "Nobody had {address} as a contact. It is struck from what files, runs and imports tell, and is held off every list from now on."
    );
    Ok(Reply::done(json!({"id": null, "links": []}), text))
}

async fn ls(service: &Service) -> Outcome {
    let settings = service.ports.settings.settings().await?;
    let (mut documents, mut rows, mut after) = (Vec::new(), Vec::new(), None);
    loop {
        let page = service.contacts.contacts(after.as_ref(), PAGE).await?;
        let full = page.len() == PAGE;
        after = page.last().map(|contact| contact.id.clone());
        for contact in page {
            let department = contact.fields.get("department").map(|field| field.value.clone());
            rows.push([
                contact.address.to_string(),
                contact.name.clone(),
                department.unwrap_or_default(),
                notes(&contact),
            ]);
            documents.push(ContactDocument::of(contact, &settings));
        }
        if !full {
            break;
        }
    }
    let text = match rows.is_empty() {
        true => "There is no contact yet. Import a file, or add somebody to a list.".to_owned(),
        false => output::table(["ADDRESS", "NAME", "DEPARTMENT", "NOTE"], &rows),
    };
    Ok(Reply::done(json!(documents), text))
}

fn notes(contact: &Contact) -> String {
    let mut notes = Vec::new();
    if let Some(no) = contact.opted_out {
        let but = match contact.accepts.len() {
            0 => String::new(),
            some => format!(" but {some} that they said yes to since"),
        };
        notes.push(format!("wants no list{but} ({})", view::word(no.reason)));
    }
    if let Some(undeliverable) = contact.undeliverable {
        notes.push(format!("undeliverable ({})", view::word(undeliverable.reason)));
    }
    notes.join(", ")
}

async fn show(service: &Service, who: &Who) -> Outcome {
    let contact = find::contact(service, &who.email).await?;
    let (ports, id) = (&service.ports, contact.id.clone());
    let mut text = outline(&contact);
    let mut lists = Vec::new();
    for place in service.contacts.places(&id).await? {
        let place = PlaceDocument::load(ports, place).await?;
        let since = view::moment(place.since);
        let until = place.until.map_or_else(String::new, |at| format!(" until {}", view::moment(at)));
        let (state, list, origin) = (place.state, &place.list.name, place.origin);
        let _ = writeln!(text, "  {state} of '{list}' ({origin}) since {since}{until}");
        lists.push(place);
    }
    let mut decisions = Vec::new();
    for said in service.contacts.sayings(&id).await? {
        let said = SaidDocument::load(ports, said).await?;
        let about =
            said.list.as_ref().map_or_else(|| "all lists".to_owned(), |list| format!("'{}'", list.name));
        let (what, via) = (view::word(said.decision), view::word(said.via));
        let _ = writeln!(text, "  {what} {about} on {} ({via})", view::moment(said.at));
        decisions.push(said);
    }
    let settings = ports.settings.settings().await?;
    let contact = ContactDocument::of(contact, &settings);
    let export = PersonExport { exported_at: ports.clock.now(), contact, lists, decisions };
    Ok(Reply::done(json!(export), text))
}

fn outline(contact: &Contact) -> String {
    let mut text = format!("{}  {} ({})\n", output::bold(contact.address.as_str()), contact.name, contact.id);
    for alias in &contact.aliases {
        let _ = writeln!(text, "  also {alias}");
    }
    if let Some(key) = &contact.external_id {
        let _ = writeln!(text, "  external id {key}");
    }
    for (name, field) in &contact.fields {
        let (value, source) = (&field.value, field.source);
        let _ = writeln!(text, "  {name}: {value}  ({source}, {})", view::moment(field.at));
    }
    match notes(contact) {
        none if none.is_empty() => text,
        notes => text + "  " + &notes + "\n",
    }
}

async fn edit(service: &Service, args: &EditArgs) -> Outcome {
    let contact = find::contact(service, &args.email).await?;
    let stored = people::edit(service, &contact.id, None, &edit_of(args)?, Origin::Manual).await?;
    let Stored { what, links } = stored;
    let settings = service.ports.settings.settings().await?;
    let asked = Asked { links };
    let text = outline(&what).trim_end().to_owned() + &asked.text();
    Ok(Reply::done(json!(ContactDocument::of(what, &settings)), text))
}

fn edit_of(args: &EditArgs) -> Result<ContactEdit, Refusal> {
    let fields = args.set.iter().map(|text| field(text)).collect::<Result<BTreeMap<_, _>, _>>()?;
    bounded(args.name.as_deref().unwrap_or_default(), &fields)?;
    let all = |texts: &[String]| texts.iter().map(|text| find::address(text)).collect::<Result<_, _>>();
    let external_id = args.external_id.as_deref().map(ExternalId::parse).transpose();
    Ok(ContactEdit {
        address: args.address.as_deref().map(find::address).transpose()?,
        name: args.name.clone(),
        external_id: external_id.map_err(|error| {
            Refusal::new(
                "external_id",
                format!("--external-id: {error}"),
                "give the key as the HR system has it",
            )
        })?,
        ended_ids: BTreeSet::new(),
        fields,
        add_aliases: all(&args.alias)?,
        remove_aliases: all(&args.drop_alias)?,
        mail: args.mail.map(|mail| match mail {
            MailArg::Reaches => MailState::Reaches,
            MailArg::Undeliverable => MailState::Undeliverable(UndeliverableReason::Manual),
        }),
    })
}

/// Refuses what no other way in takes either.
pub(super) fn bounded(name: &str, fields: &BTreeMap<String, String>) -> Result<(), Refusal> {
    let pairs = fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    judge_person(name, pairs).map_err(|error| Refusal::new("too_long", error.to_string(), "give less"))
}

fn field(text: &str) -> Result<(String, String), Refusal> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), value.trim().to_owned()))
        }
        _ => Err(Refusal::new(
            "field",
            format!("--set: '{text}' is not of the form NAME=VALUE"),
            "write for instance --set department=Sales",
        )),
    }
}

async fn merge(service: &Service, keep: &str, other: &str) -> Outcome {
    let (keep, other) = (find::contact(service, keep).await?, find::contact(service, other).await?);
    if keep.id == other.id {
        return Err(Refusal::new("same_contact", "both addresses are of one contact already", ""));
    }
    let Stored { what, links } = people::merge(service, &keep.id, &other.id).await?;
    let settings = service.ports.settings.settings().await?;
    let text = outline(&what).trim_end().to_owned() + &Asked { links }.text();
    Ok(Reply::done(json!(ContactDocument::of(what, &settings)), text))
}

async fn decide(service: &Service, who: &Who, decision: Decision) -> Outcome {
    let address: Address = find::address(&who.email)?;
    let saying = Saying {
        address: address.clone(),
        decision,
        scope: Scope::All,
        reason: OptOutReason::Own,
        via: Via::Operator,
        at: service.ports.clock.now(),
    };
    let Stored { what, links } = people::say(service, &saying, Duration::ZERO).await?;
    let text = match decision {
        Decision::OptedOut => format!("{address} is on no list that lets its members go, now or later."),
        Decision::Subscribed => format!("{address} may be on lists again."),
    };
    let document = json!({
        "address": address, "decision": decision, "list": null, "changed": what.lists, "links": links,
    });
    Ok(Reply::done(document, text + &Asked { links }.text()))
}

fn gone(contact: &Contact, links: Vec<LinkId>, verb: &str, what: &str) -> Reply {
    let text = format!("{verb} {}. {what}{}", contact.address, Asked { links: links.clone() }.text());
    Reply::done(json!({"id": contact.id, "links": links}), text)
}
