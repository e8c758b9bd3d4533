use consilience_tensor::Real;

use super::{Description, Evidence, Needs, Products, Value, gradient_confusion, value};

pub(crate) const DESCRIPTION: Description = Description {
    name: "micro_batch_gradient_confusion",
    summary: "how strongly the mean gradients of two micro-batches oppose each other at worst",
    explanation: "Definition: gradient_confusion of the mean gradients of the micro-batches of the batch: the smallest eta of at least 0 \
with <g_A, g_B> >= -eta for all pairs, and the smallest cosine of two of them. A micro-batch is a run of [monitor] micro_batch \
consecutive examples; a shorter one at the end is left out.
Range: 0 or more; the cosine -1 to 1.
Reading: the paper's measurement: the smallest cosine over pairs of mini-batches of 128.
Undefined: when the batch holds fewer than two micro-batches.
Cost: the sums of the micro-batches, and their inner products.
Source: Sankararaman et al. 2020 (arXiv 1904.06963), definition 2.1 and section 6.",
    values: &[
        value("micro_batch_gradient_confusion", "gradient confusion bound of micro-batches"),
        value("micro_batch_gradient_confusion_minimum_cosine", "smallest cosine of two micro-batches' gradients"),
    ],
    needs: Needs::MICRO_BATCH_GRAM,
};

pub(crate) fn read<R: Real>(evidence: &Evidence<'_, R>) -> Vec<Value> {
    let gram = evidence.micro_batches.as_ref().and_then(|micro_batches| micro_batches.gram.as_ref());
    vec![
        ("micro_batch_gradient_confusion".to_owned(), gram.and_then(gradient_confusion::bound)),
        ("micro_batch_gradient_confusion_minimum_cosine".to_owned(), gram.and_then(Products::smallest_cosine)),
    ]
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
        // micro-batches of two: means (3, 4) and (-1, 0); the fifth example is left over
        let gradients = [[2.0, 8.0], [4.0, 0.0], [0.0, 1.0], [-2.0, -1.0], [-9.0, -9.0]];
        assert_eq!(values(&gradients), (Some(3.0), Some(-0.6)));
        assert_eq!(values(&gradients[..3]), (None, None), "one micro-batch");
    }
}
