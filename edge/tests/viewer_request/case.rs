//! Cases as the table has them.

use std::{collections::BTreeMap, fs, path::Path};

use edgepix::{
    config::Config,
    dialect::Dialect,
    origin_response::TOKEN,
    viewer_request::{Folding, InUse, SAVE_DATA, SEC_CH_DPR, SEC_CH_WIDTH, Viewer, fold},
};
use serde_json::{Value, json};

/// Headers by their names, each with its lines.
pub(crate) type Headers = BTreeMap<String, Vec<String>>;

/// A case of the table.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) asked: Asked,
    pub(crate) gives: Gives,
}

/// What a viewer sends, and by which settings it is folded.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) folding: Folding,
    pub(crate) uri: String,
    pub(crate) query: String,
    pub(crate) headers: Headers,
}

/// What becomes of it; of the headers, those that the function writes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Gives {
    pub(crate) uri: String,
    pub(crate) query: String,
    pub(crate) headers: BTreeMap<String, String>,
}

impl Asked {
    /// What the Rust module makes of it.
    pub(crate) fn folded(&self) -> Gives {
        let joined = |name: &str| self.headers.get(name).map(|lines| lines.join(","));
        let accept = joined("accept");
        let hints = [SEC_CH_DPR, SEC_CH_WIDTH, SAVE_DATA].map(|name| (name, joined(name)));
        let [(_, dpr), (_, width), (_, save_data)] = &hints;
        let viewer = Viewer {
            path: &self.uri,
            query: &self.query,
            accept: accept.as_deref(),
            dpr: dpr.as_deref(),
            width: width.as_deref(),
            save_data: save_data.as_deref(),
        };
        let folded = fold(&viewer, &self.folding);
        let in_use = self.folding.hints;
        let mut headers = BTreeMap::new();
        // What is not in use is left alone.
        for ((name, said), used) in
            hints
                .into_iter()
                .zip([in_use.dpr, in_use.width, in_use.save_data])
        {
            headers.extend(said.filter(|_| !used).map(|said| (name.to_owned(), said)));
        }
        let hints = folded.hints.headers();
        headers.extend(hints.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let token = folded.token.map(|token| token.name().to_owned());
        headers.extend(token.map(|token| (TOKEN.to_owned(), token)));
        Gives {
            uri: folded.path,
            query: folded.query,
            headers,
        }
    }

    /// The headers with those that were written.
    pub(crate) fn with_headers(&self, gives: &Gives) -> Headers {
        let mut headers = self.headers.clone();
        for name in [TOKEN, SEC_CH_DPR, SEC_CH_WIDTH, SAVE_DATA] {
            headers.remove(name);
        }
        let written = gives.headers.iter();
        headers.extend(written.map(|(name, value)| (name.clone(), vec![value.clone()])));
        headers
    }
}

/// The table.
pub(crate) fn cases() -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/viewer-request.cases.json");
    let text = fs::read_to_string(path).expect("it is there");
    let table: Vec<Value> = serde_json::from_str(&text).expect("it is a list");
    table.iter().map(of_json).collect()
}

fn of_json(case: &Value) -> Case {
    let uri = case.get("uri").map_or("/photo.jpg".into(), text);
    let gives = &case["gives"];
    let headers = gives["headers"].as_object().expect("headers");
    Case {
        name: text(&case["name"]),
        asked: Asked {
            folding: folding(&case["settings"]),
            uri: uri.clone(),
            query: text(&case["query"]),
            headers: case["headers"]
                .as_object()
                .map_or_else(Headers::new, |all| {
                    all.iter()
                        .map(|(name, lines)| (name.clone(), self::lines(lines)))
                        .collect()
                }),
        },
        gives: Gives {
            uri: gives.get("uri").map_or(uri, text),
            query: text(&gives["query"]),
            headers: headers
                .iter()
                .map(|(name, value)| (name.clone(), text(value)))
                .collect(),
        },
    }
}

/// A text, or a list of texts and how often each stands there.
fn text(value: &Value) -> String {
    let Some(parts) = value.as_array() else {
        return value.as_str().expect("a text").into();
    };
    let repeated = |part: &Value| {
        let times = part[1].as_u64().expect("a number");
        text(&part[0]).repeat(usize::try_from(times).expect("a small one"))
    };
    parts.iter().map(repeated).collect()
}

/// A header's lines.
fn lines(value: &Value) -> Vec<String> {
    match value.as_array() {
        Some(lines) => lines.iter().map(text).collect(),
        None => vec![text(value)],
    }
}

/// Settings, over the usual ones.
fn folding(said: &Value) -> Folding {
    let mut folding = Folding::of(&Config::default());
    for (name, value) in said.as_object().into_iter().flatten() {
        let flag = || value.as_bool().expect("true or false");
        match name.as_str() {
            "dialects" => folding.dialects = dialects(value),
            "auto" => folding.auto = flag(),
            "unsaid" => folding.unsaid = flag(),
            "stored" => folding.stored = flag(),
            "signed" => folding.signed = flag(),
            "hints" => {
                let flag = |name: &str| value[name].as_bool().expect("true or false");
                folding.hints = InUse {
                    dpr: flag("dpr"),
                    width: flag("width"),
                    save_data: flag("saveData"),
                };
            }
            _ => panic!("{name} is no setting"),
        }
    }
    folding
}

fn dialects(names: &Value) -> Vec<Dialect> {
    let names = names.as_array().expect("a list").iter();
    let find = |name: &Value| Dialect::ALL.into_iter().find(|one| name == one.name());
    names.map(|name| find(name).expect("a dialect")).collect()
}

/// Settings as the function has them.
pub(crate) fn to_json(folding: &Folding) -> Value {
    let dialects = folding.dialects.iter().map(|dialect| dialect.name());
    json!({
        "dialects": dialects.collect::<Vec<_>>(),
        "auto": folding.auto,
        "unsaid": folding.unsaid,
        "stored": folding.stored,
        "signed": folding.signed,
        "hints": {
            "dpr": folding.hints.dpr,
            "width": folding.hints.width,
            "saveData": folding.hints.save_data,
        },
    })
}
