//! Methods side by side.

use consilience_record::{IfExists, METRICS_FILE, Metrics, RunDescription, RunWriter, TIMINGS_FILE, Timing};
use consilience_report::compare::{Comparison, Gathered, Measure, gather};
use std::fs;
use std::path::Path;

/// A finished run of `method` whose last evaluation has the test accuracy `accuracy`.
fn finished(parent: &Path, method: &str, seed: u64, accuracy: f64) {
    begun(parent, method, seed, accuracy).finish(&[]).unwrap();
}

fn begun(parent: &Path, method: &str, seed: u64, accuracy: f64) -> RunWriter {
    let aggregator = toml::Table::from_iter([("kind".to_owned(), method.into())]);
    let train = toml::Table::from_iter([("aggregator".to_owned(), aggregator.into())]);
    let settings = toml::Table::from_iter([
        ("seed".to_owned(), i64::try_from(seed).unwrap().into()),
        ("train".to_owned(), train.into()),
    ]);
    let description = RunDescription { method: method.into(), seed, settings, ..RunDescription::default() };
    let directory = parent.join(format!("{}-{seed}", method.replace(|c: char| !c.is_ascii_alphanumeric(), "-")));
    let mut run = RunWriter::create(&directory, description, IfExists::Refuse).unwrap();
    for step in 0..4 {
        let loss = 1.0 / (1 + step) as f64;
        run.write_metrics(&Metrics::new("step", step, 0).with("loss", loss).with("gsnr_mean", loss)).unwrap();
        run.write_timing(&Timing { kind: "step".into(), step, seconds: 0.002 }).unwrap();
    }
    run.write_metrics(&Metrics::new("evaluation", 2, 0).with("test_accuracy", 0.99)).unwrap();
    let last = Metrics::new("evaluation", 4, 0).with("test_accuracy", accuracy).with("train_accuracy", f64::NAN);
    run.write_metrics(&last).unwrap();
    run
}

fn compared(path: &Path, measures: &[Measure]) -> Comparison {
    Comparison::of(gather(&[path.to_owned()], measures, |_| None), measures)
}

/// Two methods over three seeds, one of which is clearly ahead, and a third whose only run failed.
fn three_methods(parent: &Path) {
    for (seed, (plain, winsorized)) in [(0.675, 0.915), (0.685, 0.925), (0.665, 0.905)].into_iter().enumerate() {
        finished(parent, "plain", seed as u64, plain);
        finished(parent, "winsorized", seed as u64, winsorized);
    }
    begun(parent, "broken", 0, 0.1).fail("the loss is not finite", &[]).unwrap();
}

#[test]
fn the_table_by_hand() {
    let parent = tempfile::tempdir().unwrap();
    three_methods(parent.path());
    let comparison = compared(parent.path(), &Measure::defaults());
    // GSNR: the mean of 1, 1/2, 1/3 and 1/4 is 0.5208. A column that is undefined everywhere is left out.
    let expected = "\
Last evaluation of finished runs: mean ± standard deviation over seeds
  method       runs     test accuracy (%)              GSNR   time per step (ms)
──────────────────────────────────────────────────────────────────────────────────
  broken       0 of 1                   –                 –                    –
  plain        3               67.5 ± 1.0   0.5208 ± 0.0000        2.000 ± 0.000
  winsorized   3              *91.5 ± 1.0   0.5208 ± 0.0000        2.000 ± 0.000
*: best of its column, ahead of the runner-up by Welch's t-test at 5 %.
GSNR: mean over the steps at which it was measured.
broken: runs left out: 1 failed.
";
    let text = comparison.text(84);
    assert_eq!(text, expected, "\n{text}");
    assert!(comparison.latex().contains("$\\mathbf{91.5 \\pm 1.0}$") && comparison.latex().contains("(\\%)"));
    assert!(comparison.markdown().contains("| winsorized | 3 | **91.5 ± 1.0** |"), "{}", comparison.markdown());

    let csv = comparison.csv();
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("method,runs,group,column,n,mean,sd,second,paper,text,best"));
    let winsorized = lines.find(|line| line.starts_with("winsorized,3,,test_accuracy,3,")).unwrap();
    let fields: Vec<&str> = winsorized.split(',').collect();
    let [mean, sd] = [fields[5], fields[6]].map(|field| field.parse::<f64>().unwrap());
    assert!((mean - 0.915).abs() < 1e-15 && (sd - 0.01).abs() < 1e-15 && fields[10] == "1", "{winsorized}");
    assert!(csv.contains("plain,3,,gsnr_mean:mean,3,"), "{csv}");
}

#[test]
fn measures_that_are_asked_for() {
    let parent = tempfile::tempdir().unwrap();
    finished(parent.path(), "plain", 1, 0.5);
    let measures: Vec<Measure> =
        ["loss", "test_accuracy:max", "loss:mean", "gsnr_mean:min", "absent", "seconds_per_step"]
            .map(|text| text.parse().unwrap())
            .to_vec();
    let Gathered { runs, problems } = gather(&[parent.path().to_owned()], &measures, |_| None);
    assert!(problems.is_empty());
    let values = &runs[0].values;
    let mean = (1.0 + 0.5 + 1.0 / 3.0 + 0.25) / 4.0;
    assert_eq!(values, &[Some(0.25), Some(0.99), Some(mean), Some(0.25), None, Some(0.002)]);
    let comparison = compared(parent.path(), &measures);
    assert_eq!(comparison.absent(), [Measure::last("absent")]);
    assert!(!comparison.is_empty());
}

#[test]
fn what_is_no_run_is_told_and_the_rest_is_shown() {
    let parent = tempfile::tempdir().unwrap();
    finished(parent.path(), "plain", 1, 0.5);
    for (name, run_file) in [("foreign", "format = 'other'"), ("damaged", "not toml")] {
        fs::create_dir(parent.path().join(name)).unwrap();
        fs::write(parent.path().join(name).join("run.toml"), run_file).unwrap();
    }
    finished(parent.path(), "bad-lines", 1, 0.5);
    let metrics = parent.path().join("bad-lines-1").join(METRICS_FILE);
    fs::write(&metrics, "nonsense\n").unwrap();
    let paths = [parent.path().to_owned(), parent.path().join("absent"), parent.path().join("plain-1")];
    let gathered = gather(&paths, &Measure::defaults(), |_| None);
    assert_eq!(gathered.runs.len(), 2, "a run named twice counts once");
    let problems = gathered.problems.join("\n");
    assert_eq!(gathered.problems.len(), 5, "{problems}");
    for part in ["absent", "foreign", "damaged", "bad-lines"] {
        assert!(problems.contains(part), "{part}: {problems}");
    }
    fs::create_dir(parent.path().join("empty")).unwrap();
    let gathered = gather(&[parent.path().join("empty")], &[], |_| None);
    assert!(gathered.problems[0].ends_with("empty: no run directory in it"), "{:?}", gathered.problems);
}

#[test]
fn a_run_whose_metrics_were_cut_does_not_count() {
    let parent = tempfile::tempdir().unwrap();
    for seed in [1, 2, 3] {
        finished(parent.path(), "plain", seed, 0.5);
    }
    let cut = |seed: u64, lines: usize| {
        let metrics = parent.path().join(format!("plain-{seed}")).join(METRICS_FILE);
        let text = fs::read_to_string(&metrics).unwrap();
        fs::write(&metrics, text.split_inclusive('\n').take(lines).collect::<String>()).unwrap();
    };
    cut(2, 5);
    cut(3, 0);
    let measures = [Measure::last("test_accuracy")];
    let gathered = gather(&[parent.path().to_owned()], &measures, |_| Some(4));
    assert_eq!(gathered.problems.len(), 2);
    assert!(gathered.problems[0].contains("after step 2 of 4"), "{:?}", gathered.problems);
    let comparison = Comparison::of(gathered, &measures);
    assert_eq!(comparison.methods()[0].count(), "1 of 3");
    assert!(comparison.text(80).contains("50.0") && !comparison.text(80).contains("99.0"), "{}", comparison.text(80));
    assert!(comparison.notes()[0].contains("2 not whole"), "{:?}", comparison.notes());
}

#[test]
fn a_damaged_line_is_passed_over_and_told() {
    let parent = tempfile::tempdir().unwrap();
    finished(parent.path(), "plain", 1, 0.5);
    let (directory, measures) = (parent.path().join("plain-1"), ["loss:max", "test_accuracy", "seconds_per_step"]);
    let measures = measures.map(|text| text.parse().unwrap());
    for name in [METRICS_FILE, TIMINGS_FILE] {
        let text = fs::read_to_string(directory.join(name)).unwrap();
        fs::write(directory.join(name), text.replacen("\"step\":0", "\"step\"!0", 1)).unwrap();
    }
    let gathered = gather(std::slice::from_ref(&directory), &measures, |_| Some(4));
    assert_eq!(gathered.runs[0].values, [Some(0.5), Some(0.5), Some(0.002)], "without the loss of step 0, which is 1");
    let [problem] = gathered.problems.try_into().unwrap();
    assert!(problem.contains("metrics: line 1 is not a record") && !problem.contains("passed over"), "{problem}");
    // Of another version, and shown all the same.
    let description = fs::read_to_string(directory.join("run.toml")).unwrap();
    fs::write(directory.join("run.toml"), description.replacen("format = 1", "format = 2", 1)).unwrap();
    let gathered = gather(&[directory], &measures, |_| Some(4));
    assert_eq!((gathered.runs.len(), gathered.problems.len()), (1, 2));
    assert!(gathered.problems.iter().all(|problem| !problem.contains("passed over")), "{:?}", gathered.problems);
}

#[test]
fn names_of_others_are_harmless_everywhere() {
    let parent = tempfile::tempdir().unwrap();
    let hostile = "<script>alert(1)</script>\u{1b}[31m & \"x\"\u{202e}";
    for seed in [1, 2] {
        finished(parent.path(), hostile, seed, 0.5 + seed as f64 / 100.0);
        finished(parent.path(), "plain", seed, 0.25);
    }
    let comparison = compared(parent.path(), &Measure::defaults());
    let html = comparison.html();
    assert!(!html.contains("<script") && html.contains("&lt;script&gt;alert(1)"), "{html}");
    assert!(!html.contains("http") && !html.contains("@import") && !html.contains("url("), "no network");
    assert!(html.contains("prefers-color-scheme: dark") && html.contains("train.aggregator.kind"));
    for shown in [comparison.text(100), comparison.latex(), comparison.markdown(), html] {
        assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'), "{shown}");
    }
}
