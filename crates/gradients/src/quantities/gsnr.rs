use consilience_tensor::Real;

use super::{Description, Evidence, Needs, Value, ratio, value, value_per_parameter};
use crate::Moments;

pub(crate) const DESCRIPTION: Description = Description {
    name: "gsnr",
    summary: "gradient signal-to-noise ratio: squared mean over variance of each parameter's gradient",
    explanation: "Definition: for each number q of the parameters r_q = k_q^2 / rho_q^2 (equation 23), with k_q the mean of its gradient \
over the N examples of the batch and rho_q^2 = 1/(N - 1) sum_n (g_nq - k_q)^2 the unbiased variance. Given are the mean, median, 5th and \
95th percentile (linear interpolation) over all numbers for which it is defined.
Range: 0 or more. Pure noise gives about 1/N rather than 0, because k_q^2 is biased by rho_q^2 / N.
Reading: large values mean that the examples agree on a parameter; the paper ties them to a small generalisation gap. The mean \
is ruled by few parameters with very large ratios, the median is not. Compare runs at equal batch size.
Undefined: for a number whose variance is exactly 0 (behind a dead unit, or N = 1): no epsilon is added. gsnr_undefined is the \
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
    let size = |moments: &Moments<R>| moments.mean.len();
    let all = evidence.parameters.iter().filter_map(|parameter| parameter.moments).map(size).sum();
    let mut ratios = Vec::with_capacity(all);
    let mut total = 0.0;
    let mut per_parameter = Vec::with_capacity(evidence.parameters.len());
    for parameter in &evidence.parameters {
        let Some(moments) = parameter.moments else { continue };
        let before = ratios.len();
        let sum = append_ratios(moments, &mut ratios);
        total += sum;
        per_parameter.push((format!("gsnr_mean/{}", parameter.name), ratio(sum, (ratios.len() - before) as f64)));
    }
    let defined = ratios.len();
    let mut values = vec![("gsnr_mean".to_owned(), ratio(total, defined as f64))];
    values.extend(per_parameter);
    for (name, share) in [("gsnr_median", 0.5), ("gsnr_p5", 0.05), ("gsnr_p95", 0.95)] {
        values.push((name.to_owned(), percentile(&mut ratios, share)));
    }
    values.push(("gsnr_undefined".to_owned(), ratio((all - defined) as f64, all as f64)));
    values
}

/// The mean over all numbers for which the ratio is defined.
pub(super) fn mean<R: Real>(evidence: &Evidence<'_, R>) -> Option<f64> {
    let (mut sum, mut defined) = (0.0, 0.0);
    for moments in evidence.parameters.iter().filter_map(|parameter| parameter.moments) {
        for ratio in ratios(moments) {
            sum += ratio;
            defined += 1.0;
        }
    }
    ratio(sum, defined)
}

/// Appends the ratios that are defined, and returns their sum.
fn append_ratios<R: Real>(moments: &Moments<R>, ratios: &mut Vec<R>) -> f64 {
    let mut sum = 0.0;
    for ratio in self::ratios(moments) {
        sum += ratio;
        ratios.push(R::of(ratio));
    }
    sum
}

/// The ratios that are defined.
fn ratios<R: Real>(moments: &Moments<R>) -> impl Iterator<Item = f64> {
    let freedom = moments.count.saturating_sub(1) as f64;
    moments.mean.iter().zip(&moments.square_deviations).filter_map(move |(mean, square_deviation)| {
        // in double precision squares of single precision neither overflow nor vanish
        let (mean, square_deviation) = (mean.f64(), square_deviation.f64());
        let ratio = mean * mean * freedom / square_deviation;
        (square_deviation > 0.0 && ratio.is_finite()).then_some(ratio)
    })
}

/// The number below which a share of the values lies, with linear interpolation between neighbours; reorders the values.
fn percentile<R: Real>(values: &mut [R], share: f64) -> Option<f64> {
    let position = share * values.len().checked_sub(1)? as f64;
    let below = position.floor() as usize;
    let (_, &mut low, above) = values.select_nth_unstable_by(below, |a, b| a.f64().total_cmp(&b.f64()));
    let next = above.iter().copied().fold(None, |least: Option<R>, x| Some(least.map_or(x, |least| least.min(x))));
    let low = low.f64();
    Some(low + (position - below as f64) * (next.map_or(low, Real::f64) - low))
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
        let mut values = [5.0, 1.0, 4.0, 2.0, 3.0];
        assert_eq!(percentile(&mut values, 0.5), Some(3.0));
        assert_eq!(percentile(&mut values, 0.05), Some(1.2));
        assert_eq!(percentile(&mut values, 1.0), Some(5.0));
        assert_eq!(percentile::<f64>(&mut [], 0.5), None);
    }
}
