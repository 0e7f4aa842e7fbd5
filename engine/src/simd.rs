//! Choosing vector instructions at run time. The kernels are beside what uses
//! them; scalar code is the definition that the others equal bit for bit.

/// A set of vector instructions known to be safe to run on this CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Backend(Isa); // Private, so holding a `Backend` is the proof.

/// What a [`Backend`] runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Isa {
    Scalar,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "aarch64")]
    Neon,
}

/// Whether there is AVX2, and the instructions on single words that came with it and
/// that a hypervisor may hide alone.
#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("lzcnt")
}

impl Backend {
    /// Every backend this CPU can run, slowest first.
    pub(crate) fn available() -> impl DoubleEndedIterator<Item = Self> {
        [
            Some(Isa::Scalar),
            #[cfg(target_arch = "x86_64")]
            has_avx2().then_some(Isa::Avx2),
            #[cfg(target_arch = "aarch64")]
            std::arch::is_aarch64_feature_detected!("neon").then_some(Isa::Neon),
        ]
        .into_iter()
        .flatten()
        .map(Self)
    }

    /// The fastest backend this CPU can run.
    pub(crate) fn best() -> Self {
        Self::available().next_back().unwrap_or(Self(Isa::Scalar))
    }

    /// The instructions that this is the proof for.
    pub(crate) fn isa(self) -> Isa {
        self.0
    }

    /// Its name, as tests list it.
    #[cfg(test)]
    pub(crate) fn name(self) -> &'static str {
        match self.0 {
            Isa::Scalar => "scalar",
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => "avx2",
            #[cfg(target_arch = "aarch64")]
            Isa::Neon => "neon",
        }
    }
}
