//! Files, one after another, and what was seen of them.

use std::{
    collections::BTreeMap,
    fmt, fs, io,
    path::Path,
    process,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use edgepix_corpus::{
    synth,
    write::{self, Inks, JpegOptions, Sampling},
};

use crate::{
    make, mutate,
    oracle::{self, Finding},
    random::Random,
};

/// A file takes no longer; what does never returns.
const HANGS: Duration = Duration::from_secs(60);

/// Seeds from a folder are at most so long.
const SEED_BYTES: u64 = 100 << 10;

/// Files to begin with, and counts.
pub(crate) struct Session {
    random: Random,
    seeds: Vec<Vec<u8>>,
    executions: u64,
    both: u64,
    neither: u64,
    blocks: u64,
    /// Who accepted alone and why the other did not: how often, and the smallest file.
    alone: BTreeMap<(&'static str, String), (u64, Vec<u8>)>,
}

impl Session {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed),
            seeds: drawn(),
            executions: 0,
            both: 0,
            neither: 0,
            blocks: 0,
            alone: BTreeMap::new(),
        }
    }

    /// Adds what JPEG files there are in a folder, but for large ones.
    pub(crate) fn add_folder(&mut self, folder: &Path) -> io::Result<()> {
        let mut paths = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let path = entry.path();
            let is_jpeg = path.extension().is_some_and(|extension| extension == "jpg");
            if is_jpeg && fs::metadata(&path)?.len() <= SEED_BYTES {
                paths.push(path);
            }
        }
        paths.sort();
        for path in paths {
            self.seeds.push(fs::read(path)?);
        }
        Ok(())
    }

    pub(crate) fn executions(&self) -> u64 {
        self.executions
    }

    /// Tries files until there are enough, the time is over or one is wrong.
    pub(crate) fn run(&mut self, executions: u64, time: Duration) -> Option<(Vec<u8>, Finding)> {
        let watched = watch();
        let began = Instant::now();
        let mut printed = began;
        while self.executions < executions && began.elapsed() < time {
            let (file, truth) = self.next_file();
            watched.set(Some((Instant::now(), file.clone())));
            let seen = oracle::check(&file, truth.as_deref(), &mut self.random);
            watched.set(None);
            self.executions += 1;
            match seen {
                Ok(seen) => self.note(seen, file),
                Err(finding) => return Some((file, finding)),
            }
            if printed.elapsed() >= Duration::from_secs(30) {
                printed = Instant::now();
                println!("{:>5} s: {}", began.elapsed().as_secs(), self.counts());
            }
        }
        None
    }

    /// A file and, if it was not broken, what it shows.
    fn next_file(&mut self) -> (Vec<u8>, Option<Vec<Vec<f64>>>) {
        let random = &mut self.random;
        let made = random.once_in(2).then(|| make::file(random));
        if let Some(made) = made {
            if random.once_in(4) {
                return (made.file, Some(made.truth));
            }
            let mut file = made.file;
            let other = &self.seeds[random.below(self.seeds.len())];
            mutate::mutate(random, &mut file, other);
            return (file, None);
        }
        // The large ones cost as much as many small ones.
        let mut at = random.below(self.seeds.len());
        while self.seeds[at].len() > 20_000 && !random.once_in(10) {
            at = random.below(self.seeds.len());
        }
        let mut file = self.seeds[at].clone();
        let other = match random.once_in(2) {
            true => make::file(random).file,
            false => self.seeds[random.below(self.seeds.len())].clone(),
        };
        mutate::mutate(random, &mut file, &other);
        (file, None)
    }

    fn note(&mut self, seen: oracle::Seen, file: Vec<u8>) {
        self.blocks += seen.blocks;
        let key = match (seen.ours, seen.theirs) {
            (Ok(()), Ok(())) => {
                self.both += 1;
                return;
            }
            (Err(_), Err(_)) => {
                self.neither += 1;
                return;
            }
            (Ok(()), Err(reason)) => ("ours", reason),
            (Err(reason), Ok(())) => ("theirs", reason),
        };
        let (count, smallest) = self.alone.entry(key).or_insert_with(|| (0, file.clone()));
        *count += 1;
        if file.len() < smallest.len() {
            *smallest = file;
        }
    }

    fn counts(&self) -> String {
        let alone = |who| -> u64 {
            let kinds = self
                .alone
                .iter()
                .filter(|((accepts, _), _)| *accepts == who);
            kinds.map(|(_, (count, _))| count).sum()
        };
        format!(
            "{} files, accepted by both {}, ours alone {}, theirs alone {}, neither {}; {} blocks compared",
            self.executions,
            self.both,
            alone("ours"),
            alone("theirs"),
            self.neither,
            self.blocks
        )
    }

    /// Writes the smallest file of every kind that one decoder accepts alone.
    pub(crate) fn keep(&self, folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)?;
        for (n, ((accepts, reason), (_, file))) in self.alone.iter().enumerate() {
            fs::write(folder.join(format!("{accepts}-{n}.jpg")), file)?;
            fs::write(folder.join(format!("{accepts}-{n}.txt")), reason)?;
        }
        Ok(())
    }
}

impl fmt::Display for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.counts())?;
        let mut kinds: Vec<_> = self.alone.iter().enumerate().collect();
        kinds.sort_by_key(|(_, (_, (count, _)))| std::cmp::Reverse(*count));
        for (n, ((accepts, reason), (count, _))) in kinds {
            writeln!(f, "{count:>8} {accepts}-{n} alone; the other: {reason}")?;
        }
        Ok(())
    }
}

/// Files with an example of everything the corpus can write.
fn drawn() -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    let samplings = [
        Sampling::S444,
        Sampling::S422,
        Sampling::S420,
        Sampling::S440,
        Sampling::S411,
    ];
    for (n, sampling) in (0u16..).zip(samplings) {
        for progressive in [false, true] {
            for restart_interval in [0, 1 + n] {
                let size = u32::from(n) * 13;
                let options = JpegOptions {
                    quality: 60 + 8 * u8::try_from(n).expect("few"),
                    sampling,
                    progressive,
                    restart_interval,
                };
                let photo = synth::photo(70 - size, 20 + size, n.into());
                files.push(write::jpeg(&photo, &options));
                if restart_interval > 0 {
                    files.push(write::jpeg(&photo.grey(), &options));
                    let inks = if progressive { Inks::Cmyk } else { Inks::Ycck };
                    files.push(write::jpeg_inks(&photo, inks, &options));
                }
                if !progressive {
                    files.push(write::jpeg_by_component(&photo, &options));
                }
            }
        }
    }
    // More than a window of data, in long MCUs and in short ones.
    for (sampling, progressive) in [
        (Sampling::S420, false),
        (Sampling::S444, false),
        (Sampling::S420, true),
    ] {
        let options = JpegOptions {
            quality: 100,
            sampling,
            progressive,
            restart_interval: 0,
        };
        files.push(write::jpeg(&synth::noise(224, 208, 3, 1), &options));
    }
    files
}

/// What is being tried, and since when.
#[derive(Default)]
struct Watched(Mutex<Option<(Instant, Vec<u8>)>>);

impl Watched {
    fn set(&self, tried: Option<(Instant, Vec<u8>)>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = tried;
    }

    /// Writes a file down that never ends, and ends the program.
    fn look(&self) {
        let tried = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((since, file)) = &*tried
            && since.elapsed() > HANGS
        {
            let path = "finding-hangs.jpg";
            match fs::write(path, file) {
                Ok(()) => println!("{path}: it does not end"),
                Err(error) => println!("{path}: {error}"),
            }
            process::exit(1);
        }
    }
}

/// Looks at what is tried for as long as the session has it.
fn watch() -> Arc<Watched> {
    let watched = Arc::new(Watched::default());
    let seen = Arc::downgrade(&watched);
    thread::spawn(move || {
        while let Some(watched) = seen.upgrade() {
            watched.look();
            drop(watched);
            thread::sleep(Duration::from_millis(500));
        }
    });
    watched
}
