//! The one table of quantities. A new quantity is one file in `quantities/` and one line here.

use consilience_tensor::Real;

use crate::quantities::{self, Description, Evidence, Value};

macro_rules! quantities {
    ($($(#[$doc:meta])* $variant:ident = $module:ident),* $(,)?) => {
        /// A quantity that is read from the reductions of per-example gradients.
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
    /// The share of examples whose gradient has the more frequent sign.
    SignAgreement = sign_agreement,
    /// `tr Sigma / |G|^2`.
    SimpleNoiseScale = simple_noise_scale,
    /// `tr K / n` of the outputs.
    TraceKernel = trace_kernel,
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
