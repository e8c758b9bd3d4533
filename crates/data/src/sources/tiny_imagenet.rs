//! Tiny-ImageNet-200, official layout: `wnids.txt` (a class name a line), `train/CLASS/images/CLASS_K.JPEG`,
//! `val/images/val_K.JPEG` and `val/val_annotations.txt` (file, class and box, separated by tabs). The official test set has no
//! labels and is not read; the validation set takes its place.

use crate::dataset::{Dataset, ExampleShape, Targets};
use crate::error::DataError;
use crate::origin::Origin;
use crate::sources::compressed;
use rayon::prelude::*;
use std::collections::HashMap;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::{fs, io};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

const SIDE: usize = 64;
const CHANNELS: usize = 3;
/// Name of the source.
pub(crate) const NAME: &str = "tiny_imagenet";
/// Classes of the full set.
pub const CLASSES: usize = 200;
/// Training images of each class.
pub const PER_CLASS: usize = 500;

/// The most bytes of an image and of a list; the largest official ones are a hundred times smaller.
const LIMIT: u64 = 1 << 24;

/// Images that were found and not read yet: 100,000 of them take 5 GB as numbers, so those that are wanted are chosen first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    classes: usize,
    files: Vec<Listed>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Listed {
    path: PathBuf,
    label: u32,
    id: usize,
}

/// What was found of Tiny-ImageNet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TinyImageNet {
    /// Training images. The id of `CLASS_K.JPEG` is 500 times its label plus K, its position in the official set.
    pub train: Listing,
    /// Validation images, in the order of their numbers, which are their ids.
    pub validation: Listing,
}

/// Lists the images below `directory/tiny-imagenet-200` or `directory` itself. Labels number the names in `wnids.txt` in
/// alphabetical order, as `ImageFolder` of torchvision does. Images and folders may be missing.
///
/// # Errors
/// [`DataError::MissingFile`] without the two lists, or without any image of a set; [`DataError::WrongContent`] for names that
/// do not fit the layout; [`DataError::Unreadable`].
pub fn list(directory: &Path, origin: &'static Origin) -> Result<TinyImageNet, DataError> {
    let directories: [PathBuf; 2] = [directory.join("tiny-imagenet-200"), directory.to_owned()];
    let names_file = compressed::require(&directories, "wnids.txt", origin)?;
    let root = names_file.parent().unwrap_or(directory).to_owned();
    let content = read_text(&names_file)?;
    let mut names: Vec<&str> = content.lines().map(str::trim).filter(|name| !name.is_empty()).collect();
    names.sort_unstable();
    names.dedup();
    let mut train = Vec::new();
    for (label, name) in names.iter().enumerate() {
        // a name is part of a path: it may not lead out of the folder
        if !name.chars().all(|character| character.is_ascii_alphanumeric()) {
            return Err(wrong(&names_file, "class names", "letters and digits, one name a line", name));
        }
        let folder = root.join("train").join(name).join("images");
        for path in images(&folder)? {
            let number = numbered(&path, name).filter(|&number| number < PER_CLASS).ok_or_else(|| {
                wrong(&path, "name", &format!("{name}_K.JPEG with K below {PER_CLASS}"), "another name")
            })?;
            train.push(Listed { path, label: label as u32, id: PER_CLASS * label + number });
        }
    }
    let annotations_file = compressed::require(&[root.join("val")], "val_annotations.txt", origin)?;
    let annotations = read_text(&annotations_file)?;
    let labels: HashMap<&str, usize> = names.iter().enumerate().map(|(label, &name)| (name, label)).collect();
    let mut classes = HashMap::new();
    for (line, text) in annotations.lines().enumerate() {
        let mut columns = text.split('\t');
        let (Some(file), Some(name)) = (columns.next(), columns.next()) else {
            let place = format!("line {}", line + 1);
            return Err(wrong(&annotations_file, &place, "a file and its class, separated by tabs", text));
        };
        let Some(&label) = labels.get(name.trim()) else {
            return Err(wrong(&annotations_file, &format!("line {}", line + 1), "a class of wnids.txt", name));
        };
        classes.insert(file, label);
    }
    let mut validation = Vec::new();
    for path in images(&root.join("val").join("images"))? {
        let label = path.file_name().and_then(|name| classes.get(name.to_str()?));
        let label = *label.ok_or_else(|| wrong(&path, "name", "one listed in val_annotations.txt", "another name"))?;
        let id = numbered(&path, "val").ok_or_else(|| wrong(&path, "name", "val_K.JPEG", "another name"))?;
        validation.push(Listed { path, label: label as u32, id });
    }
    let first = names.first().copied().unwrap_or("CLASS");
    for (files, example) in [
        (&mut train, root.join("train").join(first).join("images").join(format!("{first}_0.JPEG"))),
        (&mut validation, root.join("val").join("images").join("val_0.JPEG")),
    ] {
        if files.is_empty() {
            return Err(DataError::MissingFile { file: example, also: Vec::new(), origin });
        }
        files.sort_unstable_by_key(|file| file.id);
    }
    let classes = names.len();
    Ok(TinyImageNet { train: Listing { classes, files: train }, validation: Listing { classes, files: validation } })
}

impl Listing {
    /// Number of images, at least one.
    #[expect(clippy::len_without_is_empty, reason = "a listing is never empty")]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Number of classes in the list of classes, 200 in the full set.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Reads the images at `indices`, in that order: 64 x 64 x 3, grey ones with three equal channels, divided by 255.
    ///
    /// # Errors
    /// [`DataError::IndexOutOfRange`], [`DataError::NoExamples`]; those of [`compressed::read`]; [`DataError::WrongContent`]
    /// for files that are no JPEG images of 64 x 64.
    pub fn read(&self, indices: &[usize]) -> Result<Dataset, DataError> {
        let files = indices
            .iter()
            .map(|&index| {
                let error = || DataError::IndexOutOfRange { name: NAME.to_owned(), index, examples: self.len() };
                self.files.get(index).ok_or_else(error)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let mut inputs = vec![0.0; files.len() * SIDE * SIDE * CHANNELS];
        inputs.par_chunks_exact_mut(SIDE * SIDE * CHANNELS).zip(&files).try_for_each(|(input, file)| {
            let pixels = decode(&file.path)?;
            input.iter_mut().zip(pixels).for_each(|(into, pixel)| *into = f32::from(pixel) / 255.0);
            Ok::<_, DataError>(())
        })?;
        let labels = files.iter().map(|file| file.label).collect();
        let shape = ExampleShape::image(SIDE, SIDE, CHANNELS);
        let data = Dataset::new(NAME, shape, inputs, Targets::Classes { labels, classes: self.classes })?;
        data.with_ids(files.iter().map(|file| file.id).collect())
    }
}

/// The bytes `[64, 64, 3]` of an image.
fn decode(path: &Path) -> Result<Vec<u8>, DataError> {
    let bytes = compressed::read(path, LIMIT)?;
    let options = DecoderOptions::default()
        .jpeg_set_out_colorspace(ColorSpace::RGB)
        .set_strict_mode(true)
        .set_max_width(SIDE)
        .set_max_height(SIDE);
    let mut decoder = JpegDecoder::new_with_options(Cursor::new(&bytes), options);
    let pixels = decoder
        .decode()
        .map_err(|cause| wrong(path, "image", "a whole JPEG of at most 64 x 64", &cause.to_string()))?;
    match decoder.dimensions() {
        Some((SIDE, SIDE)) if pixels.len() == SIDE * SIDE * CHANNELS => Ok(pixels),
        Some((width, height)) => {
            Err(wrong(path, "image", "64 x 64 pixels in colour or grey", &format!("{width} x {height}")))
        }
        None => Err(wrong(path, "image", "64 x 64 pixels in colour or grey", "no size")),
    }
}

/// The `.JPEG` files of a folder; none when it is not there.
fn images(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let unreadable = |cause| DataError::Unreadable { path: folder.to_owned(), cause };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(error)),
    };
    let paths =
        entries.map(|entry| entry.map(|entry| entry.path()).map_err(unreadable)).collect::<Result<Vec<_>, _>>()?;
    Ok(paths.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "JPEG")).collect())
}

/// K of `PREFIX_K.JPEG`.
fn numbered(path: &Path, prefix: &str) -> Option<usize> {
    path.file_stem()?.to_str()?.strip_prefix(prefix)?.strip_prefix('_')?.parse().ok()
}

fn read_text(path: &Path) -> Result<String, DataError> {
    let bytes = compressed::read(path, LIMIT)?;
    String::from_utf8(bytes).map_err(|_| wrong(path, "content", "text", "other bytes"))
}

fn wrong(path: &Path, place: &str, expected: &str, found: &str) -> DataError {
    DataError::WrongContent {
        path: path.to_owned(),
        place: place.to_owned(),
        expected: expected.to_owned(),
        // the decoder breaks lines
        found: found.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(100).collect(),
    }
}
