//! Motion blur against its definition, against `ImageMagick`, and as a part of loading.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use consilience_data::corruption::motion_blur::motion_blur;
use consilience_data::{DataSpec, ExampleShape, MotionBlur, NormalisationSpec, Source, load};
use std::fs;
use std::path::{Path, PathBuf};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/motion_blur")
}

/// A plain PPM file: its shape, and its values from 0 to 1.
fn read_ppm(path: &Path) -> (ExampleShape, Vec<f32>) {
    let text = fs::read_to_string(path).unwrap();
    let mut words = text.split_ascii_whitespace();
    assert_eq!(words.next(), Some("P3"));
    let mut numbers = words.map(|word| word.parse::<usize>().unwrap());
    let (width, height, most) = (numbers.next().unwrap(), numbers.next().unwrap(), numbers.next().unwrap());
    (ExampleShape::image(height, width, 3), numbers.map(|value| value as f32 / most as f32).collect())
}

#[test]
fn images_are_those_of_imagemagick() {
    let (shape, image) = read_ppm(&fixtures().join("input.ppm"));
    let mut cases = 0;
    for entry in fs::read_dir(fixtures()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let Some((radius, rest)) = name.split_once('x') else { continue };
        let at = rest.find(['+', '-']).unwrap();
        let (sigma, angle) = rest.split_at(at);
        let [radius, sigma, angle] = [radius, sigma, angle].map(|number| number.parse::<f64>().unwrap());
        let (expected_shape, expected) = read_ppm(&path);
        assert_eq!(expected_shape, shape);
        let blurred = motion_blur(&image, shape, radius, sigma, angle);
        for (index, (found, expected)) in blurred.iter().zip(&expected).enumerate() {
            // ImageMagick rounds to 16 bits: half a unit, and the rounding of f32 here and there.
            assert!((found - expected).abs() < 0.5 / 65535.0 + 2e-7, "{name} at {index}: {found}, not {expected}");
        }
        cases += 1;
    }
    assert_eq!(cases, 7);
}

#[test]
fn by_hand() {
    // Down the columns: the tail of a point lies above it, since every pixel looks ahead.
    let mut image = [0.0; 15];
    image[3 * 3 + 1] = 1.0;
    let blurred = motion_blur(&image, ExampleShape::image(5, 3, 1), 1.0, 1.0, 90.0);
    let total = 1.0 + (-0.5_f64).exp() + (-2.0_f64).exp();
    let mut expected = [0.0_f32; 15];
    for (row, weight) in [(3, 1.0), (2, (-0.5_f64).exp()), (1, (-2.0_f64).exp())] {
        expected[row * 3 + 1] = (weight / total) as f32;
    }
    assert_eq!(blurred, expected);
    // What is even stays even, borders included, up to the rounding of one number.
    let even = motion_blur(&[0.3; 12], ExampleShape::image(2, 2, 3), 10.0, 3.0, -20.0);
    assert!(even.iter().all(|value| (value - 0.3).abs() < 1e-7), "{even:?}");
    let white = motion_blur(&[1.0; 4], ExampleShape::image(2, 2, 1), 20.0, 15.0, 45.0);
    assert!(white.iter().all(|&value| value <= 1.0 && value > 1.0 - 1e-6));
}

#[test]
fn severities_are_those_of_mnist_c() {
    let strength = |text: &str| toml::from_str::<MotionBlur>(text).unwrap().strength();
    let expected = [(10.0, 3.0), (15.0, 5.0), (15.0, 8.0), (15.0, 12.0), (20.0, 15.0)];
    for (severity, expected) in (1..).zip(expected) {
        assert_eq!(strength(&format!("severity = {severity}")).unwrap(), expected);
    }
    assert_eq!(strength("").unwrap(), (10.0, 3.0));
    assert_eq!(strength("radius = 4\nsigma = 1.5").unwrap(), (4.0, 1.5));
    for (text, message) in [
        ("severity = 0", "`motion_blur.severity` must be from 1 to 5, found 0"),
        ("severity = 6", "`motion_blur.severity` must be from 1 to 5, found 6"),
        ("radius = 3", "`motion_blur` must be given both a radius and a sigma, or neither, found one of them"),
        ("severity = 1\nsigma = 3", "`motion_blur` must be given either a severity or a radius and a sigma, found a"),
        ("radius = 3\nsigma = 0", "`motion_blur.sigma` must be a number above 0 and at most 1000, found 0"),
        ("radius = 1e9\nsigma = 1", "`motion_blur.radius` must be a number above 0 and at most 1000, found 1000000000"),
        ("radius = nan\nsigma = 1", "`motion_blur.radius` must be a number above 0 and at most 1000, found NaN"),
    ] {
        let error = strength(text).unwrap_err().to_string();
        assert!(error.starts_with(message), "{error}");
    }
}

#[test]
fn training_images_are_blurred_at_angles_of_their_own_and_test_images_on_demand() {
    let spec =
        |blur| DataSpec { train: Some(300), test: Some(50), motion_blur: blur, ..DataSpec::new(Source::Strokes) };
    let clean = load(&spec(None), None, 5).unwrap();
    let blur = MotionBlur { severity: Some(1), ..MotionBlur::default() };
    let split = load(&spec(Some(blur)), None, 5).unwrap();
    assert_eq!(split.test, clean.test);
    assert_eq!(split.train.labels(), clean.train.labels());
    assert_eq!(split, load(&spec(Some(blur)), None, 5).unwrap());
    // Every image is the clean one blurred at some angle in the range: the nearest of 181 tried is near.
    let shape = clean.train.shape();
    let mut angles = Vec::new();
    for index in 0..20 {
        let (before, after) = (clean.train.example(index).unwrap().input, split.train.example(index).unwrap().input);
        let distance = |angle: f64| {
            let tried = motion_blur(before, shape, 10.0, 3.0, angle);
            tried.iter().zip(after).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>().sqrt()
        };
        let nearest = (-90..=90).map(|half| f64::from(half) / 2.0).min_by(|a, b| distance(*a).total_cmp(&distance(*b)));
        let nearest = nearest.unwrap();
        let moved = before.iter().zip(after).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>().sqrt();
        assert!(distance(nearest) < 0.1 * moved, "example {index}: {} of {moved} at {nearest}", distance(nearest));
        angles.push(nearest);
    }
    angles.sort_by(f64::total_cmp);
    angles.dedup();
    // Uniform angles: the smallest and largest of 20 leave a gap above 30 degrees with probability (2 / 3)^20 = 3e-4 each.
    assert!(angles.len() > 12 && angles[0] < -15.0 && *angles.last().unwrap() > 15.0, "{angles:?}");
    let both = load(&spec(Some(MotionBlur { test: true, ..blur })), None, 5).unwrap();
    assert_eq!(both.train, split.train);
    assert_ne!(both.test, clean.test);
    // A smaller set is the beginning of a larger one: what happens to an example depends on nothing else.
    let few = load(&DataSpec { train: Some(10), ..spec(Some(blur)) }, None, 5).unwrap();
    assert_eq!(few.train.inputs(), &split.train.inputs()[..10 * 784]);
}

#[test]
fn blur_comes_before_normalisation_and_is_for_images() {
    let blur = Some(MotionBlur { severity: Some(3), ..MotionBlur::default() });
    let spec = DataSpec { train: Some(20), test: Some(5), motion_blur: blur, ..DataSpec::new(Source::Strokes) };
    let plain = load(&spec, None, 0).unwrap();
    let normalisation = NormalisationSpec::Fixed { mean: vec![0.5], standard_deviation: vec![0.25] };
    let normalised = load(&DataSpec { normalisation, ..spec }, None, 0).unwrap();
    let expected: Vec<f32> = plain.train.inputs().iter().map(|value| (value - 0.5) / 0.25).collect();
    assert_eq!(normalised.train.inputs(), expected);
    let circles = DataSpec { motion_blur: blur, ..DataSpec::new(Source::TwoCircles) };
    let error = load(&circles, None, 0).unwrap_err().to_string();
    let expected = "`motion_blur` must be left out unless examples are images, found examples of 1 x 1 x 2 \
                    (height x width x channels) in data set `two_circles`";
    assert_eq!(error, expected);
}
