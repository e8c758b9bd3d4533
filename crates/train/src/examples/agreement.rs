use super::{Follow, Gradients, ReadFrom, ScoreEntry};

pub(super) const ENTRY: ScoreEntry = ScoreEntry {
    name: "agreement",
    summary: "how much an example's gradient agrees with those of all others, summed over training",
    explanation: "Definition: with o_n = 1/(N-1) sum_{m != n} g_m, the mean gradient of the other training examples, agreement is \
sum_t <g_n, o_n> over the steps t at which scores are due (scores_every), and agreement_cosine is that over sqrt(sum_t |g_n|^2 \
sum_t |o_n|^2): the cosine of the angle between the gradients of all these steps, laid one after the other. Gradients are those of \
single losses with respect to all parameters, in evaluation mode.
Range: any number; the cosine -1 to 1.
Reading: to first order, how much a step on the others alone lowers this example's loss. Positive for examples that are fitted \
because they resemble others, near zero or negative for those that must be memorised. It is the contribution of one example to \
the pristine and corrupt shares, without the product with itself.
Undefined: before the first such step, with a single example, and where a gradient is not finite; the cosine also where all \
gradients of the example, or of the others, are zero.
Cost: two forward and backward passes over the training set whenever scores are due, for every example's product with the sum.
Source: the mean contribution i of Chatterjee 2020 (arXiv 2002.10657), section 2.4, for a single example.",
    columns: &[
        ("agreement", "summed inner product with the mean gradient of the others"),
        ("agreement_cosine", "cosine with the mean gradient of the others"),
    ],
    read_from: ReadFrom::Products,
};

/// Sums over time of one example.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    product: f64,
    own: f64,
    others: f64,
}

/// Sums of examples, and whether there were any.
#[derive(Debug)]
pub(super) struct Agreement {
    sums: Vec<Sums>,
    any: bool,
}

impl Agreement {
    pub fn new(examples: usize) -> Self {
        Self { sums: vec![Sums::default(); examples], any: false }
    }
}

impl Follow for Agreement {
    fn gradients(&mut self, seen: &Gradients<'_>) {
        let others = self.sums.len() as f64 - 1.0;
        if others < 1.0 {
            return;
        }
        self.any = true;
        let sq_norm_of_sum: f64 = seen.products.iter().sum();
        for ((sums, &own), &product) in self.sums.iter_mut().zip(seen.sq_norms).zip(seen.products) {
            sums.product += (product - own) / others;
            sums.own += own;
            // |sum - g_n|^2; what is left of it after cancelling may be rounded below zero
            sums.others += (sq_norm_of_sum - 2.0 * product + own).max(0.0) / (others * others);
        }
    }

    fn memory(&self) -> Vec<(&'static str, Vec<f64>)> {
        let list = |of: fn(&Sums) -> f64| self.sums.iter().map(of).collect();
        vec![
            ("any", vec![f64::from(u8::from(self.any))]),
            ("product", list(|sums| sums.product)),
            ("own", list(|sums| sums.own)),
            ("others", list(|sums| sums.others)),
        ]
    }

    fn restore(&mut self, lists: &mut dyn Iterator<Item = Vec<f64>>) {
        let mut list = || lists.next().unwrap_or_default();
        self.any = list().first().is_some_and(|&any| any > 0.0);
        let parts = list().into_iter().zip(list()).zip(list());
        self.sums = parts.map(|((product, own), others)| Sums { product, own, others }).collect();
    }

    fn columns(&self) -> Vec<Vec<Option<f64>>> {
        let products = self.sums.iter().map(|sums| self.any.then_some(sums.product));
        let cosines = self.sums.iter().map(|sums| {
            let lengths = (sums.own * sums.others).sqrt();
            (lengths > 0.0).then(|| sums.product / lengths)
        });
        vec![products.collect(), cosines.collect()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows the gradients `[N][2]` of a step.
    fn show(agreement: &mut Agreement, gradients: &[[f64; 2]]) {
        let dot = |a: &[f64; 2], b: &[f64; 2]| a[0] * b[0] + a[1] * b[1];
        let sum = gradients.iter().fold([0.0, 0.0], |sum, g| [sum[0] + g[0], sum[1] + g[1]]);
        let sq_norms: Vec<f64> = gradients.iter().map(|g| dot(g, g)).collect();
        let products: Vec<f64> = gradients.iter().map(|g| dot(g, &sum)).collect();
        agreement.gradients(&Gradients { learning_rate: 0.1, sq_norms: &sq_norms, products: &products });
    }

    #[test]
    fn by_hand() {
        let mut agreement = Agreement::new(3);
        show(&mut agreement, &[[1.0, 0.0], [1.0, 0.0], [0.0, 0.0]]);
        show(&mut agreement, &[[3.0, 1.0], [0.0, 2.0], [2.0, -2.0]]);
        // of the first example the others' means are (1/2, 0) and (1, 0), its own gradients (1, 0) and (3, 1)
        let columns = agreement.columns();
        assert_eq!(columns[0], [Some(0.5 + 3.0), Some(0.5 - 1.0), Some(0.0)]);
        assert_eq!(columns[1][0], Some(3.5 / (11.0_f64 * 1.25).sqrt()));
        assert_eq!(columns[1][2], Some(0.0 / (8.0_f64 * (1.0 + 1.5 * 1.5 + 1.5 * 1.5)).sqrt()));
    }

    #[test]
    fn undefined_is_none() {
        assert_eq!(Agreement::new(2).columns(), [[None, None], [None, None]]);
        let mut alone = Agreement::new(1);
        show(&mut alone, &[[1.0, 2.0]]);
        assert_eq!(alone.columns(), [[None], [None]]);
        let mut flat = Agreement::new(2);
        show(&mut flat, &[[1.0, 2.0], [0.0, 0.0]]);
        assert_eq!(flat.columns(), [[Some(0.0), Some(0.0)], [None, None]], "an example or the others without gradient");
    }
}
