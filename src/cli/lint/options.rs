//! What the command line and the configuration together ask of a run: the options of the linter.

use std::path::PathBuf;

use super::baseline;
use crate::cli::args::{Common, Lint};
use crate::cli::{Trouble, rule};
use crate::config::Config;
use crate::lint::{Level, Levels, Options};
use crate::rules::Rule;
use crate::suppress::Ignores;

/// How every file is looked at; without `lint`, for its form only.
pub fn options(
    lint: Option<&Lint>,
    common: &Common,
    config: Option<&Config>,
) -> Result<Options, Trouble> {
    Ok(Options {
        dialect: common.dialect,
        levels: levels(lint, config)?,
        ignores: ignores(lint, config)?,
        risk: config
            .map(|config| config.overrides.clone())
            .unwrap_or_default(),
        max_calls_per_day: config
            .map(|config| config.settings.max_calls_per_day)
            .unwrap_or_default(),
        form_only: lint.is_none(),
    })
}

fn levels(lint: Option<&Lint>, config: Option<&Config>) -> Result<Levels, Trouble> {
    let mut levels = config.map_or_else(Levels::default, Config::levels);
    if let Some(args) = lint {
        levels.only = named(&args.only_rule)?;
        levels.skip = named(&args.skip_rule)?;
        // Who asks for a rule by name gets it.
        for asked in &levels.only {
            if levels.configured.get(asked.id) == Some(&Level::Off) {
                levels.configured.remove(asked.id);
            }
        }
    }
    Ok(levels)
}

fn named(ids: &[String]) -> Result<Vec<&'static Rule>, Trouble> {
    ids.iter().map(|id| rule(id)).collect()
}

fn ignores(lint: Option<&Lint>, config: Option<&Config>) -> Result<Ignores, Trouble> {
    let baseline = baseline_file(lint, config);
    Ok(Ignores {
        configured: config.map(Config::ignores).unwrap_or_default(),
        folder: config
            .map(|config| config.folder.clone())
            .unwrap_or_default(),
        baseline: baseline.as_deref().map(baseline::read).transpose()?,
    })
}

/// The baseline that holds, if one does. None does while one is written.
fn baseline_file(lint: Option<&Lint>, config: Option<&Config>) -> Option<PathBuf> {
    let args = lint.filter(|args| args.write_baseline.is_none())?;
    let configured = || {
        let config = config?;
        let file = config.settings.baseline.as_deref()?;
        Some(config.folder.join(file))
    };
    args.baseline.clone().or_else(configured)
}
