//! Threads that own connections to one file, and the jobs that they take from a queue.

use std::{
    panic::{self, AssertUnwindSafe},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};

use listsync_engine::ports::{Fault, PortError, PortResult};
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::open::OpenError;

/// Work on a connection.
pub(crate) type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// Threads that share a queue of jobs, each with a connection of its own.
///
/// Who drops it waits for what is under way, so that the connections are closed then.
pub(crate) struct Crew {
    jobs: Option<mpsc::Sender<Job>>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Crew {
    /// A thread for each connection.
    ///
    /// # Errors
    /// When the system starts no thread.
    pub(crate) fn start(name: &str, connections: Vec<Connection>) -> Result<Self, OpenError> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let queue = Arc::new(Mutex::new(queue));
        let mut crew = Self { jobs: Some(jobs), threads: Vec::new() };
        for conn in connections {
            let queue = queue.clone();
            let thread = thread::Builder::new().name(name.to_owned()).spawn(move || work_off(&queue, conn));
            crew.threads.push(thread.map_err(OpenError::Thread)?);
        }
        Ok(crew)
    }

    /// Where jobs can be left without waiting for them. As long as it is kept, the threads go on.
    pub(crate) fn letterbox(&self) -> Option<mpsc::Sender<Job>> {
        self.jobs.clone()
    }

    /// What a job gave; none where it panicked.
    ///
    /// # Errors
    /// When the threads have ended.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Connection) -> T + Send + 'static,
    ) -> PortResult<Option<T>> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |conn| {
            let done = job(conn);
            // Nobody waits any more when the caller gave up.
            drop(answer.send(done));
        });
        match self.jobs.as_ref().map(|jobs| jobs.send(job)) {
            Some(Ok(())) => Ok(answered.await.ok()),
            _ => Err(PortError::new(Fault::Unavailable, "store_stopped", "the store has stopped")),
        }
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        drop(self.jobs.take());
        for thread in self.threads.drain(..) {
            drop(thread.join());
        }
    }
}

fn work_off(queue: &Mutex<mpsc::Receiver<Job>>, mut conn: Connection) {
    loop {
        // Whoever waits for a job holds the queue, and lets go of it before the job is done.
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        // Were the thread to end with a job that panics, every later call would fail until somebody restarts the process.
        caught(|| job(&mut conn));
    }
}

/// What a job gave; none where it panicked. It is rolled back as it unwinds, and its caller is told: the store is as it was
/// before, and goes on.
pub(crate) fn caught<T>(job: impl FnOnce() -> T) -> Option<T> {
    panic::catch_unwind(AssertUnwindSafe(job)).ok()
}
