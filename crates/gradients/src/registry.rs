//! The one table of quantities. A new quantity is one file in `quantities/` and one line here.

use consilience_tensor::Real;

use crate::quantities::{self, Description, Evidence, Value};

macro_rules! quantities {
    ($($(#[$doc:meta])* $variant:ident = $module:ident),* $(,)?) => {
        /// A built-in quantity that is read from the reductions of per-example gradients: a [`Statistic`](crate::Statistic) with a
        /// name in configuration files.
        ///
        /// ```
        /// use consilience_gradients::Quantity;
        /// let quantity = Quantity::named("m_coherence").unwrap();
        /// assert_eq!(quantity.description().values[0].name, "m_coherence");
        /// ```
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[non_exhaustive]
        pub enum Quantity {
            $($(#[$doc])* $variant,)*
        }

        impl Quantity {
            /// All of them, in the order in which they are listed.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// What it is, and what it needs.
            pub const fn description(self) -> &'static Description {
                match self {
                    $(Self::$variant => &quantities::$module::DESCRIPTION,)*
                }
            }

            /// Its values. The names start with those of [`Description::values`], in their order; values per parameter follow
            /// each as `name/parameter`. A value that is undefined is `None`.
            pub fn read<R: Real>(self, evidence: &Evidence<'_, R>) -> Vec<Value> {
                match self {
                    $(Self::$variant => quantities::$module::read(evidence),)*
                }
            }
        }
    };
}

quantities! {
    /// `|1/N sum_n g_n|`.
    MeanGradientNorm = mean_gradient_norm,
    /// `1/N sum_n |g_n|`.
    MeanExampleGradientNorm = mean_example_gradient_norm,
    /// `|sum_n g_n|^2 / sum_n |g_n|^2`.
    MCoherence = m_coherence,
    /// Gradient signal-to-noise ratio.
    Gsnr = gsnr,
    /// The same of single numbers.
    GsnrSingle = gsnr_single,
    /// The share of examples whose gradient has the more frequent sign.
    SignAgreement = sign_agreement,
    /// `tr Sigma / |G|^2`.
    SimpleNoiseScale = simple_noise_scale,
    /// `S / |G|^2` from gradient norms at two batch sizes.
    TwoBatchNoiseScale = two_batch_noise_scale,
    /// `1 - tr Sigma / (N |g|^2)`.
    Osgr = osgr,
    /// `sum_n |g_n|^2 / |sum_n g_n|^2`.
    GradientDiversity = gradient_diversity,
    /// The mean sign and cosine of `<g_n, g_m>`.
    Stiffness = stiffness,
    /// The most negative `<g_n, g_m>`.
    GradientConfusion = gradient_confusion,
    /// The same of micro-batches.
    MicroBatchGradientConfusion = micro_batch_gradient_confusion,
    /// The mean distance between gradients of micro-batches.
    GradientDisparity = gradient_disparity,
    /// The mean length of gradients of micro-batches.
    MicroBatchGradientNorm = micro_batch_gradient_norm,
    /// `sqrt(tr Sigma / (N |g|^2))`.
    NormTest = norm_test,
    /// The part of that along the mean gradient.
    InnerProductTest = inner_product_test,
    /// The part of that across it.
    OrthogonalityTest = orthogonality_test,
    /// The evidence-based stopping criterion.
    EarlyStopping = early_stopping,
    /// The share of weights of opposite sign to their mean gradient.
    OppositeSignShare = opposite_sign_share,
    /// The correlation of weights with the change of their gradient.
    WeightGradientCorrelation = weight_gradient_correlation,
    /// The correlation of the first layer's features with the target.
    FeatureTargetCorrelation = feature_target_correlation,
    /// `tr K / n` of the outputs.
    TraceKernel = trace_kernel,
    /// `log det K` of the outputs.
    LogDeterminantKernel = log_determinant_kernel,
    /// The eigenvalues of `K`.
    KernelSpectrum = kernel_spectrum,
    /// The alignment of `K` with the targets.
    KernelAlignment = kernel_alignment,
    /// The trace of the Fisher information.
    FisherTrace = fisher_trace,
    /// Norms of mean Jacobians.
    JacobianNorms = jacobian_norms,
    /// The trace of the Hessian.
    HessianTrace = hessian_trace,
    /// The eigenvalue of largest magnitude of the Hessian.
    HessianTopEigenvalue = hessian_top_eigenvalue,
    /// The rise of the loss within a small step uphill.
    Sharpness = sharpness,
}

impl Quantity {
    /// The name, as in configuration files.
    pub const fn name(self) -> &'static str {
        self.description().name
    }

    /// The quantity of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|quantity| quantity.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::Quantity;
    use std::collections::HashSet;

    #[test]
    fn names_are_unique_and_found() {
        let mut names = HashSet::new();
        let mut values = HashSet::new();
        for &quantity in Quantity::ALL {
            let description = quantity.description();
            assert!(names.insert(description.name), "{}", description.name);
            assert_eq!(Quantity::named(description.name), Some(quantity));
            for value in description.values {
                assert!(values.insert(value.name), "{}", value.name);
                assert!(value.name.starts_with(description.name), "{} of {}", value.name, description.name);
            }
        }
        assert_eq!(Quantity::named("gsnrr"), None);
    }

    #[test]
    fn every_explanation_has_its_parts() {
        for &quantity in Quantity::ALL {
            let description = quantity.description();
            assert!(!description.summary.ends_with('.'), "{}", description.name);
            for part in ["Definition: ", "Range: ", "Reading: ", "Undefined: ", "Cost: ", "Source: "] {
                assert!(description.explanation.contains(part), "{} lacks {part}", description.name);
            }
        }
    }
}
