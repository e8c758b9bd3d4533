//! The cases: what is timed, one function per kind, each on the public interface as a user would call it.

mod dots;
mod kernels;
mod output;
mod penalties;
mod quantities;
mod statistics;
mod steps;

use anyhow::Result;

pub use output::Output;

use consilience_gradients::Quantity;
use consilience_train::PenaltySpec;
use consilience_train::penalties::PenaltyKind;
use quantities::Watched;

use crate::glob;
use crate::problem::{DIFFERENCE_STEP, Net, PENALTY_WEIGHT, Size};

/// One call of what is timed.
pub type Step = Box<dyn FnMut() -> Result<Output> + Send>;

/// Something that is timed.
pub struct Case {
    pub workload: &'static str,
    pub variant: &'static str,
    /// Our own variant that times and memory are set in relation to: a plain step or gradient of the same network.
    pub plain: Option<&'static str>,
    /// The variants of other packages that compute the same, as patterns.
    pub peers: &'static [&'static str],
    /// Makes network, weights and data.
    pub build: Box<dyn Fn(Size) -> Result<Step> + Send + Sync>,
}

/// What a workload is.
pub const WORKLOADS: [(&str, &str); 10] = [
    ("W1", "plain SGD step, MLP 784-2048-10, batch 100"),
    ("W2", "winsorized SGD step, MLP 784-256-256-256-10, batch 100"),
    ("W3", "gradient statistics, CNN (20 and 50 maps), batch 128 (dataset_pass: 3750 examples in chunks of 125)"),
    ("W4", "empirical-NTK kernel, LeNet-5, batch 128"),
    ("W5", "gradient of CE + alpha tr K, LeNet-5, batch 128"),
    ("W6", "gradient of CE + lambda |grad L|^2, LeNet-5 and ResNet-18, batch 128"),
    ("W7", "per-example dot products and norms, CNN and ResNet-18, batch 128"),
    ("W8", "SGD step that reads quantities, MLP 784-256-256-256-10, batch 100"),
    ("W9", "SGD step that reads quantities, CNN (20 and 50 maps), batch 128"),
    ("W10", "gradient of CE and a penalty, LeNet-5, batch 128"),
];

/// Every case, in the order in which they run.
pub fn all() -> Vec<Case> {
    let mut cases = vec![
        case("W1", "plain_step", |size| steps::plain(Net::Mlp1, size)).alone(&["plain_step"]),
        case("W2", "plain_step", |size| steps::plain(Net::Mlp3, size)).alone(&["plain_step"]),
        case("W2", "winsor_c1", |size| steps::winsorized(size, 1)).beside("plain_step", &["winsor_c1/*"]),
        case("W2", "winsor_c2", |size| steps::winsorized(size, 2)).beside("plain_step", &["winsor_c2/*"]),
        case("W2", "winsor_c4", |size| steps::winsorized(size, 4)).beside("plain_step", &["winsor_c4/*"]),
        case("W2", "winsor_c8", |size| steps::winsorized(size, 8)).beside("plain_step", &["winsor_c8/*"]),
        case("W3", "plain_step", |size| steps::plain(Net::Cnn, size)).alone(&["plain_step"]),
        case("W3", "plain_grad", |size| steps::plain_gradient(Net::Cnn, false, size)).alone(&["plain_grad"]),
    ];
    for (variant, what, peers) in [
        ("moments", statistics::What { moments: true, signs: false }, &["moments", "moments/*"]),
        ("sign", statistics::What { moments: false, signs: true }, &["sign", "sign/*"]),
        ("both", statistics::What { moments: true, signs: true }, &["both", "both/*"]),
    ] {
        cases.push(case("W3", variant, move |size| statistics::batch(size, what)).beside("plain_grad", peers));
    }
    let same_pass = &["dataset_pass", "dataset_pass/*"];
    let traced = &["trace", "trace/*"];
    cases.extend([
        case("W3", "dataset_pass_plain", statistics::plain_data_set).alone(&["dataset_pass_plain"]),
        case("W3", "dataset_pass", statistics::data_set).beside("dataset_pass_plain", same_pass),
        case("W4", "plain_grad", |size| steps::plain_gradient(Net::Lenet, false, size)).alone(&["plain_grad"]),
        case("W4", "trace", kernels::trace).beside("plain_grad", traced),
        case("W4", "kb", kernels::traced).beside("plain_grad", &["kb", "kb/*"]),
        case("W4", "kfull_logdet", kernels::log_determinant).beside("plain_grad", &["kfull_logdet", "kfull_logdet/*"]),
        case("W5", "plain_step", |size| steps::plain(Net::Lenet, size)).alone(&["plain_step"]),
        case("W5", "exact", |size| penalties::kernel_trace(size, penalties::Trace::Exact))
            .beside("plain_step", &["jacrev", "jacrev/*", "per_output", "per_output/*", "scan"]),
        case("W5", "estimate", |size| penalties::kernel_trace(size, penalties::Trace::Estimate))
            .beside("plain_step", &[]),
    ]);
    for (names, net, peers) in [
        (
            ["lenet/plain_step", "lenet/plain_grad", "lenet/exact", "lenet/finite_difference"],
            Net::Lenet,
            &["lenet/double_backward", "lenet/jvp_of_grad", "lenet/grad_of_grad"],
        ),
        (
            ["resnet_bn/plain_step", "resnet_bn/plain_grad", "resnet_bn/exact", "resnet_bn/finite_difference"],
            Net::ResnetBatch,
            &["resnet_bn/double_backward", "resnet_bn/jvp_of_grad", "resnet_bn/grad_of_grad"],
        ),
    ] {
        let [step, gradient, exact, difference] = names;
        let plain_step: &'static [&'static str] =
            if net == Net::Lenet { &["lenet/plain_step"] } else { &["resnet_bn/plain_step"] };
        let norm = |how| move |size| penalties::gradient_norm(net, size, how);
        cases.extend([
            case("W6", step, move |size| steps::plain(net, size)).alone(plain_step),
            case("W6", gradient, move |size| steps::plain_gradient(net, true, size)).alone(&[]),
            case("W6", exact, norm(penalties::Norm::Exact)).beside(gradient, peers),
            case("W6", difference, norm(penalties::Norm::FiniteDifference)).beside(gradient, peers),
        ]);
    }
    for (names, net, peers) in [
        (
            ["cnn/plain_grad", "cnn/dots_and_norms"],
            Net::Cnn,
            &["cnn/vmap_grad*", "cnn/grad_sample", "cnn/batch_grad", "cnn/map_grad"],
        ),
        (
            ["resnet_gn/plain_grad", "resnet_gn/dots_and_norms"],
            Net::ResnetGroup,
            &["resnet_gn/vmap_grad*", "resnet_gn/grad_sample", "resnet_gn/batch_grad", "resnet_gn/map_grad"],
        ),
        (
            ["resnet_bn_eval/plain_grad", "resnet_bn_eval/dots_and_norms"],
            Net::ResnetBatch,
            &[
                "resnet_bn_eval/vmap_grad*",
                "resnet_bn_eval/grad_sample",
                "resnet_bn_eval/batch_grad",
                "resnet_bn_eval/map_grad",
            ],
        ),
    ] {
        let [gradient, dots] = names;
        let plain: &'static [&'static str] = match net {
            Net::Cnn => &["cnn/plain_grad"],
            Net::ResnetGroup => &["resnet_gn/plain_grad"],
            _ => &["resnet_bn_eval/plain_grad"],
        };
        cases.extend([
            case("W7", gradient, move |size| steps::plain_gradient(net, false, size)).alone(plain),
            case("W7", dots, move |size| dots::dots_and_norms(net, size)).beside(gradient, peers),
        ]);
    }
    for (workload, net) in [("W8", Net::Mlp3), ("W9", Net::Cnn)] {
        let watched = |quantities: Watched| move |size| steps::watched(net, size, quantities.clone());
        cases.push(case(workload, "plain_step", move |size| steps::plain(net, size)));
        cases.push(case(workload, "first_order", watched(Watched::first_order())).beside("plain_step", &[]));
        for &quantity in Quantity::ALL {
            let step = watched(Watched::new(vec![quantity]));
            cases.push(case(workload, quantity.description().name, step).beside("plain_step", &[]));
        }
    }
    cases.push(case("W10", "plain_grad", |size| steps::plain_gradient(Net::Lenet, false, size)));
    for kind in PenaltyKind::ALL {
        let exact = PenaltySpec::new(kind, PENALTY_WEIGHT);
        cases.push(penalty(kind.entry().name, exact));
    }
    let difference = |kind| PenaltySpec { step: Some(DIFFERENCE_STEP), ..PenaltySpec::new(kind, PENALTY_WEIGHT) };
    cases.push(penalty("gradient_norm/step", difference(PenaltyKind::GradientNorm)));
    cases.push(penalty("fisher_trace/step", difference(PenaltyKind::FisherTrace)));
    cases.push(penalty("average_jacobian/step", difference(PenaltyKind::AverageJacobian)));
    cases.push(penalty("unit_jacobian/step", difference(PenaltyKind::UnitJacobian)));
    let estimate = PenaltySpec { estimate: Some(true), ..PenaltySpec::new(PenaltyKind::KernelTrace, PENALTY_WEIGHT) };
    cases.push(penalty("kernel_trace/estimate", estimate));
    cases
}

fn penalty(variant: &'static str, spec: PenaltySpec) -> Case {
    case("W10", variant, move |size| penalties::named(size, &spec)).beside("plain_grad", &[])
}

/// The cases whose workload and variant match two patterns.
pub fn matching(workload: &str, variant: &str) -> Vec<Case> {
    let mut cases = all();
    cases.retain(|case| glob::matches(workload, case.workload) && glob::matches(variant, case.variant));
    cases
}

fn case(
    workload: &'static str,
    variant: &'static str,
    build: impl Fn(Size) -> Result<Step> + Send + Sync + 'static,
) -> Case {
    Case { workload, variant, plain: None, peers: &[], build: Box::new(build) }
}

impl Case {
    /// A plain step or gradient, which others are set in relation to.
    fn alone(self, peers: &'static [&'static str]) -> Self {
        Self { peers, ..self }
    }

    /// A case that is set in relation to a plain one.
    fn beside(self, plain: &'static str, peers: &'static [&'static str]) -> Self {
        Self { plain: Some(plain), peers, ..self }
    }
}

#[cfg(test)]
mod tests;
