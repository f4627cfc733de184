//! HTTP: the routes, the workers and their life. This is the only place that knows actix-web, whose
//! types of `http` differ from everyone else's; they never leave this module.
//!
//! Each worker has its own event loop and its own [`Transport`]; what is shared between workers is
//! read-mostly. Nothing here knows GraphQL beyond the edge: a request is decoded, its caller identified,
//! and both are handed to the [`Answerer`].

mod at_work;
mod console;
mod cors;
mod events;
mod graphql;
mod head;
mod holding;
mod places;
mod reply;
mod status;
mod websocket;

use std::cell::RefCell;
use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::{Duration, Instant};

use actix_web::dev::Server;
use actix_web::guard::fn_guard;
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, HttpServer, web};
use arc_swap::ArcSwapOption;
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use tokio::sync::watch;

use crate::cache::Cache;
use crate::config::Config;
use crate::identity::{Caller, Verifier};
use crate::pipeline::parts::{self, Parted};
use crate::pipeline::subscription::{self, Serving, Standing, Subscribed};
use crate::pipeline::{Answer, Pipeline};
use crate::request::GraphQlRequest;
use crate::telemetry::Metrics;
use crate::tls::{self, TlsError};
use crate::transport::{Signer, Transport, Upstreams};

/// The longest wait for the head of a request, and for a slow client between two requests.
const HEAD: Duration = Duration::from_secs(10);
/// Longer than the usual idle time of balancers and clients, so that they close first.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// What a request is answered with, besides itself and its caller.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    /// The worker's way to the subgraphs.
    pub transport: &'a Transport,
    /// The process's cache.
    pub cache: &'a Cache,
    /// When the answer is of no more use.
    pub deadline: Instant,
    /// The request came by GET, so nothing but queries may run.
    pub queries_only: bool,
}

/// Whatever answers GraphQL requests: the [`Pipeline`], or a test's stand-in.
pub trait Answerer: Send + Sync + 'static {
    /// The complete answer of one request.
    fn answer<'a>(
        &'a self,
        request: &'a GraphQlRequest,
        caller: &'a Caller,
        means: Means<'a>,
    ) -> LocalBoxFuture<'a, Answer>;

    /// The answer or answers of a request by a way for many.
    fn subscribe(
        self: Arc<Self>,
        request: GraphQlRequest,
        caller: Caller,
        standing: Standing,
    ) -> LocalBoxFuture<'static, Subscribed>;

    /// The answer of a request whose client takes it in parts.
    fn answer_in_parts(
        self: Arc<Self>,
        request: GraphQlRequest,
        caller: Caller,
        standing: Standing,
    ) -> LocalBoxFuture<'static, Parted>;

    /// Itself, for what goes on under the next schema; none when there is nothing that could.
    fn pipeline(self: Arc<Self>) -> Option<Arc<Pipeline>> {
        None
    }
}

impl Answerer for Pipeline {
    fn answer<'a>(
        &'a self,
        request: &'a GraphQlRequest,
        caller: &'a Caller,
        means: Means<'a>,
    ) -> LocalBoxFuture<'a, Answer> {
        self.handle(
            request,
            caller,
            means.transport,
            means.cache,
            means.deadline,
            means.queries_only,
        )
        .boxed_local()
    }

    fn subscribe(
        self: Arc<Self>,
        request: GraphQlRequest,
        caller: Caller,
        standing: Standing,
    ) -> LocalBoxFuture<'static, Subscribed> {
        subscription::subscribe(self, request, caller, standing).boxed_local()
    }

    fn answer_in_parts(
        self: Arc<Self>,
        request: GraphQlRequest,
        caller: Caller,
        standing: Standing,
    ) -> LocalBoxFuture<'static, Parted> {
        parts::answer(self, request, caller, standing).boxed_local()
    }

    fn pipeline(self: Arc<Self>) -> Option<Arc<Pipeline>> {
        Some(self)
    }
}

/// What a gateway is made of.
pub struct Parts {
    /// The checked configuration.
    pub config: Config,
    /// Who may ask.
    pub verifier: Arc<Verifier>,
    /// What is kept.
    pub cache: Arc<Cache>,
    /// How requests to subgraphs are signed.
    pub signer: Arc<Signer>,
    /// What is counted.
    pub metrics: Metrics,
    /// The query that the console shows first; the gateway itself knows no domain.
    pub first_query: Option<String>,
}

/// A schema's answerer with the subgraphs in the order of that schema.
struct Loaded {
    answerer: Arc<dyn Answerer>,
    upstreams: Upstreams,
    /// Tells workers when to make a new transport.
    generation: usize,
}

/// The gateway of one process, shared by its workers.
pub struct Gateway {
    parts: Parts,
    loaded: ArcSwapOption<Loaded>,
    /// How many schemas were loaded, for whoever goes on under the next.
    generation: watch::Sender<usize>,
    draining: watch::Sender<bool>,
    at_work: AtomicUsize,
    /// Subscriptions that run.
    subscriptions: AtomicUsize,
}

impl Gateway {
    /// A gateway that serves, but is not ready until [`Gateway::load`] gave it a schema.
    pub fn new(parts: Parts) -> Arc<Self> {
        Arc::new(Self {
            parts,
            loaded: ArcSwapOption::empty(),
            generation: watch::Sender::new(0),
            draining: watch::Sender::new(false),
            at_work: AtomicUsize::new(0),
            subscriptions: AtomicUsize::new(0),
        })
    }

    /// From now on requests are answered by this pipeline; those under way end with what they began
    /// with, and subscriptions go on with this one. `upstreams` stand in the order of `Supergraph::subgraphs` of the pipeline's schema.
    pub fn load(&self, answerer: Arc<dyn Answerer>, upstreams: Upstreams) {
        // Told when it can be had.
        self.generation.send_modify(|generation| {
            *generation += 1;
            self.loaded.store(Some(Arc::new(Loaded {
                answerer,
                upstreams,
                generation: *generation,
            })));
        });
    }

    /// Whether a schema is loaded and the program is not stopping.
    pub fn is_ready(&self) -> bool {
        self.loaded.load().is_some() && !*self.draining.borrow()
    }

    /// Makes `/ready` say no, so that balancers send nothing new; requests are still answered, and
    /// subscriptions are ended, so that their clients go to another process. The program then stops the server by its handle, which waits for requests under way.
    pub fn begin_drain(&self) {
        self.draining.send_replace(true);
    }

    /// What the gateway was made of.
    pub fn parts(&self) -> &Parts {
        &self.parts
    }
}

/// What belongs to one worker.
struct Worker {
    gateway: Arc<Gateway>,
    transport: RefCell<Option<(usize, Transport)>>,
}

impl Worker {
    /// The loaded schema and this worker's transport for it.
    fn loaded(&self) -> Option<(Arc<Loaded>, Transport)> {
        let loaded = self.gateway.loaded.load_full()?;
        let mut own = self.transport.borrow_mut();
        let transport = match &*own {
            Some((generation, transport)) if *generation == loaded.generation => transport.clone(),
            Some((_, before)) => {
                // The connections outlive the schema.
                let made = before.renewed(Arc::clone(&loaded.upstreams));
                *own = Some((loaded.generation, made.clone()));
                made
            }
            None => {
                let parts = &self.gateway.parts;
                let made = Transport::new(
                    &parts.config.limits,
                    Arc::clone(&loaded.upstreams),
                    Arc::clone(&parts.signer),
                    parts.metrics.clone(),
                );
                *own = Some((loaded.generation, made.clone()));
                made
            }
        };
        Some((loaded, transport))
    }

    /// What serves at any time.
    fn serving(self: &Rc<Self>) -> Serving {
        let worker = Rc::clone(self);
        let mut swapped = self.gateway.generation.subscribe();
        // Another schema may have been loaded since this one was chosen.
        swapped.mark_changed();
        Serving {
            swapped,
            now: Rc::new(move || {
                let (loaded, transport) = worker.loaded()?;
                let pipeline = Arc::clone(&loaded.answerer).pipeline()?;
                Some((pipeline, transport))
            }),
        }
    }
}

/// Why the server cannot start: one sentence for the terminal.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Someone else serves there.
    #[error("the address {0} is already in use: stop the other program or choose another --listen")]
    InUse(String),
    /// The address cannot be served on.
    #[error("cannot serve on {address}: {reason}")]
    Address {
        /// What was asked for.
        address: String,
        /// The system's reason.
        reason: String,
    },
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// Takes the address, before anything else is started.
///
/// # Errors
/// See [`ServeError`].
pub fn bind(address: &str) -> Result<TcpListener, ServeError> {
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AddrInUse => ServeError::InUse(address.to_owned()),
        _ => ServeError::Address {
            address: address.to_owned(),
            reason: error.to_string(),
        },
    };
    let listener = TcpListener::bind(address).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    Ok(listener)
}

/// Serves the gateway on so many workers (0: one for each core). The server runs when it is awaited;
/// signals are the program's business, which stops it by `Server::handle().stop(true)`.
///
/// # Errors
/// See [`ServeError`].
pub fn serve(
    gateway: Arc<Gateway>,
    listener: TcpListener,
    workers: usize,
) -> Result<Server, ServeError> {
    let drain = gateway.parts.config.server.drain;
    // Accepted connections have it from the listener. Without it a body that nobody takes is held for ever: the server's
    // own clocks end with the head of a request.
    #[cfg(target_os = "linux")]
    if let Err(error) = socket2::SockRef::from(&listener)
        .set_tcp_user_timeout(Some(gateway.parts.config.server.stalled))
    {
        tracing::warn!(%error, "clients that take nothing are not cut off");
    }
    let workers = match workers {
        0 => std::thread::available_parallelism().map_or(2, usize::from),
        workers => workers,
    };
    let address = listener
        .local_addr()
        .map_or_else(|_| "?".to_owned(), |address| address.to_string());
    let tls = gateway.parts.config.tls.as_ref();
    let tls = tls.map(tls::accepting).transpose()?;
    let server = HttpServer::new(move || {
        let worker = Rc::new(Worker {
            gateway: Arc::clone(&gateway),
            transport: RefCell::default(),
        });
        App::new()
            .app_data(worker)
            .wrap(Compress::default())
            .wrap(from_fn(cors::around))
            .configure(routes)
    })
    .workers(workers)
    // Answers go out in pieces: without this the last one waits until the client has confirmed the one before, which
    // clients put off by 40 ms.
    .tcp_nodelay(true)
    .client_request_timeout(HEAD)
    .keep_alive(KEEP_ALIVE)
    .shutdown_timeout(drain.as_secs().max(1))
    .disable_signals();
    let listening = match tls {
        Some(tls) => server.listen_rustls_0_23(listener, tls),
        None => server.listen(listener),
    };
    let server = listening.map_err(|error| ServeError::Address {
        address,
        reason: error.to_string(),
    })?;
    Ok(server.run())
}

/// Serves `/metrics` and `/health`, and nothing else, at an address of their own (`server.metrics_listen`).
///
/// # Errors
/// See [`ServeError`].
pub fn serve_metrics(gateway: Arc<Gateway>, listener: TcpListener) -> Result<Server, ServeError> {
    let address = listener
        .local_addr()
        .map_or_else(|_| "?".to_owned(), |address| address.to_string());
    let gateway = web::Data::from(gateway);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(gateway.clone())
            .route("/metrics", web::get().to(status::metrics_only))
            .route("/health", web::get().to(status::health))
            .default_service(web::to(status::nothing_here))
    })
    .workers(1)
    .client_request_timeout(HEAD)
    .shutdown_timeout(1)
    .disable_signals()
    .listen(listener)
    .map_err(|error| ServeError::Address {
        address,
        reason: error.to_string(),
    })?;
    Ok(server.run())
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource("/graphql")
                .route(web::post().to(graphql::post))
                .route(
                    web::get()
                        .guard(fn_guard(websocket::is_asked))
                        .to(websocket::open),
                )
                .route(web::get().to(graphql::get))
                .route(web::head().to(graphql::get))
                .route(web::method(actix_web::http::Method::OPTIONS).to(cors::options))
                .default_service(web::to(graphql::other_method)),
        )
        .route("/health", web::get().to(status::health))
        .route("/ready", web::get().to(status::ready))
        .route("/metrics", web::get().to(status::metrics))
        .route("/console", web::get().to(console::index))
        .route("/console/{file}", web::get().to(console::file))
        .route("/", web::get().to(console::home))
        .default_service(web::to(status::nothing_here));
}

#[cfg(test)]
mod tests;
