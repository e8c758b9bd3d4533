//! Heat maps: one quantity of every layer over training.

use super::{Section, about, run_choice};
use crate::page::data::{Data, Heat};
use crate::page::document::Page;
use crate::page::meaning::meaning;
use crate::page::series::Series;
use maud::html;

pub(super) fn panel(page: &Page<'_>, data: &mut Data) -> Option<Section> {
    let mut names: Vec<&str> = Vec::new();
    for series in page.runs.iter().flat_map(|run| &run.series) {
        if is_of_layer(series) && !names.contains(&series.name.as_str()) {
            names.push(&series.name);
        }
    }
    if names.is_empty() {
        return None;
    }
    let mut figures = Vec::new();
    for (number, name) in names.into_iter().enumerate() {
        let (id, meaning) = (format!("heat-{number}"), meaning(page.meanings, name));
        let mut maps = Vec::new();
        for (run, read) in page.runs.iter().enumerate() {
            let layers: Vec<(&str, &Series)> = read
                .series
                .iter()
                .filter(|series| is_of_layer(series) && series.name == name)
                .filter_map(|series| Some((series.part.as_deref()?, series)))
                .collect();
            if !layers.is_empty() {
                maps.push(data.heat_map(run, &layers));
            }
        }
        let runs: Vec<usize> = maps.iter().map(|map| map.run).collect();
        data.add_heat(Heat { id: id.clone(), title: meaning.title.clone(), unit: meaning.unit.name(), maps });
        figures.push(html! {
            figure.heat id=(id) {
                figcaption {
                    div.head { h3 { (meaning.title) } (run_choice(page, "heat", &runs)) output.now {} }
                    (about(&[name], &meaning))
                }
                div.plot {}
            }
        });
    }
    Some(Section {
        id: "layers",
        title: "Layer by layer".to_owned(),
        short: "Layers",
        lead: Some("One row per parameter of the network, from the input (top) to the output; training runs to the right. The colours are those of the scale beside each map.".to_owned()),
        body: html! { div.wide { @for figure in &figures { (figure) } } },
    })
}

/// Whether `series` is of one parameter of the network.
fn is_of_layer(series: &Series) -> bool {
    series.part.is_some() && !matches!(series.kind.as_str(), "shares" | "scores")
}
