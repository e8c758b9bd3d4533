//! What the operating system says about this machine and this process. Where it does not say (anywhere but on Linux), `None`.

use std::fs;

/// Clock ticks per second in `/proc`, which is 100 on every architecture that Linux shows to user space.
const TICKS_PER_SECOND: f64 = 100.0;

/// Processor, cores, instructions, memory and operating system, in one line.
pub fn describe() -> String {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = cpuinfo.lines().find(|line| line.starts_with(name))?;
        line.split_once(':').map(|(_, value)| value.trim())
    };
    let flags = field("flags").unwrap_or_default();
    let has = |flag: &str| flags.split(' ').any(|found| found == flag);
    let instructions = match (has("avx512f"), has("avx2")) {
        (true, _) => "AVX-512",
        (false, true) => "AVX2",
        (false, false) => "no AVX2",
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = kibibytes("/proc/meminfo", "MemTotal")
        .map_or(String::new(), |kib| format!(", {:.0} GiB memory", kib / f64::from(1 << 20)));
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let system = format!("{} {}", std::env::consts::OS, release.trim());
    let processor = field("model name").unwrap_or(std::env::consts::ARCH);
    format!("{processor}, {cores} cores, {instructions}{memory}, {}", system.trim())
}

/// Resident memory of this process in mebibytes.
pub fn resident_mb() -> Option<f64> {
    kibibytes("/proc/self/status", "VmRSS").map(|kib| kib / 1024.0)
}

/// The most memory that was ever resident in mebibytes.
pub fn peak_resident_mb() -> Option<f64> {
    kibibytes("/proc/self/status", "VmHWM").map(|kib| kib / 1024.0)
}

fn kibibytes(file: &str, field: &str) -> Option<f64> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.split(':').next() == Some(field))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// CPU seconds spent so far by everybody else since the machine started (idle time and waiting for disks left out). The
/// difference of two is what disturbed the time between them.
pub fn foreign_cpu_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    // user nice system idle iowait irq softirq steal
    let ticks: Option<Vec<f64>> =
        stat.lines().next()?.split_whitespace().skip(1).take(8).map(|ticks| ticks.parse().ok()).collect();
    let ticks = ticks.filter(|ticks| ticks.len() == 8)?;
    let machine = ticks.iter().sum::<f64>() - ticks[3] - ticks[4];
    let own = fs::read_to_string("/proc/self/stat").ok()?;
    // the name of the program, in parentheses, may hold spaces; the times are fields 14 and 15 of the line
    let (_, fields) = own.rsplit_once(')')?;
    let own: f64 = fields.split_whitespace().skip(11).take(2).map(str::parse::<f64>).sum::<Result<f64, _>>().ok()?;
    Some((machine - own) / TICKS_PER_SECOND)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::{foreign_cpu_seconds, peak_resident_mb, resident_mb};

    #[test]
    fn the_peak_is_no_less_than_what_is_resident() {
        let block = std::hint::black_box(vec![1_u8; 64 << 20]);
        let (resident, peak) = (resident_mb().unwrap(), peak_resident_mb().unwrap());
        assert!(resident > 64.0 && peak >= resident, "resident {resident}, peak {peak}");
        assert_eq!(block[5], 1);
    }

    #[test]
    fn time_of_others_is_read() {
        assert!(foreign_cpu_seconds().unwrap() >= 0.0);
    }
}
