//! Numbers that may be missing, in files: whatever is not finite is written as `null` and read back as `NaN`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

fn written(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

fn read(value: Option<f64>) -> f64 {
    value.unwrap_or(f64::NAN)
}

pub(crate) mod numbers {
    use super::{Deserialize, Deserializer, Serializer, read, written};

    pub(crate) fn serialize<S: Serializer>(values: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(values.iter().map(|value| written(*value)))
    }

    pub(crate) fn deserialize<'d, D: Deserializer<'d>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
        Ok(Vec::<Option<f64>>::deserialize(deserializer)?.into_iter().map(read).collect())
    }
}

pub(crate) mod points {
    use super::{Deserialize, Deserializer, Serializer, read, written};

    pub(crate) fn serialize<S: Serializer>(points: &[(f64, f64)], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(points.iter().map(|(x, y)| (written(*x), written(*y))))
    }

    pub(crate) fn deserialize<'d, D: Deserializer<'d>>(deserializer: D) -> Result<Vec<(f64, f64)>, D::Error> {
        let points = Vec::<(Option<f64>, Option<f64>)>::deserialize(deserializer)?;
        Ok(points.into_iter().map(|(x, y)| (read(x), read(y))).collect())
    }
}

pub(crate) mod number {
    use super::{Deserialize, Deserializer, Serialize, Serializer, read, written};

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
    pub(crate) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        written(*value).serialize(serializer)
    }

    pub(crate) fn deserialize<'d, D: Deserializer<'d>>(deserializer: D) -> Result<f64, D::Error> {
        Ok(read(Option::<f64>::deserialize(deserializer)?))
    }
}
