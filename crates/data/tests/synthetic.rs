//! The built-in sources.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use consilience_data::synthetic::{TEST_START, product::Product, strokes::Strokes, two_circles::TwoCircles};
use consilience_data::{DataSpec, Source, TargetNoise, Targets, load};

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

#[test]
fn products_are_products_with_uniform_noise() {
    let product = Product::default();
    let data = product.generate(20_000, 0, 1).unwrap();
    assert_eq!((data.shape().features(), data.outputs()), (2, 1));
    let Targets::Values { values, outputs: 1 } = data.targets() else { panic!("targets are values") };
    let noise: Vec<f64> = data
        .inputs()
        .chunks_exact(2)
        .zip(values)
        .map(|(x, &y)| f64::from(y) - f64::from(x[0]) * f64::from(x[1]))
        .collect();
    let n = noise.len() as f64;
    let moments = |values: &[f64], half: f64| {
        // Uniform in -half to half: mean 0 with variance half^2 / 3 / n; the square has mean half^2 / 3, variance 4 half^4 / 45.
        let mean = values.iter().sum::<f64>() / n;
        let square = values.iter().map(|value| value * value).sum::<f64>() / n;
        assert!(values.iter().all(|value| value.abs() <= half + 1e-7), "within {half}");
        assert!(mean.abs() < 5.0 * half * (1.0 / 3.0 / n).sqrt(), "{mean}");
        assert!((square - half * half / 3.0).abs() < 5.0 * half * half * (4.0 / 45.0 / n).sqrt(), "{square}");
    };
    moments(&noise, 0.01);
    for coordinate in 0..2 {
        let values: Vec<f64> = data.inputs().iter().skip(coordinate).step_by(2).map(|&x| f64::from(x)).collect();
        moments(&values, 1.0);
    }
    // Independent: the mean of x0 x1 vanishes, with variance 1/9 / n.
    let together = data.inputs().chunks_exact(2).map(|x| f64::from(x[0] * x[1])).sum::<f64>() / n;
    assert!(together.abs() < 5.0 * (1.0 / 9.0 / n).sqrt(), "{together}");
    let split = load(&DataSpec::new(Source::Product), None, 0).unwrap();
    assert_eq!((split.train.len(), split.test.len()), (200, 10_000));
    assert_ne!(split.train.inputs(), &split.test.inputs()[..400]);
    assert!(
        Product { noise: -1.0 }.generate(1, 0, 0).is_err() && Product { noise: f64::NAN }.generate(1, 0, 0).is_err()
    );
}

#[test]
fn target_noise_is_gaussian_and_for_training_targets() {
    let spec = DataSpec { train: Some(20_000), test: Some(100), ..DataSpec::new(Source::Product) };
    let clean = load(&spec, None, 0).unwrap();
    let noisy = |scale, seed| {
        load(&DataSpec { target_noise: Some(TargetNoise { scale }), ..spec.clone() }, None, seed).unwrap()
    };
    let split = noisy(3.0, 0);
    assert_eq!((&split.test, split.train.inputs()), (&clean.test, clean.train.inputs()));
    assert_eq!(noisy(0.0, 0), clean);
    assert_eq!(noisy(3.0, 0), split);
    let (Targets::Values { values: before, .. }, Targets::Values { values: after, .. }) =
        (clean.train.targets(), split.train.targets())
    else {
        panic!("targets are values")
    };
    let noise: Vec<f64> = before.iter().zip(after).map(|(a, b)| f64::from(b - a)).collect();
    let n = noise.len() as f64;
    let mean = noise.iter().sum::<f64>() / n;
    let variance = noise.iter().map(|value| value * value).sum::<f64>() / n;
    let fourth = noise.iter().map(|value| value.powi(4)).sum::<f64>() / n;
    // N(0, 9): the square has variance 2 * 81, the fourth power mean 3 * 81 and variance 96 * 81^2.
    assert!(mean.abs() < 5.0 * 3.0 / n.sqrt(), "{mean}");
    assert!((variance - 9.0).abs() < 5.0 * 9.0 * (2.0 / n).sqrt(), "{variance}");
    assert!((fourth - 243.0).abs() < 5.0 * 81.0 * (96.0 / n).sqrt(), "{fourth}");
    for scale in [-1.0, f64::NAN, f64::INFINITY] {
        let error = load(&DataSpec { target_noise: Some(TargetNoise { scale }), ..spec.clone() }, None, 0).unwrap_err();
        assert!(error.to_string().starts_with("`target_noise.scale` must be a number from 0 to 1000000"), "{error}");
    }
}
