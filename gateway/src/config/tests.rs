//! Good and bad configurations.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;

use super::*;

fn read(text: &str, env: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let env = env
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::from_text(text, Path::new("gateway.toml"), env)
}

const WHOLE: &str = r#"
listen = "0.0.0.0:4000"
province = "32"
workers = 4
supergraph = "supergraph.graphql"

[subgraphs]
persons = "http://persons:4001/graphql"
marriage = "https://marriage.example/graphql"

[identity]
clock_skew = "10s"
remembered_tokens = 1000
introspection = ["registrar", "operator"]
[identity.roles]
dashboard = ["statistics.read"]
[identity.policies.surveyor]
roles = ["registrar"]
begins = { division = ["5101"] }
[identity.revocation]
list = "revoked.json"
refresh = "30s"
[[identity.issuers]]
name = "portal"
issuer = "https://id.example.gov.cn"
audience = "minzheng"
jwks = "https://id.example.gov.cn/jwks"
algorithms = ["RS256", "ES256"]
roles = ["citizen"]
scopes = ["self"]
provinces = ["32"]
persons = true
max_lifetime = "1h"
refresh = "5m"

[documents]
trusted = "trusted.json"
refresh = "10s"
trusted_only = ["citizen", "public"]
automatic = false
automatic_memory = "1MiB"

[signing]
principal_key = "principal.pem"
[signing.subgraphs.persons]
id = "gateway-1"
key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
[signing.subgraphs.marriage]
id = "gateway-1"
key_file = "marriage.key"

[limits]
body = "2MiB"
document = "64KiB"
tokens = 1000
depth = 20
aliases = 50
fields = 5000
root_fields = 10
directives = 20
same_name = 16
deadline = "10s"
connect = "500ms"
subgraph_answer = "8MiB"
concurrency = 100
kept_documents = 10
kept_plans = 10

[cache]
enabled = true
memory = "128MiB"
largest = "512KiB"
redis_url = "redis://:hunter2@redis:6379/0"
redis_timeout = "20ms"
redis_poll = "250ms"

[telemetry]
log_format = "json"
log_filter = "info,minzheng_gateway=debug"
otlp_endpoint = "http://collector:4318/v1/traces"
sample_ratio = 0.1
service_name = "gateway"

[cors]
origins = ["https://portal.example.gov.cn"]
max_age = "10m"

[server]
drain = "20s"
compress_above = "2KiB"
console = ["supervisor", "operator"]
metrics_listen = "127.0.0.1:4001"
"#;

#[test]
fn every_key_is_read() {
    let config = read(WHOLE, &[]).unwrap();
    assert_eq!(config.subgraphs.len(), 2);
    assert_eq!(config.limits.body, ByteSize::mib(2));
    assert_eq!(config.limits.connect, Duration::from_millis(500));
    assert_eq!(
        config.identity.issuers[0].max_lifetime,
        Duration::from_secs(3_600)
    );
    assert!(config.identity.issuers[0].persons);
    assert_eq!(config.telemetry.log_format, LogFormat::Json);
    assert_eq!(config.server.console, ["supervisor", "operator"]);
    assert_eq!(
        config.server.metrics_listen.as_deref(),
        Some("127.0.0.1:4001")
    );
    let printed = format!("{config:?}");
    assert!(
        !printed.contains("hunter2") && !printed.contains("AAECAw"),
        "{printed}"
    );
}

#[test]
fn an_empty_file_is_a_whole_configuration() {
    let config = read("", &[]).unwrap();
    assert_eq!(
        (config.listen.as_str(), config.province.as_str()),
        ("127.0.0.1:4000", "51")
    );
    assert_eq!(config.limits.body, ByteSize::mib(1));
}

#[test]
fn the_environment_stands_over_the_file() {
    let config = read(
        "[limits]\nbody = \"2MiB\"\ndepth = 9",
        &[
            ("MINZHENG_LIMITS__BODY", "3MiB"),
            ("MINZHENG_LIMITS__TOKENS", "77"),
            ("MINZHENG_PROVINCE", "35"),
            ("MINZHENG_SUBGRAPHS__PERSONS", "http://p:1/graphql"),
            ("MINZHENG_SERVER__CONSOLE", "supervisor, operator"),
            (
                "MINZHENG_CORS__ORIGINS",
                "https://a.example, https://b.example",
            ),
            ("MINZHENG_TELEMETRY__SAMPLE_RATIO", "0.5"),
            ("MINZHENG_TEST_REDIS", "not ours"),
            ("PATH", "/usr/bin"),
        ],
    )
    .unwrap();
    assert_eq!(config.limits.body, ByteSize::mib(3));
    assert_eq!((config.limits.depth, config.limits.tokens), (9, 77));
    assert_eq!(config.province, "35");
    assert_eq!(config.subgraphs["persons"], "http://p:1/graphql");
    assert_eq!(config.server.console, ["supervisor", "operator"]);
    assert_eq!(config.cors.origins.len(), 2);
    assert!((config.telemetry.sample_ratio - 0.5).abs() < f64::EPSILON);
}

#[test]
fn what_is_wrong_in_the_file_is_said_with_its_line_and_a_hint() {
    for (text, expected) in [
        (
            "listen = \"127.0.0.1:1\"\n[limits]\nbodi = \"1MiB\"\n",
            "gateway.toml:3:1: unknown key `bodi` (did you mean `body`?)",
        ),
        (
            "[limit]\nbody = \"1MiB\"\n",
            "gateway.toml:1:2: unknown key `limit` (did you mean `limits`?)",
        ),
        (
            "[limits]\n\nbody = \"1MB\"\n",
            "gateway.toml:3:8: write a size like \"512B\", \"64KiB\", \"16MiB\" or \"2GiB\"",
        ),
        (
            "[limits]\ndeadline = \"30\"\n",
            "gateway.toml:2:12: write a time like \"250ms\", \"30s\", \"5m\", \"12h\" or \"7d\"",
        ),
        (
            "[limits]\ndepth = \"deep\"\n",
            "gateway.toml:2:9: the value has the wrong type or is out of range",
        ),
        (
            "[telemetry]\nlog_format = \"jsonn\"\n",
            "gateway.toml:2:14: unknown value `jsonn` (did you mean `json`?)",
        ),
        (
            "[cache]\nredis_url = 5\n",
            "gateway.toml:2:13: a secret is a text in quotes",
        ),
        ("listen = \n", "gateway.toml:1:10: "),
    ] {
        let error = read(text, &[]).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}\n  is not\n{expected}");
    }
}

#[test]
fn what_is_wrong_in_the_environment_is_said_with_the_variable() {
    for (name, value, expected) in [
        (
            "MINZHENG_LIMITS__BODI",
            "1MiB",
            "environment variable MINZHENG_LIMITS__BODI: unknown key `bodi` (did you mean `body`?)",
        ),
        (
            "MINZHENG_LIMITS__BODY",
            "lots",
            "environment variable MINZHENG_LIMITS__BODY: write a size",
        ),
        (
            "MINZHENG_LISTEN__PORT",
            "1",
            "environment variable MINZHENG_LISTEN__PORT: listen is no section",
        ),
    ] {
        let text = "listen = \"127.0.0.1:1\"";
        let error = read(text, &[(name, value)]).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}\n  is not\n{expected}");
    }
}

#[test]
fn values_must_fit_one_another() {
    let issuer = |changes: &str| {
        format!("[[identity.issuers]]\nname=\"x\"\nissuer=\"i\"\njwks=\"f\"\n{changes}")
    };
    for (text, key) in [
        ("listen = \"here\"".to_owned(), "listen"),
        ("province = \"99\"".to_owned(), "province"),
        (
            "[server]\nmetrics_listen = \"here\"".to_owned(),
            "server.metrics_listen",
        ),
        ("[subgraphs]\na = \"ftp://a\"".to_owned(), "subgraphs.a"),
        ("[limits]\ndepth = 0".to_owned(), "limits.depth"),
        (
            "[telemetry]\nsample_ratio = 2".to_owned(),
            "telemetry.sample_ratio",
        ),
        ("[cors]\norigins = [\"*\"]".to_owned(), "cors.origins"),
        (
            "[cors]\norigins = [\"https://a.example/\"]".to_owned(),
            "cors.origins",
        ),
        (
            "[identity.roles]\nking = []".to_owned(),
            "identity.roles.king",
        ),
        (
            issuer("algorithms=[\"HS256\"]\nroles=[\"citizen\"]"),
            "identity.issuers.x.algorithms",
        ),
        (
            issuer("algorithms=[]\nroles=[\"citizen\"]"),
            "identity.issuers.x.algorithms",
        ),
        (
            issuer("algorithms=[\"EdDSA\"]\nroles=[\"public\"]"),
            "identity.issuers.x.roles",
        ),
        (
            issuer("algorithms=[\"EdDSA\"]\nroles=[]"),
            "identity.issuers.x.roles",
        ),
        (
            "[signing.subgraphs.a]\nid=\"k\"".to_owned(),
            "signing.subgraphs.a",
        ),
        (
            "[identity.policies.empty]".to_owned(),
            "identity.policies.empty",
        ),
        (
            "[identity.policies.p]\npresent=[\"password\"]".to_owned(),
            "identity.policies.p",
        ),
        (
            "[identity.policies.p]\nequals={province=[]}".to_owned(),
            "identity.policies.p",
        ),
        (
            "[identity.policies.p]\nroles=[\"public\"]".to_owned(),
            "identity.policies.p.roles",
        ),
        (
            "[identity.revocation]\nrefresh=\"51s\"".to_owned(),
            "identity.revocation.refresh",
        ),
        (
            "[identity]\nintrospection=[\"king\"]".to_owned(),
            "identity.introspection",
        ),
        ("[server]\nconsole=[\"king\"]".to_owned(), "server.console"),
        (
            "[documents]\ntrusted_only=[\"citizen\"]".to_owned(),
            "documents.trusted",
        ),
        (
            "[outgoing_tls]\ncertificate=\"c.pem\"".to_owned(),
            "outgoing_tls",
        ),
        (
            "[outgoing_tls]\ncertificate=\"c.pem\"\nkey=\"k.pem\"".to_owned(),
            "outgoing_tls",
        ),
    ] {
        let Err(ConfigError::Key { key: got, .. }) = read(&text, &[]) else {
            panic!("{text} was taken");
        };
        assert_eq!(got, key);
    }
}

#[test]
fn paths_are_relative_to_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gateway.toml");
    let text = "supergraph = \"s.graphql\"\n[signing]\nprincipal_key = \"/etc/key.pem\"\n";
    std::fs::write(&file, text).unwrap();
    let config = Config::from_file(&file, []).unwrap();
    assert_eq!(config.supergraph.unwrap(), folder.path().join("s.graphql"));
    assert_eq!(
        config.signing.principal_key.unwrap(),
        Path::new("/etc/key.pem")
    );
    let missing = Config::from_file(&folder.path().join("none.toml"), []).unwrap_err();
    assert!(
        missing
            .to_string()
            .contains("cannot read the configuration file")
    );
}
