//! A baseline: the findings that were there when it was written, so that only new ones are reported.
//!
//! An entry is a rule, a file, a place in it as a JSON Pointer, and the message without its numbers;
//! lines and columns are not part of it, so it holds when text moves. Findings that are equal in all
//! of this are counted.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use ahash::AHashMap;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{By, Ignored, Scope, suppress, unused_ignore};
use crate::finding::Finding;
use crate::lint::Levels;
use crate::render::escape::to_json;
use crate::rules;
use crate::source::file::SourceFile;
use crate::source::tree::{Node, ScalarKind};
use crate::source::{self, Syntax, path};
use crate::span::Span;

/// The name of a baseline that is given none.
pub const FILE_NAME: &str = "mcplint-baseline.json";

/// Findings that are known.
#[derive(Debug)]
pub struct Baseline {
    /// The file it was read from; its paths are relative to the folder of that.
    pub file: SourceFile,
    entries: Vec<Entry>,
    by_key: AHashMap<Key, usize>,
    by_file: AHashMap<String, Vec<usize>>,
}

/// What is wrong with a baseline, and where.
#[derive(Debug)]
pub struct Invalid {
    /// The file that is none.
    pub file: SourceFile,
    /// The bytes that are wrong.
    pub span: Span,
    /// What is wrong.
    pub message: String,
}

#[derive(Debug, Clone)]
struct Entry {
    key: Key,
    count: usize,
    span: Span,
}

/// What makes two findings the same, whatever line they stand on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub(crate) struct Key {
    file: String,
    pointer: String,
    rule: String,
    message: String,
}

impl Key {
    /// The key of a finding in the file that is called `file`.
    pub(crate) fn of(file: &str, finding: &Finding) -> Self {
        Self {
            file: file.to_owned(),
            pointer: finding.pointer.clone(),
            rule: finding.rule.id.to_owned(),
            message: normalised(&finding.message),
        }
    }

    /// The key in 32 hexadecimal digits, the same on every machine and in every version that words
    /// its messages the same way.
    pub(crate) fn fingerprint(&self) -> String {
        let parts = [&self.file, &self.pointer, &self.rule, &self.message];
        let mut hash = Sha256::new();
        for part in parts {
            // The length keeps the end of one part from passing for the beginning of the next.
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let digits = hash.finalize();
        digits[..16]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

/// The message with every number as `#` and every white space as one blank: counts change with what
/// stands beside a finding.
fn normalised(message: &str) -> String {
    let mut text = String::with_capacity(message.len());
    for c in message.chars() {
        let c = match c {
            c if c.is_ascii_digit() => '#',
            c if c.is_whitespace() => ' ',
            c => c,
        };
        if !((c == '#' || c == ' ') && text.ends_with(c)) {
            text.push(c);
        }
    }
    text
}

impl Baseline {
    /// Reads the baseline in `file`.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(file: SourceFile) -> Result<Self, Box<Invalid>> {
        let mut baseline = Self {
            file,
            entries: Vec::new(),
            by_key: AHashMap::new(),
            by_file: AHashMap::new(),
        };
        match baseline.read() {
            Ok(()) => Ok(baseline),
            Err((span, message)) => Err(Box::new(Invalid {
                file: baseline.file,
                span,
                message,
            })),
        }
    }

    fn read(&mut self) -> Result<(), (Span, String)> {
        let parsed = source::parse(&self.file.text, Syntax::Json);
        if let Some(finding) = parsed.findings.into_iter().next() {
            return Err((finding.span, finding.message));
        }
        let root = parsed.root.ok_or((Span::at(0), "it is empty".to_owned()))?;
        let version = root.get("version");
        if version.and_then(number) != Some(1) {
            let span = version.map_or(Span::at(root.span.start), |version| version.span);
            let message = "a baseline has a `version`, which is 1; `--write-baseline` writes one";
            return Err((span, message.to_owned()));
        }
        let list = root.get("findings").and_then(Node::as_sequence);
        for node in list.unwrap_or_default() {
            self.add(node)?;
        }
        Ok(())
    }

    fn add(&mut self, node: &Node) -> Result<(), (Span, String)> {
        let text = |key: &str| {
            let text = node.get(key).and_then(Node::as_str);
            text.map(str::to_owned).ok_or_else(|| {
                (
                    node.span,
                    format!("a finding of a baseline needs a text `{key}`"),
                )
            })
        };
        let key = Key {
            rule: text("rule")?,
            file: text("file")?,
            pointer: text("pointer")?,
            message: normalised(&text("message")?),
        };
        let count = node.get("count").and_then(number).unwrap_or(1);
        let entry = Entry {
            key: key.clone(),
            count: usize::try_from(count).unwrap_or(0),
            span: node.span,
        };
        let of_file = self.by_file.entry(key.file.clone()).or_default();
        of_file.push(self.entries.len());
        self.by_key.entry(key).or_insert(self.entries.len());
        self.entries.push(entry);
        Ok(())
    }

    /// Moves known findings from `findings` to those that are ignored.
    pub(super) fn apply(
        &self,
        scope: &Scope<'_>,
        findings: &mut Vec<Finding>,
        ignored: &mut Ignored,
    ) {
        let folder = folder_of(Path::new(&self.file.name));
        let name = path::below(&folder, Path::new(&scope.file.name));
        let mut met: BTreeMap<usize, usize> = BTreeMap::new();
        let said = (By::Baseline, None);
        suppress(findings, said, &mut ignored.findings, |finding| {
            let Some(&nth) = self.by_key.get(&Key::of(&name, finding)) else {
                return false;
            };
            let met = met.entry(nth).or_default();
            let known = *met < self.entries[nth].count;
            *met += usize::from(known);
            known
        });
        for &nth in self.by_file.get(&name).into_iter().flatten() {
            let rule = rules::find(&self.entries[nth].key.rule);
            if rule.is_none_or(|rule| scope.ran(rule)) {
                ignored
                    .baseline
                    .push((nth, met.get(&nth).copied().unwrap_or(0)));
            }
        }
    }

    /// What there is to say about the entries of the baseline after all files: those that met fewer
    /// findings than they stand for.
    pub fn about<'i>(
        &self,
        ignored: impl IntoIterator<Item = &'i Ignored>,
        levels: &Levels,
    ) -> Vec<Finding> {
        let met = ignored.into_iter().flat_map(|file| &file.baseline);
        let stale = met.filter(|(nth, met)| *met < self.entries[*nth].count);
        let mut findings: Vec<Finding> = stale
            .map(|&(nth, met)| {
                let entry = &self.entries[nth];
                let gone = entry.count - met;
                let what = if gone == 1 {
                    "finding that is"
                } else {
                    "findings that are"
                };
                let message = format!(
                    "the baseline knows {gone} {what} no longer there: `{}` in `{}`",
                    entry.key.rule, entry.key.file
                );
                let help = "write the baseline again with `--write-baseline`";
                let mut finding = unused_ignore(entry.span, message, help);
                finding.pointer = format!("/findings/{nth}");
                finding
            })
            .collect();
        levels.apply(&mut findings);
        findings
    }
}

fn number(node: &Node) -> Option<i64> {
    match node.as_scalar()?.kind {
        ScalarKind::Int(n) => Some(n),
        _ => None,
    }
}

fn folder_of(path: &Path) -> PathBuf {
    path.parent().map(Path::to_owned).unwrap_or_default()
}

#[derive(Serialize)]
struct Written<'k> {
    rule: &'k str,
    file: &'k str,
    pointer: &'k str,
    message: &'k str,
    count: usize,
}

/// Writes a baseline that knows all `findings`, each with the file that it is in, for a file in the
/// folder of `path`. Each stands on a line of its own, in a fixed order.
///
/// # Errors
/// When `out` can't be written.
pub fn write<'f>(
    path: &Path,
    findings: impl IntoIterator<Item = (&'f str, &'f Finding)>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let folder = folder_of(path);
    let mut counts: BTreeMap<Key, usize> = BTreeMap::new();
    for (file, finding) in findings {
        let name = path::below(&folder, Path::new(file));
        *counts.entry(Key::of(&name, finding)).or_default() += 1;
    }
    out.write_all(b"{\"version\":1,\"findings\":[")?;
    let mut before: &[u8] = b"\n ";
    for (key, &count) in &counts {
        out.write_all(before)?;
        let written = Written {
            rule: &key.rule,
            file: &key.file,
            pointer: &key.pointer,
            message: &key.message,
            count,
        };
        to_json(&written, &mut *out)?;
        before = b",\n ";
    }
    out.write_all(b"\n]}\n")
}
