//! Tables of measures over a grid.

use crate::grid::{Cell, Grid};
use crate::results::Results;
use crate::schema::{BestSpec, Experiment, Measure, Scale, TableSpec};
use consilience_figure as figure;
use consilience_figure::{Best, Table, Within};

/// The table that `spec` describes.
pub(super) fn table(experiment: &Experiment, grid: &Grid, results: &Results, spec: &TableSpec) -> Table {
    let cells = grid.select(&[&spec.at]);
    let measures: Vec<&Measure> = spec.measures.0.iter().filter_map(|name| experiment.measure(name)).collect();
    let axes_of = |names: &[String]| -> Vec<usize> { names.iter().filter_map(|name| grid.axis(name)).collect() };
    let (row_axes, column_axes) = (axes_of(&spec.rows.0), axes_of(&spec.columns.0));
    let rows = places(grid, &cells, &row_axes);
    let columns = places(grid, &cells, &column_axes);

    let mut table = Table::new(&spec.title).best(match spec.best {
        BestSpec::Unmarked => Best::Unmarked,
        BestSpec::Highest => Best::Highest,
        BestSpec::Lowest => Best::Lowest,
    });
    table = table.within(if spec.best_of_rows { Within::Row } else { Within::Column }).second(&spec.second_label);
    for &axis in &row_axes {
        table = table.label(&grid.axes[axis].label);
    }
    for place in &columns {
        let group = labels(grid, &column_axes, place).join(", ");
        table = match (group.is_empty(), measures.as_slice()) {
            (true, _) => table.columns(measures.iter().map(|measure| heading(grid, measure))),
            (false, [_]) => table.columns([group]),
            (false, _) => table.group(group, measures.iter().map(|measure| heading(grid, measure))),
        };
    }
    if let ([measure], false) = (measures.as_slice(), column_axes.is_empty()) {
        table = table.note(format!("Cells: {}.", heading(grid, measure)));
    }
    for row in &rows {
        let mut entries = Vec::new();
        for column in &columns {
            let at = |cell: &&usize| {
                matches(&grid.cells[**cell], &row_axes, row) && matches(&grid.cells[**cell], &column_axes, column)
            };
            // One, as files are checked, unless values share the number to which `where` holds an axis.
            let here: Vec<usize> = cells.iter().filter(at).copied().collect();
            for measure in &measures {
                entries.push(match here.as_slice() {
                    [cell] => entry(grid, results, spec, measure, *cell),
                    [] => figure::Cell::missing(),
                    several => figure::Cell::text(format!("{} cells", several.len())),
                });
            }
        }
        table = table.row(labels(grid, &row_axes, row), entries);
    }
    for (cell, replicates) in results.runs.iter().enumerate() {
        let stopped = replicates.iter().filter(|run| run.stopped.is_some()).count();
        if let Some(failures) = results.failures(cell).filter(|_| cells.contains(&cell)) {
            table = table.note(format!("{}: {failures}.", grid.label(cell)));
        }
        if stopped > 0 && cells.contains(&cell) {
            table = table.note(format!(
                "{}: {stopped} of {} runs stopped early because their numbers were no longer finite.",
                grid.label(cell),
                replicates.len()
            ));
        }
    }
    table
}

fn heading(grid: &Grid, measure: &Measure) -> String {
    let label = grid.filled(measure.label());
    match measure.unit {
        crate::schema::Unit::Percent => format!("{label} (%)"),
        crate::schema::Unit::Plain => label,
    }
}

fn entry(grid: &Grid, results: &Results, spec: &TableSpec, measure: &Measure, cell: usize) -> figure::Cell {
    let factor = measure.unit.factor();
    let mut entry = match results.get(&measure.name, cell) {
        None => figure::Cell::missing(),
        Some(found) => {
            // A number that exists only for all replicates together has no deviation, but a standard error.
            let spread = found.deviation.or(found.error).map(|deviation| factor * deviation);
            figure::Cell::summary(found.count, factor * found.mean, spread)
        }
    };
    if let Some(second) = spec.second.get(&measure.name).and_then(|name| results.get(name, cell)) {
        entry = entry.second(factor * second.mean);
    }
    // scale `smoke` is of data of its own, with which the paper's numbers have nothing to do
    let printed = spec.printed.iter().filter(|_| grid.scale != Scale::Smoke).find(|printed| {
        grid.is_selected(cell, &printed.at)
            && printed.measure.as_ref().map_or(spec.measures.0.len() == 1, |name| *name == measure.name)
    });
    match printed {
        Some(printed) => entry.paper(printed.value.to_string()),
        None => entry,
    }
}

/// The distinct combinations of the values of some axes, in the order of the cells.
fn places(grid: &Grid, cells: &[usize], axes: &[usize]) -> Vec<Vec<usize>> {
    let mut places: Vec<Vec<usize>> = Vec::new();
    for &cell in cells {
        let place: Vec<usize> = axes.iter().map(|&axis| grid.cells[cell].0[axis]).collect();
        if !places.contains(&place) {
            places.push(place);
        }
    }
    // The order of the first axis first, as in the file, however the grid runs through its cells.
    places.sort();
    places
}

fn matches(cell: &Cell, axes: &[usize], place: &[usize]) -> bool {
    axes.iter().zip(place).all(|(&axis, &value)| cell.0[axis] == value)
}

fn labels(grid: &Grid, axes: &[usize], place: &[usize]) -> Vec<String> {
    axes.iter().zip(place).map(|(&axis, &value)| grid.axes[axis].values[value].label.clone()).collect()
}
