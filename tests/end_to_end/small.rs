//! A gateway before one small subgraph of somebody else's, which gives every question the same answer.

use std::time::Duration;

use minzheng_tests::{Listener, Program, free_port, token};
use tempfile::TempDir;

/// Its schema; the subgraph is at `URL`.
pub(crate) const SUPERGRAPH: &str = r#"
schema
  @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION)
  @link(url: "https://specs.apollo.dev/policy/v0.1", as: "rule", for: SECURITY)
{ query: Query }
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean, override: String, usedOverridden: Boolean) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
directive @rule(policies: [[String!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
scalar join__FieldSet
scalar link__Import
enum link__Purpose { SECURITY EXECUTION }
enum join__Graph { ONE @join__graph(name: "one", url: "URL") }
type Query @join__type(graph: ONE) { word: String secret: String @rule(policies: [["keeper"]]) }
"#;

/// The development issuer, for configurations of such a gateway.
pub(crate) const ISSUER: &str = r#"
[[identity.issuers]]
name = "development"
issuer = "minzheng-dev"
jwks = "keys/gateway/jwks.json"
algorithms = ["EdDSA"]
roles = ["citizen", "registrar", "supervisor"]
persons = true
[identity.policies.keeper]
roles = ["registrar"]
begins = { division = ["5101"] }
"#;

/// It runs until it is dropped.
pub(crate) struct Small {
    pub(crate) program: Program,
    folder: TempDir,
    _subgraph: Listener,
}

impl Small {
    /// Starts it with this in its configuration before [`ISSUER`], its subgraph answering this.
    pub(crate) fn start(config: &str, answer: &'static str) -> Result<Self, String> {
        let told = |error: std::io::Error| error.to_string();
        let subgraph = Listener::start(answer)?;
        let folder = TempDir::new().map_err(told)?;
        let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
        let url = format!("http://{}/graphql", subgraph.address);
        let (file, supergraph) = (path("gateway.toml"), path("supergraph.graphql"));
        std::fs::write(&file, format!("{config}{ISSUER}")).map_err(told)?;
        std::fs::write(&supergraph, SUPERGRAPH.replace("URL", &url)).map_err(told)?;
        let (status, said) = Program::run(&["keys", "init", &path("keys")], &[])?;
        if !status.success() {
            return Err(said);
        }
        let port = free_port();
        let listen = format!("127.0.0.1:{port}");
        let arguments = [
            "gateway",
            "--config",
            &file,
            "--supergraph",
            &supergraph,
            "--listen",
            &listen,
        ];
        let program = Program::start(&arguments, &[], port, Duration::from_secs(120))?;
        Ok(Self {
            program,
            folder,
            _subgraph: subgraph,
        })
    }

    /// A token by the arguments of `minzheng token`.
    pub(crate) fn token(&self, arguments: &[&str]) -> Result<String, String> {
        token(&self.folder.path().join("keys"), arguments)
    }
}
