//! MCP sessions as they went over the wire: one JSON-RPC message a line, of both directions, in an
//! envelope that says when and between whom, or bare.
//!
//! A call is a `tools/call` request of the client; the answer with its id says how it ended. Ids
//! count for one direction of one connection only, and a connection begins anew with the client's
//! `initialize` or, in the protocol that has no such handshake, `server/discover`.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use super::blocks::Line;
use super::convert::{Converter, Sink};
use super::format::Shape;
use super::pending::Waiting;
use super::record::{Arguments, Record, Time};
use crate::call::Outcome;
use crate::json::{Field, Object, Tape, walk};

/// Where a request of the protocol without handshake says who the client is.
const CLIENT_INFO: &str = "io.modelcontextprotocol/clientInfo";

/// Methods of servers. Where nothing says who sent a message, this and [`EITHER`] do.
const OF_SERVERS: [&str; 3] = ["roots/list", "sampling/createMessage", "elicitation/create"];

/// A method of both sides.
const EITHER: &str = "ping";

/// Whether an object with these keys is a message, or holds one.
pub fn recognises(shape: &Shape<'_>) -> bool {
    let message = shape.object("message");
    let in_list = || shape.raw("message").is_some_and(recognises_batch);
    shape.has("jsonrpc") || message.has("jsonrpc") || in_list()
}

/// Whether a list that begins so is a batch of messages.
pub fn recognises_batch(text: &str) -> bool {
    let first = text.strip_prefix('[').map(str::trim_ascii_start);
    first.is_some_and(|first| Shape::of(first).has("jsonrpc"))
}

/// Makes calls of messages.
#[derive(Debug, Default)]
pub struct Messages {
    tape: Tape,
    batch: Tape,
    wire: Wire,
}

impl Converter for Messages {
    fn line(&mut self, line: Line<'_>, sink: &mut Sink) {
        let object = match self.tape.read(line.block, line.span) {
            Ok(object) => object,
            Err(error) => return sink.syntax_error(line, &error),
        };
        let envelope = match object {
            Some(object) => Envelope::of(object),
            None => Envelope::bare(line.text().trim_ascii()),
        };
        let envelope = match envelope {
            Ok(envelope) => envelope,
            Err(problem) => return sink.problem(line.number, problem),
        };
        let mut at = At {
            line: line.number,
            in_batch: false,
            envelope: &envelope,
        };
        match envelope.message {
            Body::Message(message) => self.wire.take(&at, message, sink),
            Body::Batch(text) => {
                at.in_batch = true;
                for span in walk::elements(text) {
                    // The text was checked as a whole.
                    if let Ok(Some(message)) = self.batch.read(text, span) {
                        self.wire.take(&at, message, sink);
                    } else {
                        sink.problem(line.number, "an element of the batch is not an object");
                    }
                }
            }
        }
    }

    fn end(&mut self, sink: &mut Sink) {
        self.wire.waiting.abandon_all(Outcome::NoAnswer, sink);
    }
}

/// What is known of a message besides itself.
#[derive(Debug)]
struct Envelope<'t> {
    ts: Option<(walk::Value<'t>, &'t str)>,
    from: Option<Side>,
    session: Option<Cow<'t, str>>,
    server: Option<Cow<'t, str>>,
    grant: Option<Cow<'t, str>>,
    message: Body<'t>,
}

#[derive(Debug, Clone, Copy)]
enum Body<'t> {
    Message(Object<'t>),
    /// The text of a list.
    Batch(&'t str),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Client,
    Server,
}

impl<'t> Envelope<'t> {
    fn bare(text: &'t str) -> Result<Self, &'static str> {
        if text.starts_with('[') {
            Ok(Self::around(Body::Batch(text)))
        } else {
            Err("the line is neither a JSON-RPC message nor an envelope of one")
        }
    }

    fn around(message: Body<'t>) -> Self {
        Self {
            ts: None,
            from: None,
            session: None,
            server: None,
            grant: None,
            message,
        }
    }

    /// The envelope that `object` is; a message without one is its own.
    fn of(object: Object<'t>) -> Result<Self, &'static str> {
        let mut envelope = Self::around(Body::Message(object));
        let mut is_message = false;
        for field in object.fields() {
            match &*field.key() {
                "ts" => envelope.ts = Some((field.value(), field.text().raw())),
                "dir" => envelope.from = side(field)?,
                "session" => envelope.session = text(field),
                "server" => envelope.server = text(field),
                "grant" => envelope.grant = text(field),
                "message" => {
                    envelope.message = match (field.object(), field.value()) {
                        (Some(message), _) => Body::Message(message),
                        (None, walk::Value::Array(list)) => Body::Batch(list),
                        _ => return Err("`message` is not a JSON-RPC message"),
                    };
                    is_message = true;
                }
                "jsonrpc" | "method" | "result" | "error" => is_message = true,
                _ => {}
            }
        }
        match is_message {
            true => Ok(envelope),
            false => Err("the line is neither a JSON-RPC message nor an envelope of one"),
        }
    }
}

fn side(field: Field<'_>) -> Result<Option<Side>, &'static str> {
    match field.value() {
        walk::Value::Null => Ok(None),
        walk::Value::String(side) if side == "client" => Ok(Some(Side::Client)),
        walk::Value::String(side) if side == "server" => Ok(Some(Side::Server)),
        _ => Err("`dir` is neither `client` nor `server`"),
    }
}

fn text(field: Field<'_>) -> Option<Cow<'_, str>> {
    match field.value() {
        walk::Value::String(text) => Some(text),
        _ => None,
    }
}

fn member<'t>(object: Object<'t>, key: &str) -> Option<Field<'t>> {
    object.fields().find(|field| field.key() == key)
}

/// Where a message comes from.
struct At<'a, 't> {
    line: u64,
    in_batch: bool,
    envelope: &'a Envelope<'t>,
}

/// What a request is known by until it is answered. The number 1 and the text "1" are two ids.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Id {
    /// As it is written.
    Number(String),
    Text(String),
}

impl Id {
    fn of(field: Field<'_>) -> Option<Self> {
        match field.value() {
            walk::Value::Number(number) => Some(Id::Number(number.to_owned())),
            walk::Value::String(text) => Some(Id::Text(text.into_owned())),
            _ => None,
        }
    }

    fn number(&self) -> Option<i64> {
        match self {
            Id::Number(number) => number.parse().ok(),
            Id::Text(_) => None,
        }
    }
}

/// A message, as far as it matters.
#[derive(Default)]
struct Message<'t> {
    id: Option<Id>,
    method: Option<Cow<'t, str>>,
    params: Option<Object<'t>>,
    result: Option<Field<'t>>,
    is_error: bool,
}

impl<'t> Message<'t> {
    fn of(object: Object<'t>) -> Self {
        let mut message = Self::default();
        for field in object.fields() {
            match &*field.key() {
                "id" => message.id = Id::of(field),
                "method" => message.method = text(field),
                "params" => message.params = field.object(),
                "result" => message.result = Some(field),
                "error" => message.is_error = !matches!(field.value(), walk::Value::Null),
                _ => {}
            }
        }
        message
    }

    fn param(&self, key: &str) -> Option<Field<'t>> {
        member(self.params?, key)
    }

    /// Who the client says it is: in the handshake, or with each request.
    fn client(&self) -> Option<Cow<'t, str>> {
        let info = self.param("clientInfo").or_else(|| {
            let meta = self.param("_meta")?.object()?;
            member(meta, CLIENT_INFO)
        });
        text(member(info?.object()?, "name")?)
    }

    /// How the call that this answers has ended.
    fn outcome(&self) -> Outcome {
        if self.is_error {
            return Outcome::RpcError;
        }
        let result = self.result.and_then(Field::object);
        let flag = result.and_then(|result| member(result, "isError"));
        match flag.map(Field::value) {
            Some(walk::Value::Bool(true)) => Outcome::ToolError,
            _ => Outcome::Ok,
        }
    }

    /// Whether the answer is one to a tool call by its shape, rather than one to something that
    /// servers ask.
    fn answers_call(&self) -> bool {
        let Some(result) = self.result.and_then(Field::object) else {
            return false;
        };
        let has = |key| member(result, key).is_some();
        !has("role")
            && ["content", "structuredContent", "isError"]
                .into_iter()
                .any(has)
    }
}

/// The connections of a recording, and the calls that are open on them.
#[derive(Debug, Default)]
struct Wire {
    connections: Connections,
    waiting: Waiting<Id>,
}

impl Wire {
    fn take(&mut self, at: &At<'_, '_>, object: Object<'_>, sink: &mut Sink) {
        let message = Message::of(object);
        match &message.method {
            Some(method) => {
                let by_server = OF_SERVERS.contains(&&**method);
                let from = at.envelope.from;
                match from {
                    Some(Side::Server) => {}
                    None if by_server || method == EITHER => self.asked(at, message.id),
                    _ => self.of_client(at, method, &message, sink),
                }
            }
            None => self.answer(at, &message, sink),
        }
    }

    /// A request of the server: its id says nothing about the client's.
    fn asked(&mut self, at: &At<'_, '_>, id: Option<Id>) {
        let connection = self.connections.get(at.envelope);
        // More than these would be no conversation.
        if connection.asked.len() < 1_000 {
            connection.asked.extend(id);
        }
    }

    fn of_client(&mut self, at: &At<'_, '_>, method: &str, message: &Message<'_>, sink: &mut Sink) {
        match method {
            "initialize" => self.begin(at, message, sink),
            "server/discover" => {
                let connection = self.connections.get(at.envelope);
                let number = message.id.as_ref().and_then(Id::number);
                // Such a request may also come later: then its id is one that follows.
                if number.is_some_and(|number| Some(number) <= connection.latest) {
                    self.begin(at, message, sink);
                } else if let Some(client) = message.client() {
                    connection.client = Some(client.into_owned());
                }
            }
            "notifications/cancelled" => {
                let connection = self.connections.get(at.envelope);
                if let Some(id) = message.param("requestId").and_then(Id::of)
                    && !connection.asked.remove(&id)
                {
                    let group = connection.group;
                    self.waiting.resolve(group, &id, Outcome::NoAnswer, sink);
                }
            }
            "tools/call" => self.call(at, message, sink),
            _ => {}
        }
        let id = message.id.as_ref().and_then(Id::number);
        let connection = self.connections.get(at.envelope);
        connection.latest = connection.latest.max(id);
    }

    /// The client has connected anew: what is open was lost with the old connection.
    fn begin(&mut self, at: &At<'_, '_>, message: &Message<'_>, sink: &mut Sink) {
        let connection = self.connections.get(at.envelope);
        let group = connection.group;
        connection.latest = None;
        connection.asked.clear();
        connection.client = message.client().map(Cow::into_owned);
        self.waiting.abandon(group, Outcome::NoAnswer, sink);
    }

    fn call(&mut self, at: &At<'_, '_>, message: &Message<'_>, sink: &mut Sink) {
        let record = match self.record(at, message) {
            Ok(record) => record,
            Err(problem) => return sink.problem(at.line, problem),
        };
        let group = self.connections.get(at.envelope).group;
        match &message.id {
            Some(id) => self.waiting.push(group, id.clone(), record, sink),
            // Nothing can answer it.
            None => {
                let outcome = Outcome::NoAnswer;
                let record = Record { outcome, ..record };
                self.waiting.push_settled(record, sink);
            }
        }
    }

    fn record(&mut self, at: &At<'_, '_>, message: &Message<'_>) -> Result<Record, String> {
        let envelope = at.envelope;
        let tool = message.param("name").and_then(text);
        let tool = tool.ok_or("the `tools/call` request has no `params.name`")?;
        let ts = match &envelope.ts {
            Some((value, raw)) => Time::read(value, raw).map_err(|e| format!("`ts`: {e}"))?,
            None => None,
        };
        let args = message.param("arguments").map(Field::text);
        let args = args.filter(|args| args.raw() != "null");
        let owned = |text: &Option<Cow<'_, str>>| text.as_deref().map(str::to_owned);
        let client = message.client().map(Cow::into_owned);
        Ok(Record {
            line: at.line,
            ts,
            session: owned(&envelope.session),
            grant: owned(&envelope.grant)
                .or(client)
                .or_else(|| self.connections.get(envelope).client.clone()),
            server: owned(&envelope.server),
            tool: tool.into_owned(),
            args: Arguments::Json(args.map_or("{}", |args| args.raw()).to_owned()),
            in_batch: at.in_batch,
            ..Record::default()
        })
    }

    fn answer(&mut self, at: &At<'_, '_>, message: &Message<'_>, sink: &mut Sink) {
        let Some(id) = &message.id else {
            return;
        };
        let connection = self.connections.get(at.envelope);
        let to_server = match at.envelope.from {
            Some(Side::Client) => true,
            Some(Side::Server) => false,
            None => !message.answers_call() && connection.asked.remove(id),
        };
        if !to_server && (message.result.is_some() || message.is_error) {
            let group = connection.group;
            self.waiting.resolve(group, id, message.outcome(), sink);
        }
    }
}

/// A connection of a client and a server.
#[derive(Debug, Default)]
struct Connection {
    /// The name of its ids' owner among the open calls.
    group: u64,
    client: Option<String>,
    /// The greatest id so far of the client.
    latest: Option<i64>,
    /// Ids of open requests of the server, where nothing says which side sends.
    asked: HashSet<Id>,
}

/// The connections by session and server. Those that say nothing while very many others do are
/// forgotten, so that a recording of any length takes bounded memory.
#[derive(Debug, Default)]
struct Connections {
    recent: HashMap<String, Connection>,
    older: HashMap<String, Connection>,
    next_group: u64,
    name: String,
}

/// How many connections are surely remembered.
const REMEMBERED: usize = 20_000;

impl Connections {
    fn get(&mut self, envelope: &Envelope<'_>) -> &mut Connection {
        let session = envelope.session.as_deref().unwrap_or("");
        let server = envelope.server.as_deref().unwrap_or("");
        self.name.clear();
        let _infallible = write!(self.name, "{} {session}{server}", session.len());
        if !self.recent.contains_key(&self.name) {
            if self.recent.len() >= REMEMBERED {
                self.older = std::mem::take(&mut self.recent);
            }
            let connection = self.older.remove(&self.name).unwrap_or_else(|| {
                self.next_group += 1;
                Connection {
                    group: self.next_group,
                    ..Connection::default()
                }
            });
            self.recent.insert(self.name.clone(), connection);
        }
        self.recent
            .get_mut(&self.name)
            .expect("it was there or was put there")
    }
}
