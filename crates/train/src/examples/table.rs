use consilience_data::Dataset;

/// The scores of a run: one row per training example, in the order of the training data.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ExampleTable {
    /// The index of every example in its source, `[N]`.
    pub ids: Vec<usize>,
    /// The given labels, `[N]`; empty when targets are values.
    pub given: Vec<u32>,
    /// The true labels, `[N]`; empty when targets are values.
    pub truth: Vec<u32>,
    /// Whether the two differ, `[N]`.
    pub corrupt: Vec<bool>,
    /// The columns of the scores, by name, `[N]` each. `None` where a score is undefined.
    pub scores: Vec<(String, Vec<Option<f64>>)>,
}

impl ExampleTable {
    /// The rows of `data`, without scores.
    pub(crate) fn of(data: &Dataset) -> Self {
        Self {
            ids: data.ids().to_vec(),
            given: data.labels().unwrap_or_default().to_vec(),
            truth: data.true_labels().unwrap_or_default().to_vec(),
            corrupt: (0..data.len()).map(|index| data.is_corrupt(index)).collect(),
            scores: Vec::new(),
        }
    }

    /// Adds a column, with what is not a number left undefined.
    pub(crate) fn push(&mut self, name: &str, values: Vec<Option<f64>>) {
        let values = values.into_iter().map(|value| value.filter(|value| !value.is_nan())).collect();
        self.scores.push((name.to_owned(), values));
    }

    /// The column called `name`.
    pub fn score(&self, name: &str) -> Option<&[Option<f64>]> {
        self.scores.iter().find(|(known, _)| known == name).map(|(_, values)| values.as_slice())
    }
}
