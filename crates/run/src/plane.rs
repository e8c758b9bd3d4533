//! What a network says on the plane that its inputs are in.

use crate::prepared::Prepared;
use crate::weights::place;
use consilience_nn::Model;
use consilience_nn::losses::Loss;
use consilience_record::Weight;
use consilience_tensor::{Cpu, Tensor};

/// What a network says on a rectangle of the plane.
#[derive(Clone, Debug, PartialEq)]
pub struct Plane {
    /// Cells along each side of the rectangle.
    pub side: usize,
    /// The range of the first coordinate: that of the training examples and a tenth more.
    pub x: (f64, f64),
    /// The range of the second.
    pub y: (f64, f64),
    /// What it says in the middle of each cell, `[side * side]`, row by row from below, each from the left.
    pub says: Says,
}

/// What a network says in each cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Says {
    /// The class with the largest output.
    Classes {
        /// How many classes there are.
        classes: usize,
        /// The class, `[cells]`.
        class: Vec<usize>,
        /// Its probability, `[cells]`, of networks trained by cross-entropy; the outputs of others are no probabilities.
        probability: Option<Vec<f64>>,
    },
    /// The first output.
    Values(Vec<f64>),
}

/// Whether the inputs of a run, whose shape is height, width, channels, are two numbers: what its network says can then be drawn.
pub fn is_plane(shape: &[usize]) -> bool {
    shape.iter().try_fold(1_usize, |numbers, &side| numbers.checked_mul(side)) == Some(2)
}

/// What the network of `prepared` with `weights` says on `side` x `side` cells around the training examples, whose inputs must be
/// two numbers.
///
/// # Errors
/// In words, when inputs are not two numbers, or the weights are not those of the network.
pub fn plane(prepared: &Prepared, weights: &[Weight], side: usize) -> Result<Plane, String> {
    let (settings, train) = (&prepared.method.settings, &prepared.data.train);
    if train.shape().features() != 2 {
        return Err(format!("expected inputs of two numbers, found {}", train.shape()));
    }
    let mut model: Model<f32> = Model::init(prepared.network.clone(), settings.initialisation, settings.seed);
    place(&mut model, weights).map_err(|error| error.to_string())?;

    let (x, y) = (limits(train.inputs(), 0), limits(train.inputs(), 1));
    let at = |index: usize, (low, high): (f64, f64)| low + (high - low) * (index as f64 + 0.5) / side as f64;
    let points: Vec<f32> =
        (0..side * side).flat_map(|cell| [at(cell % side, x) as f32, at(cell / side, y) as f32]).collect();
    let inputs = Cpu::new(prepared.network.input().with_n(side * side), points);
    let outputs = model.predict(inputs).map_err(|error| error.to_string())?.values().to_vec();
    let each = train.outputs().max(1);
    if train.labels().is_none() {
        let says = Says::Values(outputs.iter().step_by(each).map(|value| f64::from(*value)).collect());
        return Ok(Plane { side, x, y, says });
    }
    let is_probability = settings.train.loss == Loss::SoftmaxCrossEntropy;
    let (class, probability): (Vec<usize>, Vec<f64>) = outputs.chunks_exact(each).map(most_probable).unzip();
    let says = Says::Classes { classes: each, class, probability: is_probability.then_some(probability) };
    Ok(Plane { side, x, y, says })
}

/// The class with the largest of `outputs`, and its share of the softmax.
fn most_probable(outputs: &[f32]) -> (usize, f64) {
    let largest = |best: (usize, f64), (class, &output): (usize, &f32)| {
        if f64::from(output) > best.1 { (class, f64::from(output)) } else { best }
    };
    let (class, largest) = outputs.iter().enumerate().fold((0, f64::NEG_INFINITY), largest);
    let sum: f64 = outputs.iter().map(|output| (f64::from(*output) - largest).exp()).sum();
    (class, 1.0 / sum)
}

/// The range of one of the two coordinates, and a tenth more on either side.
fn limits(inputs: &[f32], coordinate: usize) -> (f64, f64) {
    let values = || inputs.iter().skip(coordinate).step_by(2).map(|value| f64::from(*value));
    let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
    // a coordinate that is the same everywhere has a range all the same
    let range = if high > low { high - low } else { low.abs().max(1.0) };
    let margin = 0.1 * range;
    (low - margin, high + margin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_numbers_are_a_plane_and_a_shape_too_large_is_none() {
        assert!(is_plane(&[1, 1, 2]));
        assert!(!is_plane(&[1, 2, 2]) && !is_plane(&[usize::MAX, 2, 1]));
    }

    #[test]
    fn the_largest_output_is_the_class_and_its_softmax_the_probability() {
        let (class, probability) = most_probable(&[0.0, 2.0, 1.0]);
        let expected = 1.0 / (1.0 + (-1.0_f64).exp() + (-2.0_f64).exp());
        assert_eq!(class, 1);
        assert!((probability - expected).abs() < 1e-15);
        assert_eq!(limits(&[0.0, 5.0, 10.0, 5.0], 0), (-1.0, 11.0));
        assert_eq!(limits(&[0.0, 5.0, 10.0, 5.0], 1), (4.5, 5.5), "the same everywhere");
    }
}
