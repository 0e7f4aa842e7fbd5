//! Nothing is allocated for a row, not even where colours are converted: a source of ten times the rows makes the same
//! result with the same number of allocations.

mod support;

use edgepix_corpus::{synth, write};
use edgepix_engine::{Fit, OutputFormat, Request};
use support::{
    memory::{Counting, allocations_of},
    run, to,
};

#[global_allocator]
static COUNTING: Counting = Counting;

/// Allocations of one transform of a picture of `rows` rows to 100 x 75.
fn allocations(rows: u32, alpha: bool, format: OutputFormat) -> usize {
    let photo = synth::photo(200, rows, 1);
    let picture = if alpha { photo.with_vignette() } else { photo };
    let file = write::png_with_icc(&write::png(&picture), &write::icc_display_p3());
    let request = Request {
        width: Some(100),
        height: Some(75),
        fit: Fit::Fill,
        ..to(format)
    };
    allocations_of(|| {
        std::hint::black_box(run(&request, &file));
    })
}

#[test]
fn rows_of_a_png_cost_no_allocation() {
    for alpha in [false, true] {
        for format in [OutputFormat::Jpeg, OutputFormat::Webp] {
            // The result's buffer grows by the same steps only for like results,
            // so a few are let pass; rows would be thousands.
            let (few, many) = (
                allocations(300, alpha, format),
                allocations(3000, alpha, format),
            );
            assert!(many < few + 10, "{format:?} {alpha}: {few}, then {many}");
        }
    }
}
