//! `mcplint schema`: prints the JSON Schema of a policy format.

use super::args::{Common, Schema, SchemaName};
use super::exit::Exit;
use super::{Trouble, output};
use crate::schema::Kind;

pub fn run(args: &Schema, common: &Common) -> Result<Exit, Trouble> {
    let kind = match args.name {
        SchemaName::Gateway => Kind::Gateway,
        SchemaName::Intercept => Kind::Intercept,
    };
    let mut out = output::open(common)?;
    out.write_all(kind.text().as_bytes())?;
    out.flush()?;
    Ok(Exit::Clean)
}
