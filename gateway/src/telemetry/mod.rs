//! Logs, traces and metrics. Logs go to standard error, traces by OTLP over HTTP when an endpoint is
//! configured, metrics are read at `/metrics`. W3C trace context comes in and goes out whether or not
//! traces are exported, so that a request can be followed through systems that do.
//!
//! Nothing a client sent stands in any of them: no query text, variables, tokens or subjects; of its trace context
//! the ids only, and never its `tracestate`, in which other systems write whatever they like.

mod metrics;
mod otlp;

use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{SpanContext, TraceContextExt as _, TraceFlags, TraceState};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::config::{self, LogFormat};
use crate::contract::header;

pub use metrics::{CacheOutcome, FetchMeter, InFlight, LogMeter, Metrics};

/// Why telemetry cannot start.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The log filter cannot be read.
    #[error("telemetry.log_filter cannot be read: {0}")]
    Filter(String),
    /// The exporter cannot be made.
    #[error("telemetry.otlp_endpoint cannot be used: {0}")]
    Exporter(String),
    /// Someone installed a subscriber already.
    #[error("logging was already set up")]
    Twice,
}

/// Keeps the exporter; to be shut down last, so that the last spans are sent.
pub struct Telemetry {
    provider: Option<SdkTracerProvider>,
}

impl Telemetry {
    /// Sends what is left. Blocks for a few seconds at most; call it off the event loop.
    pub fn shutdown(self) {
        if let Some(provider) = self.provider
            && let Err(error) = provider.shutdown()
        {
            tracing::warn!(%error, "the last traces could not be sent");
        }
    }
}

/// Sets up logs and traces for the whole process. Must be called inside a Tokio runtime that lives as
/// long as the process when an OTLP endpoint is configured: the exporter's requests run there.
///
/// # Errors
/// See [`TelemetryError`].
pub fn init(config: &config::Telemetry) -> Result<Telemetry, TelemetryError> {
    let filter = EnvFilter::try_new(&config.log_filter)
        .map_err(|error| TelemetryError::Filter(error.to_string()))?;
    let logs = match config.log_format {
        LogFormat::Text => tracing_subscriber::fmt::layer()
            .with_writer(std::io::stderr)
            .with_filter(filter)
            .boxed(),
        LogFormat::Json => tracing_subscriber::fmt::layer()
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_writer(std::io::stderr)
            .with_filter(filter)
            .boxed(),
    };
    let provider = config
        .otlp_endpoint
        .as_deref()
        .map(|endpoint| otlp::provider(endpoint, config))
        .transpose()?;
    let traces = provider.as_ref().map(otlp::layer);
    if let Some(provider) = &provider {
        // For spans that are made after the fact, such as those of SQL statements.
        opentelemetry::global::set_tracer_provider(provider.clone());
    }
    // For subgraphs, which read the context of a request by the common propagator.
    opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
    tracing_subscriber::registry()
        .with(logs)
        .with(traces)
        .try_init()
        .map_err(|_| TelemetryError::Twice)?;
    Ok(Telemetry { provider })
}

/// The trace context of a request's headers, given a way to look them up: its `traceparent`, and no `tracestate`.
pub fn extract<'a>(header: impl Fn(&'static str) -> Option<&'a str>) -> Context {
    struct Parent<'a>(Option<&'a str>);
    impl Extractor for Parent<'_> {
        fn get(&self, key: &str) -> Option<&str> {
            self.0.filter(|_| key == header::TRACEPARENT)
        }

        fn keys(&self) -> Vec<&str> {
            vec![header::TRACEPARENT]
        }
    }
    TraceContextPropagator::new()
        .extract_with_context(&Context::new(), &Parent(header(header::TRACEPARENT)))
}

/// Whether the caller asks for this trace to be recorded.
pub fn is_sampled(context: &Context) -> bool {
    context.span().span_context().is_sampled()
}

/// The same trace, of which nothing is recorded.
#[must_use]
pub fn unsampled(context: &Context) -> Context {
    let caller = context.span().span_context().clone();
    context.with_remote_span_context(SpanContext::new(
        caller.trace_id(),
        caller.span_id(),
        TraceFlags::default(),
        true,
        TraceState::NONE,
    ))
}

/// Whether one of the share that is recorded of what nobody decided, drawn anew each time: trace ids are the callers'.
pub fn is_drawn(ratio: f64) -> bool {
    let mut drawn = [0; 4];
    ratio >= 1.0
        || (getrandom::fill(&mut drawn).is_ok()
            && f64::from(u32::from_le_bytes(drawn)) < ratio * f64::from(u32::MAX))
}

/// The headers that hand a trace context on; none when there is no trace.
pub fn inject(context: &Context) -> Vec<(&'static str, String)> {
    struct Headers(Vec<(&'static str, String)>);
    impl Injector for Headers {
        fn set(&mut self, key: &str, value: String) {
            if key == header::TRACEPARENT {
                self.0.push((header::TRACEPARENT, value));
            }
        }
    }
    let mut headers = Headers(Vec::new());
    TraceContextPropagator::new().inject_context(context, &mut headers);
    headers.0
}

/// The trace id, which is the reference that an error answer carries.
pub fn trace_id(context: &Context) -> Option<String> {
    let span = context.span();
    let id = span.span_context();
    id.is_valid().then(|| id.trace_id().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_goes_in_and_out_unchanged_and_what_others_write_beside_it_does_not() {
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let context = extract(|name| match name {
            header::TRACEPARENT => Some(parent),
            header::TRACESTATE => Some("a=51990119900303003X"),
            _ => None,
        });
        assert_eq!(
            trace_id(&context).as_deref(),
            Some("4bf92f3577b34da6a3ce929d0e0e4736")
        );
        assert_eq!(inject(&context), [(header::TRACEPARENT, parent.to_owned())]);
        assert!(is_sampled(&context));
        let quiet = unsampled(&context);
        assert!(!is_sampled(&quiet));
        assert_eq!(trace_id(&quiet), trace_id(&context));
        let (_, told) = inject(&quiet).remove(0);
        assert!(told.ends_with("-00"), "{told}");
        assert!(is_drawn(1.0) && !is_drawn(0.0));
    }

    #[test]
    fn a_broken_or_absent_trace_context_is_none() {
        for value in [None, Some(""), Some("00-0-0-01"), Some("nonsense")] {
            let context = extract(|name| value.filter(|_| name == header::TRACEPARENT));
            assert_eq!(trace_id(&context), None, "{value:?}");
            assert!(inject(&context).is_empty());
        }
    }
}
