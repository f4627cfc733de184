//! Puts subgraphs together: database, migrations, endpoint, event consumers. The same for a whole
//! province in one process and for one subgraph alone.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use minzheng_gateway::supergraph::SubgraphSdl;
use minzheng_kit::chores;
use minzheng_kit::events::{self, FeedSource};
use minzheng_kit::feed::{HttpFeed, InProcessFeed, ServiceCaller};
use minzheng_kit::keys::Keys;
use minzheng_kit::peers::Peers;
use minzheng_kit::server::{Endpoint, Verifier};
use minzheng_kit::wake::Wake;
use minzheng_kit::{Clock, Database, Province, Services, Subsystem, subsystem};
use rustls::ClientConfig;
use tokio::sync::{Notify, watch};

use crate::failure::Failure;

/// What a subgraph is opened with.
pub(crate) struct Setting<'a> {
    pub(crate) keys: &'a Keys,
    pub(crate) province: &'a Province,
    /// The legal clock. Signatures and tokens always go by the system's.
    pub(crate) clock: &'a Clock,
    /// The folder of the key files of other provinces; none for a province alone.
    pub(crate) peers: Option<&'a Path>,
}

/// A subgraph that is open.
pub(crate) struct Opened {
    pub(crate) subsystem: Arc<dyn Subsystem>,
    pub(crate) services: Services,
    pub(crate) endpoint: Arc<Endpoint>,
}

impl Opened {
    /// Its schema, for the composer.
    pub(crate) fn schema(&self, url: String) -> SubgraphSdl {
        SubgraphSdl {
            name: self.subsystem.name().to_owned(),
            url,
            sdl: self.endpoint.graph().sdl().to_owned(),
        }
    }
}

/// Brings a database to the present schema and gives the services over it.
pub(crate) async fn services(
    subsystem: &dyn Subsystem,
    db: Database,
    setting: &Setting<'_>,
) -> Result<Services, Failure> {
    subsystem::migrate(subsystem, &db).await?;
    let mut services = Services::assemble(
        subsystem,
        db,
        setting.keys,
        setting.clock.clone(),
        setting.province.clone(),
    )?;
    subsystem::seal(subsystem, &services, &|what, done, all| {
        tracing::info!(what, done, all, "columns are encrypted in place");
    })
    .await?;
    if let Some(folder) = setting.peers.filter(|_| subsystem.speaks_with_peers()) {
        services.peers = Some(Peers::open(setting.keys, folder)?);
    }
    Ok(services)
}

/// The endpoint over services.
pub(crate) fn open(
    subsystem: Box<dyn Subsystem>,
    services: Services,
    keys: &Keys,
) -> Result<Opened, Failure> {
    let verifier = Verifier::from_keys(subsystem.name(), keys, Clock::system())?;
    let endpoint = Endpoint::new(subsystem.schema(services.clone()), verifier);
    Ok(Opened {
        subsystem: Arc::from(subsystem),
        services,
        endpoint,
    })
}

/// Where the events of other subgraphs come from.
pub(crate) enum Feeds<'a> {
    /// All subgraphs live in this process.
    InProcess(&'a [Opened]),
    /// By URL; a subgraph that is not named is not listened to. Who follows is woken through Redis,
    /// where there is one.
    Http(
        &'a BTreeMap<String, String>,
        Option<&'a Wake>,
        Option<&'a Arc<ClientConfig>>,
    ),
}

/// Starts what a subgraph does without being asked: its consumers of events and its chores. They end
/// when `stop` turns true.
pub(crate) fn start(
    opened: &Opened,
    feeds: &Feeds<'_>,
    keys: &Keys,
    stop: &watch::Receiver<bool>,
) -> Result<(), Failure> {
    for consumer in opened.subsystem.consumers() {
        let source = consumer.source();
        let caller = ServiceCaller::new(
            opened.subsystem.name(),
            source,
            &opened.services.province,
            keys,
            Clock::system(),
        )?;
        let feed: Arc<dyn FeedSource> = match feeds {
            Feeds::InProcess(all) => {
                match all.iter().find(|other| other.subsystem.name() == source) {
                    Some(other) => Arc::new(InProcessFeed::new(
                        Arc::clone(&other.endpoint),
                        caller,
                        other.services.db.clone(),
                    )),
                    None => continue,
                }
            }
            Feeds::Http(urls, wake, tls) => match urls.get(source) {
                Some(url) => {
                    let feed = HttpFeed::new(url, caller);
                    let feed = match tls {
                        Some(tls) => feed.with_tls(ClientConfig::clone(tls)),
                        None => feed,
                    };
                    Arc::new(woken(feed, source, *wake, stop))
                }
                None => {
                    tracing::warn!(
                        source,
                        "no feed is configured: events of this subgraph are not followed"
                    );
                    continue;
                }
            },
        };
        tokio::spawn(events::run(
            Arc::from(consumer),
            opened.services.clone(),
            feed,
            stop.clone(),
        ));
    }
    if let Feeds::Http(_, Some(wake), _) = feeds {
        let db = opened.services.db.clone();
        tokio::spawn(
            (*wake)
                .clone()
                .call(opened.subsystem.name(), db, stop.clone()),
        );
        // Its subscriptions show what other processes of this subgraph commit, too.
        tokio::spawn((*wake).clone().listen(
            opened.subsystem.name(),
            opened.services.db.watchers().elsewhere(),
            stop.clone(),
        ));
    }
    let (subsystem, services) = (Arc::clone(&opened.subsystem), opened.services.clone());
    let until = stop.clone();
    tokio::spawn(async move { subsystem.background(services, until).await });
    tokio::spawn(chores::run(
        Arc::clone(&opened.subsystem),
        opened.services.clone(),
        stop.clone(),
    ));
    Ok(())
}

/// A feed over HTTP that also hears of commits through Redis.
fn woken(
    feed: HttpFeed,
    source: &'static str,
    wake: Option<&Wake>,
    stop: &watch::Receiver<bool>,
) -> HttpFeed {
    let Some(wake) = wake else { return feed };
    let woken = Arc::new(Notify::new());
    tokio::spawn(
        wake.clone()
            .listen(source, Arc::clone(&woken), stop.clone()),
    );
    feed.woken_by(woken)
}
