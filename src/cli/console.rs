//! What goes to standard error: everything that is not the result.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use super::args::{ColorWhen, Common};
use crate::finding::Finding;
use crate::render::escape::printable;
use crate::render::{self, FileFindings, Style};
use crate::rules::REMARK;
use crate::source::file::SourceFile;
use crate::span::Span;

/// Writes messages for people, as much as they asked for.
#[derive(Debug, Clone, Copy)]
pub struct Console {
    quiet: bool,
    verbose: bool,
    color: bool,
}

impl Console {
    /// The console that the command line asks for.
    pub fn new(common: &Common) -> Self {
        Self {
            quiet: common.quiet,
            verbose: common.verbose,
            color: wants_color(common.color, io::stderr().is_terminal()),
        }
    }

    /// mcplint can't do its work.
    pub fn error(self, message: impl Display) {
        self.say("error", "31", message);
    }

    /// Something is probably not as it should be.
    pub fn warning(self, message: impl Display) {
        if !self.quiet {
            self.say("warning", "33", message);
        }
    }

    /// What to do about what was just said.
    pub fn help(self, message: impl Display) {
        if !self.quiet {
            self.say(" help", "36", message);
        }
    }

    /// What was done.
    pub fn note(self, message: impl Display) {
        if !self.quiet {
            self.say("note", "36", message);
        }
    }

    /// Something that only those who ask want to know.
    pub fn detail(self, message: impl Display) {
        if self.verbose {
            self.say("note", "36", message);
        }
    }

    /// The place in a file that was just complained of, and what is wrong there.
    pub fn place(self, file: &SourceFile, span: Span, message: &str, help: Option<&str>) {
        let mut remark = Finding::new(&REMARK, "", span, message);
        remark.help = help.map(str::to_owned);
        let shown = FileFindings {
            name: &file.name,
            text: &file.text,
            lines: &file.lines,
            findings: &[],
        };
        let style = Style {
            color: self.color,
            width: super::output::width(),
        };
        let mut text = Vec::new();
        if render::findings::text::write_remark(&shown, &remark, style, &mut text).is_ok() {
            write(&String::from_utf8_lossy(&text));
        }
    }

    /// Lines that belong to what was just said, and are printable already.
    pub fn lines(self, text: &str) {
        write(text);
    }

    /// One line, whatever is in the message: a name with a line feed in it forges no other.
    fn say(self, kind: &str, color: &str, message: impl Display) {
        let message = message.to_string();
        let message = printable(&message);
        write(&if self.color {
            format!("\x1b[1;{color}m{kind}\x1b[0m: {message}\n")
        } else {
            format!("{kind}: {message}\n")
        });
    }
}

fn write(text: &str) {
    // Standard error is where the failure would be told.
    let _unused = io::stderr().write_all(text.as_bytes());
}

/// Whether to use colour, by the flag and the customs of the environment.
pub fn wants_color(when: ColorWhen, is_terminal: bool) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let forced = set("CLICOLOR_FORCE") && std::env::var_os("CLICOLOR_FORCE") != Some("0".into());
    match when {
        ColorWhen::Always => true,
        ColorWhen::Never => false,
        ColorWhen::Auto if set("NO_COLOR") => false,
        ColorWhen::Auto if forced => true,
        ColorWhen::Auto => {
            is_terminal && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
        }
    }
}
