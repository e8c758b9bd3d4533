//! Pages of the book.

use crate::catalogue::{Item, Kind};

/// One page about `items`, all of `kind`: a table, and a section for each.
pub fn pages(kind: Kind, items: &[Item]) -> String {
    let row = |Item { name, summary, .. }: &Item| {
        // The book leaves dots out of the names of its sections.
        format!("| [`{name}`](#{}) | {} |", name.replace('.', ""), escape(summary).replace('|', "\\|"))
    };
    let table = ["| name | what it is |".to_owned(), "|:---|:---|".to_owned()];
    let mut blocks = vec![
        format!("# {}", capital(kind.titles().0)),
        format!("<!-- Written by `consilience explain --kind {} --format markdown`; do not edit. -->", kind.name()),
        table.into_iter().chain(items.iter().map(row)).collect::<Vec<_>>().join("\n"),
    ];
    blocks.extend(items.iter().map(section));
    blocks.join("\n\n")
}

/// A section about one thing.
pub fn section(item: &Item) -> String {
    let mut blocks = vec![format!("## {}", item.name), capital(&escape(&item.summary)) + "."];
    for (heading, body) in &item.details {
        if heading.is_empty() {
            // the parts of the explanation are lines that begin with the name of the part
            blocks.extend(body.lines().map(part));
        } else if body.lines().all(|line| line.split_once(": ").is_some_and(|(name, _)| is_name(name))) {
            blocks.push(format!("**{heading}.**"));
            blocks.push(body.lines().map(|line| format!("* {}", listed(line))).collect::<Vec<_>>().join("\n"));
        } else {
            blocks.push(format!("**{heading}.** {}", sentence(body)));
        }
    }
    blocks.extend(item.kind.usage(&item.name).map(|usage| format!("```toml\n{usage}\n```")));
    blocks.join("\n\n")
}

/// A line such as `Range: 0 or more.`
fn part(line: &str) -> String {
    match line
        .split_once(": ")
        .filter(|(heading, _)| heading.split(' ').count() <= 2 && heading.starts_with(char::is_uppercase))
    {
        Some((heading, body)) => format!("**{}.** {}", escape(heading), sentence(body)),
        None => sentence(line),
    }
}

/// A line such as `gsnr_mean: mean GSNR`.
fn listed(line: &str) -> String {
    match line.split_once(": ").filter(|(name, _)| is_name(name)) {
        Some((name, meaning)) => format!("`{name}`: {}", escape(meaning)),
        None => escape(line),
    }
}

fn is_name(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || "_/".contains(c))
}

fn sentence(text: &str) -> String {
    let text = capital(&escape(text));
    if text.ends_with(['.', ':']) { text } else { text + "." }
}

/// With a capital, unless it begins with a name or symbol.
fn capital(text: &str) -> String {
    let word: String = text.chars().take_while(|c| !c.is_whitespace()).collect();
    let plain = word.chars().count() > 1 && word.chars().all(|c| c.is_lowercase() || c == '-' || c == ',');
    match text.chars().next().filter(|_| plain || word == "a") {
        Some(first) => first.to_uppercase().chain(text.chars().skip(1)).collect(),
        None => text.to_owned(),
    }
}

/// Plain text as Markdown: what lies between backticks stays as it is.
fn escape(text: &str) -> String {
    let mut code = false;
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        code ^= character == '`';
        if !code && "\\*_<>[]#~".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::items;
    use std::fs;
    use std::path::Path;

    /// The pages of the book are written by this program, and everything that it can name has one.
    #[test]
    fn the_reference_of_the_book_is_fresh() {
        let book = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
        let summary = fs::read_to_string(book.join("SUMMARY.md")).unwrap();
        for kind in Kind::ALL {
            let name = kind.name();
            let (file, written) = (format!("reference/{name}.md"), pages(kind, &items(kind)));
            assert!(summary.contains(&file), "docs/SUMMARY.md does not list {file}");
            let kept = fs::read_to_string(book.join(&file)).unwrap_or_default();
            assert!(
                kept.trim_end() == written.trim_end(),
                "docs/{file} is stale: consilience explain --kind {name} --format markdown > docs/{file}"
            );
        }
    }

    #[test]
    fn symbols_of_markdown_and_html_come_out_as_they_are() {
        assert_eq!(escape("k_q = <g, g> * 2, `a_b`"), "k\\_q = \\<g, g\\> \\* 2, `a_b`");
        assert_eq!(part("Range: 0 or more"), "**Range.** 0 or more.");
        assert_eq!(part("AdamW is [x]: decoupled."), "AdamW is \\[x\\]: decoupled.");
        assert_eq!(
            listed("gsnr_mean: mean GSNR, also as gsnr_mean/PARAMETER"),
            "`gsnr_mean`: mean GSNR, also as gsnr\\_mean/PARAMETER"
        );
        assert_eq!(
            (capital("mean of"), capital("y = x"), capital("tr K")),
            ("Mean of".into(), "y = x".into(), "Tr K".into())
        );
    }
}
