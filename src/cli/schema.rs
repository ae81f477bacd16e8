//! `mcplint schema`: prints the JSON Schema of a policy format, of the configuration or of a
//! trace's lines.

use super::args::{Common, Schema, SchemaName};
use super::exit::Exit;
use super::{Trouble, output};
use crate::config;
use crate::schema::Kind;
use crate::trace::native;

pub fn run(args: &Schema, common: &Common) -> Result<Exit, Trouble> {
    let text = match args.name {
        SchemaName::Gateway => Kind::Gateway.text(),
        SchemaName::Intercept => Kind::Intercept.text(),
        SchemaName::Config => config::SCHEMA,
        SchemaName::Trace => native::SCHEMA,
    };
    let mut out = output::open(common)?;
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(Exit::Clean)
}
