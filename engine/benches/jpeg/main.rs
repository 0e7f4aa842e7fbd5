//! The JPEG decoder and encoder against libjpeg-turbo with its vector code, in
//! alternating runs on one thread, whoever was second being first the next time.
//! Decoding is measured in processor time; encoding by the clock on the wall, for
//! that is what the pipeline keeps: nothing else may run.
//!
//! ```text
//! cargo bench -p edgepix-engine --bench jpeg [-- decode|encode] [NAME]
//! ```
//!
//! NAME is a part of a file's name. The files are those of `edgepix-corpus all`. A
//! ratio is libjpeg-turbo's time by ours: 2.00 means that it takes twice as long.

#[cfg(target_arch = "x86_64")]
mod decode;
#[cfg(target_arch = "x86_64")]
mod encode;

#[cfg(not(target_arch = "x86_64"))]
fn main() {
    println!("libjpeg-turbo is built with its vector code for x86-64 only");
}

#[cfg(target_arch = "x86_64")]
fn main() {
    let mut names: Vec<_> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with('-'))
        .collect();
    let mut asked = |what: &str| {
        let before = names.len();
        names.retain(|name| name != what);
        names.len() < before
    };
    let (decode, encode) = (asked("decode"), asked("encode"));
    let name = names.first().map_or("", String::as_str);
    let files = files(name);
    assert!(
        !files.is_empty(),
        "no such photograph: run `cargo run --release -p edgepix-corpus -- all` first"
    );
    if decode || !encode {
        decode::main(&files);
    }
    if encode || !decode {
        encode::main(&files);
    }
}

/// A file's name without its extension, and its bytes.
#[cfg(target_arch = "x86_64")]
type File = (String, Vec<u8>);

/// The corpus's large JPEG files whose names contain `name`.
#[cfg(target_arch = "x86_64")]
fn files(name: &str) -> Vec<File> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/generated");
    let Ok(folder) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files: Vec<File> = folder
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let stem = path.file_stem()?.to_str()?.to_owned();
            let wanted = path.extension()? == "jpg" && stem.contains(name);
            wanted.then(|| Some((stem, std::fs::read(&path).ok()?)))?
        })
        .filter(|(_, bytes)| {
            edgepix_engine::probe(&mut edgepix_engine::Input::new(&mut &bytes[..]))
                .is_ok_and(|header| header.dimensions.pixels() >= 4_000_000)
        })
        .collect();
    files.sort();
    files
}

/// Runs both, in the order that run `i` has.
#[cfg(target_arch = "x86_64")]
fn both<A, B>(i: usize, ours: impl FnOnce() -> A, theirs: impl FnOnce() -> B) -> (A, B) {
    if i.is_multiple_of(2) {
        let ours = ours();
        (ours, theirs())
    } else {
        let theirs = theirs();
        (ours(), theirs)
    }
}

#[cfg(target_arch = "x86_64")]
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Milliseconds of this thread's processor time.
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "the clock is a C function")]
fn timed(work: impl FnOnce()) -> f64 {
    let now = || {
        let mut time = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        // SAFETY: it writes one timespec.
        unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
        #[expect(clippy::cast_precision_loss, reason = "some seconds in nanoseconds")]
        let (seconds, rest) = (time.tv_sec as f64, time.tv_nsec as f64);
        seconds * 1e3 + rest / 1e6
    };
    let before = now();
    work();
    now() - before
}
