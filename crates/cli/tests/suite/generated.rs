//! Completions and manual pages, as shells and `man` read them.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn consilience(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_consilience")).args(arguments).stdin(Stdio::null()).output().unwrap()
}

/// Whether `program` can be started; if not, says that the test is skipped.
fn is_there(program: &str) -> bool {
    let found = Command::new(program).arg("--version").stdin(Stdio::null()).output();
    if found.is_err() {
        eprintln!("skipped: there is no {program} here");
    }
    found.is_ok()
}

/// What bash offers for the last of `words`.
fn offered(script: &Path, words: &[&str]) -> Vec<String> {
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let (last, before) = (words[words.len() - 1], words[words.len() - 2]);
    let program = format!(
        "source '{}'; COMP_WORDS=({}); COMP_CWORD={}; COMPREPLY=(); \
         _consilience consilience '{last}' '{before}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        script.display(),
        quoted.join(" "),
        words.len() - 1,
    );
    let output = Command::new("bash").args(["--norc", "-c", &program]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{program}");
    let mut offered: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    offered.sort();
    offered
}

#[test]
fn bash_completes_subcommands_options_and_names() {
    if !is_there("bash") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let script = directory.path().join("consilience.bash");
    let output = consilience(&["completions", "bash"]);
    assert!(output.status.success() && output.stderr.is_empty());
    fs::write(&script, output.stdout).unwrap();
    assert_eq!(offered(&script, &["consilience", "wat"]), ["watch"]);
    assert_eq!(offered(&script, &["consilience", "compare", "--mea"]), ["--measures"]);
    assert_eq!(
        offered(&script, &["consilience", "explain", "gsn"]),
        ["gsnr", "gsnr_cnn", "gsnr_scaled", "gsnr_single"]
    );
    assert!(offered(&script, &["consilience", "reproduce", "coherent-"]).contains(&"coherent-fig4".to_owned()));
    assert_eq!(offered(&script, &["consilience", "compare", "--format", "l"]), ["latex"]);
    assert_eq!(offered(&script, &["consilience", "data", "fetch", "cifar10"]), ["cifar10", "cifar100", "cifar10n"]);
}

#[test]
fn every_shell_has_a_script() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = consilience(&["completions", shell]);
        let script = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && script.contains("watch"), "{shell}");
    }
    // The scripts of the other shells complete no values of arguments.
    for shell in ["bash", "zsh"] {
        let script = String::from_utf8(consilience(&["completions", shell]).stdout).unwrap();
        assert!(script.contains("coherent-fig4"), "{shell}");
    }
    let output = consilience(&["completions", "tcsh"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn manual_pages_render_without_warnings() {
    let directory = tempfile::tempdir().unwrap();
    let pages = directory.path().join("share/man1");
    let output = consilience(&["man", pages.to_str().unwrap()]);
    assert!(output.status.success() && output.stdout.is_empty() && output.stderr.is_empty());
    let mut names: Vec<String> =
        fs::read_dir(&pages).unwrap().map(|page| page.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    for name in ["consilience.1", "consilience-run.1", "consilience-watch.1", "consilience-compare.1"] {
        assert!(names.iter().any(|known| known == name), "{name}: {names:?}");
    }
    let run = fs::read_to_string(pages.join("consilience-run.1")).unwrap();
    assert!(run.contains(".SH EXAMPLES") && run.contains("examples/coherent\\-gradients\\-mnist.toml"), "{run}");
    assert!(
        run.contains("[OPTIONS] [CONFIG]") && run.contains(concat!("\"consilience ", env!("CARGO_PKG_VERSION"))),
        "{run}"
    );
    let printed = consilience(&["man"]).stdout;
    assert_eq!(
        String::from_utf8(printed).unwrap().trim(),
        fs::read_to_string(pages.join("consilience.1")).unwrap().trim()
    );

    if is_there("man") {
        for name in &names {
            let page = pages.join(name);
            let output = Command::new("man")
                .args(["--warnings=w", "-E", "UTF-8", "-l", page.to_str().unwrap()])
                .env("MANWIDTH", "100")
                .env("PAGER", "cat")
                .env("MANPAGER", "cat")
                .stdin(Stdio::null())
                .output()
                .unwrap();
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success() && told.is_empty(), "{name}: {told}");
            assert!(String::from_utf8_lossy(&output.stdout).contains("SYNOPSIS"), "{name}");
        }
    }
    if is_there("mandoc") {
        for name in &names {
            let output =
                Command::new("mandoc").args(["-T", "lint", "-W", "warning"]).arg(pages.join(name)).output().unwrap();
            let told = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(output.status.success() && told.is_empty(), "{name}: {told}");
        }
    }
}
