use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rayon::Yield;

/// Threads that look for work at the same time, at most: each disturbs those that have some.
const AWAKE: usize = 8;

/// How long a thread looks for work before it goes back to what it did: to sleep, or to wait for a loop that it had begun.
const PATIENCE: Duration = Duration::from_millis(2);

/// Whether threads are kept awake. Two pieces of work that each wait for a thread that looks for work on behalf of the other would
/// both lose their patience before they went on.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Does `work` while the other threads of the current pool are kept from sleeping, so that each of its parallel loops begins on
/// all of them at once.
///
/// To wake a thread takes as long as a matrix product of a small network, and between two of those it falls asleep: without this, a
/// training step of such a network hardly gains from a second core. For work that is many short parallel loops in a row, such
/// as a step. What it computes does not change; nested, or beside another call, it does the work and nothing else.
pub fn keep_awake<T>(work: impl FnOnce() -> T) -> T {
    if rayon::current_num_threads() == 1 || TAKEN.swap(true, Ordering::Acquire) {
        return work();
    }
    let caller = rayon::current_thread_index();
    let done = AtomicBool::new(false);
    let done = &done;
    rayon::in_place_scope(|scope| {
        scope.spawn_broadcast(move |_, context| {
            // the caller may be asked while it waits within `work`, which it must then go on with
            if context.index() < AWAKE && Some(context.index()) != caller {
                look_for_work(done);
            }
        });
        let _end = End(done);
        work()
    })
}

/// Takes part in parallel loops until `done`, or until there have been none for a while.
fn look_for_work(done: &AtomicBool) {
    let mut idle_since = Instant::now();
    while !done.load(Ordering::Relaxed) && idle_since.elapsed() < PATIENCE {
        if rayon::yield_now() == Some(Yield::Executed) {
            idle_since = Instant::now();
        } else {
            // in favour of other processes, where there are more of them than cores
            thread::yield_now();
        }
    }
}

/// Ends the search for work, and lets the next call have its turn, also when the work panics.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
        TAKEN.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use rayon::ThreadPoolBuilder;
    use rayon::prelude::*;

    use super::*;

    fn squares() -> u64 {
        (0..100).map(|_| (0..1000_u64).into_par_iter().map(|i| i * i).sum::<u64>()).sum()
    }

    #[test]
    fn gives_what_the_work_gives_on_any_number_of_threads() {
        let expected = 100 * (0..1000).map(|i| i * i).sum::<u64>();
        assert_eq!(keep_awake(squares), expected, "outside of a pool");
        for threads in [1, 2, 3, 12] {
            let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            assert_eq!(pool.install(|| keep_awake(|| keep_awake(squares))), expected, "{threads} threads, nested");
        }
    }

    #[test]
    fn calls_side_by_side_in_one_pool_come_to_an_end() {
        let pool = ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        let expected = squares();
        let sums: Vec<u64> = pool.install(|| (0..64).into_par_iter().map(|_| keep_awake(squares)).collect());
        assert!(sums.into_iter().all(|sum| sum == expected));
    }

    #[test]
    fn a_panic_of_the_work_passes() {
        let pool = ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        let work = AssertUnwindSafe(|| pool.install(|| keep_awake(|| panic!("of the work"))));
        assert!(catch_unwind(work).is_err());
    }
}
