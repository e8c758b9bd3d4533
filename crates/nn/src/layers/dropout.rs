use consilience_tensor::{Real, Shape, Tensor};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{Backward, Forward, Layer, NetworkError, Saved, ShapeError, State, Structure};

/// Sets each number to zero with probability `p` and divides the others by `1 - p` (Srivastava et al. 2014); the identity
/// when the pass has no dropout seed.
///
/// The mask is drawn from the `ChaCha8` stream with the pass's seed and the layer's salt, element by element: the same seed
/// and batch shape give the same mask, on plain and on dual numbers.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Dropout {
    probability: f64,
    salt: u64,
}

impl Dropout {
    /// Dropout with probability `probability` in `[0, 1)`. Layers of one network need different salts for independent masks.
    ///
    /// # Errors
    /// When the probability is outside `[0, 1)`.
    pub fn new(probability: f64, salt: u64) -> Result<Self, NetworkError> {
        if (0.0..1.0).contains(&probability) {
            Ok(Self { probability, salt })
        } else {
            Err(NetworkError::Description(format!("expected a dropout probability in [0, 1), got {probability}")))
        }
    }

    fn mask<T: Tensor>(self, shape: Shape, seed: u64) -> T {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(self.salt);
        let threshold = (self.probability * 2_f64.powi(32)) as u64;
        let (dropped, kept) = (T::Elem::of(0.0), T::Elem::of(1.0 / (1.0 - self.probability)));
        let mask = (0..shape.len()).map(|_| if u64::from(random.next_u32()) < threshold { dropped } else { kept });
        T::from_vec(shape, mask.collect())
    }
}

impl Structure for Dropout {
    fn kind(&self) -> &'static str {
        "dropout"
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, ShapeError> {
        Ok(input)
    }
}

impl<T: Tensor> Layer<T> for Dropout {
    fn forward(&self, input: T, state: State<'_, T>) -> Forward<T> {
        let shape = input.shape();
        let Some(seed) = state.mode.dropout else {
            return Forward { output: input, saved: Saved::tensors(shape, []), buffers: Vec::new() };
        };
        let mask = self.mask::<T>(shape, seed);
        Forward { output: input.mul(&mask), saved: Saved::tensors(shape, [mask]), buffers: Vec::new() }
    }

    fn backward(&self, saved: &Saved<T>, _state: State<'_, T>, signal: T, input_grad: bool) -> Backward<T> {
        let input = input_grad.then(|| match saved.tensors.first() {
            Some(mask) => signal.mul(mask),
            None => signal,
        });
        Backward { input, factors: Vec::new() }
    }
}
