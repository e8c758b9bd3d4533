//! The targets, as data, and where each stands.

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::cases::{self, Case};
use crate::glob;
use crate::line::{Line, OURS};

/// One entry of `targets.toml`, which explains the fields.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    workload: String,
    variant: String,
    measure: Measure,
    against: Against,
    peers: Option<Vec<String>>,
    bound: Bound,
    why: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Measure {
    Time,
    Peak,
    Added,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Against {
    Own,
    Peers,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged)]
enum Bound {
    AtMost { at_most: f64, stretch: Option<f64> },
    TimesFaster { times_faster: f64, stretch: Option<f64> },
}

/// Where one target stands for one case.
#[derive(Clone, Debug)]
pub struct Standing {
    pub workload: &'static str,
    pub variant: &'static str,
    /// The target in words.
    pub target: String,
    /// The two numbers and their ratio; `None` when one of them was not measured.
    pub measured: Option<Measured>,
    pub stretch: Option<f64>,
    /// The ratio to keep.
    pub at_most: f64,
    pub why: Option<String>,
    unit: &'static str,
    faster: bool,
}

/// Two numbers that were set in relation.
#[derive(Clone, Debug)]
pub struct Measured {
    pub ours: f64,
    pub other: f64,
    /// Whose the other number is.
    pub whose: String,
}

impl Standing {
    /// The ratio; `None` when it was not measured.
    pub fn ratio(&self) -> Option<f64> {
        self.measured.as_ref().map(|measured| measured.ours / measured.other)
    }

    /// Whether it is met; `None` when it was not measured.
    pub fn is_met(&self) -> Option<bool> {
        self.ratio().map(|ratio| ratio <= self.at_most)
    }

    /// `met`, with the stretch where there is one and it is met, too; `missed by x %`; `not measured`.
    pub fn verdict(&self) -> String {
        let Some(ratio) = self.ratio() else { return "not measured".to_owned() };
        if ratio > self.at_most {
            return format!("missed by {:.1} %", 100.0 * (ratio / self.at_most - 1.0));
        }
        match self.stretch {
            Some(stretch) if ratio <= stretch => "met, and the stretch".to_owned(),
            Some(_) | None => "met".to_owned(),
        }
    }

    /// The measured ratio with the numbers it is made of.
    pub fn evidence(&self) -> String {
        let Some(Measured { ours, other, whose }) = &self.measured else { return String::new() };
        let ratio =
            if self.faster { format!("{:.1} times faster", other / ours) } else { format!("{:.2}x", ours / other) };
        let (ours, other, unit) = (number(*ours), number(*other), self.unit);
        format!("{ratio} ({ours} {unit}, {whose} {other} {unit})")
    }
}

/// Where every target stands, in the order of `targets.toml`.
///
/// # Errors
/// When `targets.toml` is not as it should be.
pub fn standings(lines: &[Line]) -> Result<Vec<Standing>> {
    let cases = cases::all();
    let mut standings = Vec::new();
    for target in targets()? {
        for case in cases.iter().filter(|case| target.is_about(case)) {
            standings.push(target.standing(case, lines));
        }
    }
    Ok(standings)
}

/// A number with about three digits.
pub fn number(x: f64) -> String {
    match x.abs() {
        size if size >= 99.95 => format!("{x:.0}"),
        size if size >= 9.995 => format!("{x:.1}"),
        _ => format!("{x:.2}"),
    }
}

/// Our line of a variant, unless it failed.
pub fn own<'a>(lines: &'a [Line], workload: &str, variant: &str) -> Option<&'a Line> {
    lines.iter().find(|line| line.is(workload, variant) && line.ms_median.is_some())
}

/// The lines of the peers that compute what a case computes, failures left out.
pub fn peers_of<'a>(case: &Case, lines: &'a [Line]) -> impl Iterator<Item = &'a Line> {
    let (workload, patterns) = (case.workload, case.peers);
    lines.iter().filter(move |line| {
        line.peer != OURS
            && line.workload == workload
            && line.ms_median.is_some()
            && patterns.iter().any(|pattern| glob::matches(pattern, &line.variant))
    })
}

fn targets() -> Result<Vec<Target>> {
    #[derive(Deserialize)]
    struct File {
        target: Vec<Target>,
    }
    let file: File = toml::from_str(include_str!("../targets.toml")).context("targets.toml")?;
    Ok(file.target)
}

impl Target {
    fn is_about(&self, case: &Case) -> bool {
        glob::matches(&self.workload, case.workload)
            && glob::matches(&self.variant, case.variant)
            && (self.against == Against::Peers || case.plain.is_some())
    }

    fn standing(&self, case: &Case, lines: &[Line]) -> Standing {
        let (at_most, stretch, faster) = match self.bound {
            Bound::AtMost { at_most, stretch } => (at_most, stretch, false),
            Bound::TimesFaster { times_faster, stretch } => (times_faster.recip(), stretch.map(f64::recip), true),
        };
        Standing {
            workload: case.workload,
            variant: case.variant,
            target: self.words(case),
            measured: self.measured(case, lines),
            stretch,
            at_most,
            why: self.why.clone(),
            unit: if self.measure == Measure::Time { "ms" } else { "MB" },
            faster,
        }
    }

    fn measured(&self, case: &Case, lines: &[Line]) -> Option<Measured> {
        let line = own(lines, case.workload, case.variant)?;
        let ours = self.measure.of(line)?;
        match self.against {
            Against::Own => {
                let plain = case.plain?;
                let base = self.measure.of(own(lines, case.workload, plain)?)?;
                let result = if self.measure == Measure::Peak { line.result_mb? } else { 0.0 };
                // the result is granted on top, so it is taken off before the ratio
                Some(Measured { ours: ours - result, other: base, whose: format!("`{plain}`") })
            }
            Against::Peers => {
                let asked = |line: &&Line| self.peers.as_ref().is_none_or(|peers| peers.contains(&line.peer));
                let numbers =
                    peers_of(case, lines).filter(asked).filter_map(|line| Some((line, self.measure.of(line)?)));
                let (best, other) = numbers.min_by(|(_, one), (_, other)| one.total_cmp(other))?;
                Some(Measured { ours, other, whose: format!("{} `{}`", best.peer, best.variant) })
            }
        }
    }

    fn words(&self, case: &Case) -> String {
        let plain = case.plain.unwrap_or_default();
        let of_peers = || match &self.peers {
            Some(peers) if peers.len() == 1 => peers[0].clone(),
            Some(peers) => format!("the better of {}", peers.join(" and ")),
            None => "the best peer".to_owned(),
        };
        let (subject, other) = match (self.measure, self.against) {
            (Measure::Time, Against::Own) => ("time", format!("our `{plain}`")),
            (Measure::Time, Against::Peers) => ("time", of_peers()),
            (Measure::Peak, Against::Own) => ("peak memory less the result", format!("our `{plain}`")),
            (Measure::Peak, Against::Peers) => ("peak memory", of_peers()),
            (Measure::Added, Against::Own) => ("added memory", format!("our `{plain}`")),
            (Measure::Added, Against::Peers) => ("added memory", of_peers()),
        };
        let (words, stretch) = match self.bound {
            Bound::AtMost { at_most, stretch } => (format!("{subject} at most {at_most}x {other}"), stretch),
            Bound::TimesFaster { times_faster, stretch } => {
                (format!("{subject}: at least {times_faster} times faster than {other}"), stretch)
            }
        };
        match stretch {
            Some(stretch) => format!("{words} (stretch {stretch})"),
            None => words,
        }
    }
}

impl Measure {
    fn of(self, line: &Line) -> Option<f64> {
        match self {
            Self::Time => line.ms_median,
            Self::Peak => line.peak_rss_mb.map(|mb| mb as f64),
            Self::Added => line.added_mb(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Standing, standings, targets};
    use crate::cases;
    use crate::line::Line;

    fn line(peer: &str, workload: &str, variant: &str, ms: f64, base: u64, peak: u64) -> Line {
        Line {
            peer: peer.to_owned(),
            ms_median: Some(ms),
            base_rss_mb: Some(base),
            peak_rss_mb: Some(peak),
            result_mb: Some(1.0),
            ..Line::new(workload, variant)
        }
    }

    fn of<'a>(standings: &'a [Standing], workload: &str, variant: &str, words: &str) -> &'a Standing {
        let mut found =
            standings.iter().filter(|s| s.workload == workload && s.variant == variant && s.target.contains(words));
        found.next().unwrap()
    }

    #[test]
    fn every_target_is_about_some_case_and_peers_are_known() {
        for target in targets().unwrap() {
            assert!(cases::all().iter().any(|case| target.is_about(case)), "{target:?}");
        }
    }

    #[test]
    fn targets_are_judged_by_the_numbers() {
        let mut failed = line("opacus", "W2", "winsor_c1/topk", 0.1, 0, 0);
        failed.ms_median = None;
        let lines = [
            line("consilience", "W2", "plain_step", 1.0, 10, 20),
            line("consilience", "W2", "winsor_c1", 3.0, 10, 40),
            line("torch", "W2", "plain_step", 2.0, 500, 600),
            line("jax", "W2", "plain_step", 1.1, 500, 600),
            line("torch.compile", "W2", "plain_step", 0.5, 500, 600),
            line("torch.func", "W2", "winsor_c1/stream", 150.0, 500, 600),
            line("jax", "W2", "winsor_c1/sort", 120.0, 500, 600),
            failed,
            line("consilience", "W5", "exact", 100.0, 10, 15),
            line("torch.func", "W5", "per_output/compiled", 400.0, 500, 540),
        ];
        let standings = standings(&lines).unwrap();
        let plain = of(&standings, "W2", "plain_step", "torch and jax");
        assert_eq!((plain.ratio(), plain.verdict().as_str()), (Some(1.0 / 1.1), "met"));
        assert_eq!(plain.evidence(), "0.91x (1.00 ms, jax `plain_step` 1.10 ms)");
        let own = of(&standings, "W2", "winsor_c1", "at most 2.5x our `plain_step`");
        assert_eq!((own.is_met(), own.verdict().as_str()), (Some(false), "missed by 20.0 %"));
        let peers = of(&standings, "W2", "winsor_c1", "at least 25 times faster than the best peer (stretch 45)");
        assert_eq!(
            (peers.is_met(), peers.evidence().as_str()),
            (Some(true), "40.0 times faster (3.00 ms, jax `winsor_c1/sort` 120 ms)")
        );
        // 40 MB less a result of 1 MB, beside 20 MB
        let peak = of(&standings, "W2", "winsor_c1", "peak memory");
        assert_eq!((peak.ratio(), peak.verdict().as_str()), (Some(1.95), "missed by 30.0 %"));
        assert_eq!(of(&standings, "W5", "exact", "added memory").verdict(), "missed by 25.0 %");
        assert_eq!(of(&standings, "W5", "exact", "at least 2 times faster").verdict(), "met");
        assert_eq!(of(&standings, "W1", "plain_step", "torch and jax").verdict(), "not measured");
        let stretch = super::standings(&[lines[0].clone(), lines[2].clone()]).unwrap();
        assert_eq!(of(&stretch, "W2", "plain_step", "time").verdict(), "met, and the stretch");
    }
}
