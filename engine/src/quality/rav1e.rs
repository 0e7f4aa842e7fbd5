//! What rav1e needs to look like JPEG: not measured yet, a line through what was its
//! usual quality. `bench-report calibrate` in a build with rav1e will replace it.

use super::ByEffort;

/// Rows are quality and tenths of native quality.
pub(crate) const RAV1E: ByEffort = &[(10, &[(1, 10), (80, 620), (100, 1000)])];
