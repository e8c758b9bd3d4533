use std::ops::Range;

use consilience_tensor::{Buffer, Real, simd};
use rayon::prelude::*;

use super::{ParameterEvidence, ratio};
use crate::Moments;

/// Numbers that are looked at together.
const LANES: usize = 16;

/// Numbers that are worth a task of their own.
const CHUNK: usize = 1 << 14;

/// The gradient signal-to-noise ratio `k^2 / rho^2` of every number of the parameters (Liu et al. 2020, equation 23).
#[derive(Debug)]
pub(super) struct Ratios<R> {
    /// Infinite where undefined.
    values: Buffer<R>,
    arrays: Vec<ArrayRatios>,
}

/// Those of one parameter.
#[derive(Debug)]
struct ArrayRatios {
    /// Where they lie among the values.
    place: Range<usize>,
    /// The sum of those that are defined.
    sum: f64,
    /// How many are defined.
    defined: usize,
}

impl<R: Real> Ratios<R> {
    /// Of all parameters; `None` when moments were not asked for.
    pub fn new(parameters: &[ParameterEvidence<'_, R>]) -> Option<Self> {
        let moments: Vec<&Moments<R>> = parameters.iter().map(|parameter| parameter.moments).collect::<Option<_>>()?;
        let size = |moments: &Moments<R>| moments.mean.as_slice().len();
        let mut values = Buffer::stale(moments.iter().map(|moments| size(moments)).sum());
        let mut end = 0;
        let array = |moments: &Moments<R>| {
            let place = end..end + size(moments);
            end = place.end;
            let (sum, defined) = fill(&mut values[place.clone()], moments);
            ArrayRatios { place, sum, defined }
        };
        let arrays = moments.into_iter().map(array).collect();
        Some(Self { values, arrays })
    }

    /// All of them, infinite where undefined.
    pub fn values(&self) -> &[R] {
        &self.values
    }

    /// Those of one parameter, infinite where undefined.
    pub fn of(&self, parameter: usize) -> &[R] {
        &self.values[self.arrays[parameter].place.clone()]
    }

    /// The largest that is defined.
    pub fn largest(&self) -> Option<f64> {
        let largest = |chunk: &[R]| {
            let mut largest = [R::neg_infinity(); LANES];
            simd(
                #[inline(always)]
                || {
                    let (chunks, rest) = chunk.as_chunks::<LANES>();
                    chunks.iter().for_each(|chunk| take_larger(&mut largest, chunk));
                    take_larger(&mut largest, rest);
                },
            );
            largest.into_iter().fold(R::neg_infinity(), R::max)
        };
        let largest = self.values.par_chunks(CHUNK).map(largest).reduce(R::neg_infinity, R::max);
        largest.is_finite().then(|| largest.f64())
    }

    /// How many are defined.
    pub fn defined(&self) -> usize {
        self.arrays.iter().map(|array| array.defined).sum()
    }

    /// The mean over all numbers for which the ratio is defined.
    pub fn mean(&self) -> Option<f64> {
        ratio(self.arrays.iter().map(|array| array.sum).sum(), self.defined() as f64)
    }

    /// The same of one parameter.
    pub fn mean_of(&self, parameter: usize) -> Option<f64> {
        let array = &self.arrays[parameter];
        ratio(array.sum, array.defined as f64)
    }
}

/// Writes the ratios of one parameter; the sum of those that are defined, in an order that depends on their number only, and how
/// many they are.
fn fill<R: Real>(ratios: &mut [R], moments: &Moments<R>) -> (f64, usize) {
    let (means, deviations) = (moments.mean.as_slice(), moments.square_deviations.as_slice());
    let freedom = moments.count.saturating_sub(1) as f64;
    let chunks = (ratios.par_chunks_mut(CHUNK)).zip(means.par_chunks(CHUNK)).zip(deviations.par_chunks(CHUNK));
    let sums: Vec<(f64, usize)> =
        chunks.map(|((ratios, means), deviations)| fill_chunk(ratios, means, deviations, freedom)).collect();
    sums.into_iter().fold((0.0, 0), |a, b| (a.0 + b.0, a.1 + b.1))
}

/// The sums and the numbers of the ratios that are defined, at each place of the numbers that are looked at together.
#[derive(Default)]
struct Lanes {
    sums: [f64; LANES],
    defined: [u32; LANES],
}

fn fill_chunk<R: Real>(ratios: &mut [R], means: &[R], deviations: &[R], freedom: f64) -> (f64, usize) {
    let freedom = R::of(freedom);
    simd(
        #[inline(always)]
        || {
            let mut lanes = Lanes::default();
            let (chunks, last) = ratios.as_chunks_mut::<LANES>();
            let (means, last_means) = means.as_chunks::<LANES>();
            let (deviations, last_deviations) = deviations.as_chunks::<LANES>();
            for ((ratios, means), deviations) in chunks.iter_mut().zip(means).zip(deviations) {
                write(&mut lanes, ratios, means, deviations, freedom);
            }
            write(&mut lanes, last, last_means, last_deviations, freedom);
            (lanes.sums.iter().sum(), lanes.defined.iter().map(|&count| count as usize).sum())
        },
    )
}

#[inline(always)]
fn write<R: Real>(lanes: &mut Lanes, ratios: &mut [R], means: &[R], deviations: &[R], freedom: R) {
    let numbers = ratios.iter_mut().zip(means).zip(deviations);
    let lanes = lanes.sums.iter_mut().zip(&mut lanes.defined);
    for (((written, &mean), &deviation), (sum, defined)) in numbers.zip(lanes) {
        // divided first: the square of a small mean would vanish
        let ratio = mean / deviation * mean * freedom;
        let is_defined = (deviation > R::zero()) & (ratio < R::infinity());
        *sum += if is_defined { ratio.f64() } else { 0.0 };
        *defined += u32::from(is_defined);
        *written = if is_defined { ratio } else { R::infinity() };
    }
}

#[inline(always)]
fn take_larger<R: Real>(largest: &mut [R; LANES], ratios: &[R]) {
    for (largest, &ratio) in largest.iter_mut().zip(ratios) {
        let is_larger = (ratio > *largest) & (ratio < R::infinity());
        *largest = if is_larger { ratio } else { *largest };
    }
}
