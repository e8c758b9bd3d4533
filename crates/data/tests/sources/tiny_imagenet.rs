//! Tiny-ImageNet.

use crate::packed::{cut, flip};
use consilience_data::origin::Origin;
use consilience_data::sources::tiny_imagenet;
use consilience_data::{DataSpec, ExampleShape, Source, Validation, load};
use std::fs;
use std::path::{Path, PathBuf};

fn jpeg(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny_imagenet");
    fs::read(folder.join(format!("{name}.JPEG"))).unwrap()
}

/// Two classes of two and one training images, and two validation images.
fn write(directory: &Path) -> PathBuf {
    let root = directory.join("tiny-imagenet-200");
    let place = |path: &str, bytes: &[u8]| {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    };
    place("wnids.txt", b"n02\nn01\nn03\n");
    place("train/n01/images/n01_10.JPEG", &jpeg("orange"));
    place("train/n01/images/n01_9.JPEG", &jpeg("grey"));
    place("train/n01/n01_boxes.txt", b"n01_9.JPEG\t0\t0\t63\t63\n");
    place("train/n02/images/n02_499.JPEG", &jpeg("gradient"));
    place("val/val_annotations.txt", b"val_1.JPEG\tn02\t0\t0\t1\t1\nval_0.JPEG\tn03\t0\t0\t1\t1\n");
    place("val/images/val_0.JPEG", &jpeg("orange"));
    place("val/images/val_1.JPEG", &jpeg("grey"));
    root
}

fn spec() -> DataSpec {
    DataSpec::new(Source::TinyImagenet)
}

#[test]
fn images_are_read_with_labels_in_alphabetical_order() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path());
    let split = load(&spec(), Some(directory.path()), 0).unwrap();
    assert_eq!((split.train.labels().unwrap(), split.train.outputs()), (&[0, 0, 1][..], 3));
    assert_eq!(split.train.ids(), [9, 10, 999]);
    assert_eq!((split.test.labels().unwrap(), split.test.ids()), (&[2, 1][..], &[0, 1][..]));
    assert_eq!(split.train.shape(), ExampleShape::image(64, 64, 3));
    assert_eq!(split.notes, ["tiny_imagenet: 3 of 100000 training images are there"]);
    let flat = |input: &[f32], colour: [u8; 3]| {
        // Decoders may round by one either way.
        let near = |(value, &expected): (&f32, &u8)| (value * 255.0 - f32::from(expected)).abs() < 1.01;
        input.chunks_exact(3).all(|pixel| pixel.iter().zip(&colour).all(near))
    };
    assert!(flat(split.train.example(0).unwrap().input, [77, 77, 77]), "grey");
    assert!(flat(split.train.example(1).unwrap().input, [200, 100, 50]), "orange");
    // Column 10 of the gradient as libjpeg decodes it, in rows 0, 20, 40 and 63; chroma is interpolated differently.
    let input = split.train.example(2).unwrap().input;
    for (row, expected) in
        [(0, [3.0, 40.0, 251.0]), (20, [80.0, 91.0, 173.0]), (40, [162.0, 141.0, 94.0]), (63, [253.0, 199.0, 3.0])]
    {
        for (channel, expected) in expected.into_iter().enumerate() {
            let found = 255.0 * input[(row * 64 + 10) * 3 + channel];
            assert!((found - expected).abs() < 4.0, "row {row}, channel {channel}: {found}, not {expected}");
        }
    }
}

#[test]
fn images_are_chosen_before_they_are_read() {
    let directory = tempfile::tempdir().unwrap();
    let root = write(directory.path());
    let all = tiny_imagenet::list(directory.path(), &Origin::BuiltIn).unwrap();
    assert_eq!((all.train.len(), all.train.classes()), (3, 3));
    let part = load(&DataSpec { train: Some(2), test: Some(1), ..spec() }, Some(directory.path()), 3).unwrap();
    assert_eq!((part.train.len(), part.test.len()), (2, 1));
    assert_eq!(part.train.ids().iter().filter(|id| [9, 10, 999].contains(id)).count(), 2);
    // What is not chosen may be broken.
    fs::write(root.join("train/n02/images/n02_499.JPEG"), b"broken").unwrap();
    let kept = DataSpec { validation: Some(Validation { examples: 1, swap_with_test: false }), ..spec() };
    assert!(load(&kept, Some(directory.path()), 0).is_err());
    assert_eq!(all.train.read(&[1, 0, 1]).unwrap().ids(), [10, 9, 10]);
    assert!(all.train.read(&[3]).is_err() && all.train.read(&[]).is_err());
    let error = load(&DataSpec { train: Some(4), ..spec() }, Some(directory.path()), 0).unwrap_err().to_string();
    assert_eq!(
        error,
        "4 training examples requested but `tiny_imagenet` has 3; request at most 3; tiny_imagenet: 3 of 100000 training images are there"
    );
}

#[test]
fn hostile_folders_give_one_clear_error_naming_the_file() {
    let orange = jpeg("orange");
    let image = "train/n01/images/n01_9.JPEG";
    let cases: Vec<(&str, &str, Vec<u8>, &str)> = vec![
        ("empty image", image, vec![], "is empty"),
        ("no image", image, b"<html>".to_vec(), "image: expected a whole JPEG of at most 64 x 64"),
        ("cut image", image, cut(orange.clone(), 250), "image: expected"),
        ("cut tail", image, cut(orange.clone(), orange.len() - 20), "image: expected"),
        ("narrow", image, jpeg("narrow"), "64 x 64 pixels in colour or grey, found 32 x 64"),
        (
            "large",
            image,
            {
                let mut bytes = orange.clone();
                let at = frame(&bytes);
                bytes[at + 5..at + 9].fill(0xff);
                bytes
            },
            "image: expected",
        ),
        ("odd name", "train/n01/images/other.JPEG", orange.clone(), "n01_K.JPEG with K below 500"),
        ("number 500", "train/n01/images/n01_500.JPEG", orange.clone(), "n01_K.JPEG with K below 500"),
        ("unlisted", "val/images/val_7.JPEG", orange.clone(), "one listed in val_annotations.txt"),
        (
            "no classes",
            "wnids.txt",
            b"\n".to_vec(),
            "val_annotations.txt: line 1: expected a class of wnids.txt, found n02",
        ),
        ("a way out", "wnids.txt", b"../..\n".to_vec(), "letters and digits, one name a line, found ../.."),
        ("bytes", "wnids.txt", vec![0xff, 0xfe], "expected text"),
        ("spaces", "val/val_annotations.txt", b"val_0.JPEG n03".to_vec(), "line 1: expected a file and its class"),
    ];
    for (what, name, bytes, message) in cases {
        let directory = tempfile::tempdir().unwrap();
        let root = write(directory.path());
        fs::write(root.join(name), bytes).unwrap();
        let error = load(&spec(), Some(directory.path()), 0).map(|split| split.notes).expect_err(what).to_string();
        let file = name.rsplit('/').next().unwrap();
        assert!(error.contains(message), "{what}: {error}");
        assert!(error.contains(file) && !error.contains('\n'), "{what}: {error}");
    }
    for missing in ["wnids.txt", "val/val_annotations.txt", "train", "val/images"] {
        let directory = tempfile::tempdir().unwrap();
        let path = write(directory.path()).join(missing);
        if path.is_dir() {
            fs::remove_dir_all(path).unwrap();
        } else {
            fs::remove_file(path).unwrap();
        }
        let error = load(&spec(), Some(directory.path()), 0).unwrap_err().to_string();
        assert!(error.starts_with("missing file") && error.contains("tiny-imagenet-200.zip"), "{missing}: {error}");
    }
    // Any cut and any flipped byte of an image: an error or an image, never a panic.
    let directory = tempfile::tempdir().unwrap();
    let root = write(directory.path());
    let listing = tiny_imagenet::list(directory.path(), &Origin::BuiltIn).unwrap().train;
    for position in 0..orange.len() {
        fs::write(root.join(image), cut(orange.clone(), position)).unwrap();
        let _ = listing.read(&[0]);
        fs::write(root.join(image), flip(orange.clone(), position)).unwrap();
        let _ = listing.read(&[0]);
    }
}

/// Where the frame header, which holds the size, begins.
fn frame(bytes: &[u8]) -> usize {
    bytes.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap()
}
