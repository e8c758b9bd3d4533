//! SVHN, and the MATLAB files it comes in.

use crate::packed::{cut, flip, gzip};
use consilience_data::sources::{matlab, svhn};
use consilience_data::{DataSpec, ExampleShape, Source, load};
use std::fs;
use std::io::Write;
use std::path::Path;

fn element(kind: u32, data: &[u8]) -> Vec<u8> {
    let mut bytes = [kind.to_le_bytes(), (data.len() as u32).to_le_bytes()].concat();
    bytes.extend(data);
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    bytes
}

fn matrix(class: u32, sizes: &[i32], name: &str, numbers: &[u8]) -> Vec<u8> {
    let flags = element(6, &[class.to_le_bytes(), [0; 4]].concat());
    let sizes: Vec<u8> = sizes.iter().flat_map(|size| size.to_le_bytes()).collect();
    element(14, &[flags, element(5, &sizes), element(1, name.as_bytes()), numbers.to_vec()].concat())
}

fn compressed(element: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(element).unwrap();
    let data = encoder.finish().unwrap();
    [&15_u32.to_le_bytes()[..], &(data.len() as u32).to_le_bytes(), &data].concat()
}

fn file(elements: &[Vec<u8>]) -> Vec<u8> {
    let mut file = b"MATLAB 5.0 MAT-file, written by a test".to_vec();
    file.resize(124, b' ');
    file.extend([0, 1, b'I', b'M']);
    file.extend(elements.concat());
    file
}

const BYTES: u32 = 2;
const UINT8: u32 = 9;

/// `count` images of which every pixel is the number of the image, and labels `labels`.
fn images(count: i32) -> Vec<u8> {
    let pixels: Vec<u8> = (0..count).flat_map(|image| [image as u8; 3072]).collect();
    matrix(UINT8, &[32, 32, 3, count], "X", &element(BYTES, &pixels))
}

fn digits(labels: &[u8]) -> Vec<u8> {
    matrix(UINT8, &[i32::try_from(labels.len()).unwrap(), 1], "y", &element(BYTES, labels))
}

fn fixtures() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

#[test]
fn files_of_scipy_are_read() {
    // pixel [row, column, channel] of image n is (row + 2 column + 64 channel + 20 n) mod 256; labels 1, 10, 5
    let split = load(&DataSpec::new(Source::Svhn), Some(&fixtures()), 0).unwrap();
    assert_eq!((split.train.labels().unwrap(), split.train.outputs()), (&[1, 0, 5][..], 10));
    assert_eq!(split.train.shape(), ExampleShape::image(32, 32, 3));
    for image in 0..3 {
        let input = split.train.example(image).unwrap().input;
        for (row, column, channel) in [(0, 0, 0), (31, 0, 1), (3, 30, 2), (17, 5, 0)] {
            let expected = (row + 2 * column + 64 * channel + 20 * image) % 256;
            assert_eq!(
                input[(row * 32 + column) * 3 + channel],
                expected as f32 / 255.0,
                "{image} {row} {column} {channel}"
            );
        }
    }
    // one image, whose last size MATLAB drops; labels in double precision; another variable between them
    assert_eq!((split.test.len(), split.test.labels().unwrap()), (1, &[1][..]));
    assert_eq!(split.test.inputs(), split.train.example(0).unwrap().input);
}

#[test]
fn numbers_of_every_storage_are_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.mat");
    let storages: [(u32, Vec<u8>, f64); 6] = [
        (1, vec![0xfe], -2.0),
        (3, vec![0xfe, 0xff], -2.0),
        (4, vec![0xfe, 0xff], 65534.0),
        (5, vec![0xfe, 0xff, 0xff, 0xff], -2.0),
        (7, 1.5_f32.to_le_bytes().to_vec(), 1.5),
        (9, (-0.25_f64).to_le_bytes().to_vec(), -0.25),
    ];
    for (kind, bytes, expected) in storages {
        fs::write(&path, file(&[matrix(6, &[1, 1], "a", &element(kind, &bytes))])).unwrap();
        let arrays = matlab::read(&path, 1 << 20).unwrap();
        assert_eq!((arrays[0].name.as_str(), arrays[0].sizes.as_slice()), ("a", &[1, 1][..]));
        assert_eq!(arrays[0].numbers().collect::<Vec<_>>(), [expected], "type {kind}");
    }
    // a name and a number that fit into their tags, and a variable of text that is passed over
    let small = |kind: u16, data: &[u8]| {
        let mut bytes = [kind.to_le_bytes(), (data.len() as u16).to_le_bytes()].concat();
        bytes.extend(data);
        bytes.resize(8, 0);
        bytes
    };
    let flags = |class: u32| element(6, &[class.to_le_bytes(), [0; 4]].concat());
    let sizes = element(5, &[1_i32.to_le_bytes(), 2_i32.to_le_bytes()].concat());
    let array = element(14, &[flags(UINT8), sizes.clone(), small(1, b"b"), small(2, &[7, 8])].concat());
    let text = element(14, &[flags(4), sizes, small(1, b"t"), small(16, b"hi")].concat());
    fs::write(&path, file(&[text, array])).unwrap();
    let arrays = matlab::read(&path, 1 << 20).unwrap();
    assert_eq!((arrays.len(), arrays[0].unsigned_bytes()), (1, Some(&[7, 8][..])));
}

#[test]
fn hostile_files_give_one_clear_error_naming_the_file() {
    let good = file(&[compressed(&images(2)), compressed(&digits(&[1, 10]))]);
    let plain = file(&[images(2), digits(&[1, 10])]);
    let promise = |sizes: &[i32]| file(&[matrix(UINT8, sizes, "X", &element(BYTES, &[0; 64])), digits(&[1])]);
    let wrong_size = |at: usize| {
        let mut bytes = plain.clone();
        bytes[at..at + 4].fill(0xff);
        bytes
    };
    let hdf5 = {
        let mut bytes = b"MATLAB 7.3 MAT-file".to_vec();
        bytes.resize(124, b' ');
        bytes.extend([0, 2, b'I', b'M']);
        bytes
    };
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("empty", vec![], "is empty"),
        ("short", vec![b'M'; 50], "does not start as a MATLAB file of version 5"),
        ("version 7.3", hdf5, "found 4d 41 54 4c 41 42 20 37"),
        ("web page", vec![b'<'; 200], "it looks like a web page"),
        ("no variables", file(&[]), "expected the arrays X and y, found []"),
        ("only labels", file(&[digits(&[1])]), "expected the arrays X and y, found [y]"),
        ("cut", cut(good.clone(), good.len() - 9), "a whole element, found the end of the file"),
        ("cut in a tag", cut(plain.clone(), 131), "element at byte 128: expected a whole element"),
        ("flipped", flip(good.clone(), 180), "not a valid zlib file"),
        ("4 GB element", wrong_size(132), "element at byte 128: expected a whole element, found the end of the file"),
        ("4 GB numbers", wrong_size(196), "an array of flags, sizes, name and numbers"),
        ("terabytes", promise(&[i32::MAX; 4]), "64 bytes for variable `X` of 2147483647 x 2147483647"),
        ("negative", promise(&[-1, -1, -1, -1]), "as many numbers as the sizes promise, found 64 bytes"),
        ("sizes", promise(&[4, 4, 4]), "unsigned bytes of 32 x 32 x 3 x N, found [4, 4, 4]"),
        ("doubles", file(&[matrix(6, &[1, 1], "X", &element(9, &[0; 8])), digits(&[1])]), "of Double"),
        ("odd type", file(&[matrix(6, &[1, 1], "X", &element(99, &[0; 8]))]), "type 99 in variable `X`"),
        ("counts", file(&[images(2), digits(&[1])]), "2 labels, one per image, found 1"),
        ("label 0", file(&[images(1), digits(&[0])]), "label of example 0: expected an integer from 1 to 10, found 0"),
        (
            "label 11",
            file(&[images(2), digits(&[1, 11])]),
            "label of example 1: expected an integer from 1 to 10, found 11",
        ),
        ("nothing inflated", file(&[compressed(&[])]), "a whole array, found 0 bytes"),
        ("an empty array", file(&[element(14, &[])]), "an array of flags, sizes, name and numbers, found 0 bytes"),
        ("no flags", file(&[element(14, &element(6, &[]))]), "flags of an array, found 0 bytes"),
    ];
    for (what, bytes, message) in cases {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("train_32x32.mat");
        fs::write(&path, bytes).unwrap();
        let error = svhn::read(&path).map(|data| data.len()).expect_err(what).to_string();
        assert!(error.contains(message) && error.contains("train_32x32.mat"), "{what}: {error}");
        assert!(!error.contains('\n'), "{what}: {error}");
    }
    // Any cut and any flipped byte: an error or something read, never a panic.
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x.mat");
    for length in 1..good.len() {
        fs::write(&path, cut(good.clone(), length)).unwrap();
        assert!(svhn::read(&path).is_err(), "cut to {length} bytes");
    }
    for position in 0..300 {
        fs::write(&path, flip(plain.clone(), position)).unwrap();
        let _ = svhn::read(&path);
    }
}

#[test]
fn a_bomb_stops_at_the_limit_and_missing_files_say_how_to_get_them() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("bomb.mat");
    fs::write(&path, file(&[compressed(&vec![0; 1 << 24])])).unwrap();
    let error = matlab::read(&path, 1 << 20).unwrap_err().to_string();
    assert!(error.contains("more than 1048576 bytes"), "{error}");
    fs::write(directory.path().join("bomb.mat.gz"), gzip(&vec![0; 1 << 24])).unwrap();
    assert!(
        matlab::read(&directory.path().join("bomb.mat.gz"), 1 << 20).unwrap_err().to_string().contains("more than")
    );
    let error = load(&DataSpec::new(Source::Svhn), Some(directory.path()), 0).unwrap_err().to_string();
    assert!(error.starts_with("missing file") && error.contains("housenumbers"), "{error}");
}
