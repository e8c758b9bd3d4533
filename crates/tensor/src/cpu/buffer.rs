//! Memory that is used again. A training step makes the same arrays every time; taking them from the system each time costs
//! a third of a small network's step in page faults and zeroing.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Elements under which the allocator is as good.
const SMALLEST: usize = 1 << 12;

/// Elements that may be held, in use and idle, beyond the most that ever were in use.
const SPARE: usize = 1 << 19;

/// What buffers hold: numbers whose memory is kept.
pub trait Shelved: Copy + Default + Send + Sync + 'static {
    /// Where buffers of this type leave their memory for the next ones.
    fn shelf() -> &'static Shelf<Self>;
}

/// Gives numbers a shelf.
macro_rules! shelved {
    ($($number:ty),*) => {$(
        impl Shelved for $number {
            fn shelf() -> &'static Shelf<Self> {
                static SHELF: Shelf<$number> = Shelf::new();
                &SHELF
            }
        }
    )*};
}

shelved!(f32, f64, u32);

/// Elements of an array, or of a temporary. When dropped, large ones are kept for the next of about their size.
pub struct Buffer<R> {
    elements: Vec<R>,
    give_back: fn(Vec<R>),
}

impl<R: Shelved> Buffer<R> {
    /// Takes over elements.
    pub fn new(elements: Vec<R>) -> Self {
        R::shelf().lend(elements.capacity());
        Self { elements, give_back: |elements| R::shelf().give_back(elements) }
    }

    /// Elements of any value, for a result that is written throughout.
    pub fn stale(len: usize) -> Self {
        Self { elements: R::shelf().take(len), give_back: |elements| R::shelf().give_back(elements) }
    }

    /// Zeros.
    pub fn zeros(len: usize) -> Self {
        let mut buffer = Self::stale(len);
        buffer.fill(R::default());
        buffer
    }

    /// The elements, which are then the caller's.
    pub fn into_vec(mut self) -> Vec<R> {
        let elements = std::mem::take(&mut self.elements);
        R::shelf().forget(elements.capacity());
        elements
    }
}

impl<R: fmt::Debug> fmt::Debug for Buffer<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.elements.fmt(f)
    }
}

impl<R> Drop for Buffer<R> {
    fn drop(&mut self) {
        (self.give_back)(std::mem::take(&mut self.elements));
    }
}

impl<R: Shelved> Clone for Buffer<R> {
    fn clone(&self) -> Self {
        let mut copy = Self::stale(self.len());
        copy.copy_from_slice(self);
        copy
    }
}

impl<R: PartialEq> PartialEq for Buffer<R> {
    fn eq(&self, other: &Self) -> bool {
        self.elements == other.elements
    }
}

impl<R: Eq> Eq for Buffer<R> {}

impl<R: Shelved> From<Vec<R>> for Buffer<R> {
    fn from(elements: Vec<R>) -> Self {
        Self::new(elements)
    }
}

impl<R> Deref for Buffer<R> {
    type Target = [R];

    fn deref(&self) -> &[R] {
        &self.elements
    }
}

impl<R> DerefMut for Buffer<R> {
    fn deref_mut(&mut self) -> &mut [R] {
        &mut self.elements
    }
}

/// Idle memory, by capacity. It changes where results lie, never what they are.
#[derive(Debug)]
pub struct Shelf<R> {
    state: Mutex<Idle<R>>,
}

#[derive(Debug)]
struct Idle<R> {
    by_capacity: BTreeMap<usize, Vec<Vec<R>>>,
    unused: usize,
    in_use: usize,
    most_in_use: usize,
}

impl<R: Shelved> Shelf<R> {
    const fn new() -> Self {
        Self { state: Mutex::new(Idle { by_capacity: BTreeMap::new(), unused: 0, in_use: 0, most_in_use: 0 }) }
    }

    fn state(&self) -> MutexGuard<'_, Idle<R>> {
        // what a panicking thread left behind is still a valid shelf
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, len: usize) -> Vec<R> {
        if len < SMALLEST {
            return vec![R::default(); len];
        }
        let mut state = self.state();
        let fitting = state.by_capacity.range(len..=len + len / 4).next().map(|(&capacity, _)| capacity);
        let idle = fitting.and_then(|capacity| state.take(capacity));
        state.lend(idle.as_ref().map_or(len, Vec::capacity));
        let surplus = state.surplus();
        drop(state);
        drop(surplus);
        let mut elements = idle.unwrap_or_else(|| vec![R::default(); len]);
        elements.resize(len, R::default());
        elements
    }

    fn lend(&self, capacity: usize) {
        if capacity >= SMALLEST {
            self.state().lend(capacity);
        }
    }

    fn forget(&self, capacity: usize) {
        if capacity >= SMALLEST {
            let mut state = self.state();
            state.in_use = state.in_use.saturating_sub(capacity);
        }
    }

    fn give_back(&self, elements: Vec<R>) {
        let capacity = elements.capacity();
        if capacity < SMALLEST {
            return;
        }
        let mut state = self.state();
        state.in_use = state.in_use.saturating_sub(capacity);
        state.unused += capacity;
        state.by_capacity.entry(capacity).or_default().push(elements);
        let surplus = state.surplus();
        drop(state);
        drop(surplus);
    }
}

impl<R> Idle<R> {
    fn lend(&mut self, capacity: usize) {
        self.in_use += capacity;
        self.most_in_use = self.most_in_use.max(self.in_use);
    }

    /// Takes what is held beyond the allowance off the shelf, largest first.
    fn surplus(&mut self) -> Vec<Vec<R>> {
        let mut surplus = Vec::new();
        while self.unused + self.in_use > self.most_in_use + SPARE {
            let Some((&largest, _)) = self.by_capacity.last_key_value() else { break };
            surplus.extend(self.take(largest));
        }
        surplus
    }

    fn take(&mut self, capacity: usize) -> Option<Vec<R>> {
        let shelf = self.by_capacity.get_mut(&capacity)?;
        let elements = shelf.pop();
        if shelf.is_empty() {
            self.by_capacity.remove(&capacity);
        }
        self.unused -= elements.as_ref().map_or(0, |_| capacity);
        elements
    }
}
