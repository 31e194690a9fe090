//! Draws the output of a terminal as an SVG file.

use std::fmt::Write as _;

/// The colours of a picture, as CSS.
pub struct Theme {
    pub background: &'static str,
    pub border: &'static str,
    pub text: &'static str,
    pub prompt: &'static str,
    pub red: &'static str,
    pub yellow: &'static str,
    pub cyan: &'static str,
}

// Every colour of a text has a contrast of at least 4.5 to the background.
pub const LIGHT: Theme = Theme {
    background: "#f6f8fa",
    border: "#d0d7de",
    text: "#1f2328",
    prompt: "#59636e",
    red: "#b3121d",
    yellow: "#7d4e00",
    cyan: "#0b6570",
};

pub const DARK: Theme = Theme {
    background: "#161b22",
    border: "#30363d",
    text: "#e6edf3",
    prompt: "#9198a1",
    red: "#ff8178",
    yellow: "#e3b341",
    cyan: "#56d4dd",
};

const FONT_SIZE: usize = 14;
const LINE_HEIGHT: usize = 20;
const PADDING: usize = 16;

/// Draws lines with colour sequences; the lines that begin with `$ ` are commands.
pub fn draw(lines: &[String], columns: usize, theme: &Theme, title: &str) -> String {
    // In most monospaced fonts a character is three fifths as wide as the size of the font.
    let width = (columns * FONT_SIZE * 3).div_ceil(5) + 2 * PADDING;
    let height = lines.len() * LINE_HEIGHT + 2 * PADDING;
    let Theme { background, border, text, prompt, red, yellow, cyan } = theme;
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img">
<title>{title}</title>
<style>
text {{ font: {FONT_SIZE}px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: {text}; white-space: pre; }}
.bold {{ font-weight: bold; }}
.prompt {{ fill: {prompt}; }}
.red {{ fill: {red}; }}
.yellow {{ fill: {yellow}; }}
.cyan {{ fill: {cyan}; }}
</style>
<rect x="0.5" y="0.5" width="{}" height="{}" rx="6" fill="{background}" stroke="{border}"/>
"#,
        width - 1,
        height - 1,
    );
    for (index, line) in lines.iter().enumerate() {
        let y = PADDING + index * LINE_HEIGHT + FONT_SIZE;
        let content = match line.strip_prefix("$ ") {
            Some(command) => format!("{}{}", span("prompt", "$ "), span("bold", command)),
            None => spans(line),
        };
        if !content.is_empty() {
            let _ = writeln!(
                svg,
                "<text x=\"{PADDING}\" y=\"{y}\" xml:space=\"preserve\">{content}</text>"
            );
        }
    }
    svg + "</svg>\n"
}

/// Converts the colour sequences of a line.
fn spans(line: &str) -> String {
    let mut parts = line.split("\u{1b}[");
    let mut converted = span("", parts.next().unwrap_or_default());
    let mut classes: Vec<&str> = Vec::new();
    for part in parts {
        let (codes, text) = part.split_once('m').expect("only colour sequences");
        for code in codes.split(';') {
            match code {
                "" | "0" => classes.clear(),
                "1" => classes.push("bold"),
                "31" => classes.push("red"),
                "33" => classes.push("yellow"),
                "36" => classes.push("cyan"),
                other => panic!("the picture has no colour for {other:?}"),
            }
        }
        converted += &span(&classes.join(" "), text);
    }
    converted
}

fn span(class: &str, text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    match (text.is_empty(), class.is_empty()) {
        (true, _) => text,
        (false, true) => text,
        (false, false) => format!("<tspan class=\"{class}\">{text}</tspan>"),
    }
}

#[test]
fn colours_become_classes() {
    assert_eq!(
        spans("a <b> \u{1b}[1m\u{1b}[31mfull\u{1b}[0m  \u{1b}[33mhigh\u{1b}[0m"),
        "a &lt;b&gt; <tspan class=\"bold red\">full</tspan>  <tspan class=\"yellow\">high</tspan>"
    );
    let picture = draw(&["$ ipcs".into(), String::new(), "x".into()], 80, &DARK, "a title");
    assert!(
        picture.contains("<tspan class=\"prompt\">$ </tspan><tspan class=\"bold\">ipcs</tspan>")
    );
    assert_eq!(picture.matches("<text ").count(), 2);
}
