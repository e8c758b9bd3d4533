use std::collections::BTreeMap;

use super::{WORKLOADS, all};
use crate::problem::Size;

type Quantities = BTreeMap<&'static str, Vec<f64>>;

/// Runs a case once on its tiny network.
fn run(workload: &str, variant: &str) -> Quantities {
    let cases = super::matching(workload, variant);
    assert_eq!(cases.len(), 1, "{workload} {variant}");
    let mut step = (cases[0].build)(Size::Small).unwrap();
    step().unwrap().flat()
}

/// f32 sums of at most some hundred terms of like size: a relative error of 1e-4 leaves room for a factor of ten.
fn assert_close(what: &str, left: &[f64], right: &[f64]) {
    assert_eq!(left.len(), right.len(), "{what}");
    let size = right.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
    assert!(size > 0.0, "{what} are zero");
    for (index, (left, right)) in left.iter().zip(right).enumerate() {
        assert!((left - right).abs() <= 1e-4 * size, "{what} {index}: {left} and {right}");
    }
}

fn trace(kernel: &[f64]) -> f64 {
    kernel.iter().step_by(kernel.len().isqrt() + 1).sum()
}

#[test]
fn every_case_gives_finite_numbers_twice() {
    for case in all() {
        let mut step = (case.build)(Size::Small).unwrap();
        for call in 0..2 {
            let output = step().unwrap();
            let name = format!("{} {} call {call}", case.workload, case.variant);
            assert!(output.bytes() > 0, "{name} returns nothing");
            for (quantity, values) in output.flat() {
                assert!(!values.is_empty() && values.iter().all(|x| x.is_finite()), "{name}: {quantity} {values:?}");
                assert!(values.iter().any(|&x| x != 0.0), "{name}: {quantity} is zero");
            }
        }
    }
}

#[test]
fn names_are_unique_and_what_is_referred_to_exists() {
    let cases = all();
    for (index, case) in cases.iter().enumerate() {
        assert!(WORKLOADS.iter().any(|(workload, _)| *workload == case.workload));
        let same = |other: &super::Case, variant: &str| other.workload == case.workload && other.variant == variant;
        assert!(!cases[..index].iter().any(|other| same(other, case.variant)), "{} {}", case.workload, case.variant);
        if let Some(plain) = case.plain {
            assert!(cases.iter().any(|other| same(other, plain)), "{} {plain}", case.workload);
        }
    }
}

#[test]
fn steps_move_the_parameters_against_the_gradient() {
    let mut step = (super::matching("W2", "plain_step")[0].build)(Size::Small).unwrap();
    let losses: Vec<f64> = (0..30).map(|_| step().unwrap().flat()["loss"][0]).collect();
    assert!(losses[29] < losses[0], "{losses:?}");
    let mut step = (super::matching("W2", "winsor_c1")[0].build)(Size::Small).unwrap();
    let winsorized: Vec<f64> = (0..30).map(|_| step().unwrap().flat()["loss"][0]).collect();
    assert!(winsorized[29] < winsorized[0], "{winsorized:?}");
    assert_eq!(losses[0], winsorized[0]);
    assert_ne!(losses[1], winsorized[1]);
}

#[test]
fn statistics_agree_with_each_other_and_with_the_plain_gradient() {
    let both = run("W3", "both");
    assert_close("means", &both["mean"], &run("W3", "plain_grad")["mean"]);
    let moments = run("W3", "moments");
    assert_close("means", &both["mean"], &moments["mean"]);
    assert_close("variances", &both["var"], &moments["var"]);
    assert_eq!(both["majority"], run("W3", "sign")["majority"]);
    assert!(both["majority"].iter().all(|share| (0.0..=1.0).contains(share)));
    let pass = run("W3", "dataset_pass");
    assert_close("means", &pass["mean"], &run("W3", "dataset_pass_plain")["mean"]);
}

#[test]
fn the_kernels_have_one_trace() {
    let expected = run("W4", "trace")["trK"][0];
    assert_close("traces", &[trace(&run("W4", "kb")["K_b"])], &[expected]);
    assert_close("traces", &[trace(&run("W4", "kfull_logdet")["K_full"])], &[expected]);
    assert_close("traces", &run("W5", "exact")["trK"], &[expected]);
}

#[test]
fn norms_and_dots_belong_to_the_mean_gradient() {
    for net in ["cnn", "resnet_gn", "resnet_bn_eval"] {
        let mean = &run("W7", &format!("{net}/plain_grad"))["mean"];
        let expected: f64 = mean.iter().map(|x| x * x).sum();
        let per_example = run("W7", &format!("{net}/dots_and_norms"));
        let (dots, norms) = (&per_example["dots"], &per_example["norms"]);
        // the mean of <G_n, mean gradient> is |mean gradient|^2
        assert_close(net, &[dots.iter().sum::<f64>() / dots.len() as f64], &[expected]);
        let length = expected.sqrt();
        assert!(dots.iter().zip(norms).all(|(dot, norm)| dot.abs() <= norm * length * (1.0 + 1e-4)), "{net}");
    }
}

#[test]
fn the_finite_difference_has_the_gradient_of_the_exact_penalty() {
    for net in ["lenet", "resnet_bn"] {
        let (exact, difference) = (run("W6", &format!("{net}/exact")), run("W6", &format!("{net}/finite_difference")));
        assert_eq!(exact["norm2"], difference["norm2"]);
        let gradient = &run("W6", &format!("{net}/plain_grad"))["mean"];
        assert_close("norms", &exact["norm2"], &[gradient.iter().map(|x| x * x).sum()]);
        // the penalties' own gradients point the same way; rounding, larger for a shorter step, and kinks, which a longer one
        // crosses, keep them from being equal
        let penalty = |of: &Quantities| -> Vec<f64> {
            of["grad_penalised"].iter().zip(gradient).map(|(sum, gradient)| sum - gradient).collect()
        };
        let (exact, difference) = (penalty(&exact), penalty(&difference));
        let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
        let cosine = dot(&exact, &difference) / (dot(&exact, &exact) * dot(&difference, &difference)).sqrt();
        assert!(cosine > 0.99, "{net}: cosine {cosine}");
    }
}
