//! What a tool lets an agent read, and what it sends out: told by its name, and by its description where
//! that speaks plainly. The words are data (`flow.toml`). What is not sure is not claimed.

use std::sync::LazyLock;

use serde::Deserialize;

use super::name;
use super::vocabulary::{List, VOCABULARY};
use super::words::Words;
use super::{Category, ToolView, arguments};

/// Arguments that hold the address of a page.
const ADDRESSES: [&str; 8] = [
    "url", "urls", "uri", "link", "links", "website", "address", "page_url",
];

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::new(&FILE));

/// As it is written: the words point into it.
static FILE: LazyLock<File> =
    LazyLock::new(|| toml::from_str(include_str!("flow.toml")).expect("the words are tested"));

/// What goes through a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flow {
    /// It goes to an address that it is given: strangers write what is there, and the address can
    /// carry data out.
    pub opens_pages: bool,
    /// It reads what strangers wrote.
    pub reads_untrusted: bool,
    /// It reads what is not for everybody.
    pub reads_private: bool,
    /// It sends, or publishes, what it is given.
    pub sends: bool,
}

/// What goes through `tool`, whose category is `category`.
pub fn flow(tool: &ToolView<'_>, category: Category) -> Flow {
    let name = Words::of_name(tool.name);
    let words = name.list();
    let told = Told::new(&words);
    let lexicon = &*LEXICON;
    let is_about = words.last().is_some_and(|last| lexicon.about.has(last));
    let opens_pages = !is_about && told.is(&lexicon.pages) && takes_address(tool);
    let searches = !is_about && (told.is(&lexicon.searches) || tells_of_search(tool, category));
    let acts = category != Category::Read;
    let sends = told.is(&lexicon.senders) || lexicon.sending.iter().any(|deed| told.does(deed));
    Flow {
        opens_pages,
        reads_untrusted: opens_pages || searches || told.does(&lexicon.untrusted),
        reads_private: told.does(&lexicon.private) || told.is(&lexicon.databases),
        sends: sends && acts,
    }
}

/// Whether an argument is an address, or nothing is known of the arguments.
fn takes_address(tool: &ToolView<'_>) -> bool {
    let schema = tool.input_schema;
    schema.is_none_or(|schema| arguments::has_one_of(schema.text(), &ADDRESSES))
}

/// Whether the first clause of the description says that the web is searched.
fn tells_of_search(tool: &ToolView<'_>, category: Category) -> bool {
    let text = Words::of_description(tool.description.unwrap_or_default());
    let words = text.list();
    let first = text.clauses().next().unwrap_or_default();
    category == Category::Read && LEXICON.described.find(&words[first]).is_some()
}

/// What a name tells.
struct Told<'w> {
    words: &'w [&'w str],
    /// The words without those that say nothing.
    whole: Vec<&'w str>,
    verb: &'w str,
    object: &'w [&'w str],
}

impl<'w> Told<'w> {
    fn new(words: &'w [&'w str]) -> Self {
        let says_nothing = |word: &&&str| VOCABULARY.grammar.filler.has(word);
        let (verb, object) = match name::head(words) {
            Some(head) => (words[head.at], &words[name::object(words, head)]),
            None => ("", &words[..0]),
        };
        Self {
            words,
            whole: words.iter().filter(|w| !says_nothing(w)).copied().collect(),
            verb,
            object,
        }
    }

    /// Whether it is one of these names, or has one of them in it.
    fn is(&self, names: &Names) -> bool {
        let whole = names.whole.at(&self.whole, 0);
        whole.is_some_and(|(length, ())| length == self.whole.len())
            || names.anywhere.find(self.words).is_some()
    }

    /// Whether its verb is one of `deed`, and its object ends with what that is done to.
    fn does(&self, deed: &Deed) -> bool {
        let ends = |at: usize| {
            let found = deed.objects.at(self.object, at);
            found.is_some_and(|(length, ())| at + length == self.object.len())
        };
        deed.verbs.has(self.verb) && (0..self.object.len()).any(ends)
    }
}

/// Names of tools.
#[derive(Debug)]
struct Names {
    whole: List,
    anywhere: List,
}

/// Verbs, and what they are done to.
#[derive(Debug)]
struct Deed {
    verbs: List,
    objects: List,
}

#[derive(Debug)]
struct Lexicon {
    pages: Names,
    searches: Names,
    databases: Names,
    senders: Names,
    described: List,
    about: List,
    untrusted: Deed,
    private: Deed,
    sending: [Deed; 3],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    pages: NamesEntry,
    searches: NamesEntry,
    databases: NamesEntry,
    senders: NamesEntry,
    about: AboutEntry,
    reading: ReadingEntry,
    sending: DeedEntry,
    publishing: DeedEntry,
    moving: DeedEntry,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NamesEntry {
    #[serde(default)]
    whole: String,
    #[serde(default)]
    anywhere: String,
    #[serde(default)]
    described: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AboutEntry {
    words: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadingEntry {
    verbs: String,
    untrusted: String,
    private: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeedEntry {
    verbs: String,
    objects: String,
}

impl Lexicon {
    fn new(file: &'static File) -> Self {
        let names = |entry: &'static NamesEntry| Names {
            whole: List::of(&entry.whole),
            anywhere: List::nouns(&entry.anywhere),
        };
        let deed = |verbs: &'static str, objects: &'static str| Deed {
            verbs: List::of(verbs),
            objects: List::nouns(objects),
        };
        let reading = &file.reading;
        Self {
            pages: names(&file.pages),
            searches: names(&file.searches),
            databases: names(&file.databases),
            senders: names(&file.senders),
            described: List::of(&file.searches.described),
            about: List::of(&file.about.words),
            untrusted: deed(&reading.verbs, &reading.untrusted),
            private: deed(&reading.verbs, &reading.private),
            sending: [&file.sending, &file.publishing, &file.moving]
                .map(|entry| deed(&entry.verbs, &entry.objects)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::risk::classify;

    /// `u`ntrusted, `p`rivate, `s`ends, opens p`a`ges.
    fn told(name: &str) -> String {
        let tool = ToolView::named(name);
        let flow = flow(&tool, classify(&tool).category);
        let letters = [
            (flow.opens_pages, 'a'),
            (flow.reads_untrusted, 'u'),
            (flow.reads_private, 'p'),
            (flow.sends, 's'),
        ];
        let told = letters.iter().filter(|(holds, _)| *holds);
        told.map(|(_, letter)| letter).collect()
    }

    #[test]
    fn names_tell_what_goes_through_a_tool() {
        for (name, letters) in [
            ("fetch", "au"),
            ("firecrawl_scrape", "au"),
            ("browser_navigate", "au"),
            ("firecrawl_check_crawl_status", ""),
            ("brave_web_search", "u"),
            ("list_issues", "u"),
            ("issue_read", "u"),
            ("get_issue_comments", "u"),
            ("API-retrieve-a-comment", "u"),
            ("jira_get_link_types", ""),
            ("search_emails", "up"),
            ("list-mail-messages", "up"),
            ("list_email_labels", ""),
            ("get_file_contents", "p"),
            ("read_multiple_files", "p"),
            ("get_file_info", ""),
            ("query", "p"),
            ("execute_sql", "p"),
            ("query-docs", ""),
            ("list_customers", "p"),
            ("get_current_time", ""),
            ("send_email", "s"),
            ("draft_email", ""),
            ("slack_post_message", "s"),
            ("slack_reply_to_thread", "s"),
            ("add_issue_comment", "s"),
            ("create_gist", "s"),
            ("create_branch", ""),
            ("push_files", "s"),
            ("share-drive-item", "s"),
            ("send_keys", ""),
            ("API-post-search", ""),
            ("write_file", ""),
        ] {
            assert_eq!(told(name), letters, "{name}");
        }
    }

    #[test]
    fn what_is_called_fetch_and_takes_no_address_opens_no_pages() {
        let list = r#"{"tools":[{"name":"fetch","inputSchema":{"type":"object","properties":{"id":{"type":"string"}}}}]}"#;
        let file = crate::source::file::SourceFile::new("t", list, crate::source::Syntax::Json);
        let mut catalog = crate::catalog::Catalog::new();
        assert_eq!(catalog.add(&file), []);
        let tool = ToolView::from(&catalog.tools()[0]);
        assert_eq!(flow(&tool, Category::Read), Flow::default());
    }
}
