//! The ways by which people are told of trouble, from the environment.

use std::{path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use listsync_alerts::{Given, Poster, Reach, SecretText, Smtp, Teams, Webhook};
use listsync_core::{address::Address, alert::Envelope, duration::parse_days};
use listsync_engine::{
    alerts::{Alerting, Letters},
    ports::{AlertChannel, Fault, Mailer, PortError, PortResult},
};

use crate::{Environment, SettingError, cloud};

const WEBHOOK: &str = "LISTSYNC_ALERTS_WEBHOOK";
const WEBHOOK_SECRET: &str = "LISTSYNC_ALERTS_WEBHOOK_SECRET";
const TEAMS: &str = "LISTSYNC_ALERTS_TEAMS";
const MAIL: &str = "LISTSYNC_ALERTS_MAIL";
const MAIL_FROM: &str = "LISTSYNC_ALERTS_MAIL_FROM";
const MAIL_TO: &str = "LISTSYNC_ALERTS_MAIL_TO";
const ALLOW_PRIVATE: &str = "LISTSYNC_ALERTS_ALLOW_PRIVATE";
const HEARTBEAT: &str = "LISTSYNC_ALERTS_HEARTBEAT";
const WEEK: Duration = Duration::from_secs(7 * 24 * 3_600);

/// How people are told, as it is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertSettings {
    /// `LISTSYNC_ALERTS_WEBHOOK`, and `LISTSYNC_ALERTS_WEBHOOK_SECRET` by which it is signed.
    webhook: Option<Signed>,
    /// `LISTSYNC_ALERTS_TEAMS`: the URL of a workflow.
    teams: Option<Kept>,
    /// `LISTSYNC_ALERTS_MAIL`, `LISTSYNC_ALERTS_MAIL_FROM` and `LISTSYNC_ALERTS_MAIL_TO`.
    mail: Option<Mail>,
    /// `LISTSYNC_ALERTS_ALLOW_PRIVATE`: whether receivers may be in a private network.
    reach: Reach,
    /// `LISTSYNC_ALERTS_HEARTBEAT`: how often a sign of life is sent; none: never. Default: each week.
    heartbeat: Option<Duration>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Signed {
    url: Kept,
    secret: Kept,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Mail {
    by: MailService,
    envelope: Envelope,
}

/// What sends mail.
#[derive(Debug, Clone, PartialEq, Eq)]
enum MailService {
    /// The mailbox of the sender in the tenant, by Microsoft Graph.
    Graph,
    /// Amazon SES.
    Ses,
    /// The server at this URL.
    Smtp(Kept),
}

/// A text that nobody may see, and where it is kept.
#[derive(Clone, PartialEq, Eq)]
enum Kept {
    /// In the variable itself.
    Here(String),
    /// In a file, whose whole text it is.
    File(PathBuf),
    /// In Secrets Manager or a parameter.
    Elsewhere(cloud::StoredSecret),
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Here(_) => "Here(…)",
            Self::File(_) => "File(…)",
            Self::Elsewhere(_) => "Elsewhere(…)",
        })
    }
}

impl Kept {
    fn parse(text: &str) -> Self {
        match (text.strip_prefix("file:"), cloud::StoredSecret::parse(text)) {
            (Some(path), _) => Self::File(PathBuf::from(path)),
            (None, Some(stored)) => Self::Elsewhere(stored),
            (None, None) => Self::Here(text.to_owned()),
        }
    }

    fn source(self) -> Arc<dyn SecretText> {
        match self {
            Self::Here(text) => Arc::new(Given(text)),
            Self::File(path) => Arc::new(InFile(path)),
            Self::Elsewhere(stored) => Arc::new(stored),
        }
    }
}

struct InFile(PathBuf);

#[async_trait]
impl SecretText for InFile {
    async fn text(&self) -> PortResult<String> {
        let read = tokio::fs::read_to_string(&self.0).await;
        read.map(|text| text.trim().to_owned()).map_err(|error| {
            let message =
                format!("the file {} with a secret of alerts cannot be read: {error}", self.0.display());
            PortError::new(Fault::Rejected, "alert_secret", message)
                .with_hint("have it be a file that listsync may read")
        })
    }
}

#[async_trait]
impl SecretText for cloud::StoredSecret {
    async fn text(&self) -> PortResult<String> {
        self.read().await
    }
}

impl AlertSettings {
    pub(crate) fn read(environment: &Environment) -> Result<Self, SettingError> {
        let kept = |variable| environment.get(variable).map(Kept::parse);
        let webhook = match (kept(WEBHOOK), kept(WEBHOOK_SECRET)) {
            (None, None) => None,
            (Some(url), Some(secret)) => Some(Signed { url, secret }),
            (Some(_), None) => {
                let what = "whsec_ and the base64 of 24 to 64 random bytes, as the receiver has it";
                return Err(SettingError::missing(WEBHOOK_SECRET, what));
            }
            (None, Some(_)) => {
                return Err(SettingError::missing(WEBHOOK, "the https URL of what takes the webhook"));
            }
        };
        let mail = read_mail(environment)?;
        let reach = match environment.get(ALLOW_PRIVATE) {
            None | Some("no") => Reach::Public,
            Some("yes") => Reach::Anywhere,
            Some(_) => {
                return Err(SettingError::new(ALLOW_PRIVATE, "is neither yes nor no", "write yes or no"));
            }
        };
        let heartbeat = match environment.get(HEARTBEAT) {
            None => Some(WEEK),
            Some("off") => None,
            Some(text) => Some(parse_days(text).map_err(|_| {
                SettingError::new(HEARTBEAT, "is no number of days such as 7d", "write 7d, or off")
            })?),
        };
        Ok(Self { webhook, teams: kept(TEAMS), mail, reach, heartbeat })
    }

    /// The channels that are set, where the directory sends mail of the tenant. No secret is read before something is sent.
    pub(crate) fn alerting(&self, directory: Arc<dyn Mailer>) -> PortResult<Alerting> {
        let mut channels: Vec<Arc<dyn AlertChannel>> = Vec::new();
        if self.webhook.is_some() || self.teams.is_some() {
            let poster = Arc::new(Poster::new(self.reach)?);
            if let Some(Signed { url, secret }) = self.webhook.clone() {
                let poster = poster.clone();
                channels.push(Arc::new(Webhook { poster, url: url.source(), secret: secret.source() }));
            }
            if let Some(url) = self.teams.clone() {
                channels.push(Arc::new(Teams { poster, url: url.source() }));
            }
        }
        if let Some(Mail { by, envelope }) = self.mail.clone() {
            let mailer: Arc<dyn Mailer> = match by {
                MailService::Graph => directory,
                MailService::Ses => Arc::new(cloud::Mail),
                MailService::Smtp(url) => Arc::new(Smtp { reach: self.reach, server: url.source() }),
            };
            channels.push(Arc::new(Letters { mailer, envelope }));
        }
        Ok(Alerting { channels, heartbeat: self.heartbeat })
    }
}

fn read_mail(environment: &Environment) -> Result<Option<Mail>, SettingError> {
    let by = match environment.get(MAIL) {
        None => {
            return match (environment.get(MAIL_FROM), environment.get(MAIL_TO)) {
                (None, None) => Ok(None),
                _ => Err(SettingError::missing(MAIL, "graph, ses, or the URL of a mail server")),
            };
        }
        Some("graph") => MailService::Graph,
        Some("ses") => MailService::Ses,
        Some(url) => MailService::Smtp(Kept::parse(url)),
    };
    let addresses = |variable, what| {
        let text = environment.get(variable).ok_or_else(|| SettingError::missing(variable, what))?;
        let parsed: Result<Vec<Address>, _> = text.split(',').map(Address::parse).collect();
        parsed.map_err(|_| SettingError::new(variable, "is no address of mail", what))
    };
    let from = addresses(MAIL_FROM, "the address that alerts come from, such as listsync@contoso.com")?;
    let to = addresses(MAIL_TO, "the addresses that alerts go to, with a comma between two")?;
    let [from] = <[Address; 1]>::try_from(from)
        .map_err(|_| SettingError::new(MAIL_FROM, "is more than one address", "name one"))?;
    Ok(Some(Mail { by, envelope: Envelope { from, to } }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> Result<AlertSettings, SettingError> {
        AlertSettings::read(&Environment::of(pairs))
    }

    fn channels(pairs: &[(&str, &str)]) -> Vec<&'static str> {
        let alerting = settings(pairs).expect("settings").alerting(Arc::new(cloud::Mail)).expect("channels");
        alerting.channels.iter().map(|channel| channel.name()).collect()
    }

    #[test]
    fn what_is_set_is_a_channel_and_nothing_else() {
        assert!(channels(&[]).is_empty());
        let webhook = [(WEBHOOK, "https://hooks.example/x"), (WEBHOOK_SECRET, "file:/run/secret")];
        assert_eq!(channels(&webhook), ["webhook"]);
        let teams = [(TEAMS, "secretsmanager:/listsync/teams")];
        assert_eq!(channels(&teams), ["teams"]);
        assert_eq!(channels(&[webhook[0], webhook[1], teams[0]]), ["webhook", "teams"]);
        let addresses = [(MAIL_FROM, "listsync@contoso.com"), (MAIL_TO, "ops@contoso.com, it@contoso.com")];
        for by in ["graph", "ses", "smtps://u:p@mail.contoso.com", "secretsmanager:/listsync/mail"] {
            assert_eq!(channels(&[(MAIL, by), addresses[0], addresses[1]]), ["mail"], "{by}");
        }
    }

    #[test]
    fn a_sign_of_life_comes_each_week_unless_it_is_set_otherwise() {
        let heartbeat = |text| settings(&[(HEARTBEAT, text)]).expect("settings").heartbeat;
        assert_eq!(settings(&[]).expect("settings").heartbeat, Some(WEEK));
        assert_eq!((heartbeat("1d"), heartbeat("off")), (Some(WEEK / 7), None));
    }

    #[test]
    fn what_makes_no_sense_is_named_and_no_secret_is_shown() {
        for (pairs, variable) in [
            (vec![(WEBHOOK, "https://hooks.example/s3cret")], WEBHOOK_SECRET),
            (vec![(WEBHOOK_SECRET, "whsec_s3cret")], WEBHOOK),
            (vec![(ALLOW_PRIVATE, "s3cret")], ALLOW_PRIVATE),
            (vec![(HEARTBEAT, "s3cret")], HEARTBEAT),
            (vec![(MAIL, "smtps://u:s3cret@mail.contoso.com")], MAIL_FROM),
            (vec![(MAIL, "ses"), (MAIL_FROM, "listsync@contoso.com")], MAIL_TO),
            (vec![(MAIL, "ses"), (MAIL_FROM, "s3cret"), (MAIL_TO, "ops@contoso.com")], MAIL_FROM),
            (
                vec![(MAIL, "ses"), (MAIL_FROM, "a@x.example,b@x.example"), (MAIL_TO, "ops@x.example")],
                MAIL_FROM,
            ),
            (vec![(MAIL_TO, "ops@contoso.com")], MAIL),
        ] {
            let error = settings(&pairs).expect_err(variable);
            assert!(error.variable == variable && !error.to_string().contains("s3cret"), "{error}");
        }
        let secrets =
            [(WEBHOOK, "s3cret"), (WEBHOOK_SECRET, "s3cret"), (TEAMS, "s3cret"), (MAIL, "smtps://s3cret")];
        let all: Vec<_> =
            secrets.into_iter().chain([(MAIL_FROM, "a@x.example"), (MAIL_TO, "b@x.example")]).collect();
        assert!(!format!("{:?}", settings(&all)).contains("s3cret"));
    }

    #[tokio::test]
    async fn a_secret_in_a_file_is_read_when_it_is_needed() {
        let folder = std::env::temp_dir().join(format!("listsync-alerts-{}", std::process::id()));
        std::fs::write(&folder, " whsec_x\n").expect("a file");
        let kept = Kept::parse(&format!("file:{}", folder.display())).source();
        assert_eq!(kept.text().await.expect("read"), "whsec_x");
        std::fs::remove_file(&folder).expect("it was there");
        assert_eq!(kept.text().await.expect_err("it is gone").code, "alert_secret");
    }
}
