//! What could not be read, and what the data lack.

use super::Section;
use crate::page::document::Page;
use maud::html;

pub(super) fn panel(page: &Page<'_>) -> Option<Section> {
    let notes: Vec<(&str, &String)> = page
        .runs
        .iter()
        .flat_map(|run| run.problems.iter().chain(&run.description.data.notes).map(|note| (run.name.as_str(), note)))
        .collect();
    if notes.is_empty() {
        return None;
    }
    let body = html! {
        ul.notices {
            @for (run, note) in &notes {
                li { @if page.runs.len() > 1 { b { (run) ": " } } (note) }
            }
        }
    };
    Some(Section { id: "notes", title: "To be aware of".to_owned(), short: "Notes", lead: None, body })
}
