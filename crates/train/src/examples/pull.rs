use super::{Follow, Pulls, ReadFrom, ScoreEntry};

pub(super) const ENTRY: ScoreEntry = ScoreEntry {
    name: "pull",
    summary: "where the steps on all others push an example's logits: the label they suggest, and by how much the given one trails",
    explanation: "Definition: with o_n = 1/(N-1) sum_{m != n} g_m, the mean gradient of the other training examples, and J_n the \
derivatives of the example's logits with respect to all parameters, v_n = -sum_t eta_t J_n o_n over the steps t at which scores are \
due (scores_every), eta_t the learning rate: to first order, what those steps would have done to the logits had the example not been \
in the training set. pull_label is the largest entry of v_n, pull_margin is v_n at the given label minus the largest other entry. \
Gradients and derivatives are in evaluation mode.
Range: any number; a class.
Reading: a negative margin says that the others, on balance, speak for another label, pull_label: the example may be \
mislabelled. The network's own prediction says less, because a memorised label vouches for itself; here the example's own gradient \
is left out. It is the first order alone: on Fashion-MNIST it found wrong labels worse than aum, which sees what the steps really did. \
The inner product of J_n o_n with the gradient of the example's loss at its logits is <g_n, o_n>, which the score agreement adds up.
Undefined: before the first such step, with a single example or a single output, and where a derivative is not finite.
Cost: whenever scores are due, two forward and backward passes over the training set and the tangents of two forward passes.
Source: the leave-one-out part of the cumulative contribution of Chatterjee 2020 (arXiv 2002.10657), section 2.4, resolved by class.",
    columns: &[
        ("pull_margin", "margin of the given label in what steps on the others do to the logits"),
        ("pull_label", "the class that steps on the others push towards"),
    ],
    read_from: ReadFrom::Pulls,
};

/// Sums over time of what the others do to the logits.
#[derive(Debug)]
pub(super) struct Pull {
    /// `[N, C]` row-major; empty before the number of classes is known.
    logits: Vec<f64>,
    /// The given classes, `[N]`; -1 before the first step.
    classes: Vec<f64>,
}

impl Pull {
    pub fn new(examples: usize) -> Self {
        Self { logits: Vec::new(), classes: vec![-1.0; examples] }
    }

    /// The margin of the given class, and the class with the largest sum.
    fn read(row: &[f64], given: usize) -> Option<(f64, f64)> {
        if row.iter().any(|logit| !logit.is_finite()) {
            return None;
        }
        let largest = |a: (usize, f64), b: (usize, f64)| if b.1 > a.1 { b } else { a };
        let rest = row.iter().copied().enumerate().filter(|&(class, _)| class != given).reduce(largest)?;
        let own = *row.get(given)?;
        let label = if own >= rest.1 { given } else { rest.0 };
        Some((own - rest.1, label as f64))
    }
}

impl Follow for Pull {
    fn begin(&mut self, outputs: usize) {
        self.logits = vec![0.0; self.classes.len() * outputs];
    }

    fn pulls(&mut self, seen: &Pulls<'_>) {
        if self.classes.len() < 2 {
            return;
        }
        self.classes = seen.classes.iter().map(|&class| f64::from(class)).collect();
        for (sum, logit) in self.logits.iter_mut().zip(seen.logits) {
            *sum += seen.learning_rate * logit;
        }
    }

    fn memory(&self) -> Vec<(&'static str, Vec<f64>)> {
        vec![("logits", self.logits.clone()), ("classes", self.classes.clone())]
    }

    fn restore(&mut self, lists: &mut dyn Iterator<Item = Vec<f64>>) {
        self.logits = lists.next().unwrap_or_default();
        self.classes = lists.next().unwrap_or_default();
    }

    fn columns(&self) -> Vec<Vec<Option<f64>>> {
        let width = self.logits.len().checked_div(self.classes.len()).unwrap_or(0).max(1);
        let rows = self.logits.chunks_exact(width).zip(&self.classes);
        let read = |(row, &class): (&[f64], &f64)| (class >= 0.0).then(|| Self::read(row, class as usize)).flatten();
        let read: Vec<Option<(f64, f64)>> = rows.map(read).collect();
        vec![
            read.iter().map(|read| read.map(|(margin, _)| margin)).collect(),
            read.iter().map(|read| read.map(|(_, label)| label)).collect(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let mut pull = Pull::new(3);
        pull.begin(3);
        assert_eq!(pull.columns(), [[None; 3], [None; 3]]);
        let classes = [0, 2, 1];
        let logits = [1.0, 4.0, -1.0, 0.0, 2.0, 3.0, 1.0, 1.0, f64::NAN];
        pull.pulls(&Pulls { learning_rate: 0.5, logits: &logits, classes: &classes });
        let logits = [2.0, -2.0, 0.0, 0.0, 8.0, 0.0, 0.0, 0.0, 0.0];
        pull.pulls(&Pulls { learning_rate: 0.25, logits: &logits, classes: &classes });
        // sums: 1, 1.5, -0.5 with class 0 given, and 0, 3, 1.5 with class 2
        let columns = pull.columns();
        assert_eq!(columns[0], [Some(-0.5), Some(-1.5), None]);
        assert_eq!(columns[1], [Some(1.0), Some(1.0), None]);
        let mut resumed = Pull::new(3);
        resumed.begin(3);
        resumed.restore(&mut pull.memory().into_iter().map(|(_, list)| list));
        assert_eq!(resumed.columns(), columns);
    }

    #[test]
    fn a_tie_speaks_for_the_given_label() {
        assert_eq!(Pull::read(&[1.0, 1.0], 1), Some((0.0, 1.0)));
        assert_eq!(Pull::read(&[1.0], 0), None, "a single output has no margin");
    }
}
