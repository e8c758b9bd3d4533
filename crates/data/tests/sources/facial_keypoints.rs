//! Kaggle's facial keypoints, noise on their coordinates.

use crate::packed::{cut, gzip, zstandard};
use consilience_data::sources::facial_keypoints::{self, FacialKeypoints, Missing};
use consilience_data::{Augmentation, AugmentationSpec, DataError, DataSpec, Source, Target, TargetNoise, load};
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// A line whose coordinates are `row + c / 4`, the `missing` ones left out, and whose pixels are all `grey`.
fn line(row: usize, grey: usize, missing: &[usize]) -> String {
    let mut line = String::new();
    for coordinate in 0..30 {
        if !missing.contains(&coordinate) {
            write!(line, "{}", row as f64 + coordinate as f64 / 4.0).unwrap();
        }
        line.push(',');
    }
    line + &vec![grey.to_string(); 96 * 96].join(" ") + "\n"
}

fn header() -> String {
    (0..30).fold(String::new(), |header, coordinate| header + &format!("c{coordinate},")) + "Image\n"
}

/// Ten faces, of which rows 3 and 7 are incomplete.
fn file() -> String {
    let missing = |row| if row % 4 == 3 { &[0, 29][..] } else { &[] };
    header() + &(0..10).map(|row| line(row, row * 20, missing(row))).collect::<String>()
}

fn write(directory: &Path, name: &str, bytes: &[u8]) {
    fs::create_dir_all(directory).unwrap();
    fs::write(directory.join(name), bytes).unwrap();
}

#[test]
fn faces_are_read_and_split_at_random() {
    for (folder, name, bytes) in [
        ("", "training.csv", file().into_bytes()),
        ("facial-keypoints", "training.csv.gz", gzip(file().as_bytes())),
        ("facial-keypoints", "training.csv.zst", zstandard(file().as_bytes())),
    ] {
        let directory = tempfile::tempdir().unwrap();
        write(&directory.path().join(folder), name, &bytes);
        let spec = DataSpec::new(Source::FacialKeypoints);
        let split = load(&spec, Some(directory.path()), 0).unwrap();
        assert_eq!((split.train.len(), split.test.len(), split.train.outputs()), (7, 1, 30));
        let mut ids = [split.train.ids(), split.test.ids()].concat();
        ids.sort_unstable();
        assert_eq!(ids, [0, 1, 2, 4, 5, 6, 8, 9]);
        for index in 0..7 {
            let example = split.train.example(index).unwrap();
            let coordinates: Vec<f32> = (0..30).map(|c| example.id as f32 + c as f32 / 4.0).collect();
            assert_eq!(example.target, Target::Values(&coordinates));
            assert!(example.input.iter().all(|&pixel| pixel == (example.id * 20) as f32 / 255.0));
        }
        assert_eq!(split, load(&spec, Some(directory.path()), 0).unwrap());
        let tests: Vec<usize> =
            (0..20).map(|seed| load(&spec, Some(directory.path()), seed).unwrap().test.ids()[0]).collect();
        // 20 draws of 8 are all the same with probability 8^-19.
        assert!(tests.iter().any(|&id| id != tests[0]));
        let sized =
            load(&DataSpec { test: Some(3), train: Some(4), ..spec.clone() }, Some(directory.path()), 0).unwrap();
        assert_eq!((sized.train.len(), sized.test.len()), (4, 3));
        let error = load(&DataSpec { test: Some(8), ..spec }, Some(directory.path()), 0).unwrap_err().to_string();
        assert_eq!(error, "8 test examples requested but `facial_keypoints` has 7; request at most 7");
    }
}

#[test]
fn incomplete_faces_can_be_kept_with_their_unknown_targets_masked() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "training.csv", file().as_bytes());
    let data = facial_keypoints::read(&directory.path().join("training.csv"), Missing::Mask).unwrap();
    assert_eq!(data.ids(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    let Some(Target::Values(values)) = data.example(7).map(|example| example.target) else { panic!() };
    assert!(values[0].is_nan() && values[29].is_nan());
    assert!(values[1..29].iter().zip(1..).all(|(&value, c)| value == 7.0 + c as f32 / 4.0));
    let text =
        "source = \"facial_keypoints\"\nfacial_keypoints = { missing = \"mask\" }\ntarget_noise = { scale = 2.0 }";
    let spec: DataSpec = toml::from_str(text).unwrap();
    let split = load(&spec, Some(directory.path()), 0).unwrap();
    assert_eq!(split.train.len(), 8);
    let unknown = |index: usize| match split.train.example(index).unwrap().target {
        Target::Values(values) => values.iter().filter(|value| value.is_nan()).count(),
        Target::Class(_) => panic!(),
    };
    for index in 0..8 {
        assert_eq!(
            unknown(index),
            if split.train.ids()[index] % 4 == 3 { 2 } else { 0 },
            "noise leaves unknown what is"
        );
    }
}

#[test]
fn hostile_files_give_one_clear_error_naming_the_file_and_line() {
    let pixels = |count: usize| vec!["7"; count].join(" ");
    let short = |count| header() + &"1,".repeat(30) + &pixels(count) + "\n";
    let large = gzip(file().as_bytes());
    let cases: Vec<(&str, &str, Vec<u8>, &str)> = vec![
        ("empty", "training.csv", vec![], "is empty"),
        ("only a header", "training.csv", header().into_bytes(), "would have no examples"),
        ("none complete", "training.csv", (header() + &line(0, 1, &[3])).into_bytes(), "would have no examples"),
        (
            "no header",
            "training.csv",
            line(0, 1, &[]).into_bytes(),
            "line 1: expected 30 columns of coordinates, then Image",
        ),
        ("web page", "training.csv", b"<html>\n".to_vec(), "found 1 columns, the last of them <html>"),
        ("test file", "training.csv", b"ImageId,Image\n1,2 3\n".to_vec(), "found 2 columns, the last of them Image"),
        (
            "few pixels",
            "training.csv",
            short(9215).into_bytes(),
            "line 2: expected 9216 grey values in Image, found 9215",
        ),
        (
            "many pixels",
            "training.csv",
            short(9217).into_bytes(),
            "line 2: expected 9216 grey values in Image, found 9217",
        ),
        (
            "cut line",
            "training.csv",
            cut(file().into_bytes(), 50_000),
            "line 4: expected 9216 grey values in Image, found 1149",
        ),
        (
            "after a blank line",
            "training.csv",
            (header() + &line(0, 1, &[]) + "\n" + &line(1, 1, &[]) + "1,2,3\n").into_bytes(),
            "line 5: expected 31 columns of text",
        ),
        ("cut coordinates", "training.csv", (header() + "1,2,3\n").into_bytes(), "line 2: expected 31 columns of text"),
        (
            "pixel 256",
            "training.csv",
            (header() + &line(0, 256, &[])).into_bytes(),
            "line 2: expected grey values from 0 to 255, found 256",
        ),
        (
            "word",
            "training.csv",
            (header() + "eye" + &line(0, 1, &[0])).into_bytes(),
            "line 2: expected coordinates that are numbers, or nothing, found eye",
        ),
        ("infinity", "training.csv", (header() + "inf" + &line(0, 1, &[0])).into_bytes(), "found inf"),
        ("not a number", "training.csv", (header() + "nan" + &line(0, 1, &[0])).into_bytes(), "found nan"),
        (
            "no text",
            "training.csv",
            [header().as_bytes(), &[0xff, 0xfe, 0xff]].concat(),
            "line 2: expected 31 columns of text",
        ),
        ("cut gzip", "training.csv.gz", cut(large.clone(), large.len() / 2), "not a valid gzip file"),
        ("not zstd", "training.csv.zst", file().into_bytes(), "not a valid zstd file"),
    ];
    for (what, name, bytes, message) in cases {
        let directory = tempfile::tempdir().unwrap();
        write(directory.path(), name, &bytes);
        let error = load(&DataSpec::new(Source::FacialKeypoints), Some(directory.path()), 0)
            .map(|split| split.notes)
            .expect_err(what)
            .to_string();
        assert!(error.contains(message), "{what}: {error}");
        assert!(message.starts_with("would") || error.contains(name), "{what}: {error}");
        assert!(!error.contains('\n') && error.len() < 600, "{what}: {error}");
    }
    let error = load(&DataSpec::new(Source::FacialKeypoints), Some(Path::new("nowhere")), 0).unwrap_err().to_string();
    assert!(error.starts_with("missing file") && error.contains("kaggle.com"), "{error}");
}

#[test]
fn what_is_for_classes_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "training.csv", file().as_bytes());
    let augmentation = Some(AugmentationSpec { crop_padding: 2, horizontal_flip: false });
    let spec = DataSpec { augmentation, ..DataSpec::new(Source::FacialKeypoints) };
    assert!(matches!(load(&spec, Some(directory.path()), 0), Err(DataError::WrongTargets { found: "values", .. })));
    assert!(Augmentation::new(AugmentationSpec::default(), 0, vec![0.0]).is_err());
    let noise = DataSpec { target_noise: Some(TargetNoise { scale: 1.0 }), ..DataSpec::new(Source::TwoCircles) };
    assert!(matches!(load(&noise, None, 0), Err(DataError::WrongTargets { found: "classes", .. })));
    assert_eq!(FacialKeypoints::default().missing, Missing::Drop);
}
