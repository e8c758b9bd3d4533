//! Curves over training, in groups of kin.

use super::{Frame, Section, grid};
use crate::page::data::Data;
use crate::page::document::Page;

/// A group of curves.
struct Group {
    id: &'static str,
    title: &'static str,
    short: &'static str,
    lead: &'static str,
    /// Frames of several values, for a page of one run.
    together: &'static [(&'static str, &'static [&'static str])],
    /// The beginnings of names that belong here otherwise.
    beginnings: &'static [&'static str],
}

const GROUPS: [Group; 7] = [
    Group {
        id: "learning",
        title: "Loss and accuracy",
        short: "Loss",
        lead: "",
        together: &[
            ("loss", &["train_loss", "test_loss", "held_out_loss", "loss"]),
            ("accuracy", &["train_accuracy", "test_accuracy", "held_out_accuracy"]),
        ],
        beginnings: &["validation_loss", "validation_accuracy", "overfit"],
    },
    Group {
        id: "coherence",
        title: "Agreement of gradients",
        short: "Coherence",
        lead: "Where the gradients of the examples agree, the step they take together helps examples it was not made from.",
        together: &[
            ("stiffness (sign)", &["stiffness_sign", "stiffness_sign_within", "stiffness_sign_across"]),
            ("stiffness (cosine)", &["stiffness_cosine", "stiffness_cosine_within", "stiffness_cosine_across"]),
        ],
        beginnings: &[
            "m_coherence",
            "gradient_diversity",
            "stiffness",
            "gradient_confusion",
            "micro_batch_gradient_confusion",
            "gradient_disparity",
            "sign_agreement",
            "opposite_sign_share",
        ],
    },
    Group {
        id: "gsnr",
        title: "Signal and noise",
        short: "GSNR",
        lead: "How large the mean gradient is against its scatter over the examples.",
        together: &[("GSNR over parameters", &["gsnr_p95", "gsnr_mean", "gsnr_median", "gsnr_p5"])],
        beginnings: &[
            "gsnr",
            "osgr",
            "simple_noise_scale",
            "two_batch_noise_scale",
            "norm_test",
            "inner_product_test",
            "orthogonality_test",
            "early_stopping",
        ],
    },
    Group {
        id: "kernel",
        title: "Kernel of the outputs",
        short: "Kernel",
        lead: "On a fixed batch of examples: how the network's outputs for them move together when its parameters move.",
        together: &[],
        beginnings: &["trace_kernel", "log_determinant_kernel", "kernel_alignment", "feature_target_correlation"],
    },
    Group {
        id: "norms",
        title: "Gradient norms",
        short: "Norms",
        lead: "",
        together: &[],
        beginnings: &[
            "mean_gradient_norm",
            "mean_example_gradient_norm",
            "micro_batch_gradient_norm",
            "weight_gradient_correlation",
        ],
    },
    Group {
        id: "curvature",
        title: "Curvature",
        short: "Curvature",
        lead: "",
        together: &[],
        beginnings: &["hessian", "fisher_trace", "sharpness", "jacobian_norms"],
    },
    Group {
        id: "penalties",
        title: "Penalties",
        short: "Penalties",
        lead: "What was added to the loss, weights included.",
        together: &[],
        beginnings: &["penalty"],
    },
];

/// Names and kinds that have panels of their own.
const ELSEWHERE: [&str; 4] = ["kernel_spectrum", "pristine_accuracy", "corrupt_accuracy", "corrupt_accuracy_true"];

/// A section for each group of which something was recorded, and one for names that are in none.
pub(super) fn panels(page: &Page<'_>, data: &mut Data) -> Vec<Section> {
    let mut left: Vec<&str> = Vec::new();
    for series in page.runs.iter().flat_map(|run| &run.series) {
        let name = series.name.as_str();
        let is_elsewhere =
            ELSEWHERE.iter().any(|known| *known == name || (*known == "kernel_spectrum" && name.starts_with(known)));
        // An evaluation names its accuracies where targets are values, too, and leaves them undefined.
        let is_unmeasured = series.kind == "evaluation" && page.runs.iter().all(|run| run.last(name).is_none());
        let is_here = series.part.is_none() && !matches!(series.kind.as_str(), "shares" | "scores") && !is_unmeasured;
        if is_here && !is_elsewhere && !left.contains(&name) {
            left.push(name);
        }
    }
    let mut sections = Vec::new();
    for group in &GROUPS {
        let mut frames: Vec<Frame<'_>> = Vec::new();
        for (title, names) in group.together {
            let present: Vec<&str> = names.iter().copied().filter(|name| left.contains(name)).collect();
            left.retain(|name| !present.contains(name));
            frames.extend(Frame::of(page, title, &present));
        }
        let (own, others) = left.into_iter().partition(|name| belongs(name, group));
        left = others;
        frames.extend(own.iter().flat_map(|name: &&str| Frame::of(page, "", &[name])));
        if group.id == "learning" {
            frames = frames.into_iter().map(Frame::linear).collect();
        }
        sections.extend(section(group.id, group.title, group.short, group.lead, &frames, page, data));
    }
    let frames: Vec<Frame<'_>> = left.iter().flat_map(|name| Frame::of(page, "", &[name])).collect();
    sections.extend(section("other", "Other quantities", "Other", "", &frames, page, data));
    sections
}

fn belongs(name: &str, group: &Group) -> bool {
    let begins =
        |beginning: &&str| name.strip_prefix(*beginning).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'));
    group.beginnings.iter().any(begins)
}

fn section(
    id: &'static str,
    title: &str,
    short: &'static str,
    lead: &str,
    frames: &[Frame<'_>],
    page: &Page<'_>,
    data: &mut Data,
) -> Option<Section> {
    if frames.is_empty() {
        return None;
    }
    let lead = (!lead.is_empty()).then(|| lead.to_owned());
    Some(Section { id, title: title.to_owned(), short, lead, body: grid(frames, page, data) })
}

/// Whether a curve of the values called `name` has a place among its kin, or in a panel of its own. Others are shown, too: as other
/// quantities.
pub fn has_group(name: &str) -> bool {
    let is_together = |group: &Group| group.together.iter().any(|(_, names)| names.contains(&name));
    name.starts_with("kernel_spectrum")
        || ELSEWHERE.contains(&name)
        || GROUPS.iter().any(|group| belongs(name, group) || is_together(group))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_belong_by_whole_words() {
        for name in ["gsnr_undefined", "loss", "hessian_trace_standard_error", "kernel_spectrum_top_1", "penalty"] {
            assert!(has_group(name), "{name}");
        }
        assert!(!has_group("gsnrx") && !has_group("mine"));
    }
}
