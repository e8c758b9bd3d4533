use consilience_nn::Network;
use consilience_tensor::{Real, simd};

use crate::{Moments, Reduced, Signs};

/// What quantities are read from: the merged reductions of one batch, and the scalars that several quantities share.
#[derive(Clone, Debug)]
pub struct Evidence<'a, R> {
    /// The number of examples, `N`.
    pub examples: usize,
    /// One entry per parameter, in the network's order.
    pub parameters: Vec<ParameterEvidence<'a, R>>,
    /// `|g_n|^2` of the whole gradient of each example.
    pub sq_norms: Option<Vec<f64>>,
    /// The outputs' kernel on the probe batch.
    pub probe: Option<Probe>,
}

/// What is known of one parameter.
#[derive(Clone, Copy, Debug)]
pub struct ParameterEvidence<'a, R> {
    /// Its name, such as `0.weight`.
    pub name: &'a str,
    /// `|sum_n g_n|^2`.
    pub sq_norm_of_sum: Option<f64>,
    /// `sum_n |g_n|^2`.
    pub sum_of_sq_norms: Option<f64>,
    /// Mean and spread of every number.
    pub moments: Option<&'a Moments<R>>,
    /// Signs of every number.
    pub signs: Option<&'a Signs>,
}

/// The kernel of the outputs on a fixed batch.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Probe {
    /// Examples, `n`.
    pub examples: usize,
    /// Outputs per example, `C`.
    pub outputs: usize,
    /// `tr K = sum_n sum_c |grad f_c(x_n)|^2`.
    pub trace: f64,
}

impl<'a, R: Real> Evidence<'a, R> {
    /// Gathers the evidence of a pass over `network`.
    pub fn new(network: &'a Network, reduced: &'a Reduced<R>, probe: Option<Probe>) -> Self {
        let names = network.parameters().iter().map(|parameter| parameter.name.as_str());
        let parameters = names.zip(&reduced.parameters).map(|(name, parameter)| ParameterEvidence {
            name,
            sq_norm_of_sum: parameter.sum.as_ref().map(|sum| sum_of_squares(sum.as_slice())),
            sum_of_sq_norms: parameter.sq_norms.as_ref().map(|sq_norms| sq_norms.iter().sum()),
            moments: parameter.moments.as_ref(),
            signs: parameter.signs.as_ref(),
        });
        Self { examples: reduced.examples, parameters: parameters.collect(), sq_norms: reduced.sq_norms(), probe }
    }

    /// `|sum_n g_n|^2` of the whole gradient; `None` when sums were not asked for.
    pub fn sq_norm_of_sum(&self) -> Option<f64> {
        self.parameters.iter().map(|parameter| parameter.sq_norm_of_sum).sum()
    }

    /// `sum_n |g_n|^2` of the whole gradient; `None` when norms were not asked for.
    pub fn sum_of_sq_norms(&self) -> Option<f64> {
        self.parameters.iter().map(|parameter| parameter.sum_of_sq_norms).sum()
    }
}

/// The sum of squares in double precision, in an order that depends on the length only.
fn sum_of_squares<R: Real>(elements: &[R]) -> f64 {
    const LANES: usize = 16;
    simd(
        #[inline(always)]
        || {
            let mut lanes = [0.0_f64; LANES];
            let chunks = elements.chunks_exact(LANES);
            for (lane, x) in lanes.iter_mut().zip(chunks.remainder()) {
                *lane += x.f64() * x.f64();
            }
            for chunk in chunks {
                for (lane, x) in lanes.iter_mut().zip(chunk) {
                    *lane += x.f64() * x.f64();
                }
            }
            lanes.iter().sum()
        },
    )
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::ParameterReduced;
    use consilience_nn::{Block, Network, layers::Linear};
    use consilience_tensor::{Cpu, Shape};

    /// A network with one parameter of two numbers, named `0.weight`.
    pub(in crate::quantities) fn two_numbers() -> Network {
        Network::new(Shape::vector(2), &[Block::layer(Linear::new(2, 1).without_bias())]).unwrap()
    }

    /// All reductions that quantities need, of the given gradients, by their definitions.
    pub(in crate::quantities) fn reduce(gradients: &[[f64; 2]]) -> Reduced<f64> {
        let count = gradients.len();
        let of = |f: &dyn Fn(usize) -> f64| vec![f(0), f(1)];
        let sum = of(&|i| gradients.iter().map(|g| g[i]).sum());
        let mean = of(&|i| sum[i] / count as f64);
        let square_deviations = of(&|i| gradients.iter().map(|g| (g[i] - mean[i]).powi(2)).sum());
        let counts = |keep: fn(f64) -> bool| {
            (0..2).map(|i| gradients.iter().filter(|g| keep(g[i])).count() as u32).collect::<Vec<_>>()
        };
        Reduced {
            examples: count,
            parameters: vec![ParameterReduced {
                sum: Some(Cpu::new(Shape::matrix(1, 2), sum)),
                sq_norms: Some(gradients.iter().map(|g| g[0] * g[0] + g[1] * g[1]).collect()),
                moments: Some(Moments { count, mean, square_deviations }),
                signs: Some(Signs { positive: counts(|x| x > 0.0), negative: counts(|x| x < 0.0) }),
                ..ParameterReduced::default()
            }],
        }
    }

    #[test]
    fn shared_scalars_by_hand() {
        let network = two_numbers();
        let reduced = reduce(&[[3.0, 0.0], [1.0, 2.0]]);
        let evidence = Evidence::new(&network, &reduced, None);
        assert_eq!(evidence.parameters[0].name, "0.weight");
        assert_eq!(evidence.sq_norm_of_sum(), Some(16.0 + 4.0));
        assert_eq!(evidence.sum_of_sq_norms(), Some(9.0 + 5.0));
        assert_eq!(evidence.sq_norms, Some(vec![9.0, 5.0]));
    }

    #[test]
    fn what_was_not_asked_for_is_none() {
        let network = two_numbers();
        let reduced: Reduced<f32> = Reduced { examples: 2, parameters: vec![ParameterReduced::default()] };
        let evidence = Evidence::new(&network, &reduced, None);
        assert_eq!((evidence.sq_norm_of_sum(), evidence.sum_of_sq_norms(), evidence.sq_norms), (None, None, None));
    }

    #[test]
    fn squares_are_summed_in_double_precision() {
        let ones = vec![1e-4_f32; 1_000_003];
        let expected = 1_000_003.0 * f64::from(1e-4_f32).powi(2);
        // every lane adds 62,500 terms, each addition off by at most half a unit of double precision
        assert!((sum_of_squares(&ones) / expected - 1.0).abs() < 62_501.0 * f64::EPSILON);
    }
}
