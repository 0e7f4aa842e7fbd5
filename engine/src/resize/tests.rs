//! The streaming resize as a whole: cutting does not matter, nothing is
//! allocated on the way.

#[path = "../../tests/support/memory.rs"]
#[expect(dead_code, reason = "shared with tests that measure peaks")]
mod memory;

use memory::{Counting, allocations_of};

use super::{Resize, Tables};
use crate::{
    budget::Limits,
    copyright::Copyright,
    decode::Source,
    error::Result,
    header::{Coding, Component, Header, JpegCoding, SourceFormat},
    pixels::{Colour, Dimensions, Layout, Plane, Rows},
    plan::{Plan, plan},
    request::{Fit, OutputFormat, Request, Target},
    stages::Clock,
    turn::Turn,
};

#[global_allocator]
static COUNTING: Counting = Counting;

/// A whole image handed on in strips of the given heights, in turn.
struct Cut {
    layout: Layout,
    planes: Vec<Vec<u8>>,
    heights: Vec<u32>,
    next: usize,
    at: u32,
    end: u32,
    rows: u32,
}

impl Cut {
    fn new(plan: &Plan, heights: Vec<u32>) -> Self {
        let layout = plan.decoded.clone();
        let planes = layout
            .planes
            .iter()
            .enumerate()
            .map(|(i, shape)| {
                let bytes = shape.row_bytes() * shape.height as usize;
                (0..bytes)
                    .map(|at| (at.wrapping_mul(2_654_435_761 + i) >> 9).to_le_bytes()[0])
                    .collect()
            })
            .collect();
        Self {
            layout,
            planes,
            heights,
            next: 0,
            at: 0,
            end: 0,
            rows: plan.source.dimensions.height,
        }
    }
}

impl Source for Cut {
    fn advance(&mut self) -> Result<bool> {
        self.at = self.end;
        self.end = (self.at + self.heights[self.next % self.heights.len()]).min(self.rows);
        self.next += 1;
        Ok(self.at < self.rows)
    }

    fn rows(&self) -> Rows<'_> {
        Rows::new(
            self.planes
                .iter()
                .zip(&self.layout.planes)
                .map(|(plane, shape)| {
                    #[expect(
                        clippy::cast_possible_truncation,
                        clippy::cast_sign_loss,
                        reason = "1 to 16"
                    )]
                    let step = shape.y_step as u32;
                    let (from, to) = (self.at.div_ceil(step), self.end.div_ceil(step));
                    let stride = shape.row_bytes();
                    Plane {
                        data: &plane[from as usize * stride..to as usize * stride],
                        stride,
                        row_bytes: stride,
                        height: (to - from) as usize,
                    }
                }),
        )
    }
}

fn jpeg_plan(width: u32, height: u32, request: &Request) -> Plan {
    let component = |sampling| Component {
        id: 0,
        table: 0,
        horizontal: sampling,
        vertical: sampling,
    };
    let coding = JpegCoding {
        progressive: false,
        arithmetic: false,
        interleaved: true,
        first_scan: 3,
        components: vec![component(2), component(1), component(1)],
    };
    let header = Header {
        format: SourceFormat::Jpeg,
        dimensions: Dimensions { width, height },
        orientation: Turn::NONE,
        colour: Colour::Ycbcr,
        alpha: false,
        bit_depth: 8,
        icc_bytes: 0,
        icc: None,
        frames: 1,
        copyright: Copyright::default(),
        coding: Coding::Jpeg(coding),
        length: None,
        metadata_bytes: 0,
        head_bytes: 0,
    };
    plan(request, &header, &Limits::default()).expect("within limits")
}

fn png_plan(width: u32, height: u32, alpha: bool, request: &Request) -> Plan {
    let header = Header {
        alpha,
        colour: Colour::Rgb,
        format: SourceFormat::Png,
        coding: Coding::Png {
            interlaced: false,
            palette: false,
            keyed: false,
            described: None,
        },
        ..jpeg_plan(width, height, request).source
    };
    plan(request, &header, &Limits::default()).expect("within limits")
}

fn to_size(width: u32, height: u32) -> Request {
    Request {
        width: Some(width),
        height: Some(height),
        fit: Fit::Fill,
        enlarge: crate::request::Enlarge::Allow,
        format: Target::Format(OutputFormat::Jpeg),
        ..Request::default()
    }
}

/// Every plane of the resized image.
fn run(plan: &Plan, heights: Vec<u32>) -> Vec<Vec<u8>> {
    let mut resize = Resize::new(
        Cut::new(plan, heights),
        plan,
        &mut Tables::default(),
        &Clock::default(),
    )
    .expect("small");
    let mut planes = vec![Vec::new(); plan.resampled.planes.len()];
    while resize.advance().expect("all rows are there") {
        for (all, plane) in planes.iter_mut().zip(resize.rows().planes()) {
            for y in 0..plane.height {
                all.extend_from_slice(plane.row(y));
            }
        }
    }
    planes
}

fn sizes() -> [(u32, u32); 5] {
    [(9, 7), (50, 33), (120, 90), (131, 97), (300, 220)]
}

#[test]
fn the_result_does_not_depend_on_where_strips_are_cut() {
    for (width, height) in sizes() {
        let request = to_size(width, height);
        for plan in [
            jpeg_plan(131, 97, &request),
            png_plan(131, 97, false, &request),
            png_plan(131, 97, true, &request),
        ] {
            let whole = run(&plan, vec![97]);
            for cuts in [vec![2], vec![16], vec![8], vec![4, 30, 2, 16]] {
                assert!(
                    run(&plan, cuts.clone()) == whole,
                    "{width}x{height} {cuts:?}"
                );
            }
            if plan.decoded.planes.len() == 1 {
                assert!(run(&plan, vec![1, 3, 7]) == whole, "{width}x{height}");
            }
        }
    }
}

#[test]
fn every_output_row_is_there() {
    for (width, height) in sizes() {
        let plan = jpeg_plan(131, 97, &to_size(width, height));
        let planes = run(&plan, vec![16]);
        for (plane, shape) in planes.iter().zip(&plan.resampled.planes) {
            assert_eq!(plane.len(), shape.row_bytes() * shape.height as usize);
        }
    }
}

#[test]
fn the_row_loop_allocates_nothing() {
    for (width, height) in sizes() {
        let request = to_size(width, height);
        for plan in [
            jpeg_plan(131, 97, &request),
            png_plan(131, 97, true, &request),
        ] {
            let mut resize = Resize::new(
                Cut::new(&plan, vec![16]),
                &plan,
                &mut Tables::default(),
                &Clock::default(),
            )
            .expect("small");
            let allocations = allocations_of(|| {
                while resize.advance().expect("all rows are there") {
                    std::hint::black_box(resize.rows());
                }
            });
            assert_eq!(allocations, 0, "{width}x{height}");
        }
    }
}

#[test]
fn flat_colour_stays_as_it_is() {
    let plan = png_plan(131, 97, true, &to_size(40, 30));
    let mut cut = Cut::new(&plan, vec![16]);
    for pixel in cut.planes[0].as_chunks_mut::<4>().0 {
        *pixel = [200, 100, 3, 9];
    }
    let mut resize =
        Resize::new(cut, &plan, &mut Tables::default(), &Clock::default()).expect("small");
    assert!(resize.advance().expect("all rows are there"));
    let rows = resize.rows();
    for (plane, level) in rows.planes().iter().zip([200, 100, 3, 9]) {
        assert!(
            plane.row(0).iter().all(|&sample| sample == level),
            "{level}"
        );
    }
}
