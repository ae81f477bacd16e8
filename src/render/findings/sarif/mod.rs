//! The report as a SARIF 2.1.0 log, for code scanning: one run, in which results, the rules and the
//! files of the run, and what could not be read have their place.
//!
//! All rules that ran are listed, also those that found nothing: a viewer then knows what a clean
//! result stands for, and an index does not change with the findings. Ignored findings are results
//! that are marked as suppressed. Columns count Unicode scalar values and ends are exclusive. The log
//! holds no time and no path of the machine: the same policies give the same bytes.

mod log;
mod weight;

use std::collections::BTreeMap;
use std::io;

use super::account::{Account, Place};
use super::{FileFindings, Report};
use crate::finding::{Finding, Fix, Severity};
use crate::render::escape::{markdown, sarif_text, to_json, uri_path};
use crate::rules::Rule;
use crate::span::Span;
use crate::suppress::baseline::Key;
use crate::suppress::{By, Suppressed};
use log::{
    Artifact, ArtifactChange, ArtifactLocation, Configuration, Fingerprints, Invocation, Located,
    Location, LogicalLocation, Message, Notification, PhysicalLocation, Properties, Region,
    Replacement, ReportingDescriptor, ResultV2, Suggested, Suppression, Text,
};
use weight::Weight;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// The base of relative URIs, which whoever reads the log knows: the root of the repository.
const ROOT: &str = "%SRCROOT%";
/// What notifications of files that could not be read are filed under.
const UNREAD: &str = "unreadable-file";
/// How many other places of a finding are told: code scanning takes no more than a thousand.
const MOST_RELATED: usize = 100;

/// Writes the report as one SARIF log and a line feed; each rule, file and result stands on a line of
/// its own.
///
/// # Errors
///
/// When `out` can't be written.
pub fn write(
    report: &Report<'_>,
    account: &Account<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let places: Vec<Place> = report
        .files
        .iter()
        .map(|file| Place::of(account.root, file.name))
        .collect();
    write!(
        out,
        "{{\"$schema\":\"{SCHEMA}\",\"version\":\"2.1.0\",\"runs\":[{{\"tool\":{{\"driver\":{{\
         \"name\":\"mcplint\",\"semanticVersion\":\"{}\",\"rules\":[",
        env!("CARGO_PKG_VERSION")
    )?;
    each(
        account
            .rules
            .iter()
            .map(|(rule, severity)| descriptor(rule, *severity)),
        out,
    )?;
    write!(
        out,
        "],\n\"notifications\":[{{\"id\":\"{UNREAD}\",\"shortDescription\":\
         {{\"text\":\"A file could not be read.\"}}}}]}}}},\n\"columnKind\":\"unicodeCodePoints\",\
         \"originalUriBaseIds\":{{\"{ROOT}\":{{\"description\":\
         {{\"text\":\"The root of the repository.\"}}}}}},\n\"invocations\":["
    )?;
    to_json(&invocation(account), &mut *out)?;
    out.write_all(b"],\n\"artifacts\":[")?;
    let artifacts = report.files.iter().zip(&places);
    each(artifacts.map(|(file, place)| artifact(file, place)), out)?;
    out.write_all(b"],\n\"results\":[")?;
    let mut before: &[u8] = b"\n";
    for (nth, file) in report.files.iter().enumerate() {
        let mut of_file = OfFile::new(nth, file, &places[nth], account);
        let found = file.findings.iter().map(|finding| (finding, None));
        let suppressed = account.suppressed.get(nth).into_iter().flatten();
        let suppressed = suppressed.map(|one| (&one.finding, Some(*one)));
        for (finding, suppressed) in found.chain(suppressed) {
            out.write_all(before)?;
            to_json(&of_file.result(finding, suppressed), &mut *out)?;
            before = b",\n";
        }
    }
    out.write_all(b"]}]}\n")
}

/// Writes the elements of a list, each on a line of its own.
fn each<T: serde::Serialize>(
    items: impl Iterator<Item = T>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    for (nth, item) in items.enumerate() {
        out.write_all(if nth == 0 { b"\n" } else { b",\n" })?;
        to_json(&item, &mut *out)?;
    }
    Ok(())
}

fn descriptor(rule: &'static Rule, severity: Severity) -> ReportingDescriptor {
    let weight = Weight::of(rule, severity);
    ReportingDescriptor {
        id: rule.id,
        name: pascal_case(rule.id),
        short_description: Text::of(sentence(rule.summary)),
        full_description: Text::of(first_paragraph(rule.doc)),
        help: Message {
            text: rule.doc.to_owned(),
            markdown: rule.doc.to_owned(),
        },
        default_configuration: Configuration {
            level: level(severity),
        },
        properties: Properties {
            tags: weight.tags(),
            precision: weight.precision,
            problem_severity: match severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "recommendation",
            },
            security_severity: weight.security_severity(),
        },
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

/// `default-allow` as `DefaultAllow`.
fn pascal_case(id: &str) -> String {
    let capital = |word: &str| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_ascii_uppercase() + rest
    };
    id.split('-').map(capital).collect()
}

/// A sentence of ours, which has no full stop, as viewers show them: with a capital and a full stop.
fn sentence(text: &str) -> String {
    let mut sentence = String::with_capacity(text.len() + 1);
    let mut rest = text.chars();
    sentence.extend(rest.next().map(|first| first.to_ascii_uppercase()));
    sentence.push_str(rest.as_str());
    if !sentence.ends_with(['.', '?', '!', '…']) {
        sentence.push('.');
    }
    sentence
}

/// What stands below the title of a page.
fn first_paragraph(page: &str) -> String {
    let mut parts = page.split("\n\n").map(str::trim);
    let paragraph = parts.find(|part| !part.is_empty() && !part.starts_with('#'));
    paragraph.unwrap_or_default().replace('\n', " ")
}

/// What a finding says and advises.
fn message(finding: &Finding) -> Message {
    let help = finding.help.as_deref();
    let said = sentence(&finding.message);
    let mut text = sarif_text(&said);
    let mut marked = markdown(&said);
    if let Some(help) = help {
        let help = sentence(help);
        text = format!("{text} {}", sarif_text(&help));
        marked = format!("{marked}\n\n{}", markdown(&help));
    }
    Message {
        text,
        markdown: marked,
    }
}

fn invocation(account: &Account<'_>) -> Invocation {
    let notifications = account.unread.iter().map(|unread| Notification {
        level: "error",
        descriptor: log::Reference { id: UNREAD },
        message: Text::of(sarif_text(&sentence(&unread.message))),
        locations: vec![Located {
            physical_location: PhysicalLocation {
                artifact_location: located(
                    &Place::of(account.root, &unread.path.to_string_lossy()),
                    None,
                ),
                region: None,
                context_region: None,
            },
        }],
    });
    Invocation {
        execution_successful: account.complete,
        tool_execution_notifications: notifications.collect(),
    }
}

fn artifact(file: &FileFindings<'_>, place: &Place) -> Artifact {
    Artifact {
        location: located(place, None),
        length: file.text.len(),
        roles: ["analysisTarget"],
    }
}

/// Where a file is; `index` is its number among the artifacts.
fn located(place: &Place, index: Option<usize>) -> ArtifactLocation {
    let (uri, uri_base_id) = match place {
        Place::Below(path) => (uri_path(path), Some(ROOT)),
        Place::Elsewhere(path) => {
            // A drive letter comes below the root that all absolute URIs have.
            let slash = if path.starts_with('/') { "" } else { "/" };
            (format!("file://{slash}{}", uri_path(path)), None)
        }
        Place::Nowhere => ("stdin".to_owned(), Some(ROOT)),
    };
    ArtifactLocation {
        uri,
        uri_base_id,
        index,
    }
}

/// Makes results of the findings of one file.
struct OfFile<'a> {
    /// The file's number among the artifacts.
    nth: usize,
    file: &'a FileFindings<'a>,
    place: &'a Place,
    account: &'a Account<'a>,
    /// How many results had each fingerprint.
    fingerprints: BTreeMap<String, usize>,
}

impl<'a> OfFile<'a> {
    fn new(
        nth: usize,
        file: &'a FileFindings<'a>,
        place: &'a Place,
        account: &'a Account<'a>,
    ) -> Self {
        Self {
            nth,
            file,
            place,
            account,
            fingerprints: BTreeMap::new(),
        }
    }

    fn result(&mut self, finding: &'a Finding, suppressed: Option<&Suppressed>) -> ResultV2<'a> {
        let rules = self.account.rules.iter();
        let related = finding.labels.iter().take(MOST_RELATED).enumerate();
        ResultV2 {
            rule_id: finding.rule.id,
            rule_index: rules.clone().position(|(rule, _)| *rule == finding.rule),
            level: level(finding.severity),
            message: message(finding),
            locations: [self.location(finding.span, None, Some(&finding.pointer))],
            related_locations: related
                .map(|(id, label)| Location {
                    id: Some(id),
                    message: Some(Text::of(sarif_text(&label.text))),
                    ..self.location(label.span, None, None)
                })
                .collect(),
            fixes: finding.fix.iter().map(|fix| self.fix(fix)).collect(),
            partial_fingerprints: Fingerprints {
                identity: self.fingerprint(finding),
            },
            suppressions: suppressed.map(suppression).into_iter().collect(),
        }
    }

    /// A fingerprint that lines and columns are no part of; findings that are equal in it are
    /// numbered.
    fn fingerprint(&mut self, finding: &Finding) -> String {
        let key = Key::of(self.place.path().unwrap_or("-"), finding).fingerprint();
        let count = self.fingerprints.entry(key.clone()).or_default();
        *count += 1;
        format!("{key}:{count}")
    }

    fn location<'p>(
        &self,
        span: Span,
        id: Option<usize>,
        pointer: Option<&'p str>,
    ) -> Location<'p> {
        let pointer = pointer.filter(|pointer| !pointer.is_empty());
        let first = self.first_line(span);
        Location {
            id,
            physical_location: PhysicalLocation {
                artifact_location: self.artifact(),
                region: Some(self.region(first)),
                context_region: (first != span).then(|| self.region(span)),
            },
            logical_locations: pointer
                .map(|pointer| LogicalLocation {
                    fully_qualified_name: pointer,
                    kind: "value",
                })
                .into_iter()
                .collect(),
            message: None,
        }
    }

    fn artifact(&self) -> ArtifactLocation {
        located(self.place, Some(self.nth))
    }

    /// The part of `span` on its first line: a viewer underlines all of a region.
    fn first_line(&self, span: Span) -> Span {
        let line = self.file.lines.span(self.file.text, span.start);
        Span::new(span.start, span.end.min(line.end.max(span.start)))
    }

    fn region(&self, span: Span) -> Region {
        let start = self.file.lines.position(self.file.text, span.start);
        let end = self.file.lines.position(self.file.text, span.end);
        Region {
            start_line: start.line,
            start_column: start.column,
            end_line: end.line,
            end_column: end.column,
            byte_offset: span.start,
            byte_length: span.len(),
        }
    }

    fn fix(&self, fix: &'a Fix) -> Suggested<'a> {
        let replacements = fix.edits.iter().map(|edit| Replacement {
            deleted_region: self.region(edit.span),
            inserted_content: (!edit.replacement.is_empty())
                .then(|| Text::borrowed(&edit.replacement)),
        });
        Suggested {
            description: Text::of(sarif_text(&sentence(&fix.title))),
            artifact_changes: [ArtifactChange {
                artifact_location: self.artifact(),
                replacements: replacements.collect(),
            }],
        }
    }
}

fn suppression(suppressed: &Suppressed) -> Suppression {
    let known = "It is in the baseline.".to_owned();
    let reason = suppressed.reason.as_deref().map(sarif_text);
    Suppression {
        kind: match suppressed.by {
            By::Comment => "inSource",
            By::Configuration | By::Baseline => "external",
        },
        status: "accepted",
        justification: match suppressed.by {
            By::Baseline => Some(reason.unwrap_or(known)),
            By::Comment | By::Configuration => reason,
        },
    }
}
