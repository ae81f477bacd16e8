//! `mcplint validate`: is each policy well-formed?

use super::Trouble;
use super::args::{Common, Validate};
use super::console::Console;
use super::exit::Exit;
use super::lint::{self, Check};

pub fn run(args: &Validate, common: &Common, console: Console) -> Result<Exit, Trouble> {
    let check = Check {
        paths: &args.paths,
        findings: &args.findings,
        lint: None,
    };
    lint::check(&check, common, console)
}
