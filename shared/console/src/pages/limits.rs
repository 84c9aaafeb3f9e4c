//! How a link does what it does, and what a sync of it would do now.

use axum::{
    extract::Path,
    http::{Method, StatusCode},
    response::Response,
};
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
    edit::{Edit, carried, is_changed},
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
    let document = visit.asking.link_of(link.clone()).await?;
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

/// The way to a link's list.
pub(super) fn above(document: &LinkDocument, here: &str) -> Markup {
    let list = format!("/lists/{}", document.list.id);
    crumbs(&[("/lists", "Lists"), (&list, &document.list.name)], here)
}

pub(crate) async fn ask(visit: Visit, Path(link): Path<String>) -> Response {
    let found = page(&visit, link, None).await;
    settled(&visit, Here::Lists, found)
}

/// Changes what was changed, where nobody else has changed the same meanwhile.
pub(crate) async fn change(Path(link): Path<String>, Posted { visit, form }: Posted) -> Response {
    match done(&visit, link.clone(), &form).await {
        Ok(link) => answer::to(&format!("/lists/{}", link.list.id)),
        Err(problem) => {
            let refused = Refused { form: &form, problem: problem.clone() };
            let found = page(&visit, link, Some(refused)).await;
            again(&visit, Here::Lists, problem, found)
        }
    }
}

/// A form that was not taken.
struct Refused<'a> {
    form: &'a Form,
    problem: Problem,
}

/// The code of what is others' by now.
const CONFLICT: &str = "version";

async fn done(visit: &Visit, link: String, form: &Form) -> Result<LinkDocument, Problem> {
    let change = changed(form)?;
    // Who may not change it reads that, whatever it is by now.
    if visit.may(Method::PATCH, "/v1/links/{link}") {
        let kept = typed(&visit.asking.link_of(link.clone()).await?);
        if Edit::new(form, &kept).is_in_conflict() {
            let detail = "others changed the same limits meanwhile";
            return Err(Problem::new(StatusCode::PRECONDITION_FAILED, CONFLICT, detail)
                .hint("look at what they are now, and save again what is to be otherwise"));
        }
    }
    visit.asking.change_link(link, change).await
}

fn changed(form: &Form) -> Result<LinkChange, Problem> {
    let text = |name: &str, empty: &str| {
        is_changed(form, name).then(|| form.some(name).unwrap_or_else(|| empty.to_owned()))
    };
    Ok(LinkChange {
        every: text("every", "as-settings"),
        settle_window: text("settle_window", "as-settings"),
        max_removals: text("max_removals", "as-settings"),
        grace: text("grace", "off"),
        extras: chosen(form, "extras", |word| match word {
            "keep" => Some(Extras::Keep),
            "remove" => Some(Extras::Remove),
            _ => None,
        })?,
        externals: chosen(form, "externals", |word| match word {
            "match" => Some(Externals::Match),
            "invite" => Some(Externals::Invite),
            "skip" => Some(Externals::Skip),
            _ => None,
        })?,
        shared_mailboxes: chosen(form, "shared_mailboxes", |word| match word {
            "sync" => Some(SharedMailboxes::Sync),
            "skip" => Some(SharedMailboxes::Skip),
            _ => None,
        })?,
        agents: chosen(form, "agents", |word| match word {
            "skip" => Some(Agents::Skip),
            "keep" => Some(Agents::Keep),
            _ => None,
        })?,
        protected: is_changed(form, "protected").then(|| form.lines("protected")),
        writes: chosen(form, "writes", |word| match word {
            "direct" => Some(Writes::Direct),
            "by-hand" => Some(Writes::ByHand),
            _ => None,
        })?,
    })
}

/// The value that a field was changed to; none: it was not.
fn chosen<T>(form: &Form, name: &str, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Problem> {
    if !is_changed(form, name) {
        return Ok(None);
    }
    let read = read(form.get(name));
    read.map(Some).ok_or_else(|| Problem::invalid(name, "choose one of the values"))
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

async fn page(visit: &Visit, link: String, refused: Option<Refused<'_>>) -> Result<Response, Problem> {
    let document = visit.asking.link_of(link.clone()).await?;
    let kept = typed(&document);
    let is_conflict = refused.as_ref().is_some_and(|refused| refused.problem.code == CONFLICT);
    // What was typed stays. After a conflict it is of the limits of now: sent again, it is meant.
    let moved = refused.as_ref().filter(|_| is_conflict).map(|refused| Edit::new(refused.form, &kept));
    let form = match (&moved, &refused) {
        (Some(edit), _) => edit.again(),
        (None, Some(refused)) => refused.form.clone(),
        (None, None) => kept.clone(),
    };
    let wrong = refused.as_ref().map(|refused| refused.problem.clone());
    let now = |name| moved.as_ref().and_then(|edit| edit.moved(name));
    let of = |name, label, hint| {
        let (value, wrong, now) = (form.get(name), wrong.as_ref(), now(name));
        Field { name, label, hint, value, wrong, now }
    };
    let may = visit.may(Method::PATCH, "/v1/links/{link}");
    let body = html! {
        (above(&document, "Limits and externals"))
        div.head { div { h1 { "Limits of “" bdi { (document.list.name) } "” and “" bdi { (document.group.name) } "”" }
            p.lead { "Nobody joins or leaves because of a change here alone." } } }
        form.stack-5 method="post" action={ "/links/" (link) "/limits" } {
            (token(visit))
            (carried(&form, &kept))
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
