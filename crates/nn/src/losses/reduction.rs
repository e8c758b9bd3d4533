use serde::{Deserialize, Serialize};

/// What the loss of a batch is, given the loss of each example.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reduction {
    /// The mean over examples.
    #[default]
    Mean,
    /// The sum over examples.
    Sum,
}

impl Reduction {
    /// What each example's loss (and gradient) is multiplied by before the batch is summed: `1 / examples` or 1.
    pub fn weight(self, examples: usize) -> f64 {
        match self {
            Self::Mean => 1.0 / examples as f64,
            Self::Sum => 1.0,
        }
    }
}
