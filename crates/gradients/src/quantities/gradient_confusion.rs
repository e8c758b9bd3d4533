use consilience_tensor::Real;

use super::{Description, Evidence, Needs, Products, Value, value};

pub(crate) const DESCRIPTION: Description = Description {
    name: "gradient_confusion",
    summary: "how strongly the gradients of two examples oppose each other at worst",
    explanation: "Definition: the smallest eta of at least 0 with <g_n, g_m> >= -eta for all pairs of different examples of the batch. \
gradient_confusion_minimum_cosine is the smallest <g_n, g_m> / (|g_n| |g_m|), which the paper plots (of mini-batches: \
micro_batch_gradient_confusion).
Range: 0 or more; the cosine -1 to 1.
Reading: 0 means that no example's step harms another. Wide networks have less confusion, deep ones more.
Undefined: with one example; the cosine when fewer than two examples have a gradient. The minimum is over all pairs, so it depends \
on the size of the batch.
Cost: that of stiffness.
Source: Sankararaman, De, Xu, Huang and Goldstein 2020 (arXiv 1904.06963), definition 2.1.",
    values: &[
        value("gradient_confusion", "gradient confusion bound"),
        value("gradient_confusion_minimum_cosine", "smallest cosine of two examples' gradients"),
    ],
    needs: Needs::GRAM,
};

pub(crate) fn read<R: Real>(evidence: &Evidence<'_, R>) -> Vec<Value> {
    let gram = evidence.gram.as_ref();
    vec![
        ("gradient_confusion".to_owned(), gram.and_then(bound)),
        ("gradient_confusion_minimum_cosine".to_owned(), gram.and_then(Products::smallest_cosine)),
    ]
}

/// The smallest bound of at least 0.
pub(super) fn bound(gram: &Products) -> Option<f64> {
    gram.smallest().map(|smallest| if smallest < 0.0 { -smallest } else { 0.0 })
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
        assert_eq!(values(&[[3.0, 4.0], [-1.0, 0.0], [0.0, -1.0]]), (Some(4.0), Some(-0.8)));
        assert_eq!(values(&[[3.0, 4.0], [1.0, 0.0]]), (Some(0.0), Some(0.6)), "no confusion");
        assert_eq!(values(&[[3.0, 4.0], [0.0, 0.0]]), (Some(0.0), None), "no second gradient");
        assert_eq!(values(&[[3.0, 4.0]]), (None, None));
    }
}
