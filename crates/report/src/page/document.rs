//! The page as a whole: its head, its panels in order, and the data for its script.

use super::data::Data;
use super::meaning::Meanings;
use super::panels::{self, Section};
use super::run::Run;
use crate::visible::{acts, visible, visible_lines};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

const STYLE: &str =
    concat!(include_str!("assets/page.css"), include_str!("assets/panels.css"), include_str!("assets/print.css"));

/// One script of the parts, which share one scope of their own.
const SCRIPT: &str = concat!(
    "'use strict';(()=>{\n",
    include_str!("assets/numbers.js"),
    include_str!("assets/view.js"),
    include_str!("assets/lines.js"),
    include_str!("assets/curves.js"),
    include_str!("assets/heat.js"),
    include_str!("assets/scree.js"),
    include_str!("assets/plane.js"),
    include_str!("assets/controls.js"),
    include_str!("assets/main.js"),
    "})();\n"
);

/// What the file of every page holds near its beginning.
const MARK: &str = "<meta name=\"generator\" content=\"consilience report\">";

/// Whether `beginning`, the first bytes of a file, are those of a page that this crate made: one that may be replaced by another.
pub fn is_page(beginning: &[u8]) -> bool {
    beginning.windows(MARK.len()).take(1024).any(|window| window == MARK.as_bytes())
}

/// A page about runs.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    pub(crate) runs: &'a [Run],
    pub(crate) meanings: &'a Meanings,
    title: Option<&'a str>,
}

impl<'a> Page<'a> {
    /// About `runs`, whose names should differ, with the `meanings` of what they recorded.
    pub fn new(runs: &'a [Run], meanings: &'a Meanings) -> Self {
        Self { runs, meanings, title: None }
    }

    /// With a title other than the name of the run or the number of runs.
    #[must_use]
    pub fn title(self, title: &'a str) -> Self {
        Self { title: Some(title), ..self }
    }

    /// The heading of the page.
    pub(crate) fn heading(&self) -> String {
        match (self.title, self.runs) {
            (Some(title), _) => title.to_owned(),
            (None, [run]) => run.name.clone(),
            (None, runs) => format!("{} runs", runs.len()),
        }
    }

    /// The HTML file.
    pub fn render(&self) -> String {
        let mut data = Data::new(self.runs);
        let sections = panels::all(self, &mut data);
        let title = visible(&format!("{} · Consilience", self.heading())).into_owned();
        let content = html! {
            (panels::overview::header(self))
            (toolbar(self, &sections))
            main {
                noscript {
                    p.notice { "Curves and maps are drawn by the script in this file, which is switched off here. Everything else can be read without it." }
                }
                @for section in &sections {
                    section id=(section.id) {
                        h2 { (section.title) }
                        @if let Some(lead) = &section.lead { p.lead { (lead) } }
                        (section.body)
                    }
                }
            }
            footer { (panels::overview::footer(self)) }
        };
        // Text of others that would hide or reorder what is shown is written out, wherever it stands.
        let content = visible_lines(&content.into_string());
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    (PreEscaped(MARK))
                    meta http-equiv="Content-Security-Policy" content=(policy());
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="referrer" content="no-referrer";
                    title { (title) }
                    link rel="icon" href="data:,";
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    (PreEscaped(content))
                    div #tip role="tooltip" hidden {}
                    div #live .unseen aria-live="polite" {}
                    script #data type="application/json" { (PreEscaped(embedded(&data))) }
                    script { (PreEscaped(SCRIPT)) }
                }
            }
        };
        page.into_string()
    }
}

/// What the page may load and run: nothing from anywhere, and of scripts and styles only those above.
fn policy() -> String {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    format!(
        "default-src 'none'; script-src {}; style-src {}; img-src data:; base-uri 'none'; form-action 'none'",
        hash(SCRIPT),
        hash(STYLE)
    )
}

/// JSON that cannot end the element it stands in, with characters written out that would hide or reorder what is shown.
fn embedded(data: &Data) -> String {
    let json = serde_json::to_string(data).expect("numbers and text by name are always JSON");
    let mut safe = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            // Only ever within text, where JSON reads these as the character.
            '<' => safe.push_str("\\u003c"),
            '>' => safe.push_str("\\u003e"),
            '&' => safe.push_str("\\u0026"),
            // A backslash that is itself escaped, so that the page shows it.
            other if acts(other) => {
                safe.push('\\');
                safe.extend(other.escape_unicode());
            }
            other => safe.push(other),
        }
    }
    safe
}

/// What stays in sight: where one is, and how curves are drawn.
fn toolbar(page: &Page<'_>, sections: &[Section]) -> Markup {
    html! {
        div #toolbar {
            nav aria-label="Sections" {
                @for section in sections { a href={ "#" (section.id) } { (section.short) } }
            }
            div .controls {
                (choice("y", Some("y"), "Vertical scale", &[("auto", "auto"), ("linear", "linear"), ("log", "log")]))
                (choice("x", Some("x"), "Horizontal axis", &[("step", "steps"), ("log", "log steps"), ("time", "time")]))
                label.slider title="Exponential moving average; 0 draws what was recorded" {
                    "smooth "
                    input #smooth type="range" min="0" max="0.99" step="0.01" value="0";
                    output for="smooth" { "off" }
                }
                button #reset type="button" disabled { "Reset zoom" }
                (choice("theme", None, "Colours", &[("auto", "auto"), ("light", "light"), ("dark", "dark")]))
            }
            @if page.runs.len() > 1 {
                div #runs role="group" aria-label="Runs shown" {
                    @for (index, run) in page.runs.iter().enumerate() {
                        button.run type="button" aria-pressed="true" data-run=(index) {
                            (panels::swatch(index)) span { (run.name) }
                        }
                    }
                }
            }
        }
    }
}

fn choice(name: &str, shown: Option<&str>, label: &str, options: &[(&str, &str)]) -> Markup {
    html! {
        fieldset.choice {
            legend.unseen { (label) }
            @if let Some(shown) = shown { b aria-hidden="true" { (shown) } }
            @for (index, (value, text)) in options.iter().enumerate() {
                label title=(label) {
                    input type="radio" name=(name) value=(value) checked[index == 0];
                    span { (text) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_knows_itself_and_its_script_holds_nothing_that_ends_it() {
        let page = Page::new(&[], &Meanings::new()).render();
        assert!(is_page(&page.as_bytes()[..400]) && !is_page(b"<!doctype html><title>mine</title>"));
        assert!(!SCRIPT.contains("</") && !STYLE.contains("</"));
        assert!(page.contains(SCRIPT) && page.contains(STYLE), "hashes are of what stands in the page");
    }

    #[test]
    fn nothing_is_asked_of_the_network() {
        for (what, text) in [("script", SCRIPT), ("style", STYLE)] {
            for word in
                ["http:", "https:", "//cdn", "fetch(", "XMLHttpRequest", "import(", "@import", "innerHTML", "eval("]
            {
                // The name space of SVG is a name, not an address.
                let text = text.replace("http://www.w3.org/2000/svg", "");
                assert!(!text.contains(word), "{what}: {word}");
            }
        }
    }
}
