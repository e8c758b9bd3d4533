use super::{Follow, Outputs, ReadFrom, ScoreEntry, Softmax};

pub(super) const ENTRY: ScoreEntry = ScoreEntry {
    name: "prediction",
    summary: "which class an example is taken for, on average over training",
    explanation: "Definition: with p the mean over evaluations of softmax(z), z the logits, prediction_label is the class whose \
mean is the largest, and prediction_probability that mean.
Range: a class; 1 / C to 1.
Reading: where it differs from the given label, it is the label that the examples learnt before this one suggest. Early evaluations, \
made before wrong labels are memorised, make it better than the network's prediction at the end, in which a memorised label vouches \
for itself.
Undefined: for examples that no evaluation sees (evaluate_train), and where a logit is not finite.
Cost: none beside evaluations.
Source: the mean of predictions over training of Swayamdipta et al. 2020 (arXiv 2009.10795), section 2, of all classes instead of the \
given one.",
    columns: &[
        ("prediction_label", "the class predicted on average over training"),
        ("prediction_probability", "its mean probability"),
    ],
    read_from: ReadFrom::Outputs,
};

/// Sums of probabilities, and of how many evaluations.
#[derive(Debug)]
pub(super) struct Prediction {
    /// `[N, C]` row-major; empty before the number of classes is known.
    sums: Vec<f64>,
    /// `[N]`
    counts: Vec<u64>,
}

impl Prediction {
    pub fn new(examples: usize) -> Self {
        Self { sums: Vec::new(), counts: vec![0; examples] }
    }

    /// The class with the largest sum, and the mean.
    fn read(row: &[f64], count: u64) -> Option<(f64, f64)> {
        let first_largest = |a: (usize, f64), b: (usize, f64)| if b.1 > a.1 { b } else { a };
        let (label, sum) = row.iter().copied().enumerate().reduce(first_largest)?;
        let defined = count > 0 && row.iter().all(|sum| sum.is_finite());
        defined.then(|| (label as f64, sum / count as f64))
    }
}

impl Follow for Prediction {
    fn begin(&mut self, outputs: usize) {
        self.sums = vec![0.0; self.counts.len() * outputs];
    }

    fn outputs(&mut self, example: usize, seen: &Outputs<'_>) {
        let sums = self.sums.iter_mut().skip(example * seen.logits.len());
        for (sum, probability) in sums.zip(Softmax::of(seen.logits).probabilities()) {
            *sum += probability;
        }
        self.counts[example] += 1;
    }

    fn memory(&self) -> Vec<(&'static str, Vec<f64>)> {
        vec![("sums", self.sums.clone()), ("counts", self.counts.iter().map(|&count| count as f64).collect())]
    }

    fn restore(&mut self, lists: &mut dyn Iterator<Item = Vec<f64>>) {
        self.sums = lists.next().unwrap_or_default();
        self.counts = lists.next().unwrap_or_default().into_iter().map(|count| count as u64).collect();
    }

    fn columns(&self) -> Vec<Vec<Option<f64>>> {
        let width = self.sums.len().checked_div(self.counts.len()).unwrap_or(0).max(1);
        let rows = self.sums.chunks_exact(width).zip(&self.counts);
        let read: Vec<Option<(f64, f64)>> = rows.map(|(row, &count)| Self::read(row, count)).collect();
        vec![
            read.iter().map(|read| read.map(|(label, _)| label)).collect(),
            read.iter().map(|read| read.map(|(_, probability)| probability)).collect(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let mut prediction = Prediction::new(3);
        prediction.begin(2);
        let ln3 = 3.0_f64.ln();
        let mut see = |example, logits: &[f64]| {
            prediction.outputs(example, &Outputs { step: 0, logits, class: 0, learnt: false });
        };
        // probabilities 1/4 and 3/4, 1/2 and 1/2
        see(0, &[0.0, ln3]);
        see(0, &[7.0, 7.0]);
        see(1, &[f64::NAN, 0.0]);
        let columns = prediction.columns();
        assert_eq!(columns[0], [Some(1.0), None, None]);
        assert!((columns[1][0].unwrap() - 0.625).abs() < 1e-15, "{columns:?}");
        let mut resumed = Prediction::new(3);
        resumed.begin(2);
        resumed.restore(&mut prediction.memory().into_iter().map(|(_, list)| list));
        assert_eq!(resumed.columns(), columns);
    }
}
