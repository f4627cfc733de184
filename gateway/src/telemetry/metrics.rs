//! What `/metrics` shows, in Prometheus' text form. Labels are names from the schema, the configuration
//! and the closed lists of codes; never anything a client sent.

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// From half a millisecond to the default deadline.
const BUCKETS: [f64; 14] = [
    0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 30.0,
];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    status: u16,
    role: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct FetchLabels {
    subgraph: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct SubgraphLabels {
    subgraph: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct CacheLabels {
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct CodeLabels {
    code: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct SealLabels {
    root: String,
}

type Durations<L> = Family<L, Histogram, fn() -> Histogram>;

fn histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

/// How a look into the cache ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheOutcome {
    /// Found in this process.
    Memory,
    /// Found in Redis.
    Redis,
    /// Someone else was already fetching it.
    Joined,
    /// Not found.
    Miss,
}

/// The process's metrics.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    requests: Family<RequestLabels, Counter>,
    request_seconds: Histogram,
    in_flight: Gauge,
    errors: Family<CodeLabels, Counter>,
    fetches: Family<FetchLabels, Counter>,
    fetch_seconds: Durations<SubgraphLabels>,
    joined_fetches: Family<SubgraphLabels, Counter>,
    cache: Family<CacheLabels, Counter>,
    invalidations: Counter,
    redis_up: Gauge,
    subscriptions: Gauge,
    events: Family<SubgraphLabels, Counter>,
    log: LogMeter,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Fresh metrics, all at zero.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("minzheng_gateway");
        let requests = Family::default();
        registry.register("requests", "GraphQL requests answered", requests.clone());
        let request_seconds = histogram();
        registry.register_with_unit(
            "request_duration",
            "Time from the last byte of a GraphQL request to its answer",
            Unit::Seconds,
            request_seconds.clone(),
        );
        let in_flight = Gauge::default();
        registry.register(
            "requests_in_flight",
            "GraphQL requests at work",
            in_flight.clone(),
        );
        let errors = Family::default();
        registry.register(
            "refusals",
            "GraphQL requests refused as a whole, by code",
            errors.clone(),
        );
        let fetches = Family::default();
        registry.register("fetches", "Calls to subgraphs", fetches.clone());
        let fetch_seconds = Durations::new_with_constructor(histogram as fn() -> Histogram);
        registry.register_with_unit(
            "fetch_duration",
            "Time of calls to subgraphs",
            Unit::Seconds,
            fetch_seconds.clone(),
        );
        let joined_fetches = Family::default();
        registry.register(
            "fetches_joined",
            "Public fetches that shared an equal one in flight",
            joined_fetches.clone(),
        );
        let cache = Family::default();
        registry.register("cache_lookups", "Looks into the cache", cache.clone());
        let invalidations = Counter::default();
        registry.register(
            "cache_invalidations",
            "Tags made stale by mutations or by other gateways",
            invalidations.clone(),
        );
        let redis_up = Gauge::default();
        registry.register(
            "redis_up",
            "Whether Redis is in use (1) or gone around (0)",
            redis_up.clone(),
        );
        let subscriptions = Gauge::default();
        registry.register(
            "subscriptions",
            "Subscriptions that run",
            subscriptions.clone(),
        );
        let events = Family::default();
        registry.register(
            "subscription_events",
            "Events of subscriptions, by the subgraph they came from",
            events.clone(),
        );
        let log = LogMeter::default();
        log.register(&mut registry);
        Self {
            registry: Arc::new(registry),
            requests,
            request_seconds,
            in_flight,
            errors,
            fetches,
            fetch_seconds,
            joined_fetches,
            cache,
            invalidations,
            redis_up,
            subscriptions,
            events,
            log,
        }
    }

    /// What counts for the access log.
    pub fn log(&self) -> LogMeter {
        self.log.clone()
    }

    /// The text that `/metrics` shows (OpenMetrics).
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = prometheus_client::encoding::text::encode(&mut text, &self.registry);
        text
    }

    /// A GraphQL request has begun; dropping the guard ends it.
    pub fn begin(&self) -> InFlight {
        self.in_flight.inc();
        InFlight(self.in_flight.clone())
    }

    /// A GraphQL request was answered.
    pub fn answered(&self, method: &'static str, status: u16, role: &'static str, took: Duration) {
        self.requests
            .get_or_create(&RequestLabels {
                method,
                status,
                role,
            })
            .inc();
        self.request_seconds.observe(took.as_secs_f64());
    }

    /// A request was refused as a whole.
    pub fn refused(&self, code: &'static str) {
        self.errors.get_or_create(&CodeLabels { code }).inc();
    }

    /// A subgraph was called.
    pub fn fetched(&self, subgraph: &str, outcome: &'static str, took: Duration) {
        self.fetches
            .get_or_create(&FetchLabels {
                subgraph: subgraph.to_owned(),
                outcome,
            })
            .inc();
        self.fetch_seconds
            .get_or_create(&SubgraphLabels {
                subgraph: subgraph.to_owned(),
            })
            .observe(took.as_secs_f64());
    }

    /// What counts the good calls to one subgraph, found once.
    pub fn meter(&self, subgraph: &str) -> FetchMeter {
        let labels = FetchLabels {
            subgraph: subgraph.to_owned(),
            outcome: "ok",
        };
        let of_subgraph = SubgraphLabels {
            subgraph: subgraph.to_owned(),
        };
        FetchMeter {
            answered: self.fetches.get_or_create(&labels).clone(),
            seconds: self.fetch_seconds.get_or_create(&of_subgraph).clone(),
        }
    }

    /// A fetch shared an equal one in flight.
    pub fn joined(&self, subgraph: &str) {
        self.joined_fetches
            .get_or_create(&SubgraphLabels {
                subgraph: subgraph.to_owned(),
            })
            .inc();
    }

    /// The cache was asked.
    pub fn looked_up(&self, outcome: CacheOutcome, times: u64) {
        let outcome = match outcome {
            CacheOutcome::Memory => "memory",
            CacheOutcome::Redis => "redis",
            CacheOutcome::Joined => "joined",
            CacheOutcome::Miss => "miss",
        };
        self.cache
            .get_or_create(&CacheLabels { outcome })
            .inc_by(times);
    }

    /// Tags were made stale.
    pub fn invalidated(&self, tags: u64) {
        self.invalidations.inc_by(tags);
    }

    /// A subscription runs; dropping the guard ends it.
    pub fn subscribed(&self) -> InFlight {
        self.subscriptions.inc();
        InFlight(self.subscriptions.clone())
    }

    /// A subgraph told an event.
    pub fn event(&self, subgraph: &str) {
        self.events
            .get_or_create(&SubgraphLabels {
                subgraph: subgraph.to_owned(),
            })
            .inc();
    }

    /// Redis is in use, or not.
    pub fn redis(&self, up: bool) {
        self.redis_up.set(i64::from(up));
    }
}

/// Counts the good calls to one subgraph; the others are rare and go through [`Metrics::fetched`].
#[derive(Clone)]
pub struct FetchMeter {
    answered: Counter,
    seconds: Histogram,
}

impl FetchMeter {
    /// A call was answered.
    pub fn answered(&self, took: Duration) {
        self.answered.inc();
        self.seconds.observe(took.as_secs_f64());
    }
}

/// What is shown of the access log. The number and the root of its last seal, kept by whoever collects the metrics,
/// are what shows later that seals were cut off.
#[derive(Clone, Debug, Default)]
pub struct LogMeter {
    seals: Gauge,
    last: Family<SealLabels, Gauge>,
    doubtful: Gauge,
    lost: Counter,
}

impl LogMeter {
    fn register(&self, registry: &mut Registry) {
        registry.register(
            "access_log_seals",
            "Seals of the access log, which only ever grow",
            self.seals.clone(),
        );
        registry.register(
            "access_log_last_seal",
            "The number of the last seal that this gateway made, with its root",
            self.last.clone(),
        );
        registry.register(
            "access_log_doubtful_segments",
            "Segments that are not what was sealed, or into which records were put: run access-log verify",
            self.doubtful.clone(),
        );
        registry.register(
            "access_log_lost_refusals",
            "Refusals that could not be recorded",
            self.lost.clone(),
        );
    }

    /// It was sealed, or there was nothing to seal.
    pub fn sealed(&self, seals: u64, root: Option<&str>, doubtful: usize) {
        let number = i64::try_from(seals).unwrap_or(i64::MAX);
        self.seals.set(number);
        self.doubtful
            .set(i64::try_from(doubtful).unwrap_or(i64::MAX));
        if let Some(root) = root {
            let root = root.to_owned();
            self.last.clear();
            self.last.get_or_create(&SealLabels { root }).set(number);
        }
    }

    /// So many refusals could not be recorded.
    pub fn lost(&self, refusals: u64) {
        self.lost.inc_by(refusals);
    }
}

/// One request at work.
pub struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_metrics_are_readable_text() {
        let metrics = Metrics::new();
        let guard = metrics.begin();
        metrics.answered("POST", 200, "citizen", Duration::from_millis(3));
        metrics.fetched("persons", "ok", Duration::from_millis(2));
        metrics.looked_up(CacheOutcome::Memory, 2);
        metrics.refused("TOKEN_EXPIRED");
        let log = metrics.log();
        log.sealed(6, Some("sha256:ab"), 1);
        log.sealed(7, Some("sha256:cd"), 0);
        log.lost(3);
        let text = metrics.text();
        for line in [
            "minzheng_gateway_requests_in_flight 1",
            "minzheng_gateway_requests_total{method=\"POST\",status=\"200\",role=\"citizen\"} 1",
            "minzheng_gateway_fetches_total{subgraph=\"persons\",outcome=\"ok\"} 1",
            "minzheng_gateway_cache_lookups_total{outcome=\"memory\"} 2",
            "minzheng_gateway_access_log_seals 7",
            "minzheng_gateway_access_log_last_seal{root=\"sha256:cd\"} 7",
            "minzheng_gateway_access_log_doubtful_segments 0",
            "minzheng_gateway_access_log_lost_refusals_total 3",
            "minzheng_gateway_refusals_total{code=\"TOKEN_EXPIRED\"} 1",
            "minzheng_gateway_request_duration_seconds_bucket{le=\"0.005\"} 1",
        ] {
            assert!(text.contains(line), "{line} is missing in\n{text}");
        }
        assert!(!text.contains("sha256:ab"), "only the last root is shown");
        drop(guard);
        assert!(metrics.text().contains("requests_in_flight 0"));
    }
}
