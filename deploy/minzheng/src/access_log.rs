//! `minzheng access-log verify|seal`, and the log of a standalone province.

use std::path::Path;
use std::sync::Arc;

use chrono::Utc;
use minzheng_gateway::config::{AccessLog, Config};
use minzheng_gateway::record::line::HashKind;
use minzheng_gateway::record::seal::{self, SealKey, SealPublic};
use minzheng_gateway::record::store::Store;
use minzheng_gateway::record::{self, Recorder, verify};
use minzheng_gateway::telemetry::Metrics;
use tokio::runtime::Handle;

use crate::cli::{AccessLogCommand, VerifyLog, WhichLog};
use crate::data_folder::{self, DataFolder, access_log_of, keys_of};
use crate::failure::Failure;
use crate::keys;

/// The log of a province in one process.
pub(crate) fn standalone(
    config: &Config,
    folder: &DataFolder,
    metrics: &Metrics,
) -> Result<Arc<Recorder>, Failure> {
    let key = keys::seal_key(&folder.keys())?;
    let log = Recorder::open_with(
        &config.access_log,
        Some(key),
        metrics.log(),
        &Handle::current(),
    )
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
        AccessLogCommand::Verify(asked) => verify(&asked, &runtime),
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

fn verify(asked: &VerifyLog, runtime: &Handle) -> Result<(), Failure> {
    let mut found = find(&asked.which, runtime)?;
    let public: Option<SealPublic> = found.key.as_ref().map(SealKey::public);
    let days = found.config.days();
    let report = verify::verify(&mut *found.store, public.as_ref(), days, Utc::now())
        .map_err(|error| Failure::new(error.to_string()))?;
    println!(
        "{} records in {} chains, {} of them not sealed yet; {} seals.",
        report.records, report.chains, report.unsealed, report.seals
    );
    match report.roots.last_key_value() {
        Some((number, root)) if !asked.seals => println!("Last seal: number {number}, {root}."),
        _ => {
            for (number, root) in &report.roots {
                println!("Seal {number}: {root}.");
            }
        }
    }
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
    if let Some(problem) = missing_seal(&report, asked) {
        return Err(problem);
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

/// What is wrong with the seal that somebody has noted, if anything is: it is there no longer, or is another.
fn missing_seal(report: &verify::Report, asked: &VerifyLog) -> Option<Failure> {
    let noted = asked.at_least?;
    if (report.seals as u64) < noted {
        return Some(Failure::new(format!(
            "The access log was cut: there are {} seals, and {noted} were noted.",
            report.seals
        )));
    }
    let root = asked.root.as_ref()?;
    let is_another = report.roots.get(&noted) != Some(root);
    is_another.then(|| {
        Failure::new(format!(
            "The access log was cut and written anew: seal {noted} does not have the root that was noted."
        ))
    })
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Asked {
        #[command(flatten)]
        asked: VerifyLog,
    }

    #[test]
    fn a_log_with_fewer_seals_than_were_noted_or_another_one_is_cut() {
        let report = verify::Report {
            seals: 2,
            roots: [(1, "sha256:a".to_owned()), (2, "sha256:b".to_owned())].into(),
            ..verify::Report::default()
        };
        for (args, is_cut) in [
            (vec![], false),
            (vec!["--at-least", "1"], false),
            (vec!["--at-least", "2"], false),
            (vec!["--at-least", "3"], true),
            (vec!["--at-least", "2", "--root", "sha256:b"], false),
            (vec!["--at-least", "1", "--root", "sha256:b"], true),
            (vec!["--at-least", "0", "--root", "sha256:b"], true),
        ] {
            let line = ["verify"].into_iter().chain(args.iter().copied());
            let asked = Asked::try_parse_from(line).unwrap().asked;
            assert_eq!(missing_seal(&report, &asked).is_some(), is_cut, "{args:?}");
        }
        assert!(Asked::try_parse_from(["verify", "--root", "sha256:b"]).is_err());
    }
}
