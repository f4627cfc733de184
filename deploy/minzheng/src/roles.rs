//! The split roles: a gateway alone, a subgraph alone.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use minzheng_audit::Source;
use minzheng_gateway::cache::{Cache, NameKey};
use minzheng_gateway::config::{Config, Signing};
use minzheng_gateway::identity::Verifier;
use minzheng_gateway::pipeline::Pipeline;
use minzheng_gateway::record::Recorder;
use minzheng_gateway::request::Documents;
use minzheng_gateway::schema_source::{SchemaSource, SourceError, load};
use minzheng_gateway::server::{self, Gateway, Parts};
use minzheng_gateway::supergraph::Supergraph;
use minzheng_gateway::telemetry::{self, Metrics, Telemetry};
use minzheng_gateway::tls;
use minzheng_gateway::transport::{Signer, Transport, Upstream, Upstreams};
use minzheng_kit::keys::Keys;
use minzheng_kit::wake::{Wake, WakeTls};
use minzheng_kit::{Clock, Province, database, subsystem};
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::assemble::{self, Feeds, Setting};
use crate::cli::GatewayRole;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::standalone::FIRST_QUERY;
use crate::subgraph_config::SubgraphConfig;
use crate::{access_log, serve, stop, subsystems};

/// How often the keys between gateway and subgraphs are looked at for changes.
const KEYS: Duration = Duration::from_secs(5);
/// How often subgraphs are asked for their schema until there is a first one.
const IMPATIENT: Duration = Duration::from_millis(500);

/// `minzheng gateway`
pub(crate) async fn gateway(args: &GatewayRole) -> Result<(), Failure> {
    let config = gateway_config(args)?;
    let listener = server::bind(&config.listen).map_err(|error| Failure::new(error.to_string()))?;
    let telemetry = start_telemetry(&config.telemetry)?;
    let verifier =
        Arc::new(Verifier::new(&config.identity, &config.province).map_err(Failure::new)?);
    for problem in verifier.refresh().await {
        tracing::warn!(
            problem,
            "an issuer's tokens are refused until its keys can be read"
        );
    }
    let refreshing = tokio::spawn(Arc::clone(&verifier).keep_fresh());
    let documents = Documents::open(&config.documents, &config.limits)
        .map_err(|error| Failure::new(error.to_string()))?;
    let documents = Arc::new(documents);
    let outgoing =
        tls::calling(&config.outgoing_tls).map_err(|error| Failure::new(error.to_string()))?;
    let signer = Arc::new(signer(&config).await?.with_tls(outgoing));
    let signing = config.signing.clone();
    let metrics = Metrics::new();
    let cache = Cache::new(
        &config.cache,
        &config.province,
        NameKey::new(&signer.names_key()),
        metrics.clone(),
        Handle::current(),
    )
    .map_err(Failure::new)?;
    let log = Recorder::open(&config.access_log, metrics.log(), &Handle::current())
        .map_err(|error| Failure::new(error.to_string()))?
        .map(Arc::new);
    if log.is_none() {
        tracing::warn!("access_log names neither folder nor database: no personal data is given");
    }
    let (workers, listen) = (config.workers, config.listen.clone());
    let gateway = Gateway::new(Parts {
        verifier,
        cache: Arc::new(cache),
        signer: Arc::clone(&signer),
        metrics,
        first_query: Some(FIRST_QUERY.to_owned()),
        config,
    });
    println!("Minzheng gateway on {listen}; ready when its subgraphs are.");
    let served = tokio::select! {
        served = serve::until_stopped(Arc::clone(&gateway), listener, workers) => served,
        failed = watch_schema(&gateway, &documents, log.as_ref()) => failed,
        () = documents.follow() => Ok(()),
        () = follow_keys(&signer, &signing) => Ok(()),
    };
    refreshing.abort();
    if let Some(log) = log {
        access_log::stop(log).await;
    }
    telemetry.shutdown();
    served
}

/// The configuration file, if there is one, the environment over it, the command line over both.
fn gateway_config(args: &GatewayRole) -> Result<Config, Failure> {
    let env = std::env::vars();
    let config = match &args.config {
        Some(path) => Config::from_file(path, env),
        None => Config::from_text("", Path::new("the environment"), env),
    };
    let mut config = config.map_err(|error| Failure::new(error.to_string()))?;
    if let Some(file) = &args.supergraph {
        config.supergraph = Some(file.clone());
    }
    if let Some(listen) = args.listen {
        config.listen = listen.to_string();
    }
    Ok(config)
}

/// The keys requests are signed with. Before a ready supergraph of somebody else's subgraphs, which
/// share no keys with us, they are made for this run, so that every request is signed all the same.
async fn signer(config: &Config) -> Result<Signer, Failure> {
    let signer = match (&config.supergraph, &config.signing.principal_key) {
        (Some(file), None) => {
            let sdl = SchemaSource::File(file.clone()).read().await?;
            let supergraph = load(&sdl, 0)?;
            tracing::warn!(
                "no keys are configured: requests are signed with keys of this run only"
            );
            Signer::for_this_run(supergraph.subgraphs.iter().map(|s| &*s.name))
        }
        _ => Signer::from_config(&config.signing),
    };
    signer.map_err(|error| Failure::new(error.to_string()))
}

/// Signs with the keys in the files as they are now. A rotation needs no restart: subgraphs believe the
/// next key first, then it is put here, then they forget the one before.
async fn follow_keys(signer: &Signer, signing: &Signing) {
    if signing.principal_key.is_none() {
        return std::future::pending().await;
    }
    loop {
        tokio::time::sleep(KEYS).await;
        match signer.reload(signing) {
            Ok(true) => tracing::info!("requests to subgraphs are signed with new keys"),
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "the keys before are used on"),
        }
    }
}

/// Loads the schema as soon as it can be had, and again whenever it changes. Ends only when the
/// configuration can never work.
async fn watch_schema(
    gateway: &Gateway,
    documents: &Arc<Documents>,
    log: Option<&Arc<Recorder>>,
) -> Result<(), Failure> {
    let config = &gateway.parts().config;
    let urls: Vec<(Arc<str>, String)> = config
        .subgraphs
        .iter()
        .map(|(name, url)| (Arc::from(name.as_str()), url.clone()))
        .collect();
    let source = match &config.supergraph {
        Some(file) => SchemaSource::File(file.clone()),
        None => {
            let upstreams: Result<Vec<_>, Failure> = urls
                .iter()
                .map(|(name, url)| Ok((Arc::clone(name), upstream(name, url)?)))
                .collect();
            let parts = gateway.parts();
            let transport = Transport::new(
                &config.limits,
                upstreams?.into(),
                Arc::clone(&parts.signer),
                parts.metrics.clone(),
            );
            SchemaSource::subgraphs(transport, urls, &config.province)
        }
    };
    let mut serving: Option<String> = None;
    let mut pipeline: Option<Arc<Pipeline>> = None;
    let mut generation = 0;
    loop {
        match source.read().await {
            Ok(sdl) if serving.as_ref() != Some(&sdl) => {
                let taken = take(
                    gateway,
                    documents,
                    &sdl,
                    generation + 1,
                    pipeline.as_ref(),
                    log,
                );
                match taken.await {
                    Ok(taken) => {
                        pipeline = Some(taken);
                        generation += 1;
                        tracing::info!(generation, "a schema is served");
                    }
                    Err(error) => {
                        tracing::error!(%error, "a schema was refused; the one before stays")
                    }
                }
                // Also when refused: the same text would be refused again.
                serving = Some(sdl);
            }
            Ok(_) => {}
            Err(error @ SourceError::Unfit(_)) => {
                tracing::error!(%error, "no new schema; the one before stays")
            }
            Err(error) if generation == 0 => tracing::info!(%error, "waiting for the first schema"),
            Err(error) => {
                tracing::warn!(%error, "the schema cannot be looked at; the one before stays")
            }
        }
        let pause = if generation == 0 {
            IMPATIENT
        } else {
            config.watch
        };
        tokio::time::sleep(pause).await;
    }
}

/// Serves by this schema from now on; what was asked most under the one `before` is prepared first.
async fn take(
    gateway: &Gateway,
    documents: &Arc<Documents>,
    sdl: &str,
    generation: u64,
    before: Option<&Arc<Pipeline>>,
    log: Option<&Arc<Recorder>>,
) -> Result<Arc<Pipeline>, Failure> {
    let supergraph = load(sdl, generation)?;
    known_policies(gateway, &supergraph)?;
    let configured = &gateway.parts().config.subgraphs;
    let upstreams: Result<Vec<_>, Failure> = supergraph
        .subgraphs
        .iter()
        .map(|subgraph| {
            let url = configured.get(&*subgraph.name).unwrap_or(&subgraph.url);
            Ok((Arc::clone(&subgraph.name), upstream(&subgraph.name, url)?))
        })
        .collect();
    let upstreams: Upstreams = upstreams?.into();
    let pipeline = match before {
        Some(before) => before.succeed(supergraph).await,
        None => Pipeline::new(&gateway.parts().config.limits, supergraph).map(|first| {
            first
                .with_documents(Arc::clone(documents))
                .recording(log.cloned())
        }),
    };
    let pipeline = Arc::new(pipeline.map_err(|error| Failure::new(error.to_string()))?);
    gateway.load(Arc::clone(&pipeline) as _, upstreams);
    Ok(pipeline)
}

/// Refuses a schema that asks for a policy which nobody described: it would be met by nobody, and why
/// would be seen by nobody.
pub(crate) fn known_policies(gateway: &Gateway, supergraph: &Supergraph) -> Result<(), Failure> {
    let verifier = &gateway.parts().verifier;
    let unknown = verifier.unknown_policies(supergraph.policies());
    if unknown.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "The schema asks for policies that are not configured: {}. Describe each under \
         [identity.policies.NAME].",
        unknown.join(", ")
    )))
}

fn upstream(name: &str, url: &str) -> Result<Upstream, Failure> {
    url.parse().map(|url| Upstream::Http { url }).map_err(|_| {
        Failure::new(format!(
            "The URL of the subgraph {name} cannot be read; write http://host:port/graphql."
        ))
    })
}

/// `minzheng subgraph NAME`
pub(crate) async fn subgraph(name: &str, path: &Path) -> Result<(), Failure> {
    let unknown = || {
        Failure::new(format!(
            "There is no subgraph of this name; there are {}.",
            subsystems::names()
        ))
    };
    if !subsystems::all().iter().any(|known| known.name() == name) {
        return Err(unknown());
    }
    let config = SubgraphConfig::load(path, std::env::vars())?;
    let log = config.access_log.as_deref().map(Source::at);
    let subsystem = subsystems::named(name, log.unwrap_or_default()).ok_or_else(unknown)?;
    let listener = server::bind(&config.listen.to_string())
        .map_err(|error| Failure::new(error.to_string()))?;
    let telemetry = start_telemetry(&config.telemetry(name))?;
    let keys = Keys::load(&config.keys);
    let province = Province::new(&config.province)
        .ok_or_else(|| Failure::new("The key province is a code of two digits, such as 51."))?;
    let clock = config.clock.map_or_else(Clock::system, Clock::fixed);
    let setting = Setting {
        keys: &keys,
        province: &province,
        clock: &clock,
        peers: config.peers.as_deref(),
    };
    let db = database::open_in_schema(&config.database, config.schema.as_deref().unwrap_or(name))
        .await?;
    let services = assemble::services(subsystem.as_ref(), db, &setting).await?;
    if config.demo.0 {
        let progress = Progress::new();
        subsystem::seed_once(subsystem.as_ref(), &services, &|what, done, all| {
            progress.step(subsystem.name(), what, done, all);
        })
        .await?;
    }
    let opened = assemble::open(subsystem, services, &keys)?;
    let (stop, stopping) = watch::channel(false);
    let wake = config.redis_url.as_deref();
    let unfit = |error: tls::TlsError| Failure::new(error.to_string());
    let pem = tls::pem(&config.redis_tls).map_err(unfit)?;
    let redis_tls = pem.map(|pem| WakeTls {
        authorities: pem.ca,
        own: pem.own,
    });
    let wake = wake
        .map(|url| Wake::new(url, &province, redis_tls))
        .transpose()?;
    let outgoing = tls::calling(&config.outgoing_tls).map_err(unfit)?;
    let accepting = config
        .tls
        .as_ref()
        .map(tls::accepting)
        .transpose()
        .map_err(unfit)?;
    let feeds = Feeds::Http(&config.feeds, wake.as_ref(), outgoing.as_ref());
    assemble::start(&opened, &feeds, &keys, &stopping)?;
    println!("Minzheng subgraph {name} on {}.", config.listen);
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    let endpoint = Arc::clone(&opened.endpoint);
    let believing = tokio::spawn(async move {
        loop {
            tokio::time::sleep(KEYS).await;
            match endpoint.reload_keys(&keys) {
                Ok(true) => tracing::info!("callers are believed by new keys"),
                Ok(false) => {}
                Err(error) => {
                    let failure = Failure::from(error);
                    tracing::warn!(%failure, "callers are believed by the keys before");
                }
            }
        }
    });
    let served = minzheng_kit::server::serve(
        listener,
        accepting,
        opened.endpoint,
        opened.services.db,
        workers,
        async {
            if let Err(failure) = stop::asked().await {
                tracing::error!(%failure, "stopping");
            }
        },
    )
    .await
    .map_err(|error| Failure::new(format!("The server ended ({error}).")));
    // Consumers end by themselves; whoever waits for nothing is gone already.
    let _ = stop.send(true);
    believing.abort();
    telemetry.shutdown();
    served
}

fn start_telemetry(config: &minzheng_gateway::config::Telemetry) -> Result<Telemetry, Failure> {
    telemetry::init(config).map_err(|error| Failure::new(error.to_string()))
}
