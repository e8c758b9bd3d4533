use bitflags::bitflags;

use crate::{Dots, Groups, Request};

bitflags! {
    /// What quantities are read from, as a set. The needs of several quantities unite into one pass over the batch and one
    /// measurement of the probe.
    ///
    /// Reductions are over the gradients of the losses of the batch's examples; what lies on the probe batch is measured by
    /// passes of its own, which the update does not share ([`measure_probe`](crate::measure_probe)).
    ///
    /// ```
    /// use consilience_gradients::quantities::Needs;
    /// let needs = Needs::SUM | Needs::PROBE_KERNEL;
    /// assert!(needs.of_probe() && !needs.is_per_example());
    /// ```
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
    pub struct Needs: u32 {
        /// [`Request::sum`].
        const SUM = 1;
        /// [`Request::sq_norms`].
        const SQ_NORMS = 1 << 1;
        /// The inner product of each example's gradient with the sum: [`Request::dots`].
        const DOTS = 1 << 2;
        /// [`Request::gram`].
        const GRAM = 1 << 3;
        /// [`Request::moments`].
        const MOMENTS = 1 << 4;
        /// [`Request::signs`].
        const SIGNS = 1 << 5;
        /// The sums of micro-batches: [`Request::groups`].
        const MICRO_BATCHES = 1 << 6;
        /// The inner products of the sums of micro-batches.
        const MICRO_BATCH_GRAM = 1 << 7 | Self::MICRO_BATCHES.bits();
        /// The values of the parameters.
        const PARAMETERS = 1 << 8;
        /// The classes of the batch's examples.
        const CLASSES = 1 << 9;
        /// `tr K` on the probe.
        const PROBE_TRACE = 1 << 16;
        /// `K` on the probe, in double precision.
        const PROBE_KERNEL = 1 << 17;
        /// The trace of the Fisher information on the probe.
        const PROBE_FISHER = 1 << 18;
        /// Norms of the Jacobian of micro-batches of the probe.
        const PROBE_JACOBIAN = 1 << 19;
        /// The trace of the Hessian of the probe's mean loss.
        const PROBE_HESSIAN_TRACE = 1 << 20;
        /// The top eigenvalue of the Hessian of the probe's mean loss.
        const PROBE_HESSIAN_TOP = 1 << 21;
        /// The rise of the probe's mean loss along its gradient.
        const PROBE_SHARPNESS = 1 << 22;
        /// What enters the second layer, correlated with the probe's targets.
        const PROBE_FEATURES = 1 << 23;
        /// How a step of gradient descent on the probe changes its gradient.
        const PROBE_GRADIENT_CHANGE = 1 << 24;
    }
}

impl Needs {
    /// Nothing.
    pub const NONE: Self = Self::empty();

    const OF_PROBE: Self = Self::PROBE_TRACE
        .union(Self::PROBE_KERNEL)
        .union(Self::PROBE_FISHER)
        .union(Self::PROBE_JACOBIAN)
        .union(Self::PROBE_HESSIAN_TRACE)
        .union(Self::PROBE_HESSIAN_TOP)
        .union(Self::PROBE_SHARPNESS)
        .union(Self::PROBE_FEATURES)
        .union(Self::PROBE_GRADIENT_CHANGE);

    /// Whether anything is needed of the probe batch.
    pub const fn of_probe(self) -> bool {
        self.intersects(Self::OF_PROBE)
    }

    /// Whether gradients of single examples of the batch must exist. Micro-batches need none where each is a pass of its own.
    pub const fn is_per_example(self) -> bool {
        let per_example = Self::SQ_NORMS.union(Self::DOTS).union(Self::GRAM).union(Self::MOMENTS).union(Self::SIGNS);
        self.intersects(per_example)
    }

    /// Whether all examples of the batch must meet in one pass: their products with each other do not follow from those within
    /// its parts.
    pub const fn is_across_examples(self) -> bool {
        self.intersects(Self::DOTS.union(Self::GRAM))
    }

    /// Adds to `request` what is needed of the pass that back-propagates the loss, with micro-batches of `micro_batch`
    /// consecutive examples. Groups that are asked for already stay as they are; their sizes are then the micro-batches'.
    pub fn add_to<R>(self, request: &mut Request<R>, micro_batch: usize) {
        request.sum |= self.contains(Self::SUM);
        request.sq_norms |= self.contains(Self::SQ_NORMS);
        request.moments |= self.contains(Self::MOMENTS);
        request.signs |= self.contains(Self::SIGNS);
        request.gram |= self.contains(Self::GRAM);
        if self.contains(Self::DOTS) {
            match request.dots {
                // the products with the sum are the sums of the rows of the Gram matrix
                _ if request.gram => {}
                Some(Dots::With(_)) => request.gram = true,
                Some(Dots::Sum) | None => request.dots = Some(Dots::Sum),
            }
        }
        if self.contains(Self::MICRO_BATCHES) {
            let size = micro_batch.max(1);
            let groups = request.groups.get_or_insert(Groups { size, keep_sums: false, gram: false });
            groups.gram |= self.contains(Self::MICRO_BATCH_GRAM);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(needs: Needs) -> Request<f32> {
        let mut request = Request::default();
        needs.add_to(&mut request, 8);
        request
    }

    #[test]
    fn products_with_the_sum_come_with_the_gram_matrix() {
        assert!(matches!(request(Needs::DOTS).dots, Some(Dots::Sum)));
        let both = request(Needs::DOTS | Needs::GRAM);
        assert!(both.gram && both.dots.is_none());
        let mut taken = Request::<f32> { dots: Some(Dots::With(Vec::new())), ..Request::default() };
        Needs::DOTS.add_to(&mut taken, 8);
        assert!(taken.gram, "where the products are with another vector");
    }

    #[test]
    fn groups_that_are_asked_for_stay() {
        assert_eq!(request(Needs::MICRO_BATCHES).groups, Some(Groups { size: 8, keep_sums: false, gram: false }));
        let mut request =
            Request::<f32> { groups: Some(Groups { size: 3, keep_sums: true, gram: false }), ..Request::default() };
        Needs::MICRO_BATCH_GRAM.add_to(&mut request, 8);
        assert_eq!(request.groups, Some(Groups { size: 3, keep_sums: true, gram: true }));
    }

    #[test]
    fn what_lies_on_the_probe_asks_nothing_of_the_batch() {
        for needs in [Needs::NONE, Needs::PROBE_KERNEL, Needs::PROBE_GRADIENT_CHANGE, Needs::PARAMETERS] {
            assert!(request(needs).is_empty(), "{needs:?}");
            assert!(!needs.is_per_example());
        }
        assert!(!Needs::MICRO_BATCH_GRAM.is_per_example() && Needs::GRAM.is_across_examples());
    }
}
