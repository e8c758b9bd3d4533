//! The arrays of a network as run directories keep them.

use consilience_nn::{Model, Network, from_torch_order, to_torch_order};
use consilience_record::Weight;
use consilience_tensor::{Cpu, Shape, Tensor};

/// Parameters and buffers with names, shapes and layout as in PyTorch.
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

/// The parameters and buffers of `network`: the inverse of [`of`], in whatever order they come. `Err`: the first that is missing,
/// of another shape, or more than there should be.
pub(crate) fn arrays(network: &Network, weights: &[Weight]) -> Result<Arrays, String> {
    let find =
        |name: &str| weights.iter().find(|weight| weight.name == name).ok_or_else(|| format!("it lacks `{name}`"));
    let parameters = network.parameters().iter().enumerate();
    let parameters = parameters
        .map(|(index, named)| array(named.spec.shape, network.torch_shape(index), find(&named.name)?))
        .collect::<Result<Vec<_>, _>>()?;
    let buffers = network.buffers().iter();
    let buffers =
        buffers.map(|named| array(named.spec.shape, None, find(&named.name)?)).collect::<Result<Vec<_>, _>>()?;
    let is_known = |name: &str| {
        let mut known = network.parameters().iter().map(|named| &named.name);
        known.any(|known| known == name) || network.buffers().iter().any(|named| named.name == name)
    };
    match weights.iter().find(|weight| !is_known(&weight.name)) {
        Some(unknown) => Err(format!("it has `{}`, which the network lacks", unknown.name)),
        None => Ok((parameters, buffers)),
    }
}

/// One array in this library's order; `shape` is that in PyTorch unless it is a vector.
pub(crate) fn array(own: Shape, shape: Option<Vec<usize>>, weight: &Weight) -> Result<Cpu<f32>, String> {
    let expected = shape.unwrap_or_else(|| vec![own.len()]);
    if weight.shape != expected || weight.values.len() != own.len() {
        return Err(format!("`{}`: expected the shape {expected:?}, found {:?}", weight.name, weight.shape));
    }
    Ok(Cpu::new(own, from_torch_order(own, &weight.values)))
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
    use std::sync::Arc;

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
        let (parameters, buffers) = arrays(&network, &weights).unwrap();
        let mut again = named(&network, &parameters, &buffers);
        again.sort_by(|a, b| b.name.cmp(&a.name));
        assert_eq!(again, weights);

        let mut more = weights.clone();
        more.push(Weight { name: "more".into(), ..weights[0].clone() });
        assert_eq!(arrays(&network, &more).unwrap_err(), "it has `more`, which the network lacks");
        let mut fewer = weights.clone();
        let lost = fewer.pop().unwrap().name;
        assert_eq!(arrays(&network, &fewer).unwrap_err(), format!("it lacks `{lost}`"));
        weights[0].shape.push(1);
        assert!(arrays(&network, &weights).unwrap_err().contains("expected the shape"));
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
            let (parameters, buffers) = arrays(&network, &weights).unwrap();
            let mut model: Model<f32> = Model::init(Arc::clone(&network), Initialisation::default(), 0);
            (model.parameters, model.buffers) = (parameters, buffers);
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
