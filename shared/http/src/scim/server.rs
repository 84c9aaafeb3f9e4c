//! What the server tells of itself.

use axum::{http::StatusCode, response::Response};
use listsync_scim::{Paging, config as configuration, listed, schema_document};
use serde_json::Value;

use super::{Base, answer, missing};
use crate::{ask::Named, problem::Problem};

pub(crate) async fn config(base: Base) -> Response {
    answer(StatusCode::OK, &configuration(base.capabilities()))
}

pub(crate) async fn resource_types(Base(base): Base) -> Response {
    all(listsync_scim::resource_types(&base))
}

pub(crate) async fn resource_type(Base(base): Base, Named([name]): Named<1>) -> Result<Response, Problem> {
    let found = listsync_scim::resource_type(&name, &base).ok_or_else(|| missing("resource_type"))?;
    Ok(answer(StatusCode::OK, &found))
}

pub(crate) async fn schemas(Base(base): Base) -> Response {
    all(listsync_scim::schemas(&base))
}

pub(crate) async fn schema(Base(base): Base, Named([id]): Named<1>) -> Result<Response, Problem> {
    let found = schema_document(&id, &base).ok_or_else(|| missing("schema"))?;
    Ok(answer(StatusCode::OK, &found))
}

fn all(resources: Vec<Value>) -> Response {
    let total = resources.len();
    answer(StatusCode::OK, &listed(resources, &Paging::From(1), Some(total), None))
}
