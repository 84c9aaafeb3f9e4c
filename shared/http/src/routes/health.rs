//! Whether the server answers.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

/// That the server answers.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ok`.
    status: &'static str,
}

/// Whether the server answers; it looks at nothing behind it.
#[utoipa::path(get, path = "/healthz", tag = "server",
    responses((status = 200, description = "It does.", body = Health)))]
pub(crate) async fn healthz() -> Json<Health> {
    Json(Health { status: "ok" })
}
