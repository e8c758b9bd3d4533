//! What files may say, and the runs they make.

use super::{SMALL, parse};
use consilience_experiments::{Experiment, Grid, Scale};
use consilience_run::RunError;
use consilience_train::AggregatorSpec;
use std::path::Path;

/// The error and its hints, one line each.
fn refusal(from: &str, to: &str) -> String {
    assert!(SMALL.contains(from), "{from}");
    let text = SMALL.replacen(from, to, 1);
    let error = match Experiment::parse("e.toml", &text) {
        Err(error) => error,
        Ok(experiment) => match Grid::new(&experiment, Scale::Smoke) {
            Err(RunError::Settings(error)) => error,
            other => panic!("{to}: {other:?}"),
        },
    };
    std::iter::once(error.message).chain(error.hints).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_mistake_is_refused_with_place_and_suggestion() {
    let cases: &[(&str, &str, &str)] = &[
        (
            "title = \"Two circles\"",
            "titel = \"x\"",
            "unknown key `titel` in the top level (e.toml, line 3)\ndid you mean `title`?",
        ),
        ("place = \"nowhere\"\n", "", "missing key `place` in the top level (e.toml, line 1)"),
        (
            "name = \"circles\"",
            "name = \"Two Circles\"",
            "`name`: expected lower-case letters, digits and hyphens, found Two Circles (e.toml, line 2)",
        ),
        // axes
        (
            "key = \"train.learning_rate\"\n",
            "",
            "axis `rate` has the plain value 0.1 but no `key` (e.toml, line 14)\n\
             name the setting that plain values are of, for example key = \"data.label_noise.fraction\"\n\
             or give the value a name: { label = \"...\", set = { \"...\" = ... } }",
        ),
        ("values = [0.1, 0.5]", "values = 3", "values of axis `rate`: expected a list, found 3 (e.toml, line 15)"),
        (
            "values = [0.1, 0.5]",
            "values = [0.1, 0.1]",
            "axis `rate` has two values called `0.1` (e.toml, line 15)\ngive each value a label of its own",
        ),
        (
            "{ label = \"plain\" }",
            "{ label = \"plain\", sett = {} }",
            "unknown key `sett` in the top level (e.toml, line 19)\ndid you mean `set`?",
        ),
        // settings of runs
        (
            "key = \"train.learning_rate\"",
            "key = \"train.learning_rat\"",
            "unknown key `learning_rat` in [train] (e.toml, line 15)\ndid you mean `learning_rate`?",
        ),
        (
            "kind = \"winsorized\"",
            "kind = \"winsorised\"",
            "unknown choice \"winsorised\" for `train.aggregator.kind` (e.toml, line 20)\ndid you mean `winsorized`?",
        ),
        (
            "batch_size = 5,",
            "batch_size = 5, momentum = 2,",
            "`train.momentum`: expected from 0 to below 1, found 2 (e.toml, line 10)",
        ),
        // no runs
        (
            "values = [0.1, 0.5]",
            "values = []",
            "experiment `circles` has no runs at scale smoke: axis `rate` has no values",
        ),
        ("count = 2", "count = 0", "experiment `circles` has no runs at scale smoke: it asks for 0 replicates"),
        (
            "[parameters]",
            "[[except]]\nrate = [0.1, 0.5]\n[parameters]",
            "experiment `circles` has no runs at scale smoke: `except` leaves out every combination",
        ),
        (
            "count = 2",
            "count = 50_000",
            "at scale smoke, experiment `circles` has 200000 runs, and at most 100000 are carried out\n\
             list fewer values of its axes, or ask for fewer replicates",
        ),
        // scales
        (
            "[scale.paper]\nnote = \"All.\"\n",
            "[scale.paper]\n",
            "missing key `note` in [scale.paper] (e.toml, line 35)",
        ),
        (
            "rate = [0.25]",
            "rates = [0.25]",
            "unknown axis `rates` in `scale.small.axes` (e.toml, line 33)\ndid you mean `rate`?",
        ),
        (
            "parameters = { t = 3 }",
            "parameters = { u = 3 }",
            "unknown parameter `u` in `scale.small.parameters` (e.toml, line 34)\nthere are t",
        ),
        // measures
        (
            "series = \"test_accuracy\"",
            "series = \"test_acuracy\"",
            "unknown series `test_acuracy` in `measure.0` (e.toml, line 39)\ndid you mean `test_accuracy`?",
        ),
        (
            "at = { step = \"t\" }",
            "at = { step = \"u\" }",
            "unknown parameter `u` in `measure.1` (e.toml, line 44)\nthere are t",
        ),
        (
            "at = { step = \"t\" }",
            "at = \"last\"",
            "unknown choice \"last\" for `measure.1.at` (e.toml, line 47)\n\
             valid choices are first, final, min, max, mean, sum, step_of_max",
        ),
        (
            "series = \"loss\"\nat = { step = \"t\" }",
            "expression = \"test + tset\"",
            "unknown measure (above), axis or parameter `tset` in `measure.1` (e.toml, line 44)\ndid you mean `test`?",
        ),
        (
            "series = \"loss\"\nat = { step = \"t\" }",
            "measure = \"test\"",
            "measure `loss_at_t`: `measure` and `where` go together (e.toml, line 44)\n\
             `measure` is of another cell, `where` says of which",
        ),
        (
            "series = \"loss\"\nat = { step = \"t\" }",
            "measure = \"tests\"\nwhere = { method = \"plain\" }",
            "unknown measure (above) `tests` in `measure.1` (e.toml, line 44)\ndid you mean `test`?",
        ),
        (
            "name = \"loss_at_t\"",
            "name = \"rate\"",
            "`rate` is the name of more than one thing: axis and measure (e.toml, line 39)\n\
             give each axis, measure and parameter a name of its own",
        ),
        // tables, figures, claims
        (
            "columns = \"rate\"\nmeasures",
            "measures",
            "axis `rate` is neither in rows nor in columns of table `final` (e.toml, line 48)\n\
             put it there, or hold it to one value with `where`",
        ),
        (
            "measures = [\"test\", \"loss_at_t\"]",
            "measures = [\"tests\"]",
            "unknown measure `tests` in `table.0` (e.toml, line 48)\ndid you mean `test`?",
        ),
        (
            "colour = \"method\"",
            "colour = \"methods\"",
            "unknown axis `methods` in `figure.0` (e.toml, line 54)\ndid you mean `method`?",
        ),
        (
            "kind = \"curves\"",
            "kind = \"curve\"",
            "unknown choice \"curve\" for `figure.0.kind` (e.toml, line 57)\ndid you mean `curves`?",
        ),
        (
            "from = 0.0, to = 1.0",
            "where = { method = \"winsorised\" }, from = 0.0",
            "axis `method` has no value `winsorised` at any scale (e.toml, line 66)\ndid you mean `winsorized`?",
        ),
        (
            "from = 0.0, to = 1.0",
            "where = { rate = 0.7 }, from = 0.0",
            "axis `rate` has no value `0.7` at any scale (e.toml, line 66)\nits values are `0.1`, `0.5`, `0.25`",
        ),
    ];
    let wrong: Vec<String> = cases
        .iter()
        .map(|(from, to, expected)| (refusal(from, to), expected))
        .filter(|(found, expected)| found != *expected)
        .map(|(found, expected)| format!("expected {expected}\nfound    {found}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn axes_multiply_scales_override_and_ids_tell_runs_apart() {
    let experiment = parse(SMALL);
    let grid = Grid::new(&experiment, Scale::Smoke).unwrap();
    let labels: Vec<String> = (0..4).map(|cell| grid.label(cell)).collect();
    assert_eq!(
        labels,
        [
            "learning rate 0.1, plain",
            "learning rate 0.1, winsorized",
            "learning rate 0.5, plain",
            "learning rate 0.5, winsorized"
        ]
    );
    let order: Vec<(usize, usize)> = grid.runs.iter().map(|run| (run.replicate, run.cell)).collect();
    assert_eq!(order, [(0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (1, 1), (1, 2), (1, 3)]);
    let last = &grid.runs[7];
    assert_eq!((last.run.method.settings.seed, last.run.method.settings.data_seed), (1, None));
    assert_eq!(last.run.method.settings.train.aggregator, AggregatorSpec::Winsorized { percent: None, count: Some(1) });
    assert!(last.run.id.starts_with("learning-rate-0-5-winsorized-seed-1-"), "{}", last.run.id);
    let mut ids: Vec<&str> = grid.runs.iter().map(|run| run.run.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 8);
    assert_eq!(
        (grid.number(3, "rate"), grid.number(3, "method"), grid.number(2, "method")),
        (Some(0.5), Some(1.0), None)
    );

    let small = Grid::new(&experiment, Scale::Small).unwrap();
    assert_eq!(
        (small.cells.len(), small.runs.len(), small.label(0)),
        (1, 3, "learning rate 0.25, winsorized".to_owned())
    );
    assert_eq!(small.parameters["t"], 3.0);
    let paper = Grid::new(&experiment, Scale::Paper).unwrap();
    assert_eq!(paper.runs[0].run.method.settings.train.steps, Some(8));
    assert_ne!(paper.runs[0].run.id, grid.runs[0].run.id, "other settings, another directory");

    let text = SMALL.replace("count = 2", "count = 2\nvary = \"data_seed\"\nfirst = 7");
    let text = text.replace("[parameters]", "[[except]]\nrate = 0.5\nmethod = \"plain\"\n[parameters]");
    let varied = Grid::new(&parse(&text), Scale::Smoke).unwrap();
    assert_eq!(varied.cells.len(), 3);
    let seeds: Vec<_> =
        varied.runs.iter().map(|run| (run.run.method.settings.seed, run.run.method.settings.data_seed)).collect();
    assert_eq!(seeds[2..4], [(0, Some(7)), (0, Some(8))]);
}

#[test]
fn runs_that_would_replace_each_other_are_refused() {
    let error = refusal("    { label = \"plain\" },\n", "    { label = \"plain\" },\n    { label = \"Plain.\" },\n");
    assert!(
        error
            .starts_with("the runs 0 (`learning rate 0.1, plain, seed 0`) and 1 (`learning rate 0.1, Plain., seed 0`)"),
        "{error}"
    );
    assert!(error.contains("would have the same directory, `learning-rate-0-1-plain-seed-0-"), "{error}");
}

#[test]
fn a_run_may_follow_another_of_the_same_place() {
    // Any setting that takes texts will do: here, names of parameters.
    let follow = |text: &str| {
        let set = format!("\"train.frozen\" = [\"{text}\"], \"train.aggregator\"");
        let text = SMALL.replace("\"train.aggregator\"", &set);
        Grid::new(&parse(&text), Scale::Smoke)
    };
    let grid = follow("@method=plain").unwrap();
    let follows: Vec<Option<usize>> = grid.runs.iter().map(|run| run.run.follows).collect();
    assert_eq!(follows, [None, Some(0), None, Some(2), None, Some(4), None, Some(6)]);
    let method = grid.runs[7].run.in_directory(Path::new("out/runs")).unwrap();
    assert_eq!(method.settings.train.frozen, [format!("out/runs/{}", grid.runs[6].run.id)]);
    assert!(grid.runs[6].run.id.starts_with("learning-rate-0-5-plain-seed-1-"));

    for (text, why) in [
        ("@method", "there is no `=`"),
        ("@methods=plain", "there is no axis `methods`"),
        ("@method=SGD", "axis `method` has no value `SGD` at scale smoke"),
        ("@method=winsorized", "the run that it follows reads another run itself"),
    ] {
        let error = follow(text).unwrap_err().to_string();
        assert!(error.contains(why) && error.ends_with("(e.toml, line 20)"), "{text}: {error}");
    }
}
