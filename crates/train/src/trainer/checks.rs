//! What is refused before the first step.

use consilience_data::Dataset;
use consilience_gradients::{GradientError, Statistic};
use consilience_nn::losses::Loss;
use consilience_nn::{Mode, Network};
use consilience_tensor::Real;

use super::{batches, smallest_batch};
use crate::examples::Watch;
use crate::spec::require;
use crate::{BatchSize, Monitor, MonitorSpec, SpecError, TrainError, TrainSpec, TrainingData, batch};

/// Whether `data`, which messages call the `part` data, fit the network and the loss.
pub fn check_part(network: &Network, part: &'static str, data: &Dataset, loss: Loss) -> Result<(), TrainError> {
    let (expected, got) = (network.input(), batch::example_shape(data));
    if expected != got {
        return Err(TrainError::Inputs { part, expected, got });
    }
    if network.outputs() != data.outputs() {
        return Err(TrainError::Outputs { part, network: network.outputs(), data: data.outputs() });
    }
    let all: Vec<usize> = (0..data.len()).collect();
    Ok(loss.check(&batch::targets(data, &all)?, data.len(), network.outputs())?)
}

/// Whether settings make sense, and everything that a run takes of its network is there: the gradients that its aggregator, penalties
/// and quantities need, the parameters that it freezes. [`check`] without data.
///
/// # Errors
/// The first setting that makes no sense or is undefined on the network, naming the layer.
pub fn check_network(network: &Network, spec: &TrainSpec, monitor: &MonitorSpec) -> Result<(), TrainError> {
    resolved::<f32>(network, spec, &monitor.into()).map(drop)
}

/// Whether a run can take place: [`check_network`], and whether its data fit the network, the loss, the batches and the scores.
/// [`train`](crate::train) refuses the same; asked beforehand, nothing needs to be computed.
///
/// # Errors
/// The first setting that makes no sense, does not fit the data, or is undefined on the network, naming the layer.
pub fn check(
    network: &Network,
    data: TrainingData<'_>,
    spec: &TrainSpec,
    monitor: &MonitorSpec,
) -> Result<(), TrainError> {
    checked::<f32>(network, data, spec, &monitor.into()).map(drop)
}

/// [`check`], also of quantities of the caller's own; all quantities.
pub(super) fn checked<'a, R: Real>(
    network: &Network,
    data: TrainingData<'_>,
    spec: &TrainSpec,
    monitor: &Monitor<'a, R>,
) -> Result<Vec<&'a dyn Statistic<R>>, TrainError> {
    let quantities = resolved(network, spec, monitor)?;
    data.parts().try_for_each(|(part, data)| check_part(network, part, data, spec.loss))?;
    batches(data.train.len(), spec, 0)?;
    spec.aggregator.check_batch(smallest_batch(data.train.len(), spec))?;
    Watch::check(monitor.spec, data.train)?;
    Ok(quantities)
}

/// [`check_network`], also of quantities of the caller's own; all quantities.
fn resolved<'a, R: Real>(
    network: &Network,
    spec: &TrainSpec,
    monitor: &Monitor<'a, R>,
) -> Result<Vec<&'a dyn Statistic<R>>, TrainError> {
    spec.validate()?;
    monitor.spec.validate()?;
    let quantities = monitor.resolve()?;
    refuse_undefined(network, spec, &quantities)?;
    check_compared(network, spec, monitor.spec)?;
    moving(network, &spec.frozen)?;
    Ok(quantities)
}

/// Whether the micro-batches that quantities compare can be cut out of every pass.
fn check_compared(network: &Network, spec: &TrainSpec, monitor: &MonitorSpec) -> Result<(), SpecError> {
    let Some(size) = monitor.micro_batch else { return Ok(()) };
    let name = spec.aggregator.name();
    let alone = format!("left out beside aggregator `{name}`, whose own micro-batches are compared");
    require(!spec.aggregator.compares_micro_batches(), "monitor.micro_batch", &alone, &size)?;
    if let Some((layer, kind)) = network.coupling_layer(Mode::training(0)) {
        let expected =
            format!("left out, or train.micro_batch, because layer `{layer}` ({kind}) couples the examples of a pass");
        return require(spec.micro_batch == Some(size), "monitor.micro_batch", &expected, &size);
    }
    let (pass, what) = match (spec.micro_batch, spec.batch_size) {
        (Some(pass), _) => (pass, "train.micro_batch"),
        (None, BatchSize::Examples(pass)) => (pass, "train.batch_size"),
        (None, BatchSize::Full) => return Ok(()),
    };
    require(pass % size == 0, "monitor.micro_batch", &format!("a divisor of {what}, {pass}"), &size)
}

/// Says before training, not at the first step that is due, that gradients of single examples do not exist, or not all in one
/// pass.
fn refuse_undefined<R: Real>(
    network: &Network,
    spec: &TrainSpec,
    quantities: &[&dyn Statistic<R>],
) -> Result<(), TrainError> {
    let across = quantities.iter().find(|quantity| quantity.description().needs.is_across_examples());
    let in_parts = spec.micro_batch.is_some() || spec.aggregator.compares_micro_batches();
    if let Some(quantity) = across.filter(|_| in_parts) {
        let with = match spec.micro_batch {
            Some(size) => format!("micro_batch = {size}"),
            None => format!("aggregator `{}`, which cuts the batch", spec.aggregator.name()),
        };
        return Err(TrainError::Spec(SpecError::OutOfRange {
            key: "quantities",
            expected: format!(
                "batches in one pass beside `{}`, which compares all their examples",
                quantity.description().name
            ),
            got: with,
        }));
    }
    let aggregator = spec.aggregator.is_per_example().then(|| format!("aggregator `{}`", spec.aggregator.name()));
    let penalty = spec.penalties.iter().find(|penalty| penalty.is_per_example());
    let quantity = quantities.iter().find(|quantity| quantity.description().needs.is_per_example());
    let needed_by = aggregator
        .or_else(|| penalty.map(|penalty| format!("penalty `{}`", penalty.name())))
        .or_else(|| quantity.map(|quantity| format!("quantity `{}`", quantity.description().name)));
    let Some(needed_by) = needed_by else {
        return Ok(());
    };
    match network.coupling_layer(Mode::training(0)) {
        Some((layer, kind)) => {
            let source = GradientError::Coupled { layer: layer.to_owned(), kind };
            Err(TrainError::Undefined { needed_by, source })
        }
        None => Ok(()),
    }
}

/// The indices of the parameters that are trained: those that are not called, and whose names do not begin with, one of `frozen`.
pub(super) fn moving(network: &Network, frozen: &[String]) -> Result<Vec<usize>, SpecError> {
    let begins =
        |known: &str, name: &str| known.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    let known = || network.parameters().iter().map(|known| known.name.as_str());
    if let Some(name) = frozen.iter().find(|name| !known().any(|known| begins(known, name))) {
        let known: Vec<_> = known().collect();
        let expected = format!("a parameter of the network or a beginning of its name: {}", known.join(", "));
        return Err(SpecError::OutOfRange { key: "frozen", expected, got: name.clone() });
    }
    let moves = |known: &str| !frozen.iter().any(|name| begins(known, name));
    Ok(known().enumerate().filter(|(_, known)| moves(known)).map(|(index, _)| index).collect())
}
