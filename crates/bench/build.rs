//! Tells the program which compiler, GEMM and revision it was built from, so that every result carries them.

use std::path::Path;
use std::process::Command;

fn main() {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let compiler = output(&rustc, &["--version"]).and_then(|line| line.split(' ').nth(1).map(str::to_owned));
    export("RUSTC", compiler);
    export("GEMM", std::fs::read_to_string("../../Cargo.lock").ok().and_then(|lock| locked(&lock, "gemm")));
    export("REVISION", output("git", &["rev-parse", "--short=10", "HEAD"]));
    for path in ["build.rs", "../../Cargo.lock", "../../.git/logs/HEAD"] {
        // a path that does not exist would make every build start anew
        if Path::new(path).exists() {
            println!("cargo::rerun-if-changed={path}");
        }
    }
}

fn export(name: &str, value: Option<String>) {
    println!("cargo::rustc-env=CONSILIENCE_BENCH_{name}={}", value.unwrap_or_else(|| "unknown".to_owned()));
}

fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !text.trim().is_empty()).then(|| text.trim().to_owned())
}

/// The version of a package in a lock file.
fn locked(lock: &str, package: &str) -> Option<String> {
    let (_, rest) = lock.split_once(&format!("name = \"{package}\"\nversion = \""))?;
    rest.split('"').next().map(str::to_owned)
}
