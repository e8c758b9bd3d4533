use consilience_tensor::Real;

use super::{Description, Evidence, Needs, Value, value};

/// The most numbers of a parameter array whose own ratios are listed.
const LISTED: usize = 64;

pub(crate) const DESCRIPTION: Description = Description {
    name: "gsnr_single",
    summary: "gradient signal-to-noise ratio of single numbers of the parameters",
    explanation: "Definition: the ratio r_q = k_q^2 / rho_q^2 of gsnr for single numbers q of the parameters: of each array of at most 64 \
numbers all, in row-major order, as gsnr_single/2.weight/0, gsnr_single/2.weight/1 and so on. gsnr_single itself is the largest of all \
numbers of the network.
Range: 0 or more. Pure noise gives about 1/N.
Reading: which number learns when. What gsnr averages is often the peak of a few.
Undefined: as in gsnr, for a number whose variance is exactly 0.
Cost: that of gsnr.
Source: Liu et al. 2020 (GSNR, arXiv 2001.07384), section 3.2 and figure 3c.",
    values: &[value("gsnr_single", "largest GSNR of a single number")],
    needs: Needs::MOMENTS,
};

pub(crate) fn read<R: Real>(evidence: &Evidence<'_, R>) -> Vec<Value> {
    let Some(ratios) = &evidence.ratios else { return vec![("gsnr_single".to_owned(), None)] };
    let mut values = vec![("gsnr_single".to_owned(), ratios.largest())];
    for (place, parameter) in evidence.parameters.iter().enumerate() {
        let own = ratios.of(place);
        if own.len() <= LISTED {
            let name = |number: usize| format!("gsnr_single/{}/{number}", parameter.name);
            values.extend(own.iter().enumerate().map(|(number, &ratio)| (name(number), defined(ratio))));
        }
    }
    values
}

fn defined<R: Real>(ratio: R) -> Option<f64> {
    ratio.is_finite().then(|| ratio.f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantities::evidence::tests::{reduce, two_numbers};
    use crate::{Moments, ParameterReduced, Reduced};
    use consilience_nn::{Block, Network, layers::Linear};
    use consilience_tensor::{Cpu, Shape};

    #[test]
    fn by_hand() {
        let (network, reduced) = (two_numbers(), reduce(&[[3.0, 6.0], [1.0, 0.0]]));
        let expected = [
            ("gsnr_single".to_owned(), Some(2.0)),
            ("gsnr_single/0.weight/0".to_owned(), Some(2.0)),
            ("gsnr_single/0.weight/1".to_owned(), Some(0.5)),
        ];
        assert_eq!(read(&Evidence::new(&network, &reduced)), expected);
        let constant = reduce(&[[1.0, 0.0], [1.0, 0.0]]);
        assert!(read(&Evidence::new(&network, &constant)).into_iter().all(|(_, value)| value.is_none()));
    }

    #[test]
    fn large_arrays_give_their_maximum_only() {
        let network = Network::new(Shape::vector(65), &[Block::layer(Linear::new(65, 1).without_bias())]).unwrap();
        let array = |f: fn(usize) -> f64| Cpu::new(Shape::matrix(1, 65), (0..65).map(f).collect());
        let moments = Moments { count: 5, mean: array(|i| i as f64), square_deviations: array(|_| 4.0) };
        let reduced = Reduced {
            examples: 5,
            parameters: vec![ParameterReduced { moments: Some(moments), ..Default::default() }],
        };
        assert_eq!(read(&Evidence::new(&network, &reduced)), [("gsnr_single".to_owned(), Some(64.0 * 64.0))]);
    }
}
