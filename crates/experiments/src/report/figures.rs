//! Figures of series and measures over a grid.

mod radar;

use super::boundary;
use crate::error::ExperimentError;
use crate::execution::Plan;
use crate::grid::{Grid, Planned};
use crate::results::{Results, RunRecord};
use crate::schema::{AxisScale, Experiment, FigureKind, FigureSpec, Measure, PanelSpec, ReferenceSpec, Unit};
use consilience_figure::{Bars, Colour, Dash, Field, Figure, Key, Line, Panel, Scale, Scatter, Symbol};
use consilience_gradients::quantities::correlation;
use std::collections::BTreeMap;

/// What makes the figures of an experiment.
pub(super) struct Painter<'a> {
    pub experiment: &'a Experiment,
    pub grid: &'a Grid,
    pub results: &'a Results,
    pub plan: &'a Plan,
}

/// One panel: which cells it shows, and what of them.
#[derive(Clone)]
struct Frame {
    title: String,
    cells: Vec<usize>,
    x: Option<String>,
    y: Vec<String>,
    panel: PanelSpec,
}

/// Values of an axis, or things drawn, that differ in colour, style or symbol.
struct Facet {
    /// The axis; none for `"y"` or when nothing differs.
    axis: Option<usize>,
    is_y: bool,
}

/// Entries of a legend for colours, styles and symbols on their own: one for each, not one for each combination.
#[derive(Default)]
struct KeyList(Vec<(String, Key)>);

impl KeyList {
    fn add(&mut self, text: &str, key: Key) {
        if !text.is_empty() && self.0.iter().all(|(known, _)| known != text) {
            self.0.push((text.to_owned(), key));
        }
    }

    /// The label of a line: its own when only colour or style says something, none when both do and have their entries here.
    fn line(&mut self, colour_label: &str, colour: Colour, style_label: &str, style: Dash) -> String {
        if colour_label.is_empty() || style_label.is_empty() {
            return format!("{colour_label}{style_label}");
        }
        self.add(colour_label, Key::colour(colour_label, colour));
        self.add(style_label, Key::dash(style_label, style));
        String::new()
    }

    fn put(mut self, panel: Panel) -> Panel {
        // Colours first; the order is otherwise kept.
        self.0.sort_by_key(|(_, key)| key.symbol.is_some() || key.colour == Colour::Muted);
        self.0.into_iter().fold(panel, |panel, (_, key)| panel.key(key))
    }
}

const DASHES: [Dash; 4] = [Dash::Solid, Dash::Dashed, Dash::Dotted, Dash::DashDotted];

impl Painter<'_> {
    /// The figure that `spec` describes; none when this scale has nothing to show in it.
    pub fn figure(&self, spec: &FigureSpec) -> Result<Option<Figure>, ExperimentError> {
        let (frames, columns) = self.frames(spec);
        if frames.is_empty() {
            return Ok(None);
        }
        let mut figure = Figure::new(&spec.title).share_x().share_y();
        figure.columns = columns;
        if !spec.panels.is_empty() {
            (figure.shared_x, figure.shared_y) = (false, false);
        }
        // Side by side, different things have different scales.
        figure.shared_y &= spec.columns.as_deref() != Some("y");
        for frame in &frames {
            let panel = match spec.kind {
                FigureKind::Curves => self.curves(spec, frame),
                FigureKind::Lines => self.lines(spec, frame),
                FigureKind::Scatter => self.scatter(spec, frame),
                FigureKind::Bars => self.bars(spec, frame),
                FigureKind::HeatMap => self.heat_map(spec, frame),
                FigureKind::Radar => self.radar(spec, frame),
                FigureKind::DecisionBoundary => self.boundary(frame)?,
            };
            figure = figure.panel(self.finished(spec, frame, panel));
        }
        Ok(Some(figure))
    }

    /// What a reader of the figure must know that it does not show: what is missing in it, and why.
    pub fn notes(&self, spec: &FigureSpec) -> Vec<String> {
        let mut notes = Vec::new();
        let mut add = |note: String| {
            if !notes.contains(&note) {
                notes.push(note);
            }
        };
        for frame in self.frames(spec).0 {
            for &cell in &frame.cells {
                if let Some(failures) = self.results.failures(cell) {
                    add(format!("{}: {failures}.", self.grid.label(cell)));
                }
            }
            if spec.kind == FigureKind::Radar {
                self.radar_gaps(spec, &frame).into_iter().for_each(&mut add);
            }
        }
        notes
    }

    /// The panels, row by row, and how many are in a row if that is given.
    fn frames(&self, spec: &FigureSpec) -> (Vec<Frame>, Option<usize>) {
        let whole = Frame {
            title: String::new(),
            cells: self.grid.select(&[&spec.at]),
            x: spec.x.clone(),
            y: spec.y.0.clone(),
            panel: PanelSpec::default(),
        };
        let listed = |frames: Vec<Frame>| -> Vec<Frame> {
            let one = |frame: Frame| spec.panels.iter().map(move |panel| self.narrowed(&frame, panel));
            frames.into_iter().flat_map(one).collect()
        };
        let split = |frames: Vec<Frame>, facet: Option<&String>| -> Vec<Frame> {
            frames.into_iter().flat_map(|frame| self.split(spec, frame, facet)).collect()
        };
        let by_hand = !spec.panels.is_empty();
        let rows = match (by_hand, &spec.rows) {
            (true, None) => listed(vec![whole]),
            (_, rows) => split(vec![whole], rows.as_ref()),
        };
        let count = rows.len();
        let all = match (by_hand, &spec.rows) {
            (true, Some(_)) => listed(rows),
            _ => split(rows, spec.columns.as_ref()),
        };
        let all: Vec<Frame> = all.into_iter().filter(|frame| !frame.cells.is_empty()).collect();
        let in_grid = spec.rows.is_some() || spec.columns.is_some();
        let columns = (in_grid && count > 0).then(|| all.len().div_ceil(count)).filter(|columns| *columns > 0);
        // Columns alone make one row.
        (all, columns)
    }

    fn narrowed(&self, frame: &Frame, panel: &PanelSpec) -> Frame {
        let cells = frame.cells.iter().copied().filter(|&cell| self.grid.is_selected(cell, &panel.at)).collect();
        let title = join(&frame.title, &self.grid.filled(&panel.title));
        let y = if panel.y.0.is_empty() { frame.y.clone() } else { panel.y.0.clone() };
        Frame { title, cells, x: panel.x.clone().or_else(|| frame.x.clone()), y, panel: panel.clone() }
    }

    fn split(&self, spec: &FigureSpec, frame: Frame, facet: Option<&String>) -> Vec<Frame> {
        match facet {
            None => vec![frame],
            Some(name) if name == "y" => {
                let one = |name: &String| Frame {
                    title: join(&frame.title, &self.label(spec, name)),
                    y: vec![name.clone()],
                    ..frame.clone()
                };
                frame.y.iter().map(one).collect()
            }
            Some(name) => {
                let Some(axis) = self.grid.axis(name) else { return vec![frame] };
                let values = 0..self.grid.axes[axis].values.len();
                let one = |value: usize| {
                    let cells = frame.cells.iter().copied().filter(|&cell| self.grid.cells[cell].0[axis] == value);
                    Frame {
                        title: join(&frame.title, &self.value_label(axis, value)),
                        cells: cells.collect(),
                        ..frame.clone()
                    }
                };
                values.map(one).collect()
            }
        }
    }

    /// A value for people; a number alone does not say what it is of.
    fn value_label(&self, axis: usize, value: usize) -> String {
        let axis = &self.grid.axes[axis];
        let label = &axis.values[value].label;
        if axis.key.is_some() { format!("{label} {}", axis.label) } else { label.clone() }
    }

    fn label(&self, spec: &FigureSpec, name: &str) -> String {
        let measure = || self.experiment.measure(name).map(Measure::label);
        self.grid.filled(spec.labels.get(name).map(String::as_str).or_else(measure).unwrap_or(name))
    }

    fn facet(&self, name: Option<&String>, default_y: bool) -> Facet {
        match name {
            Some(name) if name == "y" => Facet { axis: None, is_y: true },
            Some(name) => Facet { axis: self.grid.axis(name), is_y: false },
            None => Facet { axis: None, is_y: default_y },
        }
    }

    /// The number of a cell or thing drawn among those that the facet tells apart, and its label.
    fn of_facet(&self, spec: &FigureSpec, frame: &Frame, facet: &Facet, cell: usize, y: &str) -> (usize, String) {
        if let Some(axis) = facet.axis {
            let value = self.grid.cells[cell].0[axis];
            return (value, self.value_label(axis, value));
        }
        if facet.is_y {
            let place = frame.y.iter().position(|name| name == y).unwrap_or(0);
            return (place, self.label(spec, y));
        }
        (0, String::new())
    }

    /// The colour of a value: on a scale where an axis has numbers and more than a few values, of the palette otherwise.
    fn colour(&self, facet: &Facet, index: usize) -> Colour {
        const FEW: usize = 3;
        match facet.axis.map(|axis| &self.grid.axes[axis].values) {
            Some(values) if values.len() > FEW && values.iter().all(|value| value.number.is_some()) => {
                Colour::ordered(index, values.len())
            }
            _ => Colour::Class(index),
        }
    }

    fn factor(&self, name: &str) -> f64 {
        self.experiment.measure(name).map_or(1.0, |measure| measure.unit.factor())
    }

    fn curves(&self, spec: &FigureSpec, frame: &Frame) -> Panel {
        let x = frame.x.as_deref().unwrap_or("step");
        let mut panel = Panel::new(x, "");
        let colour = self.facet(spec.colour.as_ref(), spec.colour.is_none());
        let dash = self.facet(spec.dash.as_ref(), false);
        let mut legend = KeyList::default();
        for y in &frame.y {
            for &cell in &frame.cells {
                let runs = self.results.runs[cell].as_slice();
                let shown = if spec.first_replicate { first_finished(runs) } else { runs };
                let (points, band) = mean_curve(shown, y, x == "epoch");
                if points.is_empty() {
                    continue;
                }
                let (index, label) = self.of_facet(spec, frame, &colour, cell, y);
                let (style, style_label) = self.of_facet(spec, frame, &dash, cell, y);
                let (shade, style) = (self.colour(&colour, index), DASHES[style % DASHES.len()]);
                let label = legend.line(&label, shade, &style_label, style);
                panel = panel.line(Line::new(label, points).colour(shade).dash(style).band(band));
            }
        }
        legend.put(panel)
    }

    fn lines(&self, spec: &FigureSpec, frame: &Frame) -> Panel {
        let axis = frame.x.as_deref().and_then(|name| self.grid.axis(name)).unwrap_or(0);
        let values = &self.grid.axes[axis].values;
        let numeric = values.iter().all(|value| value.number.is_some());
        let factor = self.grid.axes[axis].unit.factor();
        let mut panel = Panel::new(self.axis_label(axis), self.common_label(spec, frame));
        if !numeric {
            panel = panel.categories(values.iter().map(|value| value.label.clone()));
        }
        let colour = self.facet(spec.colour.as_ref(), spec.colour.is_none() && frame.y.len() > 1);
        let dash = self.facet(spec.dash.as_ref(), false);
        let mut legend = KeyList::default();
        for y in &frame.y {
            for group in self.groups(frame, axis) {
                let (mut points, mut band) = (Vec::new(), Vec::new());
                for &cell in &group {
                    let value = self.grid.cells[cell].0[axis];
                    let place = values[value].number.filter(|_| numeric).map_or(value as f64, |number| factor * number);
                    let found = self.results.get(y, cell);
                    points.push((place, found.map_or(f64::NAN, |found| self.factor(y) * found.mean)));
                    let spread = found.and_then(|found| found.deviation.or(found.error)).unwrap_or(0.0);
                    band.push(self.factor(y) * spread);
                }
                let (index, label) = self.of_facet(spec, frame, &colour, group[0], y);
                let (style, style_label) = self.of_facet(spec, frame, &dash, group[0], y);
                let (shade, style) = (self.colour(&colour, index), DASHES[style % DASHES.len()]);
                let label = legend.line(&label, shade, &style_label, style);
                let line = Line::new(label, points).colour(shade).dash(style);
                panel = panel.line(line.band(band).symbol(Symbol::Circle));
            }
        }
        legend.put(panel)
    }

    fn scatter(&self, spec: &FigureSpec, frame: &Frame) -> Panel {
        let x = frame.x.as_deref().unwrap_or_default();
        let mut panel = Panel::new(self.measure_label(spec, x), self.common_label(spec, frame));
        let colour = self.facet(spec.colour.as_ref(), spec.colour.is_none() && frame.y.len() > 1);
        let symbol = self.facet(spec.symbol.as_ref(), false);
        let mut legend = KeyList::default();
        let mut all = Vec::new();
        for y in &frame.y {
            for &cell in &frame.cells {
                let (Some(a), Some(b)) = (self.results.get(x, cell), self.results.get(y, cell)) else { continue };
                let point = (self.factor(x) * a.mean, self.factor(y) * b.mean);
                all.push(point);
                let (index, label) = self.of_facet(spec, frame, &colour, cell, y);
                let (shape, shape_label) = self.of_facet(spec, frame, &symbol, cell, y);
                let shape = Symbol::ALL[shape % Symbol::ALL.len()];
                let shade = self.colour(&colour, index);
                legend.add(&label, Key::colour(&label, shade));
                legend.add(&shape_label, Key::symbol(&shape_label, shape));
                panel = panel.scatter(Scatter::new("", [point]).colour(shade).symbol(shape));
            }
        }
        panel = legend.put(panel);
        if let (true, Some(r)) = (spec.correlation, correlation(&all)) {
            panel = panel.title(format!("c = {r:.3}"));
        }
        panel
    }

    fn bars(&self, spec: &FigureSpec, frame: &Frame) -> Panel {
        let axis = frame.x.as_deref().and_then(|name| self.grid.axis(name)).unwrap_or(0);
        let values = &self.grid.axes[axis].values;
        let panel = Panel::new(self.axis_label(axis), self.common_label(spec, frame));
        let mut panel = panel.categories(values.iter().map(|value| value.label.clone()));
        let colour = self.facet(spec.colour.as_ref(), spec.colour.is_none() && frame.y.len() > 1);
        for y in &frame.y {
            for group in self.groups(frame, axis) {
                let mut heights = vec![f64::NAN; values.len()];
                let mut errors = vec![0.0; values.len()];
                for &cell in &group {
                    let value = self.grid.cells[cell].0[axis];
                    if let Some(found) = self.results.get(y, cell) {
                        heights[value] = self.factor(y) * found.mean;
                        errors[value] = self.factor(y) * found.deviation.or(found.error).unwrap_or(0.0);
                    }
                }
                let (index, label) = self.of_facet(spec, frame, &colour, group[0], y);
                panel = panel.bars(Bars::new(label, heights).errors(errors).colour(self.colour(&colour, index)));
            }
        }
        panel
    }

    fn heat_map(&self, spec: &FigureSpec, frame: &Frame) -> Panel {
        let axis = |name: Option<&String>| name.and_then(|name| self.grid.axis(name)).unwrap_or(0);
        let (across, up) = (axis(frame.x.as_ref()), axis(frame.y.first()));
        let measure = spec.value.as_deref().unwrap_or_default();
        let labels = |axis: usize| self.grid.axes[axis].values.iter().map(|value| value.label.clone());
        let (columns, rows) = (labels(across).count(), labels(up).count());
        let mut values = vec![f64::NAN; columns * rows];
        for &cell in &frame.cells {
            let place = &self.grid.cells[cell].0;
            if let Some(found) = self.results.get(measure, cell) {
                values[place[up] * columns + place[across]] = self.factor(measure) * found.mean;
            }
        }
        let edges = |count: usize| (-0.5, count as f64 - 0.5);
        let mut field = Field::new(self.measure_label(spec, measure), columns, values, edges(columns), edges(rows));
        // All panels have one colour scale.
        let shown = self.grid.select(&[&spec.at]).into_iter();
        let means = shown.filter_map(|cell| Some(self.factor(measure) * self.results.get(measure, cell)?.mean));
        let ends = |(low, high): (f64, f64), mean: f64| (low.min(mean), high.max(mean));
        let (low, high) = means.fold((f64::INFINITY, f64::NEG_INFINITY), ends);
        if low < high {
            field = field.limits(low, high);
        }
        Panel::new(self.axis_label(across), self.axis_label(up))
            .categories(labels(across))
            .y_categories(labels(up))
            .field(field)
    }

    fn boundary(&self, frame: &Frame) -> Result<Panel, ExperimentError> {
        // The first replicate with a network stands for all: boundaries have no mean.
        let has_network = |run: &&Planned| self.results.runs[run.cell][run.replicate].failed.is_none();
        let of = |cell: usize| self.grid.runs.iter().filter(|run| run.cell == cell).find(has_network);
        match frame.cells.first().and_then(|&cell| of(cell)) {
            Some(planned) => boundary::panel(planned, &self.plan.run_directory(planned)),
            None => Ok(Panel::new("", "").title("the run failed")),
        }
    }

    /// The cells that differ on `axis` only, group by group.
    fn groups(&self, frame: &Frame, axis: usize) -> Vec<Vec<usize>> {
        let same = |a: usize, b: usize| {
            let (a, b) = (&self.grid.cells[a].0, &self.grid.cells[b].0);
            (0..a.len()).all(|index| index == axis || a[index] == b[index])
        };
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for &cell in &frame.cells {
            match groups.iter_mut().find(|group| same(group[0], cell)) {
                Some(group) => group.push(cell),
                None => groups.push(vec![cell]),
            }
        }
        groups
    }

    fn axis_label(&self, axis: usize) -> String {
        let axis = &self.grid.axes[axis];
        if axis.unit == Unit::Percent { format!("{} (%)", axis.label) } else { axis.label.clone() }
    }

    fn measure_label(&self, spec: &FigureSpec, name: &str) -> String {
        let percent = self.experiment.measure(name).is_some_and(|measure| measure.unit == Unit::Percent);
        let label = self.label(spec, name);
        if percent { format!("{label} (%)") } else { label }
    }

    /// The label of the only thing drawn.
    fn common_label(&self, spec: &FigureSpec, frame: &Frame) -> String {
        match frame.y.as_slice() {
            [only] => self.measure_label(spec, only),
            _ => String::new(),
        }
    }

    /// The panel with the labels, scales, limits and lines that the file gives.
    fn finished(&self, spec: &FigureSpec, frame: &Frame, mut panel: Panel) -> Panel {
        let title = join(&frame.title, &panel.title);
        panel = panel.title(title);
        if let Some(label) = frame.panel.x_label.as_ref().or(spec.x_label.as_ref()) {
            panel.x.label = self.grid.filled(label);
        }
        if let Some(label) = frame.panel.y_label.as_ref().or(spec.y_label.as_ref()) {
            panel.y.label = self.grid.filled(label);
        }
        let scale = |scale: AxisScale| if scale == AxisScale::Log { Scale::Log } else { Scale::Linear };
        panel = panel.x_scale(scale(spec.x_scale)).y_scale(scale(spec.y_scale));
        if let Some([low, high]) = spec.x_limits {
            panel = panel.x_limits(low, high);
        }
        if let Some([low, high]) = frame.panel.y_limits.or(spec.y_limits) {
            panel = panel.y_limits(low, high);
        }
        spec.references.iter().fold(panel, with_reference)
    }
}

fn with_reference(mut panel: Panel, reference: &ReferenceSpec) -> Panel {
    let ReferenceSpec { y, x, identity, least_squares, label } = reference;
    if let Some(y) = y {
        panel = panel.horizontal(*y, label);
    }
    if let Some(x) = x {
        panel = panel.vertical(*x, label);
    }
    if *identity {
        panel = panel.identity(label);
    }
    if *least_squares {
        panel = panel.least_squares(label);
    }
    panel
}

/// The first replicate that has numbers; none when all failed.
fn first_finished(runs: &[RunRecord]) -> &[RunRecord] {
    runs.iter().position(|run| run.failed.is_none()).map_or(&[], |place| &runs[place..=place])
}

/// The mean over replicates at each step that any of them has, and the standard deviation.
fn mean_curve(runs: &[RunRecord], name: &str, by_epoch: bool) -> (Vec<(f64, f64)>, Vec<f64>) {
    let mut by_step: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for run in runs {
        for point in run.series(name) {
            by_step.entry(point.step).or_default().push(point.value);
        }
    }
    let per_epoch = runs.iter().find(|run| run.failed.is_none()).map_or(1.0, |run| run.steps_per_epoch);
    let mut band = Vec::new();
    let points = by_step.into_iter().map(|(step, values)| {
        let statistic = crate::results::Statistic::of(&values);
        band.push(statistic.as_ref().and_then(|found| found.deviation).unwrap_or(0.0));
        let x = if by_epoch { step as f64 / per_epoch } else { step as f64 };
        (x, statistic.map_or(f64::NAN, |found| found.mean))
    });
    let points = points.collect();
    if runs.len() < 2 {
        band.clear();
    }
    (points, band)
}

fn join(a: &str, b: &str) -> String {
    match (a.is_empty(), b.is_empty()) {
        (true, _) => b.to_owned(),
        (_, true) => a.to_owned(),
        _ => format!("{a}, {b}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::Point;

    #[test]
    fn curves_of_one_replicate_or_of_the_mean() {
        let run = |value: f64| RunRecord::of(2.0, [("loss".to_owned(), vec![Point { step: 4, value }])]);
        let runs = [RunRecord::failed("gone".into(), "of its own".into()), run(1.0), run(3.0)];
        assert_eq!(mean_curve(&runs, "loss", true), (vec![(2.0, 2.0)], vec![2.0_f64.sqrt()]));
        assert_eq!(mean_curve(first_finished(&runs), "loss", false), (vec![(4.0, 1.0)], Vec::new()));
        assert!(first_finished(&runs[..1]).is_empty());
    }
}
