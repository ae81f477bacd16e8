//! What reading costs by the byte: cutting blocks, reading native lines, decompressing.

mod generator;

use std::fs;
use std::hint::black_box;
use std::io::{Cursor, Write};
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use flate2::Compression;
use flate2::write::GzEncoder;
use generator::Shape;
use mcplint::trace::blocks::{Block, Blocks};
use mcplint::trace::native::Reader;
use mcplint::trace::{self, Location, Stream};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

const CALLS: usize = 20_000;

/// Cuts all of `stream` and gives the number of its bytes.
fn drain(stream: Stream) -> usize {
    let mut blocks = Blocks::new(stream);
    let mut block = Block::default();
    let mut bytes = 0;
    while blocks.next_into(&mut block).expect("it can be read") {
        bytes += block.text.len();
    }
    bytes
}

fn lines(c: &mut Criterion) {
    let text = generator::trace(CALLS, Shape::default());
    let block = Block::of(text.clone());
    let mut group = c.benchmark_group("lines");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("split", |b| b.iter(|| black_box(&block).lines().count()));
    group.bench_function("native", |b| {
        let mut reader = Reader::default();
        b.iter(|| {
            let mut lines = black_box(&block).lines();
            while let Some((_, read)) = reader.next(&mut lines) {
                black_box(read.expect("every line is a call"));
            }
        });
    });
    group.finish();
}

fn streams(c: &mut Criterion) {
    let text = generator::trace(CALLS, Shape::default());
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let mut group = c.benchmark_group("streams");
    // Bytes of text in each case, so that the figures can be compared.
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("memory", |b| {
        b.iter_batched(
            || Box::new(Cursor::new(text.clone().into_bytes())),
            |stream| drain(stream),
            criterion::BatchSize::LargeInput,
        );
    });
    for (name, bytes) in [
        ("plain", text.clone().into_bytes()),
        ("gzip", gzip(&text)),
        (
            "zstandard",
            compress_to_vec(text.as_bytes(), CompressionLevel::Fastest),
        ),
    ] {
        let location = written(&folder.path().join(name), &bytes);
        group.bench_function(name, |b| {
            b.iter(|| drain(trace::open(&location, |_| {}).expect("it was just written")));
        });
    }
    group.finish();
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let written = encoder.write_all(text.as_bytes());
    written
        .and_then(|()| encoder.finish())
        .expect("memory takes it")
}

fn written(path: &Path, bytes: &[u8]) -> Location {
    fs::write(path, bytes).expect("a temporary file can be written");
    Location::File(path.to_owned())
}

criterion_group!(readers, lines, streams);
criterion_main!(readers);
