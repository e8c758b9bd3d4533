use consilience_tensor::Real;

use super::order_statistics::order_statistics;
use super::ratios::Ratios;
use super::{Description, Evidence, Needs, Value, ratio, value, value_per_parameter};

pub(crate) const DESCRIPTION: Description = Description {
    name: "gsnr",
    summary: "gradient signal-to-noise ratio: squared mean over variance of each parameter's gradient",
    explanation: "Definition: for each number q of the parameters r_q = k_q^2 / rho_q^2 (equation 23), with k_q the mean of its gradient \
over the N examples of the batch and rho_q^2 = 1/(N - 1) sum_n (g_nq - k_q)^2 the unbiased variance. Given are the mean, median, 5th and \
95th percentile (linear interpolation) over all numbers for which it is defined.
Range: 0 or more. Pure noise gives about 1/N rather than 0, because k_q^2 is biased by rho_q^2 / N.
Reading: large values mean that the examples agree on a parameter; the paper ties them to a small generalisation gap. The mean \
is ruled by few parameters with very large ratios, the median is not. Compare runs at equal batch size.
Undefined: for a number whose variance is exactly 0 in the precision of the run (behind a dead unit, or N = 1): no epsilon is added. gsnr_undefined is the \
share of such numbers.
Cost: mean and squared deviations of every number, and a selection of percentiles. The mean is also given for each parameter.
Source: Liu, Bai, Jiang, Chen and Wang 2020 (arXiv 2001.07384), equations 1 and 23.",
    values: &[
        value_per_parameter("gsnr_mean", "mean GSNR"),
        value("gsnr_median", "median GSNR"),
        value("gsnr_p5", "5th percentile of GSNR"),
        value("gsnr_p95", "95th percentile of GSNR"),
        value("gsnr_undefined", "share of parameters without gradient variance"),
    ],
    needs: Needs::MOMENTS,
};

pub(crate) fn read<R: Real>(evidence: &Evidence<'_, R>) -> Vec<Value> {
    let ratios = evidence.ratios.as_deref();
    let mut values = vec![("gsnr_mean".to_owned(), ratios.and_then(Ratios::mean))];
    for (place, parameter) in evidence.parameters.iter().enumerate() {
        values.push((format!("gsnr_mean/{}", parameter.name), ratios.and_then(|ratios| ratios.mean_of(place))));
    }
    let (all, defined) = ratios.map_or((&[][..], 0), |ratios| (ratios.values(), ratios.defined()));
    let shares = [0.5, 0.05, 0.95];
    for (name, value) in ["gsnr_median", "gsnr_p5", "gsnr_p95"].into_iter().zip(percentiles(all, defined, shares)) {
        values.push((name.to_owned(), value));
    }
    values.push(("gsnr_undefined".to_owned(), ratio((all.len() - defined) as f64, all.len() as f64)));
    values
}

/// The numbers below which shares of the values lie, with linear interpolation between neighbours. All values are at least 0; the
/// `finite` smallest count.
fn percentiles<R: Real, const N: usize>(values: &[R], finite: usize, shares: [f64; N]) -> [Option<f64>; N] {
    let Some(last) = finite.checked_sub(1) else { return [None; N] };
    let position = |share: f64| share * last as f64;
    let ranks = shares.iter().flat_map(|&share| {
        let below = position(share).floor() as usize;
        [below, (below + 1).min(last)]
    });
    let found = order_statistics(&[values], &ranks.collect::<Vec<_>>());
    std::array::from_fn(|place| {
        let (low, next) = (found[2 * place].f64(), found[2 * place + 1].f64());
        Some(low + position(shares[place]).fract() * (next - low))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantities::evidence::tests::{reduce, two_numbers};

    fn values(gradients: &[[f64; 2]]) -> Vec<Option<f64>> {
        let (network, reduced) = (two_numbers(), reduce(gradients));
        read(&Evidence::new(&network, &reduced)).into_iter().map(|(_, value)| value).collect()
    }

    #[test]
    fn by_hand() {
        // first number: mean 2, variance 2, ratio 2; second: mean 3, variance 18, ratio 0.5
        let expected = [1.25, 1.25, 1.25, 0.575, 1.925, 0.0];
        for (got, expected) in values(&[[3.0, 6.0], [1.0, 0.0]]).into_iter().zip(expected) {
            assert!((got.unwrap() - expected).abs() < 4.0 * f64::EPSILON, "{got:?} {expected}");
        }
    }

    #[test]
    fn variance_of_exactly_zero_is_undefined_and_a_tiny_one_is_not() {
        assert_eq!(values(&[[1.0, 0.0], [1.0, 0.0]]), [None, None, None, None, None, Some(1.0)]);
        assert_eq!(values(&[[1.0, 2.0]]), [None, None, None, None, None, Some(1.0)], "one example has no variance");
        // mean 1e-30, variance 2e-70: an absolute epsilon would hide the ratio 5e9
        let tiny = values(&[[1e-30 + 1e-35, 0.0], [1e-30 - 1e-35, 0.0]]);
        assert!((tiny[0].unwrap() / 5e9 - 1.0).abs() < 1e-9, "{tiny:?}");
        assert_eq!(tiny[5], Some(0.5));
    }

    #[test]
    fn percentiles_interpolate_as_numpy_does() {
        let values = [5.0, f64::INFINITY, 1.0, 4.0, 2.0, 3.0];
        assert_eq!(percentiles(&values, 5, [0.5, 0.05, 1.0]), [Some(3.0), Some(1.2), Some(5.0)]);
        assert_eq!(percentiles::<f64, 1>(&[], 0, [0.5]), [None]);
    }
}
