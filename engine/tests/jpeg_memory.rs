//! What the JPEG decoder takes: nothing for a row, and never more than was planned.

mod support;

use edgepix_corpus::{
    synth::{self, Picture},
    write::{self, JpegOptions, Sampling},
};
use edgepix_engine::{
    Damage, Input, Limits, OutputFormat, Plan, Request,
    jpeg::{Decoder, Scale},
    plan,
};
use support::{
    header,
    memory::{Counting, allocations_of, peak_of},
    to, try_run,
};

#[global_allocator]
static MEMORY: Counting = Counting;

fn file(picture: &Picture, progressive: bool, restart_interval: u16) -> Vec<u8> {
    let options = JpegOptions {
        progressive,
        restart_interval,
        sampling: Sampling::S420,
        quality: 85,
    };
    write::jpeg(picture, &options)
}

/// One of each way to hold what is decoded.
fn kinds(picture: &Picture) -> [(&'static str, Vec<u8>); 5] {
    [
        ("baseline", file(picture, false, 0)),
        ("restarts", file(picture, false, 5)),
        ("grey", file(&picture.grey(), false, 0)),
        ("progressive", file(picture, true, 0)),
        (
            "by component",
            write::jpeg_by_component(picture, &JpegOptions::default()),
        ),
    ]
}

#[test]
fn no_strip_after_the_first_costs_an_allocation() {
    // Noise, so that the scan is longer than any buffer.
    for (kind, file) in kinds(&synth::noise(330, 330, 3, 1)) {
        for scale in Scale::ALL {
            let mut bytes = &file[..];
            let input = Input::new(&mut bytes);
            let decoder = Decoder::open(input, [scale; 4], Damage::Refuse);
            let mut decoder = decoder.expect("a sound file");
            assert!(decoder.advance().expect("a sound file"));
            let mut strips = 1;
            let allocations = allocations_of(|| {
                while decoder.advance().expect("a sound file") {
                    std::hint::black_box(decoder.rows());
                    strips += 1;
                }
            });
            assert!(strips > 20, "{kind}: {strips} strips");
            assert_eq!(allocations, 0, "{kind} at {scale:?}");
        }
    }
}

/// A JPEG as narrow as `width`.
fn to_jpeg(width: u32) -> Request {
    Request {
        width: Some(width),
        ..to(OutputFormat::Jpeg)
    }
}

/// The parts of a plan's peak that the decoder of a JPEG takes.
fn decoder_bytes(plan: &Plan) -> u64 {
    let of_decoder = [
        "source's head",
        "source's window",
        "Huffman tables",
        "decoded strip",
        "coefficients",
    ];
    let parts = plan.peak.parts().iter();
    let parts = parts.filter(|part| of_decoder.contains(&part.name));
    parts.map(|part| part.bytes).sum()
}

#[test]
fn decoding_takes_what_was_planned_for_it() {
    for (kind, file) in kinds(&synth::photo(1203, 807, 1)) {
        for (width, scale) in [
            (130, Scale::Eighth),
            (230, Scale::Quarter),
            (390, Scale::Half),
            (1000, Scale::Full),
        ] {
            let plan = plan(&to_jpeg(width), &header(&file), &Limits::default());
            let plan = plan.expect("a sound file");
            assert_eq!(plan.scales[0], scale, "{kind} to {width}");
            let mut bytes = &file[..];
            let scales = std::array::from_fn(|i| plan.scales.get(i).copied().unwrap_or(scale));
            let (rows, peak) = peak_of(|| {
                let input = Input::new(&mut bytes);
                let decoder = Decoder::open(input, scales, Damage::Refuse);
                let mut decoder = decoder.expect("a sound file");
                let mut rows = 0;
                while decoder.advance().expect("a sound file") {
                    rows += decoder.rows().planes()[0].height;
                }
                rows
            });
            let planned = decoder_bytes(&plan);
            assert!(rows > 100, "{kind}");
            assert!(
                peak <= planned && planned <= (peak * 5 / 4).max(peak + (512 << 10)),
                "{kind} at {scale:?}: {peak} bytes of {planned}"
            );
        }
    }
}

#[test]
fn a_transform_takes_what_was_planned_for_it() {
    for (kind, file) in kinds(&synth::photo(1203, 807, 1)) {
        for width in [130, 230, 390, 1000] {
            let (done, peak) = peak_of(|| try_run(&to_jpeg(width), &file).expect("a sound file"));
            let planned = done.0.plan.peak.bytes() + done.1.capacity() as u64;
            assert!(
                peak <= planned,
                "{kind} to {width}: {peak} bytes of {planned}"
            );
        }
    }
}

/// The header of a progressive 4:2:0 JPEG up to where its first scan's data begins.
fn progressive_header(width: u16, height: u16) -> Vec<u8> {
    [
        b"\xff\xd8\xff\xc2\0\x11\x08",
        &height.to_be_bytes()[..],
        &width.to_be_bytes(),
        b"\x03\x01\x22\0\x02\x11\0\x03\x11\0",
        b"\xff\xda\0\x0c\x03\x01\0\x02\0\x03\0\0\0\0",
    ]
    .concat()
}

#[test]
fn a_progressive_photograph_of_24_megapixels_is_held_at_the_scale_it_is_wanted() {
    let header = header(&progressive_header(6000, 4000));
    for (width, scale, most) in [
        (660, Scale::Eighth, 2_000_000),
        (1100, Scale::Quarter, 12_000_000),
        (1900, Scale::Half, 26_000_000),
    ] {
        let plan = plan(&to_jpeg(width), &header, &Limits::default()).expect("enough memory");
        assert_eq!(plan.scales, [scale; 3]);
        let parts = plan.peak.parts();
        let coefficients = parts.iter().find(|part| part.name == "coefficients");
        let bytes = coefficients.expect("it is progressive").bytes;
        assert!(bytes < most, "{bytes} bytes at {scale:?}");
    }
}

/// The header of a baseline 4:2:0 JPEG up to where its scan's data begins: all
/// components in it, or luma alone.
fn baseline_header(width: u16, height: u16, together: bool) -> Vec<u8> {
    let scan: &[u8] = if together {
        b"\xff\xda\0\x0c\x03\x01\0\x02\0\x03\0\0\x3f\0"
    } else {
        b"\xff\xda\0\x08\x01\x01\0\0\x3f\0"
    };
    [
        b"\xff\xd8\xff\xc0\0\x11\x08",
        &height.to_be_bytes()[..],
        &width.to_be_bytes(),
        b"\x03\x01\x22\0\x02\x11\0\x03\x11\0",
        scan,
    ]
    .concat()
}

#[test]
fn a_thumbnail_of_100_megapixels_is_planned_within_16_megabytes() {
    for together in [true, false] {
        let header = header(&baseline_header(12_000, 8_334, together));
        for format in [OutputFormat::Jpeg, OutputFormat::Webp] {
            let request = Request {
                width: Some(400),
                ..to(format)
            };
            let plan = plan(&request, &header, &Limits::default()).expect("enough memory");
            assert!(plan.peak.bytes() < 16_000_000, "{format:?}: {}", plan.peak);
        }
    }
}
