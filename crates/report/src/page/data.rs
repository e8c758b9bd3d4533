//! The numbers that the page's script draws.

use super::number::Rounded;
use super::run::Run;
use super::series::Series;
use super::thin::{fair_share, thin};
use serde::Serialize;

/// Points of curves that a page of one run carries, and what each further run may add. A point takes about ten bytes.
const POINTS: usize = 120_000;
const POINTS_OF_EACH_FURTHER_RUN: usize = 30_000;

/// Cells along the steps that the heat maps of a page of one run have; several runs share them, down to the fewest.
const COLUMNS: usize = 240;
const FEWEST_COLUMNS: usize = 60;

/// The times of a run at so many steps.
const CLOCK: usize = 400;

/// Everything the script draws, as it stands in the page.
#[derive(Debug, Serialize)]
pub(crate) struct Data {
    runs: Vec<RunData>,
    axes: Vec<Axis>,
    charts: Vec<Chart>,
    heats: Vec<Heat>,
    screes: Vec<Scree>,
    planes: Vec<Plane>,
    pictures: Vec<(String, String)>,
    /// Not for the script: the most points that one curve may have, and one row of a heat map.
    #[serde(skip)]
    most: usize,
    #[serde(skip)]
    columns: usize,
}

#[derive(Debug, Serialize)]
struct RunData {
    name: String,
    /// Steps and the epochs that begin at them.
    epochs: (Vec<u64>, Vec<u64>),
    /// Steps and the seconds spent before they end.
    clock: (Vec<u64>, Vec<Rounded>),
}

/// Steps: the first and the differences; where these are all equal, one of them and the number of steps.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Axis {
    Even { from: u64, by: u64, count: usize },
    Steps(Vec<u64>),
}

/// Lines over training in one frame.
#[derive(Debug, Serialize)]
pub(crate) struct Chart {
    pub id: String,
    /// What the script's messages call it.
    pub title: String,
    /// `number`, `share` or `seconds`.
    pub unit: &'static str,
    /// Whether a logarithmic scale may be chosen unasked.
    pub may_be_log: bool,
    pub lines: Vec<Line>,
}

/// A line of a chart.
#[derive(Debug, Serialize)]
pub(crate) struct Line {
    pub run: usize,
    pub label: String,
    /// A class of the style sheet: `k0` to `k6` for the palette, `o0` to `o4` for ordered lines, `muted`.
    pub style: String,
    /// Which dash pattern, 0 for none.
    pub dash: usize,
    axis: usize,
    y: Vec<Rounded>,
    /// Points before thinning.
    of: usize,
}

/// One quantity of every layer over training, for each run that has it.
#[derive(Debug, Serialize)]
pub(crate) struct Heat {
    pub id: String,
    pub title: String,
    pub unit: &'static str,
    pub maps: Vec<HeatMap>,
}

#[derive(Debug, Serialize)]
pub(crate) struct HeatMap {
    pub run: usize,
    pub layers: Vec<String>,
    axis: usize,
    /// One list per layer.
    rows: Vec<Vec<Rounded>>,
}

/// The largest eigenvalues over training, to be drawn at one step.
#[derive(Debug, Serialize)]
pub(crate) struct Scree {
    pub id: String,
    pub spectra: Vec<Spectrum>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Spectrum {
    pub run: usize,
    pub style: String,
    pub dash: usize,
    axis: usize,
    /// One list per eigenvalue, the largest first.
    tops: Vec<Vec<Rounded>>,
}

/// What a network says on the plane.
#[derive(Debug, Serialize)]
pub(crate) struct Plane {
    pub id: String,
    pub side: usize,
    pub x: (Rounded, Rounded),
    pub y: (Rounded, Rounded),
    /// Zero for a regression.
    pub classes: usize,
    pub class: Vec<usize>,
    /// The probability of the class; the value, for a regression.
    pub value: Vec<Rounded>,
    /// x, y, target, corrupt.
    pub points: Vec<(Rounded, Rounded, Rounded, u8)>,
}

impl Data {
    /// Of `runs`, without anything to draw yet.
    pub fn new(runs: &[Run]) -> Self {
        let lengths: Vec<usize> = runs
            .iter()
            .flat_map(|run| run.series.iter().filter(|series| series.part.is_none() || series.kind == "shares"))
            .map(|series| series.steps.len())
            .chain(runs.iter().map(|run| run.timings.len()))
            .collect();
        let budget = POINTS + runs.len().saturating_sub(1) * POINTS_OF_EACH_FURTHER_RUN;
        Self {
            runs: runs.iter().map(RunData::of).collect(),
            axes: Vec::new(),
            charts: Vec::new(),
            heats: Vec::new(),
            screes: Vec::new(),
            planes: Vec::new(),
            pictures: Vec::new(),
            most: fair_share(&lengths, budget),
            columns: (COLUMNS / runs.len().max(1)).max(FEWEST_COLUMNS),
        }
    }

    /// A line of `series`, thinned to its share of the page.
    pub fn line(&mut self, run: usize, label: &str, style: String, dash: usize, series: &Series) -> Line {
        let kept = thin(&series.steps, &series.values, self.most);
        let axis = self.axis(&kept.iter().map(|&index| series.steps[index]).collect::<Vec<_>>());
        let y = kept.iter().map(|&index| Rounded(series.values[index])).collect();
        Line { run, label: label.to_owned(), style, dash, axis, y, of: series.steps.len() }
    }

    /// The rows of a heat map: one per series, with the same steps.
    pub fn heat_map(&mut self, run: usize, layers: &[(&str, &Series)]) -> HeatMap {
        let (steps, rows) = table(layers.iter().map(|(_, series)| *series), self.columns);
        HeatMap {
            run,
            layers: layers.iter().map(|(name, _)| (*name).to_owned()).collect(),
            axis: self.axis(&steps),
            rows,
        }
    }

    /// The eigenvalues `tops` of one run, the largest first.
    pub fn spectrum(&mut self, run: usize, style: String, dash: usize, tops: &[&Series]) -> Spectrum {
        let (steps, tops) = table(tops.iter().copied(), self.columns);
        Spectrum { run, style, dash, axis: self.axis(&steps), tops }
    }

    pub fn add_chart(&mut self, chart: Chart) {
        self.charts.push(chart);
    }

    pub fn add_heat(&mut self, heat: Heat) {
        self.heats.push(heat);
    }

    pub fn add_scree(&mut self, scree: Scree) {
        self.screes.push(scree);
    }

    pub fn add_plane(&mut self, plane: Plane) {
        self.planes.push(plane);
    }

    /// Keeps the picture at `address` for places that name it by `key`.
    pub fn add_picture(&mut self, key: String, address: String) {
        self.pictures.push((key, address));
    }

    /// How many charts there are: a new chart's number.
    pub fn charts(&self) -> usize {
        self.charts.len()
    }

    /// The place of `steps` among the axes.
    fn axis(&mut self, steps: &[u64]) -> usize {
        let axis = Axis::of(steps);
        if let Some(known) = self.axes.iter().position(|known| *known == axis) {
            return known;
        }
        self.axes.push(axis);
        self.axes.len() - 1
    }
}

impl RunData {
    fn of(run: &Run) -> Self {
        let mut seconds = 0.0;
        let clock: Vec<(u64, f64)> = run
            .timings
            .iter()
            .filter(|timing| timing.seconds.is_finite() && timing.kind != "run")
            .map(|timing| {
                seconds += timing.seconds.max(0.0);
                (timing.step, seconds)
            })
            .collect();
        let clock = evenly(&clock, CLOCK);
        let epochs = evenly(&run.epochs, CLOCK);
        Self {
            name: run.name.clone(),
            epochs: epochs.into_iter().unzip(),
            clock: clock.into_iter().map(|(step, seconds)| (step, Rounded(seconds))).unzip(),
        }
    }
}

impl Axis {
    fn of(steps: &[u64]) -> Self {
        let mut differences = steps.windows(2).map(|pair| pair[1].saturating_sub(pair[0]));
        match (steps.first(), differences.next()) {
            (Some(&from), Some(by)) if differences.all(|other| other == by) => {
                Self::Even { from, by, count: steps.len() }
            }
            (Some(&from), _) => {
                let differences = steps.windows(2).map(|pair| pair[1].saturating_sub(pair[0]));
                Self::Steps(std::iter::once(from).chain(differences).collect())
            }
            (None, _) => Self::Steps(Vec::new()),
        }
    }
}

/// Several series at one set of steps, evenly thinned to `most` of those of the first; undefined where one has no value.
fn table<'a>(series: impl Iterator<Item = &'a Series>, most: usize) -> (Vec<u64>, Vec<Vec<Rounded>>) {
    let mut steps: Vec<u64> = Vec::new();
    let rows = series.map(|series| {
        if steps.is_empty() {
            steps = evenly(&series.steps, most);
        }
        let at = |step: &u64| series.steps.binary_search(step).map_or(f64::NAN, |index| series.values[index]);
        steps.iter().map(at).map(Rounded).collect()
    });
    let rows = rows.collect();
    (steps, rows)
}

/// At most `most` of `values`, evenly spaced, the first and the last among them.
fn evenly<T: Copy>(values: &[T], most: usize) -> Vec<T> {
    if values.len() <= most.max(2) {
        return values.to_vec();
    }
    let last = (values.len() - 1) as f64;
    (0..most).map(|index| values[(index as f64 * last / (most - 1) as f64).round() as usize]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_are_short_where_steps_are_even() {
        assert_eq!(Axis::of(&[3, 13, 23, 33, 43]), Axis::Even { from: 3, by: 10, count: 5 });
        assert_eq!(Axis::of(&[0, 1, 10, 100]), Axis::Steps(vec![0, 1, 9, 90]));
        assert_eq!((Axis::of(&[7]), Axis::of(&[])), (Axis::Steps(vec![7]), Axis::Steps(vec![])));
    }

    #[test]
    fn even_thinning_keeps_the_ends() {
        let values: Vec<usize> = (0..1001).collect();
        let kept = evenly(&values, 101);
        assert_eq!((kept.len(), kept[0], kept[50], kept[100]), (101, 0, 500, 1000));
        assert_eq!(evenly(&[1, 2, 3], 2), [1, 3]);
    }
}
