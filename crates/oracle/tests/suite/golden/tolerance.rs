use consilience_oracle::kernel::trace_of_inverse;
use consilience_oracle::{largest, longest_path, relative_error};
use consilience_tensor::Real;

use crate::golden::compute::Computed;
use crate::golden::file::Golden;
use crate::golden::network::Case;

/// How far the numbers of one file may be off.
///
/// In double precision: 1e-9 of the largest magnitude of each tensor. In single precision, with the unit roundoff `u`
/// and the longest path `L` of rounded operations to an entry of a per-example gradient ([`longest_path`]), plus the
/// sum over the batch:
///
/// * what the forward pass gives, and gradients: `L u`;
/// * products of gradients (norms, dot products, kernels): `(2 L + P) u`, as both factors are off and `P` products are
///   added;
/// * second derivatives: `(4 L + P) u`: a pass on dual numbers takes every product twice, along directions that are
///   gradients themselves;
/// * log-determinants and their gradients: those of a kernel times its condition. When all gradients `J` move by a share
///   `t`, `log det (K + e I)` moves by `2 tr (J^T (K + e I)^-1 dJ)`, at most `2 t sqrt(tr K tr (K + e I)^-1)`.
///
/// Ratios and counts are compared entry by entry, with what an error of `L u` of the largest gradient makes of them.
pub struct Tolerance<'a> {
    golden: &'a Golden,
    /// Unit roundoff.
    unit: f64,
    single: bool,
    path: f64,
    parameters: f64,
    /// How many examples' signs are decided by rounding, per parameter.
    undecided: Vec<f64>,
}

const DOUBLE: f64 = 1e-9;

impl<'a> Tolerance<'a> {
    pub fn new<R: Real>(case: &Case<R>, golden: &'a Golden, computed: &Computed) -> Self {
        let unit = 0.5 * R::epsilon().f64();
        let path = longest_path(&case.network) + case.classes.len() as f64;
        let parameters = case.network.parameter_count();
        let gradients = golden.get("G").unwrap_or_default();
        let threshold = path * unit * largest(gradients);
        let own = computed.iter().find(|(name, ..)| name == "G").map_or(&[][..], |(_, _, values)| values);
        let mut undecided = vec![0.0; parameters];
        for (at, (expected, got)) in gradients.iter().zip(own).enumerate() {
            // where both are zero, a dead unit made them so, and zero has no sign
            if (*expected != 0.0 || *got != 0.0) && expected.abs() <= threshold {
                undecided[at % parameters] += 1.0;
            }
        }
        Self { golden, unit, single: R::NAME == "f32", path, parameters: parameters as f64, undecided }
    }

    /// # Errors
    /// What is wrong, in words.
    pub fn compare(&self, name: &str, got: &[f64], expected: &[f64]) -> Result<(), String> {
        match name {
            "n_pos" | "n_neg" => self.counts(got, expected, 1.0),
            "majority" => self.counts(got, expected, 1.0 / self.examples()),
            "gsnr" => self.ratios(got, expected),
            _ => {
                let (error, bound) = (relative_error(got, expected), self.of(name));
                // a comparison with a bound that is not a number must fail
                if error <= bound { Ok(()) } else { Err(format!("relative error {error:.2e}, at most {bound:.2e}")) }
            }
        }
    }

    fn of(&self, name: &str) -> f64 {
        let condition = self.condition(name);
        if !self.single {
            // beyond a condition of 1e7 double precision itself does not give nine digits
            return DOUBLE.max(self.unit * self.path * condition);
        }
        let operations = match name {
            "norms" | "dots" | "norm2" | "trK" | "eps_b" | "eps_full" | "micro_norm2" | "micro_dots" => {
                2.0 * self.path + self.parameters
            }
            _ if name.starts_with("K_") => 2.0 * self.path + self.parameters,
            "grad" => self.path,
            _ if name.starts_with("logdet") => 2.0 * self.path,
            _ if name.starts_with("grad_") || name == "Hv" => 4.0 * self.path + self.parameters,
            "var" | "var_unbiased" => 2.0 * self.path,
            _ => self.path,
        };
        operations * self.unit * condition
    }

    /// How much the log-determinant of a kernel, relative to its own size, amplifies errors of the gradients; 1 for all
    /// other tensors.
    fn condition(&self, name: &str) -> f64 {
        let (kernel, ridge, determinant) = match name {
            "logdet_b_raw" => ("K_b", None, "logdet_b_raw"),
            "logdet_b" | "grad_logdet_b" => ("K_b", Some("eps_b"), "logdet_b"),
            "logdet_full" | "grad_logdet_full" => ("K_full", Some("eps_full"), "logdet_full"),
            _ => return 1.0,
        };
        let value = |name: &str| self.golden.values(name)[0];
        let values = self.golden.values(kernel);
        let rows: Vec<Vec<f64>> = values.chunks_exact(values.len().isqrt()).map(<[f64]>::to_vec).collect();
        let inverse = trace_of_inverse(&rows, ridge.map_or(0.0, value));
        let absolute = (value("trK") * inverse).sqrt();
        if name.starts_with("grad") { absolute } else { absolute / value(determinant).abs() }
    }

    fn examples(&self) -> f64 {
        self.golden.values("G").len() as f64 / self.parameters
    }

    fn counts(&self, got: &[f64], expected: &[f64], unit: f64) -> Result<(), String> {
        if got.len() != expected.len() {
            return Err(format!("{} numbers, expected {}", got.len(), expected.len()));
        }
        let wrong = |&at: &usize| {
            let difference = (got[at] - expected[at]).abs();
            difference > (self.undecided[at] + 1e-9) * unit || difference.is_nan()
        };
        match (0..got.len()).find(wrong) {
            Some(at) => Err(format!("parameter {at}: {}, expected {}", got[at], expected[at])),
            None => Ok(()),
        }
    }

    /// `mean^2 / var`, when mean and deviations are each off by `L u` of the largest gradient.
    fn ratios(&self, got: &[f64], expected: &[f64]) -> Result<(), String> {
        if got.len() != expected.len() {
            return Err(format!("{} numbers, expected {}", got.len(), expected.len()));
        }
        let (mean, variance) = (self.golden.values("mean"), self.golden.values("var"));
        let off = self.path * self.unit * largest(self.golden.values("G"));
        let mut compared = 0;
        for at in 0..got.len() {
            let of_mean = 2.0 * mean[at].abs() * off + off * off;
            let of_variance = 2.0 * variance[at].sqrt() * off + off * off;
            let bound = if mean[at] == 0.0 && variance[at] == 0.0 {
                0.0 // every gradient is zero: a dead unit
            } else if variance[at] <= 2.0 * of_variance {
                continue; // a variance of rounding alone
            } else {
                DOUBLE * expected[at] + 2.0 * (of_mean + expected[at] * of_variance) / variance[at]
            };
            compared += 1;
            let difference = (got[at] - expected[at]).abs();
            if difference > bound || difference.is_nan() {
                return Err(format!("parameter {at}: {}, expected {} within {bound:.2e}", got[at], expected[at]));
            }
        }
        if compared == 0 { Err("no entry has a variance above rounding".into()) } else { Ok(()) }
    }
}
