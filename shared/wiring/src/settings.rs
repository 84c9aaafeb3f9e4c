//! Variables of the environment as typed settings.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use listsync_core::{
    duration,
    id::TenantId,
    network::{NetworkError, Networks},
};
use listsync_graph::{Credential, GraphSettings, WebSettings};

use crate::{AlertSettings, Dotenv, Environment, SettingError, cloud};

/// Where lists, links and runs are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Store {
    /// An SQLite file.
    Sqlite(PathBuf),
    /// A DynamoDB table.
    DynamoDb(String),
}

/// The queue between timer and worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueueChoice {
    /// In the store.
    Embedded,
    /// An SQS queue, by its address.
    Sqs(String),
}

/// How Microsoft Graph is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphAccess {
    /// `AZURE_TENANT_ID`, as links carry it.
    pub tenant: TenantId,
    /// All that the client has to be told.
    pub settings: GraphSettings,
}

/// How people sign in to the console by the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsoleAccess {
    /// The app that they sign in to.
    pub app: WebSettings,
    /// Where their browsers reach the console: `LISTSYNC_CONSOLE_URL`, else `LISTSYNC_PUBLIC_URL`.
    pub url: String,
}

/// Every setting that comes from the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `LISTSYNC_STORE`.
    pub store: Store,
    /// `LISTSYNC_QUEUE`.
    pub queue: QueueChoice,
    /// `LISTSYNC_VISIBILITY`: how long a message that was taken stays hidden from other workers, so how soon a message
    /// of a worker that died is taken again. Default 120 seconds, at least 90.
    pub visibility: Duration,
    /// `LISTSYNC_MAX_RECEIVES`: after how many receives an SQS queue gives a message up, as its redrive policy says.
    /// Default 5; the embedded queue has its own number.
    pub most_receives: u32,
    /// `LISTSYNC_PUBLIC_URL`: where people and Microsoft Graph reach the HTTP API, such as `https://lists.contoso.com`;
    /// none: opt-out links cannot be made, and changes of groups are found when links are due.
    pub public_url: Option<String>,
    /// `LISTSYNC_TRUSTED_PROXIES`: the addresses and networks of the reverse proxies before the HTTP API, whose `Forwarded` or
    /// `X-Forwarded-For` is believed; none: the address at the other end is the client.
    pub trusted_proxies: Networks,
    /// The file `.env` that was read, if there was one.
    pub dotenv: Option<Dotenv>,
    /// By which ways people are told of trouble; everything else works without.
    pub alerts: Result<AlertSettings, SettingError>,
    /// How Graph is reached; verbs that need no Graph work without.
    pub graph: Result<GraphAccess, SettingError>,
    /// How people sign in to the console; none: by `listsync console` alone.
    pub console: Result<Option<ConsoleAccess>, SettingError>,
}

const PUBLIC_URL: &str = "LISTSYNC_PUBLIC_URL";
const DEFAULT_VISIBILITY: Duration = Duration::from_secs(120);
const DEFAULT_RECEIVES: u32 = 5;
const LEAST_VISIBILITY: Duration = Duration::from_secs(90);

impl Config {
    /// Reads all settings.
    ///
    /// # Errors
    /// When one that every verb needs makes no sense; what only Graph needs is kept for its first use.
    pub fn read(environment: &Environment) -> Result<Self, SettingError> {
        let (store, queue) = (store(environment)?, queue(environment)?);
        if matches!((&store, &queue), (Store::DynamoDb(_), QueueChoice::Embedded)) {
            return Err(SettingError::missing(
                "LISTSYNC_QUEUE",
                "a DynamoDB table has no queue of its own: write sqs:URL",
            ));
        }
        Ok(Self {
            store,
            queue,
            visibility: visibility(environment)?,
            most_receives: most_receives(environment)?,
            public_url: match environment.get(PUBLIC_URL) {
                Some(_) => Some(url(environment, PUBLIC_URL, "https://lists.contoso.com")?),
                None => None,
            },
            trusted_proxies: trusted_proxies(environment)?,
            dotenv: environment.dotenv(),
            alerts: AlertSettings::read(environment),
            graph: graph(environment),
            console: console(environment),
        })
    }
}

fn store(environment: &Environment) -> Result<Store, SettingError> {
    let text = environment.get("LISTSYNC_STORE").unwrap_or("sqlite:listsync.db");
    match text.split_once(':') {
        Some(("sqlite", path)) if !path.is_empty() => Ok(Store::Sqlite(PathBuf::from(path))),
        Some(("dynamodb", table)) if !table.is_empty() => Ok(Store::DynamoDb(table.to_owned())),
        _ => Err(SettingError::new(
            "LISTSYNC_STORE",
            format!("is '{text}', which is no store"),
            "write sqlite:PATH or dynamodb:TABLE, or leave it unset for sqlite:listsync.db",
        )),
    }
}

fn queue(environment: &Environment) -> Result<QueueChoice, SettingError> {
    match environment.get("LISTSYNC_QUEUE") {
        None | Some("embedded") => Ok(QueueChoice::Embedded),
        Some(text) => match text.strip_prefix("sqs:") {
            Some(url) if url.starts_with("https://") || is_local(url) => Ok(QueueChoice::Sqs(url.to_owned())),
            _ => Err(SettingError::new(
                "LISTSYNC_QUEUE",
                format!("is '{text}', which is no queue"),
                "write sqs:URL or embedded, or leave it unset for embedded",
            )),
        },
    }
}

fn trusted_proxies(environment: &Environment) -> Result<Networks, SettingError> {
    let text = environment.get("LISTSYNC_TRUSTED_PROXIES").unwrap_or_default();
    text.parse().map_err(|error: NetworkError| {
        let hint = "write the proxies' addresses, such as 127.0.0.1,10.0.0.0/8, or leave it unset for none";
        SettingError::new("LISTSYNC_TRUSTED_PROXIES", error.to_string(), hint)
    })
}

fn most_receives(environment: &Environment) -> Result<u32, SettingError> {
    let Some(text) = environment.get("LISTSYNC_MAX_RECEIVES") else { return Ok(DEFAULT_RECEIVES) };
    text.parse().ok().filter(|receives| (1..=1000).contains(receives)).ok_or_else(|| {
        SettingError::new(
            "LISTSYNC_MAX_RECEIVES",
            format!("is '{text}', which is no number from 1 to 1000"),
            "write the maxReceiveCount of the queue's redrive policy, or leave it unset for 5",
        )
    })
}

fn visibility(environment: &Environment) -> Result<Duration, SettingError> {
    let Some(text) = environment.get("LISTSYNC_VISIBILITY") else { return Ok(DEFAULT_VISIBILITY) };
    match duration::parse(text) {
        Ok(time) if time >= LEAST_VISIBILITY => Ok(time),
        _ => Err(SettingError::new(
            "LISTSYNC_VISIBILITY",
            format!("is '{text}', which is no time of at least 90 seconds"),
            "write a time such as 120s or 5m, or leave it unset for 120s",
        )),
    }
}

fn graph(environment: &Environment) -> Result<GraphAccess, SettingError> {
    let tenant = need(environment, "AZURE_TENANT_ID", "the directory (tenant) id of the app registration")?;
    let tenant = TenantId::parse(tenant).map_err(|error| {
        SettingError::new(
            "AZURE_TENANT_ID",
            format!("is no tenant id: {error}"),
            "copy it from the app's overview",
        )
    })?;
    let client = need(environment, "AZURE_CLIENT_ID", "the application (client) id of the app registration")?;
    Ok(GraphAccess {
        settings: GraphSettings {
            graph_url: url(environment, "LISTSYNC_GRAPH_URL", "https://graph.microsoft.com/v1.0")?,
            tenant: tenant.to_string(),
            client_id: client.to_owned(),
            credential: credential(environment)?,
            authority_host: environment.get("AZURE_AUTHORITY_HOST").map(str::to_owned),
            ca_pem: readable(environment, "SSL_CERT_FILE", "the certificates to trust, in PEM form")?,
        },
        tenant,
    })
}

const CONSOLE_CLIENT: &str = "LISTSYNC_CONSOLE_CLIENT_ID";
const CONSOLE_SECRET: &str = "LISTSYNC_CONSOLE_CLIENT_SECRET";
const CONSOLE_URL: &str = "LISTSYNC_CONSOLE_URL";

fn console(environment: &Environment) -> Result<Option<ConsoleAccess>, SettingError> {
    let Some(client_id) = environment.get(CONSOLE_CLIENT) else { return Ok(None) };
    let variable = if environment.get(CONSOLE_URL).is_some() { CONSOLE_URL } else { PUBLIC_URL };
    if environment.get(variable).is_none() {
        return Err(SettingError::missing(
            CONSOLE_URL,
            "where browsers reach the console, such as https://lists.contoso.com",
        ));
    }
    let url = url(environment, variable, "https://lists.contoso.com")?;
    let is_apps_own =
        environment.get("AZURE_CLIENT_ID").is_some_and(|app| app.eq_ignore_ascii_case(client_id));
    let credential = match environment.get(CONSOLE_SECRET) {
        Some(secret) => Some(Credential::Secret(secret.to_owned())),
        // People sign in to the app that reads the directory: it proves itself in the same way.
        None if is_apps_own => Some(credential(environment)?),
        None => None,
    };
    let app = WebSettings {
        tenant: need(environment, "AZURE_TENANT_ID", "the tenant whose people sign in")?.to_owned(),
        client_id: client_id.to_owned(),
        credential,
        authority_host: environment.get("AZURE_AUTHORITY_HOST").map(str::to_owned),
        ca_pem: readable(environment, "SSL_CERT_FILE", "the certificates to trust, in PEM form")?,
    };
    Ok(Some(ConsoleAccess { app, url }))
}

fn need<'a>(environment: &'a Environment, variable: &str, what: &str) -> Result<&'a str, SettingError> {
    environment.get(variable).ok_or_else(|| SettingError::missing(variable, what))
}

const ELSEWHERE: &str = "LISTSYNC_CREDENTIAL";
const SECRET: &str = "AZURE_CLIENT_SECRET";
const CERTIFICATE: &str = "AZURE_CLIENT_CERTIFICATE_PATH";
const TOKEN_FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";

fn credential(environment: &Environment) -> Result<Credential, SettingError> {
    let given: Vec<_> = [ELSEWHERE, SECRET, CERTIFICATE, TOKEN_FILE]
        .into_iter()
        .filter_map(|variable| Some((variable, environment.get(variable)?)))
        .collect();
    match given.as_slice() {
        [] => Err(SettingError::missing(
            SECRET,
            "a client secret of the app registration (or set AZURE_CLIENT_CERTIFICATE_PATH, AZURE_FEDERATED_TOKEN_FILE or LISTSYNC_CREDENTIAL)",
        )),
        [(ELSEWHERE, text)] => elsewhere(text),
        [(SECRET, text)] => Ok(Credential::Secret((*text).to_owned())),
        [(CERTIFICATE, _)] => {
            readable(environment, CERTIFICATE, "a PEM file with the certificate and its private key")
                .map(|path| Credential::CertificateFile(path.unwrap_or_default()))
        }
        [(_, _)] => readable(environment, TOKEN_FILE, "a file with the federated token")
            .map(|path| Credential::FederatedTokenFile(path.unwrap_or_default())),
        [(first, _), (second, _), ..] => Err(SettingError::new(
            first,
            format!("and {second} are both set, and only one credential is used"),
            "keep the one that you mean and unset the others",
        )),
    }
}

fn elsewhere(text: &str) -> Result<Credential, SettingError> {
    if text == "web-identity" {
        return Ok(Credential::WebIdentity(Arc::new(cloud::WebIdentity)));
    }
    let secret = cloud::StoredSecret::parse(text).ok_or_else(|| {
        SettingError::new(
            ELSEWHERE,
            "is no credential that this version knows",
            "write web-identity, secretsmanager:NAME or ssm:NAME",
        )
    })?;
    Ok(Credential::StoredSecret(Arc::new(secret)))
}

fn readable(environment: &Environment, variable: &str, what: &str) -> Result<Option<PathBuf>, SettingError> {
    let Some(path) = environment.get(variable) else { return Ok(None) };
    match std::fs::File::open(Path::new(path)) {
        Ok(_) => Ok(Some(PathBuf::from(path))),
        Err(error) => Err(SettingError::new(
            variable,
            format!("names '{path}', which cannot be read ({error})"),
            format!("name {what}"),
        )),
    }
}

/// A base address: over TLS, except on this machine itself, since a token or a secret goes there.
fn url(environment: &Environment, variable: &str, default: &str) -> Result<String, SettingError> {
    let text = environment.get(variable).unwrap_or(default);
    if text.len() > "https://".len() && text.starts_with("https://") || is_local(text) {
        return Ok(text.trim_end_matches('/').to_owned());
    }
    Err(SettingError::new(
        variable,
        format!("is '{text}', which is no https address"),
        format!("write an address such as {default}"),
    ))
}

/// Whether an address is over plain HTTP on this machine itself.
fn is_local(text: &str) -> bool {
    let plain = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
    plain.iter().any(|start| {
        text.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: [(&str, &str); 2] = [("AZURE_TENANT_ID", "T-1"), ("AZURE_CLIENT_ID", "app")];

    fn config(more: &[(&str, &str)]) -> Result<Config, SettingError> {
        let pairs: Vec<_> = TENANT.into_iter().chain(more.iter().copied()).collect();
        Config::read(&Environment::of(&pairs))
    }

    fn graph_error(more: &[(&str, &str)]) -> SettingError {
        config(more).expect("all but Graph is fine").graph.expect_err("Graph is not")
    }

    #[test]
    fn without_any_variable_everything_but_graph_is_set() {
        let config = Config::read(&Environment::default()).expect("defaults");
        assert_eq!(config.store, Store::Sqlite(PathBuf::from("listsync.db")));
        assert_eq!(config.visibility, Duration::from_secs(120));
        assert_eq!(config.graph.expect_err("no tenant").variable, "AZURE_TENANT_ID");
    }

    #[test]
    fn a_deployment_on_aws_is_named_by_its_table_and_its_queue() {
        let queue = ("LISTSYNC_QUEUE", "sqs:https://sqs.eu-west-1.amazonaws.com/1/q");
        let config = config(&[("LISTSYNC_STORE", "dynamodb:table"), queue, ("LISTSYNC_MAX_RECEIVES", "7")]);
        let config = config.expect("settings");
        assert_eq!(config.store, Store::DynamoDb("table".to_owned()));
        assert_eq!(config.queue, QueueChoice::Sqs("https://sqs.eu-west-1.amazonaws.com/1/q".to_owned()));
        assert_eq!(config.most_receives, 7);
        let alone = Config::read(&Environment::of(&[("LISTSYNC_STORE", "dynamodb:table")]));
        assert_eq!(alone.expect_err("no queue").variable, "LISTSYNC_QUEUE");
    }

    #[test]
    fn a_credential_may_be_kept_elsewhere() {
        for known in ["web-identity", "secretsmanager:/listsync/client-secret", "ssm:/listsync/client-secret"]
        {
            let credential = config(&[(ELSEWHERE, known)]).expect("settings").graph.expect("complete");
            assert_eq!(credential.settings.credential.setting(), ELSEWHERE);
        }
        let odd = graph_error(&[(ELSEWHERE, "s3cret-by-mistake")]);
        assert!(odd.variable == ELSEWHERE && !odd.to_string().contains("s3cret"), "{odd}");
        assert_eq!(graph_error(&[(ELSEWHERE, "web-identity"), (SECRET, "a")]).variable, ELSEWHERE);
    }

    #[test]
    fn a_secret_is_taken_and_never_shown() {
        let config = config(&[(SECRET, "s3cret")]).expect("settings");
        assert!(!format!("{config:?}").contains("s3cret"));
        let graph = config.graph.expect("complete");
        assert_eq!(graph.settings.graph_url, "https://graph.microsoft.com/v1.0");
        assert_eq!(graph.tenant.as_str(), "t-1");
        assert_eq!(graph.settings.credential, Credential::Secret("s3cret".to_owned()));
    }

    #[test]
    fn people_sign_in_where_an_app_is_named_and_an_address() {
        let console = |more: &[(&str, &str)]| config(more).expect("settings").console;
        assert_eq!(console(&[(CONSOLE_URL, "https://lists.contoso.com")]), Ok(None));
        assert_eq!(console(&[(CONSOLE_CLIENT, "web")]).expect_err("no address").variable, CONSOLE_URL);
        let odd = console(&[(CONSOLE_CLIENT, "web"), (CONSOLE_URL, "http://lists.contoso.com")]);
        assert_eq!(odd.expect_err("no TLS").variable, CONSOLE_URL);
        let by = |more: &[(&str, &str)]| {
            let named = [("LISTSYNC_PUBLIC_URL", "https://lists.contoso.com/"), (SECRET, "app's")];
            let all: Vec<_> = named.into_iter().chain(more.iter().copied()).collect();
            console(&all).expect("settings").expect("an app")
        };
        let public = by(&[(CONSOLE_CLIENT, "web")]);
        assert_eq!((public.url.as_str(), public.app.credential), ("https://lists.contoso.com", None));
        let own = by(&[(CONSOLE_CLIENT, "APP"), (CONSOLE_URL, "http://localhost:8080")]);
        assert_eq!(own.url, "http://localhost:8080");
        assert_eq!(own.app.credential, Some(Credential::Secret("app's".to_owned())));
        let other = by(&[(CONSOLE_CLIENT, "web"), (CONSOLE_SECRET, "web's")]);
        assert_eq!(other.app.credential, Some(Credential::Secret("web's".to_owned())));
    }

    #[test]
    fn exactly_one_credential_is_wanted() {
        assert_eq!(graph_error(&[]).variable, SECRET);
        let two = graph_error(&[(SECRET, "a"), (TOKEN_FILE, "b")]);
        assert!(two.to_string().contains(TOKEN_FILE) && two.to_string().contains(SECRET), "{two}");
    }

    #[test]
    fn a_file_that_is_not_there_is_named_with_its_variable() {
        for variable in [CERTIFICATE, TOKEN_FILE] {
            assert_eq!(graph_error(&[(variable, "/nowhere/x.pem")]).variable, variable);
        }
        let trust = graph_error(&[(SECRET, "a"), ("SSL_CERT_FILE", "/nowhere/x.pem")]);
        assert_eq!(trust.variable, "SSL_CERT_FILE");
    }

    #[test]
    fn a_token_never_goes_over_plain_http_to_another_machine() {
        for odd in ["http://graph.example", "graph.example", "http://127.0.0.1.example/v1.0", "https://"] {
            let error = graph_error(&[(SECRET, "a"), ("LISTSYNC_GRAPH_URL", odd)]);
            assert_eq!(error.variable, "LISTSYNC_GRAPH_URL", "{odd}");
        }
        let local = config(&[(SECRET, "a"), ("LISTSYNC_GRAPH_URL", "http://127.0.0.1:8443/v1.0/")]);
        assert_eq!(
            local.expect("settings").graph.expect("local").settings.graph_url,
            "http://127.0.0.1:8443/v1.0"
        );
    }

    #[test]
    fn what_this_build_cannot_do_is_said_and_not_replaced() {
        for (variable, value) in [
            ("LISTSYNC_STORE", "dynamodb:"),
            ("LISTSYNC_STORE", "listsync.db"),
            ("LISTSYNC_QUEUE", "sqs:queue"),
            ("LISTSYNC_QUEUE", "sqs:http://elsewhere.example/queue"),
            ("LISTSYNC_MAX_RECEIVES", "0"),
            ("LISTSYNC_MAX_RECEIVES", "five"),
            ("LISTSYNC_VISIBILITY", "5s"),
            ("LISTSYNC_PUBLIC_URL", "http://lists.contoso.com"),
        ] {
            let error = config(&[(variable, value)]).expect_err(value);
            assert_eq!(error.variable, variable);
            assert!(!error.hint.is_empty());
        }
    }
}
