use consilience_tensor::Real;

use super::{Description, Evidence, Needs, Products, Value, ratio, value};
use crate::reductions::moments::at_least_zero;

pub(crate) const DESCRIPTION: Description = Description {
    name: "gradient_disparity",
    summary: "mean distance between the mean gradients of micro-batches",
    explanation: "Definition: the mean of |g_A - g_B| over all pairs of micro-batches of the batch, with g_A = 1/M sum_(n in A) g_n. A \
micro-batch is a run of [monitor] micro_batch consecutive examples; a shorter one at the end is left out. \
gradient_disparity_relative divides by the mean length of g_A.
Range: 0 or more. Of independent micro-batches E |g_A - g_B|^2 = 2 tr Sigma / M.
Reading: it rises with label noise and when a network begins to overfit; the paper stops training where it does.
Undefined: when the batch holds fewer than two micro-batches; the relative one also when all their gradients are zero.
Cost: that of micro_batch_gradient_confusion.
Source: Forouzesh and Thiran 2021 (arXiv 2107.06665), equation 4.",
    values: &[
        value("gradient_disparity", "gradient disparity"),
        value("gradient_disparity_relative", "gradient disparity over gradient norm"),
    ],
    needs: Needs::MICRO_BATCH_GRAM,
};

pub(crate) fn read<R: Real>(evidence: &Evidence<'_, R>) -> Vec<Value> {
    let gram = evidence.micro_batches.as_ref().and_then(|micro_batches| micro_batches.gram.as_ref());
    let distance = gram.and_then(mean_distance);
    let length = gram
        .and_then(|gram| ratio((0..gram.size()).map(|place| gram.get(place, place).sqrt()).sum(), gram.size() as f64));
    let relative = distance.zip(length).and_then(|(distance, length)| ratio(distance, length));
    vec![("gradient_disparity".to_owned(), distance), ("gradient_disparity_relative".to_owned(), relative)]
}

fn mean_distance(gram: &Products) -> Option<f64> {
    // rounding may leave the square of a distance of zero below it
    let squares = gram.pairs().map(|(i, j)| at_least_zero(gram.get(i, i) + gram.get(j, j) - 2.0 * gram.get(i, j)));
    ratio(squares.map(f64::sqrt).sum(), gram.pairs().count() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantities::evidence::tests::{reduce, two_numbers};

    #[test]
    fn by_hand() {
        let values = |gradients: &[[f64; 2]]| {
            let (network, reduced) = (two_numbers(), reduce(gradients));
            let values = read(&Evidence::new(&network, &reduced));
            (values[0].1, values[1].1)
        };
        // means (3, 4), (0, 0) and (0, 4): distances 5, 3 and 4, lengths 5, 0 and 4
        let gradients = [[2.0, 8.0], [4.0, 0.0], [1.0, 1.0], [-1.0, -1.0], [1.0, 3.0], [-1.0, 5.0]];
        assert_eq!(values(&gradients), (Some(4.0), Some(4.0 / 3.0)));
        assert_eq!(values(&[[1.0, 2.0]; 4]), (Some(0.0), Some(0.0)), "identical");
        assert_eq!(values(&[[0.0, 0.0]; 4]), (Some(0.0), None), "zero");
        assert_eq!(values(&gradients[..2]), (None, None), "one micro-batch");
        assert_eq!(values(&[[f64::NAN, 0.0]; 4]), (None, None), "no numbers");
    }
}
