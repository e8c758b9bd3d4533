use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use consilience_tensor::keep_awake;

use crate::cases::Step;
use crate::machine;

/// How long a case is timed.
#[derive(Clone, Copy, Debug)]
pub struct Protocol {
    /// Timed calls; `None`: as many as the budget allows.
    pub repeats: Option<u32>,
    /// Seconds of timed calls.
    pub budget: f64,
    /// Seconds beyond which a call is slow.
    pub slow: f64,
}

/// What was measured.
#[derive(Clone, Debug)]
pub struct Measurement {
    pub ms_median: f64,
    pub ms_min: f64,
    pub ms_max: f64,
    pub repeats: u32,
    pub first_call_ms: f64,
    pub base_rss_mb: Option<f64>,
    pub peak_rss_mb: Option<f64>,
    pub foreign_cpu: Option<f64>,
    pub result_mb: f64,
}

/// Times calls of a case. The first call is reported apart; a second one, and five more when calls are fast, warm up; then come
/// the timed calls: within the budget at least 10 and at most 100, unless calls are slow.
///
/// As in training, the threads of the pool are kept awake during a call. It ends when its result has been given back to the allocator.
///
/// # Errors
/// When a call fails, or the first gives a number that is not finite.
pub fn measure(step: &mut Step, protocol: Protocol) -> Result<Measurement> {
    let base_rss_mb = machine::resident_mb();
    let started = Instant::now();
    let result = black_box(keep_awake(&mut *step)?);
    let first = started.elapsed();
    ensure!(result.is_finite(), "the result is not finite");
    let result_mb = result.bytes() as f64 / f64::from(1 << 20);
    drop(result);
    let warm = timed(step)?;
    if warm < Duration::from_millis(200) {
        for _ in 0..5 {
            timed(step)?;
        }
    }
    let repeats = protocol.repeats.unwrap_or_else(|| protocol.fitting(warm.as_secs_f64()));
    let mut times = Vec::with_capacity(repeats as usize);
    // a call of this length needs no warm-up of its own
    if warm.as_secs_f64() > 10.0 * protocol.slow {
        times.push(warm);
    }
    let (foreign, started) = (machine::foreign_cpu_seconds(), Instant::now());
    while times.len() < repeats as usize {
        times.push(timed(step)?);
    }
    let elapsed = started.elapsed().as_secs_f64();
    let foreign = foreign.zip(machine::foreign_cpu_seconds()).map(|(before, after)| (after - before) / elapsed);
    let mut times: Vec<f64> = times.into_iter().map(|time| time.as_secs_f64() * 1e3).collect();
    times.sort_by(f64::total_cmp);
    Ok(Measurement {
        ms_median: 0.5 * (times[(times.len() - 1) / 2] + times[times.len() / 2]),
        ms_min: times[0],
        ms_max: times[times.len() - 1],
        repeats: times.len() as u32,
        first_call_ms: first.as_secs_f64() * 1e3,
        base_rss_mb,
        peak_rss_mb: machine::peak_resident_mb(),
        foreign_cpu: foreign.filter(|cores| cores.is_finite()).map(|cores| cores.max(0.0)),
        result_mb,
    })
}

fn timed(step: &mut Step) -> Result<Duration> {
    let started = Instant::now();
    drop(black_box(keep_awake(&mut *step)?));
    Ok(started.elapsed())
}

impl Protocol {
    /// The number of timed calls when one takes so many seconds.
    fn fitting(self, seconds: f64) -> u32 {
        match seconds / self.slow {
            share if share > 10.0 => 2,
            share if share > 3.0 => 3,
            share if share > 1.0 => 5,
            _ => (self.budget / seconds.max(1e-6)).clamp(10.0, 100.0) as u32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Protocol, measure};
    use crate::cases::{Output, Step};

    #[test]
    fn slow_calls_are_repeated_less_often() {
        let protocol = Protocol { repeats: None, budget: 4.0, slow: 1.0 };
        assert_eq!([0.0, 0.1, 0.9, 1.5, 3.5, 11.0].map(|seconds| protocol.fitting(seconds)), [100, 40, 10, 5, 3, 2]);
    }

    #[test]
    fn the_first_calls_are_not_counted() {
        let mut calls = 0;
        let mut step: Step = Box::new(move || {
            calls += 1;
            // the first call sleeps, as one that compiles would
            std::thread::sleep(std::time::Duration::from_millis(if calls == 1 { 60 } else { 1 }));
            Ok(Output::default().number("calls", f64::from(calls)))
        });
        let measured = measure(&mut step, Protocol { repeats: Some(4), budget: 4.0, slow: 1.0 }).unwrap();
        assert_eq!(measured.repeats, 4);
        assert!(measured.first_call_ms >= 60.0 && measured.ms_min >= 1.0);
        assert!(measured.ms_min <= measured.ms_median && measured.ms_median <= measured.ms_max);
    }
}
