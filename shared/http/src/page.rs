//! Pages of a collection, and the cursor from one to the next.

use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use listsync_engine::ports::{Cursor, PortError};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::problem::Problem;

const MOST: u16 = 500;
const USUAL: u16 = 100;

/// A page of a collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items, in the collection's order.
    pub items: Vec<T>,
    /// The `cursor` of the next page; null: this is the last one.
    pub next: Option<String>,
}

/// Which page of a collection.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// The `next` of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
    /// How many items at most.
    #[serde(default)]
    #[param(minimum = 1, maximum = 500, default = 100)]
    pub limit: Option<u16>,
}

/// A judged [`PageQuery`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// After this item; none: from the first.
    pub(crate) after: Option<String>,
    /// How many at most.
    pub(crate) limit: usize,
}

impl Wanted {
    /// Judges cursor and limit.
    pub(crate) fn of(cursor: Option<&str>, limit: Option<u16>) -> Result<Self, Problem> {
        let limit = match limit {
            None => USUAL,
            Some(limit @ 1..=MOST) => limit,
            Some(_) => return Err(Problem::parameter("limit", format!("limit is 1 to {MOST}"))),
        };
        let after = cursor.map(decoded).transpose()?;
        Ok(Self { after, limit: limit.into() })
    }

    /// Where the page begins, as the store says it.
    pub(crate) fn cursor(&self) -> Option<Cursor> {
        self.after.clone().map(Cursor)
    }

    /// The same where it is an id.
    pub(crate) fn after_id<I: TryFrom<String>>(&self) -> Result<Option<I>, Problem> {
        let id = |text: &String| I::try_from(text.clone()).map_err(|_| no_cursor());
        self.after.as_ref().map(id).transpose()
    }

    /// The page that begins after the item that the cursor names, out of all items in order.
    pub(crate) fn of_all<T>(self, mut all: Vec<T>, name: impl Fn(&T) -> String) -> Page<T> {
        if let Some(after) = &self.after {
            all.retain(|item| name(item) > *after);
        }
        let more = all.len() > self.limit;
        all.truncate(self.limit);
        let next = if more { all.last().map(name).as_deref().map(encoded) } else { None };
        Page { items: all, next }
    }

    /// The same where the order is another than that of the names. An item that is gone meanwhile begins no page.
    pub(crate) fn behind<T>(self, mut all: Vec<T>, name: impl Fn(&T) -> String) -> Result<Page<T>, Problem> {
        if let Some(after) = &self.after {
            let at = all.iter().position(|item| name(item) == *after).ok_or_else(stale)?;
            all.drain(..=at);
        }
        Ok(Page::cut(all, self.limit, name))
    }
}

fn stale() -> Problem {
    Problem::parameter("cursor", "what this cursor names is not there any more")
        .hint("begin without a cursor")
}

fn encoded(name: &str) -> String {
    URL_SAFE_NO_PAD.encode(name)
}

fn decoded(cursor: &str) -> Result<String, Problem> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| no_cursor())?;
    String::from_utf8(bytes).map_err(|_| no_cursor())
}

fn no_cursor() -> Problem {
    Problem::parameter("cursor", "this is no cursor")
        .hint("take 'next' of the page before, as it is, or leave it out")
}

/// Why a store gives no page: its cursor may be none that the store gave.
pub(crate) fn refused(error: PortError) -> Problem {
    match error.code.as_str() {
        "bad_cursor" => no_cursor(),
        _ => error.into(),
    }
}

impl<T> Page<T> {
    /// A page of items of which one more was read than is wanted, where there is one more.
    pub(crate) fn cut(mut items: Vec<T>, limit: usize, name: impl Fn(&T) -> String) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(name).as_deref().map(encoded) } else { None };
        Self { items, next }
    }

    /// A page of these items, and the place at which the next one begins.
    pub(crate) fn of(items: Vec<T>, next: Option<String>) -> Self {
        Self { items, next: next.as_deref().map(encoded) }
    }

    /// The same page with its items as something else.
    pub(crate) fn map<U>(self, of: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(of).collect(), next: self.next }
    }
}

impl<T: Serialize> Page<T> {
    /// The answer, with a `Link` header to the next page (RFC 8288).
    pub(crate) fn answer(self, uri: &Uri) -> Response {
        (StatusCode::OK, next_header(self.next.as_deref(), uri), Json(self)).into_response()
    }
}

/// The `Link` header to the next page (RFC 8288).
pub(crate) fn next_header(next: Option<&str>, uri: &Uri) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let link = next.map(|next| format!("<{}>; rel=\"next\"", next_uri(uri, next)));
    if let Some(link) = link.and_then(|link| HeaderValue::from_str(&link).ok()) {
        headers.insert(header::LINK, link);
    }
    headers
}

fn next_uri(uri: &Uri, next: &str) -> String {
    let others = uri.query().unwrap_or_default().split('&');
    let others = others.filter(|pair| !pair.is_empty() && !pair.starts_with("cursor="));
    let mut query: Vec<String> = others.map(str::to_owned).collect();
    query.push(format!("cursor={next}"));
    format!("{}?{}", uri.path(), query.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(limit: u16) -> Vec<String> {
        let all: Vec<String> = (0..7).map(|number| format!("item {number}")).collect();
        let (mut seen, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let wanted = Wanted::of(cursor.as_deref(), Some(limit)).expect("a page");
            let page = wanted.of_all(all.clone(), Clone::clone);
            seen.extend(page.items);
            cursor = page.next;
            if cursor.is_none() {
                return seen;
            }
        }
    }

    #[test]
    fn walking_the_pages_shows_each_item_once_whatever_their_size() {
        for limit in 1..=8 {
            assert_eq!(walk(limit), walk(500), "{limit}");
        }
    }

    #[test]
    fn the_next_page_keeps_the_other_parameters() {
        let uri: Uri = "/v1/runs?link=a&cursor=old&limit=2".parse().expect("a URI");
        assert_eq!(next_uri(&uri, "new"), "/v1/runs?link=a&limit=2&cursor=new");
    }

    #[test]
    fn a_limit_or_cursor_that_makes_no_sense_is_named() {
        for (cursor, limit, field) in
            [(None, Some(0), "limit"), (None, Some(501), "limit"), (Some("!"), None, "cursor")]
        {
            let problem = Wanted::of(cursor, limit).expect_err("no page");
            assert_eq!(problem.field.as_deref(), Some(field));
        }
    }
}
