//! The class that a trained network gives to each point of the plane.

use crate::error::ExperimentError;
use crate::grid::Planned;
use consilience_figure::{Colour, Field, Panel, Scatter};
use consilience_record::RunReader;
use consilience_run::{DataCache, Plane, Prepared, Says, plane};
use std::path::Path;

/// Points along each side of the rectangle on which the network is evaluated.
const SIDE: usize = 120;

/// A panel with the probability of the first of two classes, the line on which it is one half, and the training examples: the
/// colours of the field are those of the classes.
pub(super) fn panel(planned: &Planned, directory: &Path) -> Result<Panel, ExperimentError> {
    let method = &planned.run.method;
    let fail = |reason: String| ExperimentError::Report {
        what: format!("the decision boundary of `{}`", method.name),
        reason,
    };
    // Built-in sources in the plane need no files.
    let prepared = Prepared::new(method, &mut DataCache::new("", 1))?;
    let weights = RunReader::open(directory).and_then(|run| run.weights()).map_err(|error| fail(error.to_string()))?;
    let Plane { x, y, says, .. } = plane(&prepared, &weights.unwrap_or_default(), SIDE).map_err(fail)?;
    let Says::Classes { classes: 2, class, probability: Some(probability) } = says else {
        return Err(fail("the network must tell two classes apart, trained by cross-entropy".to_owned()));
    };
    let of_first = class.iter().zip(probability).map(|(class, most)| if *class == 0 { most } else { 1.0 - most });
    let field = Field::new("", SIDE, of_first, x, y).limits(0.0, 1.0).diverging().smooth().contour(0.5);

    let mut panel = Panel::new("", "").equal_axes().field(field);
    let train = &prepared.data.train;
    for class in 0..2 {
        let points = train.inputs().chunks_exact(2).zip(train.labels().unwrap_or_default());
        let of_class = points.filter(|(_, label)| **label == class).map(|(point, _)| (point[0], point[1]));
        let points = of_class.map(|(x, y)| (f64::from(x), f64::from(y)));
        panel = panel.scatter(Scatter::new(format!("class {class}"), points).colour(Colour::Class(class as usize)));
    }
    Ok(panel)
}
