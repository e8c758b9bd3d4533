use consilience_tensor::{Convolution, Real, Shape, Tensor};

use super::{NORM_EPSILON, norm_parameters, wrong};
use crate::{Backward, Factor, Forward, Layer, ParameterSpec, Saved, ShapeError, State, Structure};

/// `y = (x - mean) / sqrt(var + 1e-5) * weight + bias` with the mean and biased variance of each example's group of
/// neighbouring channels over all pixels (Wu and He 2018), as PyTorch's `GroupNorm`.
///
/// `groups = 1` is layer normalisation over channels and pixels, `groups = channels` instance normalisation. Examples stay
/// independent, so per-example gradients exist in every mode.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GroupNorm {
    groups: usize,
    channels: usize,
}

impl GroupNorm {
    /// A normalisation of `channels` channels in `groups` groups.
    pub const fn new(groups: usize, channels: usize) -> Self {
        Self { groups, channels }
    }

    /// The constant matrix that takes the mean over a group, `groups x channels`, from sums per channel over `pixels`.
    fn mean_of_group<T: Tensor>(self, pixels: usize) -> T {
        let size = self.channels / self.groups;
        let share = T::Elem::of(1.0 / (size * pixels) as f64);
        indicator(Shape::matrix(self.groups, self.channels), |group, channel| channel / size == group, share)
    }

    /// The constant matrix that gives every channel its group's number, `channels x groups`.
    fn spread<T: Tensor>(self) -> T {
        let size = self.channels / self.groups;
        let one = T::Elem::of(1.0);
        indicator(Shape::matrix(self.channels, self.groups), |channel, group| channel / size == group, one)
    }
}

impl Structure for GroupNorm {
    fn kind(&self) -> &'static str {
        "group_norm"
    }

    fn parameters(&self) -> Vec<ParameterSpec> {
        norm_parameters(self.channels)
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, ShapeError> {
        if input.c != self.channels {
            return Err(wrong(format!("{} channels", self.channels), input));
        }
        if self.groups == 0 || !self.channels.is_multiple_of(self.groups) {
            return Err(wrong(format!("channels that are divisible by the {} groups", self.groups), input));
        }
        Ok(input)
    }
}

impl<T: Tensor> Layer<T> for GroupNorm {
    fn forward(&self, input: T, state: State<'_, T>) -> Forward<T> {
        let shape = input.shape();
        let channels = Shape::matrix(shape.n, shape.c);
        let (mean_of_group, spread) = (self.mean_of_group::<T>(shape.positions()), self.spread::<T>());
        let conv = Convolution::POINT;
        let mean = input.sum_to(channels).conv(&mean_of_group, &conv).conv(&spread, &conv);
        let variance = input.square_deviations_to(&mean, channels).conv(&mean_of_group, &conv);
        let root = variance.rsqrt(NORM_EPSILON).conv(&spread, &conv);
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
            let weight = &state.parameters[0];
            let channels = Shape::matrix(saved.input.n, saved.input.c);
            let (mean_of_group, spread) = (self.mean_of_group::<T>(saved.input.positions()), self.spread::<T>());
            let conv = Convolution::POINT;
            // the weight differs between the channels of a group, so it enters before channels are added
            let through =
                |sums: T| sums.mul(weight).conv(&mean_of_group, &conv).conv(&spread, &conv).mul(root).scale(-1.0);
            let through_mean = through(signal.sum_to(channels));
            let through_variance = through(signal.dot_to(standard, channels));
            signal.affine_pair(&root.clone().mul(weight), standard, &through_variance, &through_mean)
        });
        Backward { input, factors }
    }
}

fn indicator<T: Tensor>(shape: Shape, belongs: impl Fn(usize, usize) -> bool, value: T::Elem) -> T {
    let zero = T::Elem::of(0.0);
    let elements = (0..shape.len()).map(|at| if belongs(at / shape.c, at % shape.c) { value } else { zero });
    T::from_vec(shape, elements.collect())
}
