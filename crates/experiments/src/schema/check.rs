//! Whether everything that an experiment file names exists.

use super::{At, Check, Experiment, FigureKind, Formula, Measure, OneOrMore, Over, Scale, Selection, Side, StepName};
use consilience_gradients::Quantity;
use consilience_run::SettingsError;
use consilience_run::document::{Node, explain};
use consilience_train::evaluation::MEASURES;
use consilience_train::examples::{SHARES, Score};
use consilience_train::nearest::nearest;

/// Names that a hint lists at most.
const MOST_LISTED: usize = 15;

/// Checks every name that the file uses.
pub(super) fn check(experiment: &Experiment, document: &Node) -> Result<(), SettingsError> {
    let names = Names { experiment, document };
    names.plain()?;
    for (index, selection) in experiment.except.iter().enumerate() {
        names.selection(selection, &format!("except.{index}"))?;
    }
    for (index, selection) in experiment.may_fail.iter().enumerate() {
        names.selection(selection, &format!("may_fail.{index}"))?;
    }
    for (index, measure) in experiment.measures.iter().enumerate() {
        names.measure_spec(measure, index)?;
    }
    for (index, table) in experiment.tables.iter().enumerate() {
        let at = format!("table.{index}");
        names.axes(table.rows.0.iter().chain(&table.columns.0), &at)?;
        names.measures(table.measures.0.iter().chain(table.second.keys()).chain(table.second.values()), &at)?;
        if table.measures.0.is_empty() {
            return Err(names.error(&at, "a table needs at least one measure"));
        }
        names.selection(&table.at, &at)?;
        names.table_covers(table, &at)?;
        for (place, printed) in table.printed.iter().enumerate() {
            let at = format!("{at}.printed.{place}");
            names.measures(&printed.measure, &at)?;
            names.selection(&printed.at, &at)?;
        }
    }
    for (index, claim) in experiment.claims.iter().enumerate() {
        names.claim(&claim.check, &format!("claim.{index}.check"))?;
    }
    for index in 0..experiment.figures.len() {
        names.figure(index)?;
    }
    Ok(())
}

struct Names<'a> {
    experiment: &'a Experiment,
    document: &'a Node,
}

impl Names<'_> {
    fn error(&self, at: &str, message: &str) -> SettingsError {
        SettingsError::new(format!("{message} ({})", explain::place(self.document, at)))
    }

    fn known<'n>(
        &self,
        what: &str,
        name: &str,
        known: impl IntoIterator<Item = &'n str>,
        at: &str,
    ) -> Result<(), SettingsError> {
        let known: Vec<&str> = known.into_iter().collect();
        if known.contains(&name) {
            return Ok(());
        }
        let error = self.error(at, &format!("unknown {what} `{name}` in `{at}`"));
        Err(match nearest(name, known.iter().copied()) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None if known.is_empty() => error.hint("there are none"),
            None if known.len() > MOST_LISTED => error.hint("`consilience list` lists them all"),
            None => error.hint(format!("there are {}", known.join(", "))),
        })
    }

    /// Names that have to be there, be well-formed or be unique.
    fn plain(&self) -> Result<(), SettingsError> {
        let Self { experiment, .. } = self;
        if consilience_run::slug(&experiment.name) != experiment.name {
            let message = format!("`name`: expected lower-case letters, digits and hyphens, found {}", experiment.name);
            return Err(self.error("name", &message));
        }
        let names: Vec<(&str, &str)> = (experiment.axes.iter().map(|axis| (axis.name.as_str(), "axis")))
            .chain(experiment.measures.iter().map(|measure| (measure.name.as_str(), "measure")))
            .chain(experiment.parameters.keys().map(|name| (name.as_str(), "parameter")))
            .collect();
        for (index, (name, what)) in names.iter().enumerate() {
            if let Some((_, other)) = names[..index].iter().find(|(other, _)| other == name) {
                let message = format!("`{name}` is the name of more than one thing: {other} and {what}");
                return Err(self.error(what, &message).hint("give each axis, measure and parameter a name of its own"));
            }
        }
        for (what, names) in [
            ("table", experiment.tables.iter().map(|table| table.name.as_str()).collect::<Vec<_>>()),
            ("figure", experiment.figures.iter().map(|figure| figure.name.as_str()).collect()),
        ] {
            for (index, name) in names.iter().enumerate() {
                let at = format!("{what}.{index}.name");
                if consilience_run::slug(name) != *name || names[..index].contains(name) {
                    let message = format!(
                        "`{at}`: expected a {what} name of its own, in lower-case letters, digits and hyphens, found \"{name}\""
                    );
                    return Err(self.error(&at, &message));
                }
            }
        }
        for scale in Scale::ALL {
            let axes = experiment.scale(scale).axes.iter();
            for (name, _) in axes {
                self.axes([name], &format!("scale.{scale}.axes"))?;
            }
            for name in experiment.scale(scale).parameters.keys() {
                let known = experiment.parameters.keys().map(String::as_str);
                self.known("parameter", name, known, &format!("scale.{scale}.parameters"))?;
            }
        }
        Ok(())
    }

    fn axes<'n>(&self, names: impl IntoIterator<Item = &'n String>, at: &str) -> Result<(), SettingsError> {
        let known = || self.experiment.axes.iter().map(|axis| axis.name.as_str());
        names.into_iter().try_for_each(|name| self.known("axis", name, known(), at))
    }

    fn measures<'n>(&self, names: impl IntoIterator<Item = &'n String>, at: &str) -> Result<(), SettingsError> {
        let known = || self.experiment.measures.iter().map(|measure| measure.name.as_str());
        names.into_iter().try_for_each(|name| self.known("measure", name, known(), at))
    }

    fn series(&self, name: &str, at: &str) -> Result<(), SettingsError> {
        let stem = name.split('/').next().unwrap_or(name);
        let stem = stem.strip_prefix("sampled_").unwrap_or(stem);
        let known = series_names();
        self.known("series", stem, known.iter().map(String::as_str), at)
    }

    fn parameter(&self, step: &StepName, at: &str) -> Result<(), SettingsError> {
        match step {
            StepName::Number(_) => Ok(()),
            StepName::Parameter(name) => {
                self.known("parameter", name, self.experiment.parameters.keys().map(String::as_str), at)
            }
        }
    }

    /// The axes exist, and have the values at some scale.
    fn selection(&self, selection: &Selection, at: &str) -> Result<(), SettingsError> {
        for (name, OneOrMore(picks)) in selection {
            self.axes([name], at)?;
            let Some(axis) = self.experiment.axes.iter().find(|axis| axis.name == *name) else { continue };
            let mut values = axis.values.clone();
            for scale in Scale::ALL {
                for (_, node) in self.experiment.scale(scale).axes.iter().filter(|(narrowed, _)| narrowed == name) {
                    values.extend(axis.narrowed(node)?.values);
                }
            }
            for pick in picks {
                if !values.iter().any(|value| value.is(pick)) {
                    let mut labels: Vec<&str> = values.iter().map(|value| value.label.as_str()).collect();
                    labels.dedup();
                    let error = self.error(at, &format!("axis `{name}` has no value `{pick}` at any scale"));
                    return Err(error.hint(super::axis::instead(pick, &labels)));
                }
            }
        }
        Ok(())
    }

    /// Every axis is in rows or columns, or held to one value: otherwise several cells would share a place.
    fn table_covers(&self, table: &super::TableSpec, at: &str) -> Result<(), SettingsError> {
        let shown = |name: &String| table.rows.0.contains(name) || table.columns.0.contains(name);
        let held = |name: &String| table.at.get(name).is_some_and(|picks| picks.0.len() == 1);
        match self.experiment.axes.iter().find(|axis| !shown(&axis.name) && !held(&axis.name)) {
            None => Ok(()),
            Some(axis) => {
                let message =
                    format!("axis `{}` is neither in rows nor in columns of table `{}`", axis.name, table.name);
                Err(self.error(at, &message).hint("put it there, or hold it to one value with `where`"))
            }
        }
    }

    fn measure_spec(&self, measure: &Measure, index: usize) -> Result<(), SettingsError> {
        let at = format!("measure.{index}");
        if measure.measure.is_some() == measure.elsewhere.is_empty() {
            let message = format!("measure `{}`: `measure` and `where` go together", measure.name);
            return Err(self.error(&at, &message).hint("`measure` is of another cell, `where` says of which"));
        }
        let above = &self.experiment.measures[..index];
        let of_the_cell = |name: &str| above.iter().any(|other| other.name == name && other.over == Over::Replicates);
        match (&measure.series, &measure.expression, &measure.measure) {
            (Some(series), None, None) => {
                self.series(series, &at)?;
                if measure.over == Over::Replicates {
                    return Err(self.error(&at, "`over` goes with `expression`, not with `series`"));
                }
                match &measure.at {
                    At::WhereMax(other) => self.series(other, &at),
                    At::Step(step) | At::Epoch(step) | At::ChangeAfter(step) => self.parameter(step, &at),
                    At::MeanBetween(steps) | At::MaxBetween(steps) => {
                        steps.iter().try_for_each(|step| self.parameter(step, &at))
                    }
                    _ => Ok(()),
                }
            }
            (None, None, Some(other)) => {
                self.known("measure (above)", other, above.iter().map(|measure| measure.name.as_str()), &at)?;
                if of_the_cell(other) || measure.over == Over::Replicates {
                    return Err(self.error(&at, &format!("`{other}` of another cell has to be a number of each run")));
                }
                self.selection(&measure.elsewhere, &at)
            }
            (None, Some(expression), None) => {
                let formula = Formula::parse(expression)
                    .map_err(|error| self.error(&at, &format!("`{expression}` is no expression: {error}")))?;
                for name in formula.names() {
                    let known = above
                        .iter()
                        .map(|measure| measure.name.as_str())
                        .chain(self.experiment.axes.iter().map(|axis| axis.name.as_str()))
                        .chain(self.experiment.parameters.keys().map(String::as_str));
                    self.known("measure (above), axis or parameter", name, known, &at)?;
                    if of_the_cell(name) {
                        let message = format!("measure `{name}` is one number for a cell and cannot be part of `{at}`");
                        return Err(self.error(&at, &message).hint("write its expression out"));
                    }
                }
                Ok(())
            }
            _ => {
                let message = format!("measure `{}` needs either `series`, `expression` or `measure`", measure.name);
                Err(self.error(&at, &message))
            }
        }
    }

    fn claim(&self, check: &Check, at: &str) -> Result<(), SettingsError> {
        match check {
            Check::Greater { measure, left, right, at: restriction, .. } => {
                self.selection(restriction, at)?;
                self.measures(measure, at)?;
                for Side { measure: own, at: selection } in [left, right] {
                    self.measures(own, at)?;
                    self.selection(selection, at)?;
                    if own.is_none() && measure.is_none() {
                        return Err(self.error(at, "the check names no measure for one of its sides"));
                    }
                }
                Ok(())
            }
            Check::Increases { measure, along, at: selection, .. }
            | Check::Decreases { measure, along, at: selection, .. } => {
                self.measures([measure], at)?;
                self.axes([along], at)?;
                self.selection(selection, at)
            }
            Check::Correlates { x, y, at: selection, at_least, at_most } => {
                self.measures([x, y], at)?;
                if at_least.is_none() && at_most.is_none() {
                    return Err(self.error(at, "the check needs `at_least` or `at_most`"));
                }
                self.selection(selection, at)
            }
            Check::Within { measure, at: selection, from, to, of, .. } => {
                self.measures([measure], at)?;
                if from.is_none() && to.is_none() && of.is_none() {
                    return Err(self.error(at, "the check needs `from`, `to` or `of`"));
                }
                self.selection(selection, at)
            }
        }
    }

    fn figure(&self, index: usize) -> Result<(), SettingsError> {
        let figure = &self.experiment.figures[index];
        let at = format!("figure.{index}");
        let facets = [&figure.rows, &figure.columns, &figure.colour, &figure.dash, &figure.symbol];
        self.axes(facets.into_iter().flatten().filter(|facet| *facet != "y"), &at)?;
        self.selection(&figure.at, &at)?;
        self.measures(&figure.value, &at)?;
        let drawn = figure.y.0.iter().chain(figure.panels.iter().flat_map(|panel| &panel.y.0));
        let across = figure.x.iter().chain(figure.panels.iter().filter_map(|panel| panel.x.as_ref()));
        match figure.kind {
            FigureKind::Curves => {
                for name in drawn {
                    self.series(name, &at)?;
                }
                for x in across {
                    self.known("x of curves", x, ["step", "epoch"], &at)?;
                }
            }
            FigureKind::Lines | FigureKind::Bars => {
                self.measures(drawn, &at)?;
                self.axes(across, &at)?;
            }
            FigureKind::Scatter => self.measures(drawn.chain(across), &at)?,
            FigureKind::HeatMap => self.axes(drawn.chain(across), &at)?,
            FigureKind::Radar | FigureKind::DecisionBoundary => {}
        }
        let needs: &[(&str, bool)] = match figure.kind {
            FigureKind::Curves => &[("y", !figure.y.0.is_empty() || !figure.panels.is_empty())],
            FigureKind::Lines | FigureKind::Bars => &[("x", figure.x.is_some()), ("y", !figure.y.0.is_empty())],
            FigureKind::Scatter => &[
                ("x", figure.x.is_some() || !figure.panels.is_empty()),
                ("y", !figure.y.0.is_empty() || !figure.panels.is_empty()),
            ],
            FigureKind::HeatMap => {
                &[("x", figure.x.is_some()), ("y", figure.y.0.len() == 1), ("value", figure.value.is_some())]
            }
            FigureKind::Radar => &[("spoke", figure.spokes.len() >= 3), ("value", figure.value.is_some())],
            FigureKind::DecisionBoundary => &[],
        };
        for (key, given) in needs {
            if !given {
                return Err(self.error(&at, &format!("figure `{}` needs `{key}`", figure.name)));
            }
        }
        for panel in &figure.panels {
            self.selection(&panel.at, &at)?;
        }
        for spoke in &figure.spokes {
            self.selection(&spoke.at, &at)?;
            self.measures(&spoke.measure, &at)?;
        }
        Ok(())
    }
}

/// Everything that a run's records may hold: the loss of each batch, measures of evaluations, values of quantities, shares of the
/// training set's gradient, and how well scores tell corrupt examples.
fn series_names() -> Vec<String> {
    let quantities = Quantity::ALL.iter().flat_map(|quantity| quantity.description().values.iter());
    std::iter::once("loss".to_owned())
        .chain(MEASURES.iter().map(|(name, _)| (*name).to_owned()))
        .chain(quantities.map(|value| value.name.to_owned()))
        .chain(SHARES.values.iter().flat_map(|(name, _)| [(*name).to_owned(), format!("sampled_{name}")]))
        .chain(Score::ALL.iter().flat_map(|score| score.entry().columns).map(|(name, _)| (*name).to_owned()))
        .collect()
}
