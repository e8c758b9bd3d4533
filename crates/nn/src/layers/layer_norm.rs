use consilience_tensor::{Shape, Tensor};

use super::{NORM_EPSILON, norm_parameters, wrong};
use crate::{Backward, Factor, Forward, Layer, ParameterSpec, Saved, ShapeError, State, Structure};

/// `y = (x - mean) / sqrt(var + 1e-5) * weight + bias` with the mean and biased variance over the features of each position
/// (Ba, Kiros and Hinton 2016), as PyTorch's `LayerNorm(features)` with features last.
///
/// On a flat vector it standardises the vector; on tokens, each token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LayerNorm {
    features: usize,
}

impl LayerNorm {
    /// A normalisation over `features` features.
    pub const fn new(features: usize) -> Self {
        Self { features }
    }
}

impl Structure for LayerNorm {
    fn kind(&self) -> &'static str {
        "layer_norm"
    }

    fn parameters(&self) -> Vec<ParameterSpec> {
        norm_parameters(self.features)
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, ShapeError> {
        if input.c != self.features {
            return Err(wrong(format!("{} features", self.features), input));
        }
        Ok(input)
    }
}

impl<T: Tensor> Layer<T> for LayerNorm {
    fn forward(&self, input: T, state: State<'_, T>) -> Forward<T> {
        let shape = input.shape();
        let share = 1.0 / shape.c as f64;
        let mean = input.sum_to(shape.with_c(1)).scale(share);
        let root = input.square_deviations_to(&mean, shape.with_c(1)).scale(share).rsqrt(NORM_EPSILON);
        let shift = mean.mul(&root).scale(-1.0);
        let standard = input.affine(&root, &shift);
        let output = standard.clone().affine(&state.parameters[0], &state.parameters[1]);
        Forward { output, saved: Saved::tensors(shape, [standard, root]), buffers: Vec::new() }
    }

    fn backward(&self, saved: &Saved<T>, state: State<'_, T>, signal: T, input_grad: bool) -> Backward<T> {
        let (standard, root) = (&saved.tensors[0], &saved.tensors[1]);
        let factors = vec![
            Factor::Scale { input: standard.clone(), signal: signal.clone() },
            Factor::Bias { signal: signal.clone() },
        ];
        let input = input_grad.then(|| {
            let positions = saved.input.with_c(1);
            let share = -1.0 / saved.input.c as f64;
            let scaled = signal.mul(&state.parameters[0]);
            let through_mean = scaled.sum_to(positions).mul(root).scale(share);
            let through_variance = scaled.dot_to(standard, positions).mul(root).scale(share);
            scaled.affine_pair(root, standard, &through_variance, &through_mean)
        });
        Backward { input, factors }
    }
}
