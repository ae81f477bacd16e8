//! Whether expressions can be compiled within bounds.

use regex_automata::nfa::thompson::{Compiler, Config, WhichCaptures};

use super::PatternError;

/// How large a compiled pattern may get, in bytes.
pub(super) const MAX_COMPILED: usize = 64 << 20;

/// What to do about a pattern that gets larger.
pub(super) const ADVICE: &str = "repeat less, or use smaller classes";

/// Compiles expressions to see how large they get. To make one takes more than a short expression does,
/// most of it to have 400 KB ready for classes: those who read several keep it.
#[derive(Debug)]
pub(super) struct Bounded {
    /// A regex takes its automaton forwards and backwards, and does without all else that it may have
    /// where that gets too large.
    automata: [Compiler; 2],
}

impl Default for Bounded {
    fn default() -> Self {
        // Translations have no groups but the whole match, which is not looked for backwards.
        let kinds = [(false, WhichCaptures::All), (true, WhichCaptures::None)];
        Self {
            automata: kinds.map(|(reverse, captures)| {
                let mut compiler = Compiler::new();
                compiler.configure(
                    Config::new()
                        .utf8(true)
                        .nfa_size_limit(Some(MAX_COMPILED))
                        .shrink(false)
                        .which_captures(captures)
                        .reverse(reverse),
                );
                compiler
            }),
        }
    }
}

impl Bounded {
    /// How large the automata of `translated` are together, in bytes.
    ///
    /// # Errors
    ///
    /// When it is no expression, nests deeper than `nest_limit`, or one of them gets too large.
    pub(super) fn size(
        &mut self,
        translated: &str,
        nest_limit: u32,
    ) -> Result<usize, PatternError> {
        let parser = regex_syntax::ParserBuilder::new()
            .nest_limit(nest_limit)
            .build()
            .parse(translated);
        let hir = parser.map_err(|_| refused("the pattern can't be translated".to_owned()))?;
        let sizes = self.automata.iter().map(|compiler| {
            let built = compiler.build_from_hir(&hir);
            built.map(|nfa| nfa.memory_usage()).map_err(|_| {
                let limit = MAX_COMPILED >> 20;
                refused(format!(
                    "the pattern takes more than {limit} MiB when compiled"
                ))
            })
        });
        sizes.sum()
    }
}

fn refused(message: String) -> PatternError {
    PatternError::ours(message, Some(ADVICE.to_owned()))
}
