use async_trait::async_trait;
use listsync_engine::ports::PortResult;

/// A text that nobody may see, read anew for each message: so it can be changed where it is kept.
#[async_trait]
pub trait SecretText: Send + Sync {
    /// The text. Its errors say where it is kept, and nothing of what it says.
    async fn text(&self) -> PortResult<String>;
}

/// One that is known.
pub struct Given(pub String);

#[async_trait]
impl SecretText for Given {
    async fn text(&self) -> PortResult<String> {
        Ok(self.0.clone())
    }
}
