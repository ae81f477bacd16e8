//! The floor that replay is measured against: every line of a file checked to be one JSON value by
//! `sonic-rs`, on one thread, with nothing decided and nothing kept.
//!
//! `floor FILE` prints how many lines there are. See `docs/performance.md`.

use std::fs::File;
use std::io::{BufRead, BufReader, Error, Result};

fn main() -> Result<()> {
    // `cargo bench` adds an option of its own.
    let Some(path) = std::env::args().skip(1).find(|a| !a.starts_with("--")) else {
        return Ok(());
    };
    let mut reader = BufReader::with_capacity(256 * 1024, File::open(path)?);
    let mut line = Vec::new();
    let mut lines = 0_u64;
    while reader.read_until(b'\n', &mut line)? > 0 {
        let _value: sonic_rs::LazyValue<'_> = sonic_rs::from_slice(&line).map_err(Error::other)?;
        lines += 1;
        line.clear();
    }
    #[expect(clippy::print_stdout, reason = "the result of a program of its own")]
    {
        println!("{lines}");
    }
    Ok(())
}
