//! Mutual TLS on every hop between real processes: client to gateway, gateway to subgraphs (schema and
//! requests), subgraph to subgraph (feeds); with certificates made for this run. Whoever comes without one is
//! refused at each door. (Key sets over TLS: `gateway/src/server/tests/tls.rs`.)

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use libtest_mimic::Trial;
use minzheng_tests::{Client, Program, free_port, token};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::fixtures::{Fixtures, NOON, SUBGRAPHS, copy_folder, project};
use crate::steps::{eventually, with_check};
use crate::{Outcome, case};

pub(crate) fn cases(fixtures: &Arc<Fixtures>) -> Vec<Trial> {
    vec![case(
        fixtures,
        "with_mutual_tls_on_every_hop_all_goes_on_and_who_has_no_certificate_is_refused",
        every_hop,
    )]
}

fn told(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// Writes an authority (`ca.pem`) and one certificate of it that is good on both sides of a connection.
fn certificates(folder: &Path) -> Outcome {
    std::fs::create_dir_all(folder).map_err(told)?;
    let write = |name: &str, text: String| std::fs::write(folder.join(name), text).map_err(told);
    let key = KeyPair::generate().map_err(told)?;
    let mut authority = CertificateParams::new(Vec::<String>::new()).map_err(told)?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    write("ca.pem", authority.self_signed(&key).map_err(told)?.pem())?;
    let issuer = Issuer::from_params(&authority, &key);
    let own = KeyPair::generate().map_err(told)?;
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).map_err(told)?;
    let certificate = params.signed_by(&own, &issuer).map_err(told)?;
    write("own.pem", certificate.pem())?;
    write("own.key", own.serialize_pem())
}

/// A client that believes the authority, and presents the certificate or none.
fn client(folder: &Path, presents: bool) -> Result<Client, String> {
    let chain = |name: &str| -> Result<Vec<CertificateDer<'static>>, String> {
        CertificateDer::pem_file_iter(folder.join(name))
            .map_err(told)?
            .collect::<Result<_, _>>()
            .map_err(told)
    };
    let mut roots = RootCertStore::empty();
    for certificate in chain("ca.pem")? {
        roots.add(certificate).map_err(told)?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(told)?
        .with_root_certificates(roots);
    let config = match presents {
        false => builder.with_no_client_auth(),
        true => {
            let key = PrivateKeyDer::from_pem_file(folder.join("own.key")).map_err(told)?;
            let own = chain("own.pem")?;
            builder.with_client_auth_cert(own, key).map_err(told)?
        }
    };
    Ok(Client::over_tls(config))
}

/// The example configurations with TLS on every hop, on SQLite files and this machine's ports.
fn configure(folder: &Path, ports: &BTreeMap<&str, u16>) -> Outcome {
    copy_folder(&project().join("deploy/config"), folder).map_err(told)?;
    let path = |name: &str| folder.join(name).display().to_string();
    let accepting =
        "[tls]\ncertificate = \"tls/own.pem\"\nkey = \"tls/own.key\"\nclient_ca = \"tls/ca.pem\"\n";
    let calling = |section: &str| {
        format!(
            "[{section}]\nca = \"tls/ca.pem\"\ncertificate = \"tls/own.pem\"\nkey = \"tls/own.key\"\n"
        )
    };
    for name in SUBGRAPHS.iter().chain([&"gateway"]) {
        let file = folder.join(format!("{name}.toml"));
        let mut text = std::fs::read_to_string(&file).map_err(told)?;
        for (host, port) in ports {
            let here = format!("https://127.0.0.1:{port}");
            text = text.replace(&format!("http://{host}:4100"), &here);
        }
        let database = "database = \"postgres://minzheng@postgres/minzheng\"";
        let log = path("access-log");
        let kept = match *name {
            "gateway" => format!("folder = \"{log}\""),
            name => format!(
                "database = \"sqlite://{}?mode=rwc\"",
                path(&format!("{name}.db"))
            ),
        };
        text = text
            .replace(database, &kept)
            .replace(
                "access_log = \"postgres://minzheng@postgres/minzheng\"",
                &format!("access_log = \"{log}\""),
            )
            .replace("redis_url = \"redis://redis:6379\"", "");
        text.push_str(accepting);
        text.push_str(&calling("outgoing_tls"));
        std::fs::write(file, text).map_err(told)?;
    }
    Ok(())
}

const HUSBAND: &[&str] = &["--role", "citizen", "--citizen", "0"];
const OFFICER: &[&str] = &["--role", "registrar", "--division", "510118"];
const STATUS: &str = "{ me { maskedName maritalLedger { status } } }";
const OPEN: &str = "mutation ($input: OpenFuneralCaseInput!) { openFuneralCase(input: $input) {
    case { id } userErrors { code messageEn field } } }";

fn every_hop(_: &Fixtures) -> Outcome {
    let folder = TempDir::new().map_err(told)?;
    let tls = folder.path().join("tls");
    certificates(&tls)?;
    let keys = folder.path().join("keys");
    let (status, said) = Program::run(&["keys", "init", &keys.to_string_lossy()], &[])?;
    if !status.success() {
        return Err(said);
    }
    let ports: BTreeMap<&str, u16> = SUBGRAPHS.iter().map(|&name| (name, free_port())).collect();
    configure(folder.path(), &ports)?;
    let (known, stranger) = (client(&tls, true)?, client(&tls, false)?);
    let start = |role: &[&str], name: &str, port: u16| {
        let config = folder.path().join(format!("{name}.toml"));
        let config = config.to_string_lossy();
        let arguments = [role, &["--config", &config]].concat();
        let listen = format!("127.0.0.1:{port}");
        let envs = [
            ("MINZHENG_CLOCK", NOON),
            ("MINZHENG_LISTEN", listen.as_str()),
        ];
        Program::start_over(
            &known,
            "https",
            &arguments,
            &envs,
            port,
            Duration::from_secs(240),
        )
    };
    let mut subgraphs = Vec::new();
    for (&name, &port) in &ports {
        subgraphs.push(start(&["subgraph", name], name, port)?);
    }
    let port = free_port();
    let gateway = start(&["gateway"], "gateway", port)?;

    // Every door is shut to whoever presents no certificate, and to plain HTTP.
    let plain = Client::new();
    for program in subgraphs.iter().chain([&gateway]) {
        if known.get(&format!("{}/health", program.url), &[])?.status != 200 {
            return Err(format!("{} does not answer a known caller", program.url));
        }
        for path in ["/health", "/ready", "/graphql"] {
            let url = format!("{}{path}", program.url);
            if let Ok(answer) = stranger.get(&url, &[]) {
                return Err(format!("{url} answers a stranger: {}", answer.status));
            }
            let url = url.replace("https:", "http:");
            if plain.get(&url, &[]).is_ok_and(|answer| answer.status < 400) {
                return Err(format!("{url} speaks plain HTTP"));
            }
        }
    }

    // Gateway to subgraphs: one answer of two of them. A death in one is followed by another: the feeds.
    let url = gateway.graphql();
    let (husband, officer) = (token(&keys, HUSBAND)?, token(&keys, OFFICER)?);
    let ask = |token: Option<&str>, query: &str, variables: &Value| {
        known.graphql(&url, token, query, variables)
    };
    let before = ask(Some(&husband), STATUS, &Value::Null)?;
    let me = &before["data"]["me"];
    if me["maritalLedger"]["status"] != "MARRIED" || !me["maskedName"].is_string() {
        return Err(format!("before the death: {before}"));
    }
    let near = "{ facilitiesNear(point: {longitude: 103.83, latitude: 30.41}, kind: FUNERAL_HOME, first: 1) { facility { id } } }";
    let near = ask(None, near, &Value::Null)?;
    let facility = &near["data"]["facilitiesNear"][0]["facility"]["id"];
    let input = json!({ "input": {
        "requestKey": "tls-1", "deceased": with_check("51990119960202002"), "deceasedName": "查无此人",
        "applicant": with_check("51990119790508005"), "applicantName": "范测试", "relation": "OTHER_RELATIVE",
        "phone": "13800000000", "paperKind": "MEDICAL", "paperNumber": "51-1", "natural": true,
        "diedOn": "2026-11-20", "facility": facility,
    } });
    let opened = ask(Some(&officer), OPEN, &input)?;
    if opened["data"]["openFuneralCase"]["case"]["id"].is_null() {
        return Err(format!("the death: {opened}"));
    }
    eventually(
        || ask(Some(&husband), STATUS, &Value::Null),
        |data| data["me"]["maritalLedger"]["status"] == "WIDOWED",
    )
}
