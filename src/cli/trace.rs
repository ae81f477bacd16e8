//! `mcplint trace convert`: recordings of any format as native JSONL.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::args::{Common, Convert};
use super::console::Console;
use super::exit::Exit;
use super::notices::Notices;
use super::progress::Progress;
use super::simulate::{cannot_read, recordings, unreadable};
use super::{Trouble, output};
use crate::trace::convert::Item;
use crate::trace::redact::{Redactor, SHORTEST_KEY};
use crate::trace::source::Recording;

pub fn convert(args: &Convert, common: &Common, console: Console) -> Result<Exit, Trouble> {
    let recordings = recordings(&args.traces, args.input.format(), args.strict)?;
    let names: Vec<_> = recordings.iter().flat_map(Recording::names).collect();
    let key = args.redact_key_file.as_deref();
    let inputs = names.iter().map(Path::new).chain(key);
    output::spare_inputs(common, inputs)?;
    let redactor = redactor(args)?;
    let mut notices = Notices::new(console, &names, 0);
    let mut out = Destination::open(common)?;
    let progress = Progress::new(&recordings, common.quiet);
    let mut first_file = 0;
    let mut line = String::new();
    for recording in &recordings {
        let cannot_read = |error| cannot_read(&recording.name(), &error);
        let mut calls = recording.calls(&progress.watcher()).map_err(cannot_read)?;
        notices.start_trace(recording);
        while let Some((file, item)) = calls.next_item().map_err(cannot_read)? {
            let file = first_file + file;
            match item {
                Item::Call(mut record) => {
                    notices.is_a_call();
                    if let Some(redactor) = &redactor {
                        redactor.redact(&mut record);
                    }
                    line.clear();
                    record.write(&mut line);
                    out.writer().write_all(line.as_bytes())?;
                }
                Item::Problem { line, problem } if args.strict => {
                    return Err(unreadable(&format!("{}:{line}", names[file]), &problem));
                }
                Item::Problem { line, problem } => notices.unreadable_line(file, line, &problem),
                Item::Note { line, note } => notices.noted(file, line, &note),
            }
        }
        notices.end_trace(recording)?;
        first_file += recording.names().len();
    }
    drop(progress);
    out.finish()?;
    Ok(Exit::Clean)
}

/// Where the records go. A file takes its place when it is complete.
enum Destination {
    Stream(Box<dyn Write>),
    File(BufWriter<NamedTempFile>, PathBuf),
}

impl Destination {
    fn open(common: &Common) -> Result<Self, Trouble> {
        let named = common
            .output
            .as_deref()
            .filter(|path| *path != Path::new("-"));
        // A link is followed to its file; a pipe or a device is written to as it is.
        let path = named.map(|path| path.canonicalize().unwrap_or_else(|_| path.to_owned()));
        let Some(path) = path.filter(|path| path.is_file() || !path.exists()) else {
            return Ok(Destination::Stream(output::open(common)?));
        };
        let file = beside(&path)
            .map_err(|error| Trouble::new(format!("can't write `{}`: {error}", path.display())))?;
        Ok(Destination::File(
            BufWriter::with_capacity(1 << 16, file),
            path,
        ))
    }

    fn writer(&mut self) -> &mut dyn Write {
        match self {
            Destination::Stream(stream) => stream,
            Destination::File(file, _) => file,
        }
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Destination::Stream(mut stream) => stream.flush(),
            Destination::File(file, path) => {
                let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
                file.persist(path).map_err(|error| error.error)?;
                Ok(())
            }
        }
    }
}

/// A new file in the same folder, with the permissions of the one at `path` or those of any new one.
fn beside(path: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    let file = builder.tempfile_in(folder.unwrap_or(Path::new(".")))?;
    if path.exists() {
        // Who may not write to the file does not get to replace it.
        fs::OpenOptions::new().append(true).open(path)?;
        file.as_file()
            .set_permissions(fs::metadata(path)?.permissions())?;
    }
    Ok(file)
}

/// What replaces argument values, if they are to be replaced.
fn redactor(args: &Convert) -> Result<Option<Redactor>, Trouble> {
    if !args.redact {
        return Ok(None);
    }
    let Some(path) = &args.redact_key_file else {
        let random = Redactor::random();
        let no_key = |error| Trouble::new(format!("can't make a random key: {error}"));
        return random.map(Some).map_err(no_key);
    };
    let name = path.display();
    let key = fs::read(path)
        .map_err(|error| Trouble::new(format!("can't read the key `{name}`: {error}")))?;
    let key = key.trim_ascii_end();
    if key.len() < SHORTEST_KEY {
        return Err(Trouble::with_help(
            format!("the key `{name}` is shorter than {SHORTEST_KEY} bytes, and could be guessed"),
            "`head -c 32 /dev/urandom | base64` makes a key",
        ));
    }
    Ok(Some(Redactor::new(key)))
}
