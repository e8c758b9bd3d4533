//! Batch statistics: reductions over single examples are refused, whole micro-batches are exact.

use consilience_gradients::second_order::{
    Point, TotalLoss, kernel_trace_gradient, kernel_trace_gradient_estimate, log_determinant_gradient,
    sq_norms_gradient,
};
use consilience_gradients::{
    Dots, GradientError, Groups, Outputs, Request, empirical_ntk, empirical_ntk_between, kernel_trace,
    kernel_trace_estimate,
};
use consilience_oracle::{cases, differences};
use consilience_tensor::{Cpu, Tensor};

use crate::reductions::{Fast, LOSS, assert_close, flat};

#[test]
fn reductions_over_single_examples_name_the_layer_that_couples_them() {
    let nothing = Request::<f64>::default;
    let groups = |keep_sums| Some(Groups { size: 2, keep_sums, gram: false });
    for (case, layer) in cases::coupled().unwrap().iter().zip(["1", "0.main.1"]) {
        let input = case.batch(4);
        let fast = Fast::<f64>::new(case, &input);
        let refused = GradientError::Coupled { layer: layer.into(), kind: "batch_norm2d" };
        for request in [
            Request { sq_norms: true, ..nothing() },
            Request { dots: Some(Dots::Sum), ..nothing() },
            Request { dots: Some(Dots::With(case.parameters.clone())), ..nothing() },
            Request { gram: true, ..nothing() },
            Request { moments: true, ..nothing() },
            Request { signs: true, ..nothing() },
            Request { winsorized: vec![1], ..nothing() },
            Request { median: true, ..nothing() },
            Request { groups: groups(true), ..nothing() },
            Request { groups: groups(false), ..nothing() },
            Request { sum: true, moments: true, ..nothing() },
        ] {
            assert_eq!(fast.try_reduce(fast.loss_signal(), &request).unwrap_err(), refused, "{request:?}");
        }
        let whole = Request { groups: Some(Groups { size: 4, keep_sums: true, gram: true }), sum: true, ..nothing() };
        let whole = fast.reduce(fast.loss_signal(), &whole);
        let sums = whole.parameters.iter().map(|p| p.groups.as_ref().unwrap().sums[0].clone()).collect::<Vec<_>>();
        assert_eq!(flat(&sums), flat(&whole.into_sum().unwrap()), "a group that holds the whole batch is its sum");
        assert!(refused.to_string().contains(&format!("layer {layer} (batch_norm2d)")), "{refused}");

        let (network, parameters, buffers, tape) = (&case.network, &fast.parameters, &fast.buffers, &fast.tape);
        for outputs in [Outputs::Traced, Outputs::Full, Outputs::One(1), Outputs::Sum] {
            assert_eq!(empirical_ntk(tape, outputs).unwrap_err(), refused);
        }
        let between = empirical_ntk_between(tape, tape, Outputs::Traced);
        assert_eq!(between.unwrap_err(), refused);
        assert_eq!(kernel_trace(tape).unwrap_err(), refused);
        assert_eq!(kernel_trace_estimate(tape, 1).unwrap_err(), refused);
        let point = Point { network, parameters, buffers, mode: case.mode };
        let targets = case.targets(4);
        let objective = TotalLoss { loss: LOSS, targets: &targets };
        assert_eq!(kernel_trace_gradient(&point, &input).unwrap_err(), refused);
        assert_eq!(kernel_trace_gradient_estimate(&point, &input, 1).unwrap_err(), refused);
        assert_eq!(log_determinant_gradient(&point, &input, Outputs::Traced, 1.0).unwrap_err(), refused);
        assert_eq!(sq_norms_gradient(&point, &input, &objective).unwrap_err(), refused);
    }
}

/// The sum over a micro-batch that runs as a batch of its own is the gradient of its own summed loss: by the oracle's
/// loops, and by finite differences of that loss.
#[test]
fn a_micro_batch_with_its_own_statistics_is_exact() {
    for case in cases::coupled().unwrap() {
        for size in [2, 3, 7] {
            let (all, all_targets) = (case.batch(2 * size), case.targets(2 * size));
            for first in [0, size] {
                let input = all.examples(first..first + size);
                let targets = all_targets.select(&(first..first + size).collect::<Vec<_>>()).unwrap();
                let fast = Fast::<f64>::new(&case, &input);
                let signal = LOSS.signal(&fast.tape.output, &targets).unwrap();
                let sum = fast.reduce(signal, &Request { sum: true, ..Request::default() }).into_sum().unwrap();
                let sum = flat(&sum);
                let what = format!("{}, {size} examples from {first}", case.name);
                let expected = case.subject().batch_gradient(&input, LOSS, &targets).unwrap();
                assert_close(&what, &sum, &expected, 1e-12);
                let loss = |parameters: &[Cpu<f64>]| -> f64 {
                    let subject = consilience_oracle::Subject { parameters, ..case.subject() };
                    subject.batch_losses(&input, LOSS, &targets).unwrap().iter().sum()
                };
                assert_close(&what, &sum, &differences::gradient(&case.parameters, loss), 1e-9);
            }
        }
    }
}
