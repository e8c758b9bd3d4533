//! The runs that `[sweep]` of a configuration file makes.

use crate::axis::{Axis, heading, line, overlap};
use crate::distribution::Drawn;
use crate::error::SweepError;
use crate::member::Member;
use crate::planned_run::{MOST, PlannedRun, check_directories, product, too_many};
use crate::written::{exact, short};
use consilience_run::document::{Entry, Node, Origin, Value, explain};
use consilience_run::{Configuration, Draft, SettingsError, resolved};
use consilience_train::nearest::nearest;
use std::collections::{HashMap, HashSet};

/// In how many attempts a draw must differ from those before it.
const ATTEMPTS: usize = 1000;

/// The keys of `[sweep]` that are no settings.
const OWN_KEYS: [&str; 4] = ["method", "run", "draws", "draw_seed"];

/// The runs that `[sweep]` of a configuration file makes.
///
/// Its keys are settings by dotted path, with what they are to be:
///
/// ```toml
/// [sweep]
/// method = ["winsorized"]                                 # only these of [[method]]; without it, all of them
/// seed = [0, 1, 2]                                        # an axis: every value
/// "train.learning_rate" = { log_uniform = [1e-3, 1.0] }   # drawn at random, `draws` times
/// "train.batch_size" = { uniform = [50, 200], whole = true }
/// "train.momentum" = { choice = [0.0, 0.9] }
/// draws = 20
/// draw_seed = 0
///
/// [[sweep.run]]                                           # a list: settings that go together
/// name = "narrow"
/// "model.widths" = [16]
/// ```
///
/// Everything multiplies: each method with each entry of the list, each draw and each value of every axis, the last axis running
/// fastest. The draws follow from `draw_seed` alone: more of them leave the first as they are.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// The name of the configuration file.
    pub name: String,
    /// In what the runs differ: `method`, `run` (the names in the list), and the settings, by dotted path.
    pub axes: Vec<String>,
    /// The runs; a run's index is its number in plans and job arrays.
    pub runs: Vec<Member>,
}

/// Settings that a run takes together, and the name of the combination if it has one.
#[derive(Clone, Debug, Default)]
struct Combination {
    name: Option<String>,
    set: Vec<Entry>,
}

/// An entry of `[[sweep.run]]` besides its settings.
const NAME: &str = "name";

impl Sweep {
    /// The runs that the sweep of `configuration` makes.
    ///
    /// # Errors
    /// When there is no sweep, or it has no runs; a setting is swept twice, or from the command line as well; two runs are the
    /// same or would share a directory; settings cannot be taken: an unknown key or choice, a value of the wrong type or out of range, each with its place.
    pub fn new(configuration: &Configuration) -> Result<Self, SweepError> {
        let space = Space::read(configuration)?;
        let runs = space.members(configuration)?;
        let mut seen: HashMap<(String, usize), usize> = HashMap::new();
        for (index, (method, member)) in runs.iter().enumerate() {
            let settings = resolved(&member.run.method.settings)?.to_string();
            if let Some(first) = seen.insert((settings, *method), index) {
                let (a, b) = (&runs[first].1.run.method.name, &member.run.method.name);
                return Err(SettingsError::new(format!("the runs {first} (`{a}`) and {index} (`{b}`) are the same"))
                    .hint("each run is carried out once: leave out one of the values that mean the same")
                    .into());
            }
        }
        let runs: Vec<Member> = runs.into_iter().map(|(_, member)| member).collect();
        check_directories(runs.iter().map(|member| &member.run))?;
        Ok(Self { name: configuration.name.clone(), axes: space.headings(configuration), runs })
    }
}

/// What `[sweep]` says.
#[derive(Debug)]
struct Space {
    /// The methods, as indices of drafts.
    methods: Vec<usize>,
    list: Vec<Combination>,
    drawn: Vec<Drawn>,
    draws: Vec<Combination>,
    axes: Vec<Axis>,
}

impl Space {
    fn read(configuration: &Configuration) -> Result<Self, SettingsError> {
        let Some(sweep) = &configuration.sweep else {
            return Err(SettingsError::new(format!("`{}` has no [sweep]", configuration.name))
                .hint("add one, such as [sweep] and below it \"train.learning_rate\" = [0.1, 0.01]")
                .hint("or give an axis on the command line: --set 'sweep.train.learning_rate=[0.1, 0.01]'"));
        };
        let Value::Table(entries) = &sweep.value else {
            let found = sweep.value.describe();
            return Err(SettingsError::new(format!("`sweep`: expected a table, found {found} ({})", sweep.origin)));
        };
        let mut leaves = Vec::new();
        for entry in entries.iter().filter(|entry| !OWN_KEYS.contains(&entry.key.as_str())) {
            flatten(&entry.key, &entry.node, &mut leaves)?;
        }
        // the order of the file, in which a later axis runs faster
        leaves.sort_by_key(|(_, node)| line(&node.origin));
        let mut space = Self {
            methods: methods(configuration, sweep)?,
            list: list(sweep)?,
            drawn: vec![],
            draws: vec![],
            axes: vec![],
        };
        for (path, node) in leaves {
            let scalar = !matches!(node.value, Value::List(_) | Value::Table(_));
            if let (true, Some(near)) = (scalar, nearest(&path, OWN_KEYS)) {
                return Err(SettingsError::new(format!("unknown key `{path}` in [sweep] ({})", node.origin))
                    .hint(format!("did you mean `{near}`?")));
            }
            if Drawn::is_one(&node) {
                space.drawn.push(Drawn::read(path, node)?);
            } else {
                space.axes.push(Axis::read(path, node)?);
            }
        }
        space.draws = draws(sweep, &space.drawn)?;
        space.check(configuration, &sweep.origin)?;
        Ok(space)
    }

    /// The settings that are swept, in order, and where.
    fn swept(&self) -> Vec<(&str, &Origin)> {
        let mut swept: Vec<(&str, &Origin)> = Vec::new();
        for entry in self.list.iter().flat_map(|combination| &combination.set) {
            if !swept.iter().any(|(path, _)| *path == entry.key) {
                swept.push((&entry.key, &entry.origin));
            }
        }
        swept.extend(self.drawn.iter().map(|drawn| (drawn.path.as_str(), &drawn.node.origin)));
        swept.extend(self.axes.iter().map(|axis| (axis.path.as_str(), &axis.values[0].origin)));
        swept
    }

    fn check(&self, configuration: &Configuration, origin: &Origin) -> Result<(), SettingsError> {
        let swept = self.swept();
        if swept.is_empty() && self.list.len() < 2 && !configuration.has_variants {
            return Err(SettingsError::new(format!("the sweep is empty: it has no axes ({origin})"))
                .hint("add a setting with a list of values, such as \"train.learning_rate\" = [0.1, 0.01]"));
        }
        for (index, (path, place)) in swept.iter().enumerate() {
            if let Some((other, _)) = swept[..index].iter().find(|(other, _)| overlap(other, path)) {
                return Err(SettingsError::new(format!("`{path}` and `{other}` in [sweep] set the same ({place})"))
                    .hint("let one of them set all of it, with tables as values, or list the combinations as [[sweep.run]]"));
            }
            for draft in &configuration.drafts {
                if let Some(argument) = draft.document.find(path.split('.')).and_then(argument) {
                    return Err(SettingsError::new(format!("`{path}` is swept ({place}) and given by {argument}"))
                        .hint(format!("leave one of them out, or change the values by --set 'sweep.{path}=[...]'")));
                }
            }
        }
        let counts = [self.methods.len(), self.list.len().max(1), self.draws.len().max(1)];
        match too_many(counts.into_iter().chain(self.axes.iter().map(|axis| axis.values.len()))) {
            None => Ok(()),
            Some(words) => Err(SettingsError::new(format!("the sweep has {words} ({origin})"))
                .hint("draw some of them at random, with `draws`")),
        }
    }

    fn headings(&self, configuration: &Configuration) -> Vec<String> {
        let method = configuration.has_variants.then(|| "method".to_owned());
        let named = self.list.iter().any(|combination| combination.name.is_some()).then(|| "run".to_owned());
        let swept = self.swept().into_iter().map(|(path, _)| path.to_owned());
        method.into_iter().chain(named).chain(swept).collect()
    }

    /// All runs, each with its method.
    fn members(&self, configuration: &Configuration) -> Result<Vec<(usize, Member)>, SweepError> {
        let nothing = [Combination::default()];
        let list = if self.list.is_empty() { &nothing[..] } else { &self.list };
        let draws = if self.draws.is_empty() { &nothing[..] } else { &self.draws };
        let lengths: Vec<usize> = [self.methods.len(), list.len(), draws.len()]
            .into_iter()
            .chain(self.axes.iter().map(|axis| axis.values.len()))
            .collect();
        let headings = self.headings(configuration);
        let mut members = Vec::new();
        for place in product(&lengths) {
            let method = self.methods[place[0]];
            let draft = &configuration.drafts[method];
            let combination = &list[place[1]];
            let on_axes = self.axes.iter().zip(&place[3..]).map(|(axis, &value)| {
                let node = axis.values[value].clone();
                Entry { key: axis.path.clone(), origin: node.origin.clone(), node }
            });
            let set: Vec<Entry> = combination.set.iter().chain(&draws[place[2]].set).cloned().chain(on_axes).collect();
            let named = combination.name.as_deref();
            let name = name(configuration.has_variants.then_some(draft.name.as_str()), named, combination, &set);
            let name = if name.is_empty() { draft.name.clone() } else { name };
            let mut document = draft.document.clone();
            for entry in &set {
                let path: Vec<&str> = entry.key.split('.').collect();
                document.put(&path, entry.node.clone())?;
            }
            let text = |write: fn(&Value) -> String| {
                let of = |heading: &String| match heading.as_str() {
                    "method" => draft.name.clone(),
                    "run" => named.unwrap_or_default().to_owned(),
                    path => {
                        set.iter().find(|entry| entry.key == path).map_or_else(String::new, |e| write(&e.node.value))
                    }
                };
                headings.iter().map(of).collect()
            };
            let (labels, values) = (text(short), text(exact));
            members.push((method, Member { run: PlannedRun::new(name, document)?, labels, values, set }));
        }
        Ok(members)
    }
}

/// The name of a run: its method, the name of its combination or else what that sets, and what else it sets.
fn name(method: Option<&str>, named: Option<&str>, combination: &Combination, set: &[Entry]) -> String {
    let skipped = if named.is_some() { combination.set.len() } else { 0 };
    let settings = set[skipped..].iter().map(|entry| format!("{} {}", heading(&entry.key), short(&entry.node.value)));
    method.into_iter().chain(named).map(str::to_owned).chain(settings).collect::<Vec<_>>().join(", ")
}

/// The argument of the command line that gave (a part of) `node`.
fn argument(node: &Node) -> Option<&Origin> {
    if let Origin::Argument(_) = node.origin {
        return Some(&node.origin);
    }
    match &node.value {
        Value::List(nodes) => nodes.iter().find_map(argument),
        Value::Table(entries) => entries.iter().find_map(|entry| argument(&entry.node)),
        _ => None,
    }
}

/// The settings within `node` at `path` that have values or a distribution. What comes later from the command line replaces.
fn flatten(path: &str, node: &Node, into: &mut Vec<(String, Node)>) -> Result<(), SettingsError> {
    if let Value::Table(entries) = &node.value
        && !Drawn::is_one(node)
    {
        if entries.is_empty() {
            return Err(SettingsError::new(format!("`{path}` in [sweep] is an empty table ({})", node.origin)));
        }
        return entries.iter().try_for_each(|entry| flatten(&format!("{path}.{}", entry.key), &entry.node, into));
    }
    match (into.iter_mut().find(|(known, _)| known == path), &node.origin) {
        (Some((_, known)), Origin::Argument(_)) => known.clone_from(node),
        (Some(_), Origin::File { .. }) => {
            return Err(SettingsError::new(format!("`{path}` is given twice in [sweep] ({})", node.origin)));
        }
        (None, _) => into.push((path.to_owned(), node.clone())),
    }
    Ok(())
}

/// The methods that the sweep names, all of them if it names none.
fn methods(configuration: &Configuration, sweep: &Node) -> Result<Vec<usize>, SettingsError> {
    let Some(node) = sweep.get("method") else { return Ok((0..configuration.drafts.len()).collect()) };
    if !configuration.has_variants {
        return Err(SettingsError::new(format!("`method` in [sweep]: the file lists no [[method]] ({})", node.origin)));
    }
    let axis = Axis::read("method".to_owned(), node.clone())?;
    let find = |value: &Node| {
        let name = exact(&value.value);
        let names = || configuration.drafts.iter().map(|Draft { name, .. }| name.as_str());
        let found = names().position(|known| matches!(&value.value, Value::Text(text) if text == known));
        found.ok_or_else(|| {
            let error = SettingsError::new(format!("no method is called `{name}` ({})", value.origin));
            match nearest(&name, names()) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint(format!("the methods are `{}`", names().collect::<Vec<_>>().join("`, `"))),
            }
        })
    };
    axis.values.iter().map(find).collect()
}

/// The entries of `[[sweep.run]]`.
fn list(sweep: &Node) -> Result<Vec<Combination>, SettingsError> {
    let Some(node) = sweep.get("run") else { return Ok(Vec::new()) };
    let wrong = |node: &Node| {
        let message =
            format!("`run` in [sweep]: expected a list of tables, found {} ({})", node.value.describe(), node.origin);
        SettingsError::new(message)
            .hint("write [[sweep.run]] with two pairs of brackets, and below it settings by dotted path")
    };
    let Value::List(nodes) = &node.value else { return Err(wrong(node)) };
    if nodes.is_empty() {
        return Err(SettingsError::new(format!("the list `run` in [sweep] has no runs ({})", node.origin)));
    }
    let mut list: Vec<Combination> = Vec::new();
    for node in nodes {
        let Value::Table(entries) = &node.value else { return Err(wrong(node)) };
        let name = match node.get(NAME) {
            None => None,
            Some(Node { value: Value::Text(name), .. }) => Some(name.clone()),
            Some(other) => {
                let found = other.value.describe();
                return Err(SettingsError::new(format!(
                    "`name` in [[sweep.run]]: expected text in quotes, found {found} ({})",
                    other.origin
                )));
            }
        };
        if let Some(twin) = name.as_ref().filter(|name| list.iter().any(|other| other.name.as_ref() == Some(name))) {
            return Err(SettingsError::new(format!(
                "two entries of [[sweep.run]] are called `{twin}` ({})",
                node.origin
            )));
        }
        let mut set = Vec::new();
        entries.iter().filter(|entry| entry.key != NAME).for_each(|entry| settings(&entry.key, entry, &mut set));
        set.sort_by_key(|entry| line(&entry.origin));
        list.push(Combination { name, set });
    }
    Ok(list)
}

/// The settings in an entry at `path`, by dotted path: tables are gone into unless they say their kind.
fn settings(path: &str, entry: &Entry, into: &mut Vec<Entry>) {
    match &entry.node.value {
        Value::Table(inner)
            if !inner.is_empty() && ["kind", "name", "schedule"].iter().all(|key| entry.node.get(key).is_none()) =>
        {
            inner.iter().for_each(|found| settings(&format!("{path}.{}", found.key), found, into));
        }
        _ => into.push(Entry { key: path.to_owned(), ..entry.clone() }),
    }
}

/// What is drawn, `draws` times, without repetition.
fn draws(sweep: &Node, drawn: &[Drawn]) -> Result<Vec<Combination>, SettingsError> {
    let count = |key: &str| match sweep.get(key) {
        None => Ok(None),
        Some(node) => explain::read::<u64>(node).map(|count| Some((count, &node.origin))).map_err(|_| {
            let found = node.value.describe();
            SettingsError::new(format!(
                "`{key}` in [sweep]: expected a whole number without a sign, found {found} ({})",
                node.origin
            ))
        }),
    };
    let (draws, seed) = (count("draws")?, count("draw_seed")?.map_or(0, |(seed, _)| seed));
    let (draws, origin) = match (draws, drawn.first()) {
        (None, None) => return Ok(Vec::new()),
        (None, Some(first)) => {
            let message = format!("`{}` is drawn at random, but not how often ({})", first.path, first.node.origin);
            return Err(SettingsError::new(message).hint("say how many combinations to draw: draws = 20 in [sweep]"));
        }
        (Some((_, origin)), None) => {
            let message = format!("`draws` in [sweep] is given, but nothing is drawn ({origin})");
            return Err(
                SettingsError::new(message).hint("for example \"train.learning_rate\" = { log_uniform = [1e-3, 1.0] }")
            );
        }
        (Some((0, origin)), Some(_)) => {
            return Err(SettingsError::new(format!("the sweep is empty: it draws 0 combinations ({origin})")));
        }
        (Some((draws, origin)), Some(_)) => (usize::try_from(draws).unwrap_or(usize::MAX).min(MOST + 1), origin),
    };
    let mut generators: Vec<_> = drawn.iter().map(|drawn| drawn.generator(seed)).collect();
    let (mut seen, mut combinations) = (HashSet::new(), Vec::new());
    while combinations.len() < draws {
        let next = (0..ATTEMPTS).find_map(|_| {
            let nodes: Vec<Node> =
                drawn.iter().zip(&mut generators).map(|(drawn, generator)| drawn.draw(generator)).collect();
            seen.insert(nodes.iter().map(|node| exact(&node.value)).collect::<Vec<_>>()).then_some(nodes)
        });
        let Some(nodes) = next else {
            let found = combinations.len();
            let message = format!(
                "`draws` in [sweep] asks for {draws} combinations, and there seem to be only {found} ({origin})"
            );
            return Err(SettingsError::new(message).hint("ask for fewer, or list the values, which tries each once"));
        };
        let set = drawn.iter().zip(nodes).map(|(drawn, node)| Entry {
            key: drawn.path.clone(),
            origin: node.origin.clone(),
            node,
        });
        combinations.push(Combination { name: None, set: set.collect() });
    }
    Ok(combinations)
}
