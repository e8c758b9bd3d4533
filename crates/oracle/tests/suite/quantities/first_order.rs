use consilience_gradients::quantities::Needs;
use consilience_gradients::{ProbeSettings, signal};
use consilience_oracle::cases::{self, Case};
use consilience_oracle::quantities::{Batch, OnProbe, Values};
use consilience_tensor::{Cpu, Shape};

use crate::quantities::{LOSS, Measured, assert_values};

const EXAMPLES: usize = 11;
const MICRO_BATCH: usize = 3;
const SEED: u64 = 41;

/// Linear layers, convolutions by both routes, normalisation, residual blocks.
fn cases() -> Vec<Case> {
    let names = [
        "linear on tokens, twice",
        "conv2d with few positions",
        "group_norm behind conv2d",
        "batch_norm2d frozen behind conv2d",
        "max_pool2d",
        "residual",
        "relu",
        "tanh",
    ];
    cases::independent().unwrap().into_iter().filter(|case| names.contains(&case.name)).collect()
}

fn measured(case: &Case) -> Measured<'_> {
    let settings = ProbeSettings { micro_batch: MICRO_BATCH, ..ProbeSettings::new(SEED) };
    Measured { case, input: case.batch(EXAMPLES), targets: case.targets(EXAMPLES), settings }
}

fn on_the_batch(measured: &Measured<'_>) -> Values {
    let rows = measured.case.subject().loss_gradients(&measured.input, LOSS, &measured.targets).unwrap();
    let (parameters, is_weight) = measured.flat();
    let classes = measured.targets.classes().unwrap();
    Batch {
        gradients: &rows,
        parameters: &parameters,
        is_weight: &is_weight,
        classes: &classes,
        micro_batch: MICRO_BATCH,
    }
    .values()
}

fn on_the_probe(measured: &Measured<'_>) -> Values {
    let subject = measured.case.subject();
    let (gradients, outputs) =
        (subject.output_gradients(&measured.input).unwrap(), subject.outputs(&measured.input).unwrap());
    let width = outputs[0].len();
    let array = Cpu::new(Shape::matrix(EXAMPLES, width), outputs.concat());
    let directions: Cpu<f64> = signal::random_unit(EXAMPLES, width, MICRO_BATCH, SEED);
    OnProbe {
        gradients: &gradients,
        outputs: &outputs,
        classes: &measured.targets.classes().unwrap(),
        micro_batch: MICRO_BATCH,
        sampled: &signal::sampled_labels(&array, SEED),
        directions: &directions.as_slice().chunks(width).map(<[f64]>::to_vec).collect::<Vec<_>>(),
    }
    .values()
}

#[test]
fn on_the_batch_in_double_precision() {
    assert_eq!(cases().len(), 8);
    for case in cases() {
        let measured = measured(&case);
        let got = measured.values::<f64>(|needs| !needs.of_probe());
        let expected = on_the_batch(&measured);
        assert!(expected.len() >= 30, "{}: {expected:?}", case.name);
        assert_values(case.name, &got, &expected, 1e-9);
    }
}

/// Of numbers whose signs and thresholds rounding cannot turn.
#[test]
fn on_the_batch_in_single_precision() {
    for case in cases() {
        let measured = measured(&case);
        let got = measured.values::<f32>(|needs| !needs.of_probe());
        let smooth = |name: &str| {
            !["sign", "opposite", "gsnr", "early"].iter().any(|part| name.contains(part)) && !name.ends_with("scale")
        };
        let expected: Values = on_the_batch(&measured).into_iter().filter(|(name, _)| smooth(name)).collect();
        // sums of a hundred rounded operations, and differences of them that lose two digits
        assert_values(case.name, &got, &expected, 100.0 * 100.0 * f64::from(f32::EPSILON));
    }
}

#[test]
fn on_the_probe_in_both_precisions() {
    let first = |needs: Needs| {
        let second = Needs::PROBE_HESSIAN_TRACE | Needs::PROBE_HESSIAN_TOP | Needs::PROBE_SHARPNESS;
        needs.of_probe() && !needs.intersects(second | Needs::PROBE_FEATURES | Needs::PROBE_GRADIENT_CHANGE)
    };
    for case in cases() {
        let measured = measured(&case);
        let expected = on_the_probe(&measured);
        assert_values(case.name, &measured.values::<f64>(first), &expected, 1e-9);
        // the kernel is in double precision in any case, as the parameters are representable in single precision
        let kernel = |needs: Needs| needs == Needs::PROBE_KERNEL;
        let of_kernel: Values = expected
            .iter()
            .copied()
            .filter(|(name, _)| name.contains("kernel") && !name.starts_with("trace"))
            .collect();
        assert_eq!(of_kernel.len(), 7);
        assert_values(case.name, &measured.values::<f32>(kernel), &of_kernel, 1e-9);
        let others: Values = expected.into_iter().filter(|pair| !of_kernel.contains(pair)).collect();
        assert_values(case.name, &measured.values::<f32>(first), &others, 1e-3);
    }
}
