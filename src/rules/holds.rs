//! What an argument holds, as far as its name, its tool, and what is said and asked of them tell.

use super::site::Site;
use crate::lint::ListedTool;

/// What a text argument holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// A command line or a script.
    Command,
    /// A query of a database, if it is one.
    Sql,
    /// A query of a graph database.
    Cypher,
    Url,
    Host,
    /// An address for mail.
    Email,
    Path,
    /// A container image, which begins with a host or not.
    Image,
    /// Text for people.
    Prose,
    /// A name, or a choice between few.
    Name,
    Unknown,
}

impl Holds {
    /// By the last word of `name` that tells: `file_url` is a URL, `url_file` a path.
    pub fn by_name(name: &str) -> Self {
        let words = words(name);
        let mut kinds = words.iter().rev().map(|word| Self::by_word(word));
        kinds
            .find(|kind| *kind != Self::Unknown)
            .unwrap_or(Self::Unknown)
    }

    fn by_word(word: &str) -> Self {
        match word {
            "command" | "commands" | "cmd" | "cmds" | "cmdline" | "commandline" | "script"
            | "shell" | "bash" | "powershell" => Self::Command,
            "sql" | "query" | "queries" | "statement" | "statements" | "stmt" => Self::Sql,
            "cypher" => Self::Cypher,
            "url" | "urls" | "uri" | "uris" | "href" | "link" | "webhook" | "endpoint"
            | "callback" | "website" => Self::Url,
            "host" | "hosts" | "hostname" | "domain" | "domains" => Self::Host,
            "email" | "emails" | "mail" | "recipient" | "recipients" | "to" | "cc" | "bcc" => {
                Self::Email
            }
            "path" | "paths" | "file" | "files" | "filename" | "filepath" | "dir" | "directory"
            | "folder" | "cwd" | "workdir" => Self::Path,
            "image" | "images" | "registry" => Self::Image,
            "message" | "title" | "body" | "description" | "summary" | "comment" | "text"
            | "content" | "note" | "notes" | "reason" | "subject" | "prompt" => Self::Prose,
            "branch" | "ref" | "env" | "environment" | "stage" | "role" | "status" | "type"
            | "action" | "mode" | "region" | "table" | "schema" | "database" | "namespace"
            | "bucket" | "channel" | "project" | "repo" | "repository" | "account" | "currency"
            | "method" | "cluster" | "tenant" => Self::Name,
            _ => Self::Unknown,
        }
    }
}

/// What names and descriptions of arguments call names in trees that are no file systems.
const TREES: [&str; 8] = [
    " xpath",
    " x path",
    " jsonpath",
    " jmespath",
    " log group",
    " loggroup",
    " iteration path",
    " area path",
];

/// What such names are called in a store of parameters and in IAM, and what tools of these are called.
const STORES: [&str; 7] = [
    " iam ",
    " ssm ",
    " parameter store",
    " parameter name",
    " parameter path",
    " get parameter",
    " put parameter",
];

/// What has a path in IAM.
const PRINCIPALS: [&str; 5] = [" role", " user", " group", " polic", " instance profile"];

/// Whether `text`, as [`spaced`] gives it, has one of `words` in it: as a whole one if that ends with a
/// space, or else as how one begins.
fn speaks_of_any(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}

/// The words of `text`, each between spaces.
fn spaced(text: &str) -> String {
    format!(" {} ", words(text).join(" "))
}

impl<'a> Site<'a> {
    /// What the argument holds, as far as its name tells, and what is said of it and asked of it.
    pub fn holds(&self) -> Holds {
        match Holds::by_name(self.name()) {
            Holds::Command | Holds::Sql | Holds::Cypher if self.is_choice() => Holds::Name,
            Holds::Sql if !self.is_sql() => Holds::Unknown,
            Holds::Sql if self.is_cypher() => Holds::Cypher,
            Holds::Command if self.is_javascript() => Holds::Unknown,
            holds => holds,
        }
    }

    /// Whether a script is one that a browser runs: that is no command line.
    fn is_javascript(&self) -> bool {
        let words = words(self.name());
        words.iter().any(|word| word == "script") && self.speaks_of("javascript")
    }

    /// Whether a query, or what is called a statement, is one of SQL or of a language with statements
    /// of the same kind: searches and logs take queries as well.
    fn is_sql(&self) -> bool {
        const DATABASES: [&str; 10] = [
            "sql",
            "cypher",
            "neo4j",
            "postgres",
            "mariadb",
            "bigquery",
            "snowflake",
            "duckdb",
            "clickhouse",
            "oracle",
        ];
        let speaks_of_one = |text: &str| {
            let text = text.to_lowercase();
            DATABASES.iter().any(|database| text.contains(database))
        };
        let is_query = |word: &String| matches!(word.as_str(), "query" | "queries");
        let tool = self.listed.map_or("", ListedTool::name);
        let said = self.said().unwrap_or_default();
        if !words(self.name()).iter().any(is_query) || speaks_of_one(self.name()) {
            return true;
        }
        let texts = self.compared();
        if texts.iter().any(|text| is_rooted(text)) {
            return false;
        }
        let searches = |text: &str| text.to_lowercase().contains("search");
        if speaks_of_one(said) || searches(said) || searches(tool) {
            return speaks_of_one(said);
        }
        let is_described = self.description().is_some() || !said.is_empty();
        speaks_of_one(tool)
            || self.description().is_some_and(speaks_of_one)
            || texts.iter().any(|text| begins_as_sql(text))
            || (!is_described && words(tool).iter().any(is_query))
    }

    /// Whether a query that is one of a database is one of a graph.
    fn is_cypher(&self) -> bool {
        let is_named_sql = self.name().to_lowercase().contains("sql");
        !is_named_sql && (self.speaks_of("cypher") || self.speaks_of("neo4j"))
    }

    /// Whether the argument or its tool speaks of `word`, in lower case: by name or description.
    pub fn speaks_of(&self, word: &str) -> bool {
        let tool = self.listed.map(ListedTool::name);
        let texts = [Some(self.name()), tool, self.said(), self.description()];
        let mut texts = texts.into_iter().flatten();
        texts.any(|text| text.to_lowercase().contains(word))
    }

    /// The names of the tool and of the argument.
    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        let tool = self.listed.map(ListedTool::name);
        tool.into_iter().chain([self.name()])
    }

    /// Whether what begins like a path is the name of something in a tree that is no file system, such
    /// as `/aws/lambda/x`: it has one spelling, and `..` in it is no step up. The argument's own name
    /// tells, or how it is described, or its tool where the name fits what such a tool takes.
    pub fn names_no_file(&self) -> bool {
        const FILES: [&str; 6] = [
            " file",
            " folder",
            " director",
            " dir ",
            " disk",
            " workspace",
        ];
        let name = spaced(self.name());
        let said = spaced(self.said().unwrap_or_default());
        let is_tree = |text: &String| speaks_of_any(text, &TREES) || speaks_of_any(text, &STORES);
        if is_tree(&name) {
            return true;
        }
        if speaks_of_any(&name, &FILES) || speaks_of_any(&said, &FILES) {
            return false;
        }
        let tool = spaced(self.listed.map_or("", ListedTool::name));
        let described = spaced(self.description().unwrap_or_default());
        match self.holds() {
            _ if is_tree(&said) => true,
            Holds::Unknown if is_tree(&tool) => true,
            Holds::Unknown => speaks_of_any(&described, &TREES),
            _ if name == " path " => speaks_of_any(&tool, &STORES),
            _ if name == " path prefix " => {
                is_tree(&tool) || is_tree(&described) || speaks_of_any(&tool, &PRINCIPALS)
            }
            _ => false,
        }
    }

    /// Whether the argument is code of some language, as far as its name tells.
    pub fn is_code(&self) -> bool {
        let words = words(self.name());
        let is_code = |word: &String| {
            matches!(
                word.as_str(),
                "code"
                    | "source"
                    | "script"
                    | "python"
                    | "javascript"
                    | "js"
                    | "snippet"
                    | "cell"
                    | "function"
                    | "expression"
                    | "program"
            )
        };
        words.iter().any(is_code)
    }
}

/// Whether `text` is the beginning of a path, and of no comment.
fn is_rooted(text: &str) -> bool {
    text.starts_with('/') && !text.starts_with("/*")
}

/// Whether `text` begins as a statement of SQL does.
fn begins_as_sql(text: &str) -> bool {
    const VERBS: [&str; 12] = [
        "select", "insert", "update", "delete", "drop", "truncate", "alter", "create", "grant",
        "revoke", "merge", "explain",
    ];
    let verb = words(text).into_iter().next();
    verb.is_some_and(|verb| VERBS.contains(&verb.as_str()))
}

/// The words of a name in lower case: `baseURL_path` is `base`, `url`, `path`.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in name.chars() {
        let begins = c.is_uppercase() && before.is_lowercase();
        if (begins || !c.is_alphanumeric()) && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if let (true, Some(word)) = (c.is_alphanumeric(), words.last_mut()) {
            word.extend(c.to_lowercase());
        }
        before = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_that_tells_says_what_an_argument_holds() {
        for (name, holds) in [
            ("command", Holds::Command),
            ("sqlQuery", Holds::Sql),
            ("base_url", Holds::Url),
            ("repoURL", Holds::Url),
            ("url-file", Holds::Path),
            ("domainName", Holds::Host),
            ("x", Holds::Unknown),
            ("", Holds::Unknown),
        ] {
            assert_eq!(Holds::by_name(name), holds, "{name}");
        }
    }
}
