use consilience_tensor::{Cpu, Real, Tensor, simd, sq_norm};
use rayon::prelude::*;

use super::{Block, Context, Transform};
use crate::{Memory, MemoryError};

/// Numbers per block: a block of parameters, direction and one slot of state fits the second-level cache.
const BLOCK: usize = 1 << 13;

/// Below this many numbers the blocks are not worth distributing over threads.
const WORTH_THREADS: usize = 1 << 16;

/// Transforms applied one after the other, with what they remember.
///
/// ```
/// use consilience_tensor::{Cpu, Shape};
/// use consilience_train::optimizers::{Chain, Momentum, Scale};
///
/// let mut parameters = vec![Cpu::new(Shape::vector(1), vec![1.0_f64])];
/// let mut chain = Chain::new(vec![Box::new(Momentum { factor: 0.5, nesterov: false }), Box::new(Scale::constant(0.1))], &parameters);
/// for step in 0..2 {
///     let gradient = vec![Cpu::new(Shape::vector(1), vec![2.0])];
///     parameters = chain.update(step, &parameters, gradient, 1.0, None).unwrap();
/// }
/// // velocities 2 and 0.5 * 2 + 2 = 3
/// assert!((parameters[0].as_slice()[0] - (1.0 - 0.1 * 2.0 - 0.1 * 3.0)).abs() < 1e-15);
/// ```
#[derive(Debug)]
pub struct Chain<R> {
    transforms: Vec<Box<dyn Transform<R>>>,
    /// One array per slot and parameter, slots of all transforms in their order.
    state: Vec<Vec<Vec<R>>>,
    updates: u64,
}

impl<R: Real> Chain<R> {
    /// A chain that starts with nothing remembered, for parameters of the given shapes.
    pub fn new(transforms: Vec<Box<dyn Transform<R>>>, parameters: &[Cpu<R>]) -> Self {
        let slots = slots(&transforms);
        let zeros = || parameters.iter().map(|parameter| vec![R::zero(); parameter.as_slice().len()]).collect();
        Self { transforms, state: (0..slots).map(|_| zeros()).collect(), updates: 0 }
    }

    /// The parameters after the update of `step`: `direction * weight` is passed through the transforms and subtracted. The result lies
    /// in the memory of `direction`, so nothing is allocated and the old parameters stay as they are. For `micro_batch_norm`
    /// see [`Context::micro_batch_norm`].
    ///
    /// `None` when a new parameter would be infinite or not a number (the chain cannot be used any further), or when the
    /// arrays do not fit the parameters that the chain was made for.
    pub fn update(
        &mut self,
        step: u64,
        parameters: &[Cpu<R>],
        mut direction: Vec<Cpu<R>>,
        weight: f64,
        micro_batch_norm: Option<f64>,
    ) -> Option<Vec<Cpu<R>>> {
        if !self.fits(parameters, &direction) {
            return None;
        }
        let mut context = Context { step, updates: self.updates, norm: 0.0, micro_batch_norm };
        self.updates += 1;
        let mut transforms = self.transforms.as_slice();
        let mut state = self.state.as_mut_slice();
        let mut weight = Some(weight);
        loop {
            let sweep = sweep(&mut transforms);
            let (own, rest) = state.split_at_mut(slots(sweep));
            state = rest;
            if sweep.first().is_some_and(|transform| transform.uses_norm()) {
                context.norm = sq_norm(&direction).sqrt() * weight.unwrap_or(1.0).abs();
            }
            let last = transforms.is_empty();
            let weight = weight.take().map(R::of);
            let update = |mut block: Work<'_, '_, R>| {
                if let Some(weight) = weight {
                    scale(block.direction, weight);
                }
                let mut state = block.state.as_mut_slice();
                for transform in sweep {
                    let (own, rest) = state.split_at_mut(transform.slots().len());
                    transform.update(Block {
                        context,
                        parameter: block.parameter,
                        offset: block.offset,
                        parameters: block.parameters,
                        direction: block.direction,
                        state: own,
                    });
                    state = rest;
                }
                !last || subtract_from(block.parameters, block.direction)
            };
            let blocks = blocks(parameters, &mut direction, own);
            let finite = if blocks.len() * BLOCK < WORTH_THREADS {
                blocks.into_iter().map(update).fold(true, |all, finite| all & finite)
            } else {
                blocks.into_par_iter().map(update).reduce(|| true, |all, finite| all & finite)
            };
            if last {
                return finite.then_some(direction);
            }
        }
    }

    /// What the chain remembers: the number of updates made, and the transforms' arrays, each called by the place of its
    /// transform in the chain and what it is, such as `1.velocity`.
    pub fn memory(&self, parameters: &[Cpu<R>]) -> Memory<R> {
        let arrays = |slot: &Vec<Vec<R>>| {
            slot.iter().zip(parameters).map(|(state, p)| Cpu::new(p.shape(), state.clone())).collect()
        };
        Memory { step: self.updates, arrays: self.names().into_iter().zip(self.state.iter().map(arrays)).collect() }
    }

    /// Takes back what [`Chain::memory`] gave: the updates that follow are those that would have followed there.
    ///
    /// # Errors
    /// When it was not given by a chain of the same transforms for the same parameters.
    pub fn restore(&mut self, memory: Memory<R>, parameters: &[Cpu<R>]) -> Result<(), MemoryError> {
        memory.check(self.names().iter().map(String::as_str), parameters)?;
        self.updates = memory.step;
        self.state = memory.arrays.into_iter().map(|(_, slot)| slot.into_iter().map(Cpu::into_vec).collect()).collect();
        Ok(())
    }

    fn names(&self) -> Vec<String> {
        let transforms = self.transforms.iter().enumerate();
        transforms
            .flat_map(|(place, transform)| transform.slots().iter().map(move |slot| format!("{place}.{slot}")))
            .collect()
    }

    fn fits(&self, parameters: &[Cpu<R>], direction: &[Cpu<R>]) -> bool {
        let same = |a: usize, b: usize| a == b;
        same(parameters.len(), direction.len())
            && parameters.iter().zip(direction).all(|(p, d)| same(p.as_slice().len(), d.as_slice().len()))
            && self.state.iter().all(|slot| {
                same(slot.len(), parameters.len())
                    && slot.iter().zip(parameters).all(|(s, p)| same(s.len(), p.as_slice().len()))
            })
    }
}

/// The number of arrays that transforms remember.
fn slots<R>(transforms: &[Box<dyn Transform<R>>]) -> usize {
    transforms.iter().map(|transform| transform.slots().len()).sum()
}

/// Takes from the front the transforms that run in one sweep over memory: all up to the next that needs to know the norm of
/// what those before it leave.
fn sweep<'a, R>(transforms: &mut &'a [Box<dyn Transform<R>>]) -> &'a [Box<dyn Transform<R>>] {
    let next = transforms.iter().skip(1).position(|transform| transform.uses_norm());
    let (sweep, rest) = transforms.split_at(next.map_or(transforms.len(), |next| next + 1));
    *transforms = rest;
    sweep
}

/// One block and where it lies.
struct Work<'a, 'b, R> {
    parameter: usize,
    offset: usize,
    parameters: &'a [R],
    direction: &'a mut [R],
    state: Vec<&'b mut [R]>,
}

/// Cuts all arrays into blocks; `state` has one array per slot and parameter.
fn blocks<'a, R: Real>(
    parameters: &'a [Cpu<R>],
    directions: &'a mut [Cpu<R>],
    state: &'a mut [Vec<Vec<R>>],
) -> Vec<Work<'a, 'a, R>> {
    let mut blocks = Vec::new();
    let mut states: Vec<_> = state.iter_mut().map(|slot| slot.iter_mut()).collect();
    for (index, (parameter, direction)) in parameters.iter().zip(directions).enumerate() {
        let mut slots: Vec<_> =
            states.iter_mut().filter_map(|slot| slot.next().map(|state| state.chunks_mut(BLOCK))).collect();
        let directions = direction.as_mut_slice().chunks_mut(BLOCK);
        for (number, (parameters, direction)) in parameter.as_slice().chunks(BLOCK).zip(directions).enumerate() {
            let state = slots.iter_mut().filter_map(Iterator::next).collect();
            blocks.push(Work { parameter: index, offset: number * BLOCK, parameters, direction, state });
        }
    }
    blocks
}

/// `d <- factor d`.
pub(super) fn scale<R: Real>(direction: &mut [R], factor: R) {
    simd(
        #[inline(always)]
        || {
            for d in direction {
                *d *= factor;
            }
        },
    );
}

/// `direction <- parameters - direction`; whether all of it is finite.
fn subtract_from<R: Real>(parameters: &[R], direction: &mut [R]) -> bool {
    simd(
        #[inline(always)]
        || {
            let mut finite = true;
            for (d, &p) in direction.iter_mut().zip(parameters) {
                *d = p - *d;
                finite &= d.is_finite();
            }
            finite
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optimizers::{Momentum, Scale, WeightDecay};
    use consilience_tensor::Shape;

    fn vector(values: &[f64]) -> Vec<Cpu<f64>> {
        vec![Cpu::new(Shape::vector(values.len()), values.to_vec())]
    }

    #[test]
    fn weight_decay_then_momentum_then_rate_by_hand() {
        let mut parameters = vector(&[1.0, -2.0]);
        let transforms: Vec<Box<dyn Transform<f64>>> = vec![
            Box::new(WeightDecay { factor: 0.5 }),
            Box::new(Momentum { factor: 0.5, nesterov: false }),
            Box::new(Scale::constant(0.25)),
        ];
        let mut chain = Chain::new(transforms, &parameters);
        // gradients are summed over 2 examples: weight 1/2
        parameters = chain.update(0, &parameters, vector(&[2.0, 4.0]), 0.5, None).unwrap();
        // g = (1, 2) + 0.5 (1, -2) = (1.5, 1) = v; theta = (1, -2) - 0.25 (1.5, 1)
        assert_eq!(parameters[0].as_slice(), [0.625, -2.25]);
        parameters = chain.update(1, &parameters, vector(&[0.0, 0.0]), 0.5, None).unwrap();
        // g = (0.3125, -1.125), v = (0.75, 0.5) + g = (1.0625, -0.625)
        assert_eq!(parameters[0].as_slice(), [0.625 - 0.265_625, -2.25 + 0.156_25]);
    }

    #[test]
    fn blocks_and_threads_change_nothing() {
        let length = 20 * BLOCK + 3;
        let start: Vec<f64> = (0..length).map(|i| (i as f64).sin()).collect();
        let transforms = || -> Vec<Box<dyn Transform<f64>>> {
            vec![Box::new(Momentum { factor: 0.9, nesterov: false }), Box::new(Scale::constant(0.1))]
        };
        let mut parameters = vector(&start);
        let mut chain = Chain::new(transforms(), &parameters);
        let mut single = vector(&start[length - 1..]);
        let mut small = Chain::new(transforms(), &single);
        for step in 0..3 {
            parameters = chain.update(step, &parameters, vector(&start), 1.0, None).unwrap();
            single = small.update(step, &single, vector(&start[length - 1..]), 1.0, None).unwrap();
        }
        assert_eq!(parameters[0].as_slice()[length - 1], single[0].as_slice()[0]);
    }

    #[test]
    fn what_is_not_finite_is_refused_and_the_old_parameters_stay() {
        let parameters = vector(&[1.0, 2.0]);
        let mut chain = Chain::new(vec![Box::new(Scale::constant(1.0))], &parameters);
        assert!(chain.update(0, &parameters, vector(&[0.0, f64::INFINITY]), 1.0, None).is_none());
        assert_eq!(parameters[0].as_slice(), [1.0, 2.0]);
        assert!(chain.update(0, &parameters, vector(&[0.0]), 1.0, None).is_none(), "arrays that do not fit");
    }
}
