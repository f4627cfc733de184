//! The servers that cases share: a standalone of each province, and the split roles.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use minzheng_tests::{Client, Program, free_port, token};
use serde_json::Value;
use tempfile::TempDir;

/// A province that runs: its processes, its data folder, and tokens for its roles.
pub struct Province {
    pub program: Program,
    pub data: TempDir,
    pub client: Client,
    tokens: Mutex<BTreeMap<String, String>>,
}

impl Province {
    /// Starts `minzheng standalone` for a province in a fresh folder.
    pub fn standalone(code: &str) -> Result<Self, String> {
        let data = TempDir::new().map_err(|error| error.to_string())?;
        let port = free_port();
        let program = Program::start(
            &["standalone", "--listen", &format!("127.0.0.1:{port}"), "--data", &data.path().to_string_lossy(), "--province", code],
            &[],
            port,
            Duration::from_secs(120),
        )?;
        Ok(Self { program, data, client: Client::new(), tokens: Mutex::default() })
    }

    /// A token by the arguments of `minzheng token`, such as `--role registrar`; none for the public.
    pub fn token(&self, role: &str) -> Result<Option<String>, String> {
        if role == "public" {
            return Ok(None);
        }
        let mut tokens = self.tokens.lock().map_err(|error| error.to_string())?;
        if let Some(known) = tokens.get(role) {
            return Ok(Some(known.clone()));
        }
        let mut arguments = vec!["--role"];
        arguments.extend(role.split_whitespace());
        let made = token(self.data.path(), &arguments)?;
        tokens.insert(role.to_owned(), made.clone());
        Ok(Some(made))
    }

    /// Asks as a role.
    pub fn ask(&self, role: &str, query: &str, variables: &Value) -> Result<Value, String> {
        let token = self.token(role)?;
        self.client.graphql(&self.program.graphql(), token.as_deref(), query, variables)
    }

    /// Asks as a role, and takes errors for a failure.
    pub fn data(&self, role: &str, query: &str, variables: &Value) -> Result<Value, String> {
        let answer = self.ask(role, query, variables)?;
        match answer.get("errors") {
            None => Ok(answer["data"].clone()),
            Some(errors) => Err(format!("errors: {errors}")),
        }
    }
}

/// All shared servers; each starts when it is first asked for.
#[derive(Default)]
pub struct Fixtures {
    provinces: Mutex<BTreeMap<String, Arc<OnceLock<Result<Arc<Province>, String>>>>>,
}

impl Fixtures {
    pub fn new() -> Self {
        Self::default()
    }

    /// The standalone of a province.
    pub fn province(&self, code: &str) -> Result<Arc<Province>, String> {
        let cell = {
            let mut provinces = self.provinces.lock().map_err(|error| error.to_string())?;
            Arc::clone(provinces.entry(code.to_owned()).or_default())
        };
        cell.get_or_init(|| Province::standalone(code).map(Arc::new)).clone()
    }
}

/// The root folder of the project.
pub fn project() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Fails with a sentence unless the two are equal.
pub fn equal<T: PartialEq + std::fmt::Debug>(what: &str, got: &T, expected: &T) -> Result<(), String> {
    if got == expected { Ok(()) } else { Err(format!("{what}: got {got:?}, expected {expected:?}")) }
}
