//! SCIM 2.0 (RFC 7643, RFC 7644, RFC 9865) as values: what requests say, what of a person and of a list is shown, and what a
//! change comes to. Nothing here reads or writes: the routes of `shared/http` do.
//!
//! A user is a contact, and a group is a list. The attributes that are kept are the tables of [`schema`]; of RFC 7643's others
//! nothing is kept, and a request that names them is not refused for it.

pub mod bulk;
mod cut;
mod discovery;
mod filter;
mod group;
mod patch;
mod query;
mod refusal;
pub mod schema;
mod target;
mod user;
mod values;

pub use cut::Cut;
pub use discovery::{Capabilities, config, resource_type, resource_types, schema_document, schemas};
pub use filter::{Filter, Needle};
pub use group::{Base, Group, GroupPatch, MemberSteps};
pub use patch::Patch;
pub use query::{DEFAULT_PAGE, ListQuery, MOST_PER_PAGE, Paging, listed};
pub use refusal::{Refusal, ScimType, error_document};
pub use user::{Email, Kept, User, Written, kept_of};

/// The type of every body (RFC 7644, section 3.1).
pub const CONTENT_TYPE: &str = "application/scim+json";
