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
        /// persons, places, marriage, funeral, societies or audit.
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
    /// Prints the catalogue of error codes, as markdown.
    Errors,
    /// Prints a bearer token of the data folder's development issuer.
    Token(Token),
    /// Four provinces side by side, and a marriage between them told step by step.
    Demo(Demo),
    /// Other provinces: whom this one trusts, and whether they keep the protocol.
    Peer {
        #[command(subcommand)]
        command: PeerCommand,
    },
    /// The access log: who saw whose personal data.
    AccessLog {
        #[command(subcommand)]
        command: AccessLogCommand,
    },
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

/// How the four provinces run.
#[derive(Clone, Debug, Args)]
pub(crate) struct Demo {
    /// The folder for the four data folders; made on first start.
    #[arg(long, value_name = "DIR", default_value = "minzheng-demo")]
    pub(crate) data: PathBuf,
    /// The first of four ports to listen on.
    #[arg(long, value_name = "PORT", default_value_t = 4051)]
    pub(crate) port: u16,
    /// Ends after the story, with exit code 0 when all went right.
    #[arg(long)]
    pub(crate) once: bool,
}

/// `minzheng peer …`
#[derive(Debug, Subcommand)]
pub(crate) enum PeerCommand {
    /// Prints this province's own key file, to be brought to others by a safe way.
    Key {
        /// The data folder (standalone), or the folder that `minzheng keys init` made (split).
        #[arg(long, value_name = "DIR", default_value = "minzheng-data")]
        data: PathBuf,
        /// The two-digit code of the province, for a folder that is new.
        #[arg(long, value_name = "CODE")]
        province: Option<String>,
        /// The address of this province's GraphQL endpoint, as others reach it.
        #[arg(long, value_name = "URL")]
        endpoint: Option<String>,
        /// How this province signs [default: ed-dsa]
        #[arg(long, value_enum)]
        algorithm: Option<PeerAlgorithm>,
    },
    /// Fetches a peer's key file and shows its fingerprint; trusts nothing yet.
    Add {
        /// The peer's GraphQL endpoint.
        url: String,
        /// The data folder.
        #[arg(long, value_name = "DIR", default_value = "minzheng-data")]
        data: PathBuf,
    },
    /// Trusts a peer by its key file.
    Trust {
        /// The key file.
        file: PathBuf,
        /// The data folder.
        #[arg(long, value_name = "DIR", default_value = "minzheng-data")]
        data: PathBuf,
    },
    /// Asks a trusted peer what every peer must answer (conformance vectors).
    Check {
        /// The peer's GraphQL endpoint.
        url: String,
        /// The data folder.
        #[arg(long, value_name = "DIR", default_value = "minzheng-data")]
        data: PathBuf,
    },
    /// Prints the message log and walks its chains of hashes.
    Log {
        /// The data folder.
        #[arg(long, value_name = "DIR", default_value = "minzheng-data")]
        data: PathBuf,
    },
}

/// How a province signs.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum PeerAlgorithm {
    /// Ed25519.
    EdDsa,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// SM2 with SM3.
    Sm2Sm3,
}

impl PeerAlgorithm {
    /// As the messages name it.
    pub(crate) fn of(self) -> minzheng_marriage::interop::wire::signature::Algorithm {
        use minzheng_marriage::interop::wire::signature::Algorithm;
        match self {
            Self::EdDsa => Algorithm::EdDsa,
            Self::Es256 => Algorithm::Es256,
            Self::Sm2Sm3 => Algorithm::Sm2Sm3,
        }
    }
}

/// `minzheng access-log …`
#[derive(Debug, Subcommand)]
pub(crate) enum AccessLogCommand {
    /// Looks at every record and seal; tells which were removed, altered, reordered or inserted.
    Verify(VerifyLog),
    /// Seals what no seal holds yet; a running gateway does so every hour and when it stops.
    Seal(WhichLog),
}

/// `minzheng access-log verify`
#[derive(Debug, Args)]
pub(crate) struct VerifyLog {
    #[command(flatten)]
    pub(crate) which: WhichLog,
    /// Shows number and root of every seal, not of the last one only.
    #[arg(long)]
    pub(crate) seals: bool,
    /// Fails when there are fewer seals: the number that was noted elsewhere (the gateway's log and metrics tell it
    /// with each seal).
    #[arg(long, value_name = "NUMBER")]
    pub(crate) at_least: Option<u64>,
    /// Fails when the seal of that number has another root than was noted.
    #[arg(long, value_name = "ROOT", requires = "at_least")]
    pub(crate) root: Option<String>,
}

/// Where an access log is.
#[derive(Debug, Args)]
pub(crate) struct WhichLog {
    /// The data folder of a standalone province.
    #[arg(
        long,
        value_name = "DIR",
        default_value = "minzheng-data",
        group = "which"
    )]
    pub(crate) data: PathBuf,
    /// The configuration file of a gateway.
    #[arg(long, value_name = "FILE", group = "which")]
    pub(crate) config: Option<PathBuf>,
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
    /// Changes keys of encrypted columns while the province goes on; cut off, it goes on where it was.
    Rotate(Rotate),
}

/// What `minzheng keys rotate` changes, and where.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("where").required(true))]
pub(crate) struct Rotate {
    /// The data folder of a standalone province, whether it is running or not.
    #[arg(long, value_name = "DIR", group = "where")]
    pub(crate) data: Option<PathBuf>,
    /// The configuration of one subgraph.
    #[arg(long, value_name = "FILE", group = "where", requires = "subgraph")]
    pub(crate) config: Option<PathBuf>,
    /// Which subgraph: with --config the one that the file is for, with --data one of all.
    #[arg(long, value_name = "NAME")]
    pub(crate) subgraph: Option<String>,
    /// Which keys.
    #[arg(long, value_enum, default_value = "data")]
    pub(crate) what: RotateWhat,
    /// The cipher of the new data keys: aes-256-gcm or sm4-gcm [default: as installed]
    #[arg(long, value_name = "CIPHER")]
    pub(crate) cipher: Option<String>,
}

/// The kinds of keys that can be changed while the province is running.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RotateWhat {
    /// The keys that encrypt columns: every value is encrypted anew.
    Data,
    /// The keys of blind indexes: every index is made anew.
    Index,
    /// The master key: the few data keys are wrapped anew.
    Master,
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
    /// The registry an officer works at, by its id.
    #[arg(long, value_name = "ID")]
    pub(crate) registry: Option<String>,
    /// Which officer, so that two can be tried; a citizen is told apart by `--citizen`.
    #[arg(long, value_name = "NAME", value_parser = subject)]
    pub(crate) subject: Option<String>,
    /// A purpose the caller may state (in the header minzheng-purpose); may be repeated.
    #[arg(long, value_name = "CODE", value_parser = subject)]
    pub(crate) purpose: Vec<String>,
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

/// A plain short name: it stands in tokens and in the access log.
fn subject(text: &str) -> Result<String, String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if !text.is_empty() && text.len() <= 64 && text.bytes().all(plain) {
        Ok(text.to_owned())
    } else {
        Err("write up to 64 letters, digits, hyphens, underscores or dots".to_owned())
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
