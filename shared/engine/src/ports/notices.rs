use async_trait::async_trait;
use listsync_core::{Timestamp, id::TenantId};
use serde::{Deserialize, Serialize};

use super::{Call, PortResult, Secret};

/// A standing order: until it runs out the directory tells of every change of any group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeOrder {
    /// As the directory calls it.
    pub id: String,
    /// The tenant whose groups it is about.
    pub tenant: TenantId,
    /// Where the notices are sent.
    pub url: String,
    /// What each notice carries, so that nobody else can send one.
    pub secret: Secret,
    /// When it runs out.
    pub until: Timestamp,
}

/// Notices of what changes in the tenant's groups. They hasten a look, and may be late, repeated or lost.
#[async_trait]
pub trait Notices: Send + Sync {
    /// Orders them, to be sent to an address that answers the directory's trial call before this returns. A repeat makes
    /// another order.
    async fn order(&self, call: Call<'_>, url: &str, until: Timestamp) -> PortResult<NoticeOrder>;
    /// Lets an order run on: until when it really does. [`super::Fault::Gone`] when there is no such order any more.
    async fn prolong(&self, call: Call<'_>, id: &str, until: Timestamp) -> PortResult<Timestamp>;
    /// Ends an order of ours. [`super::Fault::Gone`] when there is no such order any more.
    async fn cancel(&self, call: Call<'_>, id: &str) -> PortResult<()>;
}
