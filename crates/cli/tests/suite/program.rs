//! The program, started as a person starts it: in a directory, with nothing of this machine's settings.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// What the program reads of the environment.
const VARIABLES: [&str; 3] = ["CONSILIENCE_DATA_DIR", "SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX"];

/// `consilience ARGUMENTS` in `directory`, not yet started.
pub fn program(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_consilience"));
    command.current_dir(directory).args(arguments).stdin(Stdio::null());
    for variable in VARIABLES {
        command.env_remove(variable);
    }
    command
}

/// What became of `consilience ARGUMENTS`.
pub fn consilience(directory: &Path, arguments: &[&str]) -> Output {
    program(directory, arguments).output().unwrap()
}

/// Exit code and everything on standard error of `consilience ARGUMENTS`; nothing may be on standard output.
pub fn refused(directory: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = consilience(directory, arguments);
    assert_eq!(text(&output.stdout), "", "{arguments:?}");
    (output.status.code(), text(&output.stderr))
}

/// Output as text.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A directory with `c.toml`.
pub fn with_config(config: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("c.toml"), config).unwrap();
    directory
}
