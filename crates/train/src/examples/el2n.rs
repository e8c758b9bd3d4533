use super::means::Means;
use super::{Follow, Outputs, ReadFrom, ScoreEntry, Softmax};

pub(super) const ENTRY: ScoreEntry = ScoreEntry {
    name: "el2n",
    summary: "length of the error vector: how far the predicted probabilities are from the given label",
    explanation: "Definition: |softmax(z) - e_y|_2, with z the logits and e_y the given label as a unit vector; the mean over \
evaluations.
Range: 0 to sqrt(2).
Reading: high for examples that are hard or mislabelled. Taken early in training it ranks examples by how much they matter for \
what is learnt. The paper takes one evaluation after a few epochs and averages 10 initialisations: end a run after as many epochs \
with no other evaluation, and average the tables of runs with different seeds and one data_seed.
Undefined: for examples that no evaluation sees (evaluate_train), and where a logit is not finite.
Cost: none beside evaluations.
Source: Paul, Ganguli and Dziugaite 2021 (arXiv 2107.07075), definition 2.2.",
    columns: &[("el2n", "mean length of the error vector")],
    read_from: ReadFrom::Outputs,
};

/// Mean lengths of error vectors.
#[derive(Debug)]
pub(super) struct El2n(Means);

impl El2n {
    pub fn new(examples: usize) -> Self {
        Self(Means::new(examples))
    }
}

impl Follow for El2n {
    fn outputs(&mut self, example: usize, seen: &Outputs<'_>) {
        let errors = Softmax::of(seen.logits).probabilities().enumerate().map(|(class, probability)| {
            let target = if class == seen.class { 1.0 } else { 0.0 };
            (probability - target).powi(2)
        });
        self.0.add(example, errors.sum::<f64>().sqrt());
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
        let mut el2n = El2n::new(3);
        let mut see =
            |example, logits: &[f64]| el2n.outputs(example, &Outputs { step: 0, logits, class: 0, learnt: false });
        // probabilities 1/4 and 3/4, whatever is added to both
        see(0, &[1000.0, 1000.0 + 3.0_f64.ln()]);
        see(0, &[900.0, 0.0]);
        see(1, &[0.0, 900.0]);
        let values = &el2n.columns()[0];
        let expected = (0.75_f64.powi(2) * 2.0).sqrt() / 2.0;
        assert!((values[0].unwrap() - expected).abs() < 1e-12, "{values:?}");
        assert_eq!(values[1..], [Some(2.0_f64.sqrt()), None]);
    }
}
