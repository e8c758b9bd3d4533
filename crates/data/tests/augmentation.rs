//! Random crops and flips of training images.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use consilience_data::{
    Augmentation, AugmentationSpec, DataSpec, Dataset, ExampleShape, NormalisationSpec, Targets, load,
};
use rayon::prelude::*;
use std::collections::HashMap;

const EPOCHS: u64 = 20_000;

const SHAPE: ExampleShape = ExampleShape::image(4, 5, 2);

/// Images whose numbers are all different.
fn images(count: usize) -> Dataset {
    let inputs = (0..count * SHAPE.features()).map(|value| value as f32 + 1.0).collect();
    let targets = Targets::Classes { labels: vec![0; count], classes: 2 };
    Dataset::new("images", SHAPE, inputs, targets).unwrap()
}

fn augmented(count: usize, spec: AugmentationSpec, seed: u64) -> Dataset {
    images(count).with_augmentation(Augmentation::new(spec, seed, vec![-1.0, -2.0]).unwrap()).unwrap()
}

/// Rows, columns and flip that make `after` of `before`, by trying all.
fn found(before: &[f32], after: &[f32], padding: isize) -> Option<(isize, isize, bool)> {
    let pixel = |row: isize, column: isize, channel: usize| match (usize::try_from(row), usize::try_from(column)) {
        (Ok(row), Ok(column)) if row < 4 && column < 5 => before[(row * 5 + column) * 2 + channel],
        _ => [-1.0, -2.0][channel],
    };
    for down in -padding..=padding {
        for across in -padding..=padding {
            for flip in [false, true] {
                let right = (0..4_isize).all(|row| {
                    (0..5_isize).all(|column| {
                        let source = if flip { 4 - column } else { column };
                        (0..2).all(|channel| {
                            after[((row * 5 + column) * 2) as usize + channel]
                                == pixel(row + down, source + across, channel)
                        })
                    })
                });
                if right {
                    return Some((down, across, flip));
                }
            }
        }
    }
    None
}

#[test]
fn every_shift_and_flip_is_equally_likely() {
    let data = augmented(1, AugmentationSpec { crop_padding: 2, horizontal_flip: true }, 3);
    let mut counts: HashMap<_, u32> = HashMap::new();
    for epoch in 0..EPOCHS {
        let input = data.training_input(0, epoch).unwrap();
        *counts.entry(found(data.inputs(), &input, 2).expect("a crop and flip of the image")).or_default() += 1;
    }
    // 5 x 5 shifts x 2: 400 of each, within five binomial standard deviations.
    assert_eq!(counts.len(), 50);
    let tolerance = 5.0 * (EPOCHS as f64 * 0.02 * 0.98).sqrt();
    assert!(counts.values().all(|&count| (f64::from(count) - 400.0).abs() < tolerance), "{counts:?}");
}

#[test]
fn what_happens_depends_on_seed_epoch_and_example_alone() {
    let spec = AugmentationSpec { crop_padding: 3, horizontal_flip: true };
    let data = augmented(40, spec, 3);
    let all = |data: &Dataset, epoch| -> Vec<f32> {
        (0..data.len()).flat_map(|index| data.training_input(index, epoch).unwrap().into_owned()).collect()
    };
    let first = all(&data, 0);
    assert_eq!(first, all(&data, 0));
    assert_ne!(first, all(&data, 1));
    assert_ne!(first, all(&augmented(40, spec, 4), 0));
    for threads in [1, 2, 5] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let gathered: Vec<f32> = pool.install(|| {
            let indices: Vec<usize> = (0..40).collect();
            indices.par_iter().flat_map_iter(|&index| data.training_input(index, 0).unwrap().into_owned()).collect()
        });
        assert_eq!(gathered, first, "{threads} threads");
    }
    // The order and the rest of the data set change nothing.
    let part = data.subset(&[17, 3]).unwrap();
    assert_eq!(part.training_input(0, 5), data.training_input(17, 5));
    assert_eq!(part.training_input(1, 5), data.training_input(3, 5));
    // The images themselves stay, and without an augmentation they are what is trained on.
    assert_eq!(data.inputs(), images(40).inputs());
    assert_eq!(images(2).training_input(1, 9).unwrap(), images(2).example(1).unwrap().input);
    assert!(data.training_input(40, 0).is_none() && images(2).training_input(2, 0).is_none());
}

#[test]
fn padding_is_black_after_normalisation() {
    let text = r#"
        source = "strokes"
        train = 30
        test = 5
        normalisation = { fixed = { mean = [0.5], standard_deviation = [0.25] } }
        augmentation = { crop_padding = 4 }
    "#;
    let spec: DataSpec = toml::from_str(text).unwrap();
    let split = load(&spec, None, 0).unwrap();
    assert_eq!(
        split.train.augmentation().unwrap().spec(),
        AugmentationSpec { crop_padding: 4, horizontal_flip: false }
    );
    assert!(split.test.augmentation().is_none());
    // (0 - 0.5) / 0.25, and a crop of the normalised image is the normalised crop of the image.
    let plain = load(&DataSpec { normalisation: NormalisationSpec::None, ..spec.clone() }, None, 0).unwrap();
    for index in 0..30 {
        let expected: Vec<f32> =
            plain.train.training_input(index, 7).unwrap().iter().map(|value| (value - 0.5) / 0.25).collect();
        assert_eq!(*split.train.training_input(index, 7).unwrap(), expected);
    }
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let error = |source: &str, augmentation: &str| {
        let text = format!("source = \"{source}\"\ntrain = 5\ntest = 5\naugmentation = {augmentation}");
        load(&toml::from_str(&text).unwrap(), None, 0).unwrap_err().to_string()
    };
    let neither = "`augmentation` must be left out, or given a crop_padding of at least 1 or horizontal_flip = true, found neither";
    assert_eq!(error("strokes", "{}"), neither);
    let large = "`augmentation.crop_padding` must be at most 27 for images of 28 x 28 x 1 (height x width x channels), found 28";
    assert_eq!(error("strokes", "{ crop_padding = 28 }"), large);
    assert!(error("two_circles", "{ horizontal_flip = true }").contains("left out unless examples are images"));
    assert!(error("product", "{ horizontal_flip = true }").contains("left out unless examples are images"));
    let augmentation =
        Augmentation::new(AugmentationSpec { crop_padding: 1, ..AugmentationSpec::default() }, 0, vec![0.0]);
    let error = images(1).with_augmentation(augmentation.unwrap()).unwrap_err().to_string();
    assert_eq!(error, "`augmentation` must be given 2 values of a black pixel, one per channel, found 1");
}
