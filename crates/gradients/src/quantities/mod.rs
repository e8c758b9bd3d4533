//! Quantities: numbers about training that are read from reductions of per-example gradients. The rule of this folder is in
//! its README; the table of all quantities is [`Quantity`](crate::Quantity).

mod evidence;
pub(crate) mod gsnr;
pub(crate) mod m_coherence;
pub(crate) mod mean_example_gradient_norm;
pub(crate) mod mean_gradient_norm;
mod needs;
pub(crate) mod sign_agreement;
pub(crate) mod simple_noise_scale;
pub(crate) mod trace_kernel;

pub use evidence::{Evidence, ParameterEvidence, Probe};
pub use needs::Needs;
pub use trace_kernel::measure as measure_probe;

/// A named value; `None` when it is undefined.
pub type Value = (String, Option<f64>);

/// What a quantity is: what `list` and `explain` print, what plots are titled with, and what the engine must compute.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Description {
    /// The name, as in configuration files.
    pub name: &'static str,
    /// One line.
    pub summary: &'static str,
    /// The page of `explain`: definition, range, reading, when undefined, cost, source.
    pub explanation: &'static str,
    /// The values it gives, in order.
    pub values: &'static [ValueDescription],
    /// What it is read from.
    pub needs: Needs,
}

/// One value of a quantity.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ValueDescription {
    /// The name in records.
    pub name: &'static str,
    /// What it is, for the title of a plot.
    pub title: &'static str,
    /// Whether it is given for each parameter of the network, too, as `name/parameter`.
    pub per_parameter: bool,
}

const fn value(name: &'static str, title: &'static str) -> ValueDescription {
    ValueDescription { name, title, per_parameter: false }
}

const fn value_per_parameter(name: &'static str, title: &'static str) -> ValueDescription {
    ValueDescription { name, title, per_parameter: true }
}

/// `numerator / denominator`, undefined when the denominator is 0 or the ratio is not finite.
fn ratio(numerator: f64, denominator: f64) -> Option<f64> {
    Some(numerator / denominator).filter(|ratio| denominator != 0.0 && ratio.is_finite())
}
