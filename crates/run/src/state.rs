//! The state of a run as its directory keeps it.

use crate::weights::{self, WeightsError};
use consilience_nn::{Network, to_torch_order};
use consilience_record::{Checkpoint as Saved, Metrics, Weight};
use consilience_tensor::{Cpu, Tensor};
use consilience_train::{Checkpoint, EvaluationRecord, Memory, Numbers};

/// Who remembers arrays, and counts.
const OPTIMIZER: &str = "optimizer";
const AGGREGATOR: &str = "aggregator";

/// What the count of calls is called among the numbers: `optimizer/calls`.
const CALLS: &str = "calls";

/// `checkpoint`, as it is written.
pub(crate) fn to_saved(network: &Network, checkpoint: &Checkpoint<f32>) -> Saved {
    let mut numbers: Vec<(String, Vec<f64>)> =
        checkpoint.numbers.iter().map(|(name, values)| (name.to_owned(), values.to_vec())).collect();
    let mut arrays = Vec::new();
    for (owner, memory) in [(OPTIMIZER, &checkpoint.optimizer), (AGGREGATOR, &checkpoint.aggregator)] {
        numbers.push((format!("{owner}/{CALLS}"), vec![memory.step as f64]));
        for (what, of_parameters) in &memory.arrays {
            let named = network.parameters().iter().zip(of_parameters).enumerate();
            arrays.extend(named.map(|(index, (named, array))| Weight {
                name: format!("{owner}/{what}/{}", named.name),
                shape: network.torch_shape(index).unwrap_or_else(|| vec![array.shape().len()]),
                values: to_torch_order(array.shape(), &array.values()),
            }));
        }
    }
    Saved {
        step: checkpoint.step,
        weights: weights::named(network, &checkpoint.parameters, &checkpoint.buffers),
        arrays,
        numbers,
        last_loss: checkpoint.last_loss,
        last_evaluation: checkpoint.last_evaluation.as_ref().map(|record| {
            let line = Metrics::new("evaluation", record.step, record.epoch);
            let values = record.values.iter();
            values.fold(line, |line, (name, value)| line.with(name.as_str(), value.unwrap_or(f64::NAN)))
        }),
    }
}

/// The checkpoint of a run of `network` that was written as `saved`. `Err`: why it is not one.
pub(crate) fn from_saved(network: &Network, saved: &Saved) -> Result<Checkpoint<f32>, String> {
    let Saved { step, weights, arrays, numbers, last_loss, last_evaluation } = saved;
    let in_words = |error: WeightsError| error.to_string();
    let (parameters, buffers) = weights::all_arrays(network, weights).map_err(in_words)?;
    let mut numbers: Numbers = numbers.iter().cloned().collect();
    let mut memory = |owner: &str| {
        let calls = numbers.take(&format!("{owner}/{CALLS}"), 1).map_err(|error| error.to_string())?;
        let step = calls.first().map_or(0, |&calls| calls as u64);
        let prefix = format!("{owner}/");
        let mut whats: Vec<&str> = Vec::new();
        let own = || arrays.iter().filter_map(|array| array.name.strip_prefix(&prefix)?.split_once('/'));
        for (what, _) in own() {
            if !whats.contains(&what) {
                whats.push(what);
            }
        }
        let mut memory = Memory { step, arrays: Vec::new() };
        for what in whats {
            let of_parameters = network.parameters().iter().enumerate().map(|(index, named)| {
                let name = format!("{prefix}{what}/{}", named.name);
                weights::array(&name, named.spec.shape, network.torch_shape(index), arrays).map_err(in_words)
            });
            memory.arrays.push((what.to_owned(), of_parameters.collect::<Result<Vec<Cpu<f32>>, String>>()?));
        }
        Ok::<_, String>(memory)
    };
    let (optimizer, aggregator) = (memory(OPTIMIZER)?, memory(AGGREGATOR)?);
    let last_evaluation = last_evaluation.as_ref().map(|line| EvaluationRecord {
        step: line.step,
        epoch: line.epoch,
        values: (line.values.iter())
            .map(|(name, value)| (name.clone(), value.number().filter(|value| !value.is_nan())))
            .collect(),
        seconds: 0.0,
    });
    Ok(Checkpoint {
        step: *step,
        parameters,
        buffers,
        optimizer,
        aggregator,
        last_loss: *last_loss,
        last_evaluation,
        numbers,
    })
}
