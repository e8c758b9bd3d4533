use consilience_gradients::{Quantity, Schedule, Statistic};
use consilience_tensor::Real;
use serde::{Deserialize, Serialize};

use crate::SpecError;
use crate::examples::{Score, SharesSpec};
use crate::nearest::nearest;
use crate::spec::require;

/// The `[monitor]` table of a configuration file: what is measured of the gradients while training.
///
/// ```
/// use consilience_train::{MonitorSpec, Schedule};
///
/// let spec: MonitorSpec = toml::from_str(r#"quantities = ["gsnr", "m_coherence"]"#)?;
/// assert_eq!(spec.every, Schedule::Every(10));
/// let spec: MonitorSpec = toml::from_str(r#"every = "log""#)?;
/// assert_eq!(spec.every, Schedule::Log);
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MonitorSpec {
    /// Names of quantities, as in [`Quantity::ALL`]. Default: none.
    pub quantities: Vec<String>,
    /// When they are due: every so many steps, `"log"` for steps 0 to 9, 10 to 90 by 10, 100 to 900 by 100 and so on, or a list
    /// of steps. The last step is always due. Default 10.
    pub every: Schedule,
    /// Examples of the fixed probe batch, drawn from the training data once per run, on which kernels of the outputs are
    /// measured. Default 128.
    pub probe: usize,
    /// Examples per micro-batch, for quantities that compare micro-batches of the batch: a divisor of the batch size, or of
    /// `train.micro_batch`. Default: those that training works in, and an eighth of the batch when it works in none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub micro_batch: Option<usize>,
    /// Names of scores of training examples, as in [`Score::ALL`]. Default: none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scores: Vec<String>,
    /// When scores that are read from gradients are due, as `every`, but of a list these steps alone; scores that are read from
    /// outputs see every evaluation. Default: once an epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scores_every: Option<Schedule>,
    /// The pristine and corrupt shares of the training set's gradient. Default: none; `{}` takes every default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shares: Option<SharesSpec>,
}

impl Default for MonitorSpec {
    fn default() -> Self {
        Self {
            quantities: Vec::new(),
            every: Schedule::Every(10),
            probe: 128,
            micro_batch: None,
            scores: Vec::new(),
            scores_every: None,
            shares: None,
        }
    }
}

impl MonitorSpec {
    /// The quantities named, each once, in their order.
    ///
    /// # Errors
    /// [`SpecError::UnknownQuantity`] with the nearest name.
    pub fn resolve(&self) -> Result<Vec<Quantity>, SpecError> {
        let mut resolved = Vec::new();
        let names = || Quantity::ALL.iter().map(|quantity| quantity.name());
        for name in &self.quantities {
            let quantity = Quantity::named(name).ok_or_else(|| SpecError::UnknownQuantity {
                name: name.clone(),
                nearest: nearest(name, names()).map(str::to_owned),
            })?;
            if !resolved.contains(&quantity) {
                resolved.push(quantity);
            }
        }
        Ok(resolved)
    }

    /// The scores named, each once, in their order.
    ///
    /// # Errors
    /// [`SpecError::UnknownScore`] with the nearest name.
    pub fn resolve_scores(&self) -> Result<Vec<Score>, SpecError> {
        let mut resolved = Vec::new();
        let names = || Score::ALL.iter().map(|score| score.name());
        for name in &self.scores {
            let score = Score::named(name).ok_or_else(|| SpecError::UnknownScore {
                name: name.clone(),
                nearest: nearest(name, names()).map(str::to_owned),
            })?;
            if !resolved.contains(&score) {
                resolved.push(score);
            }
        }
        Ok(resolved)
    }

    /// Checks everything that can be checked without data and network; [`train`](crate::train) begins with it.
    ///
    /// # Errors
    /// Names the key, the range and the value; an unknown quantity or score with the nearest name.
    pub fn validate(&self) -> Result<(), SpecError> {
        require(self.every != Schedule::Every(0), "every", "at least 1, \"log\" or a list", &0)?;
        require(self.micro_batch != Some(0), "micro_batch", "at least 1", &0)?;
        require(self.probe > 0, "probe", "at least 1", &0)?;
        let due = self.scores_every != Some(Schedule::Every(0));
        require(due, "scores_every", "at least 1, \"log\" or a list", &0)?;
        self.shares.as_ref().map_or(Ok(()), SharesSpec::validate)?;
        self.resolve_scores()?;
        self.resolve().map(|_| ())
    }
}

/// What is measured of the gradients while training: the settings, and quantities of the caller's own, which are due when the
/// named ones are and share their backward pass.
#[derive(Clone, Debug)]
pub struct Monitor<'a, R> {
    pub(crate) spec: &'a MonitorSpec,
    own: Vec<&'a dyn Statistic<R>>,
}

impl<'a, R: Real> Monitor<'a, R> {
    /// The quantities that `spec` names.
    pub const fn new(spec: &'a MonitorSpec) -> Self {
        Self { spec, own: Vec::new() }
    }

    /// Measures `statistic`, too. Its name must be its own.
    #[must_use]
    pub fn with(mut self, statistic: &'a dyn Statistic<R>) -> Self {
        self.own.push(statistic);
        self
    }

    /// Everything that is measured: first what is named, then the caller's own.
    ///
    /// # Errors
    /// As for [`MonitorSpec::resolve`]; when two have one name.
    pub(crate) fn resolve(&self) -> Result<Vec<&'a dyn Statistic<R>>, SpecError> {
        let named = self.spec.resolve()?;
        // those of the registry live as long as the program
        let named = named.iter().filter_map(|named| Quantity::ALL.iter().find(|known| *known == named));
        let mut all: Vec<&'a dyn Statistic<R>> = Vec::new();
        for statistic in named.map(|quantity| quantity as &dyn Statistic<R>).chain(self.own.iter().copied()) {
            let name = statistic.description().name;
            let is_new = all.iter().all(|known| known.description().name != name);
            require(is_new, "quantities", "names that differ", &format!("`{name}` twice"))?;
            all.push(statistic);
        }
        Ok(all)
    }
}

impl<'a, R: Real> From<&'a MonitorSpec> for Monitor<'a, R> {
    fn from(spec: &'a MonitorSpec) -> Self {
        Self::new(spec)
    }
}
