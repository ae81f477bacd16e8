//! Writes a made-up trace, for measuring: `trace N [--grants G] [--tools T] [--seed S] [-o FILE]`.
//!
//! Without `-o` it goes to standard output. See `docs/performance.md`.

mod generator;

use std::error::Error;
use std::fs::File;
use std::io::{self, BufWriter, Write};

use generator::{Generator, Shape};

/// What was asked for.
#[derive(Default)]
struct Order {
    calls: u64,
    shape: Shape,
    file: Option<String>,
}

fn order(mut words: impl Iterator<Item = String>) -> Result<Order, Box<dyn Error>> {
    let mut order = Order::default();
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("`{word}` wants a value"));
        match word.as_str() {
            // `cargo bench` adds it.
            "--bench" => {}
            "--grants" => order.shape.grants = at_least_one(&value()?)?,
            "--tools" => order.shape.tools = at_least_one(&value()?)?,
            "--seed" => order.shape.seed = value()?.parse()?,
            "-o" => order.file = Some(value()?),
            _ => order.calls = word.parse()?,
        }
    }
    Ok(order)
}

/// The generator draws from so many at most.
fn at_least_one(text: &str) -> Result<u64, Box<dyn Error>> {
    let number = text.parse()?;
    match number {
        1..=0xffff_ffff => Ok(number),
        _ => Err(format!("`{text}` is not from 1 to 4294967295").into()),
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let order = order(std::env::args().skip(1))?;
    let mut out: BufWriter<Box<dyn Write>> = BufWriter::new(match &order.file {
        Some(path) => Box::new(File::create(path)?),
        None => Box::new(io::stdout().lock()),
    });
    let mut generator = Generator::new(order.shape);
    let mut line = String::new();
    for _ in 0..order.calls {
        line.clear();
        generator.write_record(&mut line);
        out.write_all(line.as_bytes())?;
    }
    Ok(out.flush()?)
}
