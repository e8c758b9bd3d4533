use consilience_tensor::{Cpu, Real, Shape, Tensor};

use crate::{Network, NetworkError, Op};

/// Reorders a parameter from this library's order (outputs, height, width, inputs) to PyTorch's (outputs, inputs, height,
/// width). Linear weights and vectors are the same in both.
///
/// Returns the elements unchanged when there are not `shape.len()` of them.
#[must_use]
pub fn to_torch_order<V: Copy>(shape: Shape, elements: &[V]) -> Vec<V> {
    reorder(shape, shape.positions(), shape.c, elements)
}

/// Reorders a parameter from PyTorch's order (outputs, inputs, height, width) to this library's (outputs, height, width,
/// inputs): the inverse of [`to_torch_order`]. `shape` is this library's.
///
/// Returns the elements unchanged when there are not `shape.len()` of them.
#[must_use]
pub fn from_torch_order<V: Copy>(shape: Shape, elements: &[V]) -> Vec<V> {
    reorder(shape, shape.c, shape.positions(), elements)
}

/// Transposes the `rows x columns` matrix of each output.
fn reorder<V: Copy>(shape: Shape, rows: usize, columns: usize, elements: &[V]) -> Vec<V> {
    if elements.len() != shape.len() || rows <= 1 || columns <= 1 {
        return elements.to_vec();
    }
    let matrices = elements.chunks_exact(rows * columns);
    matrices.flat_map(|matrix| (0..rows * columns).map(|at| matrix[at % rows * columns + at / rows])).collect()
}

/// Flat vectors in PyTorch's order: parameters in the network's order, each row-major in PyTorch's shape.
impl Network {
    /// The shape of a parameter in PyTorch: `[outputs, inputs]` for a linear weight, `[outputs, inputs / groups, height,
    /// width]` for a convolution's, `[length]` for a vector. `None` when there is no such parameter.
    pub fn torch_shape(&self, parameter: usize) -> Option<Vec<usize>> {
        let named = self.parameters().get(parameter)?;
        let shape = named.spec.shape;
        let kind = match &self.nodes()[named.node].op {
            Op::Layer { layer, .. } => layer.kind(),
            Op::Add { .. } => "",
        };
        Some(match (named.spec.name, kind) {
            ("weight", "linear") => vec![shape.n, shape.c],
            ("weight", "conv2d") => vec![shape.n, shape.c, shape.h, shape.w],
            _ => vec![shape.len()],
        })
    }

    /// All parameters (or gradients) as one flat vector in PyTorch's order, of length `P`.
    pub fn to_torch_vector<T: Tensor>(&self, parameters: &[T]) -> Vec<T::Elem> {
        parameters.iter().flat_map(|parameter| to_torch_order(parameter.shape(), &parameter.values())).collect()
    }

    /// The parameters of a flat vector in PyTorch's order: the inverse of [`Network::to_torch_vector`].
    ///
    /// # Errors
    /// When the vector has not `P` elements.
    pub fn from_torch_vector<R: Real>(&self, flat: &[R]) -> Result<Vec<Cpu<R>>, NetworkError> {
        if flat.len() != self.parameter_count() {
            return Err(NetworkError::State {
                what: "flat vector",
                name: "of all parameters".into(),
                expected: self.parameter_count().to_string(),
                got: flat.len().to_string(),
            });
        }
        let mut rest = flat;
        let take = |shape: Shape| {
            let (head, tail) = rest.split_at(shape.len());
            rest = tail;
            Cpu::from_vec(shape, from_torch_order(shape, head))
        };
        Ok(self.parameters().iter().map(|parameter| parameter.spec.shape).map(take).collect())
    }
}
