//! The training file of Kaggle's "facial keypoints detection": a CSV file with a header line, 30 columns of coordinates (x and
//! y of 15 points, in pixels, empty where unknown) and a column `Image` of 96 x 96 grey values separated by spaces. Kaggle's
//! test file has no coordinates, so the test set is a part of the training file.

use crate::dataset::{Dataset, ExampleShape, Targets};
use crate::error::DataError;
use crate::origin::Origin;
use crate::seeds::{Purpose, numbered_generator};
use crate::sources::compressed;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

const SIDE: usize = 96;
const PIXELS: usize = SIDE * SIDE;
/// Coordinates of one face: x and y of 15 points.
pub const COORDINATES: usize = 30;

/// The most bytes of the file, decompressed: 1 GiB, four times the official one.
const LIMIT: u64 = 1 << 30;

/// The number of the permutation that splits the file, among those of sub-samples.
const SPLIT: u64 = 3;

/// What becomes of faces with unknown coordinates: 4,909 of the 7,049 in the official file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// They are left out.
    #[default]
    Drop,
    /// They are kept, and their unknown targets are masked: such a target is not a number, and `mean_squared_error` counts
    /// neither a loss nor a gradient for it.
    Mask,
}

/// Settings of the source `facial_keypoints`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FacialKeypoints {
    /// What becomes of faces with unknown coordinates. Default: they are left out.
    pub missing: Missing,
}

impl FacialKeypoints {
    /// Reads `training.csv`, plain or compressed, from `directory/facial-keypoints` or `directory` itself, and splits it at
    /// random: `test` faces (default: a fifth, rounded down, at least one) and the others. The split follows from the seed.
    ///
    /// # Errors
    /// [`DataError::MissingFile`]; those of [`read`]; [`DataError::TooFewExamples`] when no training face would be left.
    pub fn load(
        self,
        directory: &Path,
        test: Option<usize>,
        seed: u64,
        origin: &'static Origin,
    ) -> Result<(Dataset, Dataset), DataError> {
        let directories: [PathBuf; 2] = [directory.join("facial-keypoints"), directory.to_owned()];
        let all = read(&compressed::require(&directories, "training.csv", origin)?, self.missing)?;
        let test = test.unwrap_or((all.len() / 5).max(1));
        if test >= all.len() {
            let (name, available) = (all.name().to_owned(), all.len() - 1);
            return Err(DataError::TooFewExamples { name, part: "test", requested: test, available });
        }
        let mut order: Vec<usize> = (0..all.len()).collect();
        order.shuffle(&mut numbered_generator(seed, Purpose::Subsample, SPLIT));
        let (test, train) = order.split_at(test);
        Ok((all.subset(train)?, all.subset(test)?))
    }
}

/// Reads one file in the layout above. Pixels are divided by 255, coordinates stay pixels; ids are the rows of the file,
/// counted from 0, rows that are left out included.
///
/// # Errors
/// Those of [`compressed::read`]; [`DataError::WrongContent`] naming the line and what is wrong with it;
/// [`DataError::NoExamples`] when every row is left out.
pub fn read(path: &Path, missing: Missing) -> Result<Dataset, DataError> {
    let bytes = compressed::read(path, LIMIT)?;
    let wrong = |place: String, expected: String, found: &str| DataError::WrongContent {
        path: path.to_owned(),
        place,
        expected,
        found: found.chars().take(100).collect(),
    };
    let mut reader = csv::Reader::from_reader(&bytes[..]);
    let header =
        reader.headers().map_err(|error| wrong("line 1".to_owned(), "a header".to_owned(), &error.to_string()))?;
    if header.len() != COORDINATES + 1 || header.get(COORDINATES).map(str::trim) != Some("Image") {
        let last = header.iter().next_back().unwrap_or_default();
        let found = format!("{} columns, the last of them {last}", header.len());
        return Err(wrong("line 1".to_owned(), "30 columns of coordinates, then Image".to_owned(), &found));
    }
    let (mut inputs, mut values, mut ids) = (Vec::new(), Vec::new(), Vec::new());
    let mut record = csv::StringRecord::new();
    let mut row = 0;
    loop {
        let line = format!("line {}", reader.position().line());
        let more = reader.read_record(&mut record);
        if !more.map_err(|error| wrong(line.clone(), "31 columns of text".to_owned(), &error.to_string()))? {
            break;
        }
        let coordinates = record.iter().take(COORDINATES).map(|text| match text.trim() {
            "" => Ok(f32::NAN),
            text => text
                .parse::<f32>()
                .ok()
                .filter(|value| value.is_finite())
                .ok_or_else(|| wrong(line.clone(), "coordinates that are numbers, or nothing".to_owned(), text)),
        });
        let coordinates = coordinates.collect::<Result<Vec<_>, _>>()?;
        if missing == Missing::Mask || coordinates.iter().all(|value| !value.is_nan()) {
            let before = inputs.len();
            for text in record.get(COORDINATES).unwrap_or_default().split_ascii_whitespace() {
                let grey: u8 =
                    text.parse().map_err(|_| wrong(line.clone(), "grey values from 0 to 255".to_owned(), text))?;
                inputs.push(f32::from(grey) / 255.0);
            }
            let found = inputs.len() - before;
            if found != PIXELS {
                return Err(wrong(line, format!("{PIXELS} grey values in Image"), &found.to_string()));
            }
            values.extend(coordinates);
            ids.push(row);
        }
        row += 1;
    }
    let shape = ExampleShape::image(SIDE, SIDE, 1);
    Dataset::new("facial_keypoints", shape, inputs, Targets::Values { values, outputs: COORDINATES })?.with_ids(ids)
}
