//! Paths as configurations and baselines name files: from their own folder, with slashes.

use std::path::{Component, Path, PathBuf};

/// `path` from `folder`, with slashes, whatever is above both: `policies/a.json`, `../b.json`.
/// Neither has to exist, and links are not followed.
pub fn below(folder: &Path, path: &Path) -> String {
    let (folder, path) = (whole(folder), whole(path));
    let (mut above, mut rest) = (folder.components(), path.components());
    let mut next = (above.next(), rest.next());
    while next.0.is_some() && next.0 == next.1 {
        next = (above.next(), rest.next());
    }
    let ups = next.0.into_iter().chain(above).map(|_| "..".to_owned());
    let downs = next.1.into_iter().chain(rest);
    let downs = downs.map(|part| part.as_os_str().to_string_lossy().into_owned());
    ups.chain(downs).collect::<Vec<_>>().join("/")
}

/// The absolute path without `.` and `..`.
fn whole(path: &Path) -> PathBuf {
    let mut whole = PathBuf::new();
    // Without a working directory, paths are compared as they are.
    let absolute = std::path::absolute(if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    });
    for part in absolute.unwrap_or_else(|_| path.to_owned()).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                whole.pop();
            }
            part => whole.push(part),
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_relative_and_clean() {
        for (folder, path, named) in [
            (".", "policies/a.json", "policies/a.json"),
            ("", "./policies/../a.json", "a.json"),
            ("/x/y", "/x/y/z/a.json", "z/a.json"),
            ("/x/y", "/x/a.json", "../a.json"),
            ("/x/./y/", "/x/y/a.json", "a.json"),
        ] {
            assert_eq!(below(Path::new(folder), Path::new(path)), named);
        }
    }
}
