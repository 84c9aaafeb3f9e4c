//! Settings > List Service.

use axum::{http::Method, response::Response};
use listsync_engine::ports::PortError;
use listsync_http::{
    Problem,
    documents::settings::{SettingsDocument, SettingsEdit, SettingsPatch},
    operations::tag_of,
};
use maud::html;

use crate::{
    answer::{self, Page, again, settled},
    edit::{Edit, carried, is_changed},
    form::Form,
    frame::Here,
    parts::{Field, area, field, only, token},
    visit::{Posted, Visit},
};

pub(crate) async fn show(visit: Visit) -> Response {
    let found = page(&visit, None).await;
    settled(&visit, Here::ListService, found)
}

/// Saves what was changed, where nobody else has changed the same meanwhile.
pub(crate) async fn save(Posted { visit, form }: Posted) -> Response {
    match saved(&visit, &form).await {
        Ok(edit) if edit.unanswered.is_empty() => answer::to("/settings/list-service"),
        Ok(edit) => {
            // They are saved: nobody answers to some of the names, which may be meant so.
            let names = edit.unanswered.join(", ");
            let detail = format!("saved, but nobody in the tenant answers to: {names}");
            let found = page(&visit, Some(detail)).await;
            settled(&visit, Here::ListService, found)
        }
        Err(problem) => {
            let found = wrong_page(&visit, &form, problem.clone()).await;
            again(&visit, Here::ListService, problem, found)
        }
    }
}

/// So often it is judged again against what others have saved in the meantime.
const TRIES: usize = 5;

async fn saved(visit: &Visit, form: &Form) -> Result<SettingsEdit, Problem> {
    let mut tries = 1;
    loop {
        let kept = visit.asking.settings().await?;
        if Edit::new(form, &typed(&kept)).is_in_conflict() {
            return Err(PortError::settings_changed().into());
        }
        // Of just these settings it is known that there is no conflict: of any others it is not.
        match visit.asking.change_settings(changed(form), tag_of(&kept)).await {
            Err(problem) if problem.code == CONFLICT && tries < TRIES => tries += 1,
            done => return done,
        }
    }
}

/// The code of what is others' by now.
const CONFLICT: &str = "version";

fn changed(form: &Form) -> SettingsPatch {
    let text = |name| is_changed(form, name).then(|| form.get(name).to_owned());
    let lines = |name| is_changed(form, name).then(|| form.lines(name));
    SettingsPatch {
        every: text("every"),
        full_check_every: text("full-check-every"),
        settle_window: text("settle-window"),
        max_removals: text("max-removals"),
        max_additions: text("max-additions"),
        internal_domains: lines("internal-domains"),
        protected: lines("protected"),
        linkable_groups: lines("linkable-groups"),
        audit_keep: text("audit-keep"),
        effects_keep: text("effects-keep"),
    }
}

fn typed(kept: &SettingsDocument) -> Form {
    Form::of(kept.texts())
}

/// What the page shows.
struct Shown<'a> {
    /// What its fields say.
    form: &'a Form,
    kept: &'a Form,
    /// What others changed meanwhile; none: it is no matter.
    moved: Option<Edit<'a>>,
    note: Option<String>,
    wrong: Option<Problem>,
}

async fn wrong_page(visit: &Visit, form: &Form, problem: Problem) -> Result<Response, Problem> {
    let kept = typed(&visit.asking.settings().await?);
    // What was typed stays. After a conflict it is of the settings of now: sent again, it is meant.
    let edit = Edit::new(form, &kept);
    let is_conflict = problem.code == CONFLICT;
    let again = if is_conflict { edit.again() } else { form.clone() };
    let moved = is_conflict.then_some(edit);
    Ok(shown(visit, Shown { form: &again, kept: &kept, moved, note: None, wrong: Some(problem) }))
}

async fn page(visit: &Visit, note: Option<String>) -> Result<Response, Problem> {
    let kept = typed(&visit.asking.settings().await?);
    Ok(shown(visit, Shown { form: &kept, kept: &kept, moved: None, note, wrong: None }))
}

fn shown(visit: &Visit, Shown { form, kept, moved, note, wrong }: Shown<'_>) -> Response {
    let now = |name| moved.as_ref().and_then(|edit| edit.moved(name));
    let of = |name, label, hint| {
        let (value, wrong, now) = (form.get(name), wrong.as_ref(), now(name));
        Field { name, label, hint, value, wrong, now }
    };
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
            (carried(form, kept))
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
