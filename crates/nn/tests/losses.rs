//! Losses: numbers by hand, gradients against finite differences, and what they refuse.

#![allow(clippy::unwrap_used)]

use consilience_nn::losses::{Loss, Reduction, TargetError, Targets, correct, predictions};
use consilience_tensor::{Cpu, Dual, Shape, Tensor};

const OUTPUTS: [f64; 6] = [1.0, 2.0, 0.3, -0.7, 0.1, 4.0];

fn outputs(values: &[f64]) -> Cpu<f64> {
    Cpu::from_vec(Shape::matrix(values.len() / 3, 3), values.to_vec())
}

fn all() -> Vec<(Loss, Targets)> {
    let soft = Targets::Soft(vec![0.2, 0.5, 0.3, 0.0, 1.0, 0.0], 3);
    vec![
        (Loss::SoftmaxCrossEntropy, Targets::Classes(vec![0, 2])),
        (Loss::SoftmaxCrossEntropy, soft.clone()),
        (Loss::MeanSquaredError, Targets::Classes(vec![0, 2])),
        (Loss::MeanSquaredError, soft),
        (Loss::MeanSquaredError, Targets::Values(vec![0.1, -2.0, 3.0, 7.0, 0.0, 1.0], 3)),
        (Loss::MeanSquaredError, Targets::Masked(vec![0.1, f32::NAN, 3.0, f32::NAN, 0.0, 1.0], 3)),
        (Loss::Hinge, Targets::Classes(vec![0, 2])),
    ]
}

fn near(got: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(got.len(), expected.len());
    for (got, expected) in got.iter().zip(expected) {
        assert!((got - expected).abs() <= tolerance * (1.0 + expected.abs()), "{got} {expected}");
    }
}

#[test]
fn values_by_hand() {
    let two = Cpu::from_vec(Shape::matrix(1, 2), vec![0.0, 3_f64.ln()]);
    // softmax is (1/4, 3/4)
    let cross_entropy = |targets: &Targets| Loss::SoftmaxCrossEntropy.per_example(&two, targets).unwrap();
    near(&cross_entropy(&Targets::Classes(vec![0])), &[4_f64.ln()], 1e-15);
    let soft = Targets::Soft(vec![0.5, 0.5], 2);
    near(&cross_entropy(&soft), &[0.5 * 4_f64.ln() + 0.5 * (4.0 / 3.0_f64).ln()], 1e-15);
    let squares = Loss::MeanSquaredError.per_example(&outputs(&OUTPUTS), &Targets::Values(vec![0.0; 6], 3)).unwrap();
    near(&squares, &[(1.0 + 4.0 + 0.09) / 3.0, (0.49 + 0.01 + 16.0) / 3.0], 1e-15);
    let hinge = Loss::Hinge.per_example(&outputs(&OUTPUTS), &Targets::Classes(vec![0, 2])).unwrap();
    // margins 1 - 1 + 2 and 1 - 1 + 0.3; both other classes lie more than 1 below
    near(&hinge, &[2.3 / 3.0, 0.0], 1e-15);
}

#[test]
fn extreme_outputs_stay_finite() {
    let extreme = outputs(&[1e4, -1e4, 0.0]);
    let loss = |class| Loss::SoftmaxCrossEntropy.per_example(&extreme, &Targets::Classes(vec![class])).unwrap()[0];
    assert_eq!(loss(0), 0.0);
    assert_eq!(loss(1), 2e4);
    // a confident right answer keeps its digits: log(1 + 2 exp(-30)) is 2 exp(-30) to 14 digits
    let confident = outputs(&[30.0, 0.0, 0.0]);
    let loss = Loss::SoftmaxCrossEntropy.per_example(&confident, &Targets::Classes(vec![0])).unwrap()[0];
    assert!((loss - 2.0 * (-30_f64).exp()).abs() < 1e-15, "{loss}");
    let broken = outputs(&[f64::NAN, 0.0, 0.0]);
    for (loss, targets) in all() {
        let targets = targets.select(&[0]).unwrap();
        assert!(loss.per_example(&broken, &targets).unwrap()[0].is_nan(), "{loss:?}");
    }
}

#[test]
fn signals_are_finite_differences_of_losses() {
    let step = 1e-5;
    for (loss, targets) in all() {
        let signal = loss.signal(&outputs(&OUTPUTS), &targets).unwrap();
        assert_eq!(signal.shape(), Shape::matrix(2, 3));
        let expected: Vec<f64> = (0..6)
            .map(|element| {
                let at = |step: f64| {
                    let mut values = OUTPUTS;
                    values[element] += step;
                    loss.per_example(&outputs(&values), &targets).unwrap().iter().sum::<f64>()
                };
                (at(step) - at(-step)) / (2.0 * step)
            })
            .collect();
        near(&signal.values(), &expected, 1e-9);
    }
}

#[test]
fn tangents_are_finite_differences_of_signals() {
    let along = [0.3, -1.0, 0.7, 2.0, 0.1, -0.4];
    let step = 1e-5;
    for (loss, targets) in all() {
        let dual = Dual::new(outputs(&OUTPUTS), outputs(&along));
        let tangent = loss.signal(&dual, &targets).unwrap();
        let tangent = tangent.tangent().map_or(vec![0.0; 6], |t| t.values().to_vec());
        let at = |step: f64| {
            let values: Vec<f64> = OUTPUTS.iter().zip(along).map(|(z, v)| z + step * v).collect();
            loss.signal(&outputs(&values), &targets).unwrap().values().to_vec()
        };
        let (plus, minus) = (at(step), at(-step));
        let expected: Vec<f64> = plus.iter().zip(minus).map(|(p, m)| (p - m) / (2.0 * step)).collect();
        near(&tangent, &expected, 1e-9);
    }
}

#[test]
fn the_hinge_is_flat_at_its_kink() {
    let kink = outputs(&[1.0, 0.0, -1.0]);
    let signal = Loss::Hinge.signal(&kink, &Targets::Classes(vec![0])).unwrap();
    assert_eq!(signal.values().to_vec(), [0.0, 0.0, 0.0]);
}

#[test]
fn wrong_targets_are_refused() {
    let batch = outputs(&OUTPUTS);
    let refuse = |loss: Loss, targets: Targets| {
        let error = loss.signal(&batch, &targets).unwrap_err();
        assert_eq!(loss.per_example(&batch, &targets).unwrap_err().to_string(), error.to_string());
        error
    };
    let cross_entropy = Loss::SoftmaxCrossEntropy;
    assert_eq!(
        refuse(cross_entropy, Targets::Classes(vec![0, 3])),
        TargetError::Class { example: 1, classes: 3, class: 3 }
    );
    assert_eq!(refuse(cross_entropy, Targets::Classes(vec![0])), TargetError::Count { expected: 2, got: 1 });
    assert_eq!(refuse(cross_entropy, Targets::Soft(vec![0.5; 4], 2)), TargetError::Width { expected: 3, got: 2 });
    assert_eq!(refuse(cross_entropy, Targets::Soft(vec![1.0; 5], 3)), TargetError::Count { expected: 2, got: 1 });
    let distribution = refuse(cross_entropy, Targets::Soft(vec![0.0, 1.0, 0.0, 1.5, -0.5, 0.0], 3));
    assert_eq!(distribution, TargetError::Distribution { example: 1, sum: 1.0, minimum: -0.5 });
    let not_finite = refuse(Loss::MeanSquaredError, Targets::Values(vec![0.0, 0.0, 0.0, 0.0, f32::NAN, 0.0], 3));
    assert!(matches!(not_finite, TargetError::NotFinite { example: 1, output: 1, .. }));
    assert!(matches!(refuse(cross_entropy, Targets::Values(vec![0.0; 6], 3)), TargetError::Kind { .. }));
    assert!(matches!(refuse(Loss::Hinge, Targets::Soft(vec![0.0; 6], 3)), TargetError::Kind { .. }));
}

#[test]
fn unknown_targets_add_neither_loss_nor_gradient() {
    let unknown = f32::NAN;
    let batch = Cpu::<f64>::from_vec(Shape::matrix(2, 2), vec![1.0, 2.0, 4.0, -1.0]);
    let targets = Targets::Masked(vec![0.5, unknown, unknown, unknown], 2);
    assert_eq!(Loss::MeanSquaredError.per_example(&batch, &targets).unwrap(), [0.125, 0.0]);
    assert_eq!(Loss::MeanSquaredError.signal(&batch, &targets).unwrap().values().to_vec(), [0.5, 0.0, 0.0, 0.0]);
    // known ones are as they would be without a mask
    let known = vec![0.5, 1.0, 3.0, -4.0];
    let plain = Loss::MeanSquaredError.signal(&batch, &Targets::Values(known.clone(), 2)).unwrap();
    let masked = Loss::MeanSquaredError.signal(&batch, &Targets::Masked(known, 2)).unwrap();
    assert_eq!(masked.values().to_vec(), plain.values().to_vec());
    assert_eq!(targets.select(&[1]).map(|targets| targets.len()), Some(1));
    for loss in [Loss::SoftmaxCrossEntropy, Loss::Hinge] {
        assert!(matches!(loss.signal(&batch, &targets), Err(TargetError::Kind { .. })));
    }
    let infinite = Targets::Masked(vec![0.0, 0.0, f32::INFINITY, unknown], 2);
    let error = Loss::MeanSquaredError.signal(&batch, &infinite).unwrap_err();
    assert!(matches!(error, TargetError::NotFinite { example: 1, output: 0, .. }));
}

#[test]
fn predictions_reductions_and_selections() {
    assert_eq!(predictions(&outputs(&OUTPUTS)), [1, 2]);
    assert_eq!(predictions(&outputs(&[2.0, 2.0, 1.0])), [0]);
    assert_eq!(correct(&outputs(&OUTPUTS), &[1, 0]), [true, false]);
    assert_eq!(correct(&outputs(&[f64::NAN, 0.0, 0.0]), &[0]), [false]);
    assert_eq!(Reduction::Mean.weight(4), 0.25);
    assert_eq!(Reduction::Sum.weight(4), 1.0);
    let soft = Targets::Soft(vec![0.2, 0.8, 0.5, 0.5], 2);
    assert_eq!(soft.classes(), Some(vec![1, 0]));
    assert_eq!(soft.select(&[1, 1]), Some(Targets::Soft(vec![0.5; 4], 2)));
    assert_eq!(soft.select(&[2]), None);
    assert_eq!(Targets::Classes(vec![4, 5]).select(&[1]), Some(Targets::Classes(vec![5])));
}
