//! A subgraph's schema without its Rust types, and the SDL that it shows to the gateway.

mod sdl;

use std::{any::TypeId, fmt, sync::Arc};

use async_graphql::{
    EmptySubscription, ObjectType, Request, Response, Schema, SubscriptionType, ValidationMode,
};
use chrono::{DateTime, Utc};
use futures_util::{future::BoxFuture, stream::BoxStream};

use crate::{
    contract::TOLD, disclosure::Disclosure, divisions::Divisions, federation::Sdl,
    principal::Principal, subsystem::Services, vault,
};

trait Execute: Send + Sync {
    fn execute(&self, request: Request) -> BoxFuture<'_, Response>;
    fn stream(&self, request: Request) -> BoxStream<'static, Response>;
}

impl<Q, M, S> Execute for Schema<Q, M, S>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    fn execute(&self, request: Request) -> BoxFuture<'_, Response> {
        Box::pin(Schema::execute(self, request))
    }

    fn stream(&self, request: Request) -> BoxStream<'static, Response> {
        Schema::execute_stream(self, request)
    }
}

/// A subgraph's schema: runs operations and tells its SDL. Cloning is cheap.
#[derive(Clone)]
pub struct Graph {
    schema: Arc<dyn Execute>,
    sdl: Arc<str>,
    services: Option<Services>,
}

impl fmt::Debug for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Graph")
            .field("sdl", &self.sdl.len())
            .finish_non_exhaustive()
    }
}

impl Graph {
    /// Wraps a finished schema. Prefer [`Graph::build`], which sets what every subgraph wants.
    pub fn new<Q, M, S>(schema: Schema<Q, M, S>) -> Self
    where
        Q: ObjectType + 'static,
        M: ObjectType + 'static,
        S: SubscriptionType + 'static,
    {
        let exported = schema.sdl();
        // Our own exporter's text always parses; should it ever not, the text itself is shown, so
        // that composition says where it is wrong.
        let sdl = sdl::subgraph(&exported).unwrap_or(exported);
        Self {
            schema: Arc::new(schema),
            sdl: sdl.into(),
            services: None,
        }
    }

    /// Tells over which services the schema was built: the time of its requests, and the outbox that a
    /// mutation may have to wait for.
    #[must_use]
    pub fn over(mut self, services: Services) -> Self {
        self.services = Some(services);
        self
    }

    /// The province's time; `None` for a schema over no services.
    pub fn now(&self) -> Option<DateTime<Utc>> {
        Some(self.services.as_ref()?.clock.now())
    }

    /// Builds the schema of a subgraph without subscriptions: the services as data, no suggestions
    /// in error messages (they echo what was sent).
    pub fn build<Q, M>(query: Q, mutation: M, services: Services) -> Self
    where
        Q: ObjectType + 'static,
        M: ObjectType + 'static,
    {
        Self::with_subscription(query, mutation, EmptySubscription, services)
    }

    /// The same with subscriptions.
    pub fn with_subscription<Q, M, S>(
        query: Q,
        mutation: M,
        subscription: S,
        services: Services,
    ) -> Self
    where
        Q: ObjectType + 'static,
        M: ObjectType + 'static,
        S: SubscriptionType + 'static,
    {
        let schema = Self::new(
            Schema::build(query, mutation, subscription)
                .data(services.clone())
                .disable_suggestions()
                .validation_mode(ValidationMode::Strict)
                .finish(),
        );
        schema.over(services)
    }

    /// The subgraph's SDL: federation 2.9, deterministic, without the fields that every subgraph has
    /// (`_entities`, `_service`, `_events`).
    pub fn sdl(&self) -> &str {
        &self.sdl
    }

    /// Runs one operation. The caller is put into the request's data as
    /// [`crate::Principal`].
    ///
    /// An operation that sealed an identity answers when `persons` has taken it in, or a second later:
    /// whatever is asked of the person next then finds them.
    pub async fn execute(&self, request: Request) -> Response {
        let mut request = request.data(Sdl(Arc::clone(&self.sdl)));
        if let Some(services) = &self.services {
            place(&mut request, services, services.db.divisions_now().await);
        }
        let disclosure = Disclosure::default();
        let request = request.data(disclosure.clone());
        let (mut response, sealed) = vault::watching(self.schema.execute(request)).await;
        if let Some(told) = disclosure.told() {
            response.extensions.insert(TOLD.to_owned(), told);
        }
        if let (Some(services), Some(place)) = (&self.services, sealed) {
            services.db.readers().passed("persons", place).await;
        }
        response
    }

    /// Runs a subscription: one response for each event, until it completes. Must be polled inside the
    /// runtime that serves the database.
    pub fn stream(&self, request: Request) -> BoxStream<'static, Response> {
        let mut request = request.data(Sdl(Arc::clone(&self.sdl)));
        if let Some(services) = &self.services {
            place(&mut request, services, services.db.divisions());
        }
        self.schema.stream(request)
    }
}

/// Puts the caller of a request into the order of divisions of now, and into this province.
fn place(request: &mut Request, services: &Services, divisions: Divisions) {
    let caller = request
        .data
        .get(&TypeId::of::<Principal>())
        .and_then(|caller| caller.downcast_ref::<Principal>());
    if let Some(caller) = caller.cloned() {
        let caller = caller.in_province(services.province.as_str());
        request.data.insert(caller.amid(divisions));
    }
}
