//! A number over replicates.

/// A number over the replicates of a cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Statistic {
    /// Its mean, or its value from means.
    pub mean: f64,
    /// The standard deviation over the replicates, divided by one less than their number; none of fewer than two, and none of
    /// a number that exists only for all replicates together.
    pub deviation: Option<f64>,
    /// The standard error of the mean.
    pub error: Option<f64>,
    /// Replicates in which it was defined.
    pub count: usize,
}

impl Statistic {
    /// Of the numbers of single replicates; none when there are none.
    pub fn of(values: &[f64]) -> Option<Self> {
        let count = values.len();
        if count == 0 {
            return None;
        }
        let mean = values.iter().sum::<f64>() / count as f64;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let deviation = (count > 1).then(|| (squares / (count - 1) as f64).sqrt());
        Some(Self { mean, deviation, error: deviation.map(|deviation| deviation / (count as f64).sqrt()), count })
    }

    /// Of all replicates together: `value(None)` is the number, `value(Some(i))` the same without replicate `i`, from which the
    /// standard error follows (the jackknife).
    pub fn jackknife(count: usize, value: impl Fn(Option<usize>) -> Option<f64>) -> Option<Self> {
        let mean = value(None)?;
        let without: Option<Vec<f64>> = (0..count).map(|index| value(Some(index))).collect();
        let error = without.filter(|_| count > 1).map(|without| {
            let centre = without.iter().sum::<f64>() / count as f64;
            let squares: f64 = without.iter().map(|value| (value - centre).powi(2)).sum();
            (squares * (count - 1) as f64 / count as f64).sqrt()
        });
        Some(Self { mean, deviation: None, error, count })
    }
}

#[cfg(test)]
mod tests {
    use super::Statistic;

    #[test]
    fn means_deviations_and_errors_by_hand() {
        let of = Statistic::of(&[1.0, 2.0, 6.0]).unwrap();
        // squares: 4 + 1 + 9 = 14, divided by 2
        assert_eq!((of.mean, of.deviation, of.count), (3.0, Some(7.0_f64.sqrt()), 3));
        assert!((of.error.unwrap() - (7.0_f64 / 3.0).sqrt()).abs() < 1e-15);
        let one = Statistic::of(&[5.0]).unwrap();
        assert_eq!((one.mean, one.deviation, one.error), (5.0, None, None));
        assert_eq!(Statistic::of(&[]), None);
    }

    #[test]
    fn the_jackknife_of_a_mean_is_the_ordinary_standard_error() {
        let values = [1.0, 2.0, 6.0, 3.5];
        let mean = |without: Option<usize>| {
            let kept: Vec<f64> =
                values.iter().enumerate().filter(|(i, _)| Some(*i) != without).map(|(_, value)| *value).collect();
            Some(kept.iter().sum::<f64>() / kept.len() as f64)
        };
        let jackknife = Statistic::jackknife(4, mean).unwrap();
        let ordinary = Statistic::of(&values).unwrap();
        assert_eq!(jackknife.mean, ordinary.mean);
        assert!((jackknife.error.unwrap() - ordinary.error.unwrap()).abs() < 1e-14);
    }
}
