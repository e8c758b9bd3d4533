//! How much memory a run needs, told before it starts.

use crate::error::RunError;
use crate::prepared::Prepared;
use consilience_data::Dataset;
use consilience_gradients::Quantity;
use consilience_gradients::quantities::Needs;
use consilience_nn::{Mode, Network};
use consilience_train::optimizers::TransformSpec;
use consilience_train::penalties::PenaltyKind;
use consilience_train::{AggregatorSpec, BatchSize, MeasureSpec, MonitorSpec, TrainSpec};
use std::fmt;
use std::fs;

/// Bytes of a number.
const NUMBER: u64 = 4;

/// Bytes of a product of two gradients, in double precision.
const PRODUCT: u64 = 8;

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
    /// Products of examples with each other: Gram matrices and kernels.
    pub products: u64,
    /// The program.
    pub program: u64,
}

impl MemoryNeed {
    /// What `prepared` needs.
    pub fn of(prepared: &Prepared) -> Self {
        let Prepared { method, data, network } = prepared;
        let (train, monitor) = (&method.settings.train, &method.settings.monitor);
        let needs = monitor.resolve().map_or(Needs::NONE, |quantities| union(&quantities));
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
        let determinant = train.penalties.iter().any(|penalty| penalty.kind == PenaltyKind::KernelLogDeterminant);
        // The determinant's gradient keeps the signals of all outputs.
        let signals = if determinant { network.outputs() as u64 * values(network) } else { 0 };
        let training = (pass as u64).saturating_mul(numbers * tape(network) + signals);
        let measuring = taped as u64 * tape(network);
        let probe = monitor.probe.min(data.train.len());
        let probing = on_probe(network, needs, probe);
        let evaluating = evaluated as u64 * widest(network);
        let groups = batch.div_ceil(compared(train, monitor, network, batch, pass));
        let in_passes = if pass < batch { groups } else { 0 };
        let kept = remembered(train).saturating_add(1);
        // A checkpoint holds what is kept as arrays, as bytes, and as the file that is written.
        let arrays = kept.saturating_mul(1 + 3).saturating_add(of_step(train, needs, in_passes));
        // The kernel, its factor, that factor's inverse, and the inverse of the kernel twice.
        let of_penalty = if determinant { square(pass, 5) } else { 0 };
        Self {
            data: bytes_of(&data.train) + bytes_of(&data.test) + data.validation.as_ref().map_or(0, bytes_of),
            parameters: (NUMBER * network.parameter_count() as u64).saturating_mul(arrays),
            activations: NUMBER.saturating_mul(training.max(measuring).max(evaluating).max(probing)),
            products: of_quantities(network, needs, [batch, groups, probe]).max(of_penalty),
            program: PROGRAM,
        }
    }

    /// What it takes to measure `spec` of a model of `prepared` on so many examples.
    pub fn of_measure(prepared: &Prepared, spec: &MeasureSpec, examples: usize) -> Self {
        let Prepared { data, network, .. } = prepared;
        let needs = union(&spec.quantities);
        let pass = spec.batch_size.min(examples);
        let probe = spec.probe.min(examples);
        let groups = probe.div_ceil(spec.micro_batch.unwrap_or(probe.div_ceil(8)).max(1));
        let numbers = (pass as u64 * tape(network)).max(on_probe(network, needs, probe));
        Self {
            data: bytes_of(&data.train) + bytes_of(&data.test) + data.validation.as_ref().map_or(0, bytes_of),
            parameters: NUMBER * network.parameter_count() as u64 * (2 + arrays_of(needs)),
            activations: NUMBER.saturating_mul(numbers),
            products: of_quantities(network, needs, [probe, groups, probe]),
            program: PROGRAM,
        }
    }

    /// All of it.
    pub fn total(&self) -> u64 {
        let Self { data, parameters, activations, products, program } = *self;
        [data, parameters, activations, products, program].into_iter().fold(0, u64::saturating_add)
    }
}

impl fmt::Display for MemoryNeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { data, parameters, activations, products, program } = *self;
        write!(
            f,
            "{} for data, {} for parameters and what is remembered of them, {} for activations, ",
            Bytes(data),
            Bytes(parameters),
            Bytes(activations)
        )?;
        if products > 0 {
            write!(f, "{} for products of examples with each other, ", Bytes(products))?;
        }
        write!(f, "{} for the program", Bytes(program))
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

/// Refuses to measure what needs more memory than this machine has.
///
/// # Errors
/// [`RunError::Memory`], with the numbers.
pub fn check_memory_of_measure(prepared: &Prepared, spec: &MeasureSpec, examples: usize) -> Result<(), RunError> {
    fits(MemoryNeed::of_measure(prepared, spec, examples), machine_memory())
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

/// What all of `quantities` are read from.
fn union(quantities: &[Quantity]) -> Needs {
    quantities.iter().fold(Needs::NONE, |needs, quantity| needs.union(quantity.description().needs))
}

/// Bytes of so many square matrices of products.
fn square(size: usize, matrices: u64) -> u64 {
    (size as u64).saturating_mul(size as u64).saturating_mul(PRODUCT).saturating_mul(matrices)
}

/// Bytes of the products that quantities are read from: of the examples of a batch, of groups of them, and of a probe.
fn of_quantities(network: &Network, needs: Needs, [batch, groups, probe]: [usize; 3]) -> u64 {
    // One matrix for each parameter until they are added up. Those of groups are copied; the kernel is a sum over outputs, beside
    // which the products of inputs and of signals are held.
    let parameters = network.parameters().len() as u64;
    [
        (Needs::GRAM, batch, parameters + 1),
        (Needs::MICRO_BATCH_GRAM, groups, parameters + 2),
        (Needs::PROBE_KERNEL, probe, parameters + 3),
    ]
    .into_iter()
    .filter(|(need, ..)| needs.contains(*need))
    .fold(0, |sum, (_, size, matrices)| sum.saturating_add(square(size, matrices)))
}

/// Numbers that the passes over a probe keep; those on dual numbers or in double precision are beside a plain one.
fn on_probe(network: &Network, needs: Needs, probe: usize) -> u64 {
    let twice = Needs::PROBE_KERNEL
        .union(Needs::PROBE_HESSIAN_TRACE)
        .union(Needs::PROBE_HESSIAN_TOP)
        .union(Needs::PROBE_GRADIENT_CHANGE);
    let numbers = if needs.intersects(twice) { 3 } else { u64::from(needs.of_probe()) };
    numbers.saturating_mul(probe as u64).saturating_mul(tape(network))
}

/// Examples of the micro-batches that quantities compare, in a batch that is cut into passes.
fn compared(train: &TrainSpec, monitor: &MonitorSpec, network: &Network, batch: usize, pass: usize) -> usize {
    let passes_are_compared =
        train.aggregator.compares_micro_batches() || network.coupling_layer(Mode::training(0)).is_some();
    let size = match monitor.micro_batch {
        Some(size) if !passes_are_compared => size.min(pass),
        _ if passes_are_compared || pass < batch => pass,
        _ => batch.div_ceil(8),
    };
    size.max(1)
}

/// Numbers per example that a pass keeps: every value of the network, and in the backward pass the two largest again.
fn tape(network: &Network) -> u64 {
    network.input().len() as u64 + values(network) + widest(network)
}

/// Numbers per example that the nodes of a network make.
fn values(network: &Network) -> u64 {
    network.nodes().iter().map(|node| node.output.len() as u64).sum()
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

/// Arrays of the parameters' size that a step makes: its gradient, those of penalties, those of so many micro-batches that meet, and
/// what quantities are read from.
fn of_step(train: &TrainSpec, needs: Needs, groups: usize) -> u64 {
    let of_aggregator = match train.aggregator {
        AggregatorSpec::MedianOfThree {} => 3,
        AggregatorSpec::GsnrScaled { micro_batches, .. } => micro_batches,
        _ => 0,
    };
    let of_groups = if needs.contains(Needs::MICRO_BATCH_GRAM) { groups } else { 0 };
    let of_penalties = if train.penalties.is_empty() { 0 } else { 2 };
    (1 + of_penalties + arrays_of(needs)).saturating_add(of_groups as u64).saturating_add(of_aggregator as u64)
}

/// Arrays of the parameters' size that quantities are read from.
fn arrays_of(needs: Needs) -> u64 {
    [Needs::MOMENTS, Needs::SIGNS].into_iter().filter(|need| needs.contains(*need)).map(|_| 2).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DataCache, Plan};

    fn prepared(train: &str, monitor: &str) -> Prepared {
        let text = format!(
            "data = {{ source = 'two_circles', train = 600, test = 400 }}\nmodel = {{ name = 'mlp', widths = [50] }}\n\
             train = {{ {train} }}\nmonitor = {{ {monitor} }}"
        );
        let plan = Plan::parse("c", "c.toml", &text, &[]).unwrap();
        Prepared::new(&plan.methods[0], &mut DataCache::new("data", 1)).unwrap()
    }

    fn need(train: &str) -> MemoryNeed {
        MemoryNeed::of(&prepared(train, ""))
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
    fn products_of_examples_by_hand() {
        let products = |train, quantity| {
            MemoryNeed::of(&prepared(train, &format!("probe = 70, quantities = ['{quantity}']"))).products
        };
        // two weights and two biases
        assert_eq!(products("batch_size = 'full'", "stiffness"), 600 * 600 * 8 * (4 + 1));
        assert_eq!(products("batch_size = 40", "gradient_confusion"), 40 * 40 * 8 * (4 + 1));
        assert_eq!(products("", "kernel_spectrum"), 70 * 70 * 8 * (4 + 3));
        assert_eq!(products("", "log_determinant_kernel"), 70 * 70 * 8 * (4 + 3));
        assert_eq!(products("batch_size = 'full'", "gradient_disparity"), 8 * 8 * 8 * (4 + 2), "eighths of the batch");
        assert_eq!(products("batch_size = 'full', micro_batch = 100", "gradient_disparity"), 6 * 6 * 8 * (4 + 2));
        assert_eq!(products("batch_size = 'full'", "gsnr"), 0);
        let penalised = "batch_size = 30, penalty = [{ kind = 'kernel_log_determinant', weight = 1 }]";
        assert_eq!(need(penalised).products, 30 * 30 * 8 * 5);
        // passes over the probe keep the plain tape and one in double precision
        let probed = prepared("batch_size = 10, evaluation_batch = 10", "probe = 70, quantities = ['kernel_spectrum']");
        assert_eq!(MemoryNeed::of(&probed).activations, 4 * 3 * 70 * 204);
        let all = MeasureSpec { probe: 500, batch_size: 10, ..MeasureSpec::new(Quantity::ALL.to_vec()) };
        let measured = MemoryNeed::of_measure(&probed, &all, 400);
        assert_eq!(measured.products, 8 * (400 * 400 * (5 + 7) + 8 * 8 * 6));
        assert_eq!(measured.activations, 4 * 3 * 400 * 204);
    }

    #[test]
    fn products_that_do_not_fit_any_machine_overflow_nothing() {
        let network = prepared("", "").network;
        assert_eq!(of_quantities(&network, Needs::all(), [usize::MAX; 3]), u64::MAX);
        assert_eq!(on_probe(&network, Needs::all(), usize::MAX), u64::MAX);
    }

    #[test]
    fn what_does_not_fit_is_refused_with_the_numbers() {
        let need =
            MemoryNeed { data: 5 << 30, parameters: 2 << 30, activations: 3 << 29, products: 0, program: 64 << 20 };
        let message = fits(need, Some(8 << 30)).unwrap_err().to_string();
        let expected = "this needs about 8.6 GiB of memory (5.0 GiB for data, 2.0 GiB for parameters and what is remembered of them, \
                        1.5 GiB for activations, 64 MiB for the program), and this machine has 8.0 GiB";
        assert_eq!(message, expected);
        let message = fits(MemoryNeed { products: 298 << 30, ..need }, Some(8 << 30)).unwrap_err().to_string();
        assert!(
            message.contains("306.6 GiB") && message.contains("298.0 GiB for products of examples with each other, 64")
        );
        assert!(fits(need, Some(9 << 30)).is_ok() && fits(need, None).is_ok());
        assert!(!cfg!(target_os = "linux") || machine_memory().is_some_and(|bytes| bytes > 1 << 28));
    }
}
