//! Traces to a collector, by OTLP in protobuf over HTTP.
//!
//! The SDK's batch processor polls the exporter on a thread of its own, outside any Tokio runtime, while
//! hyper needs one: so each request is carried over to the runtime that [`provider`] was called on.

use std::time::Duration;

use bytes::Bytes;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{HttpClient, HttpError, Request, Response, hyper::HyperClient};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, Tracer};
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{FilterExt as _, LevelFilter, Targets, filter_fn};
use tracing_subscriber::registry::LookupSpan;

use super::TelemetryError;
use crate::{config, tls};

/// How long one export may take.
const EXPORT: Duration = Duration::from_secs(5);

#[derive(Debug)]
struct OnRuntime {
    runtime: tokio::runtime::Handle,
    client: HyperClient<HttpsConnector<HttpConnector>>,
}

#[async_trait::async_trait]
impl HttpClient for OnRuntime {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        self.runtime
            .spawn(async move { client.send_bytes(request).await })
            .await?
    }
}

/// The provider that samples and exports spans.
pub(super) fn provider(
    endpoint: &str,
    config: &config::Telemetry,
) -> Result<SdkTracerProvider, TelemetryError> {
    let runtime = tokio::runtime::Handle::try_current()
        .map_err(|error| TelemetryError::Exporter(error.to_string()))?;
    let unfit = |error: tls::TlsError| TelemetryError::Exporter(error.to_string());
    let connector = tls::calling(&config.otlp_tls).map_err(unfit)?;
    let connector = tls::connector(connector.as_ref()).map_err(unfit)?;
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(OnRuntime {
            runtime,
            client: HyperClient::new(connector, EXPORT, None),
        })
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(endpoint)
        .with_timeout(EXPORT)
        .build()
        .map_err(|error| TelemetryError::Exporter(error.to_string()))?;
    Ok(SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(
            config.sample_ratio,
        ))))
        .with_resource(
            Resource::builder()
                .with_service_name(config.service_name.clone())
                .build(),
        )
        .build())
}

/// The layer that turns spans of ours into traces; those of libraries below stay out. The gateway's own
/// inner spans are at the level of debugging, so that they cost nothing when nobody collects them.
pub(super) fn layer<S>(provider: &SdkTracerProvider) -> impl Layer<S> + use<S>
where
    S: tracing::Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
{
    let layer: OpenTelemetryLayer<S, Tracer> =
        tracing_opentelemetry::layer().with_tracer(provider.tracer("minzheng"));
    let targets = Targets::new()
        .with_default(LevelFilter::INFO)
        .with_target("minzheng_gateway", LevelFilter::DEBUG)
        .with_target("hyper", LevelFilter::OFF)
        .with_target("hyper_util", LevelFilter::OFF)
        .with_target("opentelemetry", LevelFilter::OFF)
        .with_target("opentelemetry_sdk", LevelFilter::OFF);
    let no_small_talk =
        filter_fn(|about| about.is_span() || *about.level() <= tracing::Level::INFO);
    layer.with_filter(targets.and(no_small_talk))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use opentelemetry::trace::{Span as _, Tracer as _};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn spans_reach_the_collector_from_the_exporters_own_thread() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}/v1/traces", listener.local_addr().unwrap());
        let collector = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut got = Vec::new();
            let mut buffer = [0; 4096];
            while !got.windows(9).any(|bytes| bytes == b"fetch-one") {
                let read = stream.read(&mut buffer).await.unwrap();
                assert_ne!(read, 0, "the span's name never came");
                got.extend_from_slice(&buffer[..read]);
            }
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
            stream.write_all(answer).await.unwrap();
            String::from_utf8_lossy(&got).into_owned()
        });
        let provider = provider(&endpoint, &config::Telemetry::default()).unwrap();
        provider.tracer("test").start("fetch-one").end();
        let stopped = tokio::task::spawn_blocking(move || provider.shutdown());
        let got = collector.await.unwrap();
        stopped.await.unwrap().unwrap();
        assert!(got.starts_with("POST /v1/traces HTTP/1.1"), "{got}");
        assert!(got.contains("minzheng-gateway"), "the service's name");
    }
}
