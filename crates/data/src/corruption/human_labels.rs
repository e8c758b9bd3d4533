//! Labels that people gave, in place of the official ones.

use crate::dataset::{Dataset, Targets};
use crate::error::DataError;
use crate::origin::{ByHand, Origin};
use crate::sources::{compressed, npy};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

static ORIGIN: Origin = Origin::ByHand(ByHand {
    folder: "",
    wanted: &[],
    reason: "it can be any file",
    steps: "put a NumPy file there of one integer per example of the full training set, in its order, as those of CIFAR-10N \
            (http://noisylabels.com) saved with numpy.save; `consilience explain cifar10n` says how",
});

/// Training labels replaced by those of a NumPy file: one integer class per example of the source's *full* training set, in
/// its order, such as the human annotations of CIFAR-10N (Wei et al. 2022). An example's label is the one at its id, so parts
/// of the training set may be missing or left out. The official labels stay as the true ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HumanLabels {
    /// The `.npy` file, relative to the data directory (or absolute); it may be compressed as `.npy.gz` or `.npy.zst`.
    pub file: PathBuf,
}

impl HumanLabels {
    /// Replaces the given labels of `data`. `full` is the number of examples of the full training set.
    ///
    /// # Errors
    /// [`DataError::WrongTargets`] when the targets are values; [`DataError::MissingFile`] and those of [`npy::read_integers`];
    /// [`DataError::WrongContent`] when the file does not hold `full` labels; [`DataError::LabelOutOfRange`].
    pub fn apply(&self, data: Dataset, directory: Option<&Path>, full: usize) -> Result<Dataset, DataError> {
        let Targets::Classes { classes, .. } = *data.targets() else {
            return Err(data.wrong_targets("replacing labels by those of a file", "classes"));
        };
        // an absolute path replaces the directory it is joined to
        let name = self.file.to_string_lossy();
        let path = compressed::require(&[directory.unwrap_or(Path::new("")).to_owned()], &name, &ORIGIN)?;
        let labels = npy::read_integers(&path)?;
        if labels.len() != full {
            return Err(DataError::WrongContent {
                path,
                place: "array".to_owned(),
                expected: format!("{full} labels, one per example of the full training set of `{}`", data.name()),
                found: labels.len().to_string(),
            });
        }
        let known = |label: &i64| usize::try_from(*label).is_ok_and(|label| label < classes);
        if let Some(example) = labels.iter().position(|label| !known(label)) {
            return Err(DataError::LabelOutOfRange { path, example, label: labels[example], classes });
        }
        let given = data.ids().iter().map(|&id| labels.get(id).map(|&label| label as u32)).collect::<Option<Vec<_>>>();
        let given = given.ok_or_else(|| DataError::Inconsistent {
            what: format!("ids of data set `{}`", data.name()),
            expected: format!("below {full}, the size of the full training set"),
            found: format!("up to {}", data.ids().iter().max().unwrap_or(&0)),
        })?;
        data.with_given_labels(given)
    }
}
