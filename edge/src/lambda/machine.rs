//! What a function's environment says of the machine (AWS Lambda Developer Guide,
//! "Defined runtime environment variables").

use std::time::Instant;

use edgepix_engine::{Limits, Speed};

use crate::{origin_response::RESPONSE_BYTES, room::Room};

/// The function, and the machine it runs on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Machine {
    /// Its name.
    pub(crate) function: String,
    /// Its published version.
    pub(crate) version: String,
    /// Where it runs, which is not where its bucket is.
    pub(crate) region: String,
    /// Its memory in MB.
    pub(crate) memory_mb: u32,
    /// Which vector instructions its processor has, of those that differ in the fleet.
    pub(crate) features: Vec<&'static str>,
}

/// The variable that says how much memory there is, in MB.
pub(crate) const MEMORY: &str = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE";

/// What a function has where nobody says: the least that Lambda gives.
const LEAST_MB: u32 = 128;

/// Bytes that the function takes beside the image: itself and its threads at rest, a
/// connection over TLS to a store, the event, and an answer of 1 MB in its three forms
/// (decoded, as base64 within JSON, and that buffer while it grows). Measured as 3.7 MB
/// that it has written, which count with a quarter on top, and 16.7 MB of pages of its
/// file, which the system could take back: `edge/docs/memory.md`, and again by
/// `cargo bench -p edgepix --bench base`.
const BASE_BYTES: u64 = 24 << 20;

impl Machine {
    /// The machine that `variable` describes.
    pub(crate) fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let said = |name: &str| variable(name).unwrap_or_default();
        Self {
            function: said("AWS_LAMBDA_FUNCTION_NAME"),
            version: said("AWS_LAMBDA_FUNCTION_VERSION"),
            region: said("AWS_REGION"),
            memory_mb: said(MEMORY).parse().unwrap_or(LEAST_MB),
            features: features(),
        }
    }

    /// What one request may use of it.
    pub(crate) fn room(&self, deadline: Instant, speed: Speed) -> Room {
        Room {
            memory_bytes: (u64::from(self.memory_mb) << 20).saturating_sub(BASE_BYTES),
            cpu_share: Limits::lambda_share(self.memory_mb).max(0.001),
            deadline: Some(deadline),
            response_bytes: Some(RESPONSE_BYTES),
            speed,
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn features() -> Vec<&'static str> {
    [
        ("avx2", is_x86_feature_detected!("avx2")),
        ("bmi2", is_x86_feature_detected!("bmi2")),
        ("fma", is_x86_feature_detected!("fma")),
        ("avx512f", is_x86_feature_detected!("avx512f")),
    ]
    .into_iter()
    .filter_map(|(name, there)| there.then_some(name))
    .collect()
}

#[cfg(target_arch = "aarch64")]
fn features() -> Vec<&'static str> {
    use std::arch::is_aarch64_feature_detected as detected;
    [
        ("neon", detected!("neon")),
        ("dotprod", detected!("dotprod")),
        ("i8mm", detected!("i8mm")),
        ("sve", detected!("sve")),
    ]
    .into_iter()
    .filter_map(|(name, there)| there.then_some(name))
    .collect()
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn features() -> Vec<&'static str> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_of_128_mb_has_a_fourteenth_of_a_processor() {
        let machine =
            Machine::of(|name| (name == "AWS_LAMBDA_FUNCTION_MEMORY_SIZE").then(|| "128".into()));
        let room = machine.room(Instant::now(), Speed::REFERENCE);
        assert!((room.cpu_share - 128.0 / 1769.0).abs() < 1e-9);
        assert_eq!(room.memory_bytes, (128 << 20) - BASE_BYTES);
    }

    #[test]
    fn what_nobody_says_is_the_least_there_is() {
        assert_eq!(Machine::of(|_| None).memory_mb, LEAST_MB);
        assert_eq!(Machine::of(|_| Some("many".into())).memory_mb, LEAST_MB);
    }
}
