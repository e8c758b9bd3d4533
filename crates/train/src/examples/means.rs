/// Means over time, one per example.
#[derive(Clone, Debug)]
pub(super) struct Means {
    sums: Vec<f64>,
    counts: Vec<u64>,
}

impl Means {
    /// Of nothing yet.
    pub fn new(examples: usize) -> Self {
        Self { sums: vec![0.0; examples], counts: vec![0; examples] }
    }

    /// Counts `value` for `example`.
    pub fn add(&mut self, example: usize, value: f64) {
        self.sums[example] += value;
        self.counts[example] += 1;
    }

    /// The means; `None` of nothing.
    pub fn values(&self) -> Vec<Option<f64>> {
        let mean = |(&sum, &count): (&f64, &u64)| (count > 0).then(|| sum / count as f64);
        self.sums.iter().zip(&self.counts).map(mean).collect()
    }
}
