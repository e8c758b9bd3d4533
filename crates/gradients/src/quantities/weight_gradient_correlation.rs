use consilience_nn::Role;
use consilience_tensor::Real;

use super::correlation::correlation;
use super::largest_tenth::least_of_largest_tenth;
use super::{Description, Evidence, Needs, Value, value, value_per_parameter};

pub(crate) const DESCRIPTION: Description = Description {
    name: "weight_gradient_correlation",
    summary: "correlation between weights and the change of their mean gradient by the next step",
    explanation: "Definition: Pearson's correlation, over all weights w (not biases, scales or shifts), of w with the change of its mean \
gradient k by one step of gradient descent. In the limit of a small learning rate that change is -learning_rate H k (equation 25), \
and the correlation does not depend on the learning rate; k is the gradient of the mean loss on the probe batch and H its Hessian, so \
no other examples come between, as they would between two mini-batches. weight_gradient_correlation_top is the same over the tenth \
of the weights of largest magnitude.
Range: -1 to 1.
Reading: negative where learning the features before a weight makes the gradients of weights of opposite sign larger (equation 26), \
which raises their GSNR.
Undefined: when the weights or the changes do not vary.
Cost: on the probe batch, one backward pass and one pass on dual numbers. Also given for each weight matrix. In evaluation mode.
Source: Liu et al. 2020 (GSNR, arXiv 2001.07384), section 3.3 and figure 4a, which leaves open whether the step is a finite one.",
    values: &[
        value_per_parameter("weight_gradient_correlation", "correlation of weights with the change of their gradient"),
        value("weight_gradient_correlation_top", "the same over the largest tenth of weights"),
    ],
    needs: Needs::PARAMETERS.union(Needs::PROBE_GRADIENT_CHANGE),
};

pub(crate) fn read<R: Real>(evidence: &Evidence<'_, R>) -> Vec<Value> {
    let changes = evidence.probe.and_then(|probe| probe.gradient_change.as_deref()).unwrap_or_default();
    let mut all = Vec::new();
    let mut each = Vec::new();
    let mut weights = Vec::new();
    for (parameter, change) in evidence.parameters.iter().zip(changes) {
        let Some(values) = parameter.values.filter(|_| parameter.role == Role::Weight) else { continue };
        let pairs: Vec<(f64, f64)> = values.iter().map(|weight| weight.f64()).zip(change.iter().copied()).collect();
        each.push((format!("weight_gradient_correlation/{}", parameter.name), correlation(&pairs)));
        all.extend(pairs);
        weights.push(values);
    }
    let mut values = vec![("weight_gradient_correlation".to_owned(), correlation(&all))];
    values.extend(each);
    let least = least_of_largest_tenth(&weights).unwrap_or_default().f64();
    all.retain(|(weight, _)| weight.abs() >= least);
    values.push(("weight_gradient_correlation_top".to_owned(), correlation(&all)));
    values
}
