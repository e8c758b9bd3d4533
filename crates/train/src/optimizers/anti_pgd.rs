use consilience_data::seeds::{Purpose, numbered_generator};
use consilience_tensor::Real;
use rand_distr::{Distribution, StandardNormal};

use super::{Block, Transform, TransformEntry};

/// Numbers that are drawn from one generator.
const CELL: usize = 1 << 10;

pub(super) const ENTRY: TransformEntry = TransformEntry {
    name: "anti_pgd",
    summary: "Anti-PGD: adds noise to the parameters that the next update takes back",
    explanation: "Definition: theta_{t+1} = theta_t - eta g_t + sigma (xi_{t+1} - xi_t), where the xi are independent standard normal numbers, one per \
parameter, xi_0 = 0, and eta g_t is whatever the update is without noise. So the parameters carry the noise sigma xi_t and no more, however \
many updates there were.
Options: sigma, at least 0 (the papers give sigma^2); until, the last t with noise: xi_t = 0 for later ones, so that update \
takes back the last noise and the run can converge. Default: noise to the end.
Place: it acts after the learning rate, wherever it stands in the list.
Cost: one number per parameter, and drawing one.
Source: Orvieto et al. 2022 (arXiv 2202.02831); Novack et al. 2022 (arXiv 2211.15853), appendix D.2.",
};

/// `d <- d - sigma (xi_{t+1} - xi_t)` with standard normal `xi_1, xi_2, ...`, and 0 for `xi_0` and beyond `until` (Anti-PGD).
///
/// The noise is a function of the seed, `t`, the parameter and the place in it alone.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct AntiPgd {
    /// The standard deviation of the noise, at least 0.
    pub sigma: f64,
    /// The last `t` with noise; `None`: all.
    pub until: Option<u64>,
    /// The seed of the noise.
    pub seed: u64,
}

impl<R: Real> Transform<R> for AntiPgd {
    fn slots(&self) -> &'static [&'static str] {
        &["noise"]
    }

    fn update(&self, block: Block<'_, '_, R>) {
        let time = block.context.step + 1;
        let noisy = self.until.is_none_or(|until| time <= until);
        let [carried] = block.state else { return };
        let mut numbers = normal(self.seed, time, block.parameter, block.offset);
        for (d, carried) in block.direction.iter_mut().zip(carried.iter_mut()) {
            let noise = if noisy { numbers.next().map_or(R::zero(), |xi| R::of(self.sigma * xi)) } else { R::zero() };
            *d -= noise - *carried;
            *carried = noise;
        }
    }
}

/// Standard normal numbers of a parameter at time `time`, from the one at `offset` on, without end.
fn normal(seed: u64, time: u64, parameter: usize, offset: usize) -> impl Iterator<Item = f64> {
    let generator = numbered_generator(seed, Purpose::UpdateNoise, time);
    (offset / CELL..)
        .flat_map(move |cell| {
            let mut generator = generator.clone();
            generator.set_stream((parameter as u64) << 32 | cell as u64);
            StandardNormal.sample_iter(generator).take(CELL)
        })
        .skip(offset % CELL)
}

#[cfg(test)]
mod tests {
    use consilience_tensor::{Cpu, Shape};

    use super::{AntiPgd, CELL, normal};
    use crate::optimizers::{Chain, Transform};

    /// Parameters that start at 0 after so many updates with gradient 0.
    fn wander(until: Option<u64>, updates: u64) -> Vec<f64> {
        let transforms: Vec<Box<dyn Transform<f64>>> = vec![Box::new(AntiPgd { sigma: 0.5, until, seed: 7 })];
        let zeros = || vec![Cpu::zeros(Shape::vector(20_000))];
        let mut parameters = zeros();
        let mut chain = Chain::new(transforms, &parameters);
        for step in 0..updates {
            parameters = chain.update(step, &parameters, zeros(), 1.0, None).unwrap();
        }
        parameters[0].as_slice().to_vec()
    }

    #[test]
    fn parameters_carry_the_last_noise_alone() {
        let after_nine = wander(None, 9);
        for (theta, xi) in after_nine.iter().zip(normal(7, 9, 0, 0)) {
            // nine sums of numbers below 4
            assert!((theta - 0.5 * xi).abs() < 9.0 * 4.0 * f64::EPSILON, "{theta} {xi}");
        }
        // the mean of 20 000 numbers is within 5 standard errors, and so is that of their squares
        let mean = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / 20_000.0;
        let first = wander(None, 1);
        assert!(mean(&mut first.iter().copied()).abs() < 5.0 * 0.5 / 20_000_f64.sqrt());
        let variance = mean(&mut first.iter().map(|theta| theta * theta));
        assert!((variance - 0.25).abs() < 5.0 * 0.25 * (2.0_f64 / 20_000.0).sqrt(), "{variance}");
    }

    #[test]
    fn without_noise_the_last_is_taken_back() {
        assert!(wander(Some(3), 3).iter().all(|theta| *theta != 0.0));
        for updates in [4, 6] {
            assert!(wander(Some(3), updates).iter().all(|theta| theta.abs() < 4.0 * 4.0 * f64::EPSILON));
        }
        assert!(wander(Some(0), 2).iter().all(|theta| *theta == 0.0));
    }

    #[test]
    fn noise_depends_on_its_place_alone() {
        let whole: Vec<f64> = normal(1, 2, 3, 0).take(3 * CELL).collect();
        for offset in [1, CELL - 1, CELL, CELL + 5] {
            let part: Vec<f64> = normal(1, 2, 3, offset).take(CELL).collect();
            assert_eq!(part, whole[offset..offset + CELL]);
        }
        for other in [normal(2, 2, 3, 0).next(), normal(1, 3, 3, 0).next(), normal(1, 2, 4, 0).next()] {
            assert_ne!(other, Some(whole[0]));
        }
    }
}
