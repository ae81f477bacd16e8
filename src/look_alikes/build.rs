//! Writes the table of `src/look_alikes/mod.rs`: UTS 39's confusables as `unicode-security` has them.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs, io};

use unicode_normalization::UnicodeNormalization as _;
use unicode_security::confusable_detection::skeleton;

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=src/look_alikes/build.rs");
    let folder = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(folder.join("look_alikes.rs"), table())
}

/// The table as Rust source. Characters that decompose are not in it: they are never looked up.
fn table() -> String {
    let (mut rows, mut texts) = (String::new(), String::new());
    let mut count = 0;
    for c in '\0'..=char::MAX {
        let alone = c.to_string();
        let alike: String = skeleton(&alone).collect();
        if alike == alone || !alone.nfd().eq([c]) {
            continue;
        }
        let (at, len) = (texts.len(), alike.len());
        writeln!(rows, "({c:?}, {at}, {len}),").expect("strings take all");
        texts.push_str(&alike);
        count += 1;
    }
    format!(
        "static LOOK_ALIKES: [(char, u16, u8); {count}] = [\n{rows}];\nstatic TEXTS: &str = {texts:?};\n"
    )
}
