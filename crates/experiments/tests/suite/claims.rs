//! Claims on records made by hand.

use super::{SMALL, parse};
use consilience_experiments::results::{Point, RunRecord, Verdict};
use consilience_experiments::{Experiment, Grid, Results, Scale, judge};

/// The experiment with one claim, and its verdict where the final test accuracies are `values`: by cell and replicate.
fn verdict(check: &str, values: [&[f64]; 4]) -> (Verdict, String) {
    let text = SMALL.replace("check = { kind = \"within\", measure = \"test\", from = 0.0, to = 1.0 }", check);
    let (experiment, grid, results) = made(&text, values);
    let judged = judge(&experiment, &grid, &results).remove(0);
    (judged.verdict, judged.summary())
}

fn made(text: &str, values: [&[f64]; 4]) -> (Experiment, Grid, Results) {
    let experiment = parse(text);
    let grid = Grid::new(&experiment, Scale::Smoke).unwrap();
    let run = |value: f64| {
        let points = vec![Point { step: 0, value: 0.0 }, Point { step: 4, value }];
        // The loss at step 2 is the accuracy squared.
        let loss = vec![Point { step: 2, value: value * value }];
        RunRecord::of(4.0, [("test_accuracy".to_owned(), points), ("loss".to_owned(), loss)])
    };
    let runs = values.iter().map(|cell| cell.iter().map(|value| run(*value)).collect()).collect();
    let results = Results::of(&experiment, &grid, runs);
    (experiment, grid, results)
}

/// Cells: rate 0.1 plain, rate 0.1 winsorized, rate 0.5 plain, rate 0.5 winsorized.
#[test]
fn checks_come_out_as_by_hand() {
    use Verdict::{DoesNotHold, Holds, NotTestable};
    let greater = "check = { kind = \"greater\", measure = \"test\", left = { where = { method = \"winsorized\" } }, \
                   right = { where = { method = \"plain\" } }";
    let less = "check = { kind = \"greater\", measure = \"test\", left = { where = { method = \"plain\" } }, \
                right = { where = { method = \"winsorized\" } }";
    // standard errors: 0.002 each (deviation 0.0028 over two), combined 0.0028; p < 0.001 by Welch's test
    let apart: [&[f64]; 4] = [&[0.498, 0.502], &[0.598, 0.602], &[0.398, 0.402], &[0.598, 0.602]];
    // 0.02 each, combined 0.028: 0.1 is 3.5 standard errors, but with 2 degrees of freedom p = 0.07
    let noisy: [&[f64]; 4] = [&[0.48, 0.52], &[0.58, 0.62], &[0.38, 0.42], &[0.58, 0.62]];
    // at rate 0.1 the other way, within the noise
    let mixed: [&[f64]; 4] = [&[0.48, 0.52], &[0.47, 0.51], &[0.398, 0.402], &[0.598, 0.602]];
    // no spread at all
    let exact: [&[f64]; 4] = [&[0.5, 0.5], &[0.6, 0.6], &[0.4, 0.4], &[0.6, 0.6]];
    let single: [&[f64]; 4] = [&[0.5], &[0.6], &[0.4], &[0.6]];
    let undefined: [&[f64]; 4] = [&[f64::NAN, 0.5], &[0.6, 0.6], &[f64::NAN, f64::NAN], &[0.6, 0.6]];
    let along = |kind: &str| format!("check = {{ kind = \"{kind}\", measure = \"test\", along = \"rate\"");
    for (check, values, expected) in [
        (format!("{greater} }}"), apart, Holds),
        (format!("{greater} }}"), exact, Holds),
        (format!("{greater} }}"), noisy, NotTestable),
        (format!("{greater} }}"), mixed, NotTestable),
        (format!("{less} }}"), apart, DoesNotHold),
        (format!("{less}, where = {{ rate = 0.1 }} }}"), noisy, NotTestable),
        (format!("{greater}, where = {{ rate = 0.5 }} }}"), mixed, Holds),
        (format!("{greater}, by = 0.15, where = {{ rate = 0.1 }} }}"), apart, DoesNotHold),
        (format!("{greater}, by = 0.05 }}"), noisy, NotTestable),
        (format!("{greater}, by = 0.05 }}"), single, Holds),
        (format!("{greater} }}"), single, NotTestable),
        (format!("{greater}, where = {{ rate = 0.1 }}, by = 0.05 }}"), undefined, Holds),
        (format!("{greater}, by = 0.05 }}"), undefined, NotTestable),
        (format!("{}, where = {{ method = \"plain\" }} }}", along("decreases")), apart, Holds),
        (format!("{}, where = {{ method = \"plain\" }} }}", along("increases")), apart, DoesNotHold),
        (format!("{}, where = {{ method = \"plain\" }} }}", along("decreases")), noisy, NotTestable),
        (format!("{}, where = {{ method = \"plain\" }} }}", along("increases")), noisy, NotTestable),
        // winsorized stays where it is
        (format!("{} }}", along("decreases")), apart, NotTestable),
        (format!("{}, by = 0.05, where = {{ method = \"plain\" }} }}", along("decreases")), single, Holds),
        ("check = { kind = \"within\", measure = \"test\", from = 0.35 }".to_owned(), apart, Holds),
        ("check = { kind = \"within\", measure = \"test\", of = 0.5, tolerance = 0.05 }".to_owned(), apart, DoesNotHold),
        // 0.4 is below by 0.01, five standard errors, or half of one: with a single degree of freedom p = 0.13; below by 0.05, 0.03
        ("check = { kind = \"within\", measure = \"test\", from = 0.45 }".to_owned(), apart, DoesNotHold),
        ("check = { kind = \"within\", measure = \"test\", from = 0.41 }".to_owned(), apart, NotTestable),
        ("check = { kind = \"within\", measure = \"test\", from = 0.41 }".to_owned(), noisy, NotTestable),
        ("check = { kind = \"within\", measure = \"test\", to = 0.59, where = { rate = 0.1 } }".to_owned(), noisy, NotTestable),
        ("check = { kind = \"within\", measure = \"test\", from = 0.41 }".to_owned(), single, DoesNotHold),
        (
            "check = { kind = \"correlates\", x = \"test\", y = \"loss_at_t\", at_least = 0.99 }".to_owned(),
            apart,
            Holds,
        ),
        (
            "check = { kind = \"correlates\", x = \"test\", y = \"loss_at_t\", at_most = 0.5 }".to_owned(),
            apart,
            DoesNotHold,
        ),
        (
            "check = { kind = \"correlates\", x = \"test\", y = \"loss_at_t\", at_least = 0.5, where = { rate = 0.1 } }"
                .to_owned(),
            apart,
            NotTestable,
        ),
    ] {
        let (found, evidence) = verdict(&check, values);
        assert_eq!(found, expected, "{check}: {evidence}");
    }
}

#[test]
fn evidence_has_the_numbers() {
    let check = "check = { kind = \"greater\", measure = \"test\", left = { where = { method = \"winsorized\" } }, \
                 right = { where = { method = \"plain\" } }, where = { rate = 0.1 } }";
    let (_, evidence) = verdict(check, [&[0.48, 0.52], &[0.58, 0.62], &[0.4, 0.4], &[0.6, 0.6]]);
    // t = 0.1 / 0.02828 = 3.536 with 2 degrees of freedom: p = 1 - t / sqrt(t^2 + 2) = 0.0715
    assert_eq!(
        evidence,
        "0.1, winsorized: 60.00 % against 0.1, plain: 50.00 % (difference 10.000 %, standard error 2.828 %, p = 0.072): \
         within the noise"
    );
}

#[test]
fn a_trend_may_turn_within_the_noise_and_no_further() {
    let text = SMALL
        .replace("values = [0.1, 0.5]", "values = [0.1, 0.2, 0.3, 0.5]")
        .replace("rate = [0.25], ", "")
        .replace("    { label = \"plain\" },\n", "")
        .replace(
            "check = { kind = \"within\", measure = \"test\", from = 0.0, to = 1.0 }",
            "check = { kind = \"increases\", measure = \"test\", along = \"rate\" }",
        );
    let verdict = |values: [&[f64]; 4]| {
        let (experiment, grid, results) = made(&text, values);
        judge(&experiment, &grid, &results)[0].verdict
    };
    // the third falls by 0.02, of which the standard error is 0.028 or 0.0028 (p = 0.02)
    assert_eq!(verdict([&[0.1, 0.101], &[0.48, 0.52], &[0.46, 0.50], &[0.7, 0.701]]), Verdict::Holds);
    assert_eq!(verdict([&[0.1, 0.101], &[0.498, 0.502], &[0.478, 0.482], &[0.7, 0.701]]), Verdict::DoesNotHold);
}

#[test]
fn quotients_of_sums_are_tested_by_the_jackknife() {
    let text = SMALL
        .replace(
            "[[table]]",
            "[[measure]]\nname = \"sums\"\nexpression = \"loss_at_t / test\"\nover = \"replicates\"\n[[table]]",
        )
        .replace(
            "check = { kind = \"within\", measure = \"test\", from = 0.0, to = 1.0 }",
            "check = { kind = \"greater\", measure = \"sums\", left = { where = { method = \"winsorized\" } }, \
             right = { where = { method = \"plain\" } }, where = { rate = 0.1 } }",
        );
    let judged = |values: [&[f64]; 4]| {
        let (experiment, grid, results) = made(&text, values);
        judge(&experiment, &grid, &results).remove(0)
    };
    // sums of squares over sums; without either replicate the other's own value, so that errors are half the distances: 0.5
    // against 0.6 with 0.001 each, and 0.5008 against 0.6007 with 0.02 each
    assert_eq!(judged([&[0.499, 0.501], &[0.599, 0.601], &[0.4], &[0.6]]).verdict, Verdict::Holds);
    let noisy = judged([&[0.48, 0.52], &[0.58, 0.62], &[0.4], &[0.6]]);
    assert_eq!(noisy.verdict, Verdict::NotTestable);
    assert!(noisy.summary().ends_with("standard error 0.02828, p = 0.072): within the noise"), "{}", noisy.summary());
}

#[test]
fn a_claim_that_is_not_for_this_scale_is_not_tested() {
    let experiment = parse(SMALL);
    let grid = Grid::new(&experiment, Scale::Paper).unwrap();
    let results = Results::of(&experiment, &grid, vec![Vec::new(); 4]);
    let judged = judge(&experiment, &grid, &results).remove(0);
    assert_eq!((judged.verdict, judged.summary().as_str()), (Verdict::NotTestable, "it needs scale smoke"));
}

#[test]
fn a_measure_of_another_cell_is_that_of_the_same_replicate() {
    let text = SMALL.replace(
        "[[table]]",
        "[[measure]]\nname = \"plain\"\nmeasure = \"test\"\nwhere = { method = \"plain\" }\n[[measure]]\n\
         name = \"gain\"\nexpression = \"test - plain\"\n[[table]]",
    );
    let (_, _, results) = made(&text, [&[0.25, 0.5], &[0.5, 1.0], &[0.125], &[0.5, 0.5]]);
    let plain = |cell: usize| results.get("plain", cell).unwrap();
    assert_eq!((plain(0).mean, plain(1).mean, plain(2).mean), (0.375, 0.375, 0.125));
    let gain = |cell: usize| results.get("gain", cell).unwrap();
    // 0.25 and 0.5, of which the deviation is 0.25 / sqrt(2); at the other rate the second replicate has no counterpart
    assert_eq!((gain(0).mean, gain(0).deviation), (0.0, Some(0.0)));
    assert_eq!((gain(1).mean, gain(1).count), (0.375, 2));
    assert!((gain(1).deviation.unwrap() - 0.25 / 2.0_f64.sqrt()).abs() < 1e-15);
    assert_eq!((gain(3).mean, gain(3).count), (0.375, 1));
}

#[test]
fn expressions_over_replicates_are_of_sums() {
    let text = SMALL.replace(
        "[[table]]",
        "[[measure]]\nname = \"single\"\nexpression = \"loss_at_t / test\"\n[[measure]]\nname = \"sums\"\n\
         expression = \"rate + loss_at_t / test\"\nover = \"replicates\"\n[[table]]",
    );
    let (_, _, results) = made(&text, [&[0.2, 0.6], &[0.5, 0.5], &[0.5], &[f64::NAN, 0.5]]);
    // single: the mean of 0.2 and 0.6; sums: (0.04 + 0.36) / (0.2 + 0.6), and the rate is 0.1
    assert!((results.get("single", 0).unwrap().mean - 0.4).abs() < 1e-15);
    let sums = results.get("sums", 0).unwrap();
    assert!((sums.mean - 0.6).abs() < 1e-15);
    // without either replicate: 0.7 and 0.3, so the jackknife gives 0.2
    assert!((sums.error.unwrap() - 0.2).abs() < 1e-15);
    assert_eq!((sums.deviation, sums.count), (None, 2));
    assert_eq!(results.get("sums", 2).unwrap().error, None, "one replicate has no error");
    assert_eq!(results.get("sums", 3), None, "undefined in one replicate");
    assert_eq!(results.get("single", 3).unwrap().count, 1);
}
