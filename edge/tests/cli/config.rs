//! How an installation is configured, as `edgepix config` says it.

use std::process::Command;

use crate::run::Folder;

#[test]
fn what_is_printed_can_be_pasted_and_says_where_it_is_from() {
    let folder = Folder::new("config").with("a.toml", "quality = 70\n[store]\nbucket = 'photos'\n");
    let printed = folder.run("config --config a.toml");
    printed.succeeds();
    let text = printed.stdout();
    for line in [
        "quality = 70  # a.toml:1",
        "bucket = \"photos\"  # a.toml:3",
        "region = \"\"  # default",
    ] {
        assert!(text.lines().any(|printed| printed == line), "{text}");
    }
    let folder = folder.with("b.toml", &text);
    let values = |text: &str| -> Vec<String> {
        let lines = text
            .lines()
            .map(|line| line.split("  # ").next().unwrap_or(line).to_owned());
        lines.collect()
    };
    let again = folder.run("config --config b.toml");
    again.succeeds();
    assert_eq!(values(&again.stdout()), values(&text));
}

#[test]
fn a_check_says_only_what_is_wrong_and_all_of_it() {
    let folder = Folder::new("config-check")
        .with("good.toml", "quality = 70")
        .with("bad.toml", "quality = 700\n[store]\nendpont = 'x'\n");
    let good = folder.run("config --check --config good.toml");
    good.succeeds();
    assert_eq!((good.stdout(), good.stderr()), Default::default());
    for command in ["config --check", "config"] {
        let bad = folder.run(&format!("{command} --config bad.toml"));
        bad.says(1, &[]);
        assert_eq!(bad.stdout(), "");
        assert_eq!(
            bad.stderr(),
            "edgepix: bad.toml:1: quality must be 1 to 100; it is \"700\"\n\
             edgepix: bad.toml:3: \"endpont\" is not a setting of [store]; did you mean \"endpoint\"?\n"
        );
    }
}

#[test]
fn a_configuration_that_is_not_there_is_named() {
    let folder = Folder::new("config-missing");
    folder
        .run("config --check --config missing.toml")
        .says(1, &["edgepix: missing.toml: it cannot be read: "]);
}

#[test]
fn the_help_says_what_is_over_what() {
    let help = Folder::new("config-help").run("config --help").stdout();
    let places = [
        "1. its default",
        "2. edgepix.toml",
        "3. the environment",
        "4. the origin's custom headers",
    ];
    let found: Vec<_> = places.map(|place| help.find(place)).into();
    assert!(
        found.iter().all(Option::is_some) && found.is_sorted(),
        "{help}"
    );
}

#[test]
fn the_environment_of_the_process_is_read() {
    let folder =
        Folder::new("config-environment").with("a.toml", "quality = 70\nformat = 'auto'\n");
    let ran = Command::new(env!("CARGO_BIN_EXE_edgepix"))
        .arg("config")
        .env("EDGEPIX_CONFIG", folder.path("a.toml"))
        .env("EDGEPIX_QUALITY", "71")
        .output();
    let text = String::from_utf8(ran.expect("the binary was built").stdout).expect("it is UTF-8");
    assert!(text.contains("quality = 71  # EDGEPIX_QUALITY\n"), "{text}");
    assert!(
        text.contains("format = \"auto\"  # ") && text.contains("a.toml:2\n"),
        "{text}"
    );
}
