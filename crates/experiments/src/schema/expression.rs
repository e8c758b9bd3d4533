//! Expressions of measures, axes and parameters.

use exmex::{Express, FlatEx};

/// An expression such as `1 - deviations / (n * squares)`, parsed. Operators are `+ - * / ^`, functions those of `exmex`, such
/// as `sqrt`, `ln` and `abs`.
#[derive(Clone, Debug)]
pub struct Formula(FlatEx<f64>);

impl Formula {
    /// Parses `text`.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        exmex::parse::<f64>(&braced(text)).map(Self).map_err(|error| error.msg().to_owned())
    }

    /// The names in it, sorted.
    pub fn names(&self) -> &[String] {
        self.0.var_names()
    }

    /// Its value, where `value` has one for each name and the result is finite.
    pub fn value(&self, mut value: impl FnMut(&str) -> Option<f64>) -> Option<f64> {
        let values: Vec<f64> = self.0.var_names().iter().map(|name| value(name)).collect::<Option<_>>()?;
        self.0.eval(&values).ok().filter(|result| result.is_finite())
    }
}

/// The same expression with every name that is not called as a function in braces, as the parser would take `max_train` for the
/// function `max` otherwise, and with numbers as it reads them.
fn braced(text: &str) -> String {
    let mut braced = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_part = |character: char| character.is_ascii_alphanumeric() || character == '_';
        let end = if first.is_ascii_digit() {
            // a number, whose exponent may have a sign
            let mut end = rest.find(|character: char| !is_part(character) && character != '.').unwrap_or(rest.len());
            if rest[..end].ends_with(['e', 'E']) && rest[end..].starts_with(['-', '+']) {
                end += 1;
                end += rest[end..].find(|character: char| !is_part(character)).unwrap_or(rest.len() - end);
            }
            end
        } else if is_part(first) {
            rest.find(|character: char| !is_part(character)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (token, after) = rest.split_at(end);
        let is_name = is_part(first) && !first.is_ascii_digit() && !after.trim_start().starts_with('(');
        if is_name {
            braced.extend(["{", token, "}"]);
        } else if let (true, Ok(number)) = (first.is_ascii_digit(), token.parse::<f64>()) {
            // written without an exponent, which the parser does not know
            braced.push_str(&number.to_string());
        } else {
            braced.push_str(token);
        }
        rest = after;
    }
    braced
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_have_the_values_of_arithmetic() {
        let at = |name: &str| match name {
            "a" => Some(6.0),
            "b_2" => Some(1.5),
            "max_a" => Some(-2.0),
            _ => None,
        };
        for (text, expected) in [
            ("1 - a / (4 * b_2)", Some(0.0)),
            ("-a ^ 2", Some(36.0)),
            ("sqrt(a * b_2)", Some(3.0)),
            ("a / (b_2 - 1.5)", None),
            ("a + missing", None),
            ("1.5e-1 * abs(max_a) - (1 - 0.9 * a)", Some(4.7)),
        ] {
            let value = Formula::parse(text).unwrap().value(at);
            assert!(value.zip(expected).map_or(value == expected, |(a, b)| (a - b).abs() < 1e-14), "{text}: {value:?}");
        }
        assert_eq!(Formula::parse("b_2 * a + a").unwrap().names(), ["a", "b_2"]);
        assert!(Formula::parse("a +* b").is_err());
        assert!(Formula::parse("(a").is_err());
    }
}
