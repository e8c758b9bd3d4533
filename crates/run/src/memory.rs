//! How much memory a run needs, told before it starts.

use crate::error::RunError;
use crate::prepared::Prepared;
use consilience_data::Dataset;
use consilience_gradients::quantities::Needs;
use consilience_nn::Network;
use consilience_train::optimizers::TransformSpec;
use consilience_train::{AggregatorSpec, BatchSize, MonitorSpec, TrainSpec};
use std::fmt;
use std::fs;

/// Bytes of a number.
const NUMBER: u64 = 4;

/// Bytes of the program itself, of arrays that it keeps for the next ones, and of the tiles that reductions work in.
const PROGRAM: u64 = 64 << 20;

/// Bytes that a run needs at its peak, by what they are for: an estimate from the settings, without running anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryNeed {
    /// The data sets.
    pub data: u64,
    /// Parameters, gradients, and what optimizer and aggregator remember, with a checkpoint of them.
    pub parameters: u64,
    /// What a forward pass leaves for the backward pass, and what that makes of it.
    pub activations: u64,
    /// The program.
    pub program: u64,
}

impl MemoryNeed {
    /// What `prepared` needs.
    pub fn of(prepared: &Prepared) -> Self {
        let Prepared { method, data, network } = prepared;
        let (train, monitor) = (&method.settings.train, &method.settings.monitor);
        let batch = match train.batch_size {
            BatchSize::Full => data.train.len(),
            BatchSize::Examples(size) => size.min(data.train.len()),
        };
        let pass = match (train.micro_batch, train.aggregator) {
            (Some(size), _) => size.min(batch),
            (None, AggregatorSpec::MedianOfThree {}) => batch.div_ceil(3),
            (None, AggregatorSpec::GsnrScaled { micro_batches, .. }) => batch.div_ceil(micro_batches.max(1)),
            (None, _) => batch,
        };
        let validation = data.validation.as_ref().map_or(0, Dataset::len);
        let evaluated = train.evaluation_batch.min(data.train.len().max(data.test.len()).max(validation));
        let taped = if monitor.scores.is_empty() && monitor.shares.is_none() { 0 } else { evaluated };
        // Penalties run passes on dual numbers, of which each is two.
        let numbers = if train.penalties.is_empty() { 1 } else { 3 };
        let training = numbers * pass as u64 * tape(network);
        let measuring = taped as u64 * tape(network);
        let evaluating = evaluated as u64 * widest(network);
        let kept = remembered(train).saturating_add(1);
        // A checkpoint holds what is kept as arrays, as bytes, and as the file that is written.
        let arrays = kept.saturating_mul(1 + 3).saturating_add(of_step(train, monitor, batch, pass));
        Self {
            data: bytes_of(&data.train) + bytes_of(&data.test) + data.validation.as_ref().map_or(0, bytes_of),
            parameters: (NUMBER * network.parameter_count() as u64).saturating_mul(arrays),
            activations: NUMBER * training.max(measuring).max(evaluating),
            program: PROGRAM,
        }
    }

    /// All of it.
    pub fn total(&self) -> u64 {
        let Self { data, parameters, activations, program } = *self;
        data.saturating_add(parameters).saturating_add(activations).saturating_add(program)
    }
}

impl fmt::Display for MemoryNeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { data, parameters, activations, program } = *self;
        write!(
            f,
            "{} for data, {} for parameters and what is remembered of them, {} for activations, {} for the program",
            Bytes(data),
            Bytes(parameters),
            Bytes(activations),
            Bytes(program)
        )
    }
}

/// A number of bytes as a person reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bytes(pub u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mib = self.0 as f64 / f64::from(1 << 20);
        if mib < 1024.0 { write!(f, "{mib:.0} MiB") } else { write!(f, "{:.1} GiB", mib / 1024.0) }
    }
}

/// The memory of this machine, or what this process may use of it; `None` where the system does not tell.
pub fn machine_memory() -> Option<u64> {
    let told = fs::read_to_string("/proc/meminfo").ok()?;
    let kib =
        told.lines().find_map(|line| line.strip_prefix("MemTotal:")?.split_whitespace().next()?.parse::<u64>().ok());
    let total = kib?.saturating_mul(1024);
    let limit = fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| text.trim().parse().ok());
    Some(limit.map_or(total, |limit: u64| limit.min(total)))
}

/// Refuses a run that needs more memory than this machine has.
///
/// # Errors
/// [`RunError::Memory`], with the numbers.
pub fn check_memory(prepared: &Prepared) -> Result<(), RunError> {
    fits(MemoryNeed::of(prepared), machine_memory())
}

fn fits(need: MemoryNeed, machine: Option<u64>) -> Result<(), RunError> {
    match machine {
        Some(machine) if need.total() > machine => Err(RunError::Memory { need, machine }),
        _ => Ok(()),
    }
}

fn bytes_of(data: &Dataset) -> u64 {
    // Labels, true labels and ids beside the inputs.
    NUMBER * data.inputs().len() as u64 + 16 * data.len() as u64
}

/// Numbers per example that a pass keeps: every value of the network, and in the backward pass the two largest again.
fn tape(network: &Network) -> u64 {
    let values: usize = network.nodes().iter().map(|node| node.output.len()).sum();
    (network.input().len() + values) as u64 + widest(network)
}

/// Numbers per example of a layer's input and output, where they are most.
fn widest(network: &Network) -> u64 {
    let mut before = network.input().len();
    let mut widest = 0;
    for node in network.nodes() {
        widest = widest.max(before + node.output.len());
        before = node.output.len();
    }
    widest as u64
}

/// Arrays of the parameters' size that are kept from step to step, beside the parameters.
fn remembered(train: &TrainSpec) -> u64 {
    let of_aggregator = match train.aggregator {
        AggregatorSpec::RollingMedian {} | AggregatorSpec::RollingMean {} => 2,
        AggregatorSpec::GsnrScaled { momentum, .. } => u64::from(momentum > 0.0),
        _ => 0,
    };
    let slots = |transform: &TransformSpec| transform.build::<f32>(0).map_or(0, |built| built.slots().len());
    let of_optimizer: usize = train.optimizer.iter().map(slots).sum();
    of_aggregator + of_optimizer as u64 + u64::from(train.momentum > 0.0)
}

/// Arrays of the parameters' size that a step makes of a batch in passes over so many examples: its gradient, those of penalties, those
/// of micro-batches that meet, and what quantities are read from.
fn of_step(train: &TrainSpec, monitor: &MonitorSpec, batch: usize, pass: usize) -> u64 {
    let of_aggregator = match train.aggregator {
        AggregatorSpec::MedianOfThree {} => 3,
        AggregatorSpec::GsnrScaled { micro_batches, .. } => micro_batches,
        _ => 0,
    };
    let quantities = monitor.resolve().unwrap_or_default();
    let needs = quantities.iter().fold(Needs::NONE, |needs, quantity| needs.union(quantity.description().needs));
    let passes = batch.div_ceil(pass.max(1));
    let of_quantities =
        [(Needs::MOMENTS, 2), (Needs::SIGNS, 2), (Needs::MICRO_BATCH_GRAM, if passes > 1 { passes } else { 0 })]
            .into_iter()
            .filter(|(need, _)| needs.contains(*need))
            .map(|(_, arrays)| arrays as u64)
            .sum::<u64>();
    let of_penalties = if train.penalties.is_empty() { 0 } else { 2 };
    (1 + of_penalties + of_quantities).saturating_add(of_aggregator as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DataCache, Plan};

    fn need(train: &str) -> MemoryNeed {
        let text = format!(
            "data = {{ source = 'two_circles', train = 600, test = 400 }}\nmodel = {{ name = 'mlp', widths = [50] }}\n\
             train = {{ {train} }}"
        );
        let plan = Plan::parse("c", "c.toml", &text, &[]).unwrap();
        MemoryNeed::of(&Prepared::new(&plan.methods[0], &mut DataCache::new("data", 1)).unwrap())
    }

    #[test]
    fn by_hand() {
        // 2 x 50 + 50 + 50 x 2 + 2 parameters; values of 2, 50, 50 and 2 numbers, at most 100 beside each other
        let plain = need("batch_size = 100");
        assert_eq!(plain.data, 1000 * (2 * 4 + 16));
        assert_eq!(plain.parameters, 252 * 4 * (2 + 3), "parameters and gradient, and the parameters in a checkpoint");
        // all 600 examples are evaluated in one pass, keeping two layers; 100 are trained on
        assert_eq!(plain.activations, 4 * 600 * 100);
        assert_eq!(need("batch_size = 'full'").activations, 4 * 600 * (2 + 102 + 100));
        assert_eq!(need("batch_size = 'full', micro_batch = 300, evaluation_batch = 10").activations, 4 * 300 * 204);
        assert_eq!(need("optimizer = [{ kind = 'adam' }], momentum = 0.5").parameters, 252 * 4 * (4 + 1 + 3 * 4));
        // gradients of micro-batches are not saved
        let three = need("aggregator = { kind = 'median_of_three' }").parameters;
        assert_eq!(three, 252 * 4 * (1 + 3 + 1 + 3));
        let endless = need("aggregator = { kind = 'gsnr_scaled', micro_batches = 9223372036854775807 }");
        assert_eq!(endless.total(), u64::MAX);
        assert_eq!(plain.total(), plain.data + plain.parameters + plain.activations + plain.program);
    }

    #[test]
    fn what_does_not_fit_is_refused_with_the_numbers() {
        let need = MemoryNeed { data: 5 << 30, parameters: 2 << 30, activations: 3 << 29, program: 64 << 20 };
        let message = fits(need, Some(8 << 30)).unwrap_err().to_string();
        let expected = "the run needs about 8.6 GiB of memory (5.0 GiB for data, 2.0 GiB for parameters and what is remembered of them, \
                        1.5 GiB for activations, 64 MiB for the program), and this machine has 8.0 GiB";
        assert_eq!(message, expected);
        assert!(fits(need, Some(9 << 30)).is_ok() && fits(need, None).is_ok());
        assert!(!cfg!(target_os = "linux") || machine_memory().is_some_and(|bytes| bytes > 1 << 28));
    }
}
