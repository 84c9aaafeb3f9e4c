//! Questions that are asked in a body (RFC 7644, section 3.4.3).

use axum::{
    body::Body,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use listsync_scim::{ListQuery, Paging, Refusal, ScimType, listed};

use super::{Base, answer, document};
use crate::{problem::Problem, within::Within};

pub(crate) async fn users(
    app: Within,
    Base(base): Base,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let query = ListQuery::of_search(&document(&headers, body).await?)?;
    Ok(answer(StatusCode::OK, &super::users::page(&app, &query, &base).await?))
}

pub(crate) async fn groups(
    app: Within,
    Base(base): Base,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let query = ListQuery::of_search(&document(&headers, body).await?)?;
    Ok(answer(StatusCode::OK, &super::groups::page(&app, &query, &base).await?))
}

/// Users, and behind them groups.
pub(crate) async fn everything(
    app: Within,
    Base(base): Base,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let query = ListQuery::of_search(&document(&headers, body).await?)?;
    let Paging::From(start) = query.paging else {
        let detail = "users and groups together are gone through by startIndex";
        return Err(Refusal::of(ScimType::InvalidCursor, detail).into());
    };
    let mut page = super::users::page(&app, &query, &base).await?;
    let users = page["totalResults"].as_u64().and_then(|total| usize::try_from(total).ok()).unwrap_or(0);
    let mut resources = page["Resources"].as_array_mut().map(std::mem::take).unwrap_or_default();
    let rest = ListQuery {
        paging: Paging::From(start.saturating_sub(users).max(1)),
        count: query.count - resources.len(),
        ..query.clone()
    };
    let (groups, total, _) = super::groups::walk(&app, &rest, &base).await?;
    resources.extend(groups);
    Ok(answer(StatusCode::OK, &listed(resources, &query.paging, Some(users + total), None)))
}
