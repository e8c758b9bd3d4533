use consilience_nn::Precision;
use serde::{Deserialize, Serialize};

use super::jacobian::Along;
use super::{
    FisherTrace, GradientNorm, InputGradient, Jacobian, KernelLogDeterminant, KernelTrace, Penalty, PenaltyEntry,
    Sharpness, SquaredNorm, Weight, fisher_trace, gradient_norm, input_gradient, jacobian, kernel_log_determinant,
    kernel_trace, sharpness, weight,
};
use crate::SpecError;
use crate::spec::require;

/// An entry of `[[train.penalty]]` in configuration files. `consilience explain KIND` says which options a kind has.
///
/// ```
/// use consilience_train::PenaltySpec;
/// let spec: PenaltySpec = toml::from_str("kind = 'gradient_norm'\nweight = 0.01\nover = 'one'")?;
/// assert!(spec.validate().is_ok());
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PenaltySpec {
    /// Which penalty.
    pub kind: PenaltyKind,
    /// `lambda`, which multiplies the penalty before it is added to the mean loss of the batch; at least 0.
    pub weight: f64,
    /// Of the micro-batches that training works in (`micro_batch` of `[train]`; without it, the whole batch is the only one):
    /// the average over all, or one drawn at random at each step. Default `all`.
    #[serde(default)]
    pub over: Over,
    /// Whether every example counts as a micro-batch of its own. Default false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_example: Option<bool>,
    /// The length, in parameter space, of the step of a forward finite difference. Default: none, exact derivatives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<f64>,
    /// Whether outputs are averaged, summed or, in a determinant, kept apart: `mean`, `sum`, `full`. Default `mean`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outputs: Option<OverOutputs>,
    /// Whether one vector of random signs per example stands for the sum over outputs. Default false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate: Option<bool>,
    /// The ridge of a determinant, relative to the mean of the diagonal. Default 1e-3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ridge: Option<f64>,
    /// How far uphill the loss is compared. Default 0.05.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub radius: Option<f64>,
}

/// Which penalty.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PenaltyKind {
    /// [`Weight`].
    Weight,
    /// [`GradientNorm`].
    GradientNorm,
    /// [`InputGradient`].
    InputGradient,
    /// [`FisherTrace`].
    FisherTrace,
    /// [`Jacobian`] of the mean or sum of the outputs.
    AverageJacobian,
    /// [`Jacobian`] along a random direction.
    UnitJacobian,
    /// [`KernelTrace`].
    KernelTrace,
    /// [`KernelLogDeterminant`].
    KernelLogDeterminant,
    /// [`Sharpness`].
    Sharpness,
}

/// At which micro-batches of a step a penalty is evaluated.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Over {
    /// At all, and averaged.
    #[default]
    All,
    /// At one, drawn at random.
    One,
}

/// What becomes of the outputs of one example.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverOutputs {
    /// They are averaged.
    #[default]
    Mean,
    /// They are summed.
    Sum,
    /// They are kept apart; for a determinant alone.
    Full,
}

impl OverOutputs {
    /// What a sum over `classes` outputs is multiplied with.
    pub(super) fn weight(self, classes: usize) -> f64 {
        match self {
            Self::Mean => 1.0 / classes as f64,
            Self::Sum | Self::Full => 1.0,
        }
    }
}

impl PenaltyKind {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Self; 9] = [
        Self::Weight,
        Self::GradientNorm,
        Self::InputGradient,
        Self::FisherTrace,
        Self::AverageJacobian,
        Self::UnitJacobian,
        Self::KernelTrace,
        Self::KernelLogDeterminant,
        Self::Sharpness,
    ];

    /// What `list` and `explain` show.
    pub const fn entry(self) -> &'static PenaltyEntry {
        match self {
            Self::Weight => &weight::ENTRY,
            Self::GradientNorm => &gradient_norm::ENTRY,
            Self::InputGradient => &input_gradient::ENTRY,
            Self::FisherTrace => &fisher_trace::ENTRY,
            Self::AverageJacobian => &jacobian::AVERAGE,
            Self::UnitJacobian => &jacobian::UNIT,
            Self::KernelTrace => &kernel_trace::ENTRY,
            Self::KernelLogDeterminant => &kernel_log_determinant::ENTRY,
            Self::Sharpness => &sharpness::ENTRY,
        }
    }

    /// The options that it has, beside `weight` and `over`.
    const fn options(self) -> &'static [&'static str] {
        match self {
            Self::Weight | Self::InputGradient => &[],
            Self::GradientNorm | Self::FisherTrace | Self::UnitJacobian => &["per_example", "step"],
            Self::AverageJacobian => &["per_example", "step", "outputs"],
            Self::KernelTrace => &["outputs", "estimate"],
            Self::KernelLogDeterminant => &["outputs", "ridge"],
            Self::Sharpness => &["radius"],
        }
    }
}

impl PenaltySpec {
    /// A penalty with every option at its default.
    pub const fn new(kind: PenaltyKind, weight: f64) -> Self {
        Self {
            kind,
            weight,
            over: Over::All,
            per_example: None,
            step: None,
            outputs: None,
            estimate: None,
            ridge: None,
            radius: None,
        }
    }

    /// The name of the kind.
    pub const fn name(&self) -> &'static str {
        self.kind.entry().name
    }

    /// Whether the gradients of single examples must exist.
    pub fn is_per_example(&self) -> bool {
        matches!(self.kind, PenaltyKind::KernelTrace | PenaltyKind::KernelLogDeterminant)
            || self.per_example == Some(true)
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// Names the key, the range and the value, or the option that the kind has not.
    pub fn validate(&self) -> Result<(), SpecError> {
        let weight = self.weight;
        require(weight.is_finite() && weight >= 0.0, "penalty.weight", "a finite number of at least 0", &weight)?;
        for (key, value) in
            [("penalty.step", self.step), ("penalty.ridge", self.ridge), ("penalty.radius", self.radius)]
        {
            let value = value.unwrap_or(1.0);
            require(value.is_finite() && value > 0.0, key, "a finite number above 0", &value)?;
        }
        let given = [
            ("per_example", self.per_example.is_some()),
            ("step", self.step.is_some()),
            ("outputs", self.outputs.is_some()),
            ("estimate", self.estimate.is_some()),
            ("ridge", self.ridge.is_some()),
            ("radius", self.radius.is_some()),
        ];
        let options = self.kind.options();
        if let Some((key, _)) = given.into_iter().find(|(key, given)| *given && !options.contains(key)) {
            let has = if options.is_empty() { "none but `over`".to_owned() } else { options.join(", ") };
            let expected = format!("an option of `{}`: {has}", self.name());
            return Err(SpecError::OutOfRange { key: "penalty", expected, got: format!("`{key}`") });
        }
        let apart = self.outputs == Some(OverOutputs::Full) && self.kind != PenaltyKind::KernelLogDeterminant;
        require(!apart, "penalty.outputs", &format!("`mean` or `sum` for `{}`", self.name()), &"full")?;
        let both = self.per_example == Some(true) && self.step.is_some();
        if both {
            return Err(SpecError::Conflict { first: "penalty.per_example", second: "penalty.step" });
        }
        Ok(())
    }

    /// The penalty described.
    pub fn build<R: Precision>(&self) -> Box<dyn Penalty<R>> {
        let norm = SquaredNorm { per_example: self.per_example.unwrap_or(false), step: self.step };
        let outputs = self.outputs.unwrap_or_default();
        match self.kind {
            PenaltyKind::Weight => Box::new(Weight),
            PenaltyKind::GradientNorm => Box::new(GradientNorm(norm)),
            PenaltyKind::InputGradient => Box::new(InputGradient),
            PenaltyKind::FisherTrace => Box::new(FisherTrace(norm)),
            PenaltyKind::AverageJacobian => Box::new(Jacobian { along: Along::All(outputs), norm }),
            PenaltyKind::UnitJacobian => Box::new(Jacobian { along: Along::RandomUnit, norm }),
            PenaltyKind::KernelTrace => Box::new(KernelTrace { outputs, estimate: self.estimate.unwrap_or(false) }),
            PenaltyKind::KernelLogDeterminant => {
                Box::new(KernelLogDeterminant { outputs, ridge: self.ridge.unwrap_or(KernelLogDeterminant::RIDGE) })
            }
            PenaltyKind::Sharpness => Box::new(Sharpness { radius: self.radius.unwrap_or(Sharpness::RADIUS) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_must_be_those_of_the_kind() {
        let refused = |text: &str| toml::from_str::<PenaltySpec>(text).unwrap().validate().unwrap_err().to_string();
        assert_eq!(
            refused("kind = 'kernel_trace'\nweight = 1.0\nradius = 0.1"),
            "penalty: expected an option of `kernel_trace`: outputs, estimate, got `radius`"
        );
        assert_eq!(
            refused("kind = 'weight'\nweight = 1.0\nstep = 0.1"),
            "penalty: expected an option of `weight`: none but `over`, got `step`"
        );
        assert_eq!(
            refused("kind = 'kernel_trace'\nweight = 1.0\noutputs = 'full'"),
            "penalty.outputs: expected `mean` or `sum` for `kernel_trace`, got full"
        );
        assert!(refused("kind = 'gradient_norm'\nweight = nan").contains("at least 0, got NaN"));
        assert!(
            refused("kind = 'gradient_norm'\nweight = 1.0\nper_example = true\nstep = 0.1").contains("cannot both")
        );
        assert!(refused("kind = 'sharpness'\nweight = 1.0\nradius = 0.0").starts_with("penalty.radius"));
    }

    #[test]
    fn names_are_those_of_configuration_files() {
        for kind in PenaltyKind::ALL {
            let text = format!("kind = '{}'\nweight = 0.5", kind.entry().name);
            assert_eq!(toml::from_str::<PenaltySpec>(&text).unwrap(), PenaltySpec::new(kind, 0.5));
        }
    }
}
