//! Hosts that are looked for anywhere in a URL, and those that are denied as they are written.

use std::net::Ipv4Addr;

use super::holds::{Holds, words};
use super::site::{self, Site, Sought};
use super::{Check, Rule, other_scheme, unanchored_regex};
use crate::analysis::{Analysis, Language, Set};
use crate::finding::{Finding, Severity};
use crate::lint::{Context, Reporter};
use crate::policy::condition::Test;
use crate::suggest::quoted;

/// See `host_by_substring.md`.
pub static RULE: Rule = Rule {
    id: "host-by-substring",
    severity: Severity::Warning,
    summary: "a host tested by a substring or a pattern that other hosts meet, or denied in one spelling",
    doc: include_str!("host_by_substring.md"),
    needs_tools: true,
    check: Check::Policy(check),
};

/// A host that no policy has in mind.
pub(super) const ELSEWHERE: &str = "evil.example";

/// A host that has little in common with it.
pub(super) const ANYWHERE: &str = "attacker.test";

/// An address that no policy has in mind, written as a number, which has no dots.
const ADDRESS: &str = "3405803785";

/// How many hosts of a pattern are looked at.
const MAX_HOSTS: usize = 8;

/// Last labels of names that only one's own network knows: no stranger has a host under them.
const OWN: [&str; 7] = [
    "internal",
    "local",
    "localhost",
    "corp",
    "lan",
    "home",
    "intranet",
];

/// The others that tell a host from a file name or a version.
const TOP_LEVEL: [&str; 45] = [
    "com", "org", "net", "io", "dev", "ai", "co", "gov", "edu", "mil", "info", "biz", "app",
    "cloud", "test", "example", "invalid", "uk", "us", "eu", "de", "fr", "ch", "nl", "at", "be",
    "es", "jp", "cn", "in", "au", "ca", "ru", "br", "it", "se", "no", "pl", "tv", "gg", "xyz",
    "tech", "site", "online", "store",
];

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    site::report_each(context, reporter, finding);
}

fn finding(context: &Context<'_>, site: &Site<'_>, reporter: &Reporter<'_>) -> Option<Finding> {
    let analysis = &context.analysis;
    let through = bypass(site, analysis)?;
    if unanchored_regex::is_found_anywhere(site, analysis) {
        return None;
    }
    let how = match (site.denies(), site.sought()) {
        (true, Sought::Values(_)) => "denies hosts by how they are written",
        (true, Sought::Pattern(pattern)) if pattern.shape().bounds().start => {
            "denies hosts by how they are written"
        }
        (true, _) => "denies hosts by a part of their text",
        (false, _) => "does not hold a host in place",
    };
    let message = format!(
        "{} {how}: with {} in `{}` a call gets through",
        site.sought_by_name(),
        quoted(&through),
        site.path
    );
    let finding = site.finding(context, reporter, message);
    Some(finding.help(help(site)))
}

/// What to write instead.
pub(super) fn help(site: &Site<'_>) -> &'static str {
    match (site.denies(), site.holds()) {
        (false, _) if site.is_list() => site::HELP_FOR_LISTS,
        (false, Holds::Image | Holds::Name) => {
            "require it from the beginning, with the host and the `/` behind it, as in \
             `^registry\\.example\\.com/`"
        }
        (true, _) => "a host has many spellings: require the hosts that are allowed instead",
        (false, Holds::Email) => {
            "require the whole address, from `^` to `$`, as in `^[a-z.]+@example\\.com$`"
        }
        (false, Holds::Host) => {
            "require the whole host, from `^` to `$`, as in `^api\\.example\\.com$`"
        }
        (false, _) => {
            "require the beginning of the URL up to the end of the host, as in \
             `^https://api\\.example\\.com/`"
        }
    }
}

/// A text with another host that gets through where `site` tests for a host.
pub(super) fn bypass(site: &Site<'_>, analysis: &Analysis) -> Option<String> {
    let whole = whole(site);
    if !whole.is_empty() {
        // Where there is a list of what is allowed, it may have other pages of the site on purpose.
        let allows = |test| matches!(test, &Test::Regex(_) | &Test::Contains(_));
        let with_pages = !site.required().any(allows);
        let ways = whole.iter().flat_map(|(text, host)| {
            let page = with_pages.then(|| other_page(text)).flatten();
            page.into_iter().chain(rewritten(text, host))
        });
        return site.first_through(analysis, ways);
    }
    let hosts = hosts(site);
    if hosts.is_empty() {
        return any_host(site, analysis).or_else(|| other_scheme::elsewhere(site, analysis));
    }
    if site.denies() {
        // How a URL begins that is not written as usual, case-sensitive-deny tells.
        let bound = site.pattern().is_some_and(|p| p.shape().bounds().start);
        let is_usual = |url: &String| !bound || (!url.contains('%') && *url == url.to_lowercase());
        let spellings = hosts.iter().flat_map(|host| spellings(host, site.holds()));
        return site.first_through(analysis, spellings.filter(is_usual));
    }
    match site.holds() {
        Holds::Email => site.first_through(analysis, addresses_elsewhere(&hosts)),
        Holds::Host if is_shape(site) => None,
        Holds::Host => site.first_through(analysis, hosts_elsewhere(&hosts)),
        Holds::Image | Holds::Name => {
            let behind = site.substring().map(|part| format!("{ELSEWHERE}/{part}x"));
            site.first_through(analysis, names_elsewhere(&hosts).chain(behind))
        }
        _ => url_elsewhere(site, &hosts, analysis)
            .or_else(|| other_scheme::elsewhere(site, analysis)),
    }
}

/// Whether a pattern for a whole host names but its last label, as `^[a-z0-9-]+\.(com|org)$` does, and
/// that is no mistake: of domains, which are looked up, it is the shape, and under a last label of one's
/// own no stranger has a host.
fn is_shape(site: &Site<'_>) -> bool {
    let is_domain = words(site.name())
        .iter()
        .any(|word| word.starts_with("domain"));
    let is_meant = |label: &str| OWN.contains(&label) || is_domain && TOP_LEVEL.contains(&label);
    let texts = site
        .pattern()
        .map_or(Vec::new(), |pattern| pattern.shape().texts());
    // What stands in front of a choice belongs to the first of it.
    let begins_with_dot = texts.first().is_some_and(|text| text.text.starts_with('.'));
    let label = |text: &str| is_meant(text.strip_prefix('.').unwrap_or(text));
    site.is_bound() && begins_with_dot && texts.iter().all(|text| label(&text.text))
}

/// A URL that gets through where `site` requires one and says nothing of its host. `None` where
/// another condition names hosts: what that leaves open is told of there, or meant.
fn any_host(site: &Site<'_>, analysis: &Analysis) -> Option<String> {
    let pattern = site.pattern().filter(|_| !site.denies())?;
    let texts = pattern.shape().texts();
    let is_url = texts.iter().any(|text| text.text.contains("://"));
    let begins = || texts.iter().any(|text| text.text.starts_with("http"));
    let is_required = match site.holds() {
        Holds::Url => is_url || begins(),
        Holds::Unknown => is_url,
        _ => false,
    };
    if !is_required
        || site
            .beside()
            .any(|other| other.denies() && !self::hosts(&other).is_empty())
    {
        return None;
    }
    let at = |host| {
        let elsewhere = Language::url_at(host)?;
        site.gets_through(analysis, &Set::strings(&[elsewhere], &[]))
    };
    at(ELSEWHERE).filter(|_| at(ANYWHERE).is_some())
}

/// The hosts that `site` tests for, as far as its text tells.
pub(super) fn hosts(site: &Site<'_>) -> Vec<String> {
    let texts: Vec<String> = match (site.substring(), site.pattern()) {
        (Some(text), _) => vec![text.to_owned()],
        (_, Some(pattern)) => {
            let texts = pattern.shape().texts();
            texts.into_iter().map(|text| text.text).collect()
        }
        _ => return Vec::new(),
    };
    let is_url = texts.iter().any(|text| text.contains("://"));
    let holds_host = match site.holds() {
        Holds::Url | Holds::Host | Holds::Email | Holds::Image => true,
        Holds::Unknown => is_url,
        // `github.com/acme/`: a host, and what is at it.
        Holds::Name => texts
            .iter()
            .any(|text| host(text).is_some() && text.contains('/')),
        _ => false,
    };
    if !holds_host {
        return Vec::new();
    }
    let network = |text: &String| network(text).filter(|_| site.denies());
    let hosts = texts
        .iter()
        .map(|text| host(text).or_else(|| network(text)));
    let mut hosts: Vec<String> = hosts.flatten().collect();
    hosts.dedup();
    hosts.truncate(MAX_HOSTS);
    hosts
}

/// The host in `text`, if there is one.
pub(super) fn host(text: &str) -> Option<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
    let authority = text.split_once("://").map(|(_, rest)| rest);
    let rest = authority.unwrap_or(text).trim_start_matches(['@', '/']);
    let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
    let written = rest[..length].trim_end_matches('.');
    let bare = written.trim_start_matches('.').to_ascii_lowercase();
    let (below, last) = bare.rsplit_once('.').unwrap_or(("", &bare));
    let is_address = bare.parse::<Ipv4Addr>().is_ok() || bare == "169.254";
    let is_top_level = OWN.contains(&last) || TOP_LEVEL.contains(&last);
    if is_address || (is_top_level && !below.is_empty()) || bare == "localhost" {
        return Some(bare);
    }
    // `.internal`: whatever is below it.
    (written.starts_with('.') && is_top_level).then(|| format!("x.{bare}"))
}

/// An address in the network that `text` is the beginning of: `10.`, `://192.168.`.
fn network(text: &str) -> Option<String> {
    const NEAR: [&str; 6] = ["0", "10", "100", "127", "172", "192"];
    let text = text.rsplit("://").next().unwrap_or(text);
    let mut octets: Vec<&str> = text.strip_suffix('.')?.split('.').collect();
    if octets.len() > 3 || !NEAR.contains(&octets[0]) {
        return None;
    }
    octets.extend(["0", "0", "1"].into_iter().skip(octets.len() - 1));
    let address = octets.join(".");
    address.parse::<Ipv4Addr>().is_ok().then_some(address)
}

fn url_elsewhere(site: &Site<'_>, hosts: &[String], analysis: &Analysis) -> Option<String> {
    let made_up = hosts.iter().flat_map(|host| {
        [
            format!("https://{ELSEWHERE}/?https://{host}/"),
            format!("https://{ELSEWHERE}/{host}"),
            format!("https://{host}.{ELSEWHERE}/"),
            format!("https://{host}@{ELSEWHERE}/"),
            format!("https://{host}:x@{ELSEWHERE}/"),
            format!("https://evil{host}/"),
            format!("https://evil-{host}/"),
            format!("{ELSEWHERE}/{host}"),
        ]
    });
    let found = site.first_through(analysis, made_up);
    let at = |host| {
        let elsewhere = Language::url_at(host)?;
        site.gets_through(analysis, &Set::strings(&[elsewhere], &[]))
    };
    found.or_else(|| [ELSEWHERE, ADDRESS].into_iter().find_map(at))
}

/// Names that begin with another host, as those of images and repositories do.
fn names_elsewhere(hosts: &[String]) -> impl Iterator<Item = String> + '_ {
    hosts.iter().flat_map(|host| {
        [
            format!("{ELSEWHERE}/{host}"),
            format!("{ELSEWHERE}/{host}/x"),
            format!("{host}.{ELSEWHERE}/x"),
        ]
    })
}

fn hosts_elsewhere(hosts: &[String]) -> impl Iterator<Item = String> + '_ {
    hosts.iter().flat_map(|host| {
        [
            format!("{host}.{ELSEWHERE}"),
            format!("evil{host}"),
            format!("evil-{host}"),
        ]
    })
}

fn addresses_elsewhere(hosts: &[String]) -> impl Iterator<Item = String> + '_ {
    hosts.iter().flat_map(|host| {
        [
            format!("eve@{host}.{ELSEWHERE}"),
            format!("eve@evil{host}"),
            format!("eve@{ELSEWHERE},x@{host}"),
        ]
    })
}

/// The whole URLs and hosts that `site` denies, each with its host.
fn whole<'a>(site: &Site<'a>) -> Vec<(&'a str, String)> {
    let holds = site.holds();
    let is_whole = |text: &str, host: &str| match holds {
        Holds::Host => text.len() == host.len(),
        Holds::Url => true,
        Holds::Unknown => text.contains("://"),
        _ => false,
    };
    let hosts = site
        .denied_texts()
        .filter_map(|text| Some((text, host(text)?)));
    let whole = hosts.filter(|(text, host)| is_whole(text, host));
    whole.take(MAX_HOSTS).collect()
}

/// A page of the site that `text` is the URL of.
fn other_page(text: &str) -> Option<String> {
    let site = text.trim_end_matches('/');
    let (_, authority) = site.split_once("://")?;
    (!authority.contains(['/', '?', '#'])).then(|| format!("{site}/x"))
}

/// Other ways to write `text`, a host or a URL with it.
fn rewritten(text: &str, host: &str) -> Vec<String> {
    let start = text.find("://").map_or(0, |at| at + "://".len());
    let Some((_, rest)) = (text[start..].split_at_checked(host.len()))
        .filter(|(name, _)| name.eq_ignore_ascii_case(host))
    else {
        return Vec::new();
    };
    let scheme = &text[..start];
    let names = other_names(host).into_iter();
    names.map(|name| format!("{scheme}{name}{rest}")).collect()
}

/// Other ways to write `host`, which lead to the same place.
fn spellings(host: &str, holds: Holds) -> Vec<String> {
    let written = |host: String| match holds {
        Holds::Host => vec![host],
        Holds::Email => vec![format!("eve@{host}")],
        _ => vec![format!("http://{host}/"), format!("https://{host}/")],
    };
    let user = (holds == Holds::Url).then(|| format!("http://user@{host}/"));
    let names = other_names(host).into_iter();
    names.flat_map(written).chain(user).collect()
}

/// What else leads to `host`.
fn other_names(host: &str) -> Vec<String> {
    let number = |address: &str| address.parse::<Ipv4Addr>().ok().map(u32::from);
    match host {
        "localhost" => vec![
            "127.0.0.1".to_owned(),
            "127.1".to_owned(),
            "[::1]".to_owned(),
        ],
        "169.254" | "metadata.google.internal" => {
            vec!["169.254.169.254".to_owned(), "2852039166".to_owned()]
        }
        _ => match number(host) {
            Some(number) => vec![number.to_string(), format!("{number:#x}")],
            None => vec![host.to_ascii_uppercase(), format!("{host}."), encoded(host)],
        },
    }
}

/// The host with its last dot as URLs may encode it.
fn encoded(host: &str) -> String {
    match host.rsplit_once('.') {
        Some((below, last)) => format!("{below}%2E{last}"),
        None => host.to_owned(),
    }
}
