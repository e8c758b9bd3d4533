use consilience_tensor::Real;

use super::correlation::correlation;
use super::{Description, Evidence, Needs, Value, ratio, value};
use crate::Probe;

/// The most features whose own correlations are listed.
const LISTED: usize = 64;

pub(crate) const DESCRIPTION: Description = Description {
    name: "feature_target_correlation",
    summary: "correlation of the first layer's features with the target",
    explanation: "Definition: Pearson's correlation of a feature with the target over the examples of a fixed probe batch whose target is known. The features are what \
enters the second layer that has a weight, after the activation; the channels of images and tokens are averaged over positions. With \
several outputs the target is the output (of classes: its indicator) with which the feature correlates most. Given are the mean and the \
maximum over features of the magnitude and, of networks with at most 64 features, each feature's correlation with its sign as \
feature_target_correlation/0, feature_target_correlation/1 and so on.
Range: 0 to 1; -1 to 1 with the sign.
Reading: learning raises it: the first layer comes to extract what the target depends on.
Undefined: for a feature that does not vary (a dead unit), which is left out of the mean; when no feature or no target varies; when the \
network has only one layer with a weight.
Cost: one forward and one backward pass over the probe batch. In evaluation mode.
Source: Liu et al. 2020 (GSNR, arXiv 2001.07384), section 3.2 and table 1 (one output).",
    values: &[
        value("feature_target_correlation", "mean |correlation| of features with the target"),
        value("feature_target_correlation_max", "largest |correlation| of a feature with the target"),
    ],
    needs: Needs::PROBE_FEATURES,
};

pub(crate) fn read<R: Real>(evidence: &Evidence<'_, R>) -> Vec<Value> {
    let each = evidence.probe.map(correlations).unwrap_or_default();
    let magnitudes: Vec<f64> = each.iter().flatten().map(|correlation| correlation.abs()).collect();
    let mut values = vec![
        ("feature_target_correlation".to_owned(), ratio(magnitudes.iter().sum(), magnitudes.len() as f64)),
        ("feature_target_correlation_max".to_owned(), magnitudes.into_iter().reduce(f64::max)),
    ];
    if each.len() <= LISTED {
        let listed = each.into_iter().enumerate();
        values.extend(listed.map(|(place, value)| (format!("feature_target_correlation/{place}"), value)));
    }
    values
}

/// Of each feature, with the output with which it correlates most.
fn correlations(probe: &Probe) -> Vec<Option<f64>> {
    let Some(features) = &probe.features else { return Vec::new() };
    let column = |values: &[f64], width: usize, place: usize| -> Vec<f64> {
        values.iter().skip(place).step_by(width).copied().collect()
    };
    let targets: Vec<Vec<f64>> =
        (0..probe.outputs).map(|output| column(&probe.targets, probe.outputs, output)).collect();
    let strongest = |feature: usize| {
        let feature = column(&features.values, features.count, feature);
        let with = |target: &Vec<f64>| {
            let pairs = feature.iter().copied().zip(target.iter().copied());
            // a target that is not known is no number
            correlation(&pairs.filter(|(_, target)| !target.is_nan()).collect::<Vec<_>>())
        };
        targets.iter().filter_map(with).reduce(|best, next| if next.abs() > best.abs() { next } else { best })
    };
    (0..features.count).map(strongest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::{Features, ProbeBatch, ProbeSettings, measure_probe};
    use crate::quantities::evidence::tests::on_probe;
    use consilience_nn::layers::{Activate, Linear};
    use consilience_nn::losses::{Loss, Targets};
    use consilience_nn::{Block, Network};
    use consilience_tensor::{Activation, Cpu, Shape};

    #[test]
    fn by_hand() {
        let layers = [
            Block::layer(Linear::new(1, 3)),
            Block::layer(Activate(Activation::Relu)),
            Block::layer(Linear::new(3, 1)),
        ];
        let network = Network::new(Shape::vector(1), &layers).unwrap();
        // features relu(x), relu(-x) and relu(-1), which is dead
        let parameters = [
            Cpu::new(Shape::matrix(3, 1), vec![1.0, -1.0, 0.0]),
            Cpu::new(Shape::vector(3), vec![0.0, 0.0, -1.0]),
            Cpu::new(Shape::matrix(1, 3), vec![1.0; 3]),
            Cpu::new(Shape::vector(1), vec![0.0]),
        ];
        let measured = |inputs: Vec<f64>, targets: &Targets| {
            let (inputs, loss) = (Cpu::new(Shape::matrix(inputs.len(), 1), inputs), Loss::MeanSquaredError);
            let batch = ProbeBatch { inputs, targets, loss, settings: ProbeSettings::new(0) };
            measure_probe(&network, &parameters, &[], &batch, DESCRIPTION.needs).unwrap()
        };
        let probe = measured(vec![1.0, -1.0, 0.0], &Targets::Values(vec![0.0, 3.0, 3.0], 1));
        let values: Vec<f64> = vec![1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0];
        assert_eq!(probe.features, Some(Features { values, count: 3 }));
        // relu(x) = (1, 0, 0) against (0, 3, 3): -1; relu(-x) = (0, 1, 0): 1/2
        let expected = [Some(0.75), Some(1.0), Some(-1.0), Some(0.5), None];
        for (got, expected) in on_probe(&probe, read).into_iter().zip(expected) {
            assert_eq!(got.is_some(), expected.is_some());
            assert!((got.unwrap_or(0.0) - expected.unwrap_or(0.0)).abs() < 1e-15, "{got:?} {expected:?}");
        }
        // an example whose target is unknown counts for nothing
        let masked = measured(vec![1.0, 5.0, -1.0, 0.0], &Targets::Masked(vec![0.0, f32::NAN, 3.0, 3.0], 1));
        assert_eq!(on_probe(&masked, read), on_probe(&probe, read));
    }
}
