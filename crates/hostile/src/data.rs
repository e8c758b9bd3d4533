//! Readers of data sets. What they return is dropped: that they return is all that is asked.

use crate::write;
use consilience_data::inspection::inspect;
use consilience_data::origin::{Archive, ArchiveFormat, Origin};
use consilience_data::sources::cifar::{Cifar100, Granularity};
use consilience_data::sources::facial_keypoints::{self, Missing};
use consilience_data::sources::{cifar, idx, npy, svhn, tiny_imagenet};
use std::fs;
use std::io;
use std::path::Path;

pub(crate) fn idx(folder: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = write(folder, "file", bytes)?;
    let _ = idx::read::<1>(&path);
    let _ = idx::read::<3>(&path);
    let _ = idx::read_pair("any", &path, &path, 10);
    Ok(())
}

pub(crate) fn cifar(folder: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = write(folder, "data_batch_2.bin", bytes)?;
    write(folder, "test_batch.bin", bytes)?;
    let _ = cifar::load(folder, &Origin::BuiltIn);
    for labels in [Granularity::Fine, Granularity::Coarse] {
        let _ = Cifar100 { labels }.read(&path);
    }
    Ok(())
}

pub(crate) fn svhn(folder: &Path, bytes: &[u8]) -> io::Result<()> {
    let _ = svhn::read(&write(folder, "train_32x32.mat", bytes)?);
    Ok(())
}

pub(crate) fn npy(folder: &Path, bytes: &[u8]) -> io::Result<()> {
    let _ = npy::read_integers(&write(folder, "labels.npy", bytes)?);
    Ok(())
}

pub(crate) fn keypoints(folder: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = write(folder, "training.csv", bytes)?;
    for missing in [Missing::Drop, Missing::Mask] {
        let _ = facial_keypoints::read(&path, missing);
    }
    Ok(())
}

/// The image of a data set of one class.
pub(crate) fn jpeg(folder: &Path, bytes: &[u8]) -> io::Result<()> {
    let place = |path: &str, bytes: &[u8]| {
        let path = folder.join(path);
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(path, bytes)
    };
    place("wnids.txt", b"a\n")?;
    place("val/val_annotations.txt", b"val_0.JPEG\ta\n")?;
    place("val/images/val_0.JPEG", bytes)?;
    place("train/a/images/a_0.JPEG", bytes)?;
    if let Ok(found) = tiny_imagenet::list(folder, &Origin::BuiltIn) {
        let _ = found.train.read(&[0]);
    }
    Ok(())
}

/// A file that may be of any format.
pub(crate) fn inspection(folder: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = write(folder, "file.bin", bytes)?;
    let _ = inspect(&path);
    let _ = inspect(folder);
    Ok(())
}

/// An archive that is to be unpacked; what it holds may not land elsewhere.
pub(crate) fn archive(folder: &Path, bytes: &[u8]) -> io::Result<()> {
    let format = if bytes.starts_with(&[0x1f, 0x8b]) { ArchiveFormat::TarGz } else { ArchiveFormat::Zip };
    let limits = Archive { format, most_bytes: 1 << 16, most_entries: 32 };
    let path = write(folder, "archive", bytes)?;
    let into = folder.join("into");
    fs::create_dir(&into)?;
    let _ = consilience_fetch::unpack(&path, &limits, "set", &into, &|| false);
    assert_eq!(fs::read_dir(folder)?.count(), 2, "something was unpacked outside of its folder");
    Ok(())
}
