//! Whether the claims of a paper hold on our numbers.

use super::{Results, Statistic};
use crate::grid::Grid;
use crate::schema::{Check, Claim, Experiment, Measure, Selection, Side, Unit};
use consilience_figure::{Measured, SIGNIFICANCE_LEVEL, welch_p_value};
use consilience_gradients::quantities::correlation;
use statrs::distribution::{ContinuousCDF, Normal, StudentsT};
use std::fmt;

/// What became of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It holds on our numbers.
    Holds,
    /// It does not.
    DoesNotHold,
    /// It cannot be tested at this scale: there are no runs of it, or too few to tell it from noise.
    NotTestable,
    /// It cannot be tested because a run that it needs failed.
    RunFailed,
}

impl Verdict {
    /// Whether the numbers decide.
    pub const fn is_decided(self) -> bool {
        matches!(self, Self::Holds | Self::DoesNotHold)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Holds => "holds",
            Self::DoesNotHold => "does not hold",
            Self::NotTestable => "not testable at this scale",
            Self::RunFailed => "not testable: a run failed",
        })
    }
}

/// One comparison: what was compared, and how it came out.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// The numbers, in words.
    pub text: String,
    /// Whether it is as the claim says; none when it could not be compared, or not told from noise.
    pub holds: Option<bool>,
    /// Whether it could not be compared because a run failed.
    pub run_failed: bool,
}

impl Evidence {
    fn new(text: impl Into<String>, holds: Option<bool>) -> Self {
        Self { text: text.into(), holds, run_failed: false }
    }
}

/// A claim with its verdict.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// What the paper says.
    pub statement: String,
    /// Where.
    pub place: String,
    /// What became of it.
    pub verdict: Verdict,
    /// Why: one entry for each comparison, or the one reason why there is none.
    pub evidence: Vec<Evidence>,
}

impl Judged {
    /// The evidence in one line. Of many comparisons, those that fail come first and the rest are counted.
    pub fn summary(&self) -> String {
        const SHOWN: usize = 4;
        let mut entries: Vec<&Evidence> = self.evidence.iter().collect();
        entries.sort_by_key(|entry| match entry.holds {
            Some(false) => 0,
            None => 1,
            Some(true) => 2,
        });
        let shown: Vec<&str> = entries.iter().take(SHOWN).map(|entry| entry.text.as_str()).collect();
        let mut text = shown.join("; ");
        if self.evidence.len() > 1 {
            let held = self.evidence.iter().filter(|entry| entry.holds == Some(true)).count();
            text = format!("in {held} of {} comparisons: {text}", self.evidence.len());
        }
        if entries.len() > SHOWN {
            text += "; ...";
        }
        text
    }
}

/// The claims of `experiment` on `results`.
pub fn judge(experiment: &Experiment, grid: &Grid, results: &Results) -> Vec<Judged> {
    let court = Court { experiment, grid, results };
    experiment.claims.iter().map(|claim| court.judge(claim)).collect()
}

struct Court<'a> {
    experiment: &'a Experiment,
    grid: &'a Grid,
    results: &'a Results,
}

/// Two numbers that are compared.
///
/// The p value is that of Welch's t test, of a difference that is not `by`; there is none with a single replicate on a side. The
/// standard error of a number that exists only for all replicates together is that of the jackknife, hence the deviation of its
/// pseudo-values over the root of their number.
struct Difference {
    unit: Unit,
    value: f64,
    error: Option<f64>,
    by: Option<f64>,
    p: Option<f64>,
}

impl Difference {
    fn of(unit: Unit, left: &Statistic, right: &Statistic, by: Option<f64>) -> Self {
        let value = left.mean - right.mean;
        let error = left.error.zip(right.error).map(|(a, b)| a.hypot(b));
        let measured = |of: &Statistic, mean: f64| {
            let sd = of.deviation.or_else(|| of.error.map(|error| error * (of.count as f64).sqrt()));
            Measured { count: of.count, mean, sd }
        };
        let p = welch_p_value(&measured(left, left.mean - by.unwrap_or(0.0)), &measured(right, right.mean));
        Self { unit, value, error, by, p }
    }

    /// Whether it is above `by`, or 0. None when that is within the noise, and when there is neither a test nor `by`.
    fn is_above(&self) -> Option<bool> {
        match self.p {
            Some(p) if p >= SIGNIFICANCE_LEVEL => None,
            None if self.by.is_none() => None,
            _ => Some(self.value > self.by.unwrap_or(0.0)),
        }
    }

    /// `text`, and whether it is above: see [`Self::is_above`].
    fn evidence(&self, text: &str) -> Evidence {
        let holds = self.is_above();
        let why = match (holds, self.p) {
            (Some(_), _) => "",
            (None, Some(_)) => WITHIN_THE_NOISE,
            (None, None) => ": a single replicate has no standard error",
        };
        Evidence::new(format!("{text}{why}"), holds)
    }
}

/// Why a comparison that could be made does not decide.
const WITHIN_THE_NOISE: &str = ": within the noise";

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "difference {}", short(self.value, self.unit))?;
        if let Some(error) = self.error {
            write!(f, ", standard error {}", short(error, self.unit))?;
        }
        if let Some(p) = self.p {
            write!(f, ", {}", p_value(p))?;
        }
        if let Some(by) = self.by {
            write!(f, " against {}", short(by, self.unit))?;
        }
        Ok(())
    }
}

impl Court<'_> {
    fn judge(&self, claim: &Claim) -> Judged {
        let Claim { statement, place, scales, check } = claim;
        let evidence = if scales.contains(&self.grid.scale) {
            self.evidence(check)
        } else {
            let names: Vec<&str> = scales.iter().map(|scale| scale.name()).collect();
            let text = format!("it needs scale {}", names.join(" or "));
            vec![Evidence::new(text, None)]
        };
        let verdict = match evidence.as_slice() {
            entries if entries.iter().any(|entry| entry.holds == Some(false)) => Verdict::DoesNotHold,
            [] => Verdict::NotTestable,
            entries if entries.iter().all(|entry| entry.holds == Some(true)) => Verdict::Holds,
            entries if entries.iter().any(|entry| entry.run_failed) => Verdict::RunFailed,
            _ => Verdict::NotTestable,
        };
        Judged { statement: statement.clone(), place: place.clone(), verdict, evidence }
    }

    fn evidence(&self, check: &Check) -> Vec<Evidence> {
        let found = match check {
            Check::Greater { measure, left, right, at, by } => self.greater(measure.as_deref(), left, right, at, *by),
            Check::Increases { measure, along, at, by } => self.trend(measure, along, at, *by, 1.0),
            Check::Decreases { measure, along, at, by } => self.trend(measure, along, at, *by, -1.0),
            Check::Correlates { x, y, at, at_least, at_most } => self.correlation(x, y, at, *at_least, *at_most),
            Check::Within { measure, at, from, to, of, tolerance } => {
                let from = from.or(of.map(|of| of - tolerance));
                let to = to.or(of.map(|of| of + tolerance));
                self.within(measure, at, from, to)
            }
        };
        if found.is_empty() {
            return vec![Evidence::new("this scale has none of the runs that it is about", None)];
        }
        found
    }

    fn greater(
        &self,
        measure: Option<&str>,
        left: &Side,
        right: &Side,
        at: &Selection,
        by: Option<f64>,
    ) -> Vec<Evidence> {
        let name = |side: &Side| side.measure.clone().or_else(|| measure.map(str::to_owned)).unwrap_or_default();
        let (left_measure, right_measure) = (name(left), name(right));
        // Axes that a side holds to a value are what differs; in all others, both sides are in the same place.
        let differs = |axis: &str| left.at.contains_key(axis) || right.at.contains_key(axis);
        let rights = self.grid.select(&[at, &right.at]);
        let mut evidence = Vec::new();
        for left_cell in self.grid.select(&[at, &left.at]) {
            let same_place = rights.iter().filter(|&&cell| self.grid.agree(left_cell, cell, differs));
            for &right_cell in same_place {
                if let Some(broken) = self.broken(&[left_cell, right_cell]) {
                    evidence.push(broken);
                    continue;
                }
                let of = |measure: &str, cell: usize| self.named(measure, cell, left_measure != right_measure);
                let (left_text, left) = of(&left_measure, left_cell);
                let (right_text, right) = of(&right_measure, right_cell);
                let unit = self.unit(&left_measure);
                evidence.push(Self::compared(unit, left.zip(right), by, &left_text, &right_text));
            }
        }
        evidence
    }

    fn compared(
        unit: Unit,
        pair: Option<(&Statistic, &Statistic)>,
        by: Option<f64>,
        left: &str,
        right: &str,
    ) -> Evidence {
        let Some((a, b)) = pair else {
            return Evidence::new(format!("{left} against {right}: undefined"), None);
        };
        let difference = Difference::of(unit, a, b, by);
        let (a, b) = (short(a.mean, unit), short(b.mean, unit));
        difference.evidence(&format!("{left}: {a} against {right}: {b} ({difference})"))
    }

    fn trend(&self, measure: &str, along: &str, at: &Selection, by: Option<f64>, sign: f64) -> Vec<Evidence> {
        let Some(axis) = self.grid.axis(along) else { return Vec::new() };
        let cells = self.grid.select(&[at]);
        let mut lines: Vec<Vec<usize>> = Vec::new();
        for cell in cells {
            match lines.iter_mut().find(|line| self.grid.agree(line[0], cell, |name| name == along)) {
                Some(line) => line.push(cell),
                None => lines.push(vec![cell]),
            }
        }
        let of = |line: &Vec<usize>| self.broken(line).unwrap_or_else(|| self.trend_of(measure, axis, line, by, sign));
        lines.iter().filter(|line| line.len() > 1).map(of).collect()
    }

    fn trend_of(&self, measure: &str, axis: usize, line: &[usize], by: Option<f64>, sign: f64) -> Evidence {
        let others = self.place(line[0], &|name| name != self.grid.axes[axis].name);
        let unit = self.unit(measure);
        let label = self.label(measure);
        let mut text = format!("{label}{}", if others.is_empty() { String::new() } else { format!(" at {others}") });
        let statistics: Vec<Option<&Statistic>> = line.iter().map(|&cell| self.results.get(measure, cell)).collect();
        let written: Vec<String> = line
            .iter()
            .zip(&statistics)
            .map(|(&cell, statistic)| {
                let value = &self.grid.axes[axis].values[self.grid.cells[cell].0[axis]].label;
                format!(
                    "{} ({value})",
                    statistic.map_or_else(|| "undefined".to_owned(), |found| short(found.mean, unit))
                )
            })
            .collect();
        text = format!("{text}: {}", written.join(", "));
        let Some(statistics) = statistics.into_iter().collect::<Option<Vec<&Statistic>>>() else {
            return Evidence::new(text, None);
        };
        // how far it goes the way that is claimed
        let gain = |from: &Statistic, to: &Statistic| {
            let (more, less) = if sign > 0.0 { (to, from) } else { (from, to) };
            Difference::of(unit, more, less, by)
        };
        let (Some(first), Some(last)) = (statistics.first(), statistics.last()) else {
            return Evidence::new(text, None);
        };
        text = format!("{text} ({})", gain(first, last));
        if statistics.windows(2).any(|pair| gain(pair[1], pair[0]).is_above() == Some(true)) {
            return Evidence::new(text, Some(false));
        }
        gain(first, last).evidence(&text)
    }

    fn correlation(
        &self,
        x: &str,
        y: &str,
        at: &Selection,
        at_least: Option<f64>,
        at_most: Option<f64>,
    ) -> Vec<Evidence> {
        let cells = self.grid.select(&[at]);
        if let Some(broken) = self.broken(&cells) {
            return vec![broken];
        }
        let points: Vec<(f64, f64)> = cells
            .into_iter()
            .filter_map(|cell| Some((self.results.get(x, cell)?.mean, self.results.get(y, cell)?.mean)))
            .collect();
        if points.len() < 3 {
            let text = format!("a correlation needs at least 3 points, there are {}", points.len());
            return vec![Evidence::new(text, None)];
        }
        let Some(r) = correlation(&points) else {
            return vec![Evidence::new("one of the two measures is the same everywhere", None)];
        };
        let n = points.len() as f64;
        let t = r * ((n - 2.0) / (1.0 - r * r).max(f64::MIN_POSITIVE)).sqrt();
        let p = two_sided(t, n - 2.0);
        let written = p.map_or_else(String::new, |p| format!(", {}", p_value(p)));
        let text = format!("Pearson's correlation {r:.3} over n = {} points{written}", points.len());
        let met = at_least.is_none_or(|least| r >= least) && at_most.is_none_or(|most| r <= most);
        // what noise would do is asked of no correlation where the bound is met, and of one as large as the bound where it is not
        let noise = if met {
            p.is_none_or(|p| p >= SIGNIFICANCE_LEVEL)
        } else {
            at_least.into_iter().chain(at_most).any(|bound| !differ(r, bound, n))
        };
        vec![if noise { Evidence::new(text + WITHIN_THE_NOISE, None) } else { Evidence::new(text, Some(met)) }]
    }

    fn within(&self, measure: &str, at: &Selection, from: Option<f64>, to: Option<f64>) -> Vec<Evidence> {
        let unit = self.unit(measure);
        let short = |value: f64| short(value, unit);
        let range = match (from, to) {
            (Some(from), Some(to)) => format!("from {} to {}", short(from), short(to)),
            (Some(from), None) => format!("at least {}", short(from)),
            (None, Some(to)) => format!("at most {}", short(to)),
            (None, None) => String::new(),
        };
        self.grid
            .select(&[at])
            .into_iter()
            .map(|cell| match (self.broken(&[cell]), self.named(measure, cell, true)) {
                (Some(broken), _) => broken,
                (None, (name, None)) => Evidence::new(format!("{name}: undefined"), None),
                (None, (name, Some(Statistic { mean, error, count, .. }))) => {
                    let written = error.map_or_else(String::new, |error| format!(", standard error {}", short(error)));
                    let text = format!("{name}: {}{written}; expected {range}", short(*mean));
                    let p = |bound: f64| two_sided((mean - bound) / (*error)?, *count as f64 - 1.0);
                    let near = |bound: f64| p(bound).is_some_and(|p| p >= SIGNIFICANCE_LEVEL);
                    if from.into_iter().chain(to).any(near) {
                        return Evidence::new(format!("{text}{WITHIN_THE_NOISE}"), None);
                    }
                    let holds = from.is_none_or(|from| *mean >= from) && to.is_none_or(|to| *mean <= to);
                    Evidence::new(text, Some(holds))
                }
            })
            .collect()
    }

    /// That there is nothing to compare, when a run of one of these cells failed.
    fn broken(&self, cells: &[usize]) -> Option<Evidence> {
        cells.iter().find_map(|&cell| {
            let failures = self.results.failures(cell)?;
            let place = self.place(cell, &|_| true);
            let text = if place.is_empty() { failures } else { format!("{place}: {failures}") };
            Some(Evidence { text, holds: None, run_failed: true })
        })
    }

    fn unit(&self, measure: &str) -> Unit {
        self.experiment.measure(measure).map_or(Unit::Plain, |measure| measure.unit)
    }

    /// What a measure is called.
    fn label(&self, measure: &str) -> String {
        self.grid.filled(self.experiment.measure(measure).map_or(measure, Measure::label))
    }

    /// A measure in a cell, with words for it.
    fn named(&self, measure: &str, cell: usize, with_measure: bool) -> (String, Option<&Statistic>) {
        let place = self.place(cell, &|_| true);
        let label = self.label(measure);
        let text = match (with_measure, place.is_empty()) {
            (_, true) => label,
            (true, false) => format!("{label} at {place}"),
            (false, false) => place,
        };
        (text, self.results.get(measure, cell))
    }

    /// The labels of a cell on those axes that have several values.
    fn place(&self, cell: usize, wanted: &dyn Fn(&str) -> bool) -> String {
        let labels = self
            .grid
            .axes
            .iter()
            .zip(&self.grid.cells[cell].0)
            .filter(|(axis, _)| axis.values.len() > 1 && wanted(&axis.name));
        let labels: Vec<&str> = labels.map(|(axis, &value)| axis.values[value].label.as_str()).collect();
        labels.join(", ")
    }
}

/// Whether a correlation over `n` points is told from a `bound`, by Fisher's transform.
fn differ(r: f64, bound: f64, n: f64) -> bool {
    n > 3.0 && Normal::standard().sf((r.atanh() - bound.atanh()).abs() * (n - 3.0).sqrt()) * 2.0 < SIGNIFICANCE_LEVEL
}

fn p_value(p: f64) -> String {
    if p < 0.001 { "p < 0.001".to_owned() } else { format!("p = {p:.3}") }
}

fn two_sided(t: f64, freedom: f64) -> Option<f64> {
    let distribution = StudentsT::new(0.0, 1.0, freedom).ok()?;
    t.is_finite().then(|| 2.0 * distribution.sf(t.abs()))
}

/// A number with four significant digits.
fn short(value: f64, unit: Unit) -> String {
    let sign = if unit == Unit::Percent { " %" } else { "" };
    let value = value * unit.factor();
    if value == 0.0 {
        return format!("0{sign}");
    }
    let magnitude = value.abs().log10().floor();
    if !(-4.0..6.0).contains(&magnitude) {
        return format!("{value:.3e}{sign}");
    }
    format!("{value:.*}{sign}", (3.0 - magnitude).max(0.0) as usize)
}
