use super::means::Means;
use super::{Follow, Outputs, ReadFrom, ScoreEntry, largest_other};

pub(super) const ENTRY: ScoreEntry = ScoreEntry {
    name: "aum",
    summary: "area under the margin: how far the given label's logit lies above the largest other, on average over training",
    explanation: "Definition: the mean over evaluations of z_y - max_{j != y} z_j, with z the logits and y the given label.
Range: any number.
Reading: low, usually negative, for mislabelled examples: the gradients of similar examples with their true label work against the \
given one. High for easy examples. The paper averages over epochs, at the mini-batches an example is in; here it is evaluations, in \
evaluation mode.
Undefined: for examples that no evaluation sees (evaluate_train), with a single output, and where a logit is not finite.
Cost: none beside evaluations.
Source: Pleiss et al. 2020 (arXiv 2001.10528), equations 1 and 2.",
    columns: &[("aum", "mean margin of the given label")],
    read_from: ReadFrom::Outputs,
};

/// Mean margins.
#[derive(Debug)]
pub(super) struct Aum(Means);

impl Aum {
    pub fn new(examples: usize) -> Self {
        Self(Means::new(examples))
    }
}

impl Follow for Aum {
    fn outputs(&mut self, example: usize, seen: &Outputs<'_>) {
        if let (Some(largest), Some(assigned)) = (largest_other(seen.logits, seen.class), seen.logits.get(seen.class)) {
            self.0.add(example, assigned - largest);
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
        let mut aum = Aum::new(3);
        let mut see = |example, logits: &[f64], class| {
            aum.outputs(example, &Outputs { step: 0, logits, class, learnt: false });
        };
        see(0, &[1.0, 3.0, 2.5], 1);
        see(0, &[4.0, 2.0, -1.0], 1);
        see(1, &[0.0, f64::NAN, 1.0], 0);
        let columns = aum.columns();
        assert_eq!(columns[0][0], Some((0.5 - 2.0) / 2.0));
        assert!(columns[0][1].unwrap().is_nan());
        assert_eq!(columns[0][2], None);
    }
}
