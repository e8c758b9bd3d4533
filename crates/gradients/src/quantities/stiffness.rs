use std::collections::BTreeMap;

use consilience_tensor::Real;

use super::{Description, Evidence, Needs, Products, Value, value};

pub(crate) const DESCRIPTION: Description = Description {
    name: "stiffness",
    summary: "whether a step that helps one example helps another, within and across classes",
    explanation: "Definition: over pairs of different examples of the batch, stiffness_sign is the mean of sign <g_n, g_m> and \
stiffness_cosine the mean of <g_n, g_m> / (|g_n| |g_m|). Within classes: the mean over pairs of examples of a class, then over \
the classes; across classes: the mean over pairs of examples of two classes, then over the pairs of classes.
Range: -1 to 1. Gradients without a common direction give about 0.
Reading: positive values mean that the network generalises from example to example; it does so within a class first, and \
loses it when it memorises.
Undefined: with fewer than two examples that have a gradient; within and across classes also when no two examples are of one class, \
or all are, and when targets are not classes. Pairs with a gradient of exactly zero are left out.
Cost: the inner products of all pairs of per-example gradients.
Source: Fort, Nowak, Jastrzebski and Narayanan 2019 (arXiv 1901.09491), section 2, on the examples of one batch.",
    values: &[
        value("stiffness_sign", "stiffness (sign)"),
        value("stiffness_cosine", "stiffness (cosine)"),
        value("stiffness_sign_within", "stiffness within classes (sign)"),
        value("stiffness_cosine_within", "stiffness within classes (cosine)"),
        value("stiffness_sign_across", "stiffness across classes (sign)"),
        value("stiffness_cosine_across", "stiffness across classes (cosine)"),
    ],
    needs: Needs::GRAM.union(Needs::CLASSES),
};

/// Sums over pairs.
#[derive(Clone, Copy, Default)]
struct Pairs {
    sign: f64,
    cosine: f64,
    count: f64,
}

impl Pairs {
    fn add(&mut self, other: Self) {
        self.sign += other.sign;
        self.cosine += other.cosine;
        self.count += other.count;
    }

    /// The means, as if they were of one pair.
    fn mean(self) -> Self {
        Self { sign: self.sign / self.count, cosine: self.cosine / self.count, count: 1.0 }
    }
}

pub(crate) fn read<R: Real>(evidence: &Evidence<'_, R>) -> Vec<Value> {
    let classes = evidence.classes.filter(|classes| classes.len() == evidence.examples);
    let [all, within, across] = evidence.gram.as_ref().map_or_else(Default::default, |gram| means(gram, classes));
    let mut values = Vec::new();
    for (pairs, part) in [(all, ""), (within, "_within"), (across, "_across")] {
        let mean = Some(pairs).filter(|pairs| pairs.count > 0.0).map(Pairs::mean);
        values.push((format!("stiffness_sign{part}"), mean.map(|mean| mean.sign)));
        values.push((format!("stiffness_cosine{part}"), mean.map(|mean| mean.cosine)));
    }
    values
}

/// Over all pairs; of the means within each class; of the means across each pair of classes.
fn means(gram: &Products, classes: Option<&[u32]>) -> [Pairs; 3] {
    let mut all = Pairs::default();
    let mut by_classes: BTreeMap<(u32, u32), Pairs> = BTreeMap::new();
    for (i, j) in gram.pairs() {
        let Some(cosine) = gram.cosine(i, j) else { continue };
        let sign = if cosine == 0.0 { 0.0 } else { cosine.signum() };
        let pair = Pairs { sign, cosine, count: 1.0 };
        all.add(pair);
        if let Some(classes) = classes {
            let (a, b) = (classes[i].min(classes[j]), classes[i].max(classes[j]));
            by_classes.entry((a, b)).or_default().add(pair);
        }
    }
    let mut parts = [Pairs::default(); 2];
    for ((a, b), pairs) in by_classes {
        parts[usize::from(a != b)].add(pairs.mean());
    }
    [all, parts[0], parts[1]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantities::evidence::tests::{reduce, two_numbers};

    fn values(gradients: &[[f64; 2]], classes: Option<&[u32]>) -> Vec<Option<f64>> {
        let (network, reduced) = (two_numbers(), reduce(gradients));
        let values = read(&Evidence::new(&network, &reduced).with_classes(classes));
        values.into_iter().map(|(_, value)| value).collect()
    }

    #[test]
    fn by_hand() {
        // classes 0: (3, 4), (0, 5); 1: (-2, 0), (-1, 0); 2: (0, 0), which is in no pair
        let gradients = [[3.0, 4.0], [0.0, 5.0], [-2.0, 0.0], [-1.0, 0.0], [0.0, 0.0]];
        let cosines = [0.8, -0.6, -0.6, 0.0, 0.0, 1.0];
        let got = values(&gradients, Some(&[0, 0, 1, 1, 2]));
        let expected = [
            (1.0 - 1.0 - 1.0 + 0.0 + 0.0 + 1.0) / 6.0,
            cosines.iter().sum::<f64>() / 6.0,
            1.0,
            f64::midpoint(0.8, 1.0),
            -0.5,
            -0.3,
        ];
        for (got, expected) in got.into_iter().zip(expected) {
            assert!((got.unwrap() - expected).abs() < 4.0 * f64::EPSILON, "{got:?} {expected}");
        }
    }

    #[test]
    fn classes_count_alike_whatever_their_sizes() {
        // class 0: three identical examples; class 1: two opposite ones
        let gradients = [[1.0, 0.0], [1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, -1.0]];
        let got = values(&gradients, Some(&[0, 0, 0, 1, 1]));
        assert_eq!(got[2..4], [Some(0.0), Some(0.0)], "the mean of 1 and -1, not of 1, 1, 1 and -1");
        assert_eq!(got[4..], [Some(0.0), Some(0.0)]);
    }

    #[test]
    fn undefined_without_pairs() {
        assert_eq!(values(&[[1.0, 0.0], [0.0, 0.0]], Some(&[0, 0])), [None; 6]);
        assert_eq!(values(&[[1.0, 0.0], [2.0, 0.0]], None)[2..], [None; 4]);
        assert_eq!(values(&[[1.0, 0.0], [2.0, 0.0]], Some(&[0, 0]))[4..], [None; 2]);
    }
}
