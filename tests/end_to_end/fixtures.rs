//! The servers that cases share: a standalone of each province, and the split roles.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use minzheng_tests::{Client, Program, free_port, token};
use serde_json::Value;
use tempfile::TempDir;

/// The instant at which the demonstration plays, noon in Shanghai: dates in answers stay true.
pub(crate) const NOON: &str = "2026-11-22T04:00:00Z";

/// A province that runs: its processes, its data folder, and tokens for its roles.
pub(crate) struct Province {
    pub(crate) program: Program,
    pub(crate) data: TempDir,
    pub(crate) client: Client,
    tokens: Mutex<BTreeMap<String, String>>,
}

impl Province {
    /// Starts `minzheng standalone` for a province in a fresh folder.
    pub(crate) fn standalone(code: &str) -> Result<Self, String> {
        let data = TempDir::new().map_err(|error| error.to_string())?;
        let port = free_port();
        let program = Program::start(
            &[
                "standalone",
                "--listen",
                &format!("127.0.0.1:{port}"),
                "--data",
                &data.path().to_string_lossy(),
                "--province",
                code,
            ],
            &[("MINZHENG_CLOCK", NOON)],
            port,
            Duration::from_secs(120),
        )?;
        Ok(Self {
            program,
            data,
            client: Client::new(),
            tokens: Mutex::default(),
        })
    }

    /// A token by the arguments of `minzheng token`, such as `--role registrar`; none for the public.
    pub(crate) fn token(&self, role: &str) -> Result<Option<String>, String> {
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
    pub(crate) fn ask(&self, role: &str, query: &str, variables: &Value) -> Result<Value, String> {
        let token = self.token(role)?;
        self.client
            .graphql(&self.program.graphql(), token.as_deref(), query, variables)
    }

    /// Asks as a role, and takes errors for a failure.
    pub(crate) fn data(&self, role: &str, query: &str, variables: &Value) -> Result<Value, String> {
        let answer = self.ask(role, query, variables)?;
        match answer.get("errors") {
            None => Ok(answer["data"].clone()),
            Some(errors) => Err(format!("errors: {errors}")),
        }
    }
}

/// The split roles: each subgraph on PostgreSQL and the gateway with Redis, by the example
/// configurations of `deploy/config`.
pub(crate) struct Split {
    pub(crate) gateway: Program,
    pub(crate) subgraphs: BTreeMap<&'static str, Program>,
    pub(crate) folder: TempDir,
    pub(crate) client: Client,
}

/// The subgraphs of the program.
pub(crate) const SUBGRAPHS: [&str; 5] = ["persons", "places", "marriage", "funeral", "societies"];

impl Split {
    /// Starts all six processes on schemas of this prefix; `None` where there is no PostgreSQL to test with (`tests/run` has one).
    pub(crate) fn start(prefix: &str) -> Result<Option<Self>, String> {
        let (Ok(postgres), Ok(redis)) = (
            std::env::var("MINZHENG_TEST_POSTGRES"),
            std::env::var("MINZHENG_TEST_REDIS"),
        ) else {
            return Ok(None);
        };
        let folder = TempDir::new().map_err(|error| error.to_string())?;
        copy_folder(&project().join("deploy/config"), folder.path())
            .map_err(|error| error.to_string())?;
        let keys = folder.path().join("keys").to_string_lossy().into_owned();
        let (status, said) = Program::run(&["keys", "init", &keys], &[])?;
        if !status.success() {
            return Err(said);
        }
        let mut envs: Vec<(String, String)> = vec![("MINZHENG_CLOCK".into(), NOON.into())];
        let ports: BTreeMap<&'static str, u16> =
            SUBGRAPHS.iter().map(|&name| (name, free_port())).collect();
        let config = |name: &str| {
            folder
                .path()
                .join(format!("{name}.toml"))
                .to_string_lossy()
                .into_owned()
        };
        let mut starting = Vec::new();
        for (&name, &port) in &ports {
            let config = config(name);
            let mut envs = envs.clone();
            envs.push(("MINZHENG_LISTEN".into(), format!("127.0.0.1:{port}")));
            envs.push(("MINZHENG_DATABASE".into(), postgres.clone()));
            envs.push(("MINZHENG_SCHEMA".into(), format!("{prefix}_{name}")));
            for (&other, &port) in &ports {
                envs.push((
                    format!("MINZHENG_FEEDS__{}", other.to_uppercase()),
                    format!("http://127.0.0.1:{port}/graphql"),
                ));
            }
            starting.push((
                name,
                std::thread::spawn(move || {
                    start(&["subgraph", name, "--config", &config], &envs, port)
                }),
            ));
        }
        let mut subgraphs = BTreeMap::new();
        for (name, thread) in starting {
            subgraphs.insert(
                name,
                thread.join().map_err(|_| "a start panicked".to_owned())??,
            );
        }
        let port = free_port();
        envs.push(("MINZHENG_LISTEN".into(), format!("127.0.0.1:{port}")));
        envs.push(("MINZHENG_CACHE__REDIS_URL".into(), redis));
        for (name, port) in &ports {
            envs.push((
                format!("MINZHENG_SUBGRAPHS__{}", name.to_uppercase()),
                format!("http://127.0.0.1:{port}/graphql"),
            ));
        }
        let gateway = start(&["gateway", "--config", &config("gateway")], &envs, port)?;
        Ok(Some(Self {
            gateway,
            subgraphs,
            folder,
            client: Client::new(),
        }))
    }

    /// Asks as a role, as [`Province::ask`] does.
    pub(crate) fn ask(&self, role: &str, query: &str, variables: &Value) -> Result<Value, String> {
        let token = match role {
            "public" => None,
            role => {
                let mut arguments = vec!["--role"];
                arguments.extend(role.split_whitespace());
                Some(token(&self.folder.path().join("keys"), &arguments)?)
            }
        };
        self.client
            .graphql(&self.gateway.graphql(), token.as_deref(), query, variables)
    }
}

fn start(arguments: &[&str], envs: &[(String, String)], port: u16) -> Result<Program, String> {
    let envs: Vec<(&str, &str)> = envs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    Program::start(arguments, &envs, port, Duration::from_secs(180))
}

/// Copies a folder with all that is in it.
pub(crate) fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// A server that starts when it is first asked for.
type Shared<T> = OnceLock<Result<Arc<T>, String>>;

/// All shared servers; each starts when it is first asked for.
#[derive(Default)]
pub(crate) struct Fixtures {
    provinces: Mutex<BTreeMap<String, Arc<Shared<Province>>>>,
    split: OnceLock<Result<Option<Arc<Split>>, String>>,
}

impl Fixtures {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// The standalone of a province.
    pub(crate) fn province(&self, code: &str) -> Result<Arc<Province>, String> {
        let cell = {
            let mut provinces = self.provinces.lock().map_err(|error| error.to_string())?;
            Arc::clone(provinces.entry(code.to_owned()).or_default())
        };
        cell.get_or_init(|| Province::standalone(code).map(Arc::new))
            .clone()
    }
}

impl Fixtures {
    /// The split roles; `None` where there is no PostgreSQL.
    pub(crate) fn split(&self) -> Result<Option<Arc<Split>>, String> {
        self.split
            .get_or_init(|| Split::start("split").map(|split| split.map(Arc::new)))
            .clone()
    }
}

/// The root folder of the project.
pub(crate) fn project() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
