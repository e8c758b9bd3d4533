//! What is found in files and folders that may be data.

use crate::packed::{cut, gzip, zstandard};
use consilience_data::DataError;
use consilience_data::inspection::{Inspection, Part, inspect};
use consilience_data::origin::Presence;
use std::fs;
use std::path::Path;

fn idx(sizes: &[u32], bytes: &[u8]) -> Vec<u8> {
    let mut file = vec![0, 0, 8, sizes.len() as u8];
    file.extend(sizes.iter().flat_map(|size| size.to_be_bytes()));
    file.extend(bytes);
    file
}

/// Training images 0, 0, 1, 2, 3 (of 1 x 2 pixels) with labels 7, 3, 7, 0, 9, and test images 1, 5 with labels 1, 2.
fn write_mnist(directory: &Path) {
    fs::create_dir_all(directory).unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(directory.join(name), bytes).unwrap();
    write("train-images-idx3-ubyte", &idx(&[5, 1, 2], &[0, 255, 0, 255, 255, 0, 51, 51, 0, 0]));
    write("train-labels-idx1-ubyte.gz", &gzip(&idx(&[5], &[7, 3, 7, 0, 9])));
    write("t10k-images-idx3-ubyte.zst", &zstandard(&idx(&[2, 1, 2], &[255, 0, 9, 8])));
    write("t10k-labels-idx1-ubyte", &idx(&[2], &[1, 2]));
}

fn only(inspection: Inspection) -> Part {
    let mut parts = inspection.parts.into_iter();
    let (Some(part), None) = (parts.next(), parts.next()) else { panic!("not one part") };
    part
}

#[test]
fn a_data_set_is_counted_and_measured() {
    let directory = tempfile::tempdir().unwrap();
    write_mnist(directory.path());
    let found = inspect(directory.path()).unwrap();
    assert_eq!(found.format, "IDX files, as of MNIST and Fashion-MNIST");
    assert_eq!(found.problems, ["1 input of the test set is in the training set, too"]);
    let [train, test] = &found.parts[..] else { panic!("{found:?}") };
    assert_eq!(
        (train.name.as_str(), train.examples, test.name.as_str(), test.examples),
        ("training set", 5, "test set", 2)
    );
    assert_eq!(train.shape.map(|shape| (shape.height, shape.width, shape.channels)), Some((1, 2, 1)));
    assert_eq!(train.class_counts, [1, 0, 0, 1, 0, 0, 0, 2, 0, 1]);
    // pixels 0, 1, 0, 1, 1, 0, 0.2, 0.2, 0, 0: mean 0.34, mean square 0.308
    let channel = train.channels[0];
    assert!((channel.mean - 0.34).abs() < 1e-7, "{channel:?}");
    assert!((channel.standard_deviation - (0.308_f64 - 0.34 * 0.34).sqrt()).abs() < 1e-7, "{channel:?}");
    assert_eq!((channel.smallest, channel.largest), (0.0, 1.0));
    assert_eq!(
        train.problems,
        [
            "2 blank images: all pixels are equal",
            "1 example repeats an input that came before",
            "2 examples have the input of another, but not its label",
            "6 classes without an example: 1, 2, 4, 5, 6, 8",
        ]
    );
    assert_eq!(train.files[1], directory.path().join("train-labels-idx1-ubyte.gz"));
}

#[test]
fn what_is_missing_is_told_and_the_rest_is_read() {
    let directory = tempfile::tempdir().unwrap();
    write_mnist(directory.path());
    fs::remove_file(directory.path().join("t10k-labels-idx1-ubyte")).unwrap();
    let found = inspect(directory.path()).unwrap();
    assert_eq!((found.parts.len(), &found.problems[..]), (1, &["t10k-labels-idx1-ubyte is missing".to_owned()][..]));

    let directory = tempfile::tempdir().unwrap();
    let batch: Vec<u8> = [[4; 3073], [6; 3073]].concat();
    fs::write(directory.path().join("data_batch_3.bin.zst"), zstandard(&batch)).unwrap();
    let found = inspect(directory.path()).unwrap();
    assert_eq!(found.format, "CIFAR-10, binary version");
    assert_eq!(found.parts[0].class_counts, [0, 0, 0, 0, 1, 0, 1, 0, 0, 0]);
    assert!(found.problems.contains(&"training set: 2 examples where the official one has 50000".to_owned()));
    for missing in ["data_batch_1.bin is missing", "test_batch.bin is missing"] {
        assert!(found.problems.contains(&missing.to_owned()), "{found:?}");
    }
}

#[test]
fn a_broken_file_keeps_no_other_from_being_read() {
    let directory = tempfile::tempdir().unwrap();
    write_mnist(directory.path());
    let broken = directory.path().join("train-labels-idx1-ubyte.gz");
    fs::write(&broken, b"no gzip").unwrap();
    let found = inspect(directory.path()).unwrap();
    assert_eq!((found.parts.len(), found.parts[0].name.as_str()), (1, "test set"));
    assert!(found.problems.len() == 1 && found.problems[0].contains("train-labels-idx1-ubyte.gz"), "{found:?}");
    fs::write(directory.path().join("t10k-labels-idx1-ubyte"), b"no IDX").unwrap();
    let error = inspect(directory.path()).unwrap_err().to_string();
    assert!(error.contains("train-labels-idx1-ubyte.gz"), "nothing could be read: {error}");
}

#[test]
fn a_folder_of_tiny_imagenet_that_is_not_whole_says_where_to_get_it() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("wnids.txt"), "n01443537\n").unwrap();
    let Err(DataError::MissingFile { file, origin, .. }) = inspect(directory.path()) else { panic!("it is not whole") };
    assert!(file.ends_with("val/val_annotations.txt"), "{}", file.display());
    assert_eq!(origin.folder(), Some("tiny-imagenet-200"));
}

#[test]
fn single_files_are_recognised_by_what_they_hold() {
    let directory = tempfile::tempdir().unwrap();
    write_mnist(directory.path());
    let place = |name: &str, bytes: &[u8]| {
        let path = directory.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let images = only(inspect(&directory.path().join("t10k-images-idx3-ubyte.zst")).unwrap());
    assert_eq!((images.examples, images.class_counts.len(), images.channels.len()), (2, 0, 1));
    let labels = only(inspect(&place("labels", &idx(&[3], &[7, 0, 7]))).unwrap());
    assert_eq!((labels.examples, labels.class_counts[7], labels.shape), (3, 2, None));
    let ten = inspect(&place("ten.bin", &[3; 2 * 3073])).unwrap();
    assert_eq!((ten.format.as_str(), ten.parts[0].examples), ("CIFAR-10, binary version", 2));
    let hundred = inspect(&place("hundred.bin.gz", &gzip(&[3; 3074]))).unwrap();
    assert_eq!(hundred.format, "CIFAR-100, binary version, with its fine labels");
    // begins as IDX images do, but is called as a batch of CIFAR is
    let mut record = vec![3; 3073];
    record[..4].copy_from_slice(&[0, 0, 8, 3]);
    assert_eq!(inspect(&place("data_batch_1.bin", &record)).unwrap().format, "CIFAR-10, binary version");

    let npy = |kind: &str, count: usize, bytes: &[u8]| {
        let mut header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({count},), }}");
        header += &" ".repeat(117 - header.len());
        let mut file = b"\x93NUMPY\x01\x00".to_vec();
        file.extend(118_u16.to_le_bytes());
        file.extend(header.bytes());
        file.push(b'\n');
        file.extend(bytes);
        file
    };
    let labels = only(inspect(&place("labels.npy", &npy("|u1", 4, &[2, 0, 2, 2]))).unwrap());
    assert_eq!(
        (labels.class_counts, labels.problems),
        (vec![1, 0, 3], vec!["1 classes without an example".to_owned()])
    );
    let numbers = only(inspect(&place("numbers.npy", &npy("<i2", 2, &[0xff, 0xff, 0, 1]))).unwrap());
    let values = numbers.values.unwrap();
    assert_eq!((values.smallest, values.largest, values.complete), (-1.0, 256.0, 2));

    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let svhn = inspect(&fixtures.join("svhn")).unwrap();
    assert_eq!((svhn.format.as_str(), svhn.parts.len()), ("SVHN, cropped digits", 2));
    assert_eq!(inspect(&fixtures.join("svhn/test_32x32.mat")).unwrap().format, "a MATLAB file, as of SVHN");
}

#[test]
fn keypoints_are_values_of_which_some_are_unknown() {
    let names: Vec<String> = (0..30).map(|index| format!("c{index}")).collect();
    let pixels = vec!["17"; 96 * 96].join(" ");
    let (whole, lacking) = ("50.5,".repeat(30), "1.25,".repeat(29));
    let text = format!("{},Image\n{whole}{pixels}\n{lacking},{pixels}\n", names.join(","));
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("training.csv.gz"), gzip(text.as_bytes())).unwrap();
    for path in [directory.path().to_owned(), directory.path().join("training.csv.gz")] {
        let found = inspect(&path).unwrap();
        assert_eq!(found.format, "facial keypoints, CSV");
        let values = found.parts[0].values.unwrap();
        assert_eq!((values.outputs, values.smallest, values.largest, values.complete), (30, 1.25, 50.5, 1));
        assert!(found.parts[0].problems.contains(&"1 example lacks some of its values".to_owned()), "{found:?}");
    }
}

#[test]
fn a_data_directory_is_listed() {
    let directory = tempfile::tempdir().unwrap();
    write_mnist(&directory.path().join("mnist"));
    fs::create_dir(directory.path().join("cifar-10-batches-bin")).unwrap();
    fs::write(directory.path().join("cifar-10-batches-bin/test_batch.bin.zst"), "not looked at").unwrap();
    let found = inspect(directory.path()).unwrap();
    let of = |name| found.data_sets.iter().find(|(known, _)| *known == name).map(|(_, presence)| *presence);
    assert_eq!(of("mnist"), Some(Presence::Here));
    assert_eq!(of("cifar10"), Some(Presence::Partly { found: 1, wanted: 6 }));
    assert_eq!((of("svhn"), of("strokes")), (Some(Presence::Missing), None));
}

#[test]
fn what_is_no_data_set_is_told_by_what_it_looks_like() {
    let directory = tempfile::tempdir().unwrap();
    let mut tape = vec![0; 512];
    tape[257..262].copy_from_slice(b"ustar");
    for (name, bytes, looks) in [
        ("a.txt", &b"hello"[..], "text"),
        ("a.bin", b"\x00\xff\xfe", "other bytes"),
        ("a.html", b"<!doctype html>", "a web page"),
        ("a.png", b"\x89PNG\r\n", "a PNG image"),
        ("a.zip", b"PK\x03\x04", "a zip archive"),
        ("a.tar", &tape, "a tape archive"),
        ("a.tar.gz", &gzip(&tape), "a tape archive"),
        ("a.idx", &gzip(&tape), "gzip without"),
        ("a.pt", b"\x80\x02}", "a Python pickle"),
        ("a.safetensors", b"\x40\0\0\0\0\0\0\0{\"a\"", "safetensors"),
        ("short", &[0, 0, 13, 2], "an IDX file of type 13 and rank 2"),
    ] {
        let path = directory.path().join(name);
        fs::write(&path, bytes).unwrap();
        let error = inspect(&path).unwrap_err();
        assert!(matches!(error, DataError::Unrecognised { .. }), "{name}: {error}");
        assert!(error.to_string().contains(looks), "{name}: {error}");
    }
    let error = inspect(&directory.path().join("none")).unwrap_err().to_string();
    assert!(error.contains("cannot read"), "{error}");
    let error = inspect(tempfile::tempdir().unwrap().path()).unwrap_err().to_string();
    assert!(error.contains("a folder without the files of any data set"), "{error}");
    fs::write(directory.path().join("empty"), "").unwrap();
    assert!(matches!(inspect(&directory.path().join("empty")), Err(DataError::EmptyFile { .. })));
    write_mnist(directory.path());
    let labels = fs::read(directory.path().join("t10k-labels-idx1-ubyte")).unwrap();
    fs::write(directory.path().join("t10k-labels-idx1-ubyte"), cut(labels, 9)).unwrap();
    assert!(inspect(directory.path()).unwrap().problems[0].contains("t10k-labels-idx1-ubyte"));
}

#[cfg(unix)]
#[test]
fn what_never_ends_is_not_read() {
    let directory = tempfile::tempdir().unwrap();
    let pipe = directory.path().join("train-images-idx3-ubyte");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    for path in [Path::new("/dev/zero"), &pipe] {
        let error = inspect(path).unwrap_err().to_string();
        assert!(error.ends_with("it is neither a file nor a folder"), "{error}");
    }
    // a sparse file of 10 GB, of which no more is read than an IDX file may have
    let sparse = directory.path().join("sparse");
    fs::write(&sparse, idx(&[3], &[])).unwrap();
    fs::OpenOptions::new().write(true).open(&sparse).unwrap().set_len(10_000_000_000).unwrap();
    assert!(matches!(inspect(&sparse), Err(DataError::TooLarge { .. })));
}
