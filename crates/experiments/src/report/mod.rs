//! Tables, figures and claims as files.
//!
//! ```text
//! index.md                     the page that shows everything below
//! TABLE.txt .csv .tex .md      each table
//! FIGURE.svg .png              each figure
//! claims.txt .csv .md          the paper's claims, with verdict and evidence
//! runs/                        the run directories that all of it was made of
//! ```
//!
//! Each file is there whole or not at all, and all but `index.md`, which says when and by which command it was made, follow from
//! the runs alone.

mod boundary;
mod figures;
mod pages;
mod tables;

use crate::error::ExperimentError;
use crate::execution::Plan;
use crate::grid::Grid;
use crate::results::{Judged, Results};
use crate::schema::Experiment;
use consilience_figure::Table;
use consilience_record::write_atomically;

/// Columns of tables as text.
const WIDTH: usize = 110;

/// By how much PNG images are enlarged.
const ENLARGED: f32 = 2.0;

/// Writes tables, figures, claims and the page that shows them; returns the tables.
///
/// # Errors
/// When a file cannot be written, or a figure cannot be drawn.
pub fn write(
    experiment: &Experiment,
    grid: &Grid,
    plan: &Plan,
    results: &Results,
    claims: &[Judged],
) -> Result<Vec<Table>, ExperimentError> {
    let file = |name: &str, bytes: &[u8]| write_atomically(&plan.directory.join(name), bytes);
    let mut tables = Vec::new();
    for spec in &experiment.tables {
        let table = tables::table(experiment, grid, results, spec);
        for (extension, text) in
            [("txt", table.text(WIDTH)), ("csv", table.csv()), ("tex", table.latex()), ("md", table.markdown())]
        {
            file(&format!("{}.{extension}", spec.name), text.as_bytes())?;
        }
        tables.push(table);
    }
    let painter = figures::Painter { experiment, grid, results, plan };
    let mut drawn = Vec::new();
    for spec in &experiment.figures {
        let Some(figure) = painter.figure(spec)? else { continue };
        let png = figure.png(ENLARGED).map_err(|error| ExperimentError::Report {
            what: format!("figure `{}`", spec.name),
            reason: error.to_string(),
        })?;
        file(&format!("{}.svg", spec.name), figure.svg().as_bytes())?;
        file(&format!("{}.png", spec.name), &png)?;
        drawn.push((spec, painter.notes(spec)));
    }
    file("claims.txt", pages::claims_as_text(claims).as_bytes())?;
    file("claims.csv", pages::claims_as_csv(claims).as_bytes())?;
    file("claims.md", pages::claims_as_markdown(claims).as_bytes())?;
    let page = pages::index(experiment, grid, plan, results, &tables, &drawn, claims);
    file("index.md", page.as_bytes())?;
    Ok(tables)
}
