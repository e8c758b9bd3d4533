//! `consilience audit` as a person runs it.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use crate::program::{consilience, refused, text, with_config};
use consilience_record::{RunReader, Status};
use std::fs;

const CONFIG: &str = r#"
[data]
source = "strokes"
train = 600
test = 20
label_noise = { kind = "uniform_other", fraction = 0.2 }
[model]
name = "mlp"
widths = [32]
[train]
batch_size = 25
epochs = 4
"#;

/// The number after `start` in `output`.
fn percentage(output: &str, start: &str) -> f64 {
    let rest = &output[output.find(start).unwrap_or_else(|| panic!("{start}: {output}")) + start.len()..];
    rest.split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
fn data_go_in_and_suspicious_examples_come_out() {
    let directory = with_config(CONFIG);
    let here = directory.path();
    let arguments = [
        "audit",
        "c.toml",
        "--out",
        "out",
        "--top",
        "10",
        "--csv",
        "all.csv",
        "--pictures",
        "pictures",
        "--threads",
        "2",
    ];
    let output = consilience(here, &arguments);
    let (shown, talk) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{talk}");
    assert!(talk.starts_with("strokes: 600 training examples in 2 parts\n"), "{talk}");
    for line in ["scores written to out\n", "600 examples written to all.csv\n", "10 pictures written to pictures\n"] {
        assert!(talk.contains(line), "{talk}");
    }
    for heading in ["rank", "given", "suggested", "probably", "mislabelled", "area under"] {
        assert!(shown.contains(heading), "{heading}: {shown}");
    }
    // 120 of 600 labels are wrong
    assert!(shown.contains("from which 120 of 600 given ones differ (20.0 %)"), "{shown}");
    // of ten drawn at random two would be; that nine are, has odds below 1e-5
    assert!(percentage(&shown, "Of the 10 most suspicious: ") >= 90.0, "{shown}");

    let run = RunReader::open(&here.join("out")).unwrap();
    assert_eq!(run.description().status, Status::Finished);
    let weights = run.weights().unwrap().unwrap();
    assert!(weights.iter().any(|weight| weight.name == "part_2.1.weight"), "the networks of both parts are kept");
    let evaluations: Vec<u64> =
        run.metrics().unwrap().records.iter().filter(|line| line.kind == "evaluation").map(|line| line.step).collect();
    // at the start and after each of four epochs of 12 steps, twice
    assert_eq!(evaluations, [0, 12, 24, 36, 48, 48, 60, 72, 84, 96]);

    let csv = fs::read_to_string(here.join("all.csv")).unwrap();
    assert_eq!(csv.lines().count(), 601);
    assert!(csv.starts_with("rank,id,given_label,suggested_label,probably_mislabelled,held_out_agreement,"), "{csv}");
    assert!(!csv.contains("true_label"), "what is not known of other data is not written of this");
    let first = csv.lines().nth(1).unwrap();
    let [_, id, given, suggested, _] = first.split(',').take(5).collect::<Vec<_>>()[..] else { panic!("{first}") };
    let name = format!("0001-id-{id}-given-{given}-suggested-{suggested}.png");
    let files = fs::read_dir(here.join("pictures")).unwrap().count();
    assert!(
        here.join("pictures").join(&name).is_file() && files == 11,
        "{name} is the most suspicious, one of {files}"
    );

    // the directory that was written is a run like others, and says the same
    let again = consilience(here, &["audit", "out", "--top", "10"]);
    assert_eq!((text(&again.stdout), text(&again.stderr)), (shown, String::new()));
}

#[test]
fn a_run_that_has_scored_its_examples_is_audited_as_it_is() {
    let directory = with_config(CONFIG);
    let here = directory.path();
    let scores = "monitor.scores=[\"aum\", \"pull\", \"prediction\", \"agreement\", \"el2n\", \"grand\", \"self_influence\", \"forgetting\"]";
    let run = ["run", "c.toml", "--quiet", "--out", "out", "--set", scores, "--set", "train.epochs=3"];
    assert_eq!(consilience(here, &run).status.code(), Some(0));
    let output = consilience(here, &["audit", "out", "--by", "agreement", "--top", "3"]);
    let shown = text(&output.stdout);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    for heading in ["agreement", "AUM", "EL2N", "GraNd", "influence", "forgotten", "suggested"] {
        assert!(shown.contains(heading), "{heading}: {shown}");
    }
    let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("another class lies above the given one on average over training"), "{shown}");
    for column in ["agreement_cosine", "pull_margin", "forgetting_events"] {
        assert!(shown.lines().any(|line| line.trim_start().starts_with(column)), "{column}: {shown}");
    }
}

#[test]
fn what_cannot_be_audited_is_refused_with_what_to_do() {
    let directory = with_config(CONFIG);
    let here = directory.path();
    let run = ["run", "c.toml", "--quiet", "--out", "plain", "--set", "train.epochs=1"];
    assert_eq!(consilience(here, &run).status.code(), Some(0));
    fs::create_dir(here.join("empty")).unwrap();
    let (code, message) = refused(here, &["audit", "plain"]);
    assert_eq!(code, Some(1));
    assert!(
        message
            .starts_with("error: the run plain has no scores of training examples\nhint: train it again with --set ")
    );
    assert!(message.contains("\nhint: or give its configuration file to `consilience audit`"), "{message}");
    for (arguments, expected) in [
        (&["audit", "empty"][..], "error: empty is not a run directory: it has no run.toml\n"),
        (&["audit", "nowhere"], "error: cannot read the configuration file nowhere"),
        (&["audit", "plain", "--out", "x"], "error: --out is for configuration files, and plain is a directory\n"),
        (&["audit", "c.toml", "--out", "plain"], "error: plain exists already\n"),
        (
            &[
                "audit",
                "c.toml",
                "--out",
                "x",
                "--set",
                "data={source=\"product\"}",
                "--set",
                "train.loss=\"mean_squared_error\"",
            ],
            "error: label noise needs classes as targets, but data set `product` has values",
        ),
    ] {
        let (code, message) = refused(here, arguments);
        assert!(code == Some(1) && message.contains(expected), "{arguments:?}: {code:?} {message}");
        assert!(!here.join("x").exists(), "{arguments:?}");
    }
    for arguments in [&["audit"][..], &["audit", "c.toml", "--parts", "1"]] {
        assert_eq!(refused(here, arguments).0, Some(2), "{arguments:?}");
    }
    let (code, message) = refused(here, &["audit", "plain", "--top", "0"]);
    let expected = "error: invalid value '0' for '--top <K>': expected a whole number of at least 1\n";
    assert!(code == Some(2) && message.starts_with(expected), "{message}");
}

#[test]
fn values_have_no_labels_that_could_be_doubted() {
    let directory = with_config(
        "data = { source = 'product', train = 40, test = 20 }\nmodel = { name = 'mlp', widths = [4] }\n\
         train = { epochs = 1, loss = 'mean_squared_error' }\n",
    );
    let here = directory.path();
    let run = consilience(here, &["run", "c.toml", "--out", "run"]);
    let shown = text(&run.stdout);
    assert!(run.status.success(), "{}", text(&run.stderr));
    assert!(shown.contains("training") && shown.contains("test") && shown.contains("loss"), "{shown}");
    assert!(shown.contains("between training and test loss") && !shown.contains("accuracy"), "{shown}");
    let hint = "hint: its targets are values; only labels of classes can be doubted\n";
    assert_eq!(
        refused(here, &["audit", "run"]),
        (Some(1), format!("error: the run run has no scores of training examples\n{hint}"))
    );
    let expected = "data: expected examples with classes, whose labels can be doubted, got target values\n";
    let (code, message) = refused(here, &["audit", "c.toml", "--out", "x"]);
    assert!(code == Some(1) && message.ends_with(expected) && !here.join("x").exists(), "{message}");
    let expected = "scores: expected data with classes, which `aum` is about, got targets that are values\n";
    let (code, message) = refused(here, &["run", "c.toml", "--out", "x", "--set", "monitor.scores=[\"aum\"]"]);
    assert!(code == Some(1) && message.ends_with(expected) && !here.join("x").exists(), "{message}");
}

#[test]
fn one_of_several_methods_is_named() {
    let methods =
        "\n[[method]]\nname = \"Plain SGD\"\n[[method]]\nname = \"fast\"\nset = { train.learning_rate = 1.0 }\n";
    let directory = with_config(&format!("{CONFIG}{methods}"));
    let here = directory.path();
    let choice = "hint: name one with --method: `Plain SGD`, `fast`\n";
    for (arguments, expected) in [
        (&["audit", "c.toml"][..], format!("error: c.toml lists 2 methods, and audit takes one\n{choice}")),
        (&["audit", "c.toml", "--method", "slow"], format!("error: c.toml has no method `slow`\n{choice}")),
    ] {
        assert_eq!(refused(here, arguments), (Some(1), expected));
    }
    let arguments = ["audit", "c.toml", "--method", "fast", "--quiet", "--out", "out", "--set", "train.epochs=1"];
    assert_eq!(consilience(here, &arguments).status.code(), Some(0));
    assert_eq!(RunReader::open(&here.join("out")).unwrap().description().method, "fast");
    let (_, message) = refused(here, &["audit", "out", "--method", "fast"]);
    assert!(message.starts_with("error: --method is for configuration files"), "{message}");
}

#[test]
fn points_in_the_plane_are_no_pictures() {
    let directory = with_config(CONFIG);
    let here = directory.path();
    let data = "data={source=\"two_circles\",train=60,test=10,label_noise={kind=\"uniform_other\",fraction=0.0}}";
    let quiet = ["audit", "c.toml", "--quiet", "--out", "out", "--set", data, "--set", "train.epochs=1"];
    let output = consilience(here, &quiet);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    assert!(!text(&output.stdout).contains("true labels"), "no label is wrong, so there is nothing to compare with");
    let before_training = ["audit", "c.toml", "--pictures", "pictures", "--quiet", "--out", "new", "--set", data];
    for arguments in [&["audit", "out", "--pictures", "pictures"][..], &before_training] {
        let (code, message) = refused(here, arguments);
        assert_eq!(code, Some(1));
        assert!(message.starts_with("error: the examples of two_circles are no images: 1 x 1 x 2"), "{message}");
    }
    assert!(!here.join("new").exists());
    let (code, message) = refused(here, &["audit", "out", "--by", "aum"]);
    assert_eq!(code, Some(1));
    assert!(message.starts_with("error: `aum` does not rank these examples; held_out_"), "{message}");
}
