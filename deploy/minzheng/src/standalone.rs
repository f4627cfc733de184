//! `minzheng standalone`: a whole province in one process.
//!
//! The subgraphs run on the shared runtime and are asked bytes for bytes with the same signed headers
//! as over HTTP, so that one process and many answer alike.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, try_join_all};
use futures_util::{StreamExt as _, stream};
use minzheng_audit::Source;
use minzheng_gateway::cache::{Cache, NameKey};
use minzheng_gateway::config::Config;
use minzheng_gateway::identity::Verifier;
use minzheng_gateway::identity::dev::DevIssuer;
use minzheng_gateway::pipeline::Pipeline;
use minzheng_gateway::record::Recorder;
use minzheng_gateway::schema_source::{composed, load};
use minzheng_gateway::server::{self, Gateway, Parts};
use minzheng_gateway::telemetry::{self, Metrics};
use minzheng_gateway::transport::stream::{NearSource, offer_patiently};
use minzheng_gateway::transport::{InProcess, Upstream, Upstreams};
use minzheng_kit::keys::Keys;
use minzheng_kit::server::Endpoint;
use minzheng_kit::{Clock, Province, database, subsystem};
use minzheng_marriage::interop::book::KeyFile;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot, watch};

use crate::assemble::{self, Feeds, Opened, Setting};
use crate::cli::Standalone;
use crate::data_folder::{DataFolder, damaged_database};
use crate::failure::Failure;
use crate::progress::Progress;
use crate::{access_log, keys, peer, roles, serve, subsystems};

/// What the console shows first.
pub(crate) const FIRST_QUERY: &str = include_str!("first_query.graphql");

/// Runs the province until it is asked to stop.
pub(crate) async fn run(args: &Standalone) -> Result<(), Failure> {
    let began = Instant::now();
    let listener =
        server::bind(&args.listen.to_string()).map_err(|error| Failure::new(error.to_string()))?;
    let folder = DataFolder::open(&args.data, args.province.as_deref())?;
    let mut config = config(folder.province(), std::env::vars())?;
    let telemetry =
        telemetry::init(&config.telemetry).map_err(|error| Failure::new(error.to_string()))?;
    let keys = keys::open(&folder.keys(), folder.is_new())?;
    let issuer =
        DevIssuer::open(&folder.keys()).map_err(|error| Failure::new(error.to_string()))?;
    let province = Province::new(folder.province())
        .ok_or_else(|| Failure::new("The province is no two-digit code."))?;
    let clock = args.clock.map_or_else(Clock::system, Clock::fixed);
    let peers = peer::folder_of(&args.data);
    let trusted = if peers.exists() {
        peer::trusted(&peers, &keys, &province)?
    } else {
        Vec::new()
    };
    let setting = Setting {
        keys: &keys,
        province: &province,
        clock: &clock,
        peers: peers.exists().then_some(peers.as_path()),
    };
    if folder.is_new() {
        import(&folder, &setting).await?;
    }
    config.access_log.folder = Some(folder.access_log());
    let metrics = Metrics::new();
    let log = access_log::standalone(&config, &folder, &metrics)?;
    let opened = open(&folder, &setting).await?;
    let (stop, stopping) = watch::channel(false);
    for one in &opened {
        assemble::start(one, &Feeds::InProcess(&opened), &keys, &stopping)?;
    }
    let gateway = gateway(config, &issuer, &trusted, &keys, metrics)?;
    load_schema(&gateway, &opened, &log)?;
    announce(args, folder.province(), began);
    let served = serve::until_stopped(gateway, listener, args.workers.unwrap_or(0)).await;
    // Consumers end by themselves; whoever waits for nothing is gone already.
    let _ = stop.send(true);
    access_log::stop(log).await;
    telemetry.shutdown();
    served
}

/// The defaults of a gateway, for this province, and what of it may be set without a file.
fn config(
    province: &str,
    env: impl IntoIterator<Item = (String, String)>,
) -> Result<Config, Failure> {
    const SETTABLE: [&str; 2] = [
        "MINZHENG_TELEMETRY__OTLP_ENDPOINT",
        "MINZHENG_ACCESS_LOG__PATIENCE",
    ];
    let env = env
        .into_iter()
        .filter(|(name, _)| SETTABLE.contains(&name.as_str()));
    let mut config = Config::from_text("", Path::new("standalone"), env)
        .map_err(|error| Failure::new(error.to_string()))?;
    province.clone_into(&mut config.province);
    // The terminal belongs to the person who started it; RUST_LOG asks for more. Number and root of each seal of the
    // access log are told all the same: somewhere they must stand beside it.
    const QUIET: &str = "warn,minzheng_gateway::record::sealer=info";
    config.telemetry.log_filter = std::env::var("RUST_LOG").unwrap_or_else(|_| QUIET.to_owned());
    config.telemetry.service_name = "minzheng".to_owned();
    Ok(config)
}

/// The first import, beside the final folder, all subgraphs at once.
async fn import(folder: &DataFolder, setting: &Setting<'_>) -> Result<(), Failure> {
    let path = folder.begin_import()?;
    let progress = Progress::new();
    progress.say(&format!(
        "First start: importing the divisions of China and demonstration data of province {}.",
        folder.province()
    ));
    let imports = subsystems::all().map(|subsystem| {
        let url = sqlite(&path.join(format!("{}.db", subsystem.name())), true);
        let progress = progress.clone();
        async move {
            let db = database::open(&url).await?;
            let services = assemble::services(subsystem.as_ref(), db, setting).await?;
            let name = subsystem.name();
            subsystem::seed_once(subsystem.as_ref(), &services, &|what, done, all| {
                progress.step(name, what, done, all);
            })
            .await?;
            services.db.close().await?;
            Ok::<(), Failure>(())
        }
    });
    try_join_all(imports).await?;
    folder.finish_import()
}

/// Opens every subgraph over its file.
async fn open(folder: &DataFolder, setting: &Setting<'_>) -> Result<Vec<Opened>, Failure> {
    let log = Source::at(&folder.access_log().display().to_string());
    let opening = subsystems::all_reading(log).map(|subsystem| async move {
        let (path, create) = folder.database(subsystem.name())?;
        let usable = async {
            let db = database::open(&sqlite(&path, create)).await?;
            assemble::services(subsystem.as_ref(), db, setting).await
        };
        let services = usable
            .await
            .map_err(|error| damaged_database(&path, &error.to_string()))?;
        assemble::open(subsystem, services, setting.keys)
    });
    try_join_all(opening).await
}

fn sqlite(path: &Path, create: bool) -> String {
    format!(
        "sqlite://{}?mode={}",
        path.display(),
        if create { "rwc" } else { "rw" }
    )
}

fn gateway(
    config: Config,
    issuer: &DevIssuer,
    trusted: &[KeyFile],
    keys: &Keys,
    metrics: Metrics,
) -> Result<Arc<Gateway>, Failure> {
    let mut verifier = Verifier::new(&config.identity, &config.province).map_err(Failure::new)?;
    verifier
        .add_fixed(&issuer.config(), &issuer.jwks())
        .map_err(Failure::new)?;
    for file in trusted {
        let (config, keys) = peer::issuer_of(file);
        verifier.add_fixed(&config, &keys).map_err(Failure::new)?;
    }
    let signer = keys::signer(keys)?;
    let cache = Cache::new(
        &config.cache,
        &config.province,
        NameKey::new(&signer.names_key()),
        metrics.clone(),
        Handle::current(),
    )
    .map_err(Failure::new)?;
    Ok(Gateway::new(Parts {
        verifier: Arc::new(verifier),
        cache: Arc::new(cache),
        signer,
        metrics,
        first_query: Some(FIRST_QUERY.to_owned()),
        config,
    }))
}

/// Composes the subgraphs and gives the gateway their schema and the way to them.
fn load_schema(gateway: &Gateway, opened: &[Opened], log: &Arc<Recorder>) -> Result<(), Failure> {
    let sdls: Vec<_> = opened.iter().map(|one| one.schema(String::new())).collect();
    let supergraph = load(&composed(&sdls)?, 1)?;
    roles::known_policies(gateway, &supergraph)?;
    let upstreams: Upstreams = supergraph
        .subgraphs
        .iter()
        .filter_map(|subgraph| {
            let one = opened
                .iter()
                .find(|one| one.subsystem.name() == &*subgraph.name)?;
            let near = Near {
                endpoint: Arc::clone(&one.endpoint),
                runtime: Handle::current(),
            };
            Some((
                Arc::clone(&subgraph.name),
                Upstream::InProcess(Arc::new(near) as Arc<dyn InProcess>),
            ))
        })
        .collect();
    let pipeline = Pipeline::new(&gateway.parts().config.limits, supergraph)
        .map_err(|error| Failure::new(error.to_string()))?
        .recording(Some(Arc::clone(log)));
    gateway.load(Arc::new(pipeline), upstreams);
    Ok(())
}

/// A subgraph in this process: it runs on the shared runtime, where its database lives, and the
/// worker that asks goes on meanwhile.
struct Near {
    endpoint: Arc<Endpoint>,
    runtime: Handle,
}

impl InProcess for Near {
    fn call(
        &self,
        headers: Vec<(&'static str, String)>,
        path: &'static str,
        body: Bytes,
    ) -> BoxFuture<'static, (u16, Bytes)> {
        let endpoint = Arc::clone(&self.endpoint);
        let running = self
            .runtime
            .spawn(async move { endpoint.handle(&headers, path, body).await });
        // A task that did not end has no answer, which is what a lost connection has too.
        async move { running.await.unwrap_or((500, Bytes::new())) }.boxed()
    }

    fn subscribe(
        &self,
        headers: Vec<(&'static str, String)>,
        path: &'static str,
        body: Bytes,
        buffer: usize,
    ) -> BoxFuture<'static, Result<NearSource, (u16, Bytes)>> {
        let endpoint = Arc::clone(&self.endpoint);
        let (events, source) = mpsc::channel(buffer);
        let (admitted, answer) = oneshot::channel();
        self.runtime.spawn(async move {
            let mut told = match endpoint.subscribe(&headers, path, body) {
                Ok(told) => told,
                Err(refusal) => return drop(admitted.send(Err(refusal))),
            };
            drop((admitted.send(Ok(())), headers));
            loop {
                let event = tokio::select! {
                    event = told.next() => event,
                    // Nobody takes its events any more.
                    () = events.closed() => None,
                };
                let Some(event) = event else { return };
                if !offer_patiently(&events, event).await {
                    return;
                }
            }
        });
        async move {
            answer.await.unwrap_or(Err((500, Bytes::new())))?;
            let events = stream::unfold(source, |mut source| async move {
                Some((source.recv().await?, source))
            });
            Ok(events.boxed())
        }
        .boxed()
    }
}

/// What the person at the terminal needs now.
fn announce(args: &Standalone, province: &str, began: Instant) {
    let address = args.listen;
    let data = args.data.display();
    // As it was called, so that the line can be pasted.
    let program = std::env::args().next();
    let program = program.as_deref().unwrap_or("minzheng");
    println!(
        "Minzheng serves province {province} (ready after {:.1} s).\n\
         \n  endpoint  http://{address}/graphql\
         \n  console   http://{address}/console\
         \n  token     {program} token --data {data} --role citizen\
         \n            (roles: citizen, registrar, supervisor, dashboard, peer, auditor, operator)\n",
        began.elapsed().as_secs_f64()
    );
}
