//! Settings > List Service.

use axum::{http::Method, response::Response};
use listsync_http::{
    Problem,
    documents::settings::{SettingsDocument, SettingsPatch},
    operations::tag_of,
};
use maud::html;

use crate::{
    answer::{self, Page, settled},
    form::Form,
    frame::Here,
    parts::{Field, area, field, only, token},
    visit::{Posted, Visit},
};

pub(crate) async fn show(visit: Visit) -> Response {
    let found = page(&visit, None).await;
    settled(&visit, Here::ListService, found)
}

/// Saves what was typed, where the settings are still as they were shown.
pub(crate) async fn save(Posted { visit, form }: Posted) -> Response {
    match visit.asking.change_settings(changed(&form), form.get("read").to_owned()).await {
        Ok(edit) if edit.unanswered.is_empty() => answer::to("/settings/list-service"),
        Ok(edit) => {
            // They are saved: nobody answers to some of the names, which may be meant so.
            let names = edit.unanswered.join(", ");
            let detail = format!("saved, but nobody in the tenant answers to: {names}");
            let found = page(&visit, Some(detail)).await;
            settled(&visit, Here::ListService, found)
        }
        Err(problem) => {
            let found = wrong_page(&visit, &form, problem).await;
            settled(&visit, Here::ListService, found)
        }
    }
}

fn changed(form: &Form) -> SettingsPatch {
    SettingsPatch {
        every: form.some("every"),
        full_check_every: form.some("full-check-every"),
        settle_window: form.some("settle-window"),
        max_removals: form.some("max-removals"),
        max_additions: form.some("max-additions"),
        internal_domains: Some(form.lines("internal-domains")),
        protected: Some(form.lines("protected")),
        linkable_groups: Some(form.lines("linkable-groups")),
        audit_keep: form.some("audit-keep"),
        effects_keep: form.some("effects-keep"),
    }
}

fn typed(kept: &SettingsDocument) -> Form {
    let SettingsDocument {
        every,
        full_check_every,
        settle_window,
        max_removals,
        max_additions,
        internal_domains,
        protected,
        linkable_groups,
        audit_keep,
        effects_keep,
    } = kept.clone();
    Form::of([
        ("read", tag_of(kept)),
        ("every", every),
        ("full-check-every", full_check_every),
        ("settle-window", settle_window),
        ("max-removals", max_removals),
        ("max-additions", max_additions),
        ("internal-domains", internal_domains.join("\n")),
        ("protected", protected.join("\n")),
        ("linkable-groups", linkable_groups.join("\n")),
        ("audit-keep", audit_keep),
        ("effects-keep", effects_keep),
    ])
}

async fn wrong_page(visit: &Visit, form: &Form, problem: Problem) -> Result<Response, Problem> {
    let kept = visit.asking.settings().await?;
    // What was typed stays. Where others changed the settings meanwhile, it is of those of now once it is sent again.
    let is_stale = problem.field.is_none() && problem.status.is_client_error();
    let read = if is_stale { tag_of(&kept) } else { form.get("read").to_owned() };
    Ok(shown(visit, (form, &read), None, Some(problem)))
}

async fn page(visit: &Visit, note: Option<String>) -> Result<Response, Problem> {
    let form = typed(&visit.asking.settings().await?);
    let read = form.get("read").to_owned();
    Ok(shown(visit, (&form, &read), note, None))
}

fn shown(
    visit: &Visit,
    (form, read): (&Form, &str),
    note: Option<String>,
    wrong: Option<Problem>,
) -> Response {
    let of = |name, label, hint| Field { name, label, hint, value: form.get(name), wrong: wrong.as_ref() };
    let may = visit.may(Method::PATCH, "/v1/settings");
    let body = html! {
        div.head { div {
            h1 { "List Service" }
            p.lead { "How lists and groups are kept in step. A list’s own limits come before these." }
            @if visit.may(Method::GET, "/v1/audit") { p.quiet.small { a href="/settings/audit" { "Who changed what" } } }
        } }
        @if let Some(note) = note { section.notice.look role="status" { p { (note) } } }
        form.stack-5 method="post" action="/settings/list-service" {
            (token(visit))
            input type="hidden" name="read" value=(read);
            section.stack-5 aria-labelledby="when" {
                h2 #when { "When" }
                (field(&of("every", "How often lists are synchronized", "What changes on a list is synced at once; this is for what changes in groups. Such as 15m.")))
                (field(&of("full-check-every", "How often both sides are read in full", "Finds what change feeds have missed.")))
                (field(&of("settle-window", "Settle window", "For so long, what was written a moment ago outranks a read that says otherwise.")))
            }
            section.stack-5.rule aria-labelledby="guard" {
                h2 #guard { "What is held until a person has looked" }
                (field(&of("max-removals", "Removals that go on without a person", "standard (more than 5 and more than 20 %, or more than 500, are held), a share such as 10%, a number, or off. An emptied list or group is held always.")))
                (field(&of("max-additions", "Additions that go on without a person", "standard, a share such as 200%, a number, or off.")))
                (area(&of("protected", "Who is never removed", "One to a line: an address, an object id, or the word owners for the owners of each group.")))
            }
            section.stack-5.rule aria-labelledby="internal" {
                h2 #internal { "Who is internal, and what may be linked" }
                (area(&of("internal-domains", "Internal domains", "One to a line. Addresses elsewhere are external: matched to guests, and never taken for misspelt.")))
                (area(&of("linkable-groups", "Groups that may be linked", "One object id to a line. Empty: those that were created for a list, and those that an administrator linked.")))
            }
            section.stack-5.rule aria-labelledby="kept" {
                h2 #kept { "How long it is kept" }
                (field(&of("audit-keep", "Who did what", "In days, such as 400d.")))
                (field(&of("effects-keep", "Whom each run added and removed", "In days, such as 90d. So long a run can be taken back.")))
            }
            @if may {
                div.stack-2.rule {
                    div.buttons { button.primary { "Save" } " " a href="/settings/list-service" { "Back to what is saved" } }
                    p.quiet.small { "Holds for all lists from their next run on." }
                }
            } @else { (only("admin", "Changing these")) }
        }
    };
    Page::new(Here::ListService, "List Service", body).wrong(wrong).answer(visit)
}
