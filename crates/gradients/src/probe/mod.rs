//! What is measured on a fixed probe batch, in evaluation mode, by passes of its own: one file per measurement.
//!
//! Quantities say with their [`Needs`] which measurements they read; [`measure_probe`] runs each of those once.

mod curvature;
mod features;
mod fisher;
mod gradient_change;
mod jacobian;
mod kernel;
mod sharpness;

pub use curvature::{HessianTop, HessianTrace};
pub use features::Features;
pub use fisher::FisherTrace;
pub use jacobian::JacobianNorms;

use consilience_nn::losses::{Loss, Targets};
use consilience_nn::{Mode, Network, Precision};
use consilience_tensor::Cpu;

use crate::quantities::Needs;
use crate::second_order::Point;
use crate::{GradientError, Kernel, kernel_trace};

/// A fixed batch, and how it is measured.
#[derive(Clone, Debug)]
pub struct ProbeBatch<'a, R> {
    /// The inputs, `n x h x w x c`.
    pub inputs: Cpu<R>,
    /// What the outputs are compared with.
    pub targets: &'a Targets,
    /// How they are compared.
    pub loss: Loss,
    /// How it is measured.
    pub settings: ProbeSettings,
}

/// How a probe batch is measured.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ProbeSettings {
    /// Of everything random: sampled labels, random directions. The same seed at every step makes curves over steps smooth.
    pub seed: u64,
    /// Examples of a micro-batch, for [`JacobianNorms`]. Default 128.
    pub micro_batch: usize,
    /// Random vectors for [`HessianTrace`]. Default 32.
    pub hessian_samples: usize,
    /// The most Hessian-vector products for [`HessianTop`]. Default 100, as in `PyHessian`.
    pub power_iterations: usize,
    /// The relative change of the eigenvalue at which power iteration stops. Default 1e-3, as in `PyHessian`.
    pub power_tolerance: f64,
    /// The length of the step of [`Probe::sharpness`]. Default 0.05, as for SAM.
    pub sharpness_radius: f64,
}

impl ProbeSettings {
    /// The defaults, with a seed.
    pub const fn new(seed: u64) -> Self {
        Self {
            seed,
            micro_batch: 128,
            hessian_samples: 32,
            power_iterations: 100,
            power_tolerance: 1e-3,
            sharpness_radius: 0.05,
        }
    }
}

/// What was measured on a probe batch; what was not needed is `None`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Probe {
    /// Examples, `n`.
    pub examples: usize,
    /// Outputs per example, `C`.
    pub outputs: usize,
    /// The targets as numbers, row-major `n x C`; classes as 0 and 1, unknown ones not a number.
    pub targets: Vec<f64>,
    /// `tr K = sum_n sum_c |grad f_c(x_n)|^2`.
    pub trace: Option<f64>,
    /// `K[n, m] = sum_c <grad f_c(x_n), grad f_c(x_m)>`.
    pub kernel: Option<Kernel>,
    /// The trace of the Fisher information; `None` for another loss than the softmax cross-entropy, too.
    pub fisher: Option<FisherTrace>,
    /// Norms of the gradients of mean outputs of micro-batches.
    pub jacobian: Option<JacobianNorms>,
    /// The trace of the Hessian of the mean loss.
    pub hessian_trace: Option<HessianTrace>,
    /// The eigenvalue of largest magnitude of the Hessian of the mean loss.
    pub hessian_top: Option<HessianTop>,
    /// `L(theta + rho g / |g|) - L(theta)` for the mean loss `L`, its gradient `g` and the radius `rho`; `None` where `g` is zero.
    pub sharpness: Option<f64>,
    /// What enters the second layer with a weight; `None` when there is no second.
    pub features: Option<Features>,
    /// `-H g` for the mean loss: the change of its gradient by a step of gradient descent, per unit of learning rate, in the
    /// limit of a small one. One array per parameter.
    pub gradient_change: Option<Vec<Vec<f64>>>,
}

/// Measures on a probe batch what `needs` names, in evaluation mode: running statistics, no dropout.
///
/// # Errors
/// When the probe or its targets do not fit the network.
pub fn measure_probe<R: Precision>(
    network: &Network,
    parameters: &[Cpu<R>],
    buffers: &[Cpu<R>],
    batch: &ProbeBatch<'_, R>,
    needs: Needs,
) -> Result<Probe, GradientError> {
    let settings = batch.settings;
    let tape = network.forward(parameters, buffers, batch.inputs.clone(), Mode::EVALUATION)?;
    batch.loss.check(batch.targets, tape.output.as_slice().len() / network.outputs(), network.outputs())?;
    let point = Point { network, parameters, buffers, mode: Mode::EVALUATION };
    let needed = |need: Needs| needs.contains(need).then_some(());
    let softmax = batch.loss == Loss::SoftmaxCrossEntropy;
    Ok(Probe {
        examples: batch.targets.len(),
        outputs: network.outputs(),
        targets: columns(batch.targets, network.outputs()),
        trace: needed(Needs::PROBE_TRACE)
            .map(|()| kernel_trace(&tape))
            .transpose()?
            .map(|per_example| per_example.iter().sum()),
        kernel: needed(Needs::PROBE_KERNEL)
            .map(|()| kernel::measure(network, parameters, buffers, &batch.inputs))
            .transpose()?,
        fisher: needed(Needs::PROBE_FISHER)
            .filter(|()| softmax)
            .map(|()| fisher::measure(&tape, settings.seed))
            .transpose()?,
        jacobian: needed(Needs::PROBE_JACOBIAN)
            .map(|()| jacobian::measure(&tape, settings.micro_batch, settings.seed))
            .transpose()?,
        hessian_trace: needed(Needs::PROBE_HESSIAN_TRACE).map(|()| curvature::trace(&point, batch)).transpose()?,
        hessian_top: needed(Needs::PROBE_HESSIAN_TOP).map(|()| curvature::top(&point, batch)).transpose()?,
        sharpness: match needed(Needs::PROBE_SHARPNESS) {
            Some(()) => sharpness::measure(&tape, batch)?,
            None => None,
        },
        features: match needed(Needs::PROBE_FEATURES) {
            Some(()) => features::measure(&tape)?,
            None => None,
        },
        gradient_change: needed(Needs::PROBE_GRADIENT_CHANGE)
            .map(|()| gradient_change::measure(&point, batch))
            .transpose()?,
    })
}

/// Targets as numbers, row-major, one column per output.
fn columns(targets: &Targets, outputs: usize) -> Vec<f64> {
    match targets {
        Targets::Classes(classes) => {
            let row = |&class: &u32| (0..outputs).map(move |output| f64::from(u8::from(output == class as usize)));
            classes.iter().flat_map(row).collect()
        }
        Targets::Soft(values, _) | Targets::Values(values, _) | Targets::Masked(values, _) => {
            values.iter().copied().map(f64::from).collect()
        }
    }
}
