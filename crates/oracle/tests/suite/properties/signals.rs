//! What is drawn at random and back-propagated.

use consilience_gradients::signal::{random_signs, random_unit, sampled_labels};
use consilience_tensor::{Cpu, Shape};

#[test]
fn labels_are_sampled_as_often_as_they_are_predicted() {
    let logits = [0.3, -1.2, 2.0, 0.0, -30.0];
    let total: f64 = logits.iter().map(|z: &f64| z.exp()).sum();
    let draws = 40_000;
    for seed in [0, 1] {
        let outputs = Cpu::<f64>::new(Shape::matrix(draws, 5), logits.repeat(draws));
        let labels = sampled_labels(&outputs, seed);
        assert_eq!(labels.len(), draws);
        assert_eq!(labels, sampled_labels(&outputs, seed), "one seed draws one sequence");
        for (class, logit) in logits.iter().enumerate() {
            let probability = logit.exp() / total;
            let count = labels.iter().filter(|&&label| label as usize == class).count() as f64;
            let deviation = (draws as f64 * probability * (1.0 - probability)).sqrt();
            let off = (count - draws as f64 * probability).abs();
            assert!(off <= 4.5 * deviation + 1e-6, "class {class}: {count} of {draws}, probability {probability}");
        }
    }
    let certain = Cpu::<f32>::new(Shape::matrix(100, 3), [f32::NEG_INFINITY, 4.0, f32::NEG_INFINITY].repeat(100));
    assert_eq!(sampled_labels(&certain, 3), vec![1; 100]);
}

#[test]
fn units_have_length_one_and_no_preferred_direction() {
    let (examples, classes) = (4000, 3);
    let units = random_unit::<Cpu<f64>>(examples, classes, 1, 5);
    let mut second = [[0.0; 3]; 3];
    let mut first = [0.0; 3];
    for unit in units.as_slice().chunks_exact(classes) {
        let length: f64 = unit.iter().map(|x| x * x).sum();
        assert!((length - 1.0).abs() <= 1e-14);
        for i in 0..3 {
            first[i] += unit[i] / examples as f64;
            for j in 0..3 {
                second[i][j] += unit[i] * unit[j] / examples as f64;
            }
        }
    }
    // entries of a unit vector have variance 1/3, their products a variance below 1/9 + 1/9
    let bound = 4.5 / (examples as f64).sqrt();
    for i in 0..3 {
        assert!(first[i].abs() <= bound * (1.0 / 3.0_f64).sqrt(), "{first:?}");
        for j in 0..3 {
            let expected = if i == j { 1.0 / 3.0 } else { 0.0 };
            assert!((second[i][j] - expected).abs() <= bound * (2.0 / 9.0_f64).sqrt(), "{second:?}");
        }
    }
}

#[test]
fn micro_batches_share_one_draw() {
    let (examples, classes, unit) = (10, 4, 3);
    for array in [random_signs::<Cpu<f64>>(examples, classes, unit, 2), random_unit(examples, classes, unit, 2)] {
        for example in 0..examples {
            assert_eq!(array.example(example), array.example(example / unit * unit), "example {example}");
        }
        let draws: Vec<&[f64]> = (0..examples).step_by(unit).map(|example| array.example(example)).collect();
        assert!(draws.windows(2).any(|pair| pair[0] != pair[1]), "micro-batches differ");
    }
    assert!(random_signs::<Cpu<f64>>(50, 4, 1, 2).as_slice().iter().all(|sign| sign.abs() == 1.0));
}
