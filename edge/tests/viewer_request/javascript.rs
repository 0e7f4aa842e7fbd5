//! The function in Node.js, called as CloudFront calls it.

use std::{
    env,
    io::{self, Write},
    path::Path,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::case::{Asked, Gives, to_json};

/// Calls the function for each case: with the query as `rawQueryString()` gives it, and by its
/// parts alone, as `TestFunction` does.
///
/// The event is that of AWS, "CloudFront Functions event structure": names of headers in lower
/// case, everything else as it was sent; what is given several times has one field, whose
/// `multiValue` has all. How a query is cut is not documented beyond that: at each `&`, and
/// there at the first `=`, without decoding.
const CALLS: &str = r"
const [source, cases] = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const BLOCK = /^const settings = \{[\s\S]*?^\};$/m;
const loaded = new Map();
function load(settings) {
  const text = JSON.stringify(settings);
  if (!loaded.has(text)) {
    if (!BLOCK.test(source)) throw new Error('the settings are not where they were');
    const code = settings ? source.replace(BLOCK, () => `const settings = ${text};`) : source;
    loaded.set(text, new Function(`'use strict';${code}\nreturn {handler, settings};`)());
  }
  return loaded.get(text);
}
function fields(entries) {
  const object = {};
  for (const [name, value] of entries) {
    if (!Object.hasOwn(object, name)) {
      // Not by assignment, which would set the prototype by its name.
      Object.defineProperty(object, name, {
        value: {value}, enumerable: true, writable: true, configurable: true,
      });
    } else {
      object[name].multiValue ??= [{value: object[name].value}];
      object[name].multiValue.push({value});
    }
  }
  return object;
}
function parts(query) {
  return query.split('&').filter(Boolean).map((part) => {
    const at = part.indexOf('=');
    return at < 0 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)];
  });
}
function call({settings, uri, query, headers}, raw) {
  const lines = Object.entries(headers).flatMap(([name, all]) => all.map((one) => [name, one]));
  const request = {
    method: 'GET', uri, querystring: fields(parts(query)), headers: fields(lines), cookies: {},
    rawQueryString: () => raw ? query : '',
  };
  const event = {
    version: '1.0', context: {eventType: 'viewer-request'}, viewer: {ip: '192.0.2.1'}, request,
  };
  const answer = load(settings).handler(event);
  const written = {};
  for (const name of ['x-edgepix-accept', 'sec-ch-dpr', 'sec-ch-width', 'save-data']) {
    const header = answer.headers[name];
    const all = header?.multiValue ?? (header ? [header] : []);
    if (header) written[name] = all.map(({value}) => value).join(',');
  }
  return {uri: answer.uri, query: answer.querystring, headers: written};
}
const answers = cases.map((one) => [call(one, true), call(one, false)]);
process.stdout.write(JSON.stringify({settings: load().settings, answers}));
";

/// The function, and what runs it.
pub(crate) struct Javascript {
    node: String,
    source: String,
}

/// What came of a case.
pub(crate) struct Answer {
    pub(crate) of_the_query: Gives,
    pub(crate) of_the_parts: Gives,
}

impl Javascript {
    /// The function of this source; none where there is no Node.js.
    pub(crate) fn new(source: &str) -> Option<Self> {
        let tool = "node-24/bin/node";
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools");
        let path = path.join(tool);
        if path.canonicalize().is_err() {
            assert!(
                env::var_os("REQUIRE_TOOLS").is_none(),
                "{tool} is missing; .ci/tools installs it"
            );
            // Past the test harness, which would keep it to itself.
            let _ = writeln!(
                io::stderr(),
                "SKIPPED, for want of {tool}: bash .ci/tools installs it"
            );
            return None;
        }
        Some(Self {
            node: path.display().to_string(),
            source: source.into(),
        })
    }

    /// The settings in its first lines.
    pub(crate) fn settings(&self) -> Value {
        self.run(&[])["settings"].take()
    }

    /// What it makes of each case.
    pub(crate) fn fold(&self, cases: &[Asked]) -> Vec<Answer> {
        let mut answers = self.run(cases);
        let answers = answers["answers"].as_array_mut().expect("a list");
        assert_eq!(answers.len(), cases.len());
        answers
            .iter()
            .map(|answer| Answer {
                of_the_query: gives(&answer[0]),
                of_the_parts: gives(&answer[1]),
            })
            .collect()
    }

    /// Runs all cases in one process.
    fn run(&self, cases: &[Asked]) -> Value {
        let cases = cases.iter().map(|asked| {
            json!({
                "settings": to_json(&asked.folding),
                "uri": asked.uri,
                "query": asked.query,
                "headers": asked.headers,
            })
        });
        let input = json!([self.source, cases.collect::<Vec<_>>()]).to_string();
        let mut node = Command::new(&self.node)
            .args(["--eval", CALLS])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node runs");
        let mut stdin = node.stdin.take().expect("it is piped");
        stdin.write_all(input.as_bytes()).expect("node reads");
        drop(stdin);
        let output = node.wait_with_output().expect("node ends");
        assert!(output.status.success(), "what went wrong is above");
        serde_json::from_slice(&output.stdout).expect("it is JSON")
    }
}

fn gives(answer: &Value) -> Gives {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let headers = answer["headers"].as_object().expect("headers").iter();
    Gives {
        uri: text(&answer["uri"]),
        query: text(&answer["query"]),
        headers: headers
            .map(|(name, value)| (name.clone(), text(value)))
            .collect(),
    }
}
