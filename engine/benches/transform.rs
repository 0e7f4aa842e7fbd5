//! Whole transforms: a file in memory to a file in memory, throughput in source
//! pixels. `cargo bench -p edgepix-engine --bench transform`.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use edgepix_corpus::{
    synth,
    write::{self, JpegOptions},
};
use edgepix_engine::{Input, Limits, OutputFormat, Request, Target, transform};

fn transforms(criterion: &mut Criterion) {
    let photo = synth::photo(3000, 2000, 1);
    let sources = [
        (
            "photo-3000x2000.jpg",
            write::jpeg(&photo, &JpegOptions::default()),
        ),
        (
            "photo-3000x2000-p3.jpg",
            write::as_by_phone(&write::jpeg(&photo, &JpegOptions::default()), &photo),
        ),
        ("photo-3000x2000.png", write::png(&photo)),
        ("alpha-3000x2000.png", write::png(&photo.with_vignette())),
    ];
    let mut group = criterion.benchmark_group("transform");
    group.sample_size(20);
    group.throughput(Throughput::Elements(3000 * 2000));
    for (source, file) in &sources {
        for format in [OutputFormat::Jpeg, OutputFormat::Webp, OutputFormat::Avif] {
            for width in [400, 1600] {
                let name = format!("{source} to {width}w.{}", format.extension());
                let request = Request {
                    width: Some(width),
                    format: Target::Format(format),
                    ..Request::default()
                };
                group.bench_function(name, |bencher| {
                    bencher.iter(|| once(file, &request));
                });
            }
        }
    }
    group.finish();
}

fn once(file: &[u8], request: &Request) -> Vec<u8> {
    let mut bytes = file;
    let mut result = Vec::new();
    let input = Input::new(&mut bytes).with_length(file.len() as u64);
    transform(request, &Limits::default(), input, &mut result).expect("a good file");
    result
}

criterion_group!(benches, transforms);
criterion_main!(benches);
