//! Where a function in a Region finds originals and keeps derivatives: no event says it, so
//! the configuration must.

use std::sync::Arc;

use crate::{
    config::{AnswerWith, Config, StoreConfig},
    store::{Opened, Place, Store},
};

/// The stores of both.
type Stores = (Arc<dyn Store>, Arc<dyn Store>);

/// Where a function in a Region finds originals and keeps derivatives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Places {
    /// Originals.
    pub(crate) originals: Place,
    /// Derivatives; often the same.
    pub(crate) derivatives: Place,
}

impl Places {
    /// The places that `config` names; a bucket is in the function's own Region unless it
    /// says another.
    ///
    /// # Errors
    ///
    /// What it should say.
    pub(crate) fn of(config: &Config, region: &str) -> Result<Self, String> {
        if config.function.answer != AnswerWith::Image {
            if config.function.site.is_none() {
                return Err("function.answer redirects, and function.site is not set".into());
            }
            if !config.signing_keys.is_empty() {
                return Err("function.answer redirects, and what is signed is not stored".into());
            }
        }
        let originals = in_region(&config.store, region);
        let derivatives = StoreConfig {
            bucket: config
                .derivatives
                .bucket
                .clone()
                .or(originals.bucket.clone()),
            ..originals.clone()
        };
        let place =
            |store| Place::configured(&store).ok_or_else(|| "store.bucket is not set".to_owned());
        Ok(Self {
            originals: place(originals)?,
            derivatives: place(derivatives)?,
        })
    }

    /// Opens both.
    ///
    /// # Errors
    ///
    /// What is wrong with one of them.
    pub(crate) fn open(&self, stores: &Opened) -> Result<Stores, String> {
        Ok((stores.at(&self.originals)?, stores.at(&self.derivatives)?))
    }
}

/// What is said of a store, with the Region that it is in if nothing is said of that.
fn in_region(store: &StoreConfig, region: &str) -> StoreConfig {
    let own = (!region.is_empty()).then(|| region.to_owned());
    StoreConfig {
        region: store.region.clone().or(own),
        ..store.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(bucket: Option<&str>, derivatives: Option<&str>) -> Config {
        let mut config = Config::default();
        config.store.bucket = bucket.map(str::to_owned);
        config.derivatives.bucket = derivatives.map(str::to_owned);
        config
    }

    #[test]
    fn buckets_are_in_the_functions_own_region() {
        let places = Places::of(&config(Some("photos"), Some("derived")), "eu-west-1");
        let places = places.expect("both are said");
        assert_eq!(
            places.originals.url().as_deref(),
            Some("https://photos.s3.eu-west-1.amazonaws.com")
        );
        assert_eq!(
            places.derivatives.url().as_deref(),
            Some("https://derived.s3.eu-west-1.amazonaws.com")
        );
    }

    #[test]
    fn derivatives_are_beside_their_originals_unless_it_is_said() {
        let places = Places::of(&config(Some("photos"), None), "eu-west-1");
        let places = places.expect("the originals' is said");
        assert_eq!(places.originals, places.derivatives);
    }

    #[test]
    fn without_a_bucket_there_is_no_place() {
        assert!(Places::of(&config(None, None), "eu-west-1").is_err());
    }
}
