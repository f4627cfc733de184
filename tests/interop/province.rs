//! One province as processes: a whole one in one process, or the gateway and the marriage subgraph apart, on SQLite
//! or PostgreSQL, reached by peers in the clear or by mutual TLS.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use minzheng_tests::{Client, Program, binary, faulty_binary, free_port};

use crate::Outcome;
use crate::postgres;
use crate::world::run;

/// The instant at which the demonstration plays, noon in Shanghai.
const NOON: &str = "2026-11-22T04:00:00Z";

/// How a province is made up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One process.
    Standalone,
    /// Gateway and subgraph, on SQLite.
    Sqlite,
    /// Gateway and subgraph, on PostgreSQL.
    Postgres,
    /// As `Sqlite`, and a second gateway for peers, who must show a certificate.
    Tls,
}

pub(crate) struct Province {
    pub(crate) code: &'static str,
    pub(crate) data: PathBuf,
    /// Where people ask.
    pub(crate) port: u16,
    /// Where peers ask.
    pub(crate) gate: u16,
    kind: Kind,
    near: u16,
    database: String,
    clock: String,
    env: Vec<(String, String)>,
    binary: PathBuf,
    /// The process that keeps the ledger; the one that is killed.
    ledger: Option<Program>,
    /// Those before it.
    gateways: Vec<Program>,
}

impl Drop for Province {
    fn drop(&mut self) {
        self.ledger = None;
        self.gateways.clear();
        if self.kind == Kind::Postgres {
            let _ = postgres::drop(&self.database);
            let _ = postgres::drop(&format!("{}_copy", self.database));
        }
    }
}

impl Province {
    /// Makes folder, keys and key file.
    pub(crate) fn prepare(
        root: &Path,
        code: &'static str,
        kind: Kind,
        algorithm: &str,
        faults: bool,
    ) -> Result<Self, String> {
        let data = root.join(code);
        let port = free_port();
        let database = match kind {
            Kind::Postgres => postgres::create(code)?,
            _ => String::new(),
        };
        let point = data.join("fault");
        let province = Self {
            code,
            port,
            gate: if kind == Kind::Tls { free_port() } else { port },
            near: free_port(),
            kind,
            database,
            clock: NOON.to_owned(),
            env: match faults {
                true => vec![(
                    "MINZHENG_FAULT_POINT".to_owned(),
                    format!("@{}", point.display()),
                )],
                false => Vec::new(),
            },
            binary: if faults { faulty_binary() } else { binary() },
            data,
            ledger: None,
            gateways: Vec::new(),
        };
        let folder = province.data.to_string_lossy().into_owned();
        if kind != Kind::Standalone {
            run(&["keys", "init", &folder, "--province", code])?;
            fs::create_dir_all(province.data.join("databases")).map_err(|e| e.to_string())?;
        }
        let scheme = if kind == Kind::Tls { "https" } else { "http" };
        let endpoint = format!("{scheme}://127.0.0.1:{}/graphql", province.gate);
        let mut arguments = vec!["peer", "key", "--data", &folder, "--endpoint", &endpoint];
        arguments.extend(["--algorithm", algorithm]);
        if kind == Kind::Standalone {
            arguments.extend(["--province", code]);
        }
        run(&arguments)?;
        Ok(province)
    }

    /// Starts what does not run.
    pub(crate) fn start(&mut self) -> Outcome {
        if self.ledger.is_none() {
            self.ledger = Some(match self.kind {
                Kind::Standalone => self.whole()?,
                _ => self.subgraph()?,
            });
        }
        if self.gateways.is_empty() && self.kind != Kind::Standalone {
            self.gateways
                .push(self.gateway("gateway", self.port, false)?);
            if self.kind == Kind::Tls {
                self.gateways.push(self.gateway("gate", self.gate, true)?);
            }
        }
        Ok(())
    }

    fn whole(&self) -> Result<Program, String> {
        let (data, listen) = (
            self.data.to_string_lossy().into_owned(),
            format!("127.0.0.1:{}", self.port),
        );
        let mut arguments = vec!["standalone", "--workers", "1", "--listen", &listen];
        arguments.extend(["--data", &data, "--province", self.code]);
        self.program(&arguments, self.port)
    }

    fn program(&self, arguments: &[&str], port: u16) -> Result<Program, String> {
        let mut envs: Vec<(&str, &str)> = vec![("MINZHENG_CLOCK", &self.clock)];
        envs.extend(
            self.env
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        );
        Program::start_as(
            &self.binary,
            &Client::new(),
            "http",
            arguments,
            &envs,
            port,
            Duration::from_secs(240),
        )
    }

    fn subgraph(&self) -> Result<Program, String> {
        let database = match self.kind {
            Kind::Postgres => postgres::url(&self.database)?,
            _ => format!("sqlite://{}?mode=rwc", self.file().display()),
        };
        let text = format!(
            "listen = \"127.0.0.1:{}\"\nprovince = \"{}\"\ndatabase = \"{database}\"\nkeys = \"marriage\"\npeers = \"peers\"\ndemo = true\n",
            self.near, self.code
        );
        let path = self.written("marriage.toml", &text)?;
        self.program(&["subgraph", "marriage", "--config", &path], self.near)
    }

    fn gateway(&self, name: &str, port: u16, tls: bool) -> Result<Program, String> {
        let mut text = format!(
            "listen = \"127.0.0.1:{port}\"\nprovince = \"{}\"\nworkers = 1\n\
             [subgraphs]\nmarriage = \"http://127.0.0.1:{}/graphql\"\n\
             [signing]\nprincipal_key = \"gateway/principal.pem\"\n\
             [signing.subgraphs.marriage]\nid = \"k1\"\nkey_file = \"gateway/signature-marriage.b64\"\n\
             [access_log]\npatience = \"30s\"\nfolder = \"{}\"\nseal_key = \"gateway/access-log.pem\"\n\
             [[identity.issuers]]\nname = \"development\"\nissuer = \"minzheng-dev\"\njwks = \"gateway/jwks.json\"\n\
             algorithms = [\"EdDSA\"]\npersons = true\nmax_lifetime = \"30d\"\n\
             roles = [\"citizen\", \"registrar\", \"supervisor\", \"dashboard\", \"peer\", \"auditor\", \"operator\"]\n",
            self.code,
            self.near,
            self.data.join(format!("log-{name}")).display()
        );
        for peer in crate::world::CODES
            .iter()
            .filter(|code| **code != self.code)
        {
            text.push_str(&format!(
                "[[identity.issuers]]\nname = \"peer-{peer}\"\nissuer = \"minzheng-peer-{peer}\"\n\
                 jwks = \"peers/{peer}.jwks\"\nalgorithms = [\"EdDSA\"]\nroles = [\"peer\"]\n\
                 provinces = [\"{peer}\"]\nmax_lifetime = \"10m\"\n"
            ));
        }
        if tls {
            text.push_str(
                "[tls]\ncertificate = \"peers/server.pem\"\nkey = \"peers/server.key.pem\"\nclient_ca = \"peers/ca.pem\"\n",
            );
        }
        let path = self.written(&format!("{name}.toml"), &text)?;
        // One that speaks TLS only is not asked whether it is ready: peers ask until it answers.
        self.program(&["gateway", "--config", &path], self.port)
    }

    fn written(&self, name: &str, text: &str) -> Result<String, String> {
        let path = self.data.join(name);
        fs::write(&path, text).map_err(|error| error.to_string())?;
        Ok(path.to_string_lossy().into_owned())
    }

    fn file(&self) -> PathBuf {
        self.data.join("databases/marriage.db")
    }

    /// Ends the ledger's process at once, from beside whoever is asking it.
    pub(crate) fn strike(&self) {
        if let Some(program) = &self.ledger {
            let id = program.id().to_string();
            let _ = std::process::Command::new("kill")
                .args(["-KILL", &id])
                .status();
        }
    }

    /// Ends the ledger's process at once, and is sure of it.
    pub(crate) fn kill(&mut self) {
        if let Some(mut program) = self.ledger.take() {
            program.kill();
        }
    }

    /// Whether the ledger's process has died by itself.
    pub(crate) fn is_dead(&mut self) -> bool {
        self.ledger.as_mut().is_some_and(Program::has_ended)
    }

    /// Names the moment at which it dies next; none takes that back.
    pub(crate) fn dies_at(&self, point: Option<&str>) -> Outcome {
        let file = self.data.join("fault");
        match point {
            Some(point) => fs::write(file, point).map_err(|error| error.to_string()),
            None => {
                let _ = fs::remove_file(file);
                Ok(())
            }
        }
    }

    /// From its next start on its legal clock stands at this instant.
    pub(crate) fn plays_at(&mut self, instant: &str) {
        instant.clone_into(&mut self.clock);
    }

    /// From its next start on the clock of its messages is wrong by so many seconds.
    pub(crate) fn clock_is_wrong_by(&mut self, seconds: i64) {
        self.env.retain(|(name, _)| name != "MINZHENG_FAULT_CLOCK");
        self.env
            .push(("MINZHENG_FAULT_CLOCK".to_owned(), seconds.to_string()));
    }

    /// A copy of the database as it is; nothing runs on it meanwhile.
    pub(crate) fn back_up(&self) -> Outcome {
        match self.kind {
            Kind::Postgres => postgres::copy(&self.database, &format!("{}_copy", self.database)),
            _ => copied(&self.data.join("databases"), &self.data.join("backup")),
        }
    }

    /// The copy instead of the database; nothing runs on it meanwhile.
    pub(crate) fn restore(&self) -> Outcome {
        match self.kind {
            Kind::Postgres => {
                postgres::drop(&self.database)?;
                postgres::copy(&format!("{}_copy", self.database), &self.database)
            }
            _ => copied(&self.data.join("backup"), &self.data.join("databases")),
        }
    }

    /// Processor time of the ledger's process so far, in seconds.
    pub(crate) fn cpu(&self) -> f64 {
        let own = self.ledger.iter().chain(&self.gateways);
        own.map(|program| seconds_of(program.id())).sum()
    }
}

/// User and system time of a process (`/proc/PID/stat`, fields 14 and 15, in hundredths).
fn seconds_of(process: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let behind = stat.rsplit(')').next().unwrap_or_default();
    let ticks: u64 = behind
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    ticks as f64 / 100.0
}

/// Puts one folder's files in place of another's.
fn copied(from: &Path, to: &Path) -> Outcome {
    let failed = |error: std::io::Error| error.to_string();
    if to.exists() {
        fs::remove_dir_all(to).map_err(failed)?;
    }
    fs::create_dir_all(to).map_err(failed)?;
    for entry in fs::read_dir(from).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        fs::copy(entry.path(), to.join(entry.file_name())).map_err(failed)?;
    }
    Ok(())
}
