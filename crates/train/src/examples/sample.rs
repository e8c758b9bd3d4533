//! The sample of the paper: a few examples, and a few numbers of every weight.

use consilience_data::seeds::{Purpose, numbered_generator};
use consilience_nn::{Network, Role};
use consilience_tensor::{Cpu, Real, Tensor};
use rand::seq::index;

/// Training examples of the sample.
const EXAMPLES: usize = 400;

/// Numbers of every weight; biases, scales and shifts have none.
const NUMBERS: usize = 300;

/// The numbers under which [`Purpose::Subsample`] draws examples and numbers of weights.
const EXAMPLES_DRAW: u64 = 4;
const NUMBERS_DRAW: u64 = 5;

/// The sampled ones of `examples` examples, in the order of the data.
pub(super) fn examples(examples: usize, seed: u64) -> Vec<usize> {
    let mut generator = numbered_generator(seed, Purpose::Subsample, EXAMPLES_DRAW);
    let mut chosen = index::sample(&mut generator, examples, EXAMPLES.min(examples)).into_vec();
    chosen.sort_unstable();
    chosen
}

/// The places of the sampled numbers in every parameter of a network, one list per parameter.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Places(Vec<Vec<usize>>);

impl Places {
    pub fn draw(network: &Network, seed: u64) -> Self {
        let mut generator = numbered_generator(seed, Purpose::Subsample, NUMBERS_DRAW);
        let places = network.parameters().iter().map(|parameter| {
            let numbers = parameter.spec.shape.len();
            match parameter.spec.role {
                Role::Weight => index::sample(&mut generator, numbers, NUMBERS.min(numbers)).into_vec(),
                Role::Bias | Role::Scale | Role::Shift => Vec::new(),
            }
        });
        Self(places.collect())
    }

    /// `gradient` with zeros at all other places. The inner product of any vector with it is that of their sampled numbers.
    pub fn restrict<R: Real>(&self, gradient: &[Cpu<R>]) -> Vec<Cpu<R>> {
        let restricted = gradient.iter().zip(&self.0).map(|(array, places)| {
            let mut zeros = vec![R::zero(); array.as_slice().len()];
            for &place in places {
                zeros[place] = array.as_slice()[place];
            }
            Cpu::new(Tensor::shape(array), zeros)
        });
        restricted.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use consilience_nn::layers::{GroupNorm, Linear};
    use consilience_nn::{Block, layers::Conv2d, layers::Flatten};
    use consilience_tensor::{Shape, Window};

    #[test]
    fn three_hundred_numbers_of_every_weight_and_none_of_the_rest() {
        let blocks = [
            Block::layer(Conv2d::new(2, 4, Window::square(3, 1, 1))),
            Block::layer(GroupNorm::new(2, 4)),
            Block::layer(Flatten),
            Block::layer(Linear::new(64, 10)),
        ];
        let network = Network::new(Shape::new(1, 4, 4, 2), &blocks).unwrap();
        let places = Places::draw(&network, 3);
        assert_eq!(places, Places::draw(&network, 3));
        assert_ne!(places, Places::draw(&network, 4));
        let ones: Vec<Cpu<f64>> =
            network.parameters().iter().map(|p| Cpu::new(p.spec.shape, vec![1.0; p.spec.shape.len()])).collect();
        let kept: Vec<f64> = places.restrict(&ones).iter().map(|array| array.as_slice().iter().sum()).collect();
        // weight (4 x 3 x 3 x 2) and bias, scale and shift, weight (10 x 64) and bias
        assert_eq!(kept, [72.0, 0.0, 0.0, 0.0, 300.0, 0.0]);
    }

    #[test]
    fn four_hundred_examples_or_all() {
        let chosen = examples(1000, 1);
        assert_eq!(chosen.len(), 400);
        assert!(chosen.windows(2).all(|pair| pair[0] < pair[1]) && chosen[399] < 1000);
        assert_eq!(examples(5, 1), [0, 1, 2, 3, 4]);
    }
}
