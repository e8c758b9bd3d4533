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

    /// What [`Follow::memory`](super::Follow::memory) asks for.
    pub fn memory(&self) -> Vec<(&'static str, Vec<f64>)> {
        vec![("sums", self.sums.clone()), ("counts", self.counts.iter().map(|&count| count as f64).collect())]
    }

    /// What [`Follow::restore`](super::Follow::restore) asks for.
    pub fn restore(&mut self, lists: &mut dyn Iterator<Item = Vec<f64>>) {
        self.sums = lists.next().unwrap_or_default();
        self.counts = lists.next().unwrap_or_default().into_iter().map(|count| count as u64).collect();
    }

    /// The means; `None` of nothing.
    pub fn values(&self) -> Vec<Option<f64>> {
        let mean = |(&sum, &count): (&f64, &u64)| (count > 0).then(|| sum / count as f64);
        self.sums.iter().zip(&self.counts).map(mean).collect()
    }
}
