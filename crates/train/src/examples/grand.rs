use super::means::Means;
use super::{Follow, Gradients, ReadFrom, ScoreEntry};

pub(super) const ENTRY: ScoreEntry = ScoreEntry {
    name: "grand",
    summary: "norm of an example's gradient, on average over training",
    explanation: "Definition: the mean over the steps at which scores are due (scores_every) of |g_n|_2, the gradient of the \
example's own loss with respect to all parameters, in evaluation mode.
Range: 0 or more.
Reading: an upper bound on how much leaving the example out of one step changes the loss of any other; high for examples that are \
hard or mislabelled. The paper takes one early step and averages 10 initialisations: name the step in scores_every, and average \
the tables of runs with different seeds and one data_seed.
Undefined: before the first such step, and where a gradient is not finite.
Cost: a forward and backward pass over the training set whenever scores are due.
Source: Paul, Ganguli and Dziugaite 2021 (arXiv 2107.07075), definition 2.1.",
    columns: &[("grand", "mean norm of the gradient")],
    read_from: ReadFrom::Norms,
};

/// Mean norms.
#[derive(Debug)]
pub(super) struct Grand(Means);

impl Grand {
    pub fn new(examples: usize) -> Self {
        Self(Means::new(examples))
    }
}

impl Follow for Grand {
    fn gradients(&mut self, seen: &Gradients<'_>) {
        for (example, sq_norm) in seen.sq_norms.iter().enumerate() {
            self.0.add(example, sq_norm.sqrt());
        }
    }

    fn memory(&self) -> Vec<(&'static str, Vec<f64>)> {
        self.0.memory()
    }

    fn restore(&mut self, lists: &mut dyn Iterator<Item = Vec<f64>>) {
        self.0.restore(lists);
    }

    fn columns(&self) -> Vec<Vec<Option<f64>>> {
        vec![self.0.values()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let mut grand = Grand::new(2);
        assert_eq!(grand.columns(), [[None, None]]);
        for sq_norms in [[4.0, 0.0], [16.0, 1.0]] {
            grand.gradients(&Gradients { learning_rate: 0.1, sq_norms: &sq_norms, products: &[] });
        }
        assert_eq!(grand.columns(), [[Some(3.0), Some(0.5)]]);
    }
}
