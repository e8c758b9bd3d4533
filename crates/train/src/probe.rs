//! The probe: a fixed batch on which kernels, curvature and products between examples are measured.

use consilience_data::Dataset;
use consilience_data::seeds::{Purpose, numbered_generator};
use consilience_gradients::quantities::Needs;
use consilience_gradients::{Probe, ProbeBatch, ProbeSettings, measure_probe};
use consilience_nn::losses::Loss;
use consilience_nn::{Model, Precision};
use rand::Rng;
use rand::seq::index;

use crate::{TrainError, batch};

/// The examples of `data` that form the probe of at most `size` examples: the same for the same seed and data.
pub fn chosen(data: &Dataset, size: usize, seed: u64) -> Vec<usize> {
    index::sample(&mut numbered_generator(seed, Purpose::Probe, 0), data.len(), size.min(data.len())).into_vec()
}

/// Measures what `needs` names on the examples `chosen` of `data`, with micro-batches of `micro_batch`.
pub fn measure<R: Precision>(
    model: &Model<R>,
    (data, chosen): (&Dataset, &[usize]),
    loss: Loss,
    micro_batch: usize,
    seed: u64,
    needs: Needs,
) -> Result<Probe, TrainError> {
    let seed = numbered_generator(seed, Purpose::Probe, 1).next_u64();
    let settings = ProbeSettings { micro_batch, ..ProbeSettings::new(seed) };
    let (inputs, targets) = (batch::inputs(data, chosen)?, batch::targets(data, chosen)?);
    let batch = ProbeBatch { inputs, targets: &targets, loss, settings };
    Ok(measure_probe(&model.network, &model.parameters, &model.buffers, &batch, needs)?)
}
