//! A scene as an SVG file.

use std::fmt::Write as _;

use base64::Engine as _;

use crate::Symbol;
use crate::raster;
use crate::scene::{Anchor, Fill, Polyline, Scene, Shape, Stroke, Text, outline};
use crate::text::{Level, runs};

/// The fonts of most viewers; their widths differ little from those that the layout reckons with.
const FONTS: &str = "Helvetica,Arial,'Liberation Sans','DejaVu Sans Condensed',sans-serif";

/// Size of text that does not say its size.
const SIZE: f64 = 11.0;

pub(crate) fn write(scene: &Scene) -> String {
    let mut out = String::new();
    let (width, height, title) = (number(scene.width), number(scene.height), escape(&plain(&scene.title)));
    // Writing into a `String` cannot fail.
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         role=\"img\" font-family=\"{FONTS}\" font-size=\"{}\" fill=\"{}\">\n<title>{title}</title>\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"{}\"/>\n",
        number(SIZE),
        scene.ink.hex(),
        scene.paper.hex()
    );
    let mut clips = 0;
    for shape in &scene.shapes {
        write_shape(&mut out, shape, scene, &mut clips);
    }
    out.push_str("</svg>\n");
    out
}

fn write_shape(out: &mut String, shape: &Shape, scene: &Scene, clips: &mut usize) {
    match shape {
        Shape::Lines { lines, fill, stroke } => {
            let mut path = String::new();
            lines.iter().for_each(|line| add_line(&mut path, line, (0.0, 0.0)));
            if !path.is_empty() {
                let _ = writeln!(out, "<path d=\"{path}\"{}/>", paint(*fill, stroke.as_ref()));
            }
        }
        Shape::Marks { symbol, size, points, fill, outline: edge } => {
            write_marks(out, *symbol, *size, points, *fill, edge.map(|colour| Stroke::solid(colour, 0.6)).as_ref());
        }
        Shape::Text(text) => write_text(out, text, scene),
        Shape::Image { frame, columns, rows, pixels, smooth } => {
            let Ok(png) = raster::encode(*columns, *rows, png::ColorType::Rgba, pixels) else { return };
            let data = base64::engine::general_purpose::STANDARD.encode(png);
            let _ = writeln!(
                out,
                "<image x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\"{} \
                 href=\"data:image/png;base64,{data}\"/>",
                number(frame.x),
                number(frame.y),
                number(frame.width),
                number(frame.height),
                if *smooth { "" } else { " style=\"image-rendering:pixelated\"" }
            );
        }
        Shape::Clipped { frame, shapes } => {
            *clips += 1;
            let _ = writeln!(
                out,
                "<clipPath id=\"c{clips}\"><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/></clipPath>\n\
                 <g clip-path=\"url(#c{clips})\">",
                number(frame.x),
                number(frame.y),
                number(frame.width),
                number(frame.height)
            );
            for shape in shapes {
                write_shape(out, shape, scene, clips);
            }
            out.push_str("</g>\n");
        }
    }
}

fn write_marks(out: &mut String, symbol: Symbol, size: f64, points: &[(f64, f64)], fill: Fill, edge: Option<&Stroke>) {
    if points.is_empty() {
        return;
    }
    let mut path = String::new();
    if symbol == Symbol::Circle && edge.is_none() {
        // A line of no length with round ends is a disc, in a third of the bytes of two arcs.
        for (x, y) in points {
            let _ = write!(path, "M{} {}h0", number(*x), number(*y));
        }
        let _ = writeln!(
            out,
            "<path d=\"{path}\" fill=\"none\" stroke=\"{}\"{} stroke-width=\"{}\" stroke-linecap=\"round\"/>",
            fill.colour.hex(),
            opacity("stroke-opacity", fill.opacity),
            number(size)
        );
        return;
    }
    let corners = outline(symbol, size);
    let radius = number(size / 2.0);
    for (x, y) in points {
        if symbol == Symbol::Circle {
            let across = number(size);
            let _ = write!(
                path,
                "M{} {}a{radius} {radius} 0 1 0 {across} 0a{radius} {radius} 0 1 0 -{across} 0z",
                number(x - size / 2.0),
                number(*y)
            );
        }
        corners.iter().for_each(|line| add_line(&mut path, line, (*x, *y)));
    }
    let style = if matches!(symbol, Symbol::Plus | Symbol::Cross) {
        paint(None, Some(&Stroke { opacity: fill.opacity, ..Stroke::solid(fill.colour, size / 4.5) }))
    } else {
        paint(Some(fill), edge)
    };
    let _ = writeln!(out, "<path d=\"{path}\"{style}/>");
}

fn add_line(path: &mut String, line: &Polyline, (x0, y0): (f64, f64)) {
    let mut last = None;
    for (x, y) in &line.points {
        let place = format!("{} {}", number(x + x0), number(y + y0));
        if last.as_ref() == Some(&place) && line.points.len() > 2 {
            continue;
        }
        path.push_str(if last.is_none() { "M" } else { "L" });
        path.push_str(&place);
        last = Some(place);
    }
    if line.closed && last.is_some() {
        path.push('z');
    }
}

fn paint(fill: Option<Fill>, stroke: Option<&Stroke>) -> String {
    let mut style = match fill {
        Some(fill) => format!(" fill=\"{}\"{}", fill.colour.hex(), opacity("fill-opacity", fill.opacity)),
        None => " fill=\"none\"".to_owned(),
    };
    if let Some(stroke) = stroke {
        let _ = write!(
            style,
            " stroke=\"{}\" stroke-width=\"{}\"{} stroke-linejoin=\"round\"",
            stroke.colour.hex(),
            number(stroke.width),
            opacity("stroke-opacity", stroke.opacity)
        );
        if !stroke.dashes.is_empty() {
            let dashes: Vec<String> = stroke.dashes.iter().map(|length| number(*length)).collect();
            let _ = write!(style, " stroke-dasharray=\"{}\" stroke-linecap=\"round\"", dashes.join(" "));
        }
    }
    style
}

fn opacity(name: &str, value: f64) -> String {
    if value >= 1.0 { String::new() } else { format!(" {name}=\"{}\"", number(value)) }
}

fn write_text(out: &mut String, text: &Text, scene: &Scene) {
    let _ = write!(out, "<text x=\"{}\" y=\"{}\"", number(text.x), number(text.y));
    match text.anchor {
        Anchor::Start => {}
        Anchor::Middle => out.push_str(" text-anchor=\"middle\""),
        Anchor::End => out.push_str(" text-anchor=\"end\""),
    }
    if text.size != SIZE {
        let _ = write!(out, " font-size=\"{}\"", number(text.size));
    }
    if text.bold {
        out.push_str(" font-weight=\"bold\"");
    }
    if text.colour != scene.ink {
        let _ = write!(out, " fill=\"{}\"", text.colour.hex());
    }
    if text.turn != 0.0 {
        let _ = write!(out, " transform=\"rotate({} {} {})\"", number(text.turn), number(text.x), number(text.y));
    }
    out.push('>');
    let mut height = 0.0;
    for run in runs(&text.marked_up) {
        let shift = run.level.shift() * text.size;
        if run.level == Level::Line && shift == height {
            out.push_str(&escape(&run.text));
            continue;
        }
        let _ = write!(out, "<tspan dy=\"{}\"", number(shift - height));
        if run.level != Level::Line {
            let _ = write!(out, " font-size=\"{}\"", number(text.size * run.level.size()));
        }
        let _ = write!(out, ">{}</tspan>", escape(&run.text));
        height = shift;
    }
    out.push_str("</text>\n");
}

fn plain(text: &str) -> String {
    runs(text).into_iter().map(|run| run.text).collect()
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // What XML 1.0 has no way to write.
            c if c.is_control() || c == '\u{fffe}' || c == '\u{ffff}' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// Two decimals at most.
fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!(number(10.0), "10");
        assert_eq!(number(0.5), "0.5");
        assert_eq!(number(-0.001), "0");
        assert_eq!(number(100.126), "100.13");
    }

    #[test]
    fn text_is_escaped() {
        assert_eq!(escape("a<b & \"c\"\u{1}>"), "a&lt;b &amp; &quot;c&quot; &gt;");
    }
}
