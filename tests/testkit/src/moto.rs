//! An emulated AWS: a moto server of the version that `tests/requirements.txt` names, as a process of its own.

use std::{
    hash::{BuildHasher as _, RandomState},
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{Shutdown, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
    time::Duration,
};

use serde_json::Value;

/// A running server; it ends with this, and with the process that started it.
#[derive(Debug)]
pub struct Moto {
    life: Life,
    port: u16,
}

/// What a server lives by.
#[derive(Debug)]
enum Life {
    Process(Child),
    /// It is a copy of another, and ends when this is closed.
    Connection(TcpStream),
}

/// An emulated AWS with the shipped stack on it.
#[derive(Debug)]
pub struct Deployed {
    /// The server.
    pub moto: Moto,
    /// The outputs of the stack, and `Roles`, as `tests/infra/deploy.py` tells them.
    pub outputs: Value,
}

impl Moto {
    /// Starts a server on a free port, and waits until it answers.
    ///
    /// `LISTSYNC_TEST_PYTHON` names the Python that has moto; without it, it is that of `.venv-test`.
    ///
    /// # Panics
    /// When moto is not there or does not start: the message says what to do.
    #[must_use]
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// The same, which keeps what its DynamoDB is asked for [`Moto::second_opinion`].
    ///
    /// # Panics
    /// As [`Moto::start`].
    #[must_use]
    pub fn recorded() -> Self {
        Self::with(&["recorded"])
    }

    /// A server of its own on which the shipped stack is made. The stack is made once for all of a process: each server is
    /// a copy of the one that has it.
    ///
    /// # Panics
    /// As [`Moto::start`].
    #[must_use]
    pub fn deployed() -> Deployed {
        static STAGE: OnceLock<Started> = OnceLock::new();
        let stage = STAGE.get_or_init(|| Started::with(&["deployed"]));
        let copy = TcpStream::connect(("127.0.0.1", stage.port)).expect("the emulated AWS answers");
        let mut told = String::new();
        BufReader::new(&copy).read_line(&mut told).expect("its answer is text");
        let mut told: Value = serde_json::from_str(&told).expect("a copy tells its port");
        let port = told["port"].as_u64().and_then(|port| u16::try_from(port).ok()).expect("a port");
        Deployed { moto: Self { life: Life::Connection(copy), port }, outputs: told["outputs"].take() }
    }

    fn with(arguments: &[&str]) -> Self {
        let Started { process, port } = Started::with(arguments);
        Self { life: Life::Process(process), port }
    }

    /// From now on its DynamoDB loses the answers to 3 % of what it is asked, fails at 2 %, and has 5 % of the writes
    /// conflict with those of others, as this seed has it.
    ///
    /// # Panics
    /// When it does not answer.
    pub fn throw(&self, seed: u64) {
        self.tell("/odds", &format!("{{\"seed\": {seed}}}"));
    }

    /// The next answer of its DynamoDB to this operation, as `PutItem`, is lost on its way.
    ///
    /// # Panics
    /// When it does not answer.
    pub fn lose(&self, operation: &str) {
        self.tell("/odds", &format!("{{\"lose\": \"{operation}\"}}"));
    }

    /// Of what its DynamoDB is asked from now on, so many requests of this operation are done, and the next one is held
    /// before it is done, until [`Moto::go_on`].
    ///
    /// # Panics
    /// When it does not answer.
    pub fn hold_after(&self, passing: u32, operation: &str) {
        self.tell("/hold", &format!("{{\"operation\": \"{operation}\", \"after\": {passing}}}"));
    }

    /// Waits until the request that [`Moto::hold_after`] holds has come.
    ///
    /// # Panics
    /// When it does not answer.
    pub fn wait_for_the_held(&self) {
        self.tell("/held", "");
    }

    /// Lets the request go on that [`Moto::hold_after`] holds.
    ///
    /// # Panics
    /// When it does not answer.
    pub fn go_on(&self) {
        self.tell("/go", "");
    }

    /// Where it listens.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The environment in which a process takes it for AWS.
    #[must_use]
    pub fn environment(&self) -> [(&'static str, String); 5] {
        [
            ("AWS_ENDPOINT_URL", self.endpoint()),
            ("AWS_REGION", "eu-west-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ]
    }

    /// Sets the clock of its queues so far ahead of the real one.
    ///
    /// # Panics
    /// When it does not answer.
    pub fn set_ahead(&self, by: Duration) {
        self.tell("/clock", &by.as_secs_f64().to_string());
    }

    /// From now on its DynamoDB is under load: batches are half done, requests throttled, transactions in conflict.
    ///
    /// # Panics
    /// When it does not answer.
    pub fn put_under_load(&self) {
        self.tell("/trouble", "");
    }

    /// From now on each access key that is named here stands for a role: whatever the role does not allow is refused, and
    /// a suite in which nobody takes it with [`Moto::refused`] has failed. The document is `Roles` of
    /// `tests/infra/deploy.py`.
    ///
    /// # Panics
    /// When it does not answer.
    pub fn judge_by(&self, roles: &str) {
        self.tell("/roles", roles);
    }

    /// What was refused by roles since this was last asked: a JSON array of sentences.
    ///
    /// # Panics
    /// When it does not answer.
    #[must_use]
    pub fn refused(&self) -> String {
        self.told("/refused").expect("the emulated AWS answers")
    }

    fn tell(&self, path: &str, body: &str) {
        let answer = self.exchange("PUT", path, body).expect("the emulated AWS answers");
        assert!(answer.contains(" 204 "), "the emulated AWS does not take {path}: {answer}");
    }

    fn exchange(&self, method: &str, path: &str, body: &str) -> io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        let length = body.len();
        let head = format!("{method} {path} HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all(format!("{head}{body}").as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }

    /// Replays what its DynamoDB was asked on another implementation, dynalite, and compares the answers.
    ///
    /// # Panics
    /// When the two differ, or dynalite is not there: the message says where, or what to do.
    pub fn second_opinion(&self) {
        let asked = python("moto/second.py").arg(self.port.to_string()).output().expect("Python starts");
        let told = [asked.stdout, asked.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        assert!(asked.status.success(), "a second DynamoDB does not agree: {}", told.concat());
    }

    /// What was asked that AWS would refuse, by the judges in `tests/moto`: a JSON array of sentences.
    fn broken(&self) -> io::Result<String> {
        self.told("/broken")
    }

    fn told(&self, path: &str) -> io::Result<String> {
        let answer = self.exchange("GET", path, "")?;
        Ok(answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
    }
}

/// The token that [`Moto`] gives as a role's web identity.
pub const WEB_IDENTITY_TOKEN: &str = "emulated-web-identity-token";

/// A process of Python that told its port. It ends with its standard input.
#[derive(Debug)]
struct Started {
    process: Child,
    port: u16,
}

impl Started {
    fn with(arguments: &[&str]) -> Self {
        let mut process = python("moto/serve.py")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Python starts");
        // It listens on the port that it tells: one that was chosen for it could be another server's by then.
        let mut told = String::new();
        let output = process.stdout.take().expect("its output is piped");
        BufReader::new(output).read_line(&mut told).expect("its output is text");
        let port = told.trim().parse().unwrap_or_else(|_| {
            panic!("the emulated AWS ended at once: run tests/run, which makes .venv-test anew")
        });
        Self { process, port }
    }
}

/// A suite that asked something which AWS refuses has failed, whatever became of it.
impl Drop for Moto {
    fn drop(&mut self) {
        let broken = self.broken();
        match &mut self.life {
            Life::Process(process) => {
                drop(process.kill());
                drop(process.wait());
            }
            Life::Connection(copy) => drop(copy.shutdown(Shutdown::Both)),
        }
        if !std::thread::panicking() {
            let broken = broken.expect("the emulated AWS answers to the end");
            assert_eq!(broken, "[]", "AWS would have refused this");
        }
    }
}

/// A seed for [`Moto::throw`]: another each time, unless `LISTSYNC_SEED` names one.
#[must_use]
pub fn seed() -> u64 {
    let named = std::env::var("LISTSYNC_SEED").ok().and_then(|text| text.parse().ok());
    named.unwrap_or_else(|| RandomState::new().hash_one(0) % 1_000_000)
}

/// A program of `tests/moto`.
/// A Python program of the tests, by its path below `tests`, with what `tests/requirements.txt` names.
///
/// `LISTSYNC_TEST_PYTHON` names another Python than that of `.venv-test`.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn python(program: &str) -> Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let python = std::env::var_os("LISTSYNC_TEST_PYTHON")
        .map_or_else(|| root.join(".venv-test/bin/python"), PathBuf::from);
    assert!(
        python.exists(),
        "there is no {}, which the tests against other servers need: run tests/run, which makes it",
        python.display()
    );
    let mut command = Command::new(python);
    command.arg(root.join("tests").join(program));
    command
}
