//! Which runs a sweep has.

use crate::{sweep, sweep_of};
use consilience_run::RunError;
use consilience_sweep::{Sweep, SweepError};
use std::collections::HashSet;

fn names(sweep: &Sweep) -> Vec<&str> {
    sweep.runs.iter().map(|member| member.run.method.name.as_str()).collect()
}

#[test]
fn axes_multiply_in_the_order_of_the_file() {
    let grid = sweep("[sweep]\n\"train.learning_rate\" = [0.1, 0.01]\nseed = [3, 1, 2]\n");
    assert_eq!(grid.axes, ["train.learning_rate", "seed"]);
    assert_eq!(
        names(&grid),
        [
            "learning_rate 0.1, seed 3",
            "learning_rate 0.1, seed 1",
            "learning_rate 0.1, seed 2",
            "learning_rate 0.01, seed 3",
            "learning_rate 0.01, seed 1",
            "learning_rate 0.01, seed 2"
        ]
    );
    let last = &grid.runs[5];
    assert_eq!((last.run.method.settings.seed, &last.run.method.settings.train.learning_rate), (2, &0.01.into()));
    assert!(last.run.id.starts_with("learning-rate-0-01-seed-2-"), "{}", last.run.id);
    assert_eq!(last.arguments(), "--set train.learning_rate=0.01 --set seed=2");
    // tables and dotted keys without quotes are the same
    for text in [
        "[sweep]\ntrain.learning_rate = [0.1, 0.01]\nseed = [3, 1, 2]",
        "[sweep.train]\nlearning_rate = [0.1, 0.01]\n[sweep]\nseed = [3, 1, 2]",
    ] {
        assert_eq!(names(&sweep(text)).len(), 6, "{text}");
    }
}

#[test]
fn a_run_keeps_its_directory_when_the_sweep_grows() {
    let ids = |text: &str| sweep(text).runs.into_iter().map(|member| member.run.id).collect::<Vec<_>>();
    let (few, more) = (ids("[sweep]\nseed = [1, 2]"), ids("[sweep]\nseed = [0, 2, 1, 5]"));
    assert_eq!(few, [more[2].clone(), more[1].clone()]);
    assert_eq!(more.iter().collect::<HashSet<_>>().len(), 4);
    let other = sweep_of("[sweep]\nseed = [1, 2]", &[("train.steps", "7")]).unwrap();
    assert_ne!(other.runs[0].run.id, few[0], "other settings, another directory");
}

#[test]
fn seeds_that_double_precision_cannot_tell_apart_are_two() {
    let large = sweep("[sweep]\nseed = [9007199254740992, 9007199254740993]");
    let seeds: Vec<u64> = large.runs.iter().map(|member| member.run.method.settings.seed).collect();
    assert_eq!(seeds, [9_007_199_254_740_992, 9_007_199_254_740_993]);
}

#[test]
fn methods_and_lists_multiply_with_axes() {
    let methods = "[[method]]\nname = \"plain\"\n[[method]]\nname = \"cut off\"\nset = { \"train.aggregator\" = { kind = \"winsorized\", count = 2 } }\n";
    let both = sweep(&format!("{methods}[sweep]\nseed = [0, 1]\n"));
    assert_eq!(both.axes, ["method", "seed"]);
    assert_eq!(names(&both), ["plain, seed 0", "plain, seed 1", "cut off, seed 0", "cut off, seed 1"]);
    let one = sweep(&format!("{methods}[sweep]\nmethod = [\"cut off\"]\nseed = [0, 1]\n"));
    assert_eq!(names(&one), ["cut off, seed 0", "cut off, seed 1"]);
    assert_eq!(one.runs[0].run.id, both.runs[2].run.id);
    // the methods alone are a sweep
    assert_eq!(names(&sweep(&format!("{methods}[sweep]\n"))), ["plain", "cut off"]);

    let list = sweep(
        "[sweep]\nseed = [0, 1]\n[[sweep.run]]\nname = \"narrow\"\n\"model.widths\" = [2]\ntrain.batch_size = 5\n[[sweep.run]]\n\
         train.aggregator = { kind = \"winsorized\", count = 1 }\n",
    );
    assert_eq!(list.axes, ["run", "model.widths", "train.batch_size", "train.aggregator", "seed"]);
    assert_eq!(
        names(&list),
        [
            "narrow, seed 0",
            "narrow, seed 1",
            "aggregator winsorized count 1, seed 0",
            "aggregator winsorized count 1, seed 1"
        ]
    );
    assert_eq!(list.runs[1].labels, ["narrow", "2", "5", "", "1"]);
    assert_eq!(list.runs[3].values, ["", "", "", "{ count = 1, kind = \"winsorized\" }", "1"]);
}

#[test]
fn runs_that_would_replace_each_other_are_refused() {
    // The names of directories are cut before these differ.
    let method = |last: &str| format!("[[method]]\nname = \"{}{last}\"\n", "n".repeat(120));
    let error = sweep_of(&format!("{}{}[sweep]\n", method("a"), method("b")), &[]).unwrap_err().to_string();
    assert!(error.contains("a`) and 1 (`") && error.contains("would have the same directory, `nnn"), "{error}");
}

#[test]
fn many_values_are_read_in_little_time() {
    let seeds: Vec<String> = (0..100_001).map(|seed| seed.to_string()).collect();
    let error = sweep_of(&format!("[sweep]\nseed = [{}]\n", seeds.join(", ")), &[]).unwrap_err().to_string();
    assert!(error.starts_with("the sweep has 100001 runs, and at most 100000"), "{error}");
}

#[test]
fn elements_of_lists_are_axes_too() {
    let text = "penalty = [{ kind = \"weight\", weight = 1.0 }]\n[sweep]\n\"train.penalty.0.weight\" = [0.5, 2]\n";
    let weights: Vec<f64> =
        sweep(text).runs.iter().map(|member| member.run.method.settings.train.penalties[0].weight).collect();
    assert_eq!(weights, [0.5, 2.0]);
}

#[test]
fn draws_follow_from_their_seed_and_multiply_with_axes() {
    let text = |draws: usize, seed: u64, more: &str| {
        format!(
            "[sweep]\ndraws = {draws}\ndraw_seed = {seed}\nseed = [0, 1]\n\
             \"train.learning_rate\" = {{ log_uniform = [1e-3, 1] }}\n\
             \"train.batch_size\" = {{ uniform = [5, 20], whole = true }}\n{more}"
        )
    };
    let rates = |sweep: &Sweep| sweep.runs.iter().map(|member| member.values[0].clone()).collect::<Vec<_>>();
    let few = sweep(&text(4, 7, ""));
    assert_eq!(few.runs.len(), 8);
    assert_eq!(few.axes, ["train.learning_rate", "train.batch_size", "seed"]);
    assert_eq!((&few.runs[0].values[..2], &few.runs[0].values[2]), (&few.runs[1].values[..2], &"0".to_owned()));
    assert_eq!(rates(&sweep(&text(4, 7, ""))), rates(&few));
    assert_eq!(rates(&sweep(&text(6, 7, "")))[..8], rates(&few), "more draws leave the first as they are");
    let further = sweep(&text(4, 7, "\"train.momentum\" = { choice = [0.0, 0.9] }"));
    assert_eq!(rates(&further), rates(&few), "another drawn setting changes no other");
    assert_ne!(rates(&sweep(&text(4, 8, ""))), rates(&few));
    for member in &few.runs {
        // what is written reads back as the same number, to the last bit
        let exact: f64 = member.values[0].parse().unwrap();
        assert_eq!(member.run.method.settings.train.learning_rate, exact.into());
        let size: usize = member.values[1].parse().unwrap();
        assert!((5..=20).contains(&size));
    }
    // Four combinations exist, and drawing them all finds them all.
    let all = sweep("[sweep]\ndraws = 4\nseed = { choice = [1, 2] }\ndata_seed = { choice = [1, 2] }\n");
    assert_eq!(names(&all).into_iter().collect::<HashSet<_>>().len(), 4);
}

#[test]
fn the_command_line_reaches_the_sweep() {
    let text = "[sweep]\nseed = [1, 2]\n\"train.learning_rate\" = [0.1, 0.2]\n";
    let fewer = sweep_of(text, &[("sweep.seed", "[9]"), ("sweep.train.learning_rate", "[0.5]"), ("train.steps", "3")]);
    let fewer = fewer.unwrap();
    assert_eq!(names(&fewer), ["seed 9, learning_rate 0.5"]);
    assert_eq!(fewer.runs[0].run.method.settings.train.steps, Some(3));
    assert_eq!(names(&sweep_of("", &[("sweep.seed", "[4, 5]")]).unwrap()), ["seed 4", "seed 5"]);
}

/// A sweep, what overrides it, and what is said of it.
type Mistake<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);

#[test]
fn every_mistake_is_told_with_its_place() {
    let method = "[[method]]\nname = \"plain\"\n";
    let cases: &[Mistake] = &[
        (
            "",
            &[],
            "`c` has no [sweep]\nadd one, such as [sweep] and below it \"train.learning_rate\" = [0.1, 0.01]\n\
             or give an axis on the command line: --set 'sweep.train.learning_rate=[0.1, 0.01]'",
        ),
        (
            "[sweep]",
            &[],
            "the sweep is empty: it has no axes (c.toml, line 7)\n\
             add a setting with a list of values, such as \"train.learning_rate\" = [0.1, 0.01]",
        ),
        (
            "[sweep]\nseed = []",
            &[],
            "the axis `seed` has no values (c.toml, line 8)\nwithout any, the sweep has no runs: list some, or leave the axis out",
        ),
        (
            "[sweep]\nseed = 3",
            &[],
            "`seed` in [sweep]: expected a list of values, found 3 (c.toml, line 8)\nwhat all runs share is set outside of [sweep]",
        ),
        (
            "[sweep]\nseed = [1, 2, 1]",
            &[],
            "the axis `seed` has the value 1 twice (c.toml, line 8)\neach run is carried out once: list each value once",
        ),
        (
            "[sweep]\ntrain.learning_rate = [1, 1.0]",
            &[],
            "the axis `train.learning_rate` has the value 1.0 twice (c.toml, line 8)\n\
             each run is carried out once: list each value once",
        ),
        (
            "[sweep]\n\"train.learning_rat\" = [1]",
            &[],
            "unknown key `learning_rat` in [train] (c.toml, line 8)\ndid you mean `learning_rate`?",
        ),
        ("[sweep]\nsed = [1]", &[], "unknown key `sed` in the top level (c.toml, line 8)\ndid you mean `seed`?"),
        ("[sweep]\nseed = [1]\ndraw = 3", &[], "unknown key `draw` in [sweep] (c.toml, line 9)\ndid you mean `draws`?"),
        (
            "[sweep]\n\"train.batch_size\" = [10, \"ful\"]",
            &[],
            "`train.batch_size`: expected a number of examples of at least 1, or \"full\", found the text \"ful\" (c.toml, line 8)",
        ),
        (
            "[sweep]\nseed = { uniform = [0, 1] }",
            &[],
            "`seed` is drawn at random, but not how often (c.toml, line 8)\n\
             say how many combinations to draw: draws = 20 in [sweep]",
        ),
        (
            "[sweep]\nseed = [1]\ndraws = 3",
            &[],
            "`draws` in [sweep] is given, but nothing is drawn (c.toml, line 9)\n\
             for example \"train.learning_rate\" = { log_uniform = [1e-3, 1.0] }",
        ),
        (
            "[sweep]\nseed = { choice = [1, 2] }\ndraws = 3",
            &[],
            "`draws` in [sweep] asks for 3 combinations, and there seem to be only 2 (c.toml, line 9)\n\
             ask for fewer, or list the values, which tries each once",
        ),
        (
            "[sweep]\nseed = { choice = [1, 2] }\ndraws = 0",
            &[],
            "the sweep is empty: it draws 0 combinations (c.toml, line 9)",
        ),
        (
            "[sweep]\nseed = { choice = [1, 2] }\ndraws = -1",
            &[],
            "`draws` in [sweep]: expected a whole number without a sign, found -1 (c.toml, line 9)",
        ),
        (
            "[sweep]\nseed = [1]\nmethod = [\"plain\"]",
            &[],
            "`method` in [sweep]: the file lists no [[method]] (c.toml, line 9)",
        ),
        (
            "[[method]]\nname = \"plain\"\n[sweep]\nmethod = [\"plan\"]",
            &[],
            "no method is called `plan` (c.toml, line 10)\ndid you mean `plain`?",
        ),
        (
            "[sweep]\nrun = 3",
            &[],
            "`run` in [sweep]: expected a list of tables, found 3 (c.toml, line 8)\n\
             write [[sweep.run]] with two pairs of brackets, and below it settings by dotted path",
        ),
        ("[sweep]\nrun = []", &[], "the list `run` in [sweep] has no runs (c.toml, line 8)"),
        (
            "[sweep]\nseed = [1]\n[[sweep.run]]\nseed = 3",
            &[],
            "`seed` and `seed` in [sweep] set the same (c.toml, line 8)\n\
             let one of them set all of it, with tables as values, or list the combinations as [[sweep.run]]",
        ),
        (
            "[sweep]\n\"train.aggregator\" = [{ kind = \"mean\" }]\n\"train.aggregator.count\" = [1]",
            &[],
            "`train.aggregator.count` and `train.aggregator` in [sweep] set the same (c.toml, line 9)\n\
             let one of them set all of it, with tables as values, or list the combinations as [[sweep.run]]",
        ),
        (
            "[sweep]\nseed = [1]",
            &[("seed", "4")],
            "`seed` is swept (c.toml, line 8) and given by --set seed=4\n\
             leave one of them out, or change the values by --set 'sweep.seed=[...]'",
        ),
        (
            "[[sweep.run]]\nseed = 0\n[[sweep.run]]\n\"train.momentum\" = 0.0",
            &[],
            "the runs 0 (`seed 0`) and 1 (`momentum 0`) are the same\n\
             each run is carried out once: leave out one of the values that mean the same",
        ),
        (
            "[sweep]\nseed = { uniform = [0, 1000000], whole = true }\ndraws = 1000000",
            &[],
            "the sweep has 100001 runs, and at most 100000 are carried out (c.toml, line 7)\ndraw some of them at random, with `draws`",
        ),
    ];
    for (text, overrides, expected) in cases {
        let error = match sweep_of(text, overrides).unwrap_err() {
            SweepError::Run(RunError::Settings(error)) => error,
            other => panic!("{text}: {other}"),
        };
        let told = std::iter::once(error.message).chain(error.hints).collect::<Vec<_>>().join("\n");
        assert_eq!(told, *expected, "\n{text}");
    }
    assert!(sweep_of(&format!("{method}[sweep]"), &[]).is_ok());
}
