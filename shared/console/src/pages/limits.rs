//! How a link does what it does, and what a sync of it would do now.

use axum::{extract::Path, http::Method, response::Response};
use listsync_core::{
    link::{Agents, Externals, Extras, SharedMailboxes, Side, Writes},
    member::Op,
    plan::{Effect, Plan},
};
use listsync_http::{
    Problem,
    documents::link::{LinkChange, LinkDocument},
};
use maud::{Markup, html};

use crate::{
    answer::{self, Page, again, settled},
    form::Form,
    frame::Here,
    parts::{Field, Shown, area, crumbs, field, number, only, people, select, token},
    visit::{Posted, Visit},
};

/// Names of one side and kind that are shown.
const NAMES: usize = 100;

pub(crate) async fn plan(visit: Visit, Path(link): Path<String>) -> Response {
    let found = plan_page(&visit, link).await;
    settled(&visit, Here::Lists, found)
}

async fn plan_page(visit: &Visit, link: String) -> Result<Response, Problem> {
    let document = link_of(visit, &link).await?;
    let plan = visit.asking.plan(link).await?;
    let held: u64 = plan.held.counts().total();
    let body = html! {
        (above(&document, "Preview"))
        div.head { div {
            h1 { "What a sync of “" bdi { (document.list.name) } "” would do now" }
            p.lead {
                @if plan.is_empty() && held == 0 { "Nothing: both sides are as they should be." }
                @else { (number(plan.effects.len() as u64)) " changes at once, " (number(held)) " that wait for a person. Nothing has been done." }
            }
        } }
        (sides(&plan, document.list.id.as_str()))
        @if held > 0 { p { a.button href={ "/holds/" (plan.held.digest) } { "Decide on " (number(held)) } } }
    };
    Ok(Page::new(Here::Lists, format!("Preview of {}", document.list.name), body).answer(visit))
}

fn sides(plan: &Plan, list: &str) -> Markup {
    let of = |side, op| -> Vec<&Effect> {
        plan.effects.iter().filter(|effect| effect.change.side == side && effect.change.op == op).collect()
    };
    let kinds = [
        ("join the Outlook list", Side::Group, Op::Add),
        ("leave the Outlook list", Side::Group, Op::Remove),
        ("join the list", Side::List, Op::Add),
        ("leave the list", Side::List, Op::Remove),
    ];
    html! {
        @for (words, side, op) in kinds {
            @let all = of(side, op);
            @if !all.is_empty() {
                section.stack-3 { h2 { (number(all.len() as u64)) " would " (words) } (effects(&all, list)) }
            }
        }
    }
}

/// Whom effects are about.
pub(super) fn effects(all: &[&Effect], list: &str) -> Markup {
    let shown: Vec<Shown> = all.iter().take(NAMES).map(|effect| shown(effect, list)).collect();
    people(&format!("{} of {}", number(shown.len() as u64), number(all.len() as u64)), "Why", &shown)
}

/// One of them.
pub(super) fn shown(effect: &Effect, list: &str) -> Shown {
    let address = effect.address.as_ref().map(ToString::to_string);
    Shown::on(list, address, html! { (super::run::cause(effect.cause.code())) }).called(&effect.name)
}

/// The link of an id, by its list.
pub(super) async fn link_of(visit: &Visit, link: &str) -> Result<LinkDocument, Problem> {
    let row = visit
        .asking
        .standing()
        .await?
        .into_iter()
        .find(|row| row.link.as_ref().is_some_and(|state| state.link.id.as_str() == link));
    let row = row.ok_or_else(|| Problem::missing("link"))?;
    let list = visit.asking.list(row.list.to_string()).await?;
    list.links.into_iter().find(|known| known.id.as_str() == link).ok_or_else(|| Problem::missing("link"))
}

/// The way to a link's list.
pub(super) fn above(document: &LinkDocument, here: &str) -> Markup {
    let list = format!("/lists/{}", document.list.id);
    crumbs(&[("/lists", "Lists"), (&list, &document.list.name)], here)
}

pub(crate) async fn ask(visit: Visit, Path(link): Path<String>) -> Response {
    let found = page(&visit, link, None, None).await;
    settled(&visit, Here::Lists, found)
}

pub(crate) async fn change(Path(link): Path<String>, Posted { visit, form }: Posted) -> Response {
    let done = match changed(&form) {
        Ok(change) => visit.asking.change_link(link.clone(), change).await,
        Err(problem) => Err(problem),
    };
    match done {
        Ok(link) => answer::to(&format!("/lists/{}", link.list.id)),
        Err(problem) => {
            let found = page(&visit, link, Some(&form), Some(problem.clone())).await;
            again(&visit, Here::Lists, problem, found)
        }
    }
}

fn changed(form: &Form) -> Result<LinkChange, Problem> {
    let or_settings = |name: &str| Some(form.some(name).unwrap_or_else(|| "as-settings".to_owned()));
    let unknown = |name: &str| Problem::invalid(name, "choose one of the values");
    Ok(LinkChange {
        every: or_settings("every"),
        settle_window: or_settings("settle_window"),
        max_removals: or_settings("max_removals"),
        grace: Some(form.some("grace").unwrap_or_else(|| "off".to_owned())),
        extras: Some(match form.get("extras") {
            "keep" => Extras::Keep,
            "remove" => Extras::Remove,
            _ => return Err(unknown("extras")),
        }),
        externals: Some(match form.get("externals") {
            "match" => Externals::Match,
            "invite" => Externals::Invite,
            "skip" => Externals::Skip,
            _ => return Err(unknown("externals")),
        }),
        shared_mailboxes: Some(match form.get("shared_mailboxes") {
            "sync" => SharedMailboxes::Sync,
            "skip" => SharedMailboxes::Skip,
            _ => return Err(unknown("shared_mailboxes")),
        }),
        agents: Some(match form.get("agents") {
            "skip" => Agents::Skip,
            "keep" => Agents::Keep,
            _ => return Err(unknown("agents")),
        }),
        protected: Some(form.lines("protected")),
        writes: Some(match form.get("writes") {
            "direct" => Writes::Direct,
            "by-hand" => Writes::ByHand,
            _ => return Err(unknown("writes")),
        }),
    })
}

/// A link as the fields of its form.
fn typed(link: &LinkDocument) -> Form {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    Form::of([
        ("every", text(&link.every)),
        ("settle_window", text(&link.settle_window)),
        ("max_removals", link.max_removals.map(|limit| limit.to_string()).unwrap_or_default()),
        ("grace", link.grace.clone()),
        (
            "extras",
            match link.extras {
                Extras::Keep => "keep",
                Extras::Remove => "remove",
            }
            .to_owned(),
        ),
        (
            "externals",
            match link.externals {
                Externals::Match => "match",
                Externals::Invite => "invite",
                Externals::Skip => "skip",
            }
            .to_owned(),
        ),
        (
            "shared_mailboxes",
            match link.shared_mailboxes {
                SharedMailboxes::Sync => "sync",
                SharedMailboxes::Skip => "skip",
            }
            .to_owned(),
        ),
        (
            "agents",
            match link.agents {
                Agents::Skip => "skip",
                Agents::Keep => "keep",
            }
            .to_owned(),
        ),
        ("protected", link.protected.join("\n")),
        (
            "writes",
            match link.writes {
                Writes::Direct => "direct",
                Writes::ByHand => "by-hand",
            }
            .to_owned(),
        ),
    ])
}

async fn page(
    visit: &Visit,
    link: String,
    form: Option<&Form>,
    wrong: Option<Problem>,
) -> Result<Response, Problem> {
    let document = link_of(visit, &link).await?;
    let kept = typed(&document);
    let form = form.unwrap_or(&kept);
    let of = |name, label, hint| Field { name, label, hint, value: form.get(name), wrong: wrong.as_ref() };
    let may = visit.may(Method::PATCH, "/v1/links/{link}");
    let body = html! {
        (above(&document, "Limits and externals"))
        div.head { div { h1 { "Limits of “" bdi { (document.list.name) } "” and “" bdi { (document.group.name) } "”" }
            p.lead { "Nobody joins or leaves because of a change here alone." } } }
        form.stack-5 method="post" action={ "/links/" (link) "/limits" } {
            (token(visit))
            (field(&of("every", "How often it is synchronized", "Such as 15m; empty: as the List Service settings say.")))
            (field(&of("max_removals", "Removals that go on without a person", "standard, a share such as 10%, a number, or off; empty: as the settings say.")))
            (field(&of("settle_window", "Settle window", "For so long, what was written a moment ago outranks a read that says otherwise. Empty: as the settings say.")))
            (field(&of("grace", "How long whoever left the list stays in the group", "Such as 7d, or off.")))
            (select(&of("externals", "Addresses elsewhere", ""), &[("match", "Guests who exist are added"), ("invite", "They are invited as guests"), ("skip", "They are left out")]))
            (select(&of("extras", "Who only the following side has, in a one-way mode", ""), &[("keep", "They stay"), ("remove", "They are removed, once a person approved the first time")]))
            (select(&of("shared_mailboxes", "Shared mailboxes, rooms and equipment", ""), &[("sync", "As people"), ("skip", "They are left out")]))
            (select(&of("agents", "Agents: software with a user’s account", ""), &[("skip", "They are left out"), ("keep", "As people")]))
            (select(&of("writes", "Who changes the group", ""), &[("direct", "Each sync"), ("by-hand", "A person")]))
            (area(&of("protected", "Who is never removed", "One to a line: an address, an object id, or the word owners.")))
            @if may { div.buttons { button.primary { "Save" } a href={ "/lists/" (document.list.id) } { "Back to the list" } } }
            @else { (only("link", "Changing these")) }
        }
    };
    Ok(Page::new(Here::Lists, format!("Limits of {}", document.list.name), body).wrong(wrong).answer(visit))
}
