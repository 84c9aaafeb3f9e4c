//! Groups of a collection, and what is kept of a group that a list has no place for.

use jiff::SignedDuration;
use listsync_core::{
    Timestamp,
    id::ListId,
    list::{List, Standing},
};
use listsync_scim::{Group, ListQuery, Needle, Paging, Refusal, ScimType, listed};
use serde_json::{Value, json};

use super::View;
use crate::{problem::Problem, within::Within};

/// How many members are in memory at a time.
const PAGE: usize = 500;
/// A page of groups ends once so many members are shown.
const MOST_MEMBERS: usize = 10_000;
/// How long the key of a group is kept.
const KEPT_HOURS: i64 = 50 * 365 * 24;

/// A page of groups.
pub(in crate::scim) async fn page(app: &Within, query: &ListQuery, base: &str) -> Result<Value, Problem> {
    let (resources, total, next) = walk(app, query, base).await?;
    let total = matches!(query.paging, Paging::From(_)).then_some(total);
    Ok(listed(resources, &query.paging, total, next))
}

/// The groups of a page, how many there are in all, and the cursor of the next page.
pub(in crate::scim) async fn walk(
    app: &Within,
    query: &ListQuery,
    base: &str,
) -> Result<(Vec<Value>, usize, Option<String>), Problem> {
    let mut lists = app.ports().lists.lists().await?;
    lists.sort_by(|one, other| one.id.cmp(&other.id));
    match query.filter.as_ref().and_then(|filter| filter.needle()) {
        Some(Needle::Id(id)) => lists.retain(|list| list.id.as_str() == id),
        Some(Needle::DisplayName(name)) => {
            lists.retain(|list| list.name.to_lowercase() == name.to_lowercase())
        }
        _ => {}
    }
    if let Some(filter) = &query.filter {
        let mut admitted = Vec::new();
        for list in lists {
            let key = key_of(app, &list.id).await?;
            if filter.admits(&Group::shown(&list, key.as_deref())) {
                admitted.push(list);
            }
        }
        lists = admitted;
    }
    let total = lists.len();
    let view = View { base: base.to_owned(), cut: query.cut.clone() };
    let start = match &query.paging {
        Paging::From(start) => start - 1,
        Paging::After(None) => 0,
        Paging::After(Some(cursor)) => {
            let after = ListId::parse(cursor)
                .map_err(|_| Refusal::of(ScimType::InvalidCursor, "the cursor is none that a page gave"))?;
            lists.iter().take_while(|list| list.id <= after).count()
        }
    };
    let (mut resources, mut members, mut at) = (Vec::new(), 0, start);
    while at < total && resources.len() < query.count && members < MOST_MEMBERS {
        let (mut shown, many) = shown(app, &lists[at], &view).await?;
        let place = format!("{base}/Groups/{}", lists[at].id);
        shown["meta"] = json!({"resourceType": "Group", "location": place});
        resources.push(query.cut.cut(shown));
        members += many;
        at += 1;
    }
    let next = (at < total && at > start && matches!(query.paging, Paging::After(_)))
        .then(|| lists[at - 1].id.to_string());
    Ok((resources, total, next))
}

/// What is shown of a list, and how many members.
pub(super) async fn shown(
    app: &Within,
    list: &List,
    View { base, cut }: &View,
) -> Result<(Value, usize), Problem> {
    let key = if cut.wants("externalId") { key_of(app, &list.id).await? } else { None };
    let mut shown = Group::shown(list, key.as_deref());
    if !cut.wants("members") {
        return Ok((shown, 0));
    }
    let (mut members, mut after) = (Vec::new(), None);
    loop {
        let lists = std::slice::from_ref(&list.id);
        let page = app.ports().lists.entries_page(lists, after.as_ref(), PAGE).await?;
        let on_it = page.entries.iter().filter(|entry| entry.standing == Standing::Member);
        members.extend(on_it.map(|entry| Group::member(&entry.contact, base)));
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    let many = members.len();
    if many > 0 {
        shown["members"] = members.into();
    }
    Ok((shown, many))
}

fn name(list: &ListId) -> String {
    format!("scim-group/{list}")
}

/// The key of a group in the system that sends it.
pub(super) async fn key_of(app: &Within, list: &ListId) -> Result<Option<String>, Problem> {
    let found = app.service.seen.recall(&name(list), app.now()).await?;
    Ok(found.and_then(|bytes| String::from_utf8(bytes).ok()))
}

pub(super) async fn keep_key(app: &Within, list: &ListId, key: Option<&str>) -> Result<(), Problem> {
    let until = app.now().checked_add(SignedDuration::from_hours(KEPT_HOURS)).unwrap_or(Timestamp::MAX);
    match key {
        Some(key) => app.service.seen.replace(&name(list), key.as_bytes(), until).await?,
        None => app.service.seen.forget(&name(list)).await?,
    }
    Ok(())
}
