//! The page of `edgepix serve` in a real browser: Chromium loads it, and what it has drawn
//! by then is read from its document. Screenshots go to `target/page/`, to be looked at.
//!
//! Where there is no Chromium the tests say so and pass, unless `EDGEPIX_REQUIRE_TOOLS` is
//! set.

mod served;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use edgepix::server::Settings;
use edgepix_corpus::{
    synth,
    write::{self, JpegOptions},
};
use served::{Running, Shelf, Thing};

/// A name that would be a script, were it taken for HTML.
const NASTY: &str = "<img src=x onerror=alert(1)>&amp;.png";

fn shelf() -> Arc<Shelf> {
    let photo = write::jpeg(&synth::photo(1200, 800, 1), &JpegOptions::default());
    let other = write::png(&synth::photo(300, 400, 2));
    Shelf::with([
        ("photo.jpg", Thing::new("image/jpeg", photo)),
        (NASTY, Thing::new("image/png", other)),
        ("notes.txt", Thing::new("text/plain", "not an image")),
    ])
}

/// Chromium, if it is there.
fn chromium() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let folders: Vec<_> = env::split_paths(&path).collect();
    let candidates = names
        .iter()
        .flat_map(|name| folders.iter().map(move |at| at.join(name)));
    let found = candidates.into_iter().find(|path| path.is_file());
    if found.is_none() {
        assert!(
            env::var_os("EDGEPIX_REQUIRE_TOOLS").is_none(),
            "there is no chromium, and EDGEPIX_REQUIRE_TOOLS is set"
        );
        eprintln!("there is no chromium; the page is not tested");
    }
    found
}

/// What a browser made of a page.
struct Drawn {
    document: String,
    /// What it said on its console, if it was not silent.
    console: Vec<String>,
}

/// Loads a page and returns its document once nothing happens any more.
fn load(chromium: &Path, url: &str, options: &[&str]) -> Drawn {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let call = CALLS.fetch_add(1, Ordering::Relaxed);
    let profile = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("chromium-{call}"));
    let (said, drawn) = (
        profile.with_extension("log"),
        profile.with_extension("html"),
    );
    let file = |path: &Path| fs::File::create(path).expect("the target folder can be written");
    let mut browser = Command::new(chromium)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
        ])
        // Containers have little shared memory.
        .args(["--disable-dev-shm-usage", "--no-first-run"])
        .args(["--enable-logging=stderr", "--virtual-time-budget=20000"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .args(options)
        .arg(url)
        .stdout(file(&drawn))
        .stderr(file(&said))
        .stdin(Stdio::null())
        .spawn()
        .expect("chromium starts");
    let began = Instant::now();
    let status = loop {
        if let Some(status) = browser.try_wait().expect("it can be waited for") {
            break status;
        }
        if began.elapsed() > Duration::from_secs(180) {
            let _ = browser.kill();
            let _ = browser.wait();
            panic!("chromium does not end");
        }
        thread::sleep(Duration::from_millis(20));
    };
    assert!(status.success(), "{status}");
    let said = fs::read_to_string(said).expect("it was written");
    let console = said.lines().filter(|line| line.contains(":CONSOLE"));
    Drawn {
        document: fs::read_to_string(drawn).expect("it was written"),
        console: console.map(str::to_owned).collect(),
    }
}

/// The text of the element with this id.
fn text_of<'a>(document: &'a str, id: &str) -> &'a str {
    let tag = format!("id=\"{id}\"");
    let at = document.find(&tag).unwrap_or_else(|| panic!("no {id}"));
    let rest = &document[at..];
    let from = rest.find('>').expect("a tag ends") + 1;
    let to = from + rest[from..].find('<').expect("an element ends");
    &rest[from..to]
}

#[test]
fn the_page_shows_what_a_picture_took_and_the_plan_that_explains_it() {
    let Some(chromium) = chromium() else { return };
    let server = Running::new(&shelf(), Settings::default());
    let asked = "image=photo.jpg&width=320&format=jpeg&quality=70";
    let url = format!("http://{}/#{asked}", server.address);
    let Drawn { document, console } = load(&chromium, &url, &["--dump-dom"]);
    assert!(console.is_empty(), "{console:?}");
    assert_eq!(text_of(&document, "count"), "(2)");
    assert_eq!(text_of(&document, "name"), "photo.jpg");
    assert_eq!(text_of(&document, "trouble"), "");

    let made = server.get("/photo.jpg?width=320&format=jpeg&quality=70");
    assert_eq!(made.status, 200);
    let kilobytes = made.body.len() as f64 / 1024.0;
    assert_eq!(
        text_of(&document, "bytes-after"),
        format!("{kilobytes:.1} KB")
    );
    let etag = made.header("etag").expect("it has one").replace('"', "");
    assert!(document.contains(&etag), "{etag}");
    assert!(text_of(&document, "cache").ends_with("Miss"));
    for stage in ["decode", "resize", "encode"] {
        let row = format!("<dt data-stage=\"{stage}\">{stage}</dt><dd>");
        assert!(document.contains(&row), "{stage}");
    }
    let planned = "<th scope=\"row\">output</th><td>jpeg 320x213, quality 70";
    assert!(document.contains(planned), "{document}");
    assert!(document.contains("<td>held at once</td>"), "{document}");
}

#[test]
fn the_page_writes_the_url_in_each_grammar_that_can_say_it() {
    let Some(chromium) = chromium() else { return };
    let server = Running::new(&shelf(), Settings::default());
    let url = format!(
        "http://{}/#image=photo.jpg&width=320&format=jpeg&quality=80",
        server.address
    );
    let document = load(&chromium, &url, &["--dump-dom"]).document;
    for url in [
        "/photo.jpg?width=320&amp;format=jpeg&amp;quality=80",
        "/photo.jpg?w=320&amp;f=jpeg&amp;q=80",
        "/photo.jpg@320w_80q.jpg",
        "/320x213/photo.jpg",
    ] {
        assert!(document.contains(&format!(">{url}</a>")), "{url}");
        let answer = server.get(&url.replace("&amp;", "&"));
        assert_eq!(answer.status, 200, "{url}");
        assert_eq!(answer.header("content-type"), Some("image/jpeg"), "{url}");
    }
}

#[test]
fn a_key_is_text_whatever_it_looks_like() {
    let Some(chromium) = chromium() else { return };
    let server = Running::new(&shelf(), Settings::default());
    let fragment = "image=%3Cimg+src%3Dx+onerror%3Dalert(1)%3E%26amp%3B.png&width=100&format=png";
    let url = format!("http://{}/#{fragment}", server.address);
    let Drawn { document, console } = load(&chromium, &url, &["--dump-dom"]);
    assert!(console.is_empty(), "{console:?}");
    let escaped = "&lt;img src=x onerror=alert(1)&gt;&amp;amp;.png";
    assert_eq!(text_of(&document, "name"), escaped);
    assert_eq!(text_of(&document, "trouble"), "");
}

#[test]
fn an_image_that_no_list_has_can_be_asked_for_by_its_name() {
    let Some(chromium) = chromium() else { return };
    let shelf = shelf();
    shelf.unlisted.store(true, Ordering::SeqCst);
    let server = Running::new(&shelf, Settings::default());
    let url = format!("http://{}/#image=photo.jpg&width=100", server.address);
    let Drawn { document, .. } = load(&chromium, &url, &["--dump-dom"]);
    assert_eq!(text_of(&document, "name"), "photo.jpg");
    assert_eq!(text_of(&document, "trouble"), "");
    assert!(text_of(&document, "bytes-after").ends_with("KB"));
}

#[test]
fn the_page_is_drawn_in_light_and_dark_wide_and_narrow() {
    let Some(chromium) = chromium() else { return };
    let server = Running::new(&shelf(), Settings::default());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../page");
    fs::create_dir_all(&folder).expect("the target folder can be written");
    let url = format!("http://{}/#image=photo.jpg&width=640", server.address);
    let mut drawn = Vec::new();
    for (scheme, number) in [("dark", 0), ("light", 1)] {
        for (shape, size) in [("wide", "1280,900"), ("phone", "390,844")] {
            let file = folder.join(format!("{scheme}-{shape}.png"));
            let options = [
                format!("--screenshot={}", file.display()),
                format!("--window-size={size}"),
                format!("--blink-settings=preferredColorScheme={number}"),
            ];
            let options: Vec<&str> = options.iter().map(String::as_str).collect();
            let console = load(&chromium, &url, &options).console;
            assert!(console.is_empty(), "{console:?}");
            drawn.push(fs::read(file).expect("it was written"));
        }
    }
    for (number, picture) in drawn.iter().enumerate() {
        assert!(picture.starts_with(b"\x89PNG"), "{number}");
        assert!(!drawn[..number].contains(picture), "{number} is another");
    }
}
