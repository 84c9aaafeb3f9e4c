//! What the bucket tells of a dropped file ("Event message structure" in the Amazon S3 user guide).

use percent_encoding::percent_decode_str;
use serde::Deserialize;

/// A notification of a bucket. Without records it is the bucket's test of the notification.
#[derive(Debug, Clone, Deserialize)]
pub struct Event {
    #[serde(rename = "Records", default)]
    records: Vec<Record>,
}

#[derive(Debug, Clone, Deserialize)]
struct Record {
    s3: Entity,
}

#[derive(Debug, Clone, Deserialize)]
struct Entity {
    bucket: Bucket,
    object: Key,
}

#[derive(Debug, Clone, Deserialize)]
struct Bucket {
    name: String,
}

#[derive(Debug, Clone, Deserialize)]
struct Key {
    key: String,
}

/// A file in a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// The bucket.
    pub bucket: String,
    /// The file's path; none where it is not UTF-8.
    pub path: Option<String>,
}

impl Event {
    /// The files that it names.
    pub fn objects(self) -> impl Iterator<Item = Object> {
        self.records.into_iter().map(|Record { s3: Entity { bucket, object } }| Object {
            bucket: bucket.name,
            path: decoded(&object.key),
        })
    }
}

/// A key is encoded as a form's value.
fn decoded(key: &str) -> Option<String> {
    let spaced = key.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_decoded_as_a_form_is() {
        assert_eq!(
            decoded("incoming/All+staff/M%C3%BCller%2B1.csv").as_deref(),
            Some("incoming/All staff/Müller+1.csv")
        );
        assert_eq!(decoded("incoming/%ff"), None);
    }
}
