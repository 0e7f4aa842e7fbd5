//! The environment variables of a function (AWS Lambda Developer Guide, "Defined runtime environment
//! variables").

use std::{ffi::OsString, path::Path};

use super::Program;
use crate::case::Boot;

/// All that a function has, each once; the program's own come last and win. Credentials are not
/// among them: whose they are, the origin knows, and gives them to the program.
pub(super) fn of(
    program: &Program,
    memory_mb: u32,
    api: &str,
    temporary: &Path,
) -> Vec<(OsString, OsString)> {
    // The runtime's name is not defined for `provided.al2023`.
    let (handler, runtime) = match program.rival.boot {
        Boot::Native => ("bootstrap", None),
        Boot::Python => ("lambda_function.handler", Some("AWS_Lambda_python3.12")),
        Boot::Node => ("index.handler", Some("AWS_Lambda_nodejs24.x")),
    };
    let memory = memory_mb.to_string();
    let fixed = [
        ("PATH", "/usr/local/bin:/usr/bin:/bin:/opt/bin"),
        ("LANG", "en_US.UTF-8"),
        ("TZ", ":UTC"),
        ("_HANDLER", handler),
        ("AWS_REGION", "us-east-1"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
        ("LAMBDA_RUNTIME_DIR", "/var/runtime"),
        ("AWS_LAMBDA_RUNTIME_API", api),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_LAMBDA_FUNCTION_NAME", "us-east-1.image"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &memory),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/us-east-1.image"),
        (
            "AWS_LAMBDA_LOG_STREAM_NAME",
            "2026/01/01/[1]0123456789abcdef0123456789abcdef",
        ),
        // A package cannot be written to on Lambda, so nothing is kept there from before.
        ("PYTHONDONTWRITEBYTECODE", "1"),
    ];
    let folders = [
        ("LAMBDA_TASK_ROOT", program.task.as_path()),
        ("TMPDIR", temporary),
    ];
    let runtime = runtime.map(|name| ("AWS_EXECUTION_ENV".into(), name.into()));
    let fixed = fixed.map(|(name, value)| (name.into(), value.into()));
    let folders = folders.map(|(name, folder)| (name.into(), folder.into()));
    let own = program.variables.iter();
    fixed
        .into_iter()
        .chain(runtime)
        .chain(folders)
        .chain(own.map(|(name, value)| (name.into(), value.into())))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::case::Rival;

    #[test]
    fn a_programs_own_variables_win() {
        let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let program = Program {
            rival: Rival::SHARP,
            program: "/node".into(),
            arguments: Vec::new(),
            task: "/task".into(),
            variables: vec![
                own("AWS_REGION", "eu-west-1"),
                own("AWS_ACCESS_KEY_ID", "A"),
            ],
            reads: Vec::new(),
        };
        let variables = of(&program, 384, "127.0.0.1:9001", Path::new("/tmp/own"));
        let variables: BTreeMap<_, _> = variables.into_iter().collect();
        for (name, value) in [
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ACCESS_KEY_ID", "A"),
            ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "384"),
            ("LAMBDA_TASK_ROOT", "/task"),
            ("LAMBDA_RUNTIME_DIR", "/var/runtime"),
            ("AWS_EXECUTION_ENV", "AWS_Lambda_nodejs24.x"),
            ("TMPDIR", "/tmp/own"),
            ("_HANDLER", "index.handler"),
        ] {
            let found = variables.get(&OsString::from(name));
            assert_eq!(found, Some(&OsString::from(value)), "{name}");
        }
    }
}
