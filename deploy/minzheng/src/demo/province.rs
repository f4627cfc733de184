//! One province of the demonstration: its folder, its process, and asking it as somebody.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use minzheng_gateway::identity::Role;
use minzheng_gateway::identity::dev::{DevClaims, DevIssuer};
use minzheng_kit::demo;
use minzheng_kit::keys::Keys;
use minzheng_kit::{Database, database};
use minzheng_marriage::interop::book::KeyFile;
use minzheng_marriage::interop::client::Client;
use minzheng_marriage::interop::log;
use serde_json::{Value, json};

use crate::data_folder::{keys_of, province_of};
use crate::failure::Failure;
use crate::peer;

/// The instant at which the demonstration plays by the legal clock, noon in Shanghai.
const NOON: &str = "2026-11-22T04:00:00Z";

/// One province.
pub(super) struct Province {
    pub(super) code: String,
    pub(super) endpoint: String,
    pub(super) data: PathBuf,
    port: u16,
    file: KeyFile,
    process: Option<Child>,
    log: Option<Database>,
    shown: usize,
}

impl Drop for Province {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Province {
    /// Makes folder and keys where there are none, and the key file with this address.
    pub(super) fn prepare(root: &Path, code: &str, port: u16) -> Result<Self, Failure> {
        let data = root.join(code);
        if province_of(&data)?.is_none() {
            peer::begin(&data, code)?;
        }
        let keys = Keys::load_or_create(&keys_of(&data))?;
        let endpoint = format!("http://127.0.0.1:{port}/graphql");
        let file = peer::write_own(&peer::folder_of(&data), &keys, code, Some(&endpoint), None)?;
        Ok(Self {
            code: code.to_owned(),
            endpoint,
            data,
            port,
            file,
            process: None,
            log: None,
            shown: 0,
        })
    }

    /// Brings every key file to every other province.
    pub(super) fn acquaint(all: &[Self]) -> Result<(), Failure> {
        for one in all {
            for other in all.iter().filter(|other| other.code != one.code) {
                peer::let_in(&peer::folder_of(&one.data), &other.file)?;
            }
        }
        Ok(())
    }

    /// Starts its process: this very program.
    pub(super) fn start(&mut self) -> Result<(), Failure> {
        let failed = |error: std::io::Error| {
            Failure::new(format!("A province cannot be started ({error})."))
        };
        let program = std::env::current_exe().map_err(failed)?;
        let output = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.data.join("demo.log"))
            .map_err(failed)?;
        let errors = output.try_clone().map_err(failed)?;
        let child = Command::new(program)
            .args(["standalone", "--workers", "1", "--province", &self.code])
            .args(["--listen", &format!("127.0.0.1:{}", self.port)])
            .arg("--data")
            .arg(&self.data)
            .env(
                "MINZHENG_CLOCK",
                std::env::var("MINZHENG_CLOCK").unwrap_or_else(|_| NOON.to_owned()),
            )
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .map_err(failed)?;
        self.process = Some(child);
        Ok(())
    }

    /// Ends its process at once, as a power cut would.
    pub(super) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// Stops it where it stands, so that it neither hears nor answers, or lets it go on.
    pub(super) fn pause(&self, stop: bool) {
        if let Some(process) = &self.process {
            let signal = if stop { "-STOP" } else { "-CONT" };
            let _ = Command::new("kill")
                .args([signal, &process.id().to_string()])
                .status();
        }
    }

    /// Waits until it answers.
    pub(super) async fn ready(
        &mut self,
        client: &Client,
        patience: Duration,
    ) -> Result<(), Failure> {
        let began = Instant::now();
        while began.elapsed() < patience {
            if self
                .asked(client, None, "{ __typename }", json!({}))
                .await
                .is_ok()
            {
                return Ok(());
            }
            if let Some(process) = &mut self.process
                && let Ok(Some(status)) = process.try_wait()
            {
                return Err(Failure::new(format!(
                    "Province {} ended at its start ({status}); see {}.",
                    self.code,
                    self.data.join("demo.log").display()
                )));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err(Failure::new(format!(
            "Province {} is not ready in time.",
            self.code
        )))
    }

    /// Asks as somebody; errors of GraphQL are failures.
    pub(super) async fn ask(
        &self,
        client: &Client,
        token: &str,
        query: &str,
        variables: Value,
    ) -> Result<Value, Failure> {
        self.asked(client, Some(token.to_owned()), query, variables)
            .await
    }

    async fn asked(
        &self,
        client: &Client,
        token: Option<String>,
        query: &str,
        variables: Value,
    ) -> Result<Value, Failure> {
        let failed =
            |why: &str| Failure::new(format!("Province {} was asked in vain: {why}.", self.code));
        let body = json!({ "query": query, "variables": variables }).to_string();
        let answer = tokio::time::timeout(
            Duration::from_secs(30),
            client.post(&self.endpoint, body.into(), token),
        );
        let answer = answer
            .await
            .map_err(|_| failed("no answer in time"))?
            .map_err(|unknown| failed(unknown.0))?;
        let mut answer: Value = serde_json::from_slice(&answer).map_err(|_| failed("no JSON"))?;
        match answer.get("errors") {
            None => answer
                .get_mut("data")
                .map(Value::take)
                .ok_or_else(|| failed("no data")),
            Some(errors) => Err(failed(&errors.to_string())),
        }
    }

    /// A bearer token of the development issuer.
    pub(super) fn token(
        &self,
        role: Role,
        subject: &str,
        division: Option<&str>,
        person: Option<usize>,
    ) -> Result<String, Failure> {
        let keys = keys_of(&self.data);
        let issuer = DevIssuer::open(&keys).map_err(|error| Failure::new(error.to_string()))?;
        let tokenizer = Keys::load(&keys).tokenizer()?;
        let person = person.map(|n| {
            tokenizer
                .demo(&demo::person(&self.code, n))
                .as_str()
                .to_owned()
        });
        let claims = DevClaims {
            subject: subject.to_owned(),
            role,
            province: self.code.clone(),
            person,
            division: division.map(str::to_owned),
            registry: None,
            purposes: Vec::new(),
            scope: None,
            ttl: Duration::from_secs(3_600),
        };
        Ok(issuer.mint(&claims, SystemTime::now()))
    }

    /// The lines of its message log that were not shown before, with the province in front.
    pub(super) async fn news(&mut self) -> Result<Vec<String>, Failure> {
        let db = match &self.log {
            Some(db) => db.clone(),
            None => {
                let path = self.data.join("databases").join("marriage.db");
                let db = database::open(&format!("sqlite://{}?mode=rw", path.display())).await?;
                self.log = Some(db.clone());
                db
            }
        };
        let all = log::lines(db.read(), 100_000).await?;
        let new = all.get(self.shown..).unwrap_or_default().to_vec();
        self.shown = all.len();
        // What one has sent another has received: each message is shown once, by its sender.
        Ok(new
            .into_iter()
            .filter(|line| line.contains(" -> "))
            .map(|line| line.replacen(" -> ", &format!(" {} -> ", self.code), 1))
            .collect())
    }
}
