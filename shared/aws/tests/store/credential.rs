use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use listsync_aws::{Aws, SecretName};
use listsync_engine::ports::Fault;
use listsync_testkit::moto::{Moto, WEB_IDENTITY_TOKEN};

async fn config(moto: &Moto) -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            "test", "test", None, None, "test",
        )))
        .endpoint_url(moto.endpoint())
        .load()
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_read_from_where_it_is_kept() {
    let moto = Moto::start();
    let config = config(&moto).await;
    let secrets = aws_sdk_secretsmanager::Client::new(&config);
    secrets.create_secret().name("listsync/entra").secret_string("s3cret\n").send().await.unwrap();
    let parameters = aws_sdk_ssm::Client::new(&config);
    let kind = aws_sdk_ssm::types::ParameterType::SecureString;
    parameters.put_parameter().name("/listsync/entra").value("s4cret").r#type(kind).send().await.unwrap();
    let aws = Aws::from_config(config);
    for (name, text) in [("secretsmanager:listsync/entra", "s3cret"), ("ssm:/listsync/entra", "s4cret")] {
        assert_eq!(aws.secret(&SecretName::parse(name).unwrap()).await.unwrap(), text);
    }
    for name in ["secretsmanager:other", "ssm:/other"] {
        let error = aws.secret(&SecretName::parse(name).unwrap()).await.unwrap_err();
        assert_eq!(error.fault, Fault::Rejected, "{error:?}");
        assert!(!error.hint.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assertion_is_the_roles_own_token() {
    let moto = Moto::start();
    let source = Aws::from_config(config(&moto).await).assertion_source();
    assert_eq!(source.assertion().await.unwrap(), WEB_IDENTITY_TOKEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_or_queue_that_is_not_there_is_said_with_what_to_check() {
    use listsync_engine::ports::{ListStore as _, Queue as _};
    let moto = Moto::start();
    let aws = Aws::from_config(config(&moto).await);
    let error = aws.store("no-such-table").lists().await.unwrap_err();
    assert_eq!((error.fault, error.code.as_str()), (Fault::Rejected, "ResourceNotFoundException"));
    let queue = aws.queue(&format!("{}/123456789012/no-such-queue", moto.endpoint()));
    let error = queue.receive(1, std::time::Duration::from_secs(30)).await.unwrap_err();
    assert_eq!(error.fault, Fault::Rejected, "{error:?}");
    assert!(error.hint.contains("LISTSYNC_QUEUE"), "{error:?}");
}
