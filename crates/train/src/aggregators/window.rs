use consilience_gradients::Reduced;
use consilience_tensor::{Cpu, Real, Tensor};
use rayon::prelude::*;

use crate::{Memory, MemoryError};

/// Numbers that one thread takes at a time.
const SHARE: usize = 1 << 15;

/// The gradients of this step and of the two before, with weight decay added to each when it was new.
#[derive(Clone, Debug)]
pub(super) struct Window<R> {
    weight_decay: f64,
    /// At most two, the oldest first.
    previous: Vec<Vec<Cpu<R>>>,
}

impl<R: Real> Window<R> {
    pub const fn new(weight_decay: f64) -> Self {
        Self { weight_decay, previous: Vec::new() }
    }

    /// Takes in the mean gradient of a batch: `combine` of it and the two before, number by number, once there are three.
    /// `None` when the batch was not summed; `Some(None)` while there are fewer than three.
    #[expect(clippy::option_option, reason = "not summed, and not enough yet, are different things")]
    pub fn push(
        &mut self,
        reduced: Reduced<R>,
        parameters: &[Cpu<R>],
        combine: impl Fn(R, R, R) -> R + Sync,
    ) -> Option<Option<Vec<Cpu<R>>>> {
        let share = 1.0 / reduced.examples as f64;
        let decay = self.weight_decay;
        let sums = reduced.into_sum()?.into_iter().zip(parameters);
        let newest: Vec<Cpu<R>> = sums
            .map(|(sum, parameter)| {
                let mean = sum.scale(share);
                if decay > 0.0 { mean.add(&parameter.clone().scale(decay)) } else { mean }
            })
            .collect();
        let combined = match self.previous.as_slice() {
            [oldest, middle] => Some(combine_three([oldest, middle, &newest], combine)),
            _ => None,
        };
        self.previous.push(newest);
        if self.previous.len() > 2 {
            self.previous.remove(0);
        }
        Some(combined)
    }

    pub fn memory(&self) -> Memory<R> {
        Memory { step: 0, arrays: names().map(str::to_owned).zip(self.previous.iter().cloned()).collect() }
    }

    pub fn restore(&mut self, memory: Memory<R>, parameters: &[Cpu<R>]) -> Result<(), MemoryError> {
        memory.check(names().take(memory.arrays.len().min(2)), parameters)?;
        self.previous = memory.arrays.into_iter().map(|(_, gradients)| gradients).collect();
        Ok(())
    }
}

fn names() -> impl Iterator<Item = &'static str> {
    ["gradient", "next_gradient"].into_iter()
}

/// `combine` of three gradients, number by number.
pub(super) fn combine_three<R: Real>(gradients: [&[Cpu<R>]; 3], combine: impl Fn(R, R, R) -> R + Sync) -> Vec<Cpu<R>> {
    let [first, second, third] = gradients;
    let of_one = |((a, b), c): ((&Cpu<R>, &Cpu<R>), &Cpu<R>)| {
        let mut result = a.clone();
        let others = b.as_slice().par_chunks(SHARE).zip(c.as_slice().par_chunks(SHARE));
        result.as_mut_slice().par_chunks_mut(SHARE).zip(others).for_each(|(a, (b, c))| {
            for ((a, &b), &c) in a.iter_mut().zip(b).zip(c) {
                *a = combine(*a, b, c);
            }
        });
        result
    };
    first.iter().zip(second).zip(third).map(of_one).collect()
}
