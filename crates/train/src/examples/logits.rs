//! What logits say of classes.

/// The softmax of logits; not a number throughout when one of the logits is not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Softmax<'a> {
    logits: &'a [f64],
    largest: f64,
    /// `sum_j exp(z_j - max z)`.
    total: f64,
}

impl<'a> Softmax<'a> {
    pub fn of(logits: &'a [f64]) -> Self {
        // a NaN makes the sum one, too
        let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Self { logits, largest, total: logits.iter().map(|logit| (logit - largest).exp()).sum() }
    }

    /// The probability of every class.
    pub fn probabilities(self) -> impl Iterator<Item = f64> {
        self.logits.iter().map(move |logit| (logit - self.largest).exp() / self.total)
    }

    /// The logarithm of the probability of a class.
    pub fn log_probability(self, class: usize) -> f64 {
        self.logits[class] - self.largest - self.total.ln()
    }
}

/// The largest of the values of other classes; not a number when one of them is not, and `None` when there are none.
pub(crate) fn largest_other(values: &[f64], class: usize) -> Option<f64> {
    let others = values.iter().enumerate().filter(|&(other, _)| other != class).map(|(_, &value)| value);
    // `f64::max` would pass over what is not a number
    others.reduce(|a, b| if a.is_nan() || a > b { a } else { b })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let logits = [1000.0, 1000.0 + 3.0_f64.ln(), 0.0];
        let softmax = Softmax::of(&logits);
        for (got, expected) in softmax.probabilities().zip([0.25, 0.75, 0.0]) {
            // the logarithm is added to a thousand
            assert!((got - expected).abs() < 1000.0 * f64::EPSILON, "{got} {expected}");
        }
        assert!((softmax.log_probability(0) - 0.25_f64.ln()).abs() < 1000.0 * f64::EPSILON);
        assert!(Softmax::of(&[0.0, f64::NAN]).probabilities().all(f64::is_nan));
        assert_eq!((largest_other(&[3.0, 1.0, 2.0], 0), largest_other(&[3.0], 0)), (Some(2.0), None));
        for values in [[0.0, f64::NAN, 1.0], [0.0, 1.0, f64::NAN]] {
            assert!(largest_other(&values, 0).is_some_and(f64::is_nan));
        }
    }
}
