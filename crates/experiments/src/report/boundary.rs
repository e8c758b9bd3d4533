//! The class that a trained network gives to each point of the plane.

use crate::error::ExperimentError;
use crate::grid::Planned;
use consilience_data::load;
use consilience_figure::{Colour, Field, Panel, Scatter};
use consilience_nn::Model;
use consilience_record::RunReader;
use consilience_run::place_weights;
use consilience_tensor::{Cpu, Shape, Tensor};
use std::path::Path;
use std::sync::Arc;

/// Points along each side of the rectangle on which the network is evaluated.
const SIDE: usize = 120;

/// A panel with the probability of the first of two classes, the line on which it is one half, and the training examples: the
/// colours of the field are those of the classes.
pub(super) fn panel(planned: &Planned, directory: &Path) -> Result<Panel, ExperimentError> {
    let fail = |reason: String| ExperimentError::Report {
        what: format!("the decision boundary of `{}`", planned.run.method.name),
        reason,
    };
    let settings = &planned.run.method.settings;
    // Built-in sources in the plane need no files.
    let data = load(&settings.data, None, settings.data_seed()).map_err(|error| fail(error.to_string()))?.train;
    let (shape, labels) = (data.shape(), data.labels());
    let (Some(labels), true) = (labels, shape.features() == 2 && data.outputs() == 2) else {
        return Err(fail("the data must have two features and two classes".to_owned()));
    };
    let input = Shape::new(1, shape.height, shape.width, shape.channels);
    let network = settings.model.build(input, data.outputs()).map_err(|error| fail(error.to_string()))?;
    let mut model: Model<f32> = Model::init(Arc::new(network), settings.initialisation, settings.seed);
    let weights = RunReader::open(directory).and_then(|run| run.weights()).map_err(|error| fail(error.to_string()))?;
    place_weights(&mut model, &weights.unwrap_or_default()).map_err(|error| fail(error.to_string()))?;

    let (x, y) = (limits(data.inputs(), 0), limits(data.inputs(), 1));
    let at = |index: usize, (low, high): (f64, f64)| low + (high - low) * (index as f64 + 0.5) / SIDE as f64;
    let points: Vec<f32> =
        (0..SIDE * SIDE).flat_map(|index| [at(index % SIDE, x) as f32, at(index / SIDE, y) as f32]).collect();
    let inputs = Cpu::new(input.with_n(SIDE * SIDE), points);
    let outputs = model.predict(inputs).map_err(|error| fail(error.to_string()))?.values().to_vec();
    let probability = outputs.chunks_exact(2).map(|pair| 1.0 / (1.0 + f64::from(pair[1] - pair[0]).exp()));
    let field = Field::new("", SIDE, probability, x, y).limits(0.0, 1.0).diverging().smooth().contour(0.5);

    let mut panel = Panel::new("", "").equal_axes().field(field);
    for class in 0..2 {
        let of_class = data.inputs().chunks_exact(2).zip(labels).filter(|(_, label)| **label == class);
        let points = of_class.map(|(point, _)| (f64::from(point[0]), f64::from(point[1])));
        panel = panel.scatter(Scatter::new(format!("class {class}"), points).colour(Colour::Class(class as usize)));
    }
    Ok(panel)
}

/// The range of one of the two coordinates, and a little more.
fn limits(inputs: &[f32], coordinate: usize) -> (f64, f64) {
    let values = || inputs.iter().skip(coordinate).step_by(2).map(|value| f64::from(*value));
    let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
    let margin = 0.1 * (high - low).max(f64::MIN_POSITIVE);
    (low - margin, high + margin)
}
