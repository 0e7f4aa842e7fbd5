//! Packages of Lambda functions, as files.

use crate::run::{Folder, photo_png};

/// ELF's numbers of x86_64 and arm64.
const X86_64: u8 = 62;
const ARM64: u8 = 183;

/// The header of a static program for x86_64, which is all that is looked at.
fn program() -> Vec<u8> {
    program_for(X86_64)
}

fn program_for(machine: u8) -> Vec<u8> {
    let mut header = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0".to_vec();
    header.extend([machine, 0, 1, 0, 0, 0]);
    header.resize(64, 0);
    header
}

#[test]
fn each_target_has_its_file_and_the_listing_says_what_is_in_it() {
    let folder = Folder::new("package-targets")
        .with("x86_64", program())
        .with("arm64", program_for(ARM64));
    for (arguments, binary, first, inside) in [
        (
            "edge",
            "x86_64",
            "edgepix-edge.zip (static, handler lambda_function.handler)",
            "lambda_function.py",
        ),
        (
            "edge --launcher node",
            "x86_64",
            "edgepix-edge.zip (static, handler index.handler)",
            "index.mjs",
        ),
        (
            "lambda-x86_64",
            "x86_64",
            "edgepix-lambda-x86_64.zip (static)",
            "bootstrap",
        ),
        (
            "lambda-arm64",
            "arm64",
            "edgepix-lambda-arm64.zip (static)",
            "bootstrap",
        ),
    ] {
        let line = format!("package --binary {binary} -o dist --target {arguments}");
        let ran = folder.run(&line);
        ran.succeeds();
        let listing = ran.stdout();
        assert!(listing.starts_with(&format!("dist/{first}\n")), "{listing}");
        let file = first.split(' ').next().expect("a name");
        assert!(
            listing.contains(inside) && listing.contains("within 8 MB"),
            "{listing}"
        );
        assert_eq!(&folder.read(&format!("dist/{file}"))[..4], b"PK\x03\x04");
    }
}

#[test]
fn the_same_package_made_again_elsewhere_has_the_same_bytes() {
    let folder = Folder::new("package-again")
        .with("a/program", program())
        .with("b/other", program());
    folder
        .run("package --target edge --binary a/program -o a")
        .succeeds();
    folder
        .run("package --target edge --binary b/other -o b")
        .succeeds();
    assert_eq!(
        folder.read("a/edgepix-edge.zip"),
        folder.read("b/edgepix-edge.zip")
    );
}

#[test]
fn a_configuration_brings_its_overlay() {
    let folder = Folder::new("package-config")
        .with("program", program())
        .with("site/ours.toml", "[overlay]\nimage = 'marks/logo.png'\n")
        .with("site/marks/logo.png", photo_png());
    let line = "package --target lambda-x86_64 --binary program -o . --config site/ours.toml";
    let ran = folder.run(line);
    ran.succeeds();
    let listing = ran.stdout();
    assert!(
        listing.contains("edgepix.toml") && listing.contains("marks/logo.png"),
        "{listing}"
    );
}

#[test]
fn a_missing_overlay_leaves_the_package_that_was_there() {
    let folder = Folder::new("package-missing")
        .with("program", program())
        .with("edgepix.toml", "[overlay]\nimage = 'logo.png'\n")
        .with("edgepix-edge.zip", "of before");
    folder
        .run("package --target edge --binary program -o . --config edgepix.toml")
        .says(1, &["logo.png"]);
    assert_eq!(folder.read("edgepix-edge.zip"), b"of before");
    assert_eq!(
        folder.names(),
        ["edgepix-edge.zip", "edgepix.toml", "program"]
    );
}

#[test]
fn what_lambda_cannot_run_is_refused_with_what_to_do() {
    let folder = Folder::new("package-unfit").with("script", "#!/bin/sh\n");
    folder
        .run("package --target edge --binary script -o dist")
        .says(
            1,
            &["script", "no program for Linux", "edge/deploy/package.sh"],
        );
    assert_eq!(folder.names(), ["script"]);
}

#[test]
fn another_processors_program_is_refused_with_what_to_do() {
    let folder = Folder::new("package-processor")
        .with("ours", program())
        .with("theirs", program_for(ARM64));
    for (target, binary, why) in [
        ("edge", "theirs", "it is for arm64, not for x86_64"),
        ("lambda-x86_64", "theirs", "it is for arm64, not for x86_64"),
        ("lambda-arm64", "ours", "it is for x86_64, not for arm64"),
    ] {
        folder
            .run(&format!(
                "package --target {target} --binary {binary} -o dist"
            ))
            .says(1, &[binary, why, "edge/deploy/package.sh"]);
    }
    assert_eq!(folder.names(), ["ours", "theirs"]);
}

#[test]
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn this_program_is_not_packaged_for_another_processor() {
    let folder = Folder::new("package-this");
    folder.run("package --target lambda-arm64 -o dist").says(
        1,
        &[
            "this program",
            "it is for x86_64, not for arm64",
            "--binary",
        ],
    );
    assert!(folder.names().is_empty());
}

#[test]
fn only_the_edge_has_a_launcher() {
    let folder = Folder::new("package-launcher").with("program", program());
    for target in ["lambda-x86_64", "lambda-arm64"] {
        folder
            .run(&format!(
                "package --target {target} --launcher node --binary program -o dist"
            ))
            .says(2, &["--launcher", "only --target edge"]);
    }
    assert_eq!(folder.names(), ["program"]);
}
