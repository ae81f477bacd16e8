//! The parts of a gateway policy: which one a pointer names, and what it has to be.

use super::Kind;
use super::words::AN_OPERATOR;

/// A part of a gateway policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Policy,
    SchemaAddress,
    Version,
    Default,
    Hide,
    HiddenName,
    AllTools,
    Tools,
    Tool,
    Rules,
    Rule,
    OnDeny,
    Conditions,
    Condition,
    Path,
    Operator,
    Operand,
    Limits,
    Limit,
    OverallLimit,
    Counter,
    Window,
    Max,
    Scope,
    IncrementFrom,
}

/// The objects whose keys are fixed.
const OBJECTS: [Part; 6] = [
    Part::Policy,
    Part::AllTools,
    Part::Tool,
    Part::Rule,
    Part::Condition,
    Part::Limit,
];

impl Part {
    /// The part that the reference tokens of a pointer name.
    pub fn at<T: AsRef<str>>(tokens: &[T]) -> Self {
        let tokens: Vec<&str> = tokens.iter().map(AsRef::as_ref).collect();
        match tokens[..] {
            [] => Part::Policy,
            ["$schema"] => Part::SchemaAddress,
            ["version"] => Part::Version,
            ["default"] => Part::Default,
            ["hide"] => Part::Hide,
            ["hide", _] => Part::HiddenName,
            ["all_tools"] => Part::AllTools,
            ["all_tools", "limits"] | ["tools", _, "limits"] => Part::Limits,
            ["all_tools", "limits", _] => Part::OverallLimit,
            ["tools"] => Part::Tools,
            ["tools", _] => Part::Tool,
            ["tools", _, "limits", _] => Part::Limit,
            ["tools", _, "limits", _, key] | ["all_tools", _, _, key] => Part::of_limit(key),
            ["tools", _, _] => Part::Rules,
            ["tools", _, _, _] => Part::Rule,
            ["tools", _, _, _, "on_deny"] => Part::OnDeny,
            ["tools", _, _, _, _] => Part::Conditions,
            ["tools", _, _, _, _, _] => Part::Condition,
            ["tools", _, _, _, _, _, "path"] => Part::Path,
            ["tools", _, _, _, _, _, "op"] => Part::Operator,
            // The schema says nothing about what is inside an operand.
            _ => Part::Operand,
        }
    }

    fn of_limit(key: &str) -> Self {
        match key {
            "counter" => Part::Counter,
            "window" => Part::Window,
            "max" => Part::Max,
            "scope" => Part::Scope,
            _ => Part::IncrementFrom,
        }
    }

    /// What it has to be, as the end of a sentence with "must be".
    pub fn must_be(self) -> &'static str {
        match self {
            Part::Policy => "an object with `version`, `default` and `tools`",
            Part::SchemaAddress => "the address of a schema in quotes",
            Part::Version => "the string `\"1\"`",
            Part::Default => "`allow` or `deny`",
            Part::Hide => "a list of tool names",
            Part::HiddenName => "the name of a tool in quotes",
            Part::AllTools => "an object with `limits`",
            Part::Tools => "an object with a key for each tool",
            Part::Tool => "an object with `require`, `deny_if` or `limits`",
            Part::Rules => "a list of rules",
            Part::Rule => "an object with `conditions`",
            Part::OnDeny => "a message in quotes",
            Part::Conditions => "a list of conditions",
            Part::Condition => "an object with `path`, `op` and `value`",
            Part::Path | Part::IncrementFrom => "the path of an argument, such as `args.amount`",
            Part::Operator => AN_OPERATOR,
            Part::Operand => "the value to compare with",
            Part::Limits => "a list of limits",
            Part::Limit | Part::OverallLimit => {
                "an object with `counter`, `window`, `max` and `scope`"
            }
            Part::Counter => "a name in quotes",
            Part::Window => "`minute`, `hour` or `day`",
            Part::Max => "a whole number of 1 or more",
            Part::Scope => "`grant`",
        }
    }

    /// What an object is called in messages.
    pub fn noun(self) -> &'static str {
        match self {
            Part::Policy => "a policy",
            Part::AllTools => "`all_tools`",
            Part::Tool => "a tool",
            Part::Rule => "a rule",
            Part::Condition => "a condition",
            Part::Limit => "a limit",
            Part::OverallLimit => "a limit of `all_tools`",
            _ => "this object",
        }
    }

    /// The keys that an object may have, without the one for editors.
    pub fn keys(self) -> impl Iterator<Item = &'static str> + Clone {
        let definition = match self {
            Part::AllTools => "/properties/all_tools",
            Part::Tool => "/definitions/tool",
            Part::Rule => "/definitions/rule",
            Part::Condition => "/definitions/condition",
            Part::Limit => "/definitions/limit",
            Part::OverallLimit => "/definitions/overall_limit",
            _ => "",
        };
        Kind::Gateway
            .keys(definition)
            .filter(|key| !key.starts_with('$'))
    }

    /// The objects that have `key`, for somebody who wrote it elsewhere.
    pub fn homes_of(key: &str) -> impl Iterator<Item = Part> {
        OBJECTS
            .into_iter()
            .filter(move |part| part.keys().any(|known| known == key))
    }
}
