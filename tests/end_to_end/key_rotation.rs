//! `minzheng keys rotate` beside a running province: killed in the middle it goes on where it was, readers
//! notice nothing, and the old keys are gone when it has ended.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use libtest_mimic::Trial;
use minzheng_tests::{Client, Program, binary, free_port, token};
use sea_orm::{ConnectionTrait, Database, DbBackend, Statement};
use serde_json::Value;
use tempfile::TempDir;

use crate::fixtures::{Fixtures, NOON};
use crate::{Outcome, case};

pub(crate) fn cases(fixtures: &Arc<Fixtures>) -> Vec<Trial> {
    vec![case(
        fixtures,
        "keys_are_rotated_beside_a_running_province_though_the_rotation_is_killed",
        rotated,
    )]
}

const ASK: &str = "{ me { maskedId maskedName } }";

fn rotated(_: &Fixtures) -> Outcome {
    let data = TempDir::new().map_err(|error| error.to_string())?;
    let port = free_port();
    let listen = format!("127.0.0.1:{port}");
    let folder = data.path().to_string_lossy().into_owned();
    let start = || {
        Program::start(
            &["--listen", &listen, "--data", &folder],
            &[("MINZHENG_CLOCK", NOON)],
            port,
            Duration::from_secs(180),
        )
    };
    let mut program = start()?;
    let url = program.graphql();
    let bearer = token(data.path(), &["--role", "citizen"])?;
    let ask = |client: &Client| client.graphql(&url, Some(&bearer), ASK, &Value::Null);
    let client = Client::new();
    let before = ask(&client)?;
    if before["data"]["me"]["maskedId"].is_null() {
        return Err(format!("nobody is shown: {before}"));
    }
    // Somebody reads all the while.
    let stop = AtomicBool::new(false);
    let outcome = std::thread::scope(|scope| {
        let reading = scope.spawn(|| {
            let client = Client::new();
            let mut answers = 0_usize;
            while !stop.load(Ordering::SeqCst) {
                let answer = ask(&client)?;
                if answer != before {
                    return Err(format!("while keys change: {answer}"));
                }
                answers += 1;
            }
            Ok(answers)
        });
        let outcome = rotate_all(data.path(), &folder);
        stop.store(true, Ordering::SeqCst);
        let answers = reading
            .join()
            .map_err(|_| "the reader panicked".to_owned())??;
        if answers < 20 {
            return Err(format!("the reader had only {answers} answers"));
        }
        outcome
    });
    outcome?;
    // What was running goes on, and a later start needs only the new keys.
    if ask(&client)? != before {
        return Err("after the rotation somebody is shown otherwise".to_owned());
    }
    program
        .stop(Duration::from_secs(90))
        .ok_or("it does not end when asked to")?;
    let _again = start()?;
    let answer = ask(&client)?;
    if answer != before {
        return Err(format!("after a restart: {answer}"));
    }
    Ok(())
}

fn rotate_all(data: &Path, folder: &str) -> Outcome {
    let rotate = |more: &[&str]| {
        let mut arguments = vec!["keys", "rotate", "--data", folder];
        arguments.extend_from_slice(more);
        let (status, said) = Program::run(&arguments, &[])?;
        if status.success() {
            Ok(said)
        } else {
            Err(format!("{more:?}: {said}"))
        }
    };
    // Killed as soon as it has told of the first rows.
    let mut child = Command::new(binary())
        .args(["keys", "rotate", "--data", folder, "--cipher", "sm4-gcm"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| error.to_string())?;
    let printed = child.stdout.take().ok_or("no output")?;
    let told = std::io::BufRead::lines(std::io::BufReader::new(printed))
        .map_while(Result::ok)
        .find(|line| line.contains("person.id_number") && !line.contains(" 0 of "));
    child.kill().map_err(|error| error.to_string())?;
    child.wait().map_err(|error| error.to_string())?;
    let told = told.ok_or("the rotation told of no rows")?;
    let during = keys(data, "persons")?;
    if during != [("aes-256-gcm".to_owned(), 1), ("sm4-gcm".to_owned(), 2)] {
        return Err(format!(
            "killed at \"{told}\" there are the keys {during:?}"
        ));
    }
    let said = rotate(&[])?;
    if !said.contains("persons: person.id_number 0 of ") || !said.contains("old keys are gone") {
        return Err(format!("it does not tell how far it is: {said}"));
    }
    // It went on with the key it had, and less was left to do than there are persons.
    let after = keys(data, "persons")?;
    if after != [("sm4-gcm".to_owned(), 2)] {
        return Err(format!("at the end there are the keys {after:?}"));
    }
    let rest = said
        .split("persons: person.id_number 0 of ")
        .nth(1)
        .and_then(|rest| rest.lines().next())
        .and_then(|count| count.trim().parse::<usize>().ok());
    if rest.is_none_or(|rest| rest == 0 || rest >= 10_000) {
        return Err(format!("it began anew: {said}"));
    }
    let said = rotate(&["--what", "index"])?;
    if !said.contains("marriage: ") {
        return Err(format!("of the blind indexes: {said}"));
    }
    rotate(&["--what", "master"])?;
    // A key that nobody has any more opens nothing: the folder holds no second master key.
    let left = std::fs::read_dir(data.join("keys"))
        .map_err(|error| error.to_string())?
        .flatten()
        .filter(|file| file.file_name().to_string_lossy().contains("next"))
        .count();
    if left > 0 {
        return Err("a next master key is left over".to_owned());
    }
    Ok(())
}

/// The data keys of a subgraph: cipher and number.
fn keys(data: &Path, name: &str) -> Result<Vec<(String, i32)>, String> {
    let url = format!(
        "sqlite://{}",
        data.join(format!("databases/{name}.db")).display()
    );
    let work = async {
        let db = Database::connect(url).await?;
        let rows = db
            .query_all_raw(Statement::from_string(
                DbBackend::Sqlite,
                "SELECT cipher, id FROM column_key WHERE purpose = 'data' ORDER BY id",
            ))
            .await?;
        let mut keys = Vec::new();
        for row in rows {
            keys.push((row.try_get("", "cipher")?, row.try_get("", "id")?));
        }
        db.close().await?;
        Ok(keys)
    };
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?
        .block_on(work)
        .map_err(|error: sea_orm::DbErr| error.to_string())
}
