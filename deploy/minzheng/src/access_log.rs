//! `minzheng access-log verify|seal`, and the log of a standalone province.

use std::path::Path;
use std::sync::Arc;

use chrono::Utc;
use minzheng_gateway::config::{AccessLog, Config};
use minzheng_gateway::record::line::HashKind;
use minzheng_gateway::record::seal::{self, SealKey, SealPublic};
use minzheng_gateway::record::store::Store;
use minzheng_gateway::record::{self, Recorder, verify};
use tokio::runtime::Handle;

use crate::cli::{AccessLogCommand, WhichLog};
use crate::data_folder::{self, DataFolder, access_log_of, keys_of};
use crate::failure::Failure;
use crate::keys;

/// The log of a province in one process.
pub(crate) fn standalone(config: &Config, folder: &DataFolder) -> Result<Arc<Recorder>, Failure> {
    let key = keys::seal_key(&folder.keys())?;
    let log = Recorder::open_with(&config.access_log, Some(key), &Handle::current())
        .map_err(|error| Failure::new(error.to_string()))?
        .ok_or_else(|| Failure::new("The access log has no folder."))?;
    Ok(Arc::new(log))
}

/// Writes and seals what is left, when nobody is answered any more.
pub(crate) async fn stop(log: Arc<Recorder>) {
    if tokio::task::spawn_blocking(move || log.stop())
        .await
        .is_err()
    {
        tracing::error!("the access log did not end as it should");
    }
}

/// Runs a sub-command off the event loop: all of them read a lot.
pub(crate) async fn run(command: AccessLogCommand) -> Result<(), Failure> {
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || match command {
        AccessLogCommand::Verify(which) => verify(&which, &runtime),
        AccessLogCommand::Seal(which) => seal(&which, &runtime),
    })
    .await
    .map_err(|_| Failure::new("The access log could not be read to its end."))?
}

/// A log as it was found.
struct Found {
    config: AccessLog,
    key: Option<SealKey>,
    store: Box<dyn Store>,
}

fn find(which: &WhichLog, runtime: &Handle) -> Result<Found, Failure> {
    let told = |error: &dyn std::fmt::Display| Failure::new(error.to_string());
    let (config, key) = match &which.config {
        Some(path) => {
            let config = Config::from_file(path, std::env::vars()).map_err(|e| told(&e))?;
            let log = config.access_log;
            let key = log.seal_key.as_deref().map(record::seal_key).transpose();
            (log, key.map_err(|e| told(&e))?)
        }
        None => {
            if data_folder::province_of(&which.data)?.is_none() {
                return Err(nothing(&which.data));
            }
            let folder = access_log_of(&which.data);
            if !folder.exists() {
                return Err(nothing(&which.data));
            }
            let log = AccessLog {
                folder: Some(folder),
                ..AccessLog::default()
            };
            (log, Some(keys::seal_key(&keys_of(&which.data))?))
        }
    };
    let store = record::store(&config, runtime)
        .map_err(|e| told(&e))?
        .ok_or_else(|| {
            Failure::new("The configuration names no access log: set access_log.folder or access_log.database.")
        })?;
    Ok(Found { config, key, store })
}

fn nothing(data: &Path) -> Failure {
    Failure::new(format!(
        "There is no access log in {}. Name the data folder of a standalone province with --data, or a gateway's configuration with --config.",
        data.display()
    ))
}

fn verify(which: &WhichLog, runtime: &Handle) -> Result<(), Failure> {
    let mut found = find(which, runtime)?;
    let public: Option<SealPublic> = found.key.as_ref().map(SealKey::public);
    let days = found.config.days();
    let report = verify::verify(&mut *found.store, public.as_ref(), days, Utc::now())
        .map_err(|error| Failure::new(error.to_string()))?;
    println!(
        "{} records in {} chains, {} of them not sealed yet; {} seals.",
        report.records, report.chains, report.unsealed, report.seals
    );
    if public.is_none() {
        println!(
            "No key for the seals is configured: what was cut off at an end cannot be noticed."
        );
    }
    if report.cut_off > 0 {
        println!(
            "{} chains end in an unfinished line, as a crash leaves it; it was shown to nobody.",
            report.cut_off
        );
    }
    for finding in &report.findings {
        println!("{finding}");
    }
    match report.findings.len() {
        0 => {
            println!("The access log is whole.");
            Ok(())
        }
        found => Err(Failure::new(format!(
            "The access log was damaged in {found} places."
        ))),
    }
}

fn seal(which: &WhichLog, runtime: &Handle) -> Result<(), Failure> {
    let mut found = find(which, runtime)?;
    let key = found
        .key
        .ok_or_else(|| Failure::new("No key is configured: set access_log.seal_key."))?;
    let hash = HashKind::parse(&found.config.hash).unwrap_or(HashKind::Sha256);
    let done = seal::seal(&mut *found.store, &key, hash, Utc::now())
        .map_err(|error| Failure::new(error.to_string()))?;
    match done.seal {
        Some(number) => println!("Seal {number} holds {} segments.", done.sealed),
        None => println!("Nothing has changed since the last seal."),
    }
    if done.doubtful > 0 {
        return Err(Failure::new(format!(
            "{} segments are not what was sealed before; run `minzheng access-log verify`.",
            done.doubtful
        )));
    }
    Ok(())
}
