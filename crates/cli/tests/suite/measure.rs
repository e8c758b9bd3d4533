//! `consilience measure` as a person runs it.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use crate::program::{consilience, text};
use consilience_record::RunReader;
use std::fs;
use std::path::Path;

/// A run in `run`, on two circles of which some have wrong labels.
fn with_run() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let config = "data = { source = 'two_circles', train = 90, test = 40, validation = { examples = 30 }, label_noise = \
                  { kind = 'uniform_other', fraction = 0.2 } }\nmodel = { name = 'mlp', widths = [8] }\n\
                  train = { epochs = 4, batch_size = 30 }\n";
    fs::write(directory.path().join("c.toml"), config).unwrap();
    let run = consilience(directory.path(), &["run", "c.toml", "--out", "run", "--quiet"]);
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    directory
}

fn json(directory: &Path, arguments: &[&str]) -> serde_json::Value {
    let output = consilience(directory, &[&["measure"], arguments, &["--json", "--quiet"]].concat());
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()), "{arguments:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_run_is_measured_as_its_last_evaluation_was() {
    let directory = with_run();
    let directory = directory.path();
    let lines = RunReader::open(&directory.join("run")).unwrap().metrics().unwrap().records;
    let last = lines.iter().rfind(|line| line.kind == "evaluation").unwrap();
    for (part, prefix) in [("train", "train"), ("test", "test"), ("validation", "validation")] {
        let found = json(directory, &["run", "--part", part]);
        let value = |name: &str| found["evaluation"][name].as_f64().unwrap();
        // single precision, summed in another order
        assert!((value("loss") - last.number(&format!("{prefix}_loss")).unwrap()).abs() < 1e-5, "{found}");
        assert_eq!(value("accuracy"), last.number(&format!("{prefix}_accuracy")).unwrap());
        assert_eq!(found["quantities"]["gsnr"]["examples"], found["data"]["examples"]);
        assert_eq!(found["data"]["wrong_labels"], if part == "train" { 18 } else { 0 });
    }
    // the file itself, and a copy without the run
    let of_run = json(directory, &["run", "--quantities", "m_coherence,stiffness"]);
    fs::copy(directory.join("run/final.safetensors"), directory.join("copy.safetensors")).unwrap();
    let copied = json(directory, &["copy.safetensors", "--config", "c.toml", "--quantities", "m_coherence,stiffness"]);
    assert_eq!(of_run["quantities"], copied["quantities"]);
    assert_eq!(json(directory, &["run/final.safetensors"])["evaluation"], of_run["evaluation"]);
    let mlp = "{ name = 'mlp', widths = [8] }";
    let other = json(directory, &["copy.safetensors", "--model", mlp, "--data", "two_circles", "--examples", "50"]);
    assert_eq!((other["data"]["examples"].as_u64(), other["data"]["wrong_labels"].as_u64()), (Some(50), Some(0)));

    let page =
        text(&consilience(directory, &["measure", "run", "--quantities", "gsnr,kernel_spectrum", "--quiet"]).stdout);
    for part in
        ["evaluation, of 90 examples\n", "gsnr, of 90 examples: ", "largest eigenvalue of K", "corrupt_accuracy_true"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(page.lines().all(|line| line.chars().count() <= 110), "{page}");
}

#[test]
fn mistakes_are_one_clear_error_each() {
    let directory = with_run();
    let directory = directory.path();
    fs::copy(directory.join("run/final.safetensors"), directory.join("copy.safetensors")).unwrap();
    fs::write(directory.join("broken.safetensors"), [255; 20]).unwrap();
    fs::create_dir(directory.join("empty")).unwrap();
    let refused = |arguments: &[&str]| {
        let output = consilience(directory, &[&["measure"], arguments].concat());
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), String::new()), "{arguments:?}");
        text(&output.stderr)
    };
    for (arguments, expected) in [
        (&["nowhere"][..], "error: there is no file or directory nowhere\n"),
        (
            &["empty"],
            "error: empty holds neither run.toml nor final.safetensors\nhint: name a run directory or a safetensors file\n",
        ),
        (&["."], "error: . holds neither run.toml nor final.safetensors\nhint: name one of the runs in it: `./run`\n"),
        (&["run", "--quantities", "gsrn"], "error: unknown quantity `gsrn`\nhint: did you mean `gsnr`?\n"),
        (
            &["copy.safetensors"],
            "error: nothing says which network the weights are of\nhint: say it with --model NAME (or a table, --model '{ name = \
             \"mlp\", widths = [300] }'), or with --config FILE.toml\n",
        ),
        (
            &["copy.safetensors", "--model", "logistic"],
            "error: nothing says which data to measure on\nhint: say it with --data SOURCE, or with --config FILE.toml\n",
        ),
        (&["run", "--examples", "91"], "error: --examples asks for 91 examples, this part of the data has 90\n"),
        (
            &["run", "--data", "two_circle"],
            "error: unknown choice \"two_circle\" for `data.source` (--data two_circle)\nhint: did you mean `two_circles`?\n",
        ),
    ] {
        assert_eq!(refused(arguments), expected, "{arguments:?}");
    }
    assert!(refused(&["broken.safetensors", "--config", "c.toml"]).starts_with("error: broken.safetensors: "));
    let shapes = refused(&["run", "--data", "strokes", "--set", "data.train=20", "--set", "data.test=20"]);
    assert!(shapes.contains("`1.weight`") || shapes.contains("`0.weight`"), "{shapes}");
    assert!(shapes.contains("the data `strokes` have examples of 28x28x1"), "{shapes}");
    let wide = refused(&["copy.safetensors", "--model", "{ name = 'mlp', widths = [9] }", "--data", "two_circles"]);
    assert!(wide.contains("`0.weight` has the shape [8, 2], the network needs [9, 2]"), "{wide}");
    let none = refused(&["run", "--part", "validation", "--data", "two_circles"]);
    assert!(none.starts_with("error: the data have no validation part\nhint: "), "{none}");
    let misuse = consilience(directory, &["measure", "run", "--part", "training"]);
    assert_eq!(misuse.status.code(), Some(2));
}
