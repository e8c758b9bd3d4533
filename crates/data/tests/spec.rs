//! The `[data]` table: what it accepts, what it refuses, and what it yields.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use consilience_data::origin::Origin;
use consilience_data::registry::{LABEL_NOISES, LABELS, SOURCES, TREATMENTS, source};
use consilience_data::{DataSpec, LabelNoise, LabelNoiseKind, NormalisationSpec, Source, load};
use std::collections::HashSet;

fn parse(text: &str) -> Result<DataSpec, String> {
    toml::from_str(text).map_err(|error| error.message().to_owned())
}

#[test]
fn tables_are_read_and_written() {
    let text = r#"
        source = "strokes"
        train = 500
        test = 100
        normalisation = "training_set"
        label_noise = { kind = "uniform_other", fraction = 0.25 }
        strokes = { pixel_noise = 0.0 }
    "#;
    let spec = parse(text).unwrap();
    assert_eq!(spec.label_noise, Some(LabelNoise { kind: LabelNoiseKind::UniformOther, fraction: 0.25 }));
    assert_eq!(spec.strokes.map(|strokes| (strokes.variation, strokes.pixel_noise)), Some((1.0, 0.0)));
    assert_eq!(parse(&toml::to_string(&spec).unwrap()).unwrap(), spec);
    let fixed = "source = \"cifar10\"\nnormalisation = { fixed = { mean = [0.5], standard_deviation = [0.2] } }";
    let expected = NormalisationSpec::Fixed { mean: vec![0.5], standard_deviation: vec![0.2] };
    assert_eq!(parse(fixed).unwrap().normalisation, expected);
    assert_eq!(parse("source = \"mnist\"").unwrap(), DataSpec::new(Source::Mnist));
}

#[test]
fn unknown_keys_and_names_are_refused() {
    for (text, message) in [
        ("source = \"mnsit\"", "unknown variant `mnsit`, expected one of `strokes`"),
        ("source = \"mnist\"\ntrian = 3", "unknown field `trian`"),
        ("source = \"mnist\"\ntrain = -3", "invalid value"),
        ("source = \"mnist\"\nlabel_noise = { kind = \"flip\", fraction = 0.1 }", "unknown variant `flip`"),
        ("source = \"mnist\"\nlabel_noise = { kind = \"permute\", share = 0.1 }", "unknown field `share`"),
        ("source = \"strokes\"\nstrokes = { noise = 0.1 }", "unknown field `noise`"),
        (
            "source = \"mnist\"\nnormalisation = { fixed = { mean = [0.0], std = [1.0] } }",
            "unexpected keys in table: std, available keys: mean",
        ),
        ("train = 3", "missing field `source`"),
    ] {
        let error = parse(text).unwrap_err();
        assert!(error.contains(message), "{text}: {error}");
    }
}

#[test]
fn values_out_of_range_are_refused_before_any_file_is_touched() {
    for (text, message) in [
        ("source = \"mnist\"\ntrain = 0", "`train` must be at least 1, found 0"),
        (
            "source = \"strokes\"\ntest = 9000000000",
            "`test` must be at least 1 and at most 1000000 for built-in sources, found 9000000000",
        ),
        (
            "source = \"mnist\"\nlabel_noise = { kind = \"permute\", fraction = 1.1 }",
            "`label_noise.fraction` must be a number from 0 to 1, found 1.1",
        ),
        (
            "source = \"mnist\"\ntwo_circles = { sigma = 0.1 }",
            "`two_circles` must be left out unless `source` is \"two_circles\", found settings beside source \"mnist\"",
        ),
        (
            "source = \"strokes\"\nstrokes = { variation = nan }",
            "`strokes.variation` must be a number from 0 to 3, found NaN",
        ),
        (
            "source = \"mnist\"\nnormalisation = { fixed = { mean = [0.0], standard_deviation = [0.0] } }",
            "`normalisation` must be finite, positive standard deviations, found 0",
        ),
    ] {
        let error = load(&parse(text).unwrap(), None, 0).unwrap_err().to_string();
        assert_eq!(error, message);
    }
}

#[test]
fn loading_follows_the_seed_and_leaves_the_test_set_pristine() {
    let mut spec = DataSpec { train: Some(400), test: Some(100), ..DataSpec::new(Source::Strokes) };
    let clean = load(&spec, None, 3).unwrap();
    spec.label_noise = Some(LabelNoise { kind: LabelNoiseKind::UniformOther, fraction: 0.4 });
    let split = load(&spec, None, 3).unwrap();
    assert_eq!(split, load(&spec, None, 3).unwrap());
    assert_ne!(split, load(&spec, None, 4).unwrap());
    assert_eq!((split.train.corrupt_count(), split.test.corrupt_count()), (160, 0));
    assert_eq!(split.test, clean.test);
    assert_eq!(split.train.inputs(), clean.train.inputs());
    spec.normalisation = NormalisationSpec::TrainingSet;
    let split = load(&spec, None, 3).unwrap();
    let inputs = split.train.inputs();
    let n = inputs.len() as f64;
    let mean = inputs.iter().map(|&value| f64::from(value)).sum::<f64>() / n;
    let variance = inputs.iter().map(|&value| (f64::from(value) - mean).powi(2)).sum::<f64>() / n;
    // Every input carries a relative rounding error of at most a few 2^-24.
    assert!(mean.abs() < 1e-6 && (variance - 1.0).abs() < 1e-6, "{mean} {variance}");
}

#[test]
fn built_in_sources_have_default_sizes() {
    let split = load(&DataSpec::new(Source::TwoCircles), None, 0).unwrap();
    assert_eq!((split.train.len(), split.test.len()), (100, 1000));
    let split = load(&DataSpec::new(Source::Strokes), None, 0).unwrap();
    assert_eq!((split.train.len(), split.test.len()), (10_000, 2_000));
}

#[test]
fn registries_name_what_configuration_files_accept() {
    let mut names = HashSet::new();
    for entry in &SOURCES {
        assert_eq!(parse(&format!("source = \"{}\"", entry.name)).unwrap().source, entry.source);
        assert_eq!(source(entry.source), entry);
        assert!(names.insert(entry.name), "{} is there twice", entry.name);
        assert!([entry.summary, entry.size, entry.licence, entry.reference].iter().all(|text| !text.is_empty()));
    }
    for entry in &TREATMENTS {
        let text = format!("source = \"mnist\"\n{} = {}", entry.name, entry.usage);
        let written = toml::to_string(&parse(&text).unwrap()).unwrap();
        assert!(written.contains(entry.name), "{written}");
        parse(&text).unwrap().check().unwrap();
        assert!(names.insert(entry.name), "{} is there twice", entry.name);
        let error = parse(&format!("source = \"mnist\"\n{} = {{ unknown = 1 }}", entry.name)).unwrap_err();
        assert!(error.contains("unknown field `unknown`"), "{error}");
    }
    for entry in &LABEL_NOISES {
        let text = format!("source = \"mnist\"\nlabel_noise = {{ kind = \"{}\", fraction = 0.5 }}", entry.name);
        assert_eq!(parse(&text).unwrap().label_noise.map(|noise| noise.kind), Some(entry.kind));
        assert!(names.insert(entry.name), "{} is there twice", entry.name);
    }
}

#[test]
fn what_is_published_has_addresses_and_checksums() {
    let origins = SOURCES
        .iter()
        .map(|source| (source.name, source.origin))
        .chain(LABELS.iter().map(|labels| (labels.name, labels.origin)));
    let mut files = HashSet::new();
    for (name, origin) in origins {
        let how = origin.to_string();
        match origin {
            Origin::BuiltIn => assert_eq!(how, "built in: no file is needed"),
            Origin::ByHand(by_hand) => assert!(how.contains("DATA_DIR") && how.contains(by_hand.folder), "{how}"),
            Origin::Download(download) => {
                assert_eq!(download.name, name);
                assert!(
                    how.starts_with(&format!("get it by `consilience data fetch {name} --data-dir DATA_DIR`")),
                    "{how}"
                );
                assert!(!download.wanted.is_empty() && !download.files.is_empty() && !download.addresses.is_empty());
                for address in download.addresses {
                    assert!(address.starts_with("http") && address.ends_with('/'), "{address}");
                }
                for file in download.files {
                    let digits = file.sha256.chars().all(|digit| matches!(digit, '0'..='9' | 'a'..='f'));
                    assert!(digits && file.sha256.len() == 64 && file.bytes > 0, "{file:?}");
                    assert!(files.insert(file.sha256), "{} is there twice", file.name);
                }
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(source(Source::Mnist).origin.bytes(), Some(9_912_422 + 28_881 + 1_648_877 + 4_542));
    let how = source(Source::Cifar10).origin.to_string();
    assert!(how.ends_with("and unpack it in DATA_DIR, which makes DATA_DIR/cifar-10-batches-bin"), "{how}");
}

#[test]
fn test_labels_are_corrupted_on_request_and_independently() {
    let mut spec = DataSpec { train: Some(300), test: Some(300), ..DataSpec::new(Source::Strokes) };
    spec.label_noise = Some(LabelNoise { kind: LabelNoiseKind::UniformOther, fraction: 0.4 });
    let clean = load(&spec, None, 5).unwrap();
    spec.label_noise_on_test = true;
    let noisy = load(&spec, None, 5).unwrap();
    assert_eq!(clean.train, noisy.train, "the training set does not depend on what becomes of the test set");
    assert_eq!((clean.test.corrupt_count(), noisy.test.corrupt_count()), (0, 120));
    let corrupt = |data: &consilience_data::Dataset| (0..300).map(|index| data.is_corrupt(index)).collect::<Vec<_>>();
    assert_ne!(corrupt(&noisy.train), corrupt(&noisy.test));
}
