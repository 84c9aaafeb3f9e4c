use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::Duration,
};

use listsync_testkit::moto::python;
use serde_json::Value;

/// A real mail server (aiosmtpd) as a process of its own, which takes letters and delivers none.
pub struct MailServer {
    process: Child,
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
    taken: Receiver<Taken>,
}

/// A letter that it took: `from` and `to` of the envelope, `tls`, `signed_in`, `headers` by their names in lower case, `text`.
pub type Taken = Value;

impl MailServer {
    /// One with these options of `smtp/serve.py`, which leaves the certificate that it shows in the folder, as `smtp-ca.pem`.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start(folder: &Path, options: &[&str]) -> Self {
        let mut process = python("end-to-end/smtp/serve.py")
            .arg(folder)
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts");
        let output = process.stdout.take().expect("its output is piped");
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let port = lines.next().and_then(|line| line.parse().ok());
        let (tell, taken) = channel();
        thread::spawn(move || {
            for letter in lines.filter_map(|line| serde_json::from_str(&line).ok()) {
                if tell.send(letter).is_err() {
                    return;
                }
            }
        });
        Self {
            process,
            port: port.expect("it tells its port: run tests/run, which makes .venv-test anew"),
            taken,
        }
    }

    /// The next letter that it takes, or took.
    ///
    /// # Panics
    /// When none comes in this time.
    #[must_use]
    pub fn letter(&self, patience: Duration) -> Taken {
        self.taken.recv_timeout(patience).expect("a letter comes")
    }

    /// Whether it took a letter that nobody asked for yet.
    #[must_use]
    pub fn has_more(&self) -> bool {
        self.taken.recv_timeout(Duration::ZERO) != Err(RecvTimeoutError::Timeout)
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
