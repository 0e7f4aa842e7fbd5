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

use bytes::Bytes;
use edgepix::server::Settings;
use edgepix_corpus::{
    synth,
    write::{self, JpegOptions},
};
use edgepix_engine::{Crop, Input, Limits, OutputFormat, Request, Target, transform};
use served::{Running, Shelf, Thing};

/// A name that would be a script, were it taken for HTML.
const NASTY: &str = "<img src=x onerror=alert(1)>&amp;.png";

fn shelf() -> Arc<Shelf> {
    let photo = write::jpeg(&synth::photo(1200, 800, 1), &JpegOptions::default());
    let other = write::png(&synth::photo(300, 400, 2));
    Shelf::with([
        ("photo.jpg", Thing::new("image/jpeg", photo)),
        (
            "broken.jpg",
            Thing::new("image/jpeg", &b"\xff\xd8\xff nothing"[..]),
        ),
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
    assert_eq!(text_of(&document, "count"), "(3)");
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
    assert!(!document.contains("class=\"not\""), "{document}");
    for url in [
        "/photo.jpg?width=320&amp;format=jpeg&amp;quality=80",
        "/photo.jpg?w=320&amp;f=jpeg&amp;q=80",
        "/photo.jpg@320w_80q.jpg",
        "/320x213/photo.jpg",
        "/photo-sm.jpg",
    ] {
        assert!(document.contains(&format!(">{url}</a>")), "{url}");
        let answer = server.get(&url.replace("&amp;", "&"));
        assert_eq!(answer.status, 200, "{url}");
        assert_eq!(answer.header("content-type"), Some("image/jpeg"), "{url}");
    }
}

#[test]
fn a_grammar_that_cannot_let_accept_choose_names_what_it_chose() {
    let Some(chromium) = chromium() else { return };
    let server = Running::new(&shelf(), Settings::default());
    let url = format!("http://{}/#image=photo.jpg&width=300", server.address);
    let document = load(&chromium, &url, &["--dump-dom"]).document;
    // Chromium shows AVIF.
    assert!(document.contains(">/photo.jpg@300w_80q.avif</a>"));
    assert!(document.contains("this is always avif"));
    assert!(document.contains("has names for the widths 320 (sm)"));
}

#[test]
fn an_answer_that_is_the_original_says_why_in_plain_words() {
    let Some(chromium) = chromium() else { return };
    let settings = Settings {
        memory_bytes: 1 << 20,
        ..Settings::default()
    };
    let server = Running::new(&shelf(), settings);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../page");
    fs::create_dir_all(&folder).expect("the target folder can be written");
    for (name, why) in [
        (
            "photo.jpg",
            "this would take more memory than --memory allows",
        ),
        ("broken.jpg", "its file is broken"),
    ] {
        let url = format!("http://{}/#image={name}&width=320", server.address);
        let document = load(&chromium, &url, &["--dump-dom"]).document;
        let said = format!("the original, because {why}");
        assert_eq!(text_of(&document, "ratio"), said);
        assert!(document.contains("id=\"ratio\" data-smaller=\"false\""));
        assert_eq!(text_of(&document, "made"), "");
        picture(
            &chromium,
            &url,
            &folder.join(format!("passed-{name}.png")),
            "1280,900",
        );
    }
}

#[test]
fn an_image_that_is_missing_is_said_to_be_missing() {
    let Some(chromium) = chromium() else { return };
    let server = Running::new(&shelf(), Settings::default());
    let url = format!("http://{}/#image=nobody.jpg&width=320", server.address);
    let document = load(&chromium, &url, &["--dump-dom"]).document;
    let missing = "there is no image of this name";
    assert_eq!(text_of(&document, "trouble"), format!("404: {missing}."));
    let plan = format!("Nothing was planned: {missing}.");
    assert_eq!(text_of(&document, "no-plan"), plan);
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../page/missing.png");
    picture(&chromium, &url, &file, "1280,900");
}

#[test]
fn a_page_without_images_says_what_to_do_where_one_looks() {
    let Some(chromium) = chromium() else { return };
    let shelf = Shelf::with([]);
    for (unlisted, said) in [
        (false, "No images here yet."),
        (true, "Type a name and press Enter."),
    ] {
        shelf.unlisted.store(unlisted, Ordering::SeqCst);
        let server = Running::new(&shelf, Settings::default());
        let url = format!("http://{}/", server.address);
        let document = load(&chromium, &url, &["--dump-dom"]).document;
        assert_eq!(text_of(&document, "nothing"), said);
        let hint = document.find("id=\"none\"").expect("a hint");
        let list = document.find("id=\"originals\"").expect("a list");
        assert!(hint < list, "it is under the search box");
        let file = format!("../page/empty-{unlisted}.png");
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(file);
        picture(&chromium, &url, &file, "1280,900");
    }
}

#[test]
fn the_title_stays_in_sight_whichever_image_the_address_names() {
    let Some(chromium) = chromium() else { return };
    let small = Bytes::from(write::png(&synth::photo(60, 90, 3)));
    let shelf = Shelf::with([]);
    for number in 10..80 {
        let name = format!("a-long-name-of-a-holiday-{number}.png");
        let thing = Thing::new("image/png", small.clone());
        shelf.objects.lock().unwrap().insert(name, thing);
    }
    let server = Running::new(&shelf, Settings::default());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../page");
    fs::create_dir_all(&folder).expect("the target folder can be written");
    for (shape, size, width) in [("wide", "1280,900", 1280), ("phone", "390,844", 390)] {
        let [first, last] = [10, 79].map(|number| {
            let name = format!("a-long-name-of-a-holiday-{number}.png");
            let url = format!("http://{}/#image={name}&width=30", server.address);
            let file = folder.join(format!("many-{number}-{shape}.png"));
            top_of(&picture(&chromium, &url, &file, size), width)
        });
        assert!(first == last, "{shape}: the page is scrolled");
    }
}

/// Takes a screenshot of a page.
fn picture(chromium: &Path, url: &str, file: &Path, size: &str) -> Vec<u8> {
    fs::create_dir_all(file.parent().expect("it is in a folder")).expect("it can be made");
    let screenshot = format!("--screenshot={}", file.display());
    let size = format!("--window-size={size}");
    load(chromium, url, &[&screenshot, &size]);
    fs::read(file).expect("it was written")
}

/// The first rows of a screenshot, where the title is.
fn top_of(png: &[u8], width: u32) -> Vec<u8> {
    let request = Request {
        crop: Some(Crop {
            left: 0,
            top: 0,
            width,
            height: 40,
        }),
        format: Target::Format(OutputFormat::Png),
        ..Request::default()
    };
    let (mut png, mut top) = (png, Vec::new());
    let input = Input::new(&mut png);
    transform(&request, &Limits::default(), input, &mut top).expect("it is a PNG");
    top
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
    let portrait = NASTY.replace('&', "%26").replace(' ', "+");
    let tall = format!("http://{}/#image={portrait}&width=200", server.address);
    picture(
        &chromium,
        &tall,
        &folder.join("portrait-phone.png"),
        "390,844",
    );
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
