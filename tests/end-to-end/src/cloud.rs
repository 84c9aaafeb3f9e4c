use std::{collections::BTreeSet, time::Duration};

use listsync_graph_emulator::Emulator;
use listsync_testkit::moto::{Deployed, Moto};
use serde_json::{Value, json};

use crate::{Function, World};

/// Where the client secret is kept, and that of the app with which the API function reads.
const SECRET: &str = "/listsync/client-secret";
const API_SECRET: &str = "/listsync/api-client-secret";
/// What the API's own app may do.
const READING: [&str; 2] = ["GroupMember.Read.All", "User.Read.All"];
/// What a worker has of time by the template.
pub const WORKER_TIME: Duration = Duration::from_secs(300);
/// Where people reach the API.
pub const PUBLIC_URL: &str = "https://lists.contoso.example";
/// What the timer has of time by the template.
pub const TIMER_TIME: Duration = Duration::from_secs(60);

/// The shipped stack on an emulated AWS, beside an emulated tenant. The command line of the world speaks to it. Each
/// function may do what its role in the template allows; whatever else it asks is refused, and fails the test, see
/// [`Moto::judge_by`].
pub struct Cloud {
    /// The tenant and the command line.
    pub world: World,
    pub(crate) moto: Moto,
    pub(crate) http: reqwest::Client,
    queue: String,
    dead_letters: String,
    pub(crate) bucket: String,
    secret: String,
    /// The client id of the API's own app.
    reader: String,
}

/// A message as SQS hands it to a poller.
pub type Message = Value;

impl Cloud {
    /// A stack for a tenant of so many people.
    ///
    /// # Panics
    /// When it cannot be set up: the message says what is missing.
    pub async fn of(people: usize) -> Self {
        Self::with(Emulator::builder(), people).await
    }

    /// The same with other settings of the emulated tenant.
    ///
    /// # Panics
    /// When it cannot be set up.
    pub async fn with(emulator: Emulator, people: usize) -> Self {
        let mut world = World::with(emulator, people).await;
        let Deployed { moto, outputs } = Moto::deployed();
        for (name, value) in moto.environment() {
            world.set(name, value);
        }
        let output = |name: &str| outputs[name].as_str().expect("an output").to_owned();
        moto.judge_by(&outputs["Roles"].to_string());
        world.set("LISTSYNC_STORE", output("Store"));
        world.set("LISTSYNC_QUEUE", output("QueueUrl"));
        let queue = output("QueueUrl").trim_start_matches("sqs:").to_owned();
        let cloud = Self {
            world,
            moto,
            http: reqwest::Client::new(),
            queue,
            dead_letters: output("DeadLettersUrl"),
            bucket: output("InboxName"),
            secret: String::new(),
            reader: String::new(),
        };
        cloud.keep_the_secrets().await
    }

    /// The client secrets are kept in Secrets Manager, as a deployment would have it.
    async fn keep_the_secrets(mut self) -> Self {
        let secret = self.world.setting("AZURE_CLIENT_SECRET").expect("the tenant has an app").to_owned();
        self.keep(SECRET, &secret).await;
        let reader = self.world.tenant().register(READING);
        self.keep(API_SECRET, &reader.secrets[0]).await;
        self.reader = reader.client_id.to_string();
        self.secret = secret;
        self.world.unset("AZURE_CLIENT_SECRET");
        self.world.set("LISTSYNC_CREDENTIAL", format!("secretsmanager:{SECRET}"));
        self
    }

    /// Keeps a text in Secrets Manager.
    pub async fn keep(&self, name: &str, secret: &str) {
        let wanted = json!({"Name": name, "SecretString": secret});
        self.ask("secretsmanager", "secretsmanager.CreateSecret", &wanted).await;
    }

    /// Has SES know an address as one that may send, as its owner would who answers the mail that asks for it.
    pub async fn may_send(&self, address: &str) {
        let request = self.http.post(format!("{}/v2/email/identities", self.moto.endpoint()));
        let request = request.header("authorization", scope("ses")).json(&json!({"EmailIdentity": address}));
        let answer = request.send().await.expect("the emulated AWS answers");
        assert!(answer.status().is_success(), "{}", answer.status());
    }

    /// What SES sent.
    ///
    /// # Panics
    /// When the emulated AWS does not answer.
    pub async fn letters(&self) -> Vec<Value> {
        let answer = self.http.get(format!("{}/letters", self.moto.endpoint())).send().await;
        answer.expect("the emulated AWS answers").json().await.expect("letters")
    }

    /// The client secret.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// Starts the timer function.
    pub async fn timer(&self) -> Function {
        self.start("listsync-timer", Self::needs_no_directory).await
    }

    /// Starts the timer function as it is beside an API: it sees to change notifications, sent to `LISTSYNC_PUBLIC_URL`.
    pub async fn timer_that_subscribes(&self) -> Function {
        self.start("listsync-timer", |_| true).await
    }

    /// Starts a worker function.
    pub async fn worker(&self) -> Function {
        self.start("listsync-worker", |_| true).await
    }

    /// Starts the API function, which signs in with an app of its own that may only read. People reach it at
    /// [`PUBLIC_URL`], unless the world has another address.
    pub async fn api(&self) -> Function {
        self.start_as_reader("listsync-api").await
    }

    /// Starts a function with the API's app in the place of its own. None but the API itself is held to a role then.
    pub async fn start_as_reader(&self, name: &str) -> Function {
        let role = if name == "listsync-api" { name } else { "test" };
        let own = [
            ("AZURE_CLIENT_ID", self.reader.clone()),
            ("LISTSYNC_CREDENTIAL", format!("secretsmanager:{API_SECRET}")),
            ("AWS_ACCESS_KEY_ID", role.to_owned()),
        ];
        let mut environment = self.environment_of(name, |_| true);
        environment.retain(|(variable, _)| own.iter().all(|(name, _)| variable != name));
        environment.extend(own.map(|(name, value)| (name.to_owned(), value)));
        Function::start(name, &environment).await
    }

    /// Starts the inbox function.
    pub async fn inbox(&self) -> Function {
        self.start("listsync-inbox", Self::needs_no_directory).await
    }

    fn needs_no_directory(name: &str) -> bool {
        !name.starts_with("AZURE_") && name != "LISTSYNC_CREDENTIAL"
    }

    async fn start(&self, name: &str, sees: fn(&str) -> bool) -> Function {
        Function::start(name, &self.environment_of(name, sees)).await
    }

    /// Its access key is its name, which stands for its role.
    fn environment_of(&self, name: &str, sees: fn(&str) -> bool) -> Vec<(String, String)> {
        let mut environment = self.environment();
        environment.retain(|(variable, _)| sees(variable) && variable != "AWS_ACCESS_KEY_ID");
        environment.push(("AWS_ACCESS_KEY_ID".to_owned(), name.to_owned()));
        if self.world.setting("LISTSYNC_PUBLIC_URL").is_none() {
            environment.push(("LISTSYNC_PUBLIC_URL".to_owned(), PUBLIC_URL.to_owned()));
        }
        environment
    }

    /// What functions asked that their roles do not allow, since this was last asked: one sentence each.
    ///
    /// # Panics
    /// When the emulated AWS does not answer.
    #[must_use]
    pub fn refused(&self) -> Vec<String> {
        serde_json::from_str(&self.moto.refused()).expect("sentences")
    }

    /// The variables of a function.
    #[must_use]
    pub fn environment(&self) -> Vec<(String, String)> {
        let mut environment = self.world.environment();
        environment.push(("LISTSYNC_MAX_RECEIVES".to_owned(), "5".to_owned()));
        environment
    }

    /// Sets the clock of the queues ahead: what was hidden or delayed becomes visible.
    pub fn set_ahead(&self, by: Duration) {
        self.moto.set_ahead(by);
    }

    /// From now on DynamoDB loses answers, fails and conflicts, as this seed has it.
    pub fn throw(&self, seed: u64) {
        self.moto.throw(seed);
    }

    /// How often the emulated AWS was asked for an operation, as `SendMessageBatch`, since it was started.
    ///
    /// # Panics
    /// When it does not answer.
    pub async fn calls(&self, operation: &str) -> u64 {
        let answer = self.http.get(format!("{}/calls", self.moto.endpoint())).send().await;
        let counts: Value = answer.expect("the emulated AWS answers").json().await.expect("with counts");
        counts[operation].as_u64().unwrap_or_default()
    }

    /// Takes up to ten messages, as the event source does.
    pub async fn receive(&self) -> Vec<Message> {
        let asked = json!({
            "QueueUrl": self.queue, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 0,
            "MessageSystemAttributeNames": ["All"],
        });
        let answer = self.ask("sqs", "AmazonSQS.ReceiveMessage", &asked).await;
        answer["Messages"].as_array().cloned().unwrap_or_default()
    }

    /// Puts a message of anybody's on the queue.
    pub async fn send(&self, body: &str) {
        self.ask("sqs", "AmazonSQS.SendMessage", &json!({"QueueUrl": self.queue, "MessageBody": body})).await;
    }

    /// The bodies of the dead letters.
    pub async fn dead_letters(&self) -> Vec<String> {
        let asked = json!({"QueueUrl": self.dead_letters, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 0});
        let answer = self.ask("sqs", "AmazonSQS.ReceiveMessage", &asked).await;
        let messages = answer["Messages"].as_array().cloned().unwrap_or_default();
        messages.iter().map(|message| message["Body"].as_str().expect("a body").to_owned()).collect()
    }

    /// How many messages are on the queue: visible, in flight, and delayed.
    pub async fn waiting(&self) -> [u64; 3] {
        let asked = json!({"QueueUrl": self.queue, "AttributeNames": ["All"]});
        let answer = self.ask("sqs", "AmazonSQS.GetQueueAttributes", &asked).await;
        let number = |name: &str| {
            answer["Attributes"][name].as_str().and_then(|text| text.parse().ok()).expect("a number")
        };
        ["", "NotVisible", "Delayed"].map(|kind| number(&format!("ApproximateNumberOfMessages{kind}")))
    }

    /// Hands messages to a worker as one batch, and deletes those that it did not give back. The ids of the others.
    ///
    /// # Panics
    /// When the worker fails as a whole.
    pub async fn work(&self, worker: &Function, messages: &[Message], time: Duration) -> BTreeSet<String> {
        let answer = worker.call(&event(messages), time).await.expect("the worker answers");
        let failures = answer["batchItemFailures"].as_array().cloned().unwrap_or_default();
        let failed: BTreeSet<String> = failures
            .iter()
            .map(|failure| failure["itemIdentifier"].as_str().expect("an id").to_owned())
            .collect();
        for message in messages {
            if !failed.contains(message["MessageId"].as_str().expect("an id")) {
                let asked = json!({"QueueUrl": self.queue, "ReceiptHandle": message["ReceiptHandle"]});
                self.ask("sqs", "AmazonSQS.DeleteMessage", &asked).await;
            }
        }
        failed
    }

    /// Hands over all visible messages, batch by batch; how many batches there were.
    pub async fn work_off(&self, worker: &Function) -> usize {
        let mut batches = 0;
        loop {
            let messages = self.receive().await;
            if messages.is_empty() {
                return batches;
            }
            self.work(worker, &messages, WORKER_TIME).await;
            batches += 1;
        }
    }

    /// Calls the service as its JSON protocol has it; the emulator asks for no signature.
    async fn ask(&self, service: &str, action: &str, body: &Value) -> Value {
        let request = self
            .http
            .post(self.moto.endpoint())
            .header(
                "content-type",
                if service == "sqs" { "application/x-amz-json-1.0" } else { "application/x-amz-json-1.1" },
            )
            .header("x-amz-target", action)
            .header("authorization", scope(service))
            .body(body.to_string());
        let answer = request.send().await.expect("the emulated AWS answers");
        let (status, text) = (answer.status(), answer.text().await.expect("with text"));
        assert!(status.is_success(), "{action}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }
}

/// What says which service is asked; the emulator looks at no signature.
pub(crate) fn scope(service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
    )
}

/// Messages as the event that Lambda makes of them.
#[must_use]
pub fn event(messages: &[Message]) -> Value {
    let record = |message: &Message| {
        json!({
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message["Attributes"],
            "messageAttributes": {},
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:queue",
            "awsRegion": "eu-west-1",
        })
    };
    json!({"Records": messages.iter().map(record).collect::<Vec<_>>()})
}

/// What EventBridge Scheduler sends at each beat.
#[must_use]
pub fn beat() -> Value {
    json!({
        "version": "0", "id": "00000000-0000-0000-0000-000000000000", "detail-type": "Scheduled Event",
        "source": "aws.scheduler", "account": "123456789012", "time": "2026-01-01T00:00:00Z", "region": "eu-west-1",
        "resources": ["arn:aws:scheduler:eu-west-1:123456789012:schedule/default/listsync-timer"], "detail": "{}",
    })
}
