//! `listsync lists`: the operator's lists and edits.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use listsync_core::{
    Timestamp,
    address::Address,
    contact::UndeliverableReason,
    duration,
    id::{ContactId, GroupId, LinkId},
    link::Link,
    list::{Entry, List, ListKind, NewContact, OptOutRule, Standing},
    settings::Settings,
    shell::Quoted,
    stay::Stay,
};
use listsync_engine::{
    Ports,
    people::{self, Stored},
    ports::{AddOutcome, EntryQuery, ListCounts, MemberQuery, RemoveOutcome},
    service::Service,
    status::{self, Row},
};
use listsync_http::documents::{
    export,
    list::{ListDocument, ListRow},
};
use serde_json::{Value, json};

use super::{asked::Asked, contacts, history, rules};
use crate::{
    cli::{ListsVerb, Person},
    confirm::{self, Going, Weight},
    find,
    output::{self, Outcome, Refusal, Reply},
    view::{LinkView, moment},
};

pub(super) async fn run(service: &Service, verb: &ListsVerb) -> Outcome {
    let ports = &service.ports;
    match verb {
        ListsVerb::Create { name, rule } => rules::create(service, name, rule).await,
        ListsVerb::Edit { list, name, rule, no_filter } => {
            let kind = if *no_filter { rules::Kind::Static } else { rules::Kind::AsGiven };
            rules::edit(service, list, name.as_deref(), (rule, kind)).await
        }
        ListsVerb::Preview { list, filter } => rules::preview(service, list, filter.as_deref()).await,
        ListsVerb::Explain(person) => rules::explain(service, person).await,
        ListsVerb::Ls => ls(ports).await,
        ListsVerb::Show { list } => show(ports, list).await,
        ListsVerb::Members { list } => members(ports, list).await,
        ListsVerb::Export { list, csv: _ } => export(service, list).await,
        ListsVerb::History { list, limit } => history::of_list(service, list, *limit).await,
        ListsVerb::Add { person, name, until } => {
            add(service, person, name.as_deref(), until.as_deref()).await
        }
        ListsVerb::Remove(person) => remove(service, person).await,
        ListsVerb::Delete { list, yes } => delete(ports, list, *yes).await,
    }
}

async fn ls(ports: &Ports) -> Outcome {
    let mut documents = Vec::new();
    let mut rows = Vec::new();
    let lists = ports.lists.lists().await?;
    for status in status::of_lists(ports, lists).await? {
        let groups: Vec<String> = status.links.iter().map(|state| state.link.group_names()).collect();
        let (name, id) = (status.list.name.clone(), status.list.id.to_string());
        let state = status.state.text(moment);
        let row = ListRow::load(ports, status).await?;
        rows.push([name, row.members.to_string(), groups.join(", "), state, id]);
        documents.push(json!(row));
    }
    let text = match rows.is_empty() {
        true => "There is no list yet. Make one: listsync lists create NAME".to_owned(),
        false => output::table(["LIST", "MEMBERS", "GROUPS", "STATE", "ID"], &rows),
    };
    Ok(Reply::done(Value::Array(documents), text))
}

async fn show(ports: &Ports, name: &str) -> Outcome {
    let list = find::list(ports, name).await?;
    let mut text = format!("{} ({})\n", output::bold(&list.name), list.id);
    if let ListKind::Filtered { filter } = &list.kind {
        let _ = writeln!(text, "  filtered: {filter}");
    }
    if list.opt_out == OptOutRule::NotAllowed {
        text.push_str("  mandatory: its members cannot leave it by themselves\n");
    }
    for (word, meaning) in &list.status_words {
        let _ = writeln!(text, "  the status '{word}' of its files means {}", meaning.name());
    }
    if let Some(limit) = list.max_additions {
        let _ = writeln!(text, "  max additions: {limit}");
    }
    if let Some(every) = list.expect_every {
        let _ = writeln!(text, "  expects a file every {}", duration::format_term(every));
    }
    let rows = status::rows_of(ports, &list).await?;
    let name = list.name.clone();
    let document = ListDocument::load(ports, list).await?;
    let ListDocument { members, opted_out, pending, .. } = &document;
    let members = output::count(*members, "member", "members");
    let _ = writeln!(text, "  {members}, {opted_out} opted out, {pending} pending");
    if let Some(next) = document.next_end {
        let _ = writeln!(text, "  {} of them leave by a date, the next on {}", document.ending, moment(next));
    }
    for Row { link, state, .. } in rows {
        let (standing, advice) = (state.text(moment), state.advice(&name));
        match link {
            None => {
                let _ = writeln!(text, "  {standing}");
            }
            Some(link) => {
                // Whoever unlinks it now is not told of it any more.
                let Some(link) = ports.links.load(&link.id).await? else { continue };
                let [_, group, mode, _, last_run, id] = LinkView::load(ports, link).await?.row();
                let _ = writeln!(text, "  linked {mode} to {group}: {standing}, last run {last_run} ({id})");
            }
        }
        if !advice.is_empty() {
            let _ = writeln!(text, "    {advice}");
        }
    }
    Ok(Reply::done(json!(document), text))
}

/// A table is all that an export is, so the option says nothing more.
async fn export(service: &Service, name: &str) -> Outcome {
    let list = find::list(&service.ports, name).await?;
    let entries = service.ports.lists.entries(&list.id, EntryQuery::All).await?;
    let table = export::table(service, &entries).await?;
    Ok(Reply::done(json!({"list": list.id, "csv": table}), table).into_file())
}

async fn members(ports: &Ports, name: &str) -> Outcome {
    let list = find::list(ports, name).await?;
    let settings = ports.settings.settings().await?;
    let mut entries = ports.lists.entries(&list.id, EntryQuery::All).await?;
    entries.retain(|entry| entry.standing != Standing::Absent);
    entries.sort_by(|a, b| a.address.cmp(&b.address));
    let sources = Sources::of(ports, &list).await?;
    let documents = entries.iter().map(|entry| {
        let mut document = json!({
            "address": entry.address,
            "name": entry.name,
            "state": entry.standing,
            "origin": entry.origin,
            "object_id": entry.object_id,
            "external": settings.is_external(&entry.address),
            "undeliverable": entry.undeliverable.is_some(),
            "until": entry.until,
        });
        if let Some(sources) = &sources {
            document["sources"] = json!(sources.holding(&entry.contact).collect::<Vec<_>>());
        }
        document
    });
    let documents: Vec<Value> = documents.collect();
    let rows: Vec<_> = entries.iter().map(|entry| row(entry, &settings, sources.as_ref())).collect();
    Ok(Reply::done(
        Value::Array(documents),
        output::table(["ADDRESS", "NAME", "STATE", "ORIGIN", "NOTE"], &rows),
    ))
}

/// Of a list that several groups feed: which of them hold whom, as of the last sync.
struct Sources {
    link: Link,
    by_contact: BTreeMap<ContactId, BTreeSet<GroupId>>,
}

impl Sources {
    async fn of(ports: &Ports, list: &List) -> Result<Option<Self>, Refusal> {
        let links = ports.links.of_list(&list.id).await?;
        let Some(link) = links.into_iter().map(|state| state.link).find(|link| !link.more.is_empty()) else {
            return Ok(None);
        };
        let rows = ports.links.members(&link.id, MemberQuery::All).await?;
        let by_contact = rows.into_iter().filter_map(|row| Some((row.contact?, row.sources))).collect();
        Ok(Some(Self { link, by_contact }))
    }

    /// In the order in which the link names them.
    fn holding(&self, contact: &ContactId) -> impl Iterator<Item = &GroupId> {
        let sources = self.by_contact.get(contact);
        self.link.groups().filter(move |group| sources.is_some_and(|sources| sources.contains(*group)))
    }

    fn note(&self, contact: &ContactId) -> Option<String> {
        let name = |group: &GroupId| {
            let further = self.link.more.iter().find(|source| source.group == *group);
            further.map_or(self.link.group_name.as_str(), |source| source.name.as_str())
        };
        let names: Vec<&str> = self.holding(contact).map(name).collect();
        (!names.is_empty()).then(|| format!("in {}", names.join(", ")))
    }
}

fn row(entry: &Entry, settings: &Settings, sources: Option<&Sources>) -> [String; 5] {
    let external = settings.is_external(&entry.address).then_some("external");
    let undeliverable = entry.undeliverable.map(|why| match why {
        UndeliverableReason::NoSuchUser => "undeliverable: nobody answers to it",
        UndeliverableReason::HardBounce => "undeliverable: it was refused for good",
        UndeliverableReason::Manual => "undeliverable: an operator said so",
    });
    let mut notes: Vec<String> = external.into_iter().chain(undeliverable).map(str::to_owned).collect();
    notes.extend(entry.until.map(|until| format!("until {}", moment(until))));
    notes.extend(sources.and_then(|sources| sources.note(&entry.contact)));
    [
        entry.address.to_string(),
        entry.name.clone(),
        entry.standing.to_string(),
        entry.origin.to_string(),
        notes.join(", "),
    ]
}

async fn add(service: &Service, person: &Person, name: Option<&str>, until: Option<&str>) -> Outcome {
    let list = find::list(&service.ports, &person.list).await?;
    let address = find::address(&person.email)?;
    let name = name.unwrap_or_default().trim().to_owned();
    contacts::bounded(&name, &BTreeMap::new())?;
    let stay = until.map_or(Ok(Stay::AsItIs), |text| stay(text, service.ports.clock.now()))?;
    let contact = NewContact { address: address.clone(), name, fields: BTreeMap::new() };
    let Stored { what, links } = people::add(service, &list.id, &contact, stay).await?;
    match what.outcome {
        AddOutcome::Added => Ok(staying(edited(&list, &address, ("added", links)), what.until)),
        AddOutcome::Already if stay == Stay::AsItIs => {
            Ok(unedited(&list, &address, "already", "was on the list already"))
        }
        AddOutcome::Already => Ok(staying(already(&list, &address), what.until)),
        AddOutcome::OptedOut => Err(Refusal::new(
            "opted_out",
            format!("{address} opted out of the list '{}', and only the person can undo that", list.name),
            format!("when they say so themselves: listsync subscribe {} {address}", Quoted(&list.name)),
        )),
    }
}

fn stay(text: &str, now: Timestamp) -> Result<Stay, Refusal> {
    Stay::parse(text, now).map_err(|error| {
        let hint = "give a last day such as 2027-03-31, a moment such as 2027-03-31T18:00:00Z, or never";
        Refusal::new("until", format!("--until: {error}"), hint)
    })
}

/// A member whose end was said.
fn already(list: &List, address: &Address) -> Reply {
    let text = format!("{address} was on the list '{}' already.", list.name);
    Reply::done(json!({"list": list.id, "address": address, "outcome": "already", "links": []}), text)
}

/// What was done, with how long they stay.
fn staying(mut reply: Reply, until: Option<Timestamp>) -> Reply {
    reply.document["until"] = json!(until);
    if let Some(until) = until {
        reply.text.push_str(&format!(" On it until {}.", moment(until)));
    }
    reply
}

async fn remove(service: &Service, person: &Person) -> Outcome {
    let list = find::list(&service.ports, &person.list).await?;
    let address = find::address(&person.email)?;
    let Stored { what, links } = people::remove(service, &list.id, &address).await?;
    match what {
        RemoveOutcome::Removed => Ok(edited(&list, &address, ("removed", links))),
        RemoveOutcome::Absent => Ok(unedited(&list, &address, "absent", "was not on the list")),
    }
}

fn edited(list: &List, address: &Address, (outcome, links): (&str, Vec<LinkId>)) -> Reply {
    let asked = Asked { links };
    let (verb, way) = if outcome == "added" { ("Added", "to") } else { ("Removed", "from") };
    let text = format!("{verb} {address} {way} the list '{}'.{}", list.name, asked.text());
    let document = json!({"list": list.id, "address": address, "outcome": outcome, "links": asked.links});
    Reply::done(document, text)
}

fn unedited(list: &List, address: &Address, outcome: &str, what: &str) -> Reply {
    let document = json!({"list": list.id, "address": address, "outcome": outcome, "links": []});
    Reply::done(document, format!("{address} {what} '{}'.", list.name)).unchanged()
}

/// More members than this go only by a word.
const FEW: u64 = 100;

async fn delete(ports: &Ports, name: &str, said: bool) -> Outcome {
    let list = find::list(ports, name).await?;
    let ListCounts { members, opted_out: opt_outs, .. } = ports.lists.counts(&list.id).await?;
    let question = format!(
        "Delete the list '{}' with {} and {}?",
        list.name,
        output::count(members, "member", "members"),
        output::count(opt_outs, "opt-out", "opt-outs")
    );
    let weight = if opt_outs > 0 || members > FEW { Weight::Heavy } else { Weight::Light };
    confirm::ask(&Going { question: &question, weight, said })?;
    ports.lists.delete_list(&list.id).await?;
    let stay = match opt_outs {
        0 => String::new(),
        _ => " Who had said no to it stays off a later list of its name.".to_owned(),
    };
    let gone = output::count(members, "member", "members");
    let text = format!("Deleted the list '{}' with {gone}. Its contacts stay.{stay}", list.name);
    let document = json!({
        "id": list.id, "name": list.name, "deleted": true, "members": members, "opt_outs": opt_outs,
    });
    Ok(Reply::done(document, text))
}
