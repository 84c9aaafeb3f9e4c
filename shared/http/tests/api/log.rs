//! What is logged on a test's own thread.

use std::{
    io,
    sync::{Arc, Mutex},
};

use tracing_subscriber::fmt::MakeWriter;

/// Log lines, as they come.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// What something comes to, and what was logged meanwhile.
    pub(crate) async fn of<T>(&self, doing: impl Future<Output = T>) -> (T, String) {
        let subscriber = tracing_subscriber::fmt().with_writer(self.clone()).with_ansi(false).finish();
        let _logged = tracing::subscriber::set_default(subscriber);
        let done = doing.await;
        (done, String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned())
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
