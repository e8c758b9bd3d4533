use consilience_tensor::{Convolution, Shape, Tensor};

/// The per-example gradients of one parameter, in factored form: the one type at which layers and methods meet.
///
/// With index letters `n` examples, `s` positions, `i` inputs, `o` outputs, every layer's per-example gradient is a sum over
/// positions of products of what came in (`input`) and what was back-propagated to the layer's output (`signal`). A factor
/// has the size of the layer's activations, never that of `N` gradients.
#[derive(Clone, Debug)]
pub enum Factor<T> {
    /// A weight matrix: `G_n = sum_s signal[n, s] (x) patch(input)[n, s]`, of shape `outputs x kernel x kernel x inputs`.
    Weight {
        /// The layer's input, before patches are unfolded.
        input: T,
        /// The gradient at the layer's output.
        signal: T,
        /// How patches are unfolded; [`Convolution::POINT`] for a linear layer.
        conv: Convolution,
    },
    /// An elementwise scale (of a normalisation): `G_n[c] = sum_s input[n, s, c] signal[n, s, c]`.
    Scale {
        /// What the scale multiplies.
        input: T,
        /// The gradient at the layer's output.
        signal: T,
    },
    /// A bias or shift: `G_n[c] = sum_s signal[n, s, c]`.
    Bias {
        /// The gradient at the layer's output.
        signal: T,
    },
}

impl<T: Tensor> Factor<T> {
    /// The number of examples.
    pub fn examples(&self) -> usize {
        match self {
            Self::Weight { signal, .. } | Self::Scale { signal, .. } | Self::Bias { signal } => signal.shape().n,
        }
    }

    /// The shape of the parameter.
    pub fn parameter_shape(&self) -> Shape {
        match self {
            Self::Weight { input, signal, conv } => conv.weight_shape(input.shape().c, signal.shape().c),
            Self::Scale { signal, .. } | Self::Bias { signal } => Shape::vector(signal.shape().c),
        }
    }

    /// `sum_n G_n`, of the parameter's shape: one GEMM. On dual numbers its tangent is the Hessian-vector product.
    pub fn sum(&self) -> T {
        match self {
            Self::Weight { input, signal, conv } => input.conv_weight_grad(signal, conv),
            Self::Scale { input, signal } => input.dot_to(signal, self.parameter_shape()),
            Self::Bias { signal } => signal.sum_to(self.parameter_shape()),
        }
    }
}
