//! Quantities by their definitions, from rows of gradients: the summary values that training records.

use std::collections::BTreeSet;

use crate::Rows;
use crate::kernel::{log_determinant, trace_per_example, traced};
use crate::statistics::{count_above, count_below, dot, group_sums, mean, square_deviations};

/// Values by the names under which they are recorded; those that are not defined are left out.
pub type Values = Vec<(&'static str, f64)>;

/// A batch at one moment of training.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// The gradient of each example's own loss, `[N][P]`.
    pub gradients: &'a [Vec<f64>],
    /// The parameters, `[P]`.
    pub parameters: &'a [f64],
    /// Which of them are weights, `[P]`.
    pub is_weight: &'a [bool],
    /// Each example's class.
    pub classes: &'a [u32],
    /// Examples of a micro-batch; fewer that are left over are left out.
    pub micro_batch: usize,
}

impl Batch<'_> {
    /// Everything that is read from the batch's own pass.
    pub fn values(&self) -> Values {
        [self.norms(), self.moments(), self.pairs(), self.tests(), self.micro_batches(), self.weights()].concat()
    }

    fn mean_and_spread(&self) -> (Vec<f64>, f64, f64) {
        let n = self.gradients.len() as f64;
        let mean = mean(self.gradients);
        let spread = self.gradients.iter().map(|g| sq_distance(g, &mean)).sum::<f64>() / (n - 1.0);
        let square = dot(&mean, &mean);
        (mean, square, spread)
    }

    fn norms(&self) -> Values {
        let n = self.gradients.len() as f64;
        let (_, square, spread) = self.mean_and_spread();
        let norms: f64 = self.gradients.iter().map(|g| dot(g, g)).sum();
        let all: f64 = self.gradients.iter().flat_map(|g| self.gradients.iter().map(move |h| dot(g, h))).sum();
        let signal = square - spread / n;
        let mut values = vec![
            ("mean_gradient_norm", square.sqrt()),
            ("mean_example_gradient_norm", self.gradients.iter().map(|g| dot(g, g).sqrt()).sum::<f64>() / n),
            ("m_coherence", all / norms),
            ("gradient_diversity", norms / all),
            ("gradient_diversity_batch_bound", n * norms / all),
            ("osgr", signal / square),
            ("osgr_sq_norm", square),
            ("osgr_trace_covariance", spread),
        ];
        if signal > 0.0 {
            values.push(("simple_noise_scale", spread / signal));
        }
        values
    }

    fn moments(&self) -> Values {
        let n = self.gradients.len() as f64;
        let variances: Vec<f64> = square_deviations(self.gradients).iter().map(|x| x / (n - 1.0)).collect();
        let means = mean(self.gradients);
        let ratios: Vec<f64> =
            means.iter().zip(&variances).filter(|(_, v)| **v > 0.0).map(|(k, v)| k * k / v).collect();
        let mean_ratio = ratios.iter().sum::<f64>() / ratios.len() as f64;
        let signs = count_above(self.gradients, 0.0).into_iter().zip(count_below(self.gradients, 0.0));
        let agreement: Vec<f64> =
            signs.filter(|(p, m)| p + m > 0.0).map(|(p, m)| if p > m { p / (p + m) } else { m / (p + m) }).collect();
        vec![
            ("gsnr_mean", mean_ratio),
            ("early_stopping", 1.0 - n * mean_ratio),
            ("sign_agreement", agreement.iter().sum::<f64>() / agreement.len() as f64),
        ]
    }

    fn pairs(&self) -> Values {
        let cosine = |i: usize, j: usize| {
            let (x, y) = (&self.gradients[i], &self.gradients[j]);
            dot(x, y) / (dot(x, x) * dot(y, y)).sqrt()
        };
        let sign = |i: usize, j: usize| match dot(&self.gradients[i], &self.gradients[j]) {
            0.0 => 0.0,
            product => product.signum(),
        };
        let nonzero: Vec<usize> =
            (0..self.gradients.len()).filter(|&i| dot(&self.gradients[i], &self.gradients[i]) > 0.0).collect();
        let known: BTreeSet<u32> = self.classes.iter().copied().collect();
        let mut values = Values::new();
        for (names, of) in [
            (
                ["stiffness_sign", "stiffness_sign_within", "stiffness_sign_across"],
                &sign as &dyn Fn(usize, usize) -> f64,
            ),
            (["stiffness_cosine", "stiffness_cosine_within", "stiffness_cosine_across"], &cosine),
        ] {
            // the class matrix of the definition, of ordered pairs of different examples
            let entry = |a: u32, b: u32| {
                let of_class = |class: u32| nonzero.iter().copied().filter(move |&i| self.classes[i] == class);
                let pairs = of_class(a).flat_map(|i| of_class(b).filter(move |&j| i != j).map(move |j| of(i, j)));
                average(pairs)
            };
            let all = nonzero.iter().flat_map(|&i| nonzero.iter().filter(move |&&j| i != j).map(move |&j| of(i, j)));
            let within = average(known.iter().filter_map(|&a| entry(a, a)));
            let across = average(
                known
                    .iter()
                    .flat_map(|&a| known.iter().filter(move |&&b| a != b).map(move |&b| (a, b)))
                    .filter_map(|(a, b)| entry(a, b)),
            );
            values.extend(names.into_iter().zip([average(all), within, across]).filter_map(|(n, v)| Some((n, v?))));
        }
        values.extend(confusion(self.gradients, "gradient_confusion", "gradient_confusion_minimum_cosine"));
        values
    }

    fn tests(&self) -> Values {
        let n = self.gradients.len() as f64;
        let (mean, square, spread) = self.mean_and_spread();
        let projections: Vec<f64> = self.gradients.iter().map(|g| dot(g, &mean)).collect();
        let variance = projections.iter().map(|p| (p - square).powi(2)).sum::<f64>() / (n - 1.0);
        let orthogonal = self.gradients.iter().zip(&projections).map(|(g, p)| {
            let along: Vec<f64> = mean.iter().map(|x| p / square * x).collect();
            sq_distance(g, &along)
        });
        let orthogonal = orthogonal.sum::<f64>() / (n - 1.0);
        vec![
            ("norm_test", (spread / (n * square)).sqrt()),
            ("inner_product_test", (variance / (n * square * square)).sqrt()),
            ("orthogonality_test", (orthogonal / (n * square)).sqrt()),
        ]
    }

    fn micro_batches(&self) -> Values {
        let size = self.micro_batch as f64;
        let complete = self.gradients.len() / self.micro_batch;
        let means: Rows = group_sums(&self.gradients[..complete * self.micro_batch], self.micro_batch)
            .into_iter()
            .map(|sum| sum.iter().map(|x| x / size).collect())
            .collect();
        let squares: Vec<f64> = means.iter().map(|g| dot(g, g)).collect();
        let norm = average(squares.iter().map(|x| x.sqrt())).unwrap_or_default();
        let square = average(squares.iter().copied()).unwrap_or_default();
        let mut values = vec![("micro_batch_gradient_norm", norm), ("micro_batch_gradient_norm_squared", square)];
        let pairs = (0..complete).flat_map(|i| (0..i).map(move |j| (i, j)));
        if let Some(disparity) = average(pairs.map(|(i, j)| sq_distance(&means[i], &means[j]).sqrt())) {
            values.extend([("gradient_disparity", disparity), ("gradient_disparity_relative", disparity / norm)]);
        }
        values.extend(confusion(
            &means,
            "micro_batch_gradient_confusion",
            "micro_batch_gradient_confusion_minimum_cosine",
        ));
        let n = self.gradients.len() as f64;
        if n > size {
            let (_, whole, _) = self.mean_and_spread();
            let noise = (square - whole) / (1.0 / size - 1.0 / n);
            let signal = (n * whole - size * square) / (n - size);
            values.push(("two_batch_noise_scale_trace_covariance", noise));
            values.push(("two_batch_noise_scale_sq_norm", signal));
            if noise >= 0.0 && signal > 0.0 {
                values.push(("two_batch_noise_scale", noise / signal));
            }
        }
        values
    }

    fn weights(&self) -> Values {
        let mean = mean(self.gradients);
        let weights = weights(self.parameters, &mean, self.is_weight);
        let share = |pairs: &[(f64, f64)]| {
            average(
                pairs
                    .iter()
                    .filter(|(w, k)| *w != 0.0 && *k != 0.0)
                    .map(|(w, k)| if w.is_sign_positive() == k.is_sign_positive() { 0.0 } else { 1.0 }),
            )
        };
        let top = share(&weights[..weights.len().div_ceil(10)]);
        [("opposite_sign_share", share(&weights)), ("opposite_sign_share_top", top)]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect()
    }
}

/// A probe batch at one moment of training.
#[derive(Clone, Copy, Debug)]
pub struct OnProbe<'a> {
    /// The gradient of every output of every example, `[N][C][P]`.
    pub gradients: &'a [Rows],
    /// The outputs, `[N][C]`: logits.
    pub outputs: &'a [Vec<f64>],
    /// Each example's class.
    pub classes: &'a [u32],
    /// Examples of a micro-batch; fewer that are left over are left out.
    pub micro_batch: usize,
    /// A label for each example, for the sampled Fisher trace.
    pub sampled: &'a [u32],
    /// A direction for each example (the same within a micro-batch), for the unit Jacobian.
    pub directions: &'a [Vec<f64>],
}

impl OnProbe<'_> {
    /// Everything that needs first derivatives of the outputs only.
    pub fn values(&self) -> Values {
        [self.kernels(), self.fisher(), self.jacobians()].concat()
    }

    fn kernels(&self) -> Values {
        let (n, outputs) = (self.gradients.len(), self.outputs[0].len() as f64);
        let kernel = traced(self.gradients);
        let per_example = trace_per_example(self.gradients).iter().sum::<f64>() / n as f64;
        let same = |i: usize, j: usize| if self.classes[i] == self.classes[j] { 1.0 } else { 0.0 };
        let labels: Rows = (0..n).map(|i| (0..n).map(|j| same(i, j)).collect()).collect();
        let squares: f64 = kernel.iter().map(|row| dot(row, row)).sum();
        let mut values = vec![
            ("trace_kernel", per_example),
            ("trace_kernel_mean_over_outputs", per_example / outputs),
            ("kernel_alignment", alignment(&kernel, &labels)),
            ("kernel_alignment_centred", alignment(&centred(&kernel), &centred(&labels))),
            ("kernel_spectrum_participation_ratio", (per_example * n as f64).powi(2) / squares),
            ("kernel_spectrum_top_1", top_eigenvalue(&kernel)),
            ("log_determinant_kernel_ridge", log_determinant(&kernel, 1e-6 * per_example)),
        ];
        let plain = log_determinant(&kernel, 0.0);
        values.extend([("log_determinant_kernel", plain), ("log_determinant_kernel_per_example", plain / n as f64)]);
        values
    }

    fn fisher(&self) -> Values {
        let n = self.gradients.len() as f64;
        let (mut exact, mut sampled) = (0.0, 0.0);
        for ((gradients, outputs), &label) in self.gradients.iter().zip(self.outputs).zip(self.sampled) {
            let total: f64 = outputs.iter().map(|z| z.exp()).sum();
            let probabilities: Vec<f64> = outputs.iter().map(|z| z.exp() / total).collect();
            for class in 0..outputs.len() {
                let mut score = gradients[class].clone();
                for (gradient, p) in gradients.iter().zip(&probabilities) {
                    score.iter_mut().zip(gradient).for_each(|(score, g)| *score -= p * g);
                }
                exact += probabilities[class] * dot(&score, &score);
                sampled += if class == label as usize { dot(&score, &score) } else { 0.0 };
            }
        }
        vec![("fisher_trace", exact / n), ("fisher_trace_sampled", sampled / n)]
    }

    fn jacobians(&self) -> Values {
        let outputs = self.outputs[0].len() as f64;
        let mixed = |direction: &dyn Fn(usize) -> Vec<f64>| -> f64 {
            let rows: Rows = (self.gradients.iter().enumerate())
                .map(|(n, gradients)| {
                    let direction = direction(n);
                    (0..gradients[0].len())
                        .map(|p| (0..gradients.len()).map(|c| direction[c] * gradients[c][p]).sum())
                        .collect()
                })
                .collect();
            let complete = rows.len() / self.micro_batch;
            average(
                group_sums(&rows[..complete * self.micro_batch], self.micro_batch)
                    .iter()
                    .map(|sum| dot(sum, sum) / (self.micro_batch * self.micro_batch) as f64),
            )
            .unwrap_or_default()
        };
        let sum = mixed(&|_| vec![1.0; outputs as usize]);
        let unit = mixed(&|n| self.directions[n].clone());
        vec![
            ("jacobian_norms_sum", sum),
            ("jacobian_norms_average", sum / outputs.powi(2)),
            ("jacobian_norms_unit", unit),
        ]
    }
}

/// The correlation of weights with the change `-H g` of their gradient, of all and of the largest tenth.
pub fn weight_gradient_correlation(parameters: &[f64], change: &[f64], is_weight: &[bool]) -> Values {
    let weights = weights(parameters, change, is_weight);
    let top = correlation(&weights[..weights.len().div_ceil(10)]);
    vec![("weight_gradient_correlation", correlation(&weights)), ("weight_gradient_correlation_top", top)]
}

/// Pearson's correlation.
pub fn correlation(pairs: &[(f64, f64)]) -> f64 {
    let n = pairs.len() as f64;
    let (x, y) = (pairs.iter().map(|p| p.0).sum::<f64>() / n, pairs.iter().map(|p| p.1).sum::<f64>() / n);
    let of = |f: &dyn Fn(&(f64, f64)) -> f64| pairs.iter().map(f).sum::<f64>();
    of(&|p| (p.0 - x) * (p.1 - y)) / (of(&|p| (p.0 - x).powi(2)) * of(&|p| (p.1 - y).powi(2))).sqrt()
}

/// The eigenvalue of largest magnitude of a symmetric matrix, by many power iterations.
pub fn top_eigenvalue(matrix: &[Vec<f64>]) -> f64 {
    let mut vector: Vec<f64> = (0..matrix.len()).map(|i| 1.0 + 0.01 * i as f64).collect();
    let times = |vector: &[f64]| -> Vec<f64> { matrix.iter().map(|row| dot(row, vector)).collect() };
    for _ in 0..20_000 {
        let next = times(&vector);
        let length = dot(&next, &next).sqrt();
        vector = next.iter().map(|x| x / length).collect();
    }
    dot(&vector, &times(&vector))
}

/// Pairs of a weight and its entry of `other`, the weights of largest magnitude first.
fn weights(parameters: &[f64], other: &[f64], is_weight: &[bool]) -> Vec<(f64, f64)> {
    let pairs = parameters.iter().copied().zip(other.iter().copied());
    let mut pairs: Vec<_> = pairs.zip(is_weight).filter(|(_, is_weight)| **is_weight).map(|(pair, _)| pair).collect();
    pairs.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
    pairs
}

fn confusion(rows: &[Vec<f64>], bound: &'static str, cosine: &'static str) -> Values {
    let pairs = || (0..rows.len()).flat_map(|i| (0..i).map(move |j| (&rows[i], &rows[j])));
    let smallest = pairs().map(|(x, y)| dot(x, y)).reduce(f64::min);
    let cosines = pairs().map(|(x, y)| dot(x, y) / (dot(x, x) * dot(y, y)).sqrt()).filter(|x| !x.is_nan());
    let mut values: Values = smallest.map(|smallest| (bound, (-smallest).max(0.0))).into_iter().collect();
    values.extend(cosines.reduce(f64::min).map(|smallest| (cosine, smallest)));
    values
}

fn alignment(x: &[Vec<f64>], y: &[Vec<f64>]) -> f64 {
    let (x, y) = (x.concat(), y.concat());
    dot(&x, &y) / (dot(&x, &x) * dot(&y, &y)).sqrt()
}

/// `H K H` with `H = I - 1/n`.
fn centred(matrix: &[Vec<f64>]) -> Rows {
    let n = matrix.len();
    let h = |i: usize, j: usize| f64::from(u8::from(i == j)) - 1.0 / n as f64;
    let entry = |i: usize, j: usize| {
        (0..n).flat_map(|k| (0..n).map(move |l| (k, l))).map(|(k, l)| h(i, k) * matrix[k][l] * h(l, j)).sum()
    };
    (0..n).map(|i| (0..n).map(|j| entry(i, j)).collect()).collect()
}

fn sq_distance(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| (x - y).powi(2)).sum()
}

fn average(values: impl Iterator<Item = f64>) -> Option<f64> {
    let values: Vec<f64> = values.collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}
