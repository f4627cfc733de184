//! The command line: one program that plays every role by its sub-command.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// One GraphQL endpoint over a province's civil-affairs subsystems (民政联邦网关).
#[derive(Debug, Parser)]
#[command(
    name = "minzheng",
    version,
    about,
    args_conflicts_with_subcommands = true
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) standalone: Standalone,
}

/// What to be.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// A whole province in one process: gateway and all subgraphs, SQLite files in a folder.
    Standalone(Standalone),
    /// The gateway alone, before subgraphs of their own.
    Gateway(GatewayRole),
    /// One subgraph alone, on PostgreSQL or SQLite.
    Subgraph {
        /// persons, marriage, funeral, places or societies.
        name: String,
        /// Configuration file (TOML); environment variables stand over it.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Writes what clients see to schema.graphql.
    Compose {
        /// Where to write the schema; `-` is standard output.
        #[arg(long, value_name = "FILE", default_value = "schema.graphql")]
        out: PathBuf,
        /// Writes nothing; fails when the file is not what would be written.
        #[arg(long)]
        check: bool,
        /// Also writes the supergraph, for `gateway` with a ready supergraph file.
        #[arg(long, value_name = "FILE")]
        supergraph: Option<PathBuf>,
    },
    /// Prints a bearer token of the data folder's development issuer.
    Token(Token),
    /// Key material for split roles.
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
}

/// How a gateway alone runs.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("source").required(true).multiple(true))]
pub(crate) struct GatewayRole {
    /// Configuration file (TOML); environment variables stand over it.
    #[arg(long, value_name = "FILE", group = "source")]
    pub(crate) config: Option<PathBuf>,
    /// A ready supergraph file; its subgraphs are called where it says, unless the configuration names
    /// other addresses.
    #[arg(long, value_name = "FILE", group = "source")]
    pub(crate) supergraph: Option<PathBuf>,
    /// The address to listen on, over the configuration's.
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<SocketAddr>,
}

/// `minzheng keys …`
#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Makes the keys of a province, one folder for each role, each holding only what that role needs.
    Init {
        /// The folder to write to; keys that are there already stay.
        dir: PathBuf,
        /// The two-digit code of the province.
        #[arg(long, value_name = "CODE", default_value = "51")]
        province: String,
    },
}

/// How a province in one process runs.
#[derive(Clone, Debug, Args)]
pub(crate) struct Standalone {
    /// The address to listen on.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:4000")]
    pub(crate) listen: SocketAddr,
    /// The folder for databases and keys; made on first start.
    #[arg(long, value_name = "DIR", default_value = "minzheng-data")]
    pub(crate) data: PathBuf,
    /// The province shown: 51 四川, 32 江苏, 35 福建 or 36 江西. Fixed at first start [default: 51]
    #[arg(long, value_name = "CODE")]
    pub(crate) province: Option<String>,
    /// Stops the legal clock at an instant (RFC 3339), so that a story told about dates stays true.
    #[arg(long, value_name = "TIME", env = "MINZHENG_CLOCK")]
    pub(crate) clock: Option<chrono::DateTime<chrono::Utc>>,
    /// Worker threads of the endpoint [default: one for each core]
    #[arg(long, value_name = "N")]
    pub(crate) workers: Option<usize>,
}

/// What the printed token claims.
#[derive(Debug, Args)]
pub(crate) struct Token {
    /// The data folder (standalone), or the folder that `minzheng keys init` made (split).
    #[arg(long, value_name = "DIR", default_value = "minzheng-data")]
    pub(crate) data: PathBuf,
    /// Who asks.
    #[arg(long, value_enum)]
    pub(crate) role: RoleName,
    /// The division an officer works for, a six-digit code.
    #[arg(long, value_name = "CODE")]
    pub(crate) division: Option<String>,
    /// The demonstration citizen's number in the register of invented persons; 0 is the tutorial's.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) citizen: usize,
    /// How long the token is good, such as 15m, 1h or 7d.
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = duration)]
    pub(crate) ttl: Duration,
}

/// The roles of people and peers.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum RoleName {
    /// A citizen, who sees what is his own.
    Citizen,
    /// An officer at a counter: marriage registry, funeral service or hotline.
    Registrar,
    /// An officer who answers for a division.
    Supervisor,
    /// A dashboard: figures only.
    Dashboard,
    /// Another province.
    Peer,
    /// One who reads the access log.
    Auditor,
    /// One who runs the machines and sees no data.
    Operator,
}

impl RoleName {
    /// The name as tokens carry it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Citizen => "citizen",
            Self::Registrar => "registrar",
            Self::Supervisor => "supervisor",
            Self::Dashboard => "dashboard",
            Self::Peer => "peer",
            Self::Auditor => "auditor",
            Self::Operator => "operator",
        }
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let hint = || "write a number and a unit, such as 15m, 1h or 7d".to_owned();
    let split = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(hint)?;
    let number: u64 = text[..split].parse().map_err(|_| hint())?;
    let seconds = match &text[split..] {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(hint()),
    };
    number
        .checked_mul(seconds)
        .filter(|&n| n > 0)
        .map(Duration::from_secs)
        .ok_or_else(hint)
}
