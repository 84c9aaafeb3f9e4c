//! `listsync lists create`, `edit`, `preview` and `explain`: who decides who is on a list.

use std::fmt::Write as _;

use listsync_core::{
    filter::Filter,
    id::ContactId,
    list::{List, ListKind, OptOutRule},
    shell::Quoted,
};
use listsync_engine::{
    filtered::{self, Preview},
    naming,
    people::{self, Stored},
    ports::{ListEdit, PortResult},
    service::Service,
};
use listsync_http::documents::list::ListRow;
use serde_json::json;

use super::asked::Asked;
use crate::{
    cli::{ListRule, OptOutArg, Person},
    find,
    output::{self, Outcome, Refusal, Reply},
};

/// What becomes of a list's filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// As the rule says; without one it stays.
    AsGiven,
    /// It has none any more.
    Static,
}

pub(super) async fn create(service: &Service, name: &str, rule: &ListRule) -> Outcome {
    // A list that cannot be as it was asked for is not made.
    let edit = edit_of(service, None, (rule, Kind::AsGiven)).await?;
    let mut list = {
        let ports = &service.ports;
        naming::create_list(ports.lists.as_ref(), name, ports.clock.now()).await?
    };
    if edit != ListEdit::default() {
        list = people::edit_list(service, &list.id, None, &edit).await?.what;
    }
    let mut text = format!("Created the list '{}' ({}).\n", list.name, list.id);
    match &list.kind {
        ListKind::Static => {
            let _ = write!(
                text,
                "Fill it: listsync import FILE.csv --list {} --mode incremental",
                Quoted(&list.name)
            );
        }
        ListKind::Filtered { .. } => {
            let members = service.ports.lists.size(&list.id).await?;
            let _ = write!(
                text,
                "{} on it now, by its filter.",
                output::count(members, "contact is", "contacts are")
            );
        }
    }
    Ok(Reply::done(json!(ListRow::of_one(&service.ports, list).await?), text))
}

pub(super) async fn edit(
    service: &Service,
    name: &str,
    new_name: Option<&str>,
    (rule, kind): (&ListRule, Kind),
) -> Outcome {
    let list = find::list(&service.ports, name).await?;
    let new_name = match new_name {
        Some(text) => Some(naming::fresh_name(service.ports.lists.as_ref(), text, Some(&list.id)).await?),
        None => None,
    };
    let edit = edit_of(service, new_name, (rule, kind)).await?;
    if edit == ListEdit::default() {
        let hint = "give --name, --filter, --no-filter, --opt-out, --max-additions or --expect-every";
        return Err(Refusal::new("nothing_to_edit", "nothing to change was given", hint));
    }
    let Stored { what, links } = people::edit_list(service, &list.id, None, &edit).await?;
    let members = service.ports.lists.size(&what.id).await?;
    let text = format!(
        "Changed the list '{}': {} on it.{}",
        what.name,
        output::count(members, "contact is", "contacts are"),
        Asked { links }.text()
    );
    Ok(Reply::done(json!(ListRow::of_one(&service.ports, what).await?), text))
}

async fn edit_of(
    service: &Service,
    name: Option<String>,
    (rule, kind): (&ListRule, Kind),
) -> Result<ListEdit, Refusal> {
    let filtered = match (&rule.filter, kind) {
        (_, Kind::Static) => Some(ListKind::Static),
        (Some(text), Kind::AsGiven) => {
            Some(ListKind::Filtered { filter: filtered::checked(service, text).await?.into() })
        }
        (None, Kind::AsGiven) => None,
    };
    let opt_out = rule.opt_out.map(|arg| match arg {
        OptOutArg::Allowed => OptOutRule::Allowed,
        OptOutArg::NotAllowed => OptOutRule::NotAllowed,
    });
    let ListRule { max_additions, expect_every, .. } = *rule;
    Ok(ListEdit { name, kind: filtered, opt_out, max_additions, expect_every, ..ListEdit::default() })
}

pub(super) async fn preview(service: &Service, name: &str, filter: Option<&str>) -> Outcome {
    let list = find::list(&service.ports, name).await?;
    let filter = match filter {
        Some(text) => filtered::checked(service, text).await?,
        None => own_filter(&list)?,
    };
    let preview = filtered::preview(service, Some(&list.id), &filter).await?;
    let Preview { contacts, matching, joining, leaving, join, leave } = &preview;
    let mut text = format!(
        "{matching} of {contacts} contacts match. {joining} would join '{}', {leaving} would leave it.\n",
        list.name
    );
    for (sign, sample, all) in [('+', join, joining), ('-', leave, leaving)] {
        for address in addresses(service, sample).await? {
            let _ = writeln!(text, "  {sign} {address}");
        }
        if *all > sample.len() as u64 {
            let _ = writeln!(text, "  {sign} and {} more", all - sample.len() as u64);
        }
    }
    if let Some(warning) = preview.warning() {
        let _ = writeln!(text, "  {} {warning}", output::yellow("take care:"));
    }
    let document = json!({
        "filter": filter.as_str(), "contacts": contacts, "matching": matching, "joining": joining, "leaving": leaving,
        "join": addresses(service, join).await?, "leave": addresses(service, leave).await?,
        "warning": preview.warning(),
    });
    Ok(Reply::done(document, text))
}

async fn addresses(service: &Service, ids: &[ContactId]) -> PortResult<Vec<String>> {
    let mut addresses = Vec::new();
    for id in ids {
        addresses.extend(service.contacts.contact(id).await?.map(|contact| contact.address.into()));
    }
    Ok(addresses)
}

pub(super) async fn explain(service: &Service, person: &Person) -> Outcome {
    let list = find::list(&service.ports, &person.list).await?;
    let filter = own_filter(&list)?;
    let contact = find::contact(service, &person.email).await?;
    let Some(explanation) = filtered::explain(service, &filter, &contact.id).await? else {
        return Err(Refusal::new("no_such_contact", "the contact was deleted just now", ""));
    };
    let text = format!("By the filter of '{}', {} {explanation}", list.name, contact.address);
    let document = json!({
        "address": contact.address, "list": list.id, "matches": explanation.matches,
        "because": explanation.because.iter().map(ToString::to_string).collect::<Vec<_>>(),
    });
    Ok(Reply::done(document, text))
}

fn own_filter(list: &List) -> Result<Filter, Refusal> {
    let refuse = |why: String| Refusal::new("no_filter", why, "give a filter with --filter");
    match &list.kind {
        ListKind::Static => Err(refuse(format!("the list '{}' has no filter", list.name))),
        ListKind::Filtered { filter } => Filter::parse(filter).map_err(|error| refuse(error.to_string())),
    }
}
