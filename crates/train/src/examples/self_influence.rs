use super::{Follow, Gradients, ReadFrom, ScoreEntry};

pub(super) const ENTRY: ScoreEntry = ScoreEntry {
    name: "self_influence",
    summary: "how much the steps on an example lower its own loss (TracIn)",
    explanation: "Definition: sum_t eta_t |g_n(theta_t)|^2 over the steps t at which scores are due (scores_every), with eta_t the \
learning rate of the step and g_n the gradient of the example's own loss with respect to all parameters, in evaluation mode.
Range: 0 or more; it grows with the number of such steps.
Reading: high for examples that only their own gradient helps to fit: mislabelled ones and outliers. Checkpoints evenly spaced \
over training, as the default once an epoch, approximate the influence of the whole run up to a factor.
Undefined: before the first such step, and where a gradient is not finite.
Cost: a forward and backward pass over the training set whenever scores are due.
Source: Pruthi et al. 2020 (arXiv 2002.08484), TracInCP of section 3.2 with z = z', section 4.1.",
    columns: &[("self_influence", "influence on its own loss")],
    read_from: ReadFrom::Norms,
};

/// Sums of squared norms, and whether there were any.
#[derive(Debug)]
pub(super) struct SelfInfluence(Vec<Option<f64>>);

impl SelfInfluence {
    pub fn new(examples: usize) -> Self {
        Self(vec![None; examples])
    }
}

impl Follow for SelfInfluence {
    fn gradients(&mut self, seen: &Gradients<'_>) {
        for (sum, sq_norm) in self.0.iter_mut().zip(seen.sq_norms) {
            *sum = Some(sum.unwrap_or(0.0) + seen.learning_rate * sq_norm);
        }
    }

    fn memory(&self) -> Vec<(&'static str, Vec<f64>)> {
        // -1 stands for no sum, which is otherwise at least 0 or not a number
        vec![("sums", self.0.iter().map(|sum| sum.unwrap_or(-1.0)).collect())]
    }

    fn restore(&mut self, lists: &mut dyn Iterator<Item = Vec<f64>>) {
        self.0 = lists.next().unwrap_or_default().into_iter().map(|sum| (sum != -1.0).then_some(sum)).collect();
    }

    fn columns(&self) -> Vec<Vec<Option<f64>>> {
        vec![self.0.clone()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let mut influence = SelfInfluence::new(2);
        assert_eq!(influence.columns(), [[None, None]]);
        for (learning_rate, sq_norms) in [(0.5, [4.0, 0.0]), (0.25, [16.0, 1.0])] {
            influence.gradients(&Gradients { learning_rate, sq_norms: &sq_norms, products: &[] });
        }
        assert_eq!(influence.columns(), [[Some(6.0), Some(0.25)]]);
    }
}
