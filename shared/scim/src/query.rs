//! What a client asks of a collection, and the page that it gets (RFC 7644, section 3.4.2; RFC 9865).

use serde_json::{Value, json};

use crate::{
    cut::Cut,
    filter::Filter,
    refusal::{Refusal, ScimType},
    values::{Object, get},
};

/// How many resources a page has where the client does not say.
pub const DEFAULT_PAGE: usize = 100;
/// How many a page has at most.
pub const MOST_PER_PAGE: usize = 200;

/// How a client goes through a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Paging {
    /// From the resource of this number, of which the first is 1.
    From(usize),
    /// After the resource of this id; none: from the first (RFC 9865).
    After(Option<String>),
}

/// What a client asks of a collection.
#[derive(Debug, Clone, PartialEq)]
pub struct ListQuery {
    /// Which resources.
    pub filter: Option<Filter>,
    /// How it goes through them.
    pub paging: Paging,
    /// How many at most; 0: it only wants to know how many there are.
    pub count: usize,
    /// What of each.
    pub cut: Cut,
}

impl ListQuery {
    /// Reads the parameters of a URL, which are there twice at most by mistake: the last one counts.
    ///
    /// # Errors
    /// As filters are refused; [`ScimType::InvalidValue`] when a number is none, or attributes are both named and left out.
    pub fn of_url(pairs: &[(String, String)]) -> Result<Self, Refusal> {
        let named = |name: &str| {
            let found = pairs.iter().rev().find(|(own, _)| own.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.as_str())
        };
        let names = |name| named(name).map(|list| list.split(',').map(str::to_owned).collect::<Vec<_>>());
        let number = |name| named(name).map(|text| whole(name, text.trim().parse().ok())).transpose();
        Self::of(Asked {
            filter: named("filter"),
            start: number("startIndex")?,
            count: number("count")?,
            cursor: named("cursor"),
            wanted: names("attributes").unwrap_or_default(),
            unwanted: names("excludedAttributes").unwrap_or_default(),
        })
    }

    /// Reads the body of a search (RFC 7644, section 3.4.3).
    ///
    /// # Errors
    /// As [`ListQuery::of_url`], and [`ScimType::InvalidSyntax`] when it is no object.
    pub fn of_search(body: &Value) -> Result<Self, Refusal> {
        let syntax = || Refusal::of(ScimType::InvalidSyntax, "the body is no object");
        let body: &Object = body.as_object().ok_or_else(syntax)?;
        let number = |name| get(body, name).map(|value| whole(name, value.as_i64())).transpose();
        let names = |name| {
            let values = get(body, name).and_then(Value::as_array).into_iter().flatten();
            values.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        Self::of(Asked {
            filter: get(body, "filter").and_then(Value::as_str),
            start: number("startIndex")?,
            count: number("count")?,
            cursor: get(body, "cursor").and_then(Value::as_str),
            wanted: names("attributes"),
            unwanted: names("excludedAttributes"),
        })
    }

    fn of(Asked { filter, start, count, cursor, wanted, unwanted }: Asked<'_>) -> Result<Self, Refusal> {
        let filter = filter.filter(|text| !text.trim().is_empty()).map(Filter::parse).transpose()?;
        let paging = match (cursor, start) {
            (Some(""), _) => Paging::After(None),
            (Some(cursor), _) => Paging::After(Some(cursor.to_owned())),
            // "A value less than 1 SHALL be interpreted as 1", and a negative count as 0 (RFC 7644, table 6).
            (None, start) => Paging::From(usize::try_from(start.unwrap_or(1)).unwrap_or(1).max(1)),
        };
        let count =
            count.map_or(DEFAULT_PAGE, |count| usize::try_from(count).unwrap_or(0).min(MOST_PER_PAGE));
        Ok(Self { filter, paging, count, cut: Cut::of(&wanted, &unwanted)? })
    }
}

/// What was asked, as it was written.
struct Asked<'a> {
    filter: Option<&'a str>,
    start: Option<i64>,
    count: Option<i64>,
    cursor: Option<&'a str>,
    wanted: Vec<String>,
    unwanted: Vec<String>,
}

fn whole(name: &str, number: Option<i64>) -> Result<i64, Refusal> {
    number.ok_or_else(|| Refusal::of(ScimType::InvalidValue, format!("{name} is a whole number")))
}

/// A page: of so many in all, where that was counted, and with the cursor of the next, where there is one.
#[must_use]
pub fn listed(resources: Vec<Value>, paging: &Paging, total: Option<usize>, next: Option<String>) -> Value {
    let mut page = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "itemsPerPage": resources.len(),
        "Resources": resources,
    });
    if let Some(total) = total {
        page["totalResults"] = total.into();
    }
    if let Paging::From(start) = paging {
        page["startIndex"] = (*start).into();
    }
    if let Some(next) = next {
        page["nextCursor"] = next.into();
    }
    page
}
