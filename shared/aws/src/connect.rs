use std::{env, time::Duration};

use aws_config::{
    BehaviorVersion, Region, SdkConfig, environment::EnvironmentVariableCredentialsProvider,
    retry::RetryConfig, timeout::TimeoutConfig,
};
use aws_sdk_sts::config::SharedCredentialsProvider;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use listsync_engine::ports::PortResult;

use crate::{
    credential::{self, AssertionSource, SecretName},
    inbox::S3Inbox,
    mail::SesMailer,
    queue::SqsQueue,
    store::DynamoStore,
};

/// How long one try of a request may take. A transaction or a page takes some tens of milliseconds.
const ATTEMPT: Duration = Duration::from_secs(5);
/// How long a receive may take, its wait of at most 20 seconds included.
const RECEIVE: Duration = Duration::from_secs(25);
/// How long one try to lay a file down may take.
const UPLOAD: Duration = Duration::from_secs(60);
/// How often a request is sent in all.
const ATTEMPTS: u32 = 4;

/// Everything of AWS that listsync uses, from one configuration. Clones share it; clients are made when asked for.
#[derive(Debug, Clone)]
pub struct Aws {
    config: SdkConfig,
}

impl Aws {
    /// Reads the configuration as every AWS tool does: `AWS_REGION`, `AWS_PROFILE`, `AWS_ACCESS_KEY_ID`,
    /// `AWS_ENDPOINT_URL` and the others, the shared files, and the role of the machine.
    pub async fn from_env() -> Self {
        let loader = aws_config::defaults(BehaviorVersion::latest());
        Self { config: loader.retry_config(retries()).timeout_config(patient(ATTEMPT)).load().await }
    }

    /// The configuration of a Lambda function, all of which is in its environment: the keys of its role and its region
    /// ("Defined runtime environment variables" of the AWS Lambda developer guide), and where it is to ask otherwise than
    /// usual. A function has neither shared files nor a metadata service, and does not carry what would look there.
    #[must_use]
    pub fn of_function() -> Self {
        let is_set = |name| env::var(name).is_ok_and(|text| text.eq_ignore_ascii_case("true"));
        let region = env::var("AWS_REGION").or_else(|_| env::var("AWS_DEFAULT_REGION"));
        let keys = EnvironmentVariableCredentialsProvider::new();
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(region.ok().map(Region::new))
            .credentials_provider(SharedCredentialsProvider::new(keys))
            .use_fips(is_set("AWS_USE_FIPS_ENDPOINT"))
            .use_dual_stack(is_set("AWS_USE_DUALSTACK_ENDPOINT"))
            .service_config(Endpoints)
            .retry_config(retries())
            .timeout_config(patient(ATTEMPT))
            .build();
        Self { config }
    }

    /// The same from a configuration that was made elsewhere.
    #[must_use]
    pub fn from_config(config: SdkConfig) -> Self {
        Self { config }
    }

    /// The region, where one is set.
    #[must_use]
    pub fn region(&self) -> Option<String> {
        self.config.region().map(ToString::to_string)
    }

    /// The store in this table.
    #[must_use]
    pub fn store(&self, table: &str) -> DynamoStore {
        DynamoStore::new(aws_sdk_dynamodb::Client::new(&self.config), table)
    }

    /// The queue at this address.
    #[must_use]
    pub fn queue(&self, url: &str) -> SqsQueue {
        let config =
            aws_sdk_sqs::config::Builder::from(&self.config).timeout_config(patient(RECEIVE)).build();
        SqsQueue::new(aws_sdk_sqs::Client::from_conf(config), url)
    }

    /// The inbox in this bucket.
    #[must_use]
    pub fn inbox(&self, bucket: &str) -> S3Inbox {
        let config = aws_sdk_s3::config::Builder::from(&self.config).timeout_config(patient(UPLOAD)).build();
        S3Inbox::new(aws_sdk_s3::Client::from_conf(config), bucket)
    }

    /// What sends mail.
    #[must_use]
    pub fn mailer(&self) -> SesMailer {
        SesMailer::new(aws_sdk_sesv2::Client::new(&self.config))
    }

    /// The text of a secret.
    ///
    /// # Errors
    /// When it is not there, holds no text, or the role may not read it.
    pub async fn secret(&self, name: &SecretName) -> PortResult<String> {
        let secrets = aws_sdk_secretsmanager::Client::new(&self.config);
        let parameters = aws_sdk_ssm::Client::new(&self.config);
        credential::read(&secrets, &parameters, name).await
    }

    /// What gives assertions for Microsoft Entra.
    #[must_use]
    pub fn assertion_source(&self) -> AssertionSource {
        AssertionSource::new(aws_sdk_sts::Client::new(&self.config))
    }
}

/// Where services are, by the environment alone.
#[derive(Debug)]
struct Endpoints;

impl LoadServiceConfig for Endpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        endpoint(&key, |name| env::var(name).ok())
    }
}

/// What is set for one service, such as `AWS_ENDPOINT_URL_DYNAMODB`, goes before what is set for all, and an empty text says
/// nothing ("Service-specific endpoints" of the AWS SDKs and tools reference guide).
fn endpoint(key: &ServiceConfigKey<'_>, variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let service = key.service_id().to_uppercase().replace(' ', "_");
    let said = |name: &str| variable(name).filter(|text| !text.trim().is_empty());
    said(&format!("{}_{service}", key.env())).or_else(|| said(key.env()))
}

fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(ATTEMPTS)
}

/// One try of a request may take so long.
fn patient(attempt: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .operation_attempt_timeout(attempt)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_one_service_goes_before_that_of_all_and_an_empty_one_says_nothing() {
        let of = |service, variables: &[(&str, &str)]| {
            let key = ServiceConfigKey::builder()
                .service_id(service)
                .env("AWS_ENDPOINT_URL")
                .profile("endpoint_url");
            let look = |name: &str| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned())
            };
            endpoint(&key.build().expect("a whole key"), look)
        };
        let set = [("AWS_ENDPOINT_URL", "http://all"), ("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://one")];
        assert_eq!(of("Secrets Manager", &set).as_deref(), Some("http://one"));
        assert_eq!(of("DynamoDB", &set).as_deref(), Some("http://all"));
        let empty = [("AWS_ENDPOINT_URL", "http://all"), ("AWS_ENDPOINT_URL_SQS", " ")];
        assert_eq!(of("SQS", &empty).as_deref(), Some("http://all"));
        assert_eq!(of("SQS", &[("AWS_ENDPOINT_URL", "")]), None);
    }
}
