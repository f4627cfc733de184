//! Starting, stopping, and everything that can be wrong with a start: one clear sentence, a non-zero
//! exit, and nothing damaged further.

use std::fs;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use libtest_mimic::Trial;
use minzheng_tests::{Client, Listener, Program, free_port};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::fixtures::{Fixtures, Province, copy_folder};
use crate::{Outcome, case};

pub(crate) fn cases(fixtures: &Arc<Fixtures>) -> Vec<Trial> {
    vec![
        case(
            fixtures,
            "a_first_start_tells_the_endpoint_the_console_and_how_to_get_a_token",
            first_start,
        ),
        case(
            fixtures,
            "a_start_over_what_cannot_work_ends_with_one_sentence",
            bad_starts,
        ),
        case(
            fixtures,
            "a_damaged_database_is_reported_and_left_as_it_is",
            damaged,
        ),
        case(
            fixtures,
            "a_lost_key_is_missed_by_name_and_no_other_is_made_in_its_place",
            lost_key,
        ),
        case(
            fixtures,
            "a_stop_signal_drains_and_a_later_start_finds_everything",
            restart,
        ),
        case(
            fixtures,
            "a_gateway_runs_from_a_ready_supergraph_before_subgraphs_of_others",
            ready_supergraph,
        ),
    ]
}

fn first_start(fixtures: &Fixtures) -> Outcome {
    let province = fixtures.province("51")?;
    let said = province.program.output();
    for needed in ["/graphql", "/console", "minzheng token"] {
        if !said.contains(needed) {
            return Err(format!("the start does not tell {needed}:\n{said}"));
        }
    }
    for path in ["/health", "/ready", "/metrics", "/console"] {
        let answer = province
            .client
            .get(&format!("{}{path}", province.program.url), &[])?;
        if answer.status != 200 {
            return Err(format!("{path} answers {}", answer.status));
        }
    }
    Ok(())
}

fn bad_starts(_: &Fixtures) -> Outcome {
    let folder = TempDir::new().map_err(|error| error.to_string())?;
    let data = folder.path().join("data").to_string_lossy().into_owned();
    let taken = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    let taken_at = taken
        .local_addr()
        .map_err(|error| error.to_string())?
        .to_string();
    let file = folder.path().join("file");
    fs::write(&file, "not a folder").map_err(|error| error.to_string())?;
    let file = file.to_string_lossy().into_owned();
    let missing = folder
        .path()
        .join("none.toml")
        .to_string_lossy()
        .into_owned();
    let table: [(&str, &[&str], &str); 6] = [
        (
            "a port in use",
            &["standalone", "--listen", &taken_at, "--data", &data],
            "in use",
        ),
        (
            "a folder that cannot be written",
            &["standalone", "--listen", "127.0.0.1:0", "--data", &file],
            "cannot be written",
        ),
        (
            "a province without data",
            &["standalone", "--data", &data, "--province", "99"],
            "--province",
        ),
        (
            "a configuration that is not there",
            &["gateway", "--config", &missing],
            "cannot",
        ),
        (
            "a subgraph that is not there",
            &["subgraph", "weather", "--config", &missing],
            "persons",
        ),
        (
            "a token without a folder",
            &["token", "--role", "registrar", "--data", &file],
            "no keys",
        ),
    ];
    for (what, arguments, word) in table {
        let (status, said) = Program::run(arguments, &[])?;
        let lines = said.lines().filter(|line| !line.trim().is_empty()).count();
        if status.success() || !said.contains(word) || lines > 3 || said.contains("panicked") {
            return Err(format!("{what}: {status}, and it says:\n{said}"));
        }
    }
    Ok(())
}

/// Copies the shared province's folder, so that it can be spoiled; the shared one goes on running.
fn copied(fixtures: &Fixtures) -> Result<TempDir, String> {
    let province = fixtures.province("32")?;
    let copy = TempDir::new().map_err(|error| error.to_string())?;
    copy_folder(province.data.path(), copy.path()).map_err(|error| error.to_string())?;
    Ok(copy)
}

fn damaged(fixtures: &Fixtures) -> Outcome {
    for (what, spoil) in [("overwritten", true), ("cut off", false)] {
        let copy = copied(fixtures)?;
        let path = copy.path().join("databases/places.db");
        let mut bytes = fs::read(&path).map_err(|error| error.to_string())?;
        if spoil {
            bytes.iter_mut().take(4_096).for_each(|byte| *byte = b'x');
        } else {
            bytes.truncate(bytes.len() / 2 + 100);
        }
        fs::write(&path, &bytes).map_err(|error| error.to_string())?;
        let port = free_port();
        let listen = format!("127.0.0.1:{port}");
        let (status, said) = Program::run(
            &[
                "standalone",
                "--listen",
                &listen,
                "--data",
                &copy.path().to_string_lossy(),
            ],
            &[],
        )?;
        if status.success() || !said.contains("damaged") || said.contains("panicked") {
            return Err(format!("{what}: {status}, and it says:\n{said}"));
        }
        if fs::read(&path).map_err(|error| error.to_string())? != bytes {
            return Err(format!("{what}: the damaged file was changed"));
        }
    }
    Ok(())
}

fn lost_key(fixtures: &Fixtures) -> Outcome {
    let copy = copied(fixtures)?;
    for name in [
        "token.key",
        "vault-secret.key",
        "vault-master.key",
        "columns-master.key",
        "access-log.pem",
    ] {
        let path = copy.path().join("keys").join(name);
        let aside = copy.path().join(name);
        fs::rename(&path, &aside).map_err(|error| format!("{name}: {error}"))?;
        let listen = format!("127.0.0.1:{}", free_port());
        let data = copy.path().to_string_lossy();
        let (status, said) =
            Program::run(&["standalone", "--listen", &listen, "--data", &data], &[])?;
        let names_it = name
            .rsplit_once('.')
            .is_some_and(|(stem, _)| said.contains(stem));
        if status.success() || !names_it || !said.contains("backup") || said.contains("panicked") {
            return Err(format!("without {name}: {status}, and it says:\n{said}"));
        }
        if path.exists() {
            return Err(format!("{name} was made anew"));
        }
        fs::rename(&aside, &path).map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}

fn restart(_: &Fixtures) -> Outcome {
    const ASK: &str = "{ divisionByCode(code: \"510118\") { current { name } } }";
    let mut first = Province::standalone("36")?;
    let port = free_port();
    let client = Client::new();
    let said = first.data("public", ASK, &serde_json::Value::Null)?;
    let status = first
        .program
        .stop(Duration::from_secs(90))
        .ok_or("it does not end when asked to")?;
    if !status.success() {
        return Err(format!("it ends with {status} when asked to"));
    }
    let listen = format!("127.0.0.1:{port}");
    let again = Program::start(
        &[
            "--listen",
            &listen,
            "--data",
            &first.data.path().to_string_lossy(),
        ],
        &[],
        port,
        Duration::from_secs(120),
    )?;
    let answer = client.graphql(&again.graphql(), None, ASK, &serde_json::Value::Null)?;
    if answer["data"] != said {
        return Err(format!("another answer after a restart: {answer}"));
    }
    Ok(())
}

fn ready_supergraph(_: &Fixtures) -> Outcome {
    const SUPERGRAPH: &str = r#"
schema @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) { query: Query }
directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean, override: String, usedOverridden: Boolean) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
scalar join__FieldSet
scalar link__Import
enum link__Purpose { SECURITY EXECUTION }
enum join__Graph { HALL @join__graph(name: "hall", url: "URL") }
type Query @join__type(graph: HALL) { greeting: String }
"#;
    let hall = Listener::start(r#"{"data":{"greeting":"你好"}}"#)?;
    let folder = TempDir::new().map_err(|error| error.to_string())?;
    let file = folder.path().join("supergraph.graphql");
    let url = format!("http://{}/graphql", hall.address);
    fs::write(&file, SUPERGRAPH.replace("URL", &url)).map_err(|error| error.to_string())?;
    let file = file.to_string_lossy();
    let port = free_port();
    let listen = format!("127.0.0.1:{port}");
    let gateway = Program::start(
        &["gateway", "--supergraph", &file, "--listen", &listen],
        &[],
        port,
        Duration::from_secs(120),
    )?;
    let ask = "{ greeting }";
    let answer = Client::new().graphql(&gateway.graphql(), None, ask, &Value::Null)?;
    if answer != json!({ "data": { "greeting": "你好" } }) {
        return Err(format!("from a ready supergraph: {answer}"));
    }
    // Nothing to serve at all is said at once.
    let (status, said) = Program::run(&["gateway"], &[])?;
    if status.success() || !said.contains("--supergraph") {
        return Err(format!("without any source: {said}"));
    }
    Ok(())
}
