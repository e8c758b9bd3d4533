//! Settings as configuration files give them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helper functions too")]

use consilience_train::{BatchSize, MonitorSpec, Schedule, SpecError, TrainSpec};

fn refused(toml: &str) -> String {
    toml::from_str::<TrainSpec>(toml).unwrap().validate().unwrap_err().to_string()
}

#[test]
fn every_key_has_a_default() {
    let spec: TrainSpec = toml::from_str("").unwrap();
    assert_eq!(spec, TrainSpec::default());
    assert!(spec.validate().is_ok());
    assert_eq!(spec.steps_in_total(1001), 10 * 11, "10 epochs of batches of 100");
    let monitor: MonitorSpec = toml::from_str("").unwrap();
    assert_eq!(monitor, MonitorSpec::default());
    assert!(monitor.validate().is_ok());
}

#[test]
fn what_is_written_is_read_again() {
    let text = r#"
        batch_size = "full"
        steps = 7
        learning_rate = 0.5
        momentum = 0.9
        weight_decay = 0.001
        loss = "hinge"
        last_batch = "drop"
        micro_batch = 32
        evaluate_every = 3
        evaluate_train = 10
        evaluation_batch = 5
        aggregator = { kind = "winsorized", count = 3 }
    "#;
    let spec: TrainSpec = toml::from_str(text).unwrap();
    assert_eq!((spec.batch_size, spec.steps_in_total(100)), (BatchSize::Full, 7));
    assert_eq!(toml::from_str::<TrainSpec>(&toml::to_string(&spec).unwrap()).unwrap(), spec);
    let monitor = MonitorSpec { every: Schedule::Log, ..MonitorSpec::default() };
    assert_eq!(toml::from_str::<MonitorSpec>(&toml::to_string(&monitor).unwrap()).unwrap(), monitor);
}

#[test]
fn ranges_are_checked_with_key_range_and_value() {
    assert_eq!(refused("epochs = 0"), "epochs: expected at least 1, got 0");
    assert_eq!(refused("learning_rate = -0.5"), "learning_rate: expected a finite number above 0, got -0.5");
    assert_eq!(refused("learning_rate = nan"), "learning_rate: expected a finite number above 0, got NaN");
    assert_eq!(refused("momentum = 1.0"), "momentum: expected from 0 to below 1, got 1");
    assert_eq!(refused("weight_decay = inf"), "weight_decay: expected a finite number of at least 0, got inf");
    assert_eq!(refused("micro_batch = 200"), "micro_batch: expected at most the batch size, 100, got 200");
    assert_eq!(refused("epochs = 1\nsteps = 1"), "epochs and steps cannot both be given; leave one of them out");
}

#[test]
fn types_and_keys_are_checked() {
    for (text, expected) in [
        ("batch_size = 0", "a number of examples of at least 1, or \"full\""),
        ("batch_size = \"half\"", "a number of examples of at least 1, or \"full\""),
        ("learning_rat = 0.1", "unknown field `learning_rat`"),
        ("aggregator = { kind = \"mean\", count = 1 }", "unknown field `count`"),
        ("aggregator = { kind = \"medium\" }", "unknown variant `medium`"),
    ] {
        let error = toml::from_str::<TrainSpec>(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
    for text in ["every = 0", "every = \"linear\""] {
        let error = toml::from_str::<MonitorSpec>(text).unwrap_err().to_string();
        assert!(error.contains("a number of steps of at least 1, \"log\", or a list of steps"), "{text}: {error}");
    }
}

#[test]
fn unknown_quantities_get_the_nearest_name() {
    let of = |name: &str| MonitorSpec { quantities: vec![name.to_owned()], ..MonitorSpec::default() }.validate();
    let error = of("m_coherance").unwrap_err();
    assert_eq!(error.to_string(), "quantities: unknown quantity `m_coherance`; did you mean `m_coherence`?");
    assert_eq!(of("qq").unwrap_err(), SpecError::UnknownQuantity { name: "qq".into(), nearest: None });
    let twice = MonitorSpec { quantities: vec!["gsnr".into(), "gsnr".into()], ..MonitorSpec::default() };
    assert_eq!(twice.resolve().unwrap().len(), 1);
}
