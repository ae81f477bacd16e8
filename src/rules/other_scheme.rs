//! URLs that are not of the web: whether what is required of how one begins holds its host, or its
//! bucket, in place.

use super::holds::Holds;
use super::host_by_substring::{ANYWHERE, ELSEWHERE, host};
use super::site::Site;
use crate::analysis::Analysis;

/// Schemes whose URLs name a host.
const HOSTS: [&str; 44] = [
    "ftp",
    "ftps",
    "sftp",
    "ssh",
    "scp",
    "git",
    "git+ssh",
    "ws",
    "wss",
    "postgres",
    "postgresql",
    "mysql",
    "mariadb",
    "mssql",
    "sqlserver",
    "oracle",
    "clickhouse",
    "mongodb",
    "mongodb+srv",
    "redis",
    "rediss",
    "amqp",
    "amqps",
    "ldap",
    "ldaps",
    "smtp",
    "smtps",
    "imap",
    "imaps",
    "nats",
    "kafka",
    "mqtt",
    "mqtts",
    "grpc",
    "grpcs",
    "tcp",
    "udp",
    "hdfs",
    "rsync",
    "nfs",
    "smb",
    "telnet",
    "gopher",
    "docker",
];

/// Schemes whose URLs name a bucket: names of which anybody may take the next.
const BUCKETS: [&str; 10] = [
    "s3", "s3a", "s3n", "gs", "gcs", "r2", "oss", "az", "abfs", "abfss",
];

/// How many texts of a pattern are looked at.
const MAX_TEXTS: usize = 8;

/// A URL elsewhere that gets through where `site` requires one of these schemes.
pub(super) fn elsewhere(site: &Site<'_>, analysis: &Analysis) -> Option<String> {
    let may_be_url = matches!(
        site.holds(),
        Holds::Url | Holds::Unknown | Holds::Path | Holds::Host | Holds::Name
    );
    if site.denies() || !may_be_url {
        return None;
    }
    let texts = texts(site);
    let scheme = |text: &String| {
        let scheme = text.split_once("://").map_or(text.as_str(), |(it, _)| it);
        kind(scheme).is_some().then(|| scheme.to_owned())
    };
    let schemes: Vec<String> = texts.iter().filter_map(scheme).collect();
    texts.iter().find_map(|text| {
        let (written, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (scheme, rest.to_owned()),
            // Behind any user.
            None if text.starts_with('@') => ("", format!("user{text}")),
            None => return behind_address(site, text, analysis),
        };
        schemes
            .iter()
            .filter(|scheme| written.is_empty() || *scheme == written)
            .find_map(|scheme| of_scheme(site, scheme, &rest, analysis))
    })
}

/// What a URL of `scheme` names, if that is known.
fn kind(scheme: &str) -> Option<Names> {
    let scheme = scheme.strip_prefix("jdbc:").unwrap_or(scheme);
    match (HOSTS.contains(&scheme), BUCKETS.contains(&scheme)) {
        (true, _) => Some(Names::Host),
        (_, true) => Some(Names::Bucket),
        _ => None,
    }
}

/// What a URL names behind its scheme.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    Host,
    Bucket,
}

/// Where something is required to begin with `git@github.com`, as `ssh` and `git` write it.
fn behind_address(site: &Site<'_>, text: &str, analysis: &Analysis) -> Option<String> {
    let is_address = site.holds() == Holds::Url && text.contains('@') && !text.contains(':');
    let behind = is_address.then(|| format!("{text}.{ELSEWHERE}:x"));
    site.first_through(analysis, behind)
}

/// The texts that `site` looks for.
fn texts(site: &Site<'_>) -> Vec<String> {
    if let Some(part) = site.substring() {
        return vec![part.to_owned()];
    }
    let texts = site.pattern().map(|pattern| pattern.shape().texts());
    let texts = texts.unwrap_or_default().into_iter().take(MAX_TEXTS);
    texts.map(|text| text.text).collect()
}

fn of_scheme(site: &Site<'_>, scheme: &str, rest: &str, analysis: &Analysis) -> Option<String> {
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = &rest[..end];
    let at = |authority: &str| format!("{scheme}://{authority}/x");
    let through = |url: String| site.first_through(analysis, [url]);
    if authority.is_empty() {
        return through(at(ANYWHERE)).and_then(|_| through(at(ELSEWHERE)));
    }
    // Where a second user ends, readers differ.
    let marks: &[&str] = match authority.contains('@') {
        true => &["."],
        false => &[".", "@", ":x@"],
    };
    let behind = marks
        .iter()
        .map(|mark| at(&format!("{authority}{mark}{ELSEWHERE}")));
    let name = authority.rsplit('@').next().unwrap_or(authority);
    if kind(scheme) == Some(Names::Host) && host(name).is_some() {
        return site.first_through(analysis, behind);
    }
    // What is spelled out behind a name may be meant. What may be anything is not.
    let anything = ["-evil", "evil", ".evil", "~"].map(|rest| at(&format!("{authority}{rest}")));
    let [shown, ..] = anything.clone();
    let is_open = anything.into_iter().all(|url| through(url).is_some());
    is_open.then_some(shown)
}
