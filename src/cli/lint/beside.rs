//! Findings about the files that stand beside the policies: lists of tools, and what ignores
//! findings, which is the configuration and the baseline.

use super::look::Checked;
use crate::cli::offers::ToolLists;
use crate::config::Config;
use crate::finding::Finding;
use crate::lint::{Linted, Options};
use crate::source::Syntax;
use crate::source::file::SourceFile;
use crate::suppress::Ignored;

/// What there is to say about lists of tools.
pub fn about_lists(lists: ToolLists, options: &Options) -> impl Iterator<Item = Checked> {
    let linted = lists.lint(options).into_iter();
    linted.map(|(file, linted)| Checked { file, linted })
}

/// What there is to say about the ignores of the configuration and about the baseline, as findings
/// of these files. `whole` is whether `checked` is all that the configuration is about.
pub fn about_ignores(
    checked: &[Checked],
    config: Option<&Config>,
    options: &Options,
    whole: bool,
) -> Vec<Checked> {
    if options.form_only {
        return Vec::new();
    }
    let ignored = || checked.iter().map(|checked| &checked.linted.ignored);
    let ignores = &options.ignores;
    let mut about = Vec::new();
    if let Some(file) = config.and_then(|config| config.file.as_ref()) {
        let findings = ignores.about_configured(ignored(), &options.levels, whole);
        about.push(no_policy(&file.name, &file.text, Syntax::Yaml, findings));
    }
    if let Some(baseline) = &ignores.baseline {
        let findings = baseline.about(ignored(), &options.levels);
        let file = &baseline.file;
        about.push(no_policy(&file.name, &file.text, Syntax::Json, findings));
    }
    about
}

/// A file that is read for another reason than to be judged.
fn no_policy(name: &str, text: &str, syntax: Syntax, findings: Vec<Finding>) -> Checked {
    Checked {
        file: SourceFile::new(name, text, syntax),
        linted: Linted {
            findings,
            ignored: Ignored::default(),
            judged: true,
            is_policy: false,
            form_errors: 0,
            looks_like_policy: false,
        },
    }
}
