//! Saved arrays of whatever origin, put into a network.

use consilience_nn::{Model, from_torch_order};
use consilience_record::Weight;
use consilience_tensor::{Cpu, Shape, Tensor};
use std::sync::Arc;

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
}

/// Puts saved arrays into `model`, parameters and buffers; returns the names of those that it has no place for.
///
/// # Errors
/// When one that the network has is missing, or has another shape. The model is then changed in part.
pub fn place(model: &mut Model<f32>, weights: &[Weight]) -> Result<Vec<String>, WeightsError> {
    let network = Arc::clone(&model.network);
    let find = |name: &str, own: Shape, shape: Option<Vec<usize>>| -> Result<Cpu<f32>, WeightsError> {
        let expected = shape.unwrap_or_else(|| vec![own.len()]);
        let named = weights.iter().find(|weight| weight.name == name);
        let Some(found) = named else {
            let found = weights.iter().map(|weight| weight.name.clone()).collect();
            return Err(WeightsError::Missing { name: name.to_owned(), expected, found });
        };
        if found.shape != expected {
            return Err(WeightsError::Shape { name: name.to_owned(), expected, found: found.shape.clone() });
        }
        Ok(Cpu::new(own, from_torch_order(own, &found.values)))
    };
    for (index, (named, values)) in network.parameters().iter().zip(&mut model.parameters).enumerate() {
        *values = find(&named.name, values.shape(), network.torch_shape(index))?;
    }
    for (named, values) in network.buffers().iter().zip(&mut model.buffers) {
        *values = find(&named.name, values.shape(), None)?;
    }
    let names = network.parameters().iter().map(|named| &named.name);
    let known: Vec<&String> = names.chain(network.buffers().iter().map(|named| &named.name)).collect();
    Ok(weights.iter().map(|weight| weight.name.clone()).filter(|name| !known.contains(&name)).collect())
}

/// The first of `names`, and how many more there are.
fn shortened(names: &[String]) -> String {
    const SHOWN: usize = 6;
    let shown = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match names.len() {
        0 => "none".to_owned(),
        count if count > SHOWN => format!("{shown} and {} more", count - SHOWN),
        _ => shown,
    }
}
