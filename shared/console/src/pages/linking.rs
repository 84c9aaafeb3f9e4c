//! The form that links a list to a group: a new one, or one that is there.

use axum::http::Method;
use listsync_core::{
    link::{Agents, Externals, Extras, FirstMerge, Mode, SharedMailboxes, Writes},
    new_group::Visibility,
};
use listsync_http::{
    Problem,
    documents::{
        group::{CanBeLinked, GroupDocument},
        list::ListDocument,
    },
    operations::{GroupWord, NewGroupBody, NewLinkBody},
};
use maud::{Markup, html};

use crate::{
    form::Form,
    parts::{Choice, Field, choice, field, only, select, token},
    visit::Visit,
};

/// What was asked for so far.
pub(super) struct Wish {
    form: Form,
    /// What was wrong with it.
    pub(super) wrong: Option<Problem>,
}

impl Wish {
    pub(super) fn of(form: &Form, wrong: Option<Problem>) -> Self {
        Self { form: form.clone(), wrong }
    }
}

/// What a form asks for.
pub(super) fn body(list: &str, form: &Form) -> Result<NewLinkBody, Problem> {
    let mode = match form.get("mode") {
        "list-to-group" => Mode::ListToGroup,
        "group-to-list" => Mode::GroupToList,
        "two-way" | "" => Mode::TwoWay,
        _ => return Err(Problem::invalid("mode", "choose which side follows which")),
    };
    let (group, new_group) = match form.get("how") {
        "old" => {
            let chosen = form.some("group");
            let chosen = chosen.ok_or_else(|| Problem::invalid("group", "choose one of the groups"))?;
            (Some(chosen), None)
        }
        "new" => (None, Some(new_group(form)?)),
        _ => return Err(Problem::invalid("how", "say whether the group is to be made, or is there")),
    };
    Ok(NewLinkBody {
        list: list.to_owned(),
        group,
        more_groups: Vec::new(),
        new_group,
        mode: Some(mode),
        extras: Extras::default(),
        first_merge: FirstMerge::default(),
        every: None,
        externals: Externals::default(),
        max_removals: None,
        settle_window: None,
        grace: None,
        shared_mailboxes: SharedMailboxes::default(),
        protected: Vec::new(),
        writes: Writes::default(),
        agents: Agents::default(),
    })
}

fn new_group(form: &Form) -> Result<NewGroupBody, Problem> {
    let kind = match form.get("kind") {
        "security" => GroupWord::Security,
        "m365" | "" => GroupWord::M365,
        _ => return Err(Problem::invalid("kind", "choose one of the kinds")),
    };
    Ok(NewGroupBody {
        name: form.get("new_group.name").to_owned(),
        kind: Some(kind),
        visibility: Visibility::default(),
        owners: form.some("owner").into_iter().collect(),
    })
}

/// The form.
pub(super) async fn form(visit: &Visit, list: &ListDocument, wish: &Wish) -> Result<Markup, Problem> {
    if !visit.may(Method::POST, "/v1/links") {
        return Ok(html! { div { (only("link", "Linking the list to a group")) } });
    }
    let title = if list.links.is_empty() { "Sync to Outlook List" } else { "Add another Outlook list" };
    let find = wish.form.get("find");
    let may_search = visit.may(Method::GET, "/v1/groups");
    let (groups, unfound) = match (find, may_search) {
        ("", _) | (_, false) => (Vec::new(), None),
        (begins, true) => match visit.asking.groups(begins.to_owned()).await {
            Ok(found) => (found.items, None),
            Err(problem) => (Vec::new(), Some(problem)),
        },
    };
    Ok(html! {
        section aria-labelledby="more" {
            h3 #more { (title) }
            (create(visit, list, wish))
            @if may_search {
                hr;
                h4 { "Link to an existing one" }
                (search(list, find))
                @if let Some(problem) = &unfound { p.error { (problem.detail) } }
                @if !find.is_empty() && unfound.is_none() { (found(visit, list, wish, &groups)) }
            }
        }
    })
}

fn create(visit: &Visit, list: &ListDocument, wish: &Wish) -> Markup {
    let is_new = wish.form.get("how") == "new";
    let wrong = wish.wrong.as_ref().filter(|_| is_new);
    let given = wish.form.get("new_group.name");
    let name = if is_new { given } else { list.list.name.as_str() };
    let of = |name, label, hint, value| Field { name, label, hint, value, wrong, now: None };
    html! {
        form.stack-3 method="post" action={ "/lists/" (list.list.id) "/links" } aria-labelledby="new" {
            h4 #new { "Create New Outlook List" }
            (token(visit))
            input type="hidden" name="how" value="new";
            (field(&of("new_group.name", "Its name", "", name)))
            (select(&of("kind", "Its kind", "", wish.form.get("kind")),
                &[("m365", "Microsoft 365 group"), ("security", "Security group")]))
            (field(&of("owner", "Its owner (optional)", "The sign-in name of a person.", wish.form.get("owner"))))
            (modes(wish))
            div.buttons { button.primary { "Create and link" } span.quiet.small { "A first sync removes nobody." } }
        }
    }
}

fn search(list: &ListDocument, find: &str) -> Markup {
    html! {
        form.field method="get" action={ "/lists/" (list.list.id) "#find" } role="search" aria-label="Groups" {
            label for="find" { "What its name or mail address begins with" }
            span.buttons { input id="find" name="find" type="search" value=(find); " " button { "Search" } }
        }
    }
}

fn found(visit: &Visit, list: &ListDocument, wish: &Wish, groups: &[GroupDocument]) -> Markup {
    let wrong = wish.wrong.as_ref().filter(|_| wish.form.get("how") == "old");
    let error = wrong.filter(|problem| problem.field.as_deref() == Some("group"));
    html! {
        form.stack-3 method="post" action={ "/lists/" (list.list.id) "/links" } aria-label="Link to an existing group" {
            (token(visit))
            input type="hidden" name="how" value="old";
            input type="hidden" name="find" value=(wish.form.get("find"));
            fieldset.choices #group tabindex="-1" aria-describedby=[error.map(|_| "group-error")] {
                legend.small { @match groups.len() { 0 => "No group begins so", 1 => "1 group", many => { (many) " groups" } } }
                @if let Some(problem) = error { p.error #group-error { (problem.detail) } }
                @for group in groups { (one(wish, group)) }
            }
            @if groups.iter().any(|group| group.can_be_linked != CanBeLinked::No) {
                (modes(wish))
                div.buttons { button.primary { "Link" } span.quiet.small { "A first sync removes nobody." } }
            }
        }
    }
}

fn one(wish: &Wish, group: &GroupDocument) -> Markup {
    let why = group.why.as_deref().unwrap_or_default();
    let barred = match group.can_be_linked {
        CanBeLinked::No => format!("Cannot: {why}"),
        CanBeLinked::BothWays | CanBeLinked::GroupToList => String::new(),
    };
    let told = match group.can_be_linked {
        CanBeLinked::BothWays => "Can be linked.".to_owned(),
        CanBeLinked::GroupToList => format!("A list can follow it (group to list): {why}"),
        CanBeLinked::No => String::new(),
    };
    let label = html! {
        bdi { (group.name) }
        @if !told.is_empty() { span.under { (told) } }
        @if !group.lists.is_empty() { span.under { "Linked to "
            @for (at, list) in group.lists.iter().enumerate() { @if at > 0 { ", " } bdi { (list.name) } } } }
    };
    let is_chosen = wish.form.get("group") == group.id;
    choice(&Choice { name: "group", value: &group.id, is_chosen, barred: &barred }, &label, &html! {})
}

fn modes(wish: &Wish) -> Markup {
    let words = [
        ("two-way", "Both ways"),
        ("list-to-group", "The group follows the list"),
        ("group-to-list", "The list follows the group"),
    ];
    // Both forms ask for it, so that an id of its own would stand twice.
    html! {
        p.field { label { "Which side follows which? "
            select name="mode" { @for (value, told) in words {
                option value=(value) selected[wish.form.get("mode") == value] { (told) }
            } }
        } }
    }
}
