//! Labels from NumPy files.

use crate::idx_and_cifar::cifar_record;
use crate::packed::{cut, gzip, zstandard};
use consilience_data::sources::npy;
use consilience_data::{DataError, DataSpec, HumanLabels, LabelNoise, LabelNoiseKind, Source, load};
use std::fs;
use std::path::Path;

/// A file of version 1 with a header padded as NumPy does.
fn npy(descr: &str, shape: &str, numbers: &[u8]) -> Vec<u8> {
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend((header.len() as u16).to_le_bytes());
    file.extend(header.bytes());
    file.extend(numbers);
    file
}

/// A file whose header is `header`.
fn npy_of(header: &str) -> Vec<u8> {
    [b"\x93NUMPY\x01\x00", &(header.len() as u16).to_le_bytes()[..], header.as_bytes()].concat()
}

fn read(name: &str, bytes: &[u8]) -> Result<Vec<i64>, String> {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join(name), bytes).unwrap();
    npy::read_integers(&directory.path().join(name)).map_err(|error| error.to_string())
}

#[test]
fn integers_of_every_size_and_order_are_read() {
    let numbers = |descr: &str, bytes: &[u8]| read("a.npy", &npy(descr, "(2,)", bytes)).unwrap();
    assert_eq!(numbers("|u1", &[255, 1]), [255, 1]);
    assert_eq!(numbers("|i1", &[255, 1]), [-1, 1]);
    assert_eq!(numbers("<u2", &[1, 2, 0, 255]), [0x0201, 0xff00]);
    assert_eq!(numbers(">i2", &[1, 2, 255, 254]), [0x0102, -2]);
    assert_eq!(numbers("<i4", &[[9, 0, 0, 0], [0xfe, 255, 255, 255]].concat()), [9, -2]);
    assert_eq!(numbers("<i8", &[1_i64.to_le_bytes(), i64::MIN.to_le_bytes()].concat()), [1, i64::MIN]);
    assert_eq!(numbers(">u8", &[1_u64.to_be_bytes(), 7_u64.to_be_bytes()].concat()), [1, 7]);
    let mut second = b"\x93NUMPY\x02\x00".to_vec();
    let first = npy("|u1", "(3,)", &[4, 5, 6]);
    second.extend(u32::from(u16::from_le_bytes([first[8], first[9]])).to_le_bytes());
    second.extend(&first[10..]);
    assert_eq!(read("b.npy", &second).unwrap(), [4, 5, 6]);
    assert_eq!(read("c.npy.gz", &gzip(&first)).unwrap(), [4, 5, 6]);
    assert_eq!(read("d.npy.zst", &zstandard(&first)).unwrap(), [4, 5, 6]);
}

#[test]
fn hostile_arrays_give_one_clear_error() {
    let good = npy("|u1", "(3,)", &[4, 5, 6]);
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("empty", vec![], "is empty"),
        ("web page", b"<html>".to_vec(), "found 3c 68 74 6d 6c 3e; it looks like a web page"),
        ("gzip", gzip(&good), "add .gz to its name"),
        ("pickle", b"\x80\x04\x95".to_vec(), "does not start as a NumPy file of one array (93 4e 55 4d 50 59) does"),
        (
            "version",
            {
                let mut bytes = good.clone();
                bytes[6] = 9;
                bytes
            },
            "version 1, 2 or 3 of the format, found 9",
        ),
        ("only magic", cut(good.clone(), 6), "a whole header, found a file of 6 bytes"),
        ("half a size", cut(good.clone(), 9), "a whole header, found a file of 9 bytes"),
        ("half a header", cut(good.clone(), 50), "a whole header, found a file of 50 bytes"),
        ("long header", b"\x93NUMPY\x02\x00\xff\xff\xff\xff{}".to_vec(), "a whole header, found a file of 14 bytes"),
        ("truncated", cut(good.clone(), good.len() - 1), "3 numbers of 1 bytes after its header, but holds 2 bytes"),
        ("too long", [&good[..], &[1]].concat(), "3 numbers of 1 bytes after its header, but holds 4 bytes"),
        ("exabytes", npy("<i8", "(18446744073709551615,)", &[1; 8]), "18446744073709551615 numbers of 8 bytes"),
        ("beyond", npy("|u1", "(99999999999999999999,)", &[1]), "a shape of integers"),
        ("floats", npy("<f8", "(1,)", &[0; 8]), "integers (descr |u1, <i8 and the like), found descr <f8"),
        ("objects", npy("|O", "(1,)", &[0; 8]), "found descr |O"),
        ("unicode", npy("ü1", "(1,)", &[0; 8]), "found descr ü1"),
        ("odd size", npy("<i3", "(1,)", &[0; 3]), "found descr <i3"),
        ("matrix", npy("|u1", "(3, 1)", &[4, 5, 6]), "one dimension, found shape (3, 1)"),
        ("scalar", npy("|u1", "()", &[4]), "one dimension, found shape ()"),
        ("nested", npy("|u1", &"(".repeat(5000), &[4]), "one dimension, found shape (((((((("),
        ("no dictionary", npy_of("{'shape': (1,)}"), "a dictionary of descr, fortran_order and shape"),
        (
            "large number",
            npy("<u8", "(1,)", &[255; 8]),
            "number 0: expected at most 2^63 - 1, found 18446744073709551615",
        ),
    ];
    for (what, bytes, message) in cases {
        let error = read("labels.npy", &bytes).expect_err(what);
        assert!(error.contains(message) && error.contains("labels.npy"), "{what}: {error}");
        assert!(!error.contains('\n') && error.len() < 400, "{what}: {error}");
    }
}

/// Batch 2 of CIFAR-10 with classes 3 and 9, and labels for all of the full training set.
fn write(directory: &Path, labels: &[u8]) {
    fs::write(directory.join("data_batch_2.bin"), [cifar_record(3), cifar_record(9)].concat()).unwrap();
    fs::write(directory.join("test_batch.bin"), cifar_record(1)).unwrap();
    fs::create_dir_all(directory.join("human")).unwrap();
    fs::write(directory.join("human/labels.npy"), npy("|u1", &format!("({},)", labels.len()), labels)).unwrap();
}

fn spec(file: &str) -> DataSpec {
    DataSpec { human_labels: Some(HumanLabels { file: file.into() }), ..DataSpec::new(Source::Cifar10) }
}

#[test]
fn labels_are_those_at_the_ids_and_the_official_ones_stay_true() {
    let directory = tempfile::tempdir().unwrap();
    let mut labels = vec![0; 50_000];
    labels[10_000..10_002].copy_from_slice(&[3, 4]);
    write(directory.path(), &labels);
    let split = load(&spec("human/labels.npy"), Some(directory.path()), 0).unwrap();
    assert_eq!((split.train.labels().unwrap(), split.train.true_labels().unwrap()), (&[3, 4][..], &[3, 9][..]));
    assert_eq!((split.train.is_corrupt(0), split.train.is_corrupt(1)), (false, true));
    assert_eq!((split.test.labels().unwrap(), split.test.corrupt_count()), (&[1][..], 0));
    let absolute = directory.path().join("human/labels.npy");
    let again = load(&spec(absolute.to_str().unwrap()), Some(directory.path()), 0).unwrap();
    assert_eq!(again, split);
    // A built-in source: its full training set is what was generated.
    let strokes = DataSpec { train: Some(50_000), test: Some(1), ..DataSpec::new(Source::TwoCircles) };
    let given =
        load(&DataSpec { human_labels: spec("human/labels.npy").human_labels, ..strokes }, Some(directory.path()), 0);
    assert!(given.unwrap_err().to_string().contains("label 3 of example 10000 is out of range; expected 0 to 1"));
}

#[test]
fn files_that_do_not_fit_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    for (labels, message) in [
        (vec![0; 2], "array: expected 50000 labels, one per example of the full training set of `cifar10`, found 2"),
        (vec![0; 50_001], "found 50001"),
        (vec![10; 50_000], "label 10 of example 0 is out of range; expected 0 to 9"),
    ] {
        write(directory.path(), &labels);
        let error = load(&spec("human/labels.npy"), Some(directory.path()), 0).unwrap_err().to_string();
        assert!(error.contains(message) && error.contains("labels.npy"), "{error}");
    }
    let error = load(&spec("elsewhere.npy"), Some(directory.path()), 0).unwrap_err().to_string();
    assert!(
        error.starts_with("missing file") && error.contains("elsewhere.npy.gz") && error.contains("numpy.save"),
        "{error}"
    );
    let values = DataSpec { human_labels: spec("x").human_labels, ..DataSpec::new(Source::Product) };
    assert!(matches!(load(&values, Some(directory.path()), 0), Err(DataError::WrongTargets { found: "values", .. })));
    let noise = LabelNoise { kind: LabelNoiseKind::Permute, fraction: 0.1 };
    let error = load(&DataSpec { label_noise: Some(noise), ..spec("x") }, None, 0).unwrap_err().to_string();
    assert_eq!(
        error,
        "`human_labels` must be left out beside `label_noise`, of which only one can say what the labels are, found both"
    );
}
