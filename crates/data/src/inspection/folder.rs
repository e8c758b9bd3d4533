//! A folder: a data set, or a data directory of several.

use super::summary::Summary;
use super::{Inspection, Part, file, unrecognised};
use crate::dataset::Dataset;
use crate::error::DataError;
use crate::origin::{Origin, Presence};
use crate::registry::{self, LABELS, SOURCES};
use crate::sources::facial_keypoints::Missing;
use crate::sources::tiny_imagenet::{self, Listing};
use crate::sources::{cifar, compressed, facial_keypoints, idx, npy, svhn};
use crate::spec::Source;
use std::fs;
use std::path::{Path, PathBuf};

/// Images that are read at a time, 50 MB of numbers.
const AT_A_TIME: usize = 1000;

/// Looks at a folder. One that holds the files of a data set itself is that data set; one whose folders do, a data directory.
pub(super) fn inspect(path: &Path) -> Result<Inspection, DataError> {
    let here = |name: &str| compressed::find(&[path.to_owned()], name);
    let mut sets = Vec::new();
    if ["train", "t10k"].iter().any(|set| here(&format!("{set}-images-idx3-ubyte")).is_some()) {
        sets.push(idx_files(path)?);
    }
    if (1..=cifar::TRAINING_BATCHES).any(|batch| here(&format!("data_batch_{batch}.bin")).is_some())
        || here("test_batch.bin").is_some()
    {
        sets.push(cifar10(path)?);
    }
    if here("train.bin").is_some() || here("test.bin").is_some() {
        let read = |path: &Path| cifar::Cifar100::default().read(path);
        let wanted = [("train.bin", "training set", cifar::TRAINING_EXAMPLES), ("test.bin", "test set", 10_000)];
        sets.push(two_files(path, "CIFAR-100, binary version, with its fine labels", wanted, &read)?);
    }
    if here("train_32x32.mat").is_some() || here("test_32x32.mat").is_some() {
        let wanted = [("train_32x32.mat", "training set", 73_257), ("test_32x32.mat", "test set", 26_032)];
        sets.push(two_files(path, "SVHN, cropped digits", wanted, &svhn::read)?);
    }
    if here("wnids.txt").is_some() {
        sets.push(tiny_images(path)?);
    }
    if let Some(training) = here("training.csv") {
        let mut counted = Counted::default();
        counted.add("faces", vec![training.clone()], &facial_keypoints::read(&training, Missing::Mask)?);
        sets.push(counted.finish("facial keypoints, CSV")?);
    }
    if sets.is_empty() {
        sets.extend(arrays(path)?);
    }
    let mut sets = sets.into_iter();
    if let Some(mut first) = sets.next() {
        for set in sets {
            first.format = format!("{}; {}", first.format, set.format);
            first.parts.extend(set.parts);
            first.problems.extend(set.problems);
        }
        return Ok(first);
    }
    data_directory(path)
}

/// A folder of folders.
fn data_directory(path: &Path) -> Result<Inspection, DataError> {
    let known = SOURCES.iter().map(|source| (source.name, source.origin));
    let data_sets: Vec<(&str, Presence)> = known
        .chain(LABELS.iter().map(|labels| (labels.name, labels.origin)))
        .filter(|(_, origin)| Origin::needs_files(origin))
        .map(|(name, origin)| (name, origin.presence(path)))
        .collect();
    if data_sets.iter().all(|(_, presence)| *presence == Presence::Missing) {
        let found = if path.join("run.toml").exists() {
            "the directory of a run; it is no data set"
        } else {
            "a folder without the files of any data set that is known here"
        };
        return Err(unrecognised(path, found));
    }
    Ok(Inspection { format: "a data directory".to_owned(), parts: Vec::new(), data_sets, problems: Vec::new() })
}

/// Parts, while they are counted.
#[derive(Default)]
struct Counted {
    summaries: Vec<(String, Vec<PathBuf>, Summary)>,
    problems: Vec<String>,
    /// Why the first file that could not be read could not.
    unread: Option<DataError>,
}

impl Counted {
    fn add(&mut self, name: &str, files: Vec<PathBuf>, data: &Dataset) {
        self.summaries.push((name.to_owned(), files, Summary::of(data)));
    }

    /// What was read; nothing of a broken file, which is noted.
    fn whole<T>(&mut self, read: Result<T, DataError>) -> Option<T> {
        match read {
            Ok(data) => Some(data),
            Err(error) => {
                self.problems.push(error.to_string());
                self.unread.get_or_insert(error);
                None
            }
        }
    }

    /// Notes that fewer examples are there than the official set has.
    fn expect(&mut self, name: &str, official: usize, found: usize) {
        if found != official {
            self.problems.push(format!("{name}: {found} examples where the official one has {official}"));
        }
    }

    /// # Errors
    /// When there are files, and none of them could be read.
    fn finish(mut self, format: &str) -> Result<Inspection, DataError> {
        if let Some(error) = self.unread.take().filter(|_| self.summaries.is_empty()) {
            return Err(error);
        }
        if let [(_, _, train), (_, _, test)] = &self.summaries[..] {
            let shared = train.shared(test);
            match shared {
                0 => {}
                1 => self.problems.push("1 input of the test set is in the training set, too".to_owned()),
                several => {
                    self.problems.push(format!("{several} inputs of the test set are in the training set, too"));
                }
            }
        }
        Ok(Inspection {
            format: format.to_owned(),
            parts: self.summaries.into_iter().map(|(name, files, summary)| summary.part(&name, files)).collect(),
            data_sets: Vec::new(),
            problems: self.problems,
        })
    }
}

fn idx_files(path: &Path) -> Result<Inspection, DataError> {
    let mut counted = Counted::default();
    for (prefix, name) in [("train", "training set"), ("t10k", "test set")] {
        let (images, labels) = (format!("{prefix}-images-idx3-ubyte"), format!("{prefix}-labels-idx1-ubyte"));
        let here = |name: &str| compressed::find(&[path.to_owned()], name);
        match (here(&images), here(&labels)) {
            (Some(images), Some(labels)) => {
                if let Some(data) = counted.whole(idx::read_pair(name, &images, &labels, 10)) {
                    counted.add(name, vec![images, labels], &data);
                }
            }
            (None, None) => counted.problems.push(format!("the {name} is missing")),
            (None, _) => counted.problems.push(format!("{images} is missing")),
            (_, None) => counted.problems.push(format!("{labels} is missing")),
        }
    }
    counted.finish("IDX files, as of MNIST and Fashion-MNIST")
}

fn cifar10(path: &Path) -> Result<Inspection, DataError> {
    let here = |name: &str| compressed::find(&[path.to_owned()], name);
    let mut counted = Counted::default();
    let mut train: Option<(Vec<PathBuf>, Summary)> = None;
    let mut examples = 0;
    for batch in 1..=cifar::TRAINING_BATCHES {
        let name = format!("data_batch_{batch}.bin");
        let Some(file) = here(&name) else {
            counted.problems.push(format!("{name} is missing"));
            continue;
        };
        let Some(data) = counted.whole(cifar::read_one_batch(&file)) else { continue };
        examples += data.len();
        match &mut train {
            None => train = Some((vec![file], Summary::of(&data))),
            Some((files, summary)) => {
                files.push(file);
                summary.add(&data);
            }
        }
    }
    if let Some((files, summary)) = train {
        counted.expect("training set", cifar::TRAINING_EXAMPLES, examples);
        counted.summaries.push(("training set".to_owned(), files, summary));
    }
    match here("test_batch.bin") {
        Some(file) => {
            if let Some(data) = counted.whole(cifar::read_one_batch(&file)) {
                counted.expect("test set", 10_000, data.len());
                counted.add("test set", vec![file], &data);
            }
        }
        None => counted.problems.push("test_batch.bin is missing".to_owned()),
    }
    counted.finish("CIFAR-10, binary version")
}

fn two_files(
    path: &Path,
    format: &str,
    wanted: [(&str, &str, usize); 2],
    read: &dyn Fn(&Path) -> Result<Dataset, DataError>,
) -> Result<Inspection, DataError> {
    let mut counted = Counted::default();
    for (file, name, official) in wanted {
        match compressed::find(&[path.to_owned()], file) {
            Some(file) => {
                if let Some(data) = counted.whole(read(&file)) {
                    counted.expect(name, official, data.len());
                    counted.add(name, vec![file], &data);
                }
            }
            None => counted.problems.push(format!("{file} is missing")),
        }
    }
    counted.finish(format)
}

fn tiny_images(path: &Path) -> Result<Inspection, DataError> {
    let found = tiny_imagenet::list(path, &registry::source(Source::TinyImagenet).origin)?;
    let mut counted = Counted::default();
    let all = tiny_imagenet::CLASSES * tiny_imagenet::PER_CLASS;
    for (name, folder, listing, official) in
        [("training set", "train", found.train, all), ("validation set", "val", found.validation, 10_000)]
    {
        counted.expect(name, official, listing.len());
        counted.summaries.push((name.to_owned(), vec![path.join(folder)], summary(&listing)?));
    }
    counted.finish("Tiny-ImageNet-200")
}

fn summary(listing: &Listing) -> Result<Summary, DataError> {
    let indices: Vec<usize> = (0..listing.len()).collect();
    let mut summary: Option<Summary> = None;
    for indices in indices.chunks(AT_A_TIME) {
        let data = listing.read(indices)?;
        summary.get_or_insert_with(|| Summary::new(&data)).add(&data);
    }
    summary.ok_or_else(|| DataError::NoExamples { name: tiny_imagenet::NAME.to_owned() })
}

/// The NumPy files of a folder, as of CIFAR-10N; none when it has none.
fn arrays(path: &Path) -> Result<Option<Inspection>, DataError> {
    let unreadable = |cause| DataError::Unreadable { path: path.to_owned(), cause };
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if [".npy", ".npy.gz", ".npy.zst"].iter().any(|end| name.ends_with(end)) {
            files.push(file);
        }
    }
    files.sort();
    if files.is_empty() {
        return Ok(None);
    }
    let mut counted = Counted::default();
    let mut parts: Vec<Part> = Vec::new();
    for path in &files {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        parts.extend(counted.whole(npy::read_integers(path)).map(|read| file::numbers(path, &name, &read)));
    }
    if let Some(error) = counted.unread.filter(|_| parts.is_empty()) {
        return Err(error);
    }
    let format = "NumPy integers, as the labels of CIFAR-10N".to_owned();
    Ok(Some(Inspection { format, parts, data_sets: Vec::new(), problems: counted.problems }))
}
