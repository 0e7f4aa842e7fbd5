//! Buckets that are kept in step, over stores whose times the tests make up.

use std::{collections::BTreeMap, sync::Arc};

use edgepix::{
    config::{Config, Dimension, StoreConfig},
    dialect::Dialect,
    event::s3::Notification,
    store::{Store, StoreError},
    sync::{Buckets, Skipped, SyncRecord, sync},
};
use serde_json::json;

#[path = "sync/shelf.rs"]
mod shelf;

use shelf::{Shelf, Told};

/// Shelves by their buckets' names.
#[derive(Default)]
struct Buildings(BTreeMap<&'static str, Arc<Shelf>>);

impl Buckets for Buildings {
    fn bucket(&self, name: &str, region: &str, _: &StoreConfig) -> Result<Arc<dyn Store>, String> {
        assert_eq!(region, "eu-west-1");
        let shelf = self.0.get(name).ok_or("there is none")?;
        Ok(Arc::clone(shelf) as Arc<dyn Store>)
    }
}

/// Buckets, what is invalidated in front of them, and how they are configured.
#[derive(Default)]
struct Installation {
    buckets: Buildings,
    told: Told,
    config: Config,
}

impl Installation {
    fn new(buckets: &[&'static str]) -> Self {
        let mut installation = Self::default();
        for name in buckets {
            installation.buckets.0.insert(name, Arc::default());
        }
        installation
    }

    fn with(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        self
    }

    fn shelf(&self, name: &str) -> &Shelf {
        &self.buckets.0[name]
    }

    fn hears(&self, event: &Notification) -> Vec<SyncRecord> {
        sync(event, &self.buckets, Some(&self.told), &self.config, None)
    }

    /// Hears that something happened to one object.
    fn hears_of(&self, name: &str, bucket: &str, key: &str) -> SyncRecord {
        let event = event(&[(name, bucket, key)]);
        let mut records = self.hears(&event);
        assert_eq!(records.len(), 1);
        records.remove(0)
    }
}

const CREATED: &str = "ObjectCreated:Put";
const REMOVED: &str = "ObjectRemoved:Delete";

fn event(records: &[(&str, &str, &str)]) -> Notification {
    let records = records.iter().map(|(name, bucket, key)| {
        json!({
            "eventSource": "aws:s3",
            "awsRegion": "eu-west-1",
            "eventName": name,
            "s3": { "bucket": { "name": bucket }, "object": { "key": key } },
        })
    });
    serde_json::from_value(json!({ "Records": records.collect::<Vec<_>>() })).unwrap()
}

/// Originals in `originals`, served from `site`: system B.
fn system_b() -> Installation {
    Installation::new(&["originals", "site"]).with(|config| {
        config.store.bucket = Some("site".into());
        config.dialects = vec![Dialect::Path];
        config.policy.dimensions = vec![
            dimension(150, Some(200)),
            dimension(9, Some(7)),
            dimension(300, None),
        ];
    })
}

fn dimension(width: u32, height: Option<u32>) -> Dimension {
    Dimension {
        width: Some(width),
        height,
    }
}

fn no_errors(record: &SyncRecord) {
    assert_eq!(record.errors, [], "{record}");
}

#[test]
fn a_created_original_is_copied_to_where_it_is_served_from() {
    let b = system_b();
    b.shelf("originals").put_at("img/red flower.jpg", "1", 100);
    let record = b.hears_of(CREATED, "originals", "img/red+flower.jpg");
    no_errors(&record);
    assert!(record.copied);
    assert_eq!(record.key, "img/red flower.jpg");
    assert_eq!(b.shelf("site").names(), ["img/red flower.jpg"]);
    assert_eq!(
        b.told.paths(),
        [
            "/img/red%20flower.jpg",
            "/img/150x200/red%20flower.jpg",
            "/img/9x7/red%20flower.jpg",
        ]
    );
}

#[test]
fn a_replaced_original_takes_its_derivatives_along() {
    let b = system_b();
    b.shelf("originals").put_at("img/a.png", "new", 1000);
    let site = b.shelf("site");
    site.put_at("img/a.png", "old", 100);
    for name in ["img/150x200/a.png", "9x7/img/a.png", "img/150x200/b.png"] {
        site.put_at(name, "small", 200);
    }
    let record = b.hears_of(CREATED, "originals", "img/a.png");
    no_errors(&record);
    assert!(record.copied);
    assert_eq!((record.deleted, record.invalidated), (2, 4));
    assert_eq!(site.names(), ["img/150x200/b.png", "img/a.png"]);
    assert_eq!(site.body("img/a.png"), "new");
    assert_eq!(
        b.told.paths(),
        [
            "/img/a.png",
            "/9x7/img/a.png",
            "/img/150x200/a.png",
            "/img/9x7/a.png",
        ]
    );
    assert_eq!(site.listings(), 0);
}

#[test]
fn a_removed_original_is_removed_with_its_derivatives() {
    let b = system_b();
    let site = b.shelf("site");
    site.put_at("img/a.png", "old", 100);
    site.put_at("img/9x7/a.png", "small", 200);
    let record = b.hears_of(REMOVED, "originals", "img/a.png");
    no_errors(&record);
    assert!(record.removed);
    assert_eq!(record.deleted, 1);
    assert_eq!(site.names(), [""; 0]);
    assert_eq!(
        b.told.paths(),
        ["/img/a.png", "/img/9x7/a.png", "/img/150x200/a.png"]
    );
}

#[test]
fn what_is_there_counts_and_not_what_is_said() {
    let b = system_b();
    b.shelf("originals").put_at("a.png", "1", 100);
    // Removed and created again, and the messages come the other way round.
    let event = event(&[
        (CREATED, "originals", "a.png"),
        (REMOVED, "originals", "a.png"),
    ]);
    let records = b.hears(&event);
    assert_eq!(records.len(), 1, "one object is looked at once");
    assert!(records[0].copied);
    let record = b.hears_of(REMOVED, "originals", "a.png");
    no_errors(&record);
    assert!(!record.removed && !record.copied);
    assert_eq!(b.shelf("site").names(), ["a.png"]);
    let record = b.hears_of(CREATED, "originals", "none.png");
    no_errors(&record);
    assert!(!record.copied);
}

#[test]
fn a_message_that_comes_twice_leaves_newer_derivatives() {
    let b = system_b();
    b.shelf("originals").put_at("a.png", "1", 100);
    b.hears_of(CREATED, "originals", "a.png");
    let site = b.shelf("site");
    let copied = site.modified("a.png");
    site.put_at("9x7/a.png", "of this one", copied + 61);
    site.put_at("150x200/a.png", "maybe of the one before", copied + 60);
    let record = b.hears_of(CREATED, "originals", "a.png");
    no_errors(&record);
    assert!(!record.copied);
    assert_eq!(record.deleted, 1);
    assert_eq!(site.names(), ["9x7/a.png", "a.png"]);
}

#[test]
fn an_original_whose_metadata_alone_is_corrected_is_copied() {
    let b = system_b();
    let originals = b.shelf("originals");
    originals.put_at("a.png", "1", 100);
    for (content_type, cache_control) in [("image/png", None), ("image/png", Some("max-age=60"))] {
        originals.describe("a.png", content_type, cache_control);
        let record = b.hears_of(CREATED, "originals", "a.png");
        no_errors(&record);
        assert!(record.copied, "{content_type} {cache_control:?}");
        let record = b.hears_of(CREATED, "originals", "a.png");
        assert!(!record.copied, "{content_type} {cache_control:?}");
    }
}

#[test]
fn our_own_derivatives_are_no_originals() {
    let one = Installation::new(&["photos"]);
    let photos = one.shelf("photos");
    photos.put_at("a.jpg", "1", 100);
    for name in ["a.jpg@9w", "9x7/a.jpg", "a-md.jpg", "a.jpg/~width=9"] {
        photos.put_at(name, "small", 200);
        let record = one.hears_of(CREATED, "photos", &name.replace('@', "%40"));
        assert_eq!(record.skipped, Some(Skipped::Derivative), "{name}");
    }
    assert_eq!(photos.names().len(), 5);
    assert_eq!(one.told.paths(), [""; 0]);
}

#[test]
fn a_derivative_that_expires_takes_nothing_along() {
    let one = Installation::new(&["photos"]);
    let photos = one.shelf("photos");
    photos.put_at("a-md.jpg@9w", "named as if it were of it", 100);
    for name in ["a.jpg@9w", "9x7/a.jpg", "a-md.jpg", "a.jpg/~width=9"] {
        let record = one.hears_of("LifecycleExpiration:Delete", "photos", name);
        assert_eq!(record.skipped, Some(Skipped::Derivative), "{name}");
    }
    assert_eq!(photos.names(), ["a-md.jpg@9w"]);
}

#[test]
fn an_original_that_is_named_like_a_variant_is_one() {
    let one = Installation::new(&["photos"]);
    let photos = one.shelf("photos");
    photos.put_at("team-md.jpg", "of nothing", 1000);
    photos.put_at("team-md.jpg@9w", "small", 200);
    photos.tag("team-md.jpg@9w");
    let record = one.hears_of(CREATED, "photos", "team-md.jpg");
    no_errors(&record);
    assert_eq!((record.skipped, record.deleted), (None, 1));
    assert_eq!(photos.names(), ["team-md.jpg"]);
}

#[test]
fn in_the_bucket_of_originals_no_name_is_a_derivatives() {
    let b = system_b().with(|config| config.dialects = Dialect::ALL.to_vec());
    let originals = b.shelf("originals");
    originals.put_at("a.jpg", "1", 100);
    originals.put_at("a-md.jpg", "someone's own", 100);
    let record = b.hears_of(CREATED, "originals", "a-md.jpg");
    no_errors(&record);
    assert!(record.copied);
    assert_eq!(b.shelf("site").body("a-md.jpg"), "someone's own");
}

#[test]
fn beside_originals_nothing_is_removed_but_by_its_tag() {
    for (named, key, ours) in [
        (
            "icons/64x64/app.jpg",
            "icons/app.jpg",
            "icons/32x32/app.jpg",
        ),
        ("a-md.jpg", "a.jpg", "a-sm.jpg"),
        ("a.jpg@9w", "a.jpg", "a.jpg@8w"),
        ("a.jpg/~width=9", "a.jpg", "a.jpg/~width=8"),
    ] {
        let one = Installation::new(&["photos"]);
        let photos = one.shelf("photos");
        photos.put_at(key, "new", 1000);
        photos.put_at(named, "someone's own", 200);
        photos.put_at(ours, "ours", 200);
        photos.tag(ours);
        let record = one.hears_of(CREATED, "photos", key);
        no_errors(&record);
        assert_eq!(photos.body(named), "someone's own");
        assert!(!photos.names().contains(&ours.to_owned()), "{ours}");
        let note = format!("{named} is left: it is not tagged as a derivative");
        assert_eq!(record.notes, [note]);
    }
}

#[test]
fn beside_originals_all_is_left_where_nothing_is_tagged() {
    let one = Installation::new(&["photos"]).with(|config| config.derivatives.tag = false);
    let photos = one.shelf("photos");
    photos.put_at("a.jpg", "new", 1000);
    for name in ["9x7/a.jpg", "a-sm.jpg", "a.jpg@9w"] {
        photos.put_at(name, "whose", 200);
        photos.tag(name);
    }
    let record = one.hears_of(CREATED, "photos", "a.jpg");
    no_errors(&record);
    assert_eq!(photos.names().len(), 4);
    assert_eq!(
        record.notes,
        ["a.jpg@9w is left: derivatives.tag is off, and originals are beside it; so are 2 more"]
    );
}

#[test]
fn tags_that_cannot_be_read_leave_what_they_may_be_of() {
    let one = Installation::new(&["photos"]);
    let photos = one.shelf("photos");
    photos.put_at("a.jpg", "new", 1000);
    photos.put_at("9x7/a.jpg", "whose", 200);
    photos.hides_tags(StoreError::Unsupported("tell tags"));
    let record = one.hears_of(CREATED, "photos", "a.jpg");
    no_errors(&record);
    assert_eq!((record.deleted, record.notes.len()), (0, 1));
    photos.hides_tags(StoreError::Forbidden);
    let record = one.hears_of(CREATED, "photos", "a.jpg");
    assert_eq!(record.errors.len(), 1, "{record}");
    assert_eq!(photos.names(), ["9x7/a.jpg", "a.jpg"]);
}

#[test]
fn a_copied_original_is_no_derivative_whatever_its_name() {
    let b = system_b();
    for bucket in ["originals", "site"] {
        b.shelf(bucket)
            .put_at("icons/9x7/app.png", "an original", 100);
    }
    b.shelf("originals").put_at("icons/app.png", "new", 1000);
    b.shelf("site")
        .put_at("icons/150x200/app.png", "small", 200);
    let record = b.hears_of(CREATED, "originals", "icons/app.png");
    no_errors(&record);
    assert_eq!(record.deleted, 1);
    assert_eq!(
        b.shelf("site").names(),
        ["icons/9x7/app.png", "icons/app.png"]
    );
    assert_eq!(
        record.notes,
        ["icons/9x7/app.png is left: the originals have that name"]
    );
}

#[test]
fn what_may_be_a_copied_original_is_left() {
    let b = system_b();
    b.shelf("originals").put_at("a.png", "new", 1000);
    b.shelf("originals")
        .fails("9x7/a.png", StoreError::Forbidden);
    b.shelf("site").put_at("9x7/a.png", "whose", 200);
    let record = b.hears_of(CREATED, "originals", "a.png");
    assert_eq!(record.errors.len(), 1, "{record}");
    assert_eq!(b.shelf("site").names(), ["9x7/a.png", "a.png"]);
}

#[test]
fn in_a_bucket_of_derivatives_every_variant_is_ours() {
    let two = Installation::new(&["photos", "small"])
        .with(|config| config.derivatives.bucket = Some("small".into()));
    two.shelf("photos").put_at("a.jpg", "new", 1000);
    let small = two.shelf("small");
    for name in [
        "a-sm.jpg",
        "a-MD.jpg",
        "a.jpg@9w_80q.webp",
        "a.jpg/~width=9",
        "b-sm.jpg",
    ] {
        small.put_at(name, "small", 200);
    }
    let record = two.hears_of(CREATED, "photos", "a.jpg");
    no_errors(&record);
    // A variant's name in another case is not looked for.
    assert_eq!(small.names(), ["a-MD.jpg", "b-sm.jpg"]);
    let variants = ["sm", "lg", "md", "xl"].map(|name| format!("/a-{name}.jpg"));
    assert_eq!(two.told.paths()[0], "/a.jpg*");
    assert_eq!(two.told.paths()[1..], variants);
    let record = two.hears_of(CREATED, "small", "a-lg.jpg");
    assert_eq!(record.skipped, Some(Skipped::DerivativesBucket));
}

#[test]
fn without_an_allow_list_folders_that_read_as_boxes_are_looked_into() {
    let one = Installation::new(&["photos"]).with(|config| config.dialects = vec![Dialect::Path]);
    let photos = one.shelf("photos");
    photos.put_at("img/b/a.jpg", "new", 1000);
    for name in [
        "0150X200/img/b/a.jpg",
        "img/9x7/b/a.jpg",
        "img/b/150x200/a.jpg",
        "img/b/150x200/other.jpg",
        "img/b/3d/a.jpg",
    ] {
        photos.put_at(name, "small", 200);
        photos.tag(name);
    }
    let record = one.hears_of(CREATED, "photos", "img/b/a.jpg");
    no_errors(&record);
    assert_eq!(record.deleted, 3);
    assert_eq!(
        photos.names(),
        ["img/b/150x200/other.jpg", "img/b/3d/a.jpg", "img/b/a.jpg"]
    );
}

#[test]
fn what_begins_with_an_originals_name_is_not_all_of_it() {
    let one = Installation::new(&["photos"]);
    let photos = one.shelf("photos");
    photos.put_at("a.jpg", "new", 1000);
    let others = ["a.jpg", "a.jpg.bak", "a.jpg@2x", "a.jpg@9w/b", "aa.jpg@9w"];
    for name in &others[1..] {
        photos.put_at(name, "not of it", 200);
    }
    photos.put_at("a.jpg@9w", "of it", 200);
    for name in photos.names() {
        photos.tag(&name);
    }
    let record = one.hears_of(CREATED, "photos", "a.jpg");
    no_errors(&record);
    assert_eq!(photos.names(), others);
}

#[test]
fn where_nothing_is_kept_nothing_is_looked_for() {
    let one = Installation::new(&["photos"]).with(|config| {
        config.derivatives.keep = false;
        config.variants.retain(|name, _| name == "md");
    });
    let photos = one.shelf("photos");
    photos.put_at("a.jpg", "new", 1000);
    photos.put_at("a.jpg@9w", "someone's own", 200);
    let record = one.hears_of(CREATED, "photos", "a.jpg");
    no_errors(&record);
    assert_eq!(photos.listings(), 0);
    // CloudFront keeps what nobody else does.
    assert_eq!(one.told.paths(), ["/a.jpg*", "/a-md.jpg"]);
}

#[test]
fn the_message_at_their_setting_up_does_nothing() {
    let text = include_str!("../events/s3-test.json");
    let one = Installation::new(&[]);
    assert_eq!(one.hears(&serde_json::from_str(text).unwrap()), []);
    assert_eq!(one.told.paths(), [""; 0]);
}

#[test]
fn what_is_none_of_our_business_is_said_and_left() {
    let one = Installation::new(&["photos"]);
    for (name, key, skipped) in [
        ("ObjectTagging:Put", "a.jpg", Skipped::Event),
        (CREATED, "img/", Skipped::NoKey),
    ] {
        let record = one.hears_of(name, "photos", key);
        assert_eq!(record.skipped, Some(skipped), "{name} {key}");
    }
    let other = json!({ "Records": [{ "eventSource": "aws:sns", "Sns": {} }] });
    let records = one.hears(&serde_json::from_value(other).unwrap());
    assert_eq!(records[0].skipped, Some(Skipped::Source));
    assert_eq!(one.told.paths(), [""; 0]);
}

#[test]
fn minio_says_the_same_in_other_words() {
    let b = system_b().with(|config| config.store.region = Some("eu-west-1".into()));
    b.shelf("originals").put_at("a.png", "1", 100);
    let event = json!({ "Records": [{
        "eventSource": "minio:s3",
        "awsRegion": "",
        "eventName": "s3:ObjectCreated:Put",
        "s3": { "bucket": { "name": "originals" }, "object": { "key": "a.png" } },
    }] });
    assert!(Notification::is_meant(&event));
    let records = b.hears(&serde_json::from_value(event).unwrap());
    no_errors(&records[0]);
    assert!(records[0].copied);
    assert_eq!(records[0].event, CREATED);
}

#[test]
fn results_that_were_too_large_to_be_answered_are_no_originals() {
    let one = Installation::new(&["photos"])
        .with(|config| config.derivatives.overflow_prefix = Some("derived/".into()));
    one.shelf("photos").put_at("derived/a.jpg/1.webp", "1", 100);
    let record = one.hears_of(CREATED, "photos", "derived/a.jpg/1.webp");
    assert_eq!(record.skipped, Some(Skipped::Derivative));
}

#[test]
fn an_original_that_cannot_be_seen_is_not_taken_for_gone() {
    let b = system_b();
    b.shelf("site").put_at("a.png", "1", 100);
    b.shelf("originals").fails("a.png", StoreError::Forbidden);
    let record = b.hears_of(REMOVED, "originals", "a.png");
    assert_eq!(record.errors.len(), 1, "{record}");
    assert!(!record.may_pass());
    assert_eq!(b.shelf("site").names(), ["a.png"]);
}

#[test]
fn a_record_that_fails_stops_no_other_and_says_whether_it_may_pass() {
    let b = system_b();
    b.shelf("originals").put_at("b.png", "1", 100);
    b.shelf("originals").fails("a.png", StoreError::Busy);
    let event = event(&[
        (CREATED, "originals", "a.png"),
        (CREATED, "originals", "b.png"),
    ]);
    let records = b.hears(&event);
    assert!(records[0].may_pass());
    assert_eq!(
        records[0].to_string(),
        "ObjectCreated:Put originals/a.png: 0 derivatives deleted, 0 paths invalidated; error: \
         a.png cannot be looked at: the store is too busy"
    );
    assert!(records[1].copied && !records[1].may_pass());
}

#[test]
fn a_record_that_cannot_be_read_stops_no_other_and_does_not_pass() {
    let b = system_b();
    b.shelf("originals").put_at("b.png", "1", 100);
    let mut event = event(&[(CREATED, "originals", "b.png")]);
    let lacking = json!({ "Records": [{ "eventSource": "aws:s3", "s3": {} }] });
    let lacking: Notification = serde_json::from_value(lacking).unwrap();
    event.records.splice(0..0, lacking.records);
    let records = b.hears(&event);
    assert_eq!(records[0].errors.len(), 1, "{}", records[0]);
    assert!(!records[0].may_pass());
    assert!(records[1].copied);
}

#[test]
fn a_derivative_that_cannot_be_removed_hides_nothing_else() {
    let b = system_b();
    let site = b.shelf("site");
    site.put_at("150x200/a.png", "small", 200);
    site.put_at("9x7/a.png", "small", 200);
    site.keeps("150x200/a.png");
    let record = b.hears_of(REMOVED, "originals", "a.png");
    assert_eq!((record.deleted, record.errors.len()), (1, 1), "{record}");
    assert_eq!(b.told.paths(), ["/a.png", "/9x7/a.png", "/150x200/a.png"]);
}

#[test]
fn what_stops_many_looks_is_said_once() {
    let b = system_b();
    for name in ["150x200/img/a.png", "9x7/img/a.png", "img/150x200/a.png"] {
        b.shelf("site").fails(name, StoreError::Forbidden);
    }
    let record = b.hears_of(REMOVED, "originals", "img/a.png");
    assert_eq!(record.errors.len(), 1, "{record}");
    assert_eq!(b.told.paths()[0], "/img/a.png");
}

#[test]
fn a_name_too_long_for_a_bucket_is_of_nothing() {
    let b = system_b();
    b.shelf("originals").put_at("a.png", "1", 100);
    let unsupported = StoreError::Unsupported("keep an object of that name");
    b.shelf("site").fails("9x7/a.png", unsupported);
    no_errors(&b.hears_of(CREATED, "originals", "a.png"));
}

#[test]
fn an_invalidation_that_fails_is_said() {
    let b = system_b();
    b.shelf("originals").put_at("a.png", "1", 100);
    b.told.refuse();
    let record = b.hears_of(CREATED, "originals", "a.png");
    assert!(record.copied && record.may_pass());
    assert_eq!(record.invalidated, 0);
}

#[test]
fn what_is_too_much_to_invalidate_unseen_is_said() {
    let b = system_b().with(|config| {
        let sides = 1..=201;
        config.policy.dimensions = sides.map(|side| dimension(side, Some(side))).collect();
    });
    b.shelf("originals").put_at("a.png", "1", 100);
    let record = b.hears_of(CREATED, "originals", "a.png");
    assert_eq!(record.invalidated, 201);
    assert_eq!(
        record.notes,
        ["1 more derivatives may be kept by CloudFront"]
    );
}

#[test]
fn without_a_distribution_nothing_is_invalidated() {
    let b = system_b();
    b.shelf("originals").put_at("a.png", "1", 100);
    let event = event(&[(CREATED, "originals", "a.png")]);
    let records = sync(&event, &b.buckets, None, &b.config, None);
    assert_eq!(records[0].errors, []);
    assert_eq!(records[0].invalidated, 0);
}

#[test]
fn a_bucket_that_is_not_there_is_said() {
    let one = Installation::new(&[]);
    let record = one.hears_of(CREATED, "photos", "a.png");
    assert_eq!(record.errors.len(), 1);
    assert!(!record.may_pass());
}
