//! The `mcplint` command: parse, call, return.

use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = mcplint::cli::args::parse();
    mcplint::cli::run(&cli).into()
}
