//! `mcplint completions` and `mcplint man`: what a shell and a manual have to know, from the
//! definition of the command line itself.

use std::fs;
use std::path::Path;

use clap::CommandFactory;

use super::args::{Cli, Common, Completions, Man};
use super::exit::Exit;
use super::{Trouble, output};

/// Prints completions for a shell.
pub fn run(args: &Completions, common: &Common) -> Result<Exit, Trouble> {
    let mut command = Cli::command();
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "mcplint", &mut script);
    print(&script, common)
}

/// Prints the manual page, or writes the pages of all commands into a folder.
pub fn man(args: &Man, common: &Common) -> Result<Exit, Trouble> {
    let command = Cli::command();
    match &args.folder {
        None => print(&page(command)?, common),
        Some(folder) => {
            write_pages(command, folder)?;
            Ok(Exit::Clean)
        }
    }
}

fn print(text: &[u8], common: &Common) -> Result<Exit, Trouble> {
    let mut out = output::open(common)?;
    out.write_all(text)?;
    out.flush()?;
    Ok(Exit::Clean)
}

fn page(command: clap::Command) -> Result<Vec<u8>, Trouble> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    Ok(page)
}

/// Writes `mcplint.1` and a page such as `mcplint-lint.1` for each command.
fn write_pages(mut command: clap::Command, folder: &Path) -> Result<(), Trouble> {
    let failed = |path: &Path, error: std::io::Error| {
        Trouble::new(format!("can't write `{}`: {error}", path.display()))
    };
    fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    // This gives subcommands their full names and the options that all of them share.
    command.build();
    let mut left = vec![command];
    while let Some(command) = left.pop() {
        left.extend(command.get_subcommands().cloned());
        let name = command
            .get_display_name()
            .unwrap_or_else(|| command.get_name());
        let path = folder.join(format!("{name}.1"));
        fs::write(&path, page(command)?).map_err(|error| failed(&path, error))?;
    }
    Ok(())
}
