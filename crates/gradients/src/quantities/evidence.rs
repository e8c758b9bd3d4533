use std::sync::Arc;

use consilience_nn::{Network, Role};
use consilience_tensor::{Cpu, Real, sum_of_squares};

use super::ratios::Ratios;
use super::{Products, ratio};
use crate::{Moments, Probe, Reduced, Signs};

/// What quantities are read from: the merged reductions of one batch, and the scalars that several quantities share.
///
/// [`Evidence::new`] gathers what a pass left; what quantities need beside it is added by the methods that begin with `with`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Evidence<'a, R> {
    /// The number of examples, `N`.
    pub examples: usize,
    /// One entry per parameter, in the network's order.
    pub parameters: Vec<ParameterEvidence<'a, R>>,
    /// `|g_n|^2` of the whole gradient of each example.
    pub sq_norms: Option<Vec<f64>>,
    /// `<g_n, sum_m g_m>` of the whole gradient of each example.
    pub dots: Option<Vec<f64>>,
    /// `<g_n, g_m>` of the whole gradients of all pairs of examples.
    pub gram: Option<Products>,
    /// The mean gradients of the micro-batches.
    pub micro_batches: Option<MicroBatches>,
    /// The class of each example, in the order of the batch.
    pub classes: Option<&'a [u32]>,
    /// What was measured on the probe batch.
    pub probe: Option<&'a Probe>,
    /// The gradient signal-to-noise ratios, where moments were asked for.
    pub(super) ratios: Option<Arc<Ratios<R>>>,
}

/// What is known of one parameter.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ParameterEvidence<'a, R> {
    /// Its name, such as `0.weight`.
    pub name: &'a str,
    /// What it is for.
    pub role: Role,
    /// Its values.
    pub values: Option<&'a [R]>,
    /// `sum_n g_n`.
    pub sum: Option<&'a [R]>,
    /// `|sum_n g_n|^2`.
    pub sq_norm_of_sum: Option<f64>,
    /// `sum_n |g_n|^2`.
    pub sum_of_sq_norms: Option<f64>,
    /// Mean and spread of every number.
    pub moments: Option<&'a Moments<R>>,
    /// Signs of every number.
    pub signs: Option<&'a Signs>,
}

/// The mean gradients of the micro-batches of full size. A shorter one at the end is left out, unless it is the only one.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct MicroBatches {
    /// Examples of each, `M`.
    pub size: usize,
    /// `|1/M sum_n g_n|^2` of each.
    pub sq_norms: Vec<f64>,
    /// The inner products of the mean gradients of all pairs.
    pub gram: Option<Products>,
}

impl MicroBatches {
    pub(crate) fn new<R: Real>(reduced: &Reduced<R>) -> Option<Self> {
        let lengths = reduced.group_examples()?;
        let size = lengths.iter().copied().max()?;
        let full: Vec<usize> = (0..lengths.len()).filter(|&place| lengths[place] == size).collect();
        let share = 1.0 / (size as f64 * size as f64);
        let sums = reduced.group_sq_norms()?;
        let gram = reduced.group_gram().map(|gram| {
            let row = |i: usize| full.iter().map(move |&j| i * lengths.len() + j);
            Products::new(full.iter().flat_map(|&i| row(i)).map(|place| share * gram[place]).collect(), full.len())
        });
        Some(Self { size, sq_norms: full.iter().map(|&place| share * sums[place]).collect(), gram })
    }
}

impl<'a, R: Real> Evidence<'a, R> {
    /// Gathers the evidence of a pass over `network`.
    pub fn new(network: &'a Network, reduced: &'a Reduced<R>) -> Self {
        let parameters: Vec<_> = network
            .parameters()
            .iter()
            .zip(&reduced.parameters)
            .map(|(named, parameter)| ParameterEvidence {
                name: named.name.as_str(),
                role: named.spec.role,
                values: None,
                sum: parameter.sum.as_ref().map(Cpu::as_slice),
                sq_norm_of_sum: parameter.sum.as_ref().map(|sum| sum_of_squares(sum.as_slice())),
                sum_of_sq_norms: parameter.sq_norms.as_ref().map(|sq_norms| sq_norms.iter().sum()),
                moments: parameter.moments.as_ref(),
                signs: parameter.signs.as_ref(),
            })
            .collect();
        let gram = reduced.gram().map(|gram| Products::new(gram, reduced.examples));
        Self {
            examples: reduced.examples,
            ratios: Ratios::new(&parameters).map(Arc::new),
            parameters,
            sq_norms: reduced.sq_norms(),
            dots: gram.as_ref().map(Products::row_sums).or_else(|| reduced.dots()),
            gram,
            micro_batches: MicroBatches::new(reduced),
            classes: None,
            probe: None,
        }
    }

    /// Adds the values of the parameters at which the gradients were taken, in the network's order.
    #[must_use]
    pub fn with_parameters(mut self, values: &'a [Cpu<R>]) -> Self {
        for (parameter, values) in self.parameters.iter_mut().zip(values) {
            parameter.values = Some(values.as_slice());
        }
        self
    }

    /// Adds the classes of the batch's examples, when its targets are classes.
    #[must_use]
    pub fn with_classes(self, classes: Option<&'a [u32]>) -> Self {
        Self { classes, ..self }
    }

    /// Adds what was measured on the probe batch.
    #[must_use]
    pub fn with_probe(self, probe: Option<&'a Probe>) -> Self {
        Self { probe, ..self }
    }

    /// `|sum_n g_n|^2` of the whole gradient; `None` when sums were not asked for.
    pub fn sq_norm_of_sum(&self) -> Option<f64> {
        self.parameters.iter().map(|parameter| parameter.sq_norm_of_sum).sum()
    }

    /// `|1/N sum_n g_n|^2` of the whole gradient; `None` when sums were not asked for.
    pub fn sq_norm_of_mean(&self) -> Option<f64> {
        let n = self.examples as f64;
        Some(self.sq_norm_of_sum()? / (n * n))
    }

    /// `sum_n |g_n|^2` of the whole gradient; `None` when norms were not asked for.
    pub fn sum_of_sq_norms(&self) -> Option<f64> {
        self.parameters.iter().map(|parameter| parameter.sum_of_sq_norms).sum()
    }

    /// The unbiased estimate of the trace of the gradients' covariance,
    /// `tr Sigma = (sum_n |g_n|^2 - |sum_n g_n|^2 / N) / (N - 1)`; `None` with one example, and when the gradients are so alike
    /// that rounding has taken it.
    pub fn trace_covariance(&self) -> Option<f64> {
        let n = self.examples as f64;
        let squares = self.sum_of_sq_norms()?;
        let spread = squares - self.sq_norm_of_sum()? / n;
        (self.examples > 1 && spread > rounding::<R>(squares)).then(|| spread / (n - 1.0))
    }

    /// `tr Sigma / (N |g|^2)`: the squared length of the noise in the mean gradient, relative to that of the mean gradient.
    pub fn noise_to_signal(&self) -> Option<f64> {
        let (trace, square) = self.trace_covariance().zip(self.sq_norm_of_mean())?;
        ratio(trace, self.examples as f64 * square)
    }
}

/// What of a difference of squared norms of this size is no more than the rounding of gradients, a few units of the precision.
pub(super) fn rounding<R: Real>(squares: f64) -> f64 {
    16.0 * R::epsilon().f64() * squares
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::quantities::{Needs, Value};
    use crate::{GroupSums, ParameterReduced, ProbeBatch, ProbeSettings, measure_probe};
    use consilience_nn::losses::{Loss, Targets};
    use consilience_nn::{Block, Network, layers::Linear};
    use consilience_tensor::{Cpu, Shape};

    /// A network with one parameter of two numbers, named `0.weight`.
    pub(in crate::quantities) fn two_numbers() -> Network {
        Network::new(Shape::vector(2), &[Block::layer(Linear::new(2, 1).without_bias())]).unwrap()
    }

    /// All reductions that quantities need, of the given gradients, by their definitions; micro-batches of two.
    pub(in crate::quantities) fn reduce(gradients: &[[f64; 2]]) -> Reduced<f64> {
        let dot = |x: &[f64; 2], y: &[f64; 2]| x[0] * y[0] + x[1] * y[1];
        let gram =
            |rows: &[[f64; 2]]| rows.iter().flat_map(|x| rows.iter().map(move |y| dot(x, y))).collect::<Vec<_>>();
        let groups: Vec<[f64; 2]> =
            gradients.chunks(2).map(|group| [0, 1].map(|i| group.iter().map(|gradient| gradient[i]).sum())).collect();
        let count = gradients.len();
        let of = |f: &dyn Fn(usize) -> f64| vec![f(0), f(1)];
        let sum = of(&|i| gradients.iter().map(|g| g[i]).sum());
        let mean = of(&|i| sum[i] / count as f64);
        let square_deviations = of(&|i| gradients.iter().map(|g| (g[i] - mean[i]).powi(2)).sum());
        let counts = |keep: fn(f64) -> bool| {
            (0..2).map(|i| gradients.iter().filter(|g| keep(g[i])).count() as u32).collect::<Vec<_>>().into()
        };
        let array = |elements| Cpu::new(Shape::matrix(1, 2), elements);
        Reduced {
            examples: count,
            parameters: vec![ParameterReduced {
                sum: Some(array(sum)),
                sq_norms: Some(gradients.iter().map(|g| g[0] * g[0] + g[1] * g[1]).collect()),
                moments: Some(Moments { count, mean: array(mean), square_deviations: array(square_deviations) }),
                signs: Some(Signs { positive: counts(|x| x > 0.0), negative: counts(|x| x < 0.0) }),
                gram: Some(gram(gradients)),
                groups: Some(GroupSums {
                    examples: gradients.chunks(2).map(<[_]>::len).collect(),
                    sq_norms: groups.iter().map(|group| dot(group, group)).collect(),
                    sums: Vec::new(),
                    gram: Some(gram(&groups)),
                }),
                ..ParameterReduced::default()
            }],
        }
    }

    /// What is measured on a probe of a linear layer of zeros from two inputs to three outputs without bias, with classes 0, 1, 2,
    /// 0 and so on, and micro-batches of two.
    pub(in crate::quantities) fn probe_of_linear(inputs: &[[f64; 2]], needs: Needs) -> Probe {
        let network = Network::new(Shape::vector(2), &[Block::layer(Linear::new(2, 3).without_bias())]).unwrap();
        let batch = ProbeBatch {
            inputs: Cpu::new(Shape::matrix(inputs.len(), 2), inputs.concat()),
            targets: &Targets::Classes((0..inputs.len() as u32).map(|n| n % 3).collect()),
            loss: Loss::SoftmaxCrossEntropy,
            settings: ProbeSettings { micro_batch: 2, ..ProbeSettings::new(1) },
        };
        measure_probe(&network, &[Cpu::<f64>::zeros(Shape::matrix(3, 2))], &[], &batch, needs).unwrap()
    }

    /// What a quantity reads from a probe alone.
    pub(in crate::quantities) fn on_probe(
        probe: &Probe,
        read: fn(&Evidence<'_, f64>) -> Vec<Value>,
    ) -> Vec<Option<f64>> {
        let (network, reduced) = (two_numbers(), reduce(&[[0.0, 0.0]]));
        let evidence = Evidence::new(&network, &reduced).with_probe(Some(probe));
        read(&evidence).into_iter().map(|(_, value)| value).collect()
    }

    #[test]
    fn shared_scalars_by_hand() {
        let network = two_numbers();
        let reduced = reduce(&[[3.0, 0.0], [1.0, 2.0]]);
        let evidence = Evidence::new(&network, &reduced);
        assert_eq!(evidence.parameters[0].name, "0.weight");
        assert_eq!(evidence.sq_norm_of_sum(), Some(16.0 + 4.0));
        assert_eq!(evidence.sum_of_sq_norms(), Some(9.0 + 5.0));
        assert_eq!(evidence.sq_norm_of_mean(), Some(5.0));
        assert_eq!(evidence.sq_norms, Some(vec![9.0, 5.0]));
        assert_eq!(evidence.dots, Some(vec![12.0, 8.0]));
        // (14 - 20/2) / 1
        assert_eq!(evidence.trace_covariance(), Some(4.0));
    }

    #[test]
    fn micro_batches_are_means_of_full_ones() {
        let network = two_numbers();
        let reduced = reduce(&[[3.0, 0.0], [1.0, 2.0], [0.0, 2.0], [0.0, 0.0], [9.0, 9.0]]);
        let micro_batches = Evidence::new(&network, &reduced).micro_batches.unwrap();
        // means (2, 1) and (0, 1); the fifth example is left over
        assert_eq!((micro_batches.size, micro_batches.sq_norms.as_slice()), (2, [5.0, 1.0].as_slice()));
        assert_eq!(micro_batches.gram, Some(Products::new(vec![5.0, 1.0, 1.0, 1.0], 2)));
        let short = reduce(&[[3.0, 4.0]]);
        let only = Evidence::new(&network, &short).micro_batches.unwrap();
        assert_eq!((only.size, only.sq_norms), (1, vec![25.0]), "a batch that is shorter than a micro-batch");
    }

    #[test]
    fn what_was_not_asked_for_is_none() {
        let network = two_numbers();
        let reduced: Reduced<f32> = Reduced { examples: 2, parameters: vec![ParameterReduced::default()] };
        let evidence = Evidence::new(&network, &reduced);
        assert_eq!((evidence.sq_norm_of_sum(), evidence.sum_of_sq_norms(), evidence.sq_norms), (None, None, None));
    }
}
