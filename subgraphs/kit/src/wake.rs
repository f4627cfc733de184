//! Waking event readers early through Redis publish/subscribe.
//!
//! Where a subgraph runs in several processes, a reader that asks one of them does not hear of the commits
//! of the others until its timer. With Redis every commit is called out, and readers of that subgraph ask at
//! once. Nothing depends on it: a call that is lost costs the second of the timer, and Redis away is like
//! no Redis. A call carries no data.

use std::{sync::Arc, time::Duration};

use futures_util::StreamExt;
use redis::AsyncCommands;
use tokio::sync::{Notify, watch};

use crate::{
    Database, Province,
    error::{Error, Result},
};

/// How long to wait before Redis is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// A subgraph's commits are called out at most this often: whoever is awake already loses nothing.
const REST: Duration = Duration::from_millis(10);

/// Whom to believe at a `rediss:` address and what to present there, in PEM.
pub struct WakeTls {
    /// The authorities, and no others.
    pub authorities: Vec<u8>,
    /// One's own certificate chain and its private key (mutual TLS).
    pub own: Option<(Vec<u8>, Vec<u8>)>,
}

impl std::fmt::Debug for WakeTls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WakeTls(***)")
    }
}

/// The way to Redis.
#[derive(Clone, Debug)]
pub struct Wake {
    client: redis::Client,
    province: Province,
}

impl Wake {
    /// The way to the server at an address; nothing is connected yet. Over TLS (`rediss:`) the machine's
    /// authorities are believed where no others are given.
    ///
    /// # Errors
    /// When the address is none. It may hold a password, so it is not repeated.
    pub fn new(url: &str, province: &Province, tls: Option<WakeTls>) -> Result<Self> {
        let client = match tls {
            None => redis::Client::open(url),
            Some(tls) => redis::Client::build_with_tls(
                url,
                redis::TlsCertificates {
                    client_tls: tls
                        .own
                        .map(|(client_cert, client_key)| redis::ClientTlsConfig {
                            client_cert,
                            client_key,
                        }),
                    root_cert: Some(tls.authorities),
                },
            ),
        };
        let client = client.map_err(|_| {
            Error::internal(
                "The address of Redis is not valid: write redis://host:port, or rediss: for TLS.",
            )
        })?;
        Ok(Self {
            client,
            province: province.clone(),
        })
    }

    fn channel(&self, subgraph: &str) -> String {
        format!("minzheng:{}:{subgraph}:committed", self.province)
    }

    /// Calls out the commits of a subgraph until `shutdown` turns true.
    pub async fn call(self, subgraph: &'static str, db: Database, shutdown: watch::Receiver<bool>) {
        let calling = async {
            loop {
                if self.call_while_connected(subgraph, &db).await.is_err() {
                    tokio::time::sleep(PAUSE).await;
                }
            }
        };
        until(shutdown, calling).await;
    }

    async fn call_while_connected(&self, subgraph: &str, db: &Database) -> redis::RedisResult<()> {
        let mut redis = self.client.get_multiplexed_async_connection().await?;
        let channel = self.channel(subgraph);
        loop {
            db.committed().notified().await;
            redis.publish::<_, _, ()>(&channel, "").await?;
            tokio::time::sleep(REST).await;
        }
    }

    /// Listens for the commits of a subgraph until `shutdown` turns true, and wakes whoever waits.
    pub async fn listen(
        self,
        subgraph: &'static str,
        woken: Arc<Notify>,
        shutdown: watch::Receiver<bool>,
    ) {
        let listening = async {
            loop {
                // Ends only when the connection does.
                let _ = self.listen_while_connected(subgraph, &woken).await;
                tokio::time::sleep(PAUSE).await;
            }
        };
        until(shutdown, listening).await;
    }

    async fn listen_while_connected(
        &self,
        subgraph: &str,
        woken: &Notify,
    ) -> redis::RedisResult<()> {
        let mut redis = self.client.get_async_pubsub().await?;
        redis.subscribe(self.channel(subgraph)).await?;
        // What was committed while nobody listened.
        woken.notify_one();
        let mut calls = redis.into_on_message();
        while calls.next().await.is_some() {
            woken.notify_one();
        }
        Ok(())
    }
}

async fn until(mut shutdown: watch::Receiver<bool>, work: impl Future<Output = ()>) {
    tokio::select! {
        () = work => {}
        _ = shutdown.wait_for(|stop| *stop) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        database::tests::{Things, fill},
        testing,
    };

    /// Runs where `MINZHENG_TEST_REDIS` names a server.
    #[tokio::test]
    async fn a_commit_wakes_a_reader_in_another_process_at_once() {
        let Ok(url) = std::env::var("MINZHENG_TEST_REDIS") else {
            return;
        };
        let services = testing::memory(&Things, "51").await;
        let wake = Wake::new(&url, &services.province, None).unwrap();
        let (stop, shutdown) = watch::channel(false);
        let woken = Arc::new(Notify::new());
        let tasks = [
            tokio::spawn(wake.clone().listen(
                "things-of-a-test",
                Arc::clone(&woken),
                shutdown.clone(),
            )),
            tokio::spawn(wake.call("things-of-a-test", services.db.clone(), shutdown)),
        ];
        let patience = testing::PATIENCE;
        // Once connected it wakes by itself, for what came before.
        tokio::time::timeout(patience, woken.notified())
            .await
            .unwrap();
        let waking = async {
            for round in 1.. {
                fill_one(&services, round).await;
                // The caller may still be connecting: then the next commit.
                let soon = Duration::from_millis(500);
                if tokio::time::timeout(soon, woken.notified()).await.is_ok() {
                    break;
                }
            }
        };
        tokio::time::timeout(patience, waking)
            .await
            .expect("somebody is woken");
        stop.send(true).unwrap();
        for task in tasks {
            tokio::time::timeout(patience, task).await.unwrap().unwrap();
        }
    }

    async fn fill_one(services: &crate::Services, round: i64) {
        if round == 1 {
            fill(services, 1).await;
        } else {
            services
                .db
                .write(|_| Box::pin(async { Ok(()) }))
                .await
                .unwrap();
        }
    }

    #[tokio::test]
    async fn a_redis_that_is_away_stops_nobody() {
        let services = testing::memory(&Things, "51").await;
        let wake = Wake::new("redis://127.0.0.1:1", &services.province, None).unwrap();
        assert!(Wake::new("no address", &services.province, None).is_err());
        let (stop, shutdown) = watch::channel(false);
        let task = tokio::spawn(wake.call("things", services.db.clone(), shutdown));
        fill(&services, 1).await;
        stop.send(true).unwrap();
        task.await.unwrap();
    }
}
