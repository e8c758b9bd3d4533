use consilience_tensor::{Buffer, Cpu, Real, Tensor};
use rayon::prelude::*;

use crate::reductions::dots;

/// The result of a pass: what each parameter's gradients were reduced to, in the network's order.
#[derive(Clone, Debug)]
pub struct Reduced<R> {
    /// The number of examples.
    pub examples: usize,
    /// One entry per parameter.
    pub parameters: Vec<ParameterReduced<R>>,
}

/// The reductions of one parameter that were asked for; the rest is `None` or empty.
///
/// Arrays have the parameter's shape. Numbers per example are in double precision.
#[derive(Clone, Debug, Default)]
pub struct ParameterReduced<R> {
    /// `sum_n G_n`.
    pub sum: Option<Cpu<R>>,
    /// `|G_n|^2`, of length `N`.
    pub sq_norms: Option<Vec<f64>>,
    /// `<G_n, v>`, of length `N`.
    pub dots: Option<Vec<f64>>,
    /// `<G_n, G_m>`, row-major `N x N`.
    pub gram: Option<Vec<f64>>,
    /// Mean and spread.
    pub moments: Option<Moments<R>>,
    /// Counts of signs.
    pub signs: Option<Signs>,
    /// One winsorized sum for each count asked for, in their order.
    pub winsorized: Vec<Cpu<R>>,
    /// The median (of an even number: the mean of the middle two).
    pub median: Option<Cpu<R>>,
    /// Sums over groups.
    pub groups: Option<GroupSums<R>>,
}

/// Mean and sum of squared deviations from it, per parameter. Two of them merge into that of the union (Chan et al. 1979),
/// so a micro-batch, a batch and a data set are the same code.
#[derive(Clone, Debug)]
pub struct Moments<R> {
    /// How many examples.
    pub count: usize,
    /// `1/N sum_n g_n`.
    pub mean: Cpu<R>,
    /// `sum_n (g_n - mean)^2`.
    pub square_deviations: Cpu<R>,
}

/// How many examples have a gradient of either sign, per parameter. Zeros count for neither.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signs {
    /// Examples with `g_n > 0`.
    pub positive: Buffer<u32>,
    /// Examples with `g_n < 0`.
    pub negative: Buffer<u32>,
}

/// Sums of gradients over groups of consecutive examples.
#[derive(Clone, Debug)]
pub struct GroupSums<R> {
    /// How many examples each group has.
    pub examples: Vec<usize>,
    /// `|sum_{n in group} G_n|^2`, one per group.
    pub sq_norms: Vec<f64>,
    /// The sums, one array per group, when they were to be kept.
    pub sums: Vec<Cpu<R>>,
    /// The inner products of the sums of all pairs of groups, row-major, when they were asked for.
    pub gram: Option<Vec<f64>>,
}

impl<R: Real> Moments<R> {
    /// The moments of the union of two sets of examples.
    ///
    /// # Panics
    /// When they are of different parameters.
    #[must_use]
    pub fn merge(mut self, other: &Self) -> Self {
        assert_eq!(self.mean.shape(), other.mean.shape(), "moments of the same parameter");
        let total = self.count + other.count;
        if total == 0 {
            return self;
        }
        let share = R::of(other.count as f64 / total as f64);
        let weight = R::of(self.count as f64 * other.count as f64 / total as f64);
        let own = self.mean.as_mut_slice().iter_mut().zip(self.square_deviations.as_mut_slice());
        let others = other.mean.as_slice().iter().zip(other.square_deviations.as_slice());
        for ((mean, square), (other_mean, other_square)) in own.zip(others) {
            let step = *other_mean - *mean;
            *mean += step * share;
            *square += *other_square + step * step * weight;
        }
        self.count = total;
        self
    }
}

impl Signs {
    /// The counts over both sets of examples.
    #[must_use]
    pub fn merge(mut self, other: &Self) -> Self {
        self.positive.iter_mut().zip(other.positive.iter()).for_each(|(own, other)| *own += other);
        self.negative.iter_mut().zip(other.negative.iter()).for_each(|(own, other)| *own += other);
        self
    }
}

impl<R: Real> GroupSums<R> {
    /// The groups of both, one after the other. The inner products follow only where both kept their sums, and are left out
    /// elsewhere.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        let (first, second) = (self.examples.len(), other.examples.len());
        let kept = self.sums.len() == first && other.sums.len() == second;
        self.gram = self.gram.take().zip(other.gram.as_ref()).filter(|_| kept).map(|(mine, others)| {
            let pairs = (0..first * second).into_par_iter();
            let between: Vec<f64> = pairs
                .map(|pair| dots::dot(self.sums[pair / second].as_slice(), other.sums[pair % second].as_slice()))
                .collect();
            let entry = |i: usize, j: usize| match (i < first, j < first) {
                (true, true) => mine[i * first + j],
                (false, false) => others[(i - first) * second + (j - first)],
                (true, false) => between[i * second + (j - first)],
                (false, true) => between[j * second + (i - first)],
            };
            let all = first + second;
            (0..all * all).map(|place| entry(place / all, place % all)).collect()
        });
        self.examples.extend(other.examples);
        self.sq_norms.extend(other.sq_norms);
        if kept {
            self.sums.extend(other.sums);
        } else {
            self.sums.clear();
        }
        self
    }
}

impl<R: Real> Reduced<R> {
    /// `|G_n|^2` of the whole gradient, summed over parameters; `None` when it was not asked for.
    pub fn sq_norms(&self) -> Option<Vec<f64>> {
        self.total(|p| p.sq_norms.as_deref())
    }

    /// `<G_n, v>` of the whole gradient; `None` when it was not asked for.
    pub fn dots(&self) -> Option<Vec<f64>> {
        self.total(|p| p.dots.as_deref())
    }

    /// The Gram matrix `<G_n, G_m>` of the whole gradients, row-major; `None` when it was not asked for.
    pub fn gram(&self) -> Option<Vec<f64>> {
        self.total(|p| p.gram.as_deref())
    }

    /// `|sum of group|^2` of the whole gradient per group; `None` when it was not asked for.
    pub fn group_sq_norms(&self) -> Option<Vec<f64>> {
        self.total(|p| p.groups.as_ref().map(|g| g.sq_norms.as_slice()))
    }

    /// The inner products of the groups' sums of whole gradients, row-major; `None` when they were not asked for.
    pub fn group_gram(&self) -> Option<Vec<f64>> {
        self.total(|p| p.groups.as_ref().and_then(|g| g.gram.as_deref()))
    }

    /// How many examples each group has; `None` when no groups were asked for.
    pub fn group_examples(&self) -> Option<&[usize]> {
        self.parameters.first()?.groups.as_ref().map(|groups| groups.examples.as_slice())
    }

    /// The summed gradient, one array per parameter; `None` when it was not asked for.
    pub fn into_sum(self) -> Option<Vec<Cpu<R>>> {
        self.parameters.into_iter().map(|p| p.sum).collect()
    }

    /// The winsorized sums for the `index`-th count, one array per parameter; `None` when it was not asked for.
    pub fn into_winsorized(self, index: usize) -> Option<Vec<Cpu<R>>> {
        self.parameters
            .into_iter()
            .map(|mut p| (index < p.winsorized.len()).then(|| p.winsorized.swap_remove(index)))
            .collect()
    }

    fn total<'a>(&'a self, of: impl Fn(&'a ParameterReduced<R>) -> Option<&'a [f64]>) -> Option<Vec<f64>> {
        let mut total: Option<Vec<f64>> = None;
        for parameter in &self.parameters {
            let values = of(parameter)?;
            match &mut total {
                None => total = Some(values.to_vec()),
                Some(total) => total.iter_mut().zip(values).for_each(|(t, v)| *t += v),
            }
        }
        total
    }
}
