use serde_json::{Value, json};

use crate::{Cloud, cloud::scope};

impl Cloud {
    /// The bucket into which files are dropped.
    #[must_use]
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// Puts a file into the inbox; its event is [`crate::dropped`].
    ///
    /// # Panics
    /// When it is not taken.
    pub async fn put(&self, path: &str, content: impl Into<Vec<u8>>) {
        let answer = self.http.put(self.object(path)).header("authorization", scope("s3"));
        let answer = answer.body(content.into()).send().await.expect("the emulated AWS answers");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
    }

    /// A file in the inbox, as text; none: it is not there.
    ///
    /// # Panics
    /// When the emulated AWS does not answer.
    pub async fn file(&self, path: &str) -> Option<String> {
        let answer = self.http.get(self.object(path)).header("authorization", scope("s3"));
        let answer = answer.send().await.expect("the emulated AWS answers");
        match answer.status().is_success() {
            true => Some(answer.text().await.expect("with text")),
            false => None,
        }
    }

    fn object(&self, path: &str) -> String {
        format!("{}/{}/{}", self.moto.endpoint(), self.bucket, path.replace(' ', "%20"))
    }
}

/// What a bucket sends when a file was dropped ("Event message structure" in the Amazon S3 user guide).
#[must_use]
pub fn dropped(bucket: &str, path: &str) -> Value {
    json!({"Records": [{
        "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "eu-west-1",
        "eventTime": "2026-01-01T00:00:00.000Z", "eventName": "ObjectCreated:Put",
        "userIdentity": {"principalId": "AWS:UPLOADER"},
        "requestParameters": {"sourceIPAddress": "192.0.2.1"},
        "responseElements": {"x-amz-request-id": "request", "x-amz-id-2": "host"},
        "s3": {
            "s3SchemaVersion": "1.0", "configurationId": "dropped",
            "bucket": {
                "name": bucket, "ownerIdentity": {"principalId": "OWNER"}, "arn": format!("arn:aws:s3:::{bucket}"),
            },
            "object": {"key": encoded(path), "size": 1, "eTag": "etag", "sequencer": "0055AED6DCD90281E5"},
        },
    }]})
}

/// As a form's value, but that slashes stay.
fn encoded(path: &str) -> String {
    let one = |byte: u8| match byte {
        b' ' => "+".to_owned(),
        b'/' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    path.bytes().map(one).collect()
}
