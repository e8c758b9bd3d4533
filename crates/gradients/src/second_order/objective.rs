use consilience_nn::Number;
use consilience_nn::losses::{Loss, TargetError, Targets};
use consilience_tensor::{Cpu, Real, Tensor};

/// A scalar function of a batch's outputs, known by its gradient with respect to them.
pub trait Objective {
    /// The gradient at the outputs (`N x 1 x 1 x C`), on any kind of number, with all weights of the examples included.
    ///
    /// # Errors
    /// When targets do not fit the outputs.
    fn signal<T: Number>(&self, outputs: &T) -> Result<T, TargetError>;
}

impl<O: Objective> Objective for &O {
    fn signal<T: Number>(&self, outputs: &T) -> Result<T, TargetError> {
        (*self).signal(outputs)
    }
}

/// The mean loss over the batch, `L = 1/N sum_n loss_n`.
#[derive(Clone, Copy, Debug)]
pub struct MeanLoss<'a> {
    /// The loss.
    pub loss: Loss,
    /// What the outputs are compared with.
    pub targets: &'a Targets,
}

impl Objective for MeanLoss<'_> {
    fn signal<T: Number>(&self, outputs: &T) -> Result<T, TargetError> {
        let share = 1.0 / outputs.shape().n as f64;
        Ok(self.loss.signal(outputs, self.targets)?.scale(share))
    }
}

/// The sum of the losses of the batch, `sum_n loss_n`, so that each example contributes the gradient of its own loss.
#[derive(Clone, Copy, Debug)]
pub struct TotalLoss<'a> {
    /// The loss.
    pub loss: Loss,
    /// What the outputs are compared with.
    pub targets: &'a Targets,
}

impl Objective for TotalLoss<'_> {
    fn signal<T: Number>(&self, outputs: &T) -> Result<T, TargetError> {
        self.loss.signal(outputs, self.targets)
    }
}

/// A linear function of the outputs, `sum_n <v_n, f(x_n)>`: a mean logit, a random mix of logits. Its gradient norms estimate
/// Jacobian norms; with independent random signs `v_n`, `E |grad|^2 = tr K`.
#[derive(Clone, Debug)]
pub struct LinearOutput<R> {
    /// The coefficients, `N x 1 x 1 x C`.
    pub coefficients: Cpu<R>,
}

impl<R: Real> Objective for LinearOutput<R> {
    fn signal<T: Number>(&self, _outputs: &T) -> Result<T, TargetError> {
        let elements = self.coefficients.as_slice().iter().map(|x| Real::of(x.f64())).collect();
        Ok(T::from_vec(self.coefficients.shape(), elements))
    }
}
