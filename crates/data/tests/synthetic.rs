//! The built-in sources.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use consilience_data::synthetic::{TEST_START, strokes::Strokes, two_circles::TwoCircles};

#[test]
fn two_circles_have_the_radii_and_the_noise_asked_for() {
    let circles = TwoCircles::default();
    let data = circles.generate(20_000, 0, 1).unwrap();
    let labels = data.labels().unwrap();
    assert_eq!(labels.iter().filter(|&&label| label == 1).count(), 10_000);
    for (class, radius) in [(0, 1.0_f64), (1, 0.5)] {
        // For a point at radius r with Gaussian noise of deviation s on both coordinates, the mean of the squared distance
        // is r^2 + 2 s^2 and its variance is 4 r^2 s^2 + 4 s^4.
        let squared: Vec<f64> = (0..data.len())
            .filter(|&index| labels[index] == class)
            .map(|index| data.example(index).unwrap().input.iter().map(|&x| f64::from(x).powi(2)).sum())
            .collect();
        let n = squared.len() as f64;
        let mean = squared.iter().sum::<f64>() / n;
        let variance = squared.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n;
        let expected = 4.0 * radius.powi(2) * 0.01 + 4.0 * 0.0001;
        assert!((mean - radius.powi(2) - 0.02).abs() < 5.0 * (expected / n).sqrt(), "{mean}");
        // The squared distance is close to normal, whose variance estimate has relative deviation sqrt(2 / n).
        assert!((variance / expected - 1.0).abs() < 0.1, "{variance} {expected}");
    }
    // Angles are uniform: the mean of either coordinate vanishes.
    let n = data.len() as f64;
    let sum: f64 = data.inputs().iter().map(|&value| f64::from(value)).sum();
    assert!(sum.abs() < 5.0 * (n * (1.0 + 0.25 + 0.04) / 2.0).sqrt(), "{sum}");
}

#[test]
fn smaller_sets_begin_larger_ones_and_test_sets_stand_apart() {
    let strokes = Strokes::default();
    let large = strokes.generate(50, 0, 3).unwrap();
    let small = strokes.generate(20, 0, 3).unwrap();
    assert_eq!(large.inputs()[..20 * 784], *small.inputs());
    assert_eq!(large.labels().unwrap()[..20], *small.labels().unwrap());
    // Any example can be drawn on its own, so work can be cut up in any way.
    let one = strokes.generate(1, 37, 3).unwrap();
    assert_eq!(one.inputs(), large.example(37).unwrap().input);
    assert_ne!(strokes.generate(20, TEST_START, 3).unwrap().inputs(), small.inputs());
    assert_ne!(strokes.generate(20, 0, 4).unwrap().inputs(), small.inputs());
}

#[test]
fn strokes_are_ink_on_paper() {
    let data = Strokes::default().generate(2_000, 0, 0).unwrap();
    assert_eq!((data.shape().features(), data.outputs()), (784, 10));
    assert!(data.inputs().iter().all(|value| (0.0..=1.0).contains(value)));
    let mut counts = [0_u32; 10];
    for &label in data.labels().unwrap() {
        counts[label as usize] += 1;
    }
    // Five standard errors of a binomial count.
    let tolerance = 5.0 * (2_000.0 * 0.1_f64 * 0.9).sqrt();
    assert!(counts.iter().all(|&count| (f64::from(count) - 200.0).abs() < tolerance), "{counts:?}");
    for index in 0..data.len() {
        let ink = data.example(index).unwrap().input.iter().filter(|&&value| value > 0.5).count();
        assert!((10..400).contains(&ink), "example {index} has {ink} dark pixels");
    }
}

#[test]
fn without_variation_the_nearest_average_digit_is_nearly_always_right_and_with_it_is_not() {
    let accuracy = |strokes: Strokes| {
        let (train, test) = (strokes.generate(2_000, 0, 0).unwrap(), strokes.generate(500, TEST_START, 0).unwrap());
        let mut means = vec![vec![0.0_f32; 784]; 10];
        let mut counts = [0.0_f32; 10];
        for index in 0..train.len() {
            let label = train.labels().unwrap()[index] as usize;
            counts[label] += 1.0;
            means[label].iter_mut().zip(train.example(index).unwrap().input).for_each(|(sum, value)| *sum += value);
        }
        for (mean, count) in means.iter_mut().zip(counts) {
            for sum in mean {
                *sum /= count;
            }
        }
        let distance = |mean: &[f32], input: &[f32]| mean.iter().zip(input).map(|(a, b)| (a - b).powi(2)).sum::<f32>();
        let right = (0..test.len()).filter(|&index| {
            let input = test.example(index).unwrap().input;
            let nearest = (0..10).min_by(|&a, &b| distance(&means[a], input).total_cmp(&distance(&means[b], input)));
            nearest == Some(test.labels().unwrap()[index] as usize)
        });
        right.count() as f64 / test.len() as f64
    };
    let easy = accuracy(Strokes { variation: 0.0, pixel_noise: 0.0 });
    let hard = accuracy(Strokes::default());
    assert!(easy > 0.97, "{easy}");
    assert!(hard > 0.4 && hard < 0.85, "{hard}");
}

#[test]
fn extreme_settings_draw_without_failing_and_others_are_refused() {
    let wild = Strokes { variation: 3.0, pixel_noise: 1.0 }.generate(500, 0, 0).unwrap();
    assert!(wild.inputs().iter().all(|value| (0.0..=1.0).contains(value)));
    for (variation, pixel_noise) in [(-1.0, 0.0), (f64::NAN, 0.0), (1.0, 2.0), (1.0, f64::INFINITY)] {
        assert!(Strokes { variation, pixel_noise }.generate(1, 0, 0).is_err());
    }
    assert!(TwoCircles { inner_radius: 2.0, sigma: 0.1 }.generate(1, 0, 0).is_err());
    assert!(TwoCircles { inner_radius: 0.5, sigma: f64::NAN }.generate(1, 0, 0).is_err());
    assert!(Strokes::default().generate(0, 0, 0).is_err());
}
