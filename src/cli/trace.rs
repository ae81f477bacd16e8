//! `mcplint trace convert`: recordings of any format as native JSONL.

use std::io::Write;

use super::args::{Common, Convert};
use super::console::Console;
use super::exit::Exit;
use super::notices::Notices;
use super::progress::Progress;
use super::simulate::{cannot_read, recordings, unreadable};
use super::{Trouble, output};
use crate::trace::convert::Item;
use crate::trace::source::Recording;

pub fn convert(args: &Convert, common: &Common, console: Console) -> Result<Exit, Trouble> {
    let recordings = recordings(&args.traces)?;
    let names: Vec<_> = recordings.iter().flat_map(Recording::names).collect();
    output::spare_inputs(common, names.iter().map(String::as_str))?;
    let mut notices = Notices::new(console, &names);
    let mut out = output::open(common)?;
    let progress = Progress::new(&recordings, common.quiet);
    let mut first_file = 0;
    let mut line = String::new();
    for recording in &recordings {
        let cannot_read = |error| cannot_read(recording, &error);
        let mut calls = recording
            .calls(args.input.format(), &progress.watcher())
            .map_err(cannot_read)?;
        notices.start_trace(recording);
        while let Some((file, item)) = calls.next_item().map_err(cannot_read)? {
            let file = first_file + file;
            match item {
                Item::Call(record) => {
                    notices.is_a_call();
                    line.clear();
                    record.write(&mut line);
                    out.write_all(line.as_bytes())?;
                }
                Item::Problem { line, problem } if args.strict => {
                    return Err(unreadable(&format!("{}:{line}", names[file]), &problem));
                }
                Item::Problem { line, problem } => notices.unreadable_line(file, line, &problem),
                Item::Note { line, note } => notices.noted(file, line, &note),
            }
        }
        notices.end_trace()?;
        first_file += recording.names().len();
    }
    drop(progress);
    out.flush()?;
    Ok(Exit::Clean)
}
