//! Notifications of S3 (AWS: Amazon S3 User Guide, "Event message structure"). They come at
//! least once and in any order, so what they say of an object is a hint to look at it.

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::key::{Key, NoKey};

/// What S3 calls a function with.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Notification {
    /// What happened; nothing in the message that S3 sends when notifications are set up.
    #[serde(rename = "Records", default, deserialize_with = "one_by_one")]
    pub records: Vec<Result<Record, Unread>>,
}

/// A record that cannot be read: one alone stops no other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// What it says happened; empty if it says nothing.
    pub event_name: String,
    /// What is wrong with it.
    pub why: String,
}

/// Something that happened.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// `aws:s3`, or `minio:s3`.
    #[serde(default)]
    pub event_source: String,
    /// Such as `ObjectCreated:Put`; `MinIO` writes `s3:` before it.
    #[serde(default)]
    pub event_name: String,
    /// The bucket's Region; empty from a `MinIO` that was given none.
    #[serde(default)]
    pub aws_region: String,
    /// The object; none in the records of other sources.
    pub s3: Option<Entity>,
}

/// An object in its bucket.
#[derive(Clone, Debug, Deserialize)]
pub struct Entity {
    /// Where it is, or was.
    pub bucket: Bucket,
    /// What it is called.
    pub object: Object,
}

/// A bucket.
#[derive(Clone, Debug, Deserialize)]
pub struct Bucket {
    /// Its name.
    pub name: String,
}

/// An object.
#[derive(Clone, Debug, Deserialize)]
pub struct Object {
    /// Its key, form-encoded: `red flower.jpg` is `red+flower.jpg`.
    pub key: String,
}

impl Notification {
    /// Whether an event is one of S3's, the message at their setting up included.
    #[must_use]
    pub fn is_meant(event: &Value) -> bool {
        let mut records = event["Records"].as_array().into_iter().flatten();
        records.any(|record| record["eventSource"].as_str().is_some_and(is_s3))
            || event["Event"] == "s3:TestEvent"
    }
}

impl Record {
    /// Whether it is of S3, or of `MinIO`, which speaks as S3 does.
    #[must_use]
    pub fn is_of_s3(&self) -> bool {
        is_s3(&self.event_source)
    }

    /// What happened, as S3 calls it.
    #[must_use]
    pub fn happened(&self) -> &str {
        let name = &self.event_name;
        name.strip_prefix("s3:").unwrap_or(name)
    }
}

fn is_s3(source: &str) -> bool {
    matches!(source, "aws:s3" | "minio:s3")
}

/// Records, each read by itself.
fn one_by_one<'a, D: Deserializer<'a>>(
    deserializer: D,
) -> Result<Vec<Result<Record, Unread>>, D::Error> {
    let read = |record: Value| {
        Record::deserialize(&record).map_err(|why| Unread {
            event_name: record["eventName"].as_str().unwrap_or_default().to_owned(),
            why: why.to_string(),
        })
    };
    let records = Vec::<Value>::deserialize(deserializer)?;
    Ok(records.into_iter().map(read).collect())
}

impl Object {
    /// The key as the bucket has it, form-decoded once (WHATWG URL,
    /// "application/x-www-form-urlencoded parsing").
    ///
    /// # Errors
    ///
    /// [`NoKey`] if we would never ask for such an object, a folder's marker among them.
    pub fn key(&self) -> Result<Key, NoKey> {
        // To us a `+` in a path is a plus, so spaces are written as a path has them.
        let path = self.key.replace('+', "%20");
        let name = percent_decode_str(&path).decode_utf8();
        // What is not UTF-8 is refused there, in the same words as everywhere.
        name.map_or_else(|_| Key::from_path(&path), Key::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Result<String, String> {
        let object = Object { key: text.into() };
        let key = object.key().map_err(|why| why.to_string())?;
        Ok(key.as_str().to_owned())
    }

    #[test]
    fn keys_are_form_encoded_once() {
        for (written, name) in [
            ("red+flower.jpg", "red flower.jpg"),
            ("a%2Bb.jpg", "a+b.jpg"),
            ("caf%C3%A9/%26%3D%7E.jpg", "café/&=~.jpg"),
            ("100%2525.jpg", "100%25.jpg"),
            ("photo.jpg%40100w", "photo.jpg@100w"),
        ] {
            assert_eq!(key(written).as_deref(), Ok(name), "{written}");
        }
    }

    #[test]
    fn what_no_url_names_is_no_key() {
        for written in ["", "img/", "/a.jpg", "a//b", "a/../b", "%FF", "a%0Ab"] {
            assert!(key(written).is_err(), "{written}");
        }
    }

    #[test]
    fn what_is_not_read_does_not_matter() {
        let event = include_str!("../../events/s3-created.json");
        let event: Value = serde_json::from_str(event).unwrap();
        assert!(Notification::is_meant(&event));
        let event: Notification = serde_json::from_value(event).unwrap();
        let [Ok(record)] = &event.records[..] else {
            panic!("one record");
        };
        let entity = record.s3.as_ref().unwrap();
        assert_eq!(record.event_name, "ObjectCreated:Put");
        assert_eq!(record.aws_region, "eu-west-1");
        assert_eq!(entity.bucket.name, "example-originals");
        assert_eq!(entity.object.key().unwrap().as_str(), "img/red flower.jpg");
    }

    #[test]
    fn a_removal_has_neither_size_nor_etag() {
        let event = include_str!("../../events/s3-removed.json");
        let event: Notification = serde_json::from_str(event).unwrap();
        let record = event.records[0].as_ref().unwrap();
        assert_eq!(record.event_name, "ObjectRemoved:Delete");
    }

    #[test]
    fn the_message_at_their_setting_up_says_nothing() {
        let event = include_str!("../../events/s3-test.json");
        let event: Value = serde_json::from_str(event).unwrap();
        assert!(Notification::is_meant(&event));
        let event: Notification = serde_json::from_value(event).unwrap();
        assert_eq!(event.records.len(), 0);
    }

    #[test]
    fn a_record_that_cannot_be_read_hides_no_other() {
        let event = serde_json::json!({ "Records": [
            { "eventName": "ObjectCreated:Put", "s3": { "bucket": {} } },
            7,
            { "eventSource": "aws:s3", "eventName": "ObjectRemoved:Delete" },
        ] });
        assert!(Notification::is_meant(&event));
        let event: Notification = serde_json::from_value(event).unwrap();
        let [Err(lacking), Err(number), Ok(record)] = &event.records[..] else {
            panic!("two cannot be read, and one can");
        };
        assert_eq!(lacking.event_name, "ObjectCreated:Put");
        assert!(lacking.why.contains("`name`"), "{}", lacking.why);
        assert_eq!(number.event_name, "");
        assert_eq!(record.event_name, "ObjectRemoved:Delete");
    }

    #[test]
    fn events_of_cloudfront_are_not_meant() {
        let event = include_str!("../../events/query.json");
        let event: Value = serde_json::from_str(event).unwrap();
        assert!(!Notification::is_meant(&event));
    }
}
