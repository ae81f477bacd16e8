//! Owns how the tests run the command: in a folder of its own, and without what the surroundings say
//! of colours, widths and GitHub. A test crate adds its own ways to call it.

// Each test crate uses its own part of this module.
#![allow(dead_code)]

use std::ffi::OsStr;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A folder to work in.
pub struct Desk(TempDir);

/// What a run gave.
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Desk {
    pub fn empty() -> Self {
        Self(TempDir::new().expect("a folder for the test"))
    }

    pub fn folder(&self) -> &Path {
        self.0.path()
    }

    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("it is in the folder")).expect("a folder");
        fs::write(path, content).expect("writing a file of the test");
        self
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("the file is there")
    }

    pub fn command<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mcplint"));
        command.args(arguments).current_dir(self.folder());
        command.stdin(Stdio::null());
        for name in ["NO_COLOR", "CLICOLOR_FORCE", "COLUMNS", "GITHUB_ACTIONS"] {
            command.env_remove(name);
        }
        command
    }

    pub fn run<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Run {
        Run::of(self.command(arguments).output().expect("mcplint runs"))
    }

    pub fn run_with_input(&self, arguments: &[&str], input: impl AsRef<[u8]>) -> Run {
        let mut command = self.command(arguments);
        let command = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("mcplint runs");
        let mut stdin = child.stdin.take().expect("it is piped");
        // It need not read all of it, or any, to know that it can't go on.
        if let Err(error) = stdin.write_all(input.as_ref()) {
            assert_eq!(error.kind(), ErrorKind::BrokenPipe, "{error}");
        }
        drop(stdin);
        Run::of(child.wait_with_output().expect("mcplint ends"))
    }
}

impl Run {
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code().expect("mcplint was not killed"),
            out: String::from_utf8(output.stdout).expect("output is UTF-8"),
            err: String::from_utf8(output.stderr).expect("messages are UTF-8"),
        }
    }

    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        let Run { out, err, .. } = &self;
        assert_eq!(self.code, code, "stdout:\n{out}\nstderr:\n{err}");
        self
    }

    /// Of the messages.
    #[track_caller]
    pub fn says(self, words: &str) -> Self {
        assert!(self.err.contains(words), "`{words}` not in:\n{}", self.err);
        self
    }

    /// Of the result.
    #[track_caller]
    pub fn shows(self, words: &str) -> Self {
        assert!(self.out.contains(words), "`{words}` not in:\n{}", self.out);
        self
    }

    #[track_caller]
    pub fn hides(self, words: &str) -> Self {
        assert!(!self.out.contains(words), "`{words}` in:\n{}", self.out);
        self
    }

    #[track_caller]
    pub fn without_messages(self) -> Self {
        assert_eq!(self.err, "");
        self
    }

    #[track_caller]
    pub fn shows_nothing(self) -> Self {
        assert_eq!(self.out, "");
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).expect("the output is JSON")
    }
}
