//! From what the parts of a definition say to one category.

use super::arguments::{self, Arguments};
use super::claim::{Claim, Setting};
use super::vocabulary::{Kind, VOCABULARY};
use super::words::Words;
use super::{Category, Classification, Contradiction, Evidence, Source, ToolView};
use super::{name, prose};

/// More evidence than this is not kept.
const MOST_EVIDENCE: usize = 4;

/// The category of `tool`, by its definition alone.
pub(super) fn classify(tool: &ToolView<'_>) -> Classification {
    let name = Words::of_name(tool.name);
    let server = Words::of_name(tool.server.unwrap_or(""));
    let text = Words::of_description(tool.description.unwrap_or(""));
    let (name_words, server_words, text_words) = (name.list(), server.list(), text.list());
    let setting = Setting::new(&server_words, &name_words, &text_words);
    let by_name = name::claim(&name, &setting);
    let by_text =
        prose::claim(&text, &text_words, &setting).or_else(|| prose::foreign(tool.description));
    let runs = by_text
        .as_ref()
        .is_some_and(|said| said.category == Category::Execute && said.kind == Kind::Plain);
    let mut verdict = Verdict::of(by_name, by_text, text.is_empty());
    if verdict.evidence.is_empty() {
        verdict
            .evidence
            .push(Evidence::new(Source::Name, tool.name));
    }
    if let Some(schema) = tool.input_schema {
        verdict.weigh_arguments(arguments::read(schema.text(), &setting), runs);
    }
    verdict.weigh_phrases(&text, &text_words);
    verdict.finish(tool)
}

/// A category on its way.
#[derive(Debug)]
struct Verdict {
    category: Category,
    /// How much the verb that decided says; `None` if there is none.
    kind: Option<Kind>,
    confidence: f32,
    evidence: Vec<Evidence>,
    decided_by_argument: Option<String>,
}

impl Verdict {
    /// What name and description say together.
    fn of(name: Option<Claim>, text: Option<Claim>, no_text: bool) -> Self {
        match (name, text) {
            (None, None) => Self::new(Category::Read, None, if no_text { 0.3 } else { 0.45 }, []),
            (Some(name), None) => {
                let confidence = match (name.kind, no_text) {
                    (Kind::Plain, true) => 0.8,
                    (Kind::Plain, false) => 0.85,
                    (Kind::NounToo, _) => 0.6,
                    (Kind::Vague, _) => 0.4,
                };
                Self::new(name.category, Some(name.kind), confidence, [name.evidence])
            }
            (None, Some(text)) => {
                let confidence = if text.kind == Kind::Plain { 0.8 } else { 0.55 };
                Self::new(text.category, Some(text.kind), confidence, [text.evidence])
            }
            (Some(name), Some(text)) => Self::both(name, text),
        }
    }

    fn both(name: Claim, text: Claim) -> Self {
        if name.category == text.category {
            let (first, second) = if text.kind > name.kind {
                (text, name)
            } else {
                (name, text)
            };
            let confidence = match first.kind {
                Kind::Plain => 0.97,
                Kind::NounToo => 0.9,
                Kind::Vague => 0.6,
            };
            return Self::new(
                first.category,
                Some(first.kind),
                confidence,
                [first.evidence, second.evidence],
            );
        }
        let (first, second) = if text_decides(&name, &text) {
            (text, name)
        } else {
            (name, text)
        };
        let confidence = if second.kind == Kind::Vague {
            0.85
        } else {
            0.7
        };
        Self::new(
            first.category,
            Some(first.kind),
            confidence,
            [first.evidence, second.evidence],
        )
    }

    fn new<const N: usize>(
        category: Category,
        kind: Option<Kind>,
        confidence: f32,
        evidence: [Evidence; N],
    ) -> Self {
        Self {
            category,
            kind,
            confidence,
            evidence: evidence.into(),
            decided_by_argument: None,
        }
    }

    fn raise(&mut self, category: Category, confidence: f32, evidence: Evidence) {
        self.category = category;
        self.kind = Some(Kind::Plain);
        self.confidence = confidence;
        self.evidence.insert(0, evidence);
    }

    /// Arguments decide where the verb does not, and a selector wherever it can do worse. What the
    /// description `runs` is run, though the name says what comes back: `show`, with a `sql_query`.
    fn weigh_arguments(&mut self, found: Arguments, runs: bool) {
        let open = self.kind != Some(Kind::Plain);
        if let Some(selector) = found.selector {
            let worse = selector.category > self.category;
            if worse {
                self.raise(selector.category, 0.85, selector.evidence);
            }
            if worse || selector.decides {
                self.decided_by_argument = Some(selector.argument);
            }
        }
        if let Some(argument) = found.free_text {
            let evidence = Evidence::new(Source::Schema, argument.clone());
            if (open || runs) && self.category < Category::Execute {
                self.raise(Category::Execute, 0.8, evidence);
                self.decided_by_argument.get_or_insert(argument);
            } else if self.category == Category::Execute {
                self.evidence.push(evidence);
                self.decided_by_argument.get_or_insert(argument);
            }
        }
        if let Some(argument) = found
            .http_method
            .filter(|_| self.category <= Category::Execute)
        {
            if self.category == Category::Read || open {
                self.raise(
                    Category::Execute,
                    0.75,
                    Evidence::new(Source::Schema, argument.clone()),
                );
            }
            self.decided_by_argument.get_or_insert(argument);
        }
        if let Some(argument) = found
            .amount
            .filter(|_| open && self.category < Category::Financial)
        {
            self.raise(
                Category::Financial,
                0.6,
                Evidence::new(Source::Schema, argument),
            );
        }
    }

    /// Turns of phrase raise what the verb alone does not tell.
    fn weigh_phrases(&mut self, text: &Words<'_>, words: &[&str]) {
        for phrase in &VOCABULARY.phrases {
            let from = match self.kind {
                Some(Kind::Plain) => self.category.word(),
                Some(Kind::NounToo) if self.category == Category::Read => "noun",
                Some(Kind::NounToo) => self.category.word(),
                _ => "unknown",
            };
            if self.category >= phrase.category || !phrase.from.contains(from) {
                continue;
            }
            let found = (0..words.len()).find_map(|at| {
                let (length, ()) = phrase.terms.at(words, at)?;
                (!prose::is_denied(text, words, at)).then_some(at..at + length)
            });
            if let Some(range) = found {
                self.raise(
                    phrase.category,
                    0.75,
                    Evidence::new(Source::Description, text.quote(range)),
                );
            }
        }
    }

    fn finish(mut self, tool: &ToolView<'_>) -> Classification {
        self.evidence.truncate(MOST_EVIDENCE);
        let mut contradictions = Vec::new();
        let claims = tool.annotations.cloned().unwrap_or_default();
        let against = self.evidence[0].clone();
        if claims.read_only == Some(true) && self.category > Category::Read {
            contradictions.push(Contradiction {
                claim: "readOnlyHint: true",
                against: against.clone(),
            });
        }
        if claims.destructive == Some(false) && self.category == Category::Destructive {
            contradictions.push(Contradiction {
                claim: "destructiveHint: false",
                against,
            });
        }
        if claims.destructive == Some(true) && self.category >= Category::Execute {
            self.evidence
                .push(Evidence::new(Source::Annotations, "destructiveHint: true"));
        }
        if claims.read_only == Some(true) && self.category == Category::Read {
            self.evidence
                .push(Evidence::new(Source::Annotations, "readOnlyHint: true"));
            self.confidence = (self.confidence + 0.1).min(0.99);
        }
        Classification {
            category: self.category,
            confidence: (self.confidence * 100.0).round() / 100.0,
            evidence: self.evidence,
            decided_by_argument: self.decided_by_argument,
            contradictions,
        }
    }
}

/// Which of two that disagree decides. The name says what a tool is for where its verb says
/// anything; the description's main verb decides where it does not, and where it says worse.
fn text_decides(name: &Claim, text: &Claim) -> bool {
    match name.kind {
        Kind::Vague => text.kind > Kind::Vague,
        Kind::NounToo if text.category == Category::Read => true,
        Kind::NounToo => text.category > name.category && text.kind > Kind::Vague,
        Kind::Plain => {
            let worse = text.category > name.category && text.kind == Kind::Plain;
            match (name.category, text.category) {
                (Category::Read, Category::Destructive | Category::Financial) => worse,
                (Category::Read | Category::Destructive, _) => false,
                _ => worse,
            }
        }
    }
}
