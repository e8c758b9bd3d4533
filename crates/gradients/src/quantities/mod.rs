//! Quantities: numbers about training that are read from reductions of per-example gradients. The rule of this folder is in
//! its README; the table of all quantities is [`Quantity`](crate::Quantity).

mod correlation;
pub(crate) mod early_stopping;
mod evidence;
pub(crate) mod feature_target_correlation;
pub(crate) mod fisher_trace;
pub(crate) mod gradient_confusion;
pub(crate) mod gradient_disparity;
pub(crate) mod gradient_diversity;
pub(crate) mod gsnr;
pub(crate) mod gsnr_single;
pub(crate) mod hessian_top_eigenvalue;
pub(crate) mod hessian_trace;
pub(crate) mod inner_product_test;
pub(crate) mod jacobian_norms;
pub(crate) mod kernel_alignment;
pub(crate) mod kernel_spectrum;
mod largest_tenth;
pub(crate) mod log_determinant_kernel;
pub(crate) mod m_coherence;
pub(crate) mod mean_example_gradient_norm;
pub(crate) mod mean_gradient_norm;
pub(crate) mod micro_batch_gradient_confusion;
pub(crate) mod micro_batch_gradient_norm;
mod needs;
pub(crate) mod norm_test;
pub(crate) mod opposite_sign_share;
mod order_statistics;
pub(crate) mod orthogonality_test;
pub(crate) mod osgr;
mod products;
mod ratios;
pub(crate) mod sharpness;
pub(crate) mod sign_agreement;
pub(crate) mod simple_noise_scale;
pub(crate) mod stiffness;
pub(crate) mod trace_kernel;
pub(crate) mod two_batch_noise_scale;
pub(crate) mod weight_gradient_correlation;

pub use correlation::correlation;
pub use evidence::{Evidence, MicroBatches, ParameterEvidence};
pub use needs::Needs;
pub use products::Products;

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

/// A value of the whole network.
pub const fn value(name: &'static str, title: &'static str) -> ValueDescription {
    ValueDescription { name, title, per_parameter: false }
}

/// A value of the whole network that is given for each of its parameters, too.
pub const fn value_per_parameter(name: &'static str, title: &'static str) -> ValueDescription {
    ValueDescription { name, title, per_parameter: true }
}

/// `numerator / denominator`, undefined when the denominator is 0 or the ratio is not finite.
pub fn ratio(numerator: f64, denominator: f64) -> Option<f64> {
    Some(numerator / denominator).filter(|ratio| denominator != 0.0 && ratio.is_finite())
}
