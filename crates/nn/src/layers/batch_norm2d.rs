use consilience_tensor::{Shape, Tensor};

use super::{NORM_EPSILON, norm_parameters, wrong};
use crate::{
    Backward, BufferSpec, Factor, Forward, Layer, Mode, ParameterSpec, Saved, ShapeError, State, Statistics, Structure,
};

/// `y = (x - mean) / sqrt(var + 1e-5) * weight + bias` per channel (Ioffe and Szegedy 2015), as PyTorch's `BatchNorm2d`.
///
/// With [`Statistics::Batch`], `mean` and `var` (biased) are those of the batch over examples and pixels, gradients flow
/// through them, and the running statistics become `0.9 running + 0.1 batch`, with the unbiased variance. With
/// [`Statistics::Frozen`] they are the running statistics, held constant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BatchNorm2d {
    channels: usize,
}

impl BatchNorm2d {
    /// The share of the batch in new running statistics.
    pub const MOMENTUM: f64 = 0.1;

    /// A normalisation of `channels` channels.
    pub const fn new(channels: usize) -> Self {
        Self { channels }
    }
}

impl Structure for BatchNorm2d {
    fn kind(&self) -> &'static str {
        "batch_norm2d"
    }

    fn parameters(&self) -> Vec<ParameterSpec> {
        norm_parameters(self.channels)
    }

    fn buffers(&self) -> Vec<BufferSpec> {
        let shape = Shape::vector(self.channels);
        vec![
            BufferSpec { name: "running_mean", shape, initial: 0.0 },
            BufferSpec { name: "running_var", shape, initial: 1.0 },
        ]
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, ShapeError> {
        if input.c != self.channels {
            return Err(wrong(format!("{} channels", self.channels), input));
        }
        Ok(input)
    }

    fn couples_examples(&self, mode: Mode) -> bool {
        mode.statistics == Statistics::Batch
    }
}

impl<T: Tensor> Layer<T> for BatchNorm2d {
    fn forward(&self, input: T, state: State<'_, T>) -> Forward<T> {
        let shape = input.shape();
        let (mean, root, buffers) = match state.mode.statistics {
            Statistics::Frozen => (state.buffers[0].clone(), state.buffers[1].clone().rsqrt(NORM_EPSILON), Vec::new()),
            Statistics::Batch => {
                let (count, channels) = (shape.rows() as f64, Shape::vector(shape.c));
                let mean = input.sum_to(channels).scale(1.0 / count);
                let squares = input.square_deviations_to(&mean, channels);
                // one row has no unbiased variance; its squares are zero, so any divisor gives zero
                let unbiased = squares.clone().scale(1.0 / (count - 1.0).max(1.0));
                let buffers = vec![running(&state.buffers[0], &mean), running(&state.buffers[1], &unbiased)];
                (mean, squares.scale(1.0 / count).rsqrt(NORM_EPSILON), buffers)
            }
        };
        let shift = mean.mul(&root).scale(-1.0);
        let standard = input.affine(&root, &shift);
        let output = standard.clone().affine(&state.parameters[0], &state.parameters[1]);
        Forward { output, saved: Saved::tensors(shape, [standard, root]), buffers }
    }

    fn backward(&self, saved: &Saved<T>, state: State<'_, T>, signal: T, input_grad: bool) -> Backward<T> {
        let (standard, root) = (&saved.tensors[0], &saved.tensors[1]);
        let factors = vec![
            Factor::Scale { input: standard.clone(), signal: signal.clone() },
            Factor::Bias { signal: signal.clone() },
        ];
        let input = input_grad.then(|| {
            let slope = root.clone().mul(&state.parameters[0]);
            match state.mode.statistics {
                Statistics::Frozen => signal.mul(&slope),
                Statistics::Batch => {
                    let channels = Shape::vector(self.channels);
                    let share = -1.0 / saved.input.rows() as f64;
                    let through_mean = signal.sum_to(channels).mul(&slope).scale(share);
                    let through_variance = signal.dot_to(standard, channels).mul(&slope).scale(share);
                    signal.affine_pair(&slope, standard, &through_variance, &through_mean)
                }
            }
        });
        Backward { input, factors }
    }
}

fn running<T: Tensor>(old: &T, batch: &T) -> T {
    let kept = old.clone().scale(1.0 - BatchNorm2d::MOMENTUM);
    kept.add(&batch.clone().scale(BatchNorm2d::MOMENTUM))
}
