//! The servers that cases share: a standalone of each province, and the split roles.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use minzheng_tests::{Client, Program, free_port, token};
use sea_orm::{ConnectionTrait, Database};
use serde_json::Value;
use tempfile::TempDir;

use crate::Outcome;

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
        Self::standalone_with(code, &[])
    }

    /// The same with further variables of the environment.
    pub(crate) fn standalone_with(code: &str, also: &[(&str, &str)]) -> Result<Self, String> {
        let mut envs = vec![("MINZHENG_CLOCK", NOON)];
        envs.extend_from_slice(also);
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
            &envs,
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

    /// A token by the arguments of `minzheng token`, such as `--role registrar`; none for the public. The case
    /// that an officer states beside it is no part of the token, see [`stated`].
    pub(crate) fn token(&self, role: &str) -> Result<Option<String>, String> {
        let role = without_case(role);
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
        let (url, token) = (self.program.graphql(), token.as_deref());
        self.client
            .graphql_for(&url, token, stated(role), query, variables)
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

/// Who asks, without the case they state: `registrar --division 510118 --purpose P --case ID`.
pub(crate) fn without_case(role: &str) -> &str {
    role.split_once(" --case ").map_or(role, |(role, _)| role)
}

/// The purpose and the case that such a role states with each request; nothing without a case.
pub(crate) fn stated(role: &str) -> Option<(&str, &str)> {
    let (before, case) = role.split_once(" --case ")?;
    let (_, purpose) = before.split_once("--purpose ")?;
    Some((purpose.split_whitespace().next()?, case.trim()))
}

/// The split roles: each subgraph on PostgreSQL and the gateway with Redis, by the example
/// configurations of `deploy/config`. Only the hosts in them are replaced, so that what they say of
/// feeds, keys and subgraphs is what is tested.
pub(crate) struct Split {
    pub(crate) gateway: Program,
    pub(crate) subgraphs: BTreeMap<&'static str, Program>,
    pub(crate) folder: TempDir,
    pub(crate) client: Client,
    /// How each subgraph was started, to start it again.
    commands: BTreeMap<&'static str, Command>,
}

/// How a subgraph is started.
struct Command {
    config: String,
    envs: Vec<(String, String)>,
    port: u16,
}

impl Command {
    fn start(&self, name: &str) -> Result<Program, String> {
        let arguments = ["subgraph", name, "--config", &self.config];
        start(&arguments, &self.envs, self.port)
    }
}

/// The subgraphs of the program.
pub(crate) const SUBGRAPHS: [&str; 6] = [
    "persons",
    "places",
    "marriage",
    "funeral",
    "societies",
    "audit",
];

impl Split {
    /// Starts all seven processes on fresh schemas of this prefix.
    pub(crate) fn start(prefix: &str) -> Result<Self, String> {
        Self::start_with(prefix, &[])
    }

    /// The same with more variables for every process.
    pub(crate) fn start_with(prefix: &str, also: &[(&str, &str)]) -> Result<Self, String> {
        let also: Vec<(String, String)> = also
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let (Ok(postgres), Ok(redis)) = (
            std::env::var("MINZHENG_TEST_POSTGRES"),
            std::env::var("MINZHENG_TEST_REDIS"),
        ) else {
            return Err("no PostgreSQL and Redis to test with: tests/run starts them".to_owned());
        };
        let schemas = SUBGRAPHS.iter().copied().chain(["access_log"]);
        drop_schemas(
            &postgres,
            schemas.map(|name| format!("{prefix}_{name}")).collect(),
        )?;
        let folder = TempDir::new().map_err(|error| error.to_string())?;
        copy_folder(&project().join("deploy/config"), folder.path())
            .map_err(|error| error.to_string())?;
        let keys = folder.path().join("keys").to_string_lossy().into_owned();
        let (status, said) = Program::run(&["keys", "init", &keys], &[])?;
        if !status.success() {
            return Err(said);
        }
        let ports: BTreeMap<&'static str, u16> =
            SUBGRAPHS.iter().map(|&name| (name, free_port())).collect();
        local(folder.path(), &ports).map_err(|error| error.to_string())?;
        let config = |name: &str| {
            folder
                .path()
                .join(format!("{name}.toml"))
                .to_string_lossy()
                .into_owned()
        };
        let log = format!("{postgres}?schema={prefix}_access_log");
        let commands: BTreeMap<&'static str, Command> = ports
            .iter()
            .map(|(&name, &port)| {
                let mut envs = vec![
                    ("MINZHENG_CLOCK".into(), NOON.into()),
                    ("MINZHENG_LISTEN".into(), format!("127.0.0.1:{port}")),
                    ("MINZHENG_DATABASE".into(), postgres.clone()),
                    ("MINZHENG_SCHEMA".into(), format!("{prefix}_{name}")),
                    ("MINZHENG_REDIS_URL".into(), redis.clone()),
                    ("MINZHENG_ACCESS_LOG".into(), log.clone()),
                ];
                envs.extend(also.iter().cloned());
                let config = config(name);
                (name, Command { config, envs, port })
            })
            .collect();
        let subgraphs = std::thread::scope(|scope| {
            let starting: Vec<_> = commands
                .iter()
                .map(|(&name, command)| (name, scope.spawn(move || command.start(name))))
                .collect();
            starting
                .into_iter()
                .map(|(name, thread)| {
                    let started = thread.join().map_err(|_| "a start panicked".to_owned())?;
                    Ok((name, started?))
                })
                .collect::<Result<BTreeMap<_, _>, String>>()
        })?;
        let port = free_port();
        let mut envs = vec![
            ("MINZHENG_CLOCK".into(), NOON.into()),
            ("MINZHENG_LISTEN".into(), format!("127.0.0.1:{port}")),
            ("MINZHENG_CACHE__REDIS_URL".into(), redis),
            ("MINZHENG_ACCESS_LOG__DATABASE".into(), log),
            // A machine that is busy with other tests writes late.
            ("MINZHENG_ACCESS_LOG__PATIENCE".into(), "30s".into()),
        ];
        envs.extend(also);
        let gateway = start(&["gateway", "--config", &config("gateway")], &envs, port)?;
        Ok(Self {
            gateway,
            subgraphs,
            folder,
            client: Client::new(),
            commands,
        })
    }

    /// Kills a subgraph at once, as a crash would.
    pub(crate) fn kill(&mut self, name: &str) {
        if let Some(program) = self.subgraphs.get_mut(name) {
            program.kill();
        }
    }

    /// Starts a killed subgraph again on its database.
    pub(crate) fn restart(&mut self, name: &'static str) -> Outcome {
        let command = self.commands.get(name).ok_or("no such subgraph")?;
        self.subgraphs.insert(name, command.start(name)?);
        Ok(())
    }

    /// Asks as a role, as [`Province::ask`] does.
    pub(crate) fn ask(&self, role: &str, query: &str, variables: &Value) -> Result<Value, String> {
        let token = match role {
            "public" => None,
            role => {
                let mut arguments = vec!["--role"];
                arguments.extend(without_case(role).split_whitespace());
                Some(token(&self.folder.path().join("keys"), &arguments)?)
            }
        };
        let (url, token) = (self.gateway.graphql(), token.as_deref());
        self.client
            .graphql_for(&url, token, stated(role), query, variables)
    }
}

/// Puts this machine's ports in place of the hosts of the example configurations.
fn local(folder: &Path, ports: &BTreeMap<&str, u16>) -> std::io::Result<()> {
    for name in ports.keys().chain([&"gateway"]) {
        let path = folder.join(format!("{name}.toml"));
        let mut text = std::fs::read_to_string(&path)?;
        for (host, port) in ports {
            text = text.replace(
                &format!("http://{host}:4100"),
                &format!("http://127.0.0.1:{port}"),
            );
        }
        std::fs::write(path, text)?;
    }
    Ok(())
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
    split: OnceLock<Result<Arc<Split>, String>>,
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
    /// The split roles.
    pub(crate) fn split(&self) -> Result<Arc<Split>, String> {
        self.split
            .get_or_init(|| Split::start("split").map(Arc::new))
            .clone()
    }
}

/// Removes what an earlier run left on a server that lives longer than one run.
fn drop_schemas(url: &str, schemas: Vec<String>) -> Result<(), String> {
    let work = async {
        let db = Database::connect(url).await?;
        for schema in schemas {
            db.execute_unprepared(&format!("DROP SCHEMA IF EXISTS \"{schema}\" CASCADE"))
                .await?;
        }
        db.close().await
    };
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?
        .block_on(work)
        .map_err(|error: sea_orm::DbErr| error.to_string())
}

/// The root folder of the project.
pub(crate) fn project() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
