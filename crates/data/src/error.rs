//! What can go wrong with data, and what to do about it.

use crate::origin::Origin;
use std::io;
use std::path::PathBuf;

/// An error of this crate. Messages say what was expected, what came and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// A source that reads files was asked for without a data directory.
    #[error("data source `{origin}` reads files, but no data directory was given; pass one; {files}")]
    NoDataDirectory {
        /// Name of the data source.
        origin: &'static str,
        /// Where its files come from.
        files: &'static Origin,
    },
    /// A file of a source is not there under any of its names.
    #[error("missing file {} (also looked for {}); {origin}", file.display(), list(also))]
    MissingFile {
        /// The file in its preferred place.
        file: PathBuf,
        /// The other names it was looked for.
        also: Vec<PathBuf>,
        /// Where it comes from.
        origin: &'static Origin,
    },
    /// The operating system refused to read the file.
    #[error("cannot read {}: {cause}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The reason the operating system gave.
        #[source]
        cause: io::Error,
    },
    /// A compressed file does not decompress.
    #[error("{} is not a valid {format} file: {cause}; download it again", path.display())]
    CorruptCompression {
        /// The file.
        path: PathBuf,
        /// `gzip`, `zstd` or `zlib`.
        format: &'static str,
        /// The reason the decompressor gave.
        #[source]
        cause: io::Error,
    },
    /// The file has no bytes.
    #[error("{} is empty; download it again", path.display())]
    EmptyFile {
        /// The file.
        path: PathBuf,
    },
    /// The file, decompressed, exceeds what a file of its kind may hold.
    #[error("{} holds more than {limit} bytes (decompressed), the limit for this format; it is not the file expected here", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most bytes accepted.
        limit: u64,
    },
    /// The first bytes are not those of the format.
    #[error("{} does not start as {expected} does: found {found}{hint}", path.display())]
    WrongMagic {
        /// The file.
        path: PathBuf,
        /// The format and its first bytes.
        expected: String,
        /// The first bytes that came.
        found: String,
        /// What it may be instead; empty or starting with `; `.
        hint: &'static str,
    },
    /// The size of the file and the size its header or format promises disagree.
    #[error("{} should hold {expected}, but holds {found} bytes (decompressed); download it again", path.display())]
    WrongSize {
        /// The file.
        path: PathBuf,
        /// The size promised, in words.
        expected: String,
        /// The bytes there are.
        found: u64,
    },
    /// A label in a file is not below the number of classes.
    #[error("{}: label {label} of example {example} is out of range; expected 0 to {}", path.display(), classes - 1)]
    LabelOutOfRange {
        /// The file.
        path: PathBuf,
        /// Index of the example in the file.
        example: usize,
        /// The label that came.
        label: i64,
        /// Number of classes.
        classes: usize,
    },
    /// Something in a file is not what its format or layout says.
    #[error("{}: {place}: expected {expected}, found {found}", path.display())]
    WrongContent {
        /// The file.
        path: PathBuf,
        /// Where in the file.
        place: String,
        /// What belongs there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A file or folder is of no format that is read here.
    #[error("{} is no data set that is known here: it looks like {found}", path.display())]
    Unrecognised {
        /// The file or folder.
        path: PathBuf,
        /// What it looks like.
        found: String,
    },
    /// An image file and its label file hold different numbers of examples.
    #[error(
        "{} holds {images} images but {} holds {labels} labels; use the two files of one set",
        image_file.display(), label_file.display()
    )]
    CountMismatch {
        /// The image file.
        image_file: PathBuf,
        /// Its number of images.
        images: usize,
        /// The label file.
        label_file: PathBuf,
        /// Its number of labels.
        labels: usize,
    },
    /// The training set and the test set have examples of different shapes.
    #[error("training examples are {train} but test examples are {test}; use the files of one set")]
    SplitShapes {
        /// Shape of the training examples.
        train: String,
        /// Shape of the test examples.
        test: String,
    },
    /// Parts of a data set, or a buffer for them, do not fit together.
    #[error("{what}: expected {expected}, found {found}")]
    Inconsistent {
        /// What was being put together.
        what: String,
        /// The count or property expected.
        expected: String,
        /// What came.
        found: String,
    },
    /// A data set without examples.
    #[error("data set `{name}` would have no examples; at least one is needed")]
    NoExamples {
        /// Name of the data set.
        name: String,
    },
    /// An example that does not exist was asked for.
    #[error("example {index} does not exist: data set `{name}` has {examples} examples")]
    IndexOutOfRange {
        /// Name of the data set.
        name: String,
        /// The index asked for.
        index: usize,
        /// The number of examples.
        examples: usize,
    },
    /// More examples were asked for than there are.
    #[error("{requested} {part} examples requested but `{name}` has {available}; request at most {available}")]
    TooFewExamples {
        /// Name of the data set.
        name: String,
        /// `training` or `test`.
        part: &'static str,
        /// Number requested.
        requested: usize,
        /// Number available.
        available: usize,
    },
    /// Something was asked for that the data on this machine do not allow, because part of them is missing.
    #[error("{error}; {missing}")]
    Incomplete {
        /// What was refused.
        error: Box<DataError>,
        /// What is there of what.
        missing: String,
    },
    /// The targets are of the other kind.
    #[error("{operation} needs {expected} as targets, but data set `{name}` has {found}")]
    WrongTargets {
        /// The operation that failed.
        operation: &'static str,
        /// Name of the data set.
        name: String,
        /// `classes` or `values`.
        expected: &'static str,
        /// `classes` or `values`.
        found: &'static str,
    },
    /// A setting is out of its range or does not apply.
    #[error("`{key}` must be {expected}, found {found}")]
    InvalidSetting {
        /// The key in the `[data]` table.
        key: &'static str,
        /// What is accepted.
        expected: String,
        /// What came.
        found: String,
    },
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}
