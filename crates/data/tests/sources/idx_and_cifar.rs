//! MNIST and CIFAR-10.

use crate::packed::{cut, flip, gzip, zstandard};
use consilience_data::origin::Origin;
use consilience_data::seeds::{Purpose, generator};
use consilience_data::sources::{cifar, idx};
use consilience_data::{DataError, DataSpec, Source, load};
use rand::Rng;
use std::fs;
use std::io::Write;
use std::path::Path;

fn idx_file(sizes: &[u32], bytes: &[u8]) -> Vec<u8> {
    let mut file = vec![0, 0, 8, sizes.len() as u8];
    file.extend(sizes.iter().flat_map(|size| size.to_be_bytes()));
    file.extend(bytes);
    file
}

const IMAGES: &str = "train-images-idx3-ubyte";
const LABELS: &str = "train-labels-idx1-ubyte";

/// A complete small set: 3 training and 2 test images of 2 x 2.
fn write_mnist(directory: &Path) {
    fs::create_dir_all(directory).unwrap();
    let write = |name: &str, bytes: Vec<u8>| fs::write(directory.join(name), bytes).unwrap();
    write(IMAGES, idx_file(&[3, 2, 2], &[0, 255, 51, 102, 1, 2, 3, 4, 5, 6, 7, 8]));
    write(LABELS, idx_file(&[3], &[7, 0, 9]));
    write("t10k-images-idx3-ubyte.gz", gzip(&idx_file(&[2, 2, 2], &[9; 8])));
    write("t10k-labels-idx1-ubyte.zst", zstandard(&idx_file(&[2], &[1, 2])));
}

#[test]
fn idx_files_are_read_plain_and_compressed_from_both_places() {
    for folder in ["", "mnist"] {
        let directory = tempfile::tempdir().unwrap();
        write_mnist(&directory.path().join(folder));
        let split = load(&DataSpec::new(Source::Mnist), Some(directory.path()), 0).unwrap();
        assert_eq!((split.train.len(), split.test.len()), (3, 2));
        assert_eq!(split.train.labels().unwrap(), [7, 0, 9]);
        assert_eq!(split.test.labels().unwrap(), [1, 2]);
        assert_eq!(split.train.example(0).unwrap().input, [0.0, 1.0, 0.2, 0.4]);
        assert_eq!(split.train.shape(), consilience_data::ExampleShape::image(2, 2, 1));
        assert!(split.notes.is_empty());
    }
}

#[test]
fn hostile_idx_files_give_one_clear_error_naming_the_file() {
    let images = idx_file(&[3, 2, 2], &[7; 12]);
    let long = idx_file(&[3, 2, 2], &[7; 13]);
    // Random bytes do not compress, so positions in the compressed file are those of content.
    let mut noisy = vec![0; 4000];
    generator(0, Purpose::Synthetic).fill_bytes(&mut noisy);
    let large = idx_file(&[1, 40, 100], &noisy);
    let terabytes = idx_file(&[u32::MAX, u32::MAX, u32::MAX], &[0; 12]);
    let mut zstd_cut = zstandard(&large);
    zstd_cut.truncate(zstd_cut.len() / 2);
    // (what is wrong, the file, its bytes, what the message must say)
    let cases: Vec<(&str, &str, Vec<u8>, &str)> = vec![
        ("empty", IMAGES, vec![], "is empty"),
        ("empty .gz", "train-images-idx3-ubyte.gz", vec![], "is empty"),
        ("nothing inside .gz", "train-images-idx3-ubyte.gz", gzip(&[]), "is empty"),
        ("three bytes", IMAGES, vec![0, 0, 8], "an IDX header of 16 bytes, but holds 3 bytes"),
        ("half a header", IMAGES, cut(images.clone(), 9), "an IDX header of 16 bytes, but holds 9 bytes"),
        ("truncated", IMAGES, cut(images.clone(), 20), "28 bytes by its header (16 + 3 x 2 x 2), but holds 20 bytes"),
        ("too long", IMAGES, long, "28 bytes by its header (16 + 3 x 2 x 2), but holds 29 bytes"),
        ("terabytes", IMAGES, terabytes.clone(), "4294967295 x 4294967295 x 4294967295), but holds 28 bytes"),
        ("terabytes .gz", "train-images-idx3-ubyte.gz", gzip(&terabytes), "x 4294967295), but holds 28 bytes"),
        ("no images", IMAGES, idx_file(&[0, 2, 2], &[]), "at least one value, not 0 x 2 x 2"),
        ("no pixels", IMAGES, idx_file(&[3, 0, 2], &[]), "at least one value, not 3 x 0 x 2"),
        ("wrong magic", IMAGES, flip(images.clone(), 0), "found 55 00 08 03"),
        ("float type", IMAGES, flip(images.clone(), 2), "(00 00 08 03) does: found 00 00 5d 03"),
        ("labels for images", IMAGES, idx_file(&[3], &[1, 2, 3]), "it holds labels, not images"),
        ("images for labels", LABELS, images.clone(), "it holds images, not labels"),
        ("gzip without .gz", IMAGES, gzip(&images), "add .gz to its name"),
        ("zstd without .zst", IMAGES, zstandard(&images), "add .zst to its name"),
        ("web page", IMAGES, b"<html>404</html>".to_vec(), "looks like a web page"),
        ("not gzip", "train-images-idx3-ubyte.gz", images.clone(), "not a valid gzip file"),
        ("truncated gzip", "train-images-idx3-ubyte.gz", cut(gzip(&large), 900), "not a valid gzip file"),
        ("gzip without check sum", "train-images-idx3-ubyte.gz", cut(gzip(&images), 24), "not a valid gzip file"),
        ("flipped gzip", "train-images-idx3-ubyte.gz", flip(gzip(&large), 2000), "not a valid gzip file"),
        ("not zstd", "train-images-idx3-ubyte.zst", images, "not a valid zstd file"),
        ("truncated zstd", "train-images-idx3-ubyte.zst", zstd_cut, "not a valid zstd file"),
        ("flipped zstd", "train-images-idx3-ubyte.zst", flip(zstandard(&large), 2000), "not a valid zstd file"),
        ("label 10", LABELS, idx_file(&[3], &[1, 10, 2]), "label 10 of example 1 is out of range; expected 0 to 9"),
        ("too few labels", LABELS, idx_file(&[2], &[1, 2]), "holds 3 images but"),
    ];
    for (what, name, bytes, message) in cases {
        let directory = tempfile::tempdir().unwrap();
        write_mnist(directory.path());
        let plain = name.trim_end_matches(".gz").trim_end_matches(".zst");
        fs::remove_file(directory.path().join(plain)).unwrap();
        fs::write(directory.path().join(name), bytes).unwrap();
        let error = load(&DataSpec::new(Source::Mnist), Some(directory.path()), 0).expect_err(what).to_string();
        assert!(error.contains(message), "{what}: {error}");
        assert!(error.contains(name), "{what}: {error}");
        assert!(!error.contains('\n') && !error.ends_with('.'), "{what}: {error}");
    }
}

#[test]
fn a_decompression_bomb_stops_at_the_limit() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("bomb-idx1-ubyte.zst");
    let mut encoder = zstd::Encoder::new(fs::File::create(&path).unwrap(), 1).unwrap();
    encoder.write_all(&idx_file(&[1 << 29], &[])).unwrap();
    let zeros = vec![0; 1 << 20];
    for _ in 0..512 {
        encoder.write_all(&zeros).unwrap();
    }
    encoder.finish().unwrap();
    assert!(fs::metadata(&path).unwrap().len() < 1 << 20);
    let error = idx::read::<1>(&path).unwrap_err();
    assert!(matches!(error, DataError::TooLarge { limit: idx::LIMIT, .. }), "{error}");
}

#[test]
fn missing_files_say_where_they_were_looked_for_and_how_to_get_them() {
    let directory = tempfile::tempdir().unwrap();
    write_mnist(&directory.path().join("mnist"));
    fs::remove_file(directory.path().join("mnist").join(LABELS)).unwrap();
    let error = load(&DataSpec::new(Source::Mnist), Some(directory.path()), 0).unwrap_err().to_string();
    let expected = directory.path().join("mnist").join(LABELS).display().to_string();
    assert!(error.starts_with(&format!("missing file {expected} (also looked for {expected}.gz, ")), "{error}");
    assert!(error.contains("https://ossci-datasets.s3.amazonaws.com/mnist/"), "{error}");

    for (source, file) in [(Source::FashionMnist, IMAGES), (Source::Cifar10, "data_batch_1.bin")] {
        let error = load(&DataSpec::new(source), Some(directory.path()), 0).unwrap_err().to_string();
        assert!(error.starts_with("missing file") && error.contains(file) && error.contains("download"), "{error}");
        let error = load(&DataSpec::new(source), None, 0).unwrap_err().to_string();
        assert!(error.contains("no data directory was given") && error.contains("download"), "{error}");
    }
}

#[test]
fn a_directory_in_place_of_a_file_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    write_mnist(directory.path());
    fs::remove_file(directory.path().join(IMAGES)).unwrap();
    fs::create_dir(directory.path().join(IMAGES)).unwrap();
    let error = load(&DataSpec::new(Source::Mnist), Some(directory.path()), 0).unwrap_err().to_string();
    assert!(error.contains(IMAGES) && error.contains("not a regular file"), "{error}");
}

#[test]
fn images_of_two_sizes_are_an_error() {
    let directory = tempfile::tempdir().unwrap();
    write_mnist(directory.path());
    fs::write(directory.path().join(IMAGES), idx_file(&[3, 1, 2], &[1; 6])).unwrap();
    let error = load(&DataSpec::new(Source::Mnist), Some(directory.path()), 0).unwrap_err().to_string();
    assert!(error.contains("1 x 2 x 1") && error.contains("2 x 2 x 1"), "{error}");
}

/// Record `label` whose planes are filled with `label`, 100 + column, and 255.
pub fn cifar_record(label: u8) -> Vec<u8> {
    let mut record = vec![label; 1 + 1024];
    record.extend((0..1024).map(|pixel| 100 + (pixel % 32) as u8));
    record.extend([255; 1024]);
    record
}

fn write_cifar(directory: &Path) {
    fs::create_dir_all(directory).unwrap();
    fs::write(directory.join("data_batch_2.bin.gz"), gzip(&[cifar_record(3), cifar_record(9)].concat())).unwrap();
    fs::write(directory.join("data_batch_5.bin"), cifar_record(0)).unwrap();
    fs::write(directory.join("test_batch.bin.zst"), zstandard(&cifar_record(1))).unwrap();
}

#[test]
fn cifar_batches_present_are_read_channels_last() {
    for folder in ["", "cifar-10-batches-bin"] {
        let directory = tempfile::tempdir().unwrap();
        write_cifar(&directory.path().join(folder));
        let found = cifar::load(directory.path(), &Origin::BuiltIn).unwrap();
        assert_eq!(found.batches, [2, 5]);
        assert_eq!(found.train.ids(), [10_000, 10_001, 40_000]);
        assert_eq!(found.train.labels().unwrap(), [3, 9, 0]);
        assert_eq!(found.test.labels().unwrap(), [1]);
        let input = found.train.example(1).unwrap().input;
        // Row 2, column 5: red 9, green 105, blue 255.
        assert_eq!(input[3 * (2 * 32 + 5)..][..3], [9.0 / 255.0, 105.0 / 255.0, 1.0]);
        let split = load(&DataSpec::new(Source::Cifar10), Some(directory.path()), 0).unwrap();
        assert_eq!(split.notes, ["cifar10: 2 of 5 training batches are there ([2, 5]), 3 examples"]);
        let spec = DataSpec { train: Some(4), ..DataSpec::new(Source::Cifar10) };
        let refusal = load(&spec, Some(directory.path()), 0).unwrap_err().to_string();
        assert!(
            refusal.ends_with("request at most 3; cifar10: 2 of 5 training batches are there ([2, 5]), 3 examples"),
            "{refusal}"
        );
    }
}

#[test]
fn hostile_cifar_files_give_one_clear_error_naming_the_file() {
    let cases: Vec<(&str, &str, Vec<u8>, &str)> = vec![
        ("empty", "data_batch_1.bin", vec![], "is empty"),
        ("truncated", "data_batch_1.bin", cut(cifar_record(1), 3000), "whole records of 3073 bytes"),
        ("label 10", "data_batch_1.bin", cifar_record(10), "label 10 of example 0 is out of range"),
        ("too long", "data_batch_1.bin.gz", gzip(&vec![0; 10_001 * 3073]), "more than 30730000 bytes"),
        ("flipped", "data_batch_1.bin.zst", flip(zstandard(&cifar_record(1)), 8), "not a valid zstd file"),
    ];
    for (what, name, bytes, message) in cases {
        let directory = tempfile::tempdir().unwrap();
        write_cifar(directory.path());
        fs::write(directory.path().join(name), bytes).unwrap();
        let error = cifar::load(directory.path(), &Origin::BuiltIn).expect_err(what).to_string();
        assert!(error.contains(message) && error.contains(name), "{what}: {error}");
    }
    let directory = tempfile::tempdir().unwrap();
    write_cifar(directory.path());
    fs::remove_file(directory.path().join("test_batch.bin.zst")).unwrap();
    let error = cifar::load(directory.path(), &Origin::BuiltIn).unwrap_err().to_string();
    assert!(error.contains("missing file") && error.contains("test_batch.bin"), "{error}");
}
