//! The spans of an export as trees: what a span inherits from those around it, and which of them
//! are one call.

use std::collections::HashMap;

use super::value::AnyValue;
use crate::call::Outcome;
use crate::time::Timestamp;
use crate::trace::record::{Arguments, Record};

/// A text that many spans have, by its number; 0 is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Name(u32);

impl Name {
    /// This, or else `other`.
    fn or(self, other: Name) -> Name {
        if self.0 == 0 { other } else { self }
    }
}

/// What attributes tell about who acts, and in which conversation.
#[derive(Debug, Clone, Copy, Default)]
pub struct Told {
    agent_id: Name,
    agent_name: Name,
    conversation: Name,
    session: Name,
    connection: Name,
}

impl Told {
    /// What is told here; what is not, as the spans around tell it.
    fn within(self, around: Told, is_agent: bool) -> Told {
        // An agent that is named but has no id is not the one around it.
        let other_agent = is_agent && (self.agent_id.0 != 0 || self.agent_name.0 != 0);
        let agent = if other_agent { Told::default() } else { around };
        Told {
            agent_id: self.agent_id.or(agent.agent_id),
            agent_name: self.agent_name.or(agent.agent_name),
            conversation: self.conversation.or(around.conversation),
            session: self.session.or(around.session),
            connection: self.connection.or(around.connection),
        }
    }
}

/// A span, as far as it matters.
#[derive(Debug)]
pub struct Span {
    /// Its trace's id.
    pub trace: Name,
    /// Its own id, within the trace.
    pub id: u64,
    /// The span that it lies in.
    pub parent: Option<u64>,
    /// What its own attributes tell.
    pub told: Told,
    /// Whether it is around all that an agent does.
    pub is_agent: bool,
    /// The call, if it is around one.
    pub call: Option<Box<Call>>,
}

/// A call as one span has it.
#[derive(Debug)]
pub struct Call {
    /// The line that the span begins at.
    pub line: u64,
    /// The number of the span in the file, from 1.
    pub position: u64,
    /// When it began, in nanoseconds after 1970 began.
    pub start: u64,
    /// What the span is around.
    pub role: Role,
    /// The tool.
    pub tool: Name,
    /// The server.
    pub server: Name,
    /// What there is of the arguments.
    pub arguments: Given,
    /// How it ended.
    pub outcome: Outcome,
}

/// What a span tells of a call's arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// Nothing.
    Nothing,
    /// Their JSON text.
    Json(Box<str>),
    /// That there were some, but not which.
    Unreadable,
}

/// What the span of a call is around. Those of one call lie in one another in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// The execution of a tool, as the agent sees it.
    Tool,
    /// The request to a server.
    Client,
    /// What the server does.
    Server,
}

/// Some of the roles.
#[derive(Debug, Clone, Copy, Default)]
struct Roles(u8);

impl Roles {
    fn add(&mut self, role: Role) {
        self.0 |= 1 << role as u8;
    }

    fn meet(self, others: Roles) -> bool {
        self.0 & others.0 != 0
    }
}

/// All spans of an export.
#[derive(Debug, Default)]
pub struct Spans {
    names: HashMap<Box<str>, Name>,
    texts: Vec<Box<str>>,
    spans: Vec<Stored>,
    resources: Vec<Resource>,
    /// Where arguments are recorded: an exporter leaves empty ones out there, and all of them
    /// elsewhere.
    arguments_in: Roles,
}

#[derive(Debug)]
struct Stored {
    span: Span,
    resource: u32,
}

#[derive(Debug, Clone, Copy, Default)]
struct Resource {
    told: Told,
    /// The service that the spans were recorded in.
    service: Name,
}

/// What a span inherits.
#[derive(Debug, Clone, Copy, Default)]
struct Inherited {
    told: Told,
    /// The call that it is a part of: its number among [`Spans::merge`]'s.
    call: Option<u32>,
    /// The role of the innermost span so far of that call.
    role: Option<Role>,
    /// Whether a span around is not in the file.
    is_cut: bool,
}

/// A call of which all spans were put together.
#[derive(Debug)]
pub struct Merged {
    call: Call,
    told: Told,
    /// How it ended as the client saw it, which is worth most.
    client_outcome: Option<Outcome>,
    /// The roles of its spans.
    roles: Roles,
    /// Whether a span around it is not in the file.
    is_cut: bool,
}

impl Spans {
    /// The number of a text.
    pub fn name(&mut self, text: Option<&str>) -> Name {
        let Some(text) = text else {
            return Name::default();
        };
        if let Some(name) = self.names.get(text) {
            return *name;
        }
        self.texts.push(text.into());
        let number = u32::try_from(self.texts.len()).expect("memory is full before");
        self.names.insert(text.into(), Name(number));
        Name(number)
    }

    fn text(&self, name: Name) -> Option<String> {
        let nth = name.0.checked_sub(1)?;
        Some(self.texts[nth as usize].to_string())
    }

    /// Takes an attribute of a span or a resource that tells who acts, if it is one.
    pub fn note_attribute(&mut self, told: &mut Told, key: &str, value: AnyValue<'_>) {
        let place = match key {
            "gen_ai.agent.id" => &mut told.agent_id,
            "gen_ai.agent.name" => &mut told.agent_name,
            "gen_ai.conversation.id" => &mut told.conversation,
            "session.id" => &mut told.session,
            "mcp.session.id" => &mut told.connection,
            _ => return,
        };
        *place = self.name(value.text().as_deref());
    }

    /// The spans that follow come from another resource.
    pub fn next_resource(&mut self) {
        self.resources.push(Resource::default());
    }

    /// The resource that the latest spans and the next ones come from.
    pub fn resource(&mut self, told: Told, service: Name) {
        if let Some(resource) = self.resources.last_mut() {
            *resource = Resource { told, service };
        }
    }

    /// Takes a span.
    pub fn push(&mut self, span: Span) {
        let resource = u32::try_from(self.resources.len()).expect("memory is full before");
        self.spans.push(Stored { span, resource });
    }

    fn resource_of(&self, stored: &Stored) -> Resource {
        let nth = (stored.resource as usize).checked_sub(1);
        nth.map_or_else(Resource::default, |nth| self.resources[nth])
    }

    /// The calls, in the order of their start.
    pub fn merge(&mut self) -> Vec<Merged> {
        let by_id = self.by_id();
        let parents: Vec<_> = (self.spans.iter().map(|stored| &stored.span))
            .map(|span| by_id.get(&(span.trace, span.parent?)).copied())
            .collect();
        drop(by_id);
        let mut calls = Vec::new();
        let mut inherited: Vec<Option<Inherited>> = vec![None; self.spans.len()];
        let mut path = Vec::new();
        for nth in 0..self.spans.len() {
            // From the span outwards to one that is known, then inwards again. The path is marked
            // on the way, so that spans that lie in one another in a circle end it.
            let mut next = Some(nth);
            while let Some(outer) = next.filter(|outer| inherited[*outer].is_none()) {
                inherited[outer] = Some(Inherited::default());
                path.push(outer);
                next = parents[outer].map(|parent| parent as usize);
            }
            while let Some(inner) = path.pop() {
                let parent = parents[inner].and_then(|parent| inherited[parent as usize]);
                inherited[inner] = Some(self.settle(inner, parent, &mut calls));
            }
        }
        self.spans = Vec::new();
        calls.sort_by_key(|call| call.call.start);
        calls
    }

    /// The numbers of the spans. One that was exported again is no call of its own.
    fn by_id(&mut self) -> HashMap<(Name, u64), u32> {
        let mut by_id = HashMap::with_capacity(self.spans.len());
        for nth in 0..self.spans.len() {
            let number = u32::try_from(nth).expect("memory is full before");
            let span = &self.spans[nth].span;
            let first = *by_id.entry((span.trace, span.id)).or_insert(number) as usize;
            let calls = [first, nth].map(|nth| self.spans[nth].span.call.as_ref());
            if first < nth
                && let [Some(first), Some(again)] = calls
                && (first.start, first.tool) == (again.start, again.tool)
            {
                self.spans[nth].span.call = None;
            }
        }
        by_id
    }

    /// Works out what a span inherits, and adds its call to `calls` or to the call around it.
    fn settle(
        &mut self,
        nth: usize,
        parent: Option<Inherited>,
        calls: &mut Vec<Merged>,
    ) -> Inherited {
        let resource = self.resource_of(&self.spans[nth]);
        let span = &mut self.spans[nth].span;
        let around = parent.unwrap_or(Inherited {
            told: resource.told,
            is_cut: span.parent.is_some(),
            ..Inherited::default()
        });
        let told = span.told.within(around.told, span.is_agent);
        let inside = if span.is_agent {
            Inherited::default()
        } else {
            around
        };
        let Some(mut call) = span.call.take() else {
            return Inherited { told, ..inside };
        };
        if call.role == Role::Server {
            // A server names itself as a service.
            call.server = call.server.or(resource.service);
        }
        if call.arguments != Given::Nothing {
            self.arguments_in.add(call.role);
        }
        let role = Some(call.role);
        let outer = inside.call.map(|call| call as usize);
        if let Some(outer) =
            outer.filter(|outer| inside.role < role && calls[*outer].call.tool == call.tool)
        {
            calls[outer].add(*call, told);
            return Inherited {
                told,
                role,
                ..inside
            };
        }
        let number = u32::try_from(calls.len()).expect("memory is full before");
        calls.push(Merged::of(*call, told, inside.is_cut));
        Inherited {
            told,
            call: Some(number),
            role,
            is_cut: inside.is_cut,
        }
    }

    /// Whether the calls were exported without their arguments.
    pub fn lack_arguments(&self) -> bool {
        self.arguments_in.0 == 0
    }

    /// Whether a call has no arguments where others of the export may have theirs: a span around it
    /// that had them may be missing.
    pub fn lacks_arguments(&self, merged: &Merged) -> bool {
        let is_told = self.arguments_in.meet(merged.roles);
        // A span around the request has them rather than the request itself.
        let mut execution = Roles::default();
        execution.add(Role::Tool);
        let is_inner = merged.is_cut && !merged.roles.meet(execution);
        let may_be_around = is_inner && self.arguments_in.meet(execution);
        merged.call.arguments == Given::Nothing && (!is_told || may_be_around)
    }

    /// A call as a record.
    pub fn record(&self, merged: Merged) -> Record {
        let is_known = !self.lacks_arguments(&merged);
        let Merged {
            call,
            told,
            client_outcome,
            ..
        } = merged;
        let session = told.conversation.or(told.session).or(told.connection);
        Record {
            line: call.line,
            ts: Some(Timestamp::from_unix_nanos(call.start).into()),
            session: self.text(session),
            grant: self.text(told.agent_id.or(told.agent_name)),
            server: self.text(call.server),
            tool: self.text(call.tool).unwrap_or_default(),
            args: match call.arguments {
                Given::Json(text) => Arguments::Json(text.into()),
                Given::Nothing if is_known => Arguments::Json("{}".into()),
                Given::Nothing | Given::Unreadable => Arguments::unrecorded(),
            },
            outcome: client_outcome
                .filter(|o| *o != Outcome::Ok)
                .unwrap_or(call.outcome),
            ..Record::default()
        }
    }
}

impl Merged {
    fn of(call: Call, told: Told, is_cut: bool) -> Self {
        let client_outcome = (call.role == Role::Client).then_some(call.outcome);
        let mut roles = Roles::default();
        roles.add(call.role);
        Self {
            call,
            told,
            client_outcome,
            roles,
            is_cut,
        }
    }

    /// Whether a span around it is not in the file.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Goes by the number of its span instead of its line.
    pub fn number_by_span(&mut self) {
        self.call.line = self.call.position;
    }

    /// The line that it begins at.
    pub fn line(&self) -> u64 {
        self.call.line
    }

    /// Whether its arguments were recorded so that they can't be read.
    pub fn has_unreadable_arguments(&self) -> bool {
        self.call.arguments == Given::Unreadable
    }

    /// Adds what a span inside of the others tells.
    fn add(&mut self, inner: Call, told: Told) {
        if inner.role == Role::Client {
            self.client_outcome = Some(inner.outcome);
        }
        self.roles.add(inner.role);
        let call = &mut self.call;
        call.server = call.server.or(inner.server);
        if call.arguments == Given::Nothing {
            call.arguments = inner.arguments;
        }
        if call.outcome == Outcome::Ok {
            call.outcome = inner.outcome;
        }
        self.told = self.told.within(told, false);
    }
}
