//! CIFAR-100, and validation examples set apart.

use crate::packed::{cut, gzip, zstandard};
use consilience_data::sources::cifar::{Cifar100, Granularity};
use consilience_data::{DataError, DataSpec, Source, Validation, load};
use std::fs;
use std::path::Path;

/// A record whose red plane is `red`.
fn record(coarse: u8, fine: u8, red: u8) -> Vec<u8> {
    let mut record = vec![coarse, fine];
    record.extend([red; 1024]);
    record.extend([10; 1024]);
    record.extend((0..1024).map(|pixel| (pixel % 32) as u8));
    record
}

fn write(directory: &Path) {
    fs::create_dir_all(directory).unwrap();
    let train: Vec<u8> = (0..6).flat_map(|index| record(index, 10 * index, 100 + index)).collect();
    fs::write(directory.join("train.bin.gz"), gzip(&train)).unwrap();
    fs::write(directory.join("test.bin.zst"), zstandard(&record(19, 99, 7))).unwrap();
}

fn spec(labels: Granularity) -> DataSpec {
    DataSpec { cifar100: Some(Cifar100 { labels }), ..DataSpec::new(Source::Cifar100) }
}

#[test]
fn fine_and_coarse_labels_are_read() {
    for folder in ["", "cifar-100-binary"] {
        let directory = tempfile::tempdir().unwrap();
        write(&directory.path().join(folder));
        let fine = load(&DataSpec::new(Source::Cifar100), Some(directory.path()), 0).unwrap();
        assert_eq!((fine.train.labels().unwrap(), fine.train.outputs()), (&[0, 10, 20, 30, 40, 50][..], 100));
        assert_eq!(fine.test.labels().unwrap(), [99]);
        // Row 0, column 5 of example 2: red 102, green 10, blue 5.
        let input = fine.train.example(2).unwrap().input;
        assert_eq!(input[15..18], [102.0_f32 / 255.0, 10.0 / 255.0, 5.0 / 255.0]);
        let coarse = load(&spec(Granularity::Coarse), Some(directory.path()), 0).unwrap();
        assert_eq!((coarse.train.labels().unwrap(), coarse.train.outputs()), (&[0, 1, 2, 3, 4, 5][..], 20));
        assert_eq!(coarse.train.inputs(), fine.train.inputs());
    }
}

#[test]
fn the_last_training_examples_can_be_set_apart() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path());
    let apart = |examples, swap_with_test, train| {
        let validation = Some(Validation { examples, swap_with_test });
        load(&DataSpec { validation, train, ..spec(Granularity::Fine) }, Some(directory.path()), 1)
    };
    let split = apart(2, false, None).unwrap();
    assert_eq!((split.train.ids(), split.test.labels().unwrap()), (&[0, 1, 2, 3][..], &[99][..]));
    assert_eq!(split.validation.unwrap().ids(), [4, 5]);
    let swapped = apart(2, true, Some(3)).unwrap();
    assert_eq!((swapped.test.ids(), swapped.validation.unwrap().labels().unwrap()), (&[4, 5][..], &[99][..]));
    assert!(swapped.train.len() == 3 && swapped.train.ids().iter().all(|&id| id < 4));
    let error = apart(6, false, None).unwrap_err().to_string();
    assert_eq!(error, "`validation.examples` must be below 6, the number of examples to choose from, found 6");
    let error = apart(2, false, Some(5)).unwrap_err().to_string();
    assert_eq!(error, "5 training examples requested but `cifar100` has 4; request at most 4");
    assert!(matches!(apart(0, false, None), Err(DataError::InvalidSetting { key: "validation.examples", .. })));
}

#[test]
fn broken_files_give_one_clear_error() {
    for (bytes, labels, message) in [
        (vec![], Granularity::Fine, "is empty"),
        (
            cut(record(0, 0, 0), 3073),
            Granularity::Fine,
            "whole records of 3074 bytes (153700000 bytes in the official file)",
        ),
        (record(0, 100, 0), Granularity::Fine, "label 100 of example 0 is out of range; expected 0 to 99"),
        (record(20, 0, 0), Granularity::Coarse, "label 20 of example 0 is out of range; expected 0 to 19"),
    ] {
        let directory = tempfile::tempdir().unwrap();
        write(directory.path());
        fs::write(directory.path().join("train.bin"), bytes).unwrap();
        let error = load(&spec(labels), Some(directory.path()), 0).unwrap_err().to_string();
        assert!(error.contains(message) && error.contains("train.bin"), "{error}");
    }
    let error = load(&spec(Granularity::Fine), Some(Path::new("nowhere")), 0).unwrap_err().to_string();
    assert!(error.starts_with("missing file") && error.contains("cifar-100-binary.tar.gz"), "{error}");
}
