//! The argument by which a call says what the tool is to do, and what each of its values says:
//! `manage_item` with an `action` of `get`, `create` or `delete`.

use super::arguments;
use super::claim::Setting;
use super::name;
use super::vocabulary::Kind;
use super::words::Words;
use super::{Category, ToolView};

/// An argument whose value decides what a call does.
#[derive(Debug)]
pub struct Operation<'t> {
    tool: ToolView<'t>,
    argument: String,
    listed: Option<Vec<String>>,
}

/// The argument of `tool` that decides whether a call is of `category`: one that lists a value of
/// that category; or one that takes any text, where the tool's name does not say so already.
pub fn operation<'t>(tool: &ToolView<'t>, category: Category) -> Option<Operation<'t>> {
    let (argument, listed) = arguments::operation(tool.input_schema?.text())?;
    let operation = Operation {
        tool: *tool,
        argument,
        listed,
    };
    let decides = match &operation.listed {
        Some(values) => {
            let worst = values.iter().filter_map(|value| operation.does(value));
            worst.max() >= Some(category)
        }
        None => with_setting(tool, |setting| {
            let by_name = name::claim(&Words::of_name(tool.name), setting);
            by_name.is_none_or(|claim| claim.category < category)
        }),
    };
    decides.then_some(operation)
}

impl Operation<'_> {
    /// The name of the argument.
    pub fn argument(&self) -> &str {
        &self.argument
    }

    /// The values that the schema lists. `None` if it takes any text.
    pub fn listed(&self) -> Option<&[String]> {
        self.listed.as_deref()
    }

    /// What a call with `value` does at worst. `None` if the value has no verb.
    pub fn does(&self, value: &str) -> Option<Category> {
        with_setting(&self.tool, |setting| {
            let claim = name::claim(&Words::of_name(value), setting)?;
            let is_guess = claim.kind == Kind::Vague && claim.category <= Category::Write;
            (!is_guess).then_some(claim.category)
        })
    }
}

fn with_setting<T>(tool: &ToolView<'_>, say: impl FnOnce(&Setting<'_>) -> T) -> T {
    let name = Words::of_name(tool.name);
    let server = Words::of_name(tool.server.unwrap_or(""));
    let text = Words::of_description(tool.description.unwrap_or(""));
    let (name, server, text) = (name.list(), server.list(), text.list());
    say(&Setting::new(&server, &name, &text))
}
