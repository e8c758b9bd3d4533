//! Batches as networks and losses take them.

use std::borrow::Cow;

use consilience_data::{DataError, Dataset, Targets as Given};
use consilience_nn::losses::Targets;
use consilience_tensor::{Cpu, Real, Shape};

/// The shape of one example.
pub fn example_shape(data: &Dataset) -> Shape {
    let shape = data.shape();
    Shape::new(1, shape.height, shape.width, shape.channels)
}

/// The inputs of the examples at `indices`, in that order, as they are.
pub fn inputs<R: Real>(data: &Dataset, indices: &[usize]) -> Result<Cpu<R>, DataError> {
    gather(data, indices, |index| data.example(index).map(|example| Cow::Borrowed(example.input)))
}

/// The inputs of the examples at `indices`, in that order, as they are trained on in `epoch`: augmented, where the data are.
pub fn training_inputs<R: Real>(data: &Dataset, indices: &[usize], epoch: u64) -> Result<Cpu<R>, DataError> {
    gather(data, indices, |index| data.training_input(index, epoch))
}

fn gather<'a, R: Real>(
    data: &'a Dataset,
    indices: &[usize],
    input: impl Fn(usize) -> Option<Cow<'a, [f32]>>,
) -> Result<Cpu<R>, DataError> {
    let shape = example_shape(data);
    let mut elements = Vec::with_capacity(indices.len() * shape.len());
    for &index in indices {
        let input = input(index).ok_or_else(|| out_of_range(data, index))?;
        elements.extend(input.iter().map(|&x| R::of(f64::from(x))));
    }
    Ok(Cpu::new(shape.with_n(indices.len()), elements))
}

/// The given targets of the examples at `indices`, in that order.
pub fn targets(data: &Dataset, indices: &[usize]) -> Result<Targets, DataError> {
    Ok(match data.targets() {
        Given::Classes { .. } => {
            let mut labels = vec![0; indices.len()];
            data.gather_labels(indices, &mut labels)?;
            Targets::Classes(labels)
        }
        Given::Values { outputs, .. } => {
            let mut values = vec![0.0_f32; indices.len() * outputs];
            data.gather_values(indices, &mut values)?;
            if values.iter().any(|value| value.is_nan()) {
                Targets::Masked(values, *outputs)
            } else {
                Targets::Values(values, *outputs)
            }
        }
    })
}

fn out_of_range(data: &Dataset, index: usize) -> DataError {
    DataError::IndexOutOfRange { name: data.name().to_owned(), index, examples: data.len() }
}
