//! A run among others.

use consilience_record::result_settings;
use consilience_run::document::Node;
use consilience_run::{Method, RunError, SettingsError, resolved};
use std::collections::HashMap;
use std::path::Path;

/// More runs than this are a mistake in the making.
pub(crate) const MOST: usize = 100_000;

/// The longest readable part of a directory's name, in bytes; file systems take 255 for all of it.
const LONGEST: usize = 120;

/// A run among others: its name and settings, and the name of its directory.
#[derive(Clone, Debug)]
pub struct PlannedRun {
    /// The name of its directory: readable, the same for the same name and settings, and different for different settings.
    pub id: String,
    /// Its name and settings. Where they name the run that it follows, they have that run's `id`, until
    /// [`PlannedRun::in_directory`] knows better.
    pub method: Method,
    /// The run whose records it reads, as an index into the runs that it is one of.
    pub follows: Option<usize>,
    document: Node,
    followed_id: Option<String>,
}

impl PlannedRun {
    /// The run called `name` with the settings that `document` holds.
    ///
    /// # Errors
    /// When `document` holds an unknown key (with the nearest valid one), a value of the wrong type or out of range.
    pub fn new(name: impl Into<String>, document: Node) -> Result<Self, RunError> {
        let method = Method::read(name, document.clone())?;
        let mut readable = method.slug.as_str();
        while readable.len() > LONGEST {
            readable = &readable[..readable.char_indices().next_back().map_or(0, |(last, _)| last)];
        }
        let fingerprint = fingerprint(&result_settings(&resolved(&method.settings)?).to_string());
        let id = format!("{}-{fingerprint:016x}", readable.trim_end_matches('-'));
        Ok(Self { id, method, follows: None, document, followed_id: None })
    }

    /// The same run when it reads the records of the run at `index`, whose directory its settings call `id`.
    #[must_use]
    pub fn following(self, index: usize, id: String) -> Self {
        Self { follows: Some(index), followed_id: Some(id), ..self }
    }

    /// Its name and settings when all runs have their directories below `runs`.
    ///
    /// # Errors
    /// None that making the run has not ruled out.
    pub fn in_directory(&self, runs: &Path) -> Result<Method, SettingsError> {
        let Some(id) = &self.followed_id else { return Ok(self.method.clone()) };
        let mut document = self.document.clone();
        for text in document.texts_mut().into_iter().filter(|text| *text == id) {
            *text = runs.join(id).display().to_string();
        }
        Method::read(self.method.name.clone(), document)
    }
}

/// That no two of `runs` have the same directory, in which each would replace the other for ever.
///
/// # Errors
/// Names the first two that have.
pub fn check_directories<'a>(runs: impl IntoIterator<Item = &'a PlannedRun>) -> Result<(), SettingsError> {
    let mut seen: HashMap<&str, (usize, &str)> = HashMap::new();
    for (index, run) in runs.into_iter().enumerate() {
        let name = run.method.name.as_str();
        if let Some((first, other)) = seen.insert(&run.id, (index, name)) {
            let runs = format!("the runs {first} (`{other}`) and {index} (`{name}`)");
            return Err(SettingsError::new(format!("{runs} would have the same directory, `{}`", run.id))
                .hint("give one of them another name, or leave it out where both are the same"));
        }
    }
    Ok(())
}

/// Words for so many combinations of one index below each of `lengths` that their runs are not carried out.
pub fn too_many(lengths: impl IntoIterator<Item = usize>) -> Option<String> {
    let count = match lengths.into_iter().try_fold(1_usize, usize::checked_mul) {
        Some(count) if count <= MOST => return None,
        Some(count) => format!("{count} runs"),
        None => "more runs than can be counted".to_owned(),
    };
    Some(format!("{count}, and at most {MOST} are carried out"))
}

/// Every combination of one index below each of `lengths`, the last running fastest.
///
/// ```
/// use consilience_sweep::product;
///
/// assert_eq!(product(&[2, 1, 2]), [[0, 0, 0], [0, 0, 1], [1, 0, 0], [1, 0, 1]]);
/// ```
pub fn product(lengths: &[usize]) -> Vec<Vec<usize>> {
    lengths.iter().fold(vec![Vec::new()], |combinations, &length| {
        let extend = |combination: Vec<usize>| {
            (0..length).map(move |index| {
                let mut longer = combination.clone();
                longer.push(index);
                longer
            })
        };
        combinations.into_iter().flat_map(extend).collect()
    })
}

/// FNV-1a (Fowler, Noll, Vo) of 64 bits: the same for the same text on every machine and in every version.
pub(crate) fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "data = { source = 'two_circles' }\nmodel = { name = 'mlp' }\n";

    fn run(name: &str, text: &str) -> PlannedRun {
        PlannedRun::new(name, Node::parse("c.toml", text).unwrap()).unwrap()
    }

    #[test]
    fn fingerprints_are_those_of_the_published_algorithm() {
        assert_eq!(fingerprint(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fingerprint("foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn a_directory_is_named_after_the_run_and_its_settings() {
        let (a, again, other) =
            (run("Rate 0.1", TEXT), run("Rate 0.1", TEXT), run("Rate 0.1", &format!("seed = 1\n{TEXT}")));
        assert!(a.id.starts_with("rate-0-1-") && a.id.len() == "rate-0-1-".len() + 16, "{}", a.id);
        assert_eq!(a.id, again.id);
        assert_ne!(a.id, other.id);
        for no_result in ["checkpoints = { minutes = 1 }", "record = { tensorboard = false }"] {
            assert_eq!(run("Rate 0.1", &format!("{TEXT}{no_result}\n")).id, a.id);
        }
        // what is written out is no other setting
        assert_eq!(run("Rate 0.1", &format!("seed = 0\n{TEXT}")).id, a.id);
    }

    #[test]
    fn names_are_cut_between_characters() {
        let long = run(&"ä".repeat(200), TEXT).id;
        assert_eq!(long.len(), LONGEST + 17);
        assert!(long.starts_with(&"ä".repeat(LONGEST / 2)), "{long}");
    }
}
