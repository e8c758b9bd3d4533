//! The arrays of a network as files keep them: names, shapes and layout as in PyTorch.

use consilience_nn::{Model, Network, from_torch_order, to_torch_order};
use consilience_record::Weight;
use consilience_tensor::{Cpu, Shape, Tensor};
use std::collections::HashSet;

/// Why arrays that were saved cannot become those of a network.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// One is not there.
    #[error("`{name}`, which the network has with shape {expected:?}, is missing; there are {}", shortened(found))]
    Missing {
        /// Its name.
        name: String,
        /// Its shape, as in PyTorch.
        expected: Vec<usize>,
        /// What is there.
        found: Vec<String>,
    },
    /// One has another shape.
    #[error("`{name}` has the shape {found:?}, the network needs {expected:?}")]
    Shape {
        /// Its name.
        name: String,
        /// The shape it should have, as in PyTorch.
        expected: Vec<usize>,
        /// The shape it has.
        found: Vec<usize>,
    },
    /// There is one more, where every one should be the network's.
    #[error("`{name}` is not an array of the network")]
    Unknown {
        /// Its name.
        name: String,
    },
}

/// The parameters and buffers of `model`.
pub fn of(model: &Model<f32>) -> Vec<Weight> {
    named(&model.network, &model.parameters, &model.buffers)
}

/// As [`of`], of arrays that are not in a model.
pub(crate) fn named(network: &Network, parameters: &[Cpu<f32>], buffers: &[Cpu<f32>]) -> Vec<Weight> {
    let weight = |name: String, own: Shape, shape: Option<Vec<usize>>, values: &[f32]| Weight {
        name,
        shape: shape.unwrap_or_else(|| vec![own.len()]),
        values: to_torch_order(own, values),
    };
    let parameters = network.parameters().iter().zip(parameters).enumerate().map(|(index, (named, values))| {
        weight(named.name.clone(), values.shape(), network.torch_shape(index), &values.values())
    });
    let buffers = network
        .buffers()
        .iter()
        .zip(buffers)
        .map(|(named, values)| weight(named.name.clone(), values.shape(), None, &values.values()));
    parameters.chain(buffers).collect()
}

/// The parameters and the buffers of a network.
pub(crate) type Arrays = (Vec<Cpu<f32>>, Vec<Cpu<f32>>);

/// The parameters and buffers of `network` among `weights`: the inverse of [`of`], in whatever order they come.
pub(crate) fn arrays(network: &Network, weights: &[Weight]) -> Result<Arrays, WeightsError> {
    let parameters = network.parameters().iter().enumerate();
    let parameters = parameters
        .map(|(index, named)| array(&named.name, named.spec.shape, network.torch_shape(index), weights))
        .collect::<Result<_, _>>()?;
    let buffers = network.buffers().iter();
    let buffers = buffers.map(|named| array(&named.name, named.spec.shape, None, weights)).collect::<Result<_, _>>()?;
    Ok((parameters, buffers))
}

/// The array called `name` among `weights`, in this library's order; `shape` is that in PyTorch unless it is a vector.
pub(crate) fn array(
    name: &str,
    own: Shape,
    shape: Option<Vec<usize>>,
    weights: &[Weight],
) -> Result<Cpu<f32>, WeightsError> {
    let expected = shape.unwrap_or_else(|| vec![own.len()]);
    let Some(found) = weights.iter().find(|weight| weight.name == name) else {
        let found = weights.iter().map(|weight| weight.name.clone()).collect();
        return Err(WeightsError::Missing { name: name.to_owned(), expected, found });
    };
    if found.shape != expected || found.values.len() != own.len() {
        return Err(WeightsError::Shape { name: name.to_owned(), expected, found: found.shape.clone() });
    }
    Ok(Cpu::new(own, from_torch_order(own, &found.values)))
}

/// As [`arrays`], when nothing else may be there.
pub(crate) fn all_arrays(network: &Network, weights: &[Weight]) -> Result<Arrays, WeightsError> {
    let arrays = arrays(network, weights)?;
    match unknown(network, weights).next() {
        Some(name) => Err(WeightsError::Unknown { name: name.to_owned() }),
        None => Ok(arrays),
    }
}

/// Puts saved arrays into `model`, parameters and buffers; returns the names of those that it has no place for.
///
/// # Errors
/// When one that the network has is missing, or has another shape. The model is then as it was.
pub fn place(model: &mut Model<f32>, weights: &[Weight]) -> Result<Vec<String>, WeightsError> {
    (model.parameters, model.buffers) = arrays(&model.network, weights)?;
    Ok(unknown(&model.network, weights).map(str::to_owned).collect())
}

/// The names of those of `weights` that `network` has no place for.
fn unknown<'a>(network: &'a Network, weights: &'a [Weight]) -> impl Iterator<Item = &'a str> {
    let names = network.parameters().iter().map(|named| &named.name);
    let known: HashSet<&String> = names.chain(network.buffers().iter().map(|named| &named.name)).collect();
    weights.iter().map(|weight| &weight.name).filter(move |name| !known.contains(name)).map(String::as_str)
}

/// The first of `names`, and how many more there are.
pub fn shortened(names: &[String]) -> String {
    const SHOWN: usize = 6;
    let shown = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match names.len() {
        0 => "none".to_owned(),
        count if count > SHOWN => format!("{shown} and {} more", count - SHOWN),
        _ => shown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DataCache, Execution, Interrupt, Plan, Prepared, execute};
    use consilience_data::seeds::{Purpose, generator};
    use consilience_nn::Initialisation;
    use consilience_record::{IfExists, Program, RunReader, WEIGHTS_FILE};
    use consilience_train::Ignore;
    use rand::RngExt;
    use std::path::Path;
    use std::process::Command;

    fn run(model: &str, directory: &Path) -> Prepared {
        let text = format!(
            "data = {{ source = 'strokes', train = 48, test = 8 }}\nmodel = {{ name = '{model}' }}\n\
             train = {{ steps = 3, batch_size = 16, learning_rate = 0.05 }}"
        );
        let plan = Plan::parse("c", "c.toml", &text, &[]).unwrap();
        let prepared = Prepared::new(&plan.methods[0], &mut DataCache::new("data", 1)).unwrap();
        let (program, interrupt) = (Program::default(), Interrupt::default());
        let execution = Execution { directory, if_exists: IfExists::Refuse, program, interrupt };
        execute(&prepared, &execution, &mut Ignore).unwrap();
        prepared
    }

    #[test]
    fn what_is_written_is_read_back_in_any_order_and_nothing_else_is() {
        let parent = tempfile::tempdir().unwrap();
        let directory = parent.path().join("run");
        let network = run("resnet20", &directory).network;
        let mut weights = RunReader::open(&directory).unwrap().weights().unwrap().unwrap();
        weights.reverse();
        let (parameters, buffers) = all_arrays(&network, &weights).unwrap();
        let mut again = named(&network, &parameters, &buffers);
        again.sort_by(|a, b| b.name.cmp(&a.name));
        assert_eq!(again, weights);

        let mut more = weights.clone();
        more.push(Weight { name: "more".into(), ..weights[0].clone() });
        assert_eq!(all_arrays(&network, &more).unwrap_err(), WeightsError::Unknown { name: "more".into() });
        let mut fewer = weights.clone();
        let lost = fewer.pop().unwrap().name;
        let error = all_arrays(&network, &fewer).unwrap_err();
        assert!(matches!(&error, WeightsError::Missing { name, .. } if *name == lost), "{error}");
        weights[0].shape.push(1);
        let error = all_arrays(&network, &weights).unwrap_err();
        assert!(matches!(&error, WeightsError::Shape { name, .. } if *name == weights[0].name), "{error}");
    }

    /// A Python with PyTorch: `CONSILIENCE_TEST_PYTHON`, or the one on the path.
    #[test]
    fn pytorch_loads_the_final_weights_and_gives_the_same_outputs() {
        let python = std::env::var("CONSILIENCE_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/torch-modules.py");
        for name in ["mlp", "lenet5", "resnet20"] {
            let parent = tempfile::tempdir().unwrap();
            let directory = parent.path().join("run");
            let network = run(name, &directory).network;
            let weights = RunReader::open(&directory).unwrap().weights().unwrap().unwrap();
            let mut model: Model<f32> = Model::init(network.clone(), Initialisation::default(), 0);
            assert!(place(&mut model, &weights).unwrap().is_empty());
            let shape = network.input().with_n(5);
            let mut random = generator(1, Purpose::Synthetic);
            let inputs: Vec<f32> = (0..shape.len()).map(|_| random.random_range(-1.0..1.0)).collect();
            let outputs = model.predict(Cpu::new(shape, inputs.clone())).unwrap();
            let write = |file: &str, values: &[f32]| {
                let path = parent.path().join(file);
                std::fs::write(&path, values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())
                    .unwrap();
                path
            };
            let mut command = Command::new(&python);
            command.arg(script).arg(name).arg(directory.join(WEIGHTS_FILE)).arg(write("inputs", &inputs));
            command.args([shape.n, shape.h, shape.w, shape.c].map(|size| size.to_string()));
            let output = match command.arg(write("outputs", outputs.as_slice())).output() {
                Ok(output) if output.status.code() != Some(3) => output,
                Ok(output) => return eprintln!("skipped: {}", String::from_utf8_lossy(&output.stderr).trim()),
                Err(error) => return eprintln!("skipped: {python} cannot be run: {error}"),
            };
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{name}: {said}");
            let difference: f64 = String::from_utf8_lossy(&output.stdout).trim().parse().unwrap();
            assert!(difference < 1e-5, "{name}: {difference}");
        }
    }
}
