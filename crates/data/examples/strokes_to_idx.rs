//! Writes the built-in digits as the four standard IDX files, for use in other programs:
//! `cargo run --release -p consilience-data --example strokes_to_idx -- DIRECTORY TRAIN TEST SEED`.

use consilience_data::{DataSpec, Dataset, Source, load};
use std::error::Error;
use std::{env, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [directory, train, test, seed] = arguments.as_slice() else {
        return Err("expected four arguments: DIRECTORY TRAIN TEST SEED".into());
    };
    let spec = DataSpec { train: Some(train.parse()?), test: Some(test.parse()?), ..DataSpec::new(Source::Strokes) };
    let split = load(&spec, None, seed.parse()?)?;
    fs::create_dir_all(directory)?;
    write(Path::new(directory), "train", &split.train)?;
    write(Path::new(directory), "t10k", &split.test)?;
    Ok(())
}

fn write(directory: &Path, prefix: &str, data: &Dataset) -> Result<(), Box<dyn Error>> {
    let count = u32::try_from(data.len())?.to_be_bytes();
    let side = |size: usize| u32::try_from(size).map(u32::to_be_bytes);
    let (height, width) = (side(data.shape().height)?, side(data.shape().width)?);
    let mut images = [&[0, 0, 8, 3], count.as_slice(), &height, &width].concat();
    images.extend(data.inputs().iter().map(|value| (value * 255.0).round() as u8));
    fs::write(directory.join(format!("{prefix}-images-idx3-ubyte")), images)?;
    let mut labels = [&[0, 0, 8, 1], count.as_slice()].concat();
    labels.extend(data.labels().unwrap_or_default().iter().map(|&label| label as u8));
    fs::write(directory.join(format!("{prefix}-labels-idx1-ubyte")), labels)?;
    Ok(())
}
