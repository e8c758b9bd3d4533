//! What a page shows of runs beyond what their directories hold: pictures of examples, and what a network says on the plane.

use consilience_data::Target;
use consilience_record::RunReader;
use consilience_report::page::{Boundary, Extra, Picture, Pictures, Point, Run, Surface};
use consilience_run::{DataCache, Method, Prepared, Says, is_plane, plane};

/// Cells along each side of the plane.
const SIDE: usize = 140;

/// Adds to `run` what needs its data, from `cache`, or its network. What cannot be had is told on the page.
pub fn depict(run: &mut Run, cache: &mut DataCache) {
    if is_plane(&run.description.data.shape) {
        run.boundary = boundary(run, cache).map_or_else(Extra::Missing, Extra::Here);
    }
    let rows = run.suspects();
    if is_picture(&run.description.data.shape) && !rows.is_empty() {
        run.pictures = pictures(run, &rows, cache).map_or_else(Extra::Missing, Extra::Here);
    }
}

/// Whether examples of this shape, height, width, channels, can be looked at.
fn is_picture(shape: &[usize]) -> bool {
    matches!(shape, [height, width, _] if *height > 1 && *width > 1)
}

fn pictures(run: &Run, rows: &[usize], cache: &mut DataCache) -> Result<Pictures, String> {
    let method = Method::of_run(&run.description).map_err(|error| error.to_string())?;
    let data = cache.load_raw(&method).map_err(|error| error.to_string())?;
    let (train, shape) = (&data.train, data.train.shape());
    let ids = run.examples.as_ref().map(|examples| examples.ids.as_slice()).unwrap_or_default();
    let mut pictures = Pictures::default();
    for &row in rows {
        let example = train.example(row).filter(|example| ids.get(row).is_none_or(|id| *id == example.id as u64));
        let Some(example) = example else {
            return Err(format!("the data here are not those of the run: training example {} is another", row + 1));
        };
        let picture = Picture::of_input(shape.height, shape.width, shape.channels, example.input);
        pictures.of_rows.insert(row, picture);
    }
    Ok(pictures)
}

fn boundary(run: &Run, cache: &mut DataCache) -> Result<Boundary, String> {
    let weights =
        RunReader::open(&run.directory).and_then(|reader| reader.weights()).map_err(|error| error.to_string())?;
    let weights = weights.ok_or("the run has written no weights, so that there is no network to ask")?;
    let method = Method::of_run(&run.description).map_err(|error| error.to_string())?;
    let prepared = Prepared::new(&method, cache).map_err(|error| error.to_string())?;
    let plane = plane(&prepared, &weights, SIDE)?;
    let train = &prepared.data.train;
    let points = (0..train.len()).filter_map(|index| {
        let example = train.example(index)?;
        let target = match example.target {
            Target::Class(class) => f64::from(class),
            Target::Values(values) => f64::from(*values.first()?),
        };
        let (x, y) = (f64::from(*example.input.first()?), f64::from(*example.input.get(1)?));
        Some(Point { x, y, target, corrupt: example.corrupt })
    });
    let surface = match plane.says {
        Says::Classes { classes, class, probability } => Surface::Classes { classes, class, probability },
        Says::Values(values) => Surface::Values(values),
    };
    Ok(Boundary { side: plane.side, x: plane.x, y: plane.y, surface, points: points.collect() })
}
