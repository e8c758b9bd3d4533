use consilience_data::LastBatch;
use consilience_nn::losses::Loss;
use serde::{Deserialize, Serialize};

use crate::optimizers::{Recorded, TransformSpec};
use crate::penalties::PenaltyKind;
use crate::{AggregatorSpec, BatchSize, PenaltySpec, Rate, Schedule, SpecError};

/// The `[train]` table of a configuration file: how a network is trained. Every key may be left out.
///
/// ```
/// use consilience_train::{AggregatorSpec, BatchSize, TrainSpec};
///
/// let spec: TrainSpec = toml::from_str(
///     r#"
///     batch_size = 128
///     epochs = 5
///     aggregator = { kind = "winsorized", percent = 2.0 }
///     "#,
/// )?;
/// assert_eq!(spec.batch_size, BatchSize::Examples(128));
/// assert_eq!(spec.aggregator, AggregatorSpec::Winsorized { percent: Some(2.0), count: None });
/// assert_eq!(spec.steps_in_total(1000), 5 * 8);
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainSpec {
    /// Examples per update, or `"full"`. Default 100.
    pub batch_size: BatchSize,
    /// Passes over the training data. Default 10, unless `steps` is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epochs: Option<u64>,
    /// Updates, instead of `epochs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<u64>,
    /// The learning rate, above 0, or its schedule. Default 0.1.
    pub learning_rate: Rate,
    /// `v <- momentum v + g`, from 0 to below 1 (`PyTorch`'s convention). Default 0.
    pub momentum: f64,
    /// `g <- g + weight_decay theta`, at least 0 (as in `PyTorch`'s SGD). Default 0.
    pub weight_decay: f64,
    /// Transforms of the direction, in their order, after weight decay and momentum. Default: none, which is plain SGD.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub optimizer: Vec<TransformSpec>,
    /// What is added to the loss. Default: nothing.
    #[serde(rename = "penalty", skip_serializing_if = "Vec::is_empty")]
    pub penalties: Vec<PenaltySpec>,
    /// Parameters that are not trained: names, or beginnings of names up to a dot, such as `"0"` for `0.weight` and `0.bias`.
    /// They have no part in the length of an update; quantities, penalties and aggregator `clipped` count their gradients all the
    /// same. Default: none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub frozen: Vec<String>,
    /// What makes one direction out of per-example gradients. Default `{ kind = "mean" }`.
    pub aggregator: AggregatorSpec,
    /// The loss. Default `softmax_cross_entropy`.
    pub loss: Loss,
    /// What happens to examples left over when the batch size does not divide their number: `keep` or `drop`. Default `keep`.
    pub last_batch: LastBatch,
    /// Examples per forward and backward pass: the gradient of a batch is summed over its micro-batches, each of which is
    /// normalised with its own batch statistics. Default: the whole batch at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub micro_batch: Option<usize>,
    /// After how many updates there is an evaluation: a number between evaluations, `"log"`, or a list. There is always one at
    /// the end. Default: once an epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evaluate_every: Option<Schedule>,
    /// Whether to evaluate before the first update, too. Default false.
    pub evaluate_at_start: bool,
    /// Examples per pass of an evaluation. Default 1000.
    pub evaluation_batch: usize,
    /// How many training examples, drawn once per run, are evaluated. Default: all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evaluate_train: Option<usize>,
}

impl Default for TrainSpec {
    fn default() -> Self {
        Self {
            batch_size: BatchSize::Examples(100),
            epochs: None,
            steps: None,
            learning_rate: Rate::default(),
            momentum: 0.0,
            weight_decay: 0.0,
            optimizer: Vec::new(),
            penalties: Vec::new(),
            frozen: Vec::new(),
            aggregator: AggregatorSpec::default(),
            loss: Loss::default(),
            last_batch: LastBatch::default(),
            micro_batch: None,
            evaluate_every: None,
            evaluate_at_start: false,
            evaluation_batch: 1000,
            evaluate_train: None,
        }
    }
}

impl TrainSpec {
    /// The number of epochs when neither `epochs` nor `steps` is given.
    pub const DEFAULT_EPOCHS: u64 = 10;

    /// Checks everything that can be checked without data and network; [`train`](crate::train) begins with it.
    ///
    /// # Errors
    /// Names the key, the range and the value.
    pub fn validate(&self) -> Result<(), SpecError> {
        if self.epochs.is_some() && self.steps.is_some() {
            return Err(SpecError::Conflict { first: "epochs", second: "steps" });
        }
        let counts = [
            ("batch_size", if let BatchSize::Examples(size) = self.batch_size { Some(size as u64) } else { None }),
            ("epochs", self.epochs),
            ("steps", self.steps),
            ("micro_batch", self.micro_batch.map(|size| size as u64)),
            ("evaluation_batch", Some(self.evaluation_batch as u64)),
            ("evaluate_train", self.evaluate_train.map(|size| size as u64)),
        ];
        for (key, count) in counts {
            require(count != Some(0), key, "at least 1", &0)?;
        }
        require(
            self.evaluate_every != Some(Schedule::Every(0)),
            "evaluate_every",
            "at least 1, \"log\" or a list",
            &0,
        )?;
        self.learning_rate.validate()?;
        require((0.0..1.0).contains(&self.momentum), "momentum", "from 0 to below 1", &self.momentum)?;
        let decay = self.weight_decay;
        require(decay.is_finite() && decay >= 0.0, "weight_decay", "a finite number of at least 0", &decay)?;
        if let (BatchSize::Examples(batch), Some(micro)) = (self.batch_size, self.micro_batch) {
            require(micro <= batch, "micro_batch", &format!("at most the batch size, {batch}"), &micro)?;
        }
        for transform in &self.optimizer {
            transform.validate()?;
            let micro_batches = self.micro_batch.is_some() || self.aggregator.compares_micro_batches();
            require(
                micro_batches || !transform.uses_micro_batch_norm(),
                "micro_batch",
                &format!("a number, for `{}` to read", transform.name()),
                &"none",
            )?;
        }
        for penalty in &self.penalties {
            penalty.validate()?;
            require(
                self.loss == Loss::SoftmaxCrossEntropy || penalty.kind != PenaltyKind::FisherTrace,
                "loss",
                "`softmax_cross_entropy` beside penalty `fisher_trace`, which draws labels from probabilities",
                &self.loss.name(),
            )?;
        }
        self.aggregator.validate()?;
        self.check_momentum()?;
        if let (Some(micro), false) = (self.micro_batch, self.aggregator.sums_over_micro_batches()) {
            let expected = "left out: this aggregator has its own use for the examples of a batch";
            return Err(SpecError::OutOfRange {
                key: "micro_batch",
                expected: expected.to_owned(),
                got: format!("{micro} beside aggregator `{}`", self.aggregator.name()),
            });
        }
        Ok(())
    }

    /// # Errors
    /// When there is momentum beside an aggregator that its authors refuse it for.
    fn check_momentum(&self) -> Result<(), SpecError> {
        if !self.aggregator.refuses_momentum() {
            return Ok(());
        }
        let name = self.aggregator.name();
        let expected = format!("none beside aggregator `{name}`, because momentum makes its training unstable");
        require(self.momentum == 0.0, "momentum", &expected, &self.momentum)?;
        let transform = self.optimizer.iter().find(|transform| transform.has_momentum());
        require(transform.is_none(), "optimizer", &expected, &transform.map_or("", TransformSpec::name))
    }

    /// Gets what other runs recorded, for the transforms that need it: `read` is given the directory of a run and the name of a
    /// quantity, and returns pairs of step and value. To be called before [`train`](crate::train), which knows no files.
    ///
    /// # Errors
    /// Whatever `read` fails with.
    pub fn resolve<E>(&mut self, mut read: impl FnMut(&str, &str) -> Result<Vec<(u64, f64)>, E>) -> Result<(), E> {
        for transform in &mut self.optimizer {
            if let TransformSpec::GraftRecorded { run, quantity, recorded } = transform {
                *recorded = Recorded::new(read(run, quantity)?);
            }
        }
        Ok(())
    }

    /// Updates per epoch on `examples` training examples.
    pub fn steps_per_epoch(&self, examples: usize) -> u64 {
        let BatchSize::Examples(size) = self.batch_size else { return 1 };
        let steps = match self.last_batch {
            LastBatch::Keep => examples.div_ceil(size.max(1)),
            LastBatch::Drop => examples / size.max(1),
        };
        steps as u64
    }

    /// Updates of the whole run on `examples` training examples, unless it stops early.
    pub fn steps_in_total(&self, examples: usize) -> u64 {
        self.steps.unwrap_or_else(|| {
            let epochs = self.epochs.unwrap_or(Self::DEFAULT_EPOCHS);
            epochs.saturating_mul(self.steps_per_epoch(examples))
        })
    }
}

/// # Errors
/// [`SpecError::OutOfRange`] unless `holds`.
pub(crate) fn require(holds: bool, key: &'static str, expected: &str, got: &impl ToString) -> Result<(), SpecError> {
    if holds {
        return Ok(());
    }
    Err(SpecError::OutOfRange { key, expected: expected.to_owned(), got: got.to_string() })
}
