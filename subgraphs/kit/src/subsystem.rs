//! What a subgraph is to the program that runs it, and what it is given.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use sea_orm_migration::{MigrationTrait, MigratorTraitSelf};
use tokio::sync::watch;

use crate::{
    Clock, Database, Graph, Result,
    error::Error,
    events::Consumer,
    keys::Keys,
    peers::Peers,
    seal::{Cipher, Keyring, LocalMaster, SealedColumn, rotation},
    tokenizer::Tokenizer,
    vault::{VaultOpen, VaultSeal},
};

/// The variable that chooses the cipher of new keys of columns.
const COLUMN_CIPHER: &str = "MINZHENG_COLUMN_CIPHER";

/// The two-digit code of the province that this installation serves, for example `51`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Province(Arc<str>);

impl Province {
    /// The province of a two-digit code; `None` for anything else.
    pub fn new(code: &str) -> Option<Self> {
        (code.len() == 2 && code.bytes().all(|b| b.is_ascii_digit())).then(|| Self(code.into()))
    }

    /// The two digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The province's own six-digit code, for example `510000`.
    pub fn division_code(&self) -> String {
        format!("{}0000", self.0)
    }
}

impl fmt::Display for Province {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::ops::Deref for Province {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

/// What a subgraph is given. Cloning is cheap.
#[derive(Clone)]
pub struct Services {
    /// The subgraph's own database.
    pub db: Database,
    /// Turns an identity number into the person's token.
    pub tokenizer: Tokenizer,
    /// Seals an identity so that only `persons` can open it.
    pub vault: VaultSeal,
    /// The present time.
    pub clock: Clock,
    /// The province served.
    pub province: Province,
    /// The subgraph's name.
    pub name: &'static str,
    /// What opens the vault: only where [`Subsystem::opens_vault`] says so.
    pub vault_keys: Option<VaultKeys>,
    /// Encrypts and opens the columns of [`Subsystem::sealed`].
    pub columns: Keyring,
    /// What it speaks with other provinces by: only where [`Subsystem::speaks_with_peers`] says so, and
    /// the installation has a folder of peers.
    pub peers: Option<Peers>,
}

/// What only `persons` holds: the secret side of the vault.
#[derive(Clone, Debug)]
pub struct VaultKeys {
    /// Opens sealed identities.
    pub open: VaultOpen,
}

impl Services {
    /// The services of a subsystem over its database, with the keys of its folder. New keys of columns are
    /// of the cipher that the variable `MINZHENG_COLUMN_CIPHER` names, `aes-256-gcm` when there is none.
    ///
    /// # Errors
    /// When a key that the subsystem needs is missing or broken, or there is no such cipher.
    pub fn assemble(
        subsystem: &dyn Subsystem,
        db: Database,
        keys: &Keys,
        clock: Clock,
        province: Province,
    ) -> Result<Self> {
        let vault_keys = if subsystem.opens_vault() {
            Some(VaultKeys {
                open: keys.vault_open()?,
            })
        } else {
            None
        };
        let cipher = match std::env::var(COLUMN_CIPHER) {
            Ok(name) => Cipher::named(&name)?,
            Err(_) => Cipher::default(),
        };
        let master = LocalMaster::new(keys, subsystem.name(), cipher);
        Ok(Self {
            db,
            tokenizer: keys.tokenizer()?,
            vault: keys.vault_seal()?,
            clock,
            province,
            name: subsystem.name(),
            vault_keys,
            columns: Keyring::new(Arc::new(master), cipher),
            peers: None,
        })
    }
}

impl fmt::Debug for Services {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Services")
            .field("name", &self.name)
            .field("province", &self.province)
            .finish_non_exhaustive()
    }
}

/// A subgraph.
#[async_trait]
pub trait Subsystem: Send + Sync + 'static {
    /// Its name: of the subgraph, of its database schema or file, and the audience of tokens.
    fn name(&self) -> &'static str;

    /// Its migrations. They run after kit's own ([`crate::migrations`]) in the subgraph's own
    /// database or schema, and must work on SQLite and PostgreSQL.
    fn migrations(&self) -> Vec<Box<dyn MigrationTrait>>;

    /// Whether it may open sealed identities; true for `persons` alone.
    fn opens_vault(&self) -> bool {
        false
    }

    /// The columns that are encrypted at rest. What they held in plain before is encrypted at start.
    fn sealed(&self) -> &'static [SealedColumn] {
        &[]
    }

    /// Called when its data keys were changed, to forget what else it kept of the old ones.
    async fn keys_changed(&self, services: &Services) -> Result<()> {
        let _ = services;
        Ok(())
    }

    /// Whether it speaks with the Minzheng of other provinces.
    fn speaks_with_peers(&self) -> bool {
        false
    }

    /// Its GraphQL schema over its services.
    fn schema(&self, services: Services) -> Graph;

    /// Demonstration data and reference data, on the first start only (see [`seed_once`]). May be cut
    /// off and run again, so it must be idempotent; large imports use several transactions.
    ///
    /// `progress` is told what is being done, how much is done and how much there is.
    async fn seed(
        &self,
        services: &Services,
        progress: &(dyn Fn(&str, usize, usize) + Sync),
    ) -> Result<()>;

    /// What time alone changes: deadlines that have passed, lists that end. Called every minute
    /// ([`crate::chores`]) and safe to repeat; most of the time there is nothing to do, and that must
    /// cost one statement or two.
    async fn tick(&self, services: &Services) -> Result<()> {
        let _ = services;
        Ok(())
    }

    /// What it does all the time beside answering, until `shutdown` turns true; returns at once where
    /// there is nothing of the kind.
    async fn background(&self, services: Services, shutdown: watch::Receiver<bool>) {
        let _ = (services, shutdown);
    }

    /// The event consumers that the program must run for this subgraph.
    fn consumers(&self) -> Vec<Box<dyn Consumer>> {
        Vec::new()
    }
}

/// Kit's and the subgraph's migrations as one list, in order.
struct Migrations<'a>(&'a dyn Subsystem);

impl MigratorTraitSelf for Migrations<'_> {
    fn migrations(&self) -> Vec<Box<dyn MigrationTrait>> {
        let mut all = crate::migrations();
        all.extend(self.0.migrations());
        all
    }
}

/// Brings the database of a subgraph to the present schema.
///
/// On PostgreSQL several processes may start at once: an advisory lock lets one of them migrate
/// and the others wait.
pub async fn migrate(subsystem: &dyn Subsystem, db: &Database) -> Result<()> {
    db.exclusively("migrate", || async {
        Migrations(subsystem)
            .up(db.writer(), None)
            .await
            .map_err(|error| Error::internal(format!("migration of {}: {error}", subsystem.name())))
    })
    .await?;
    db.renew_divisions().await
}

/// Encrypts what the columns of [`Subsystem::sealed`] held before they were encrypted. Safe to repeat; when there
/// is nothing to do it costs one statement for each column.
///
/// # Errors
/// When there is no master key, or the database's own.
pub async fn seal(
    subsystem: &dyn Subsystem,
    services: &Services,
    progress: &(dyn Fn(&str, usize, usize) + Sync),
) -> Result<()> {
    let told =
        |column: &SealedColumn, done, all| progress(&format!("{column} encrypted"), done, all);
    rotation::seal_existing(services, subsystem.sealed(), &told).await?;
    Ok(())
}

/// Fills a new database once: runs [`Subsystem::seed`] unless an earlier run has finished.
/// Answers whether it did anything.
pub async fn seed_once(
    subsystem: &dyn Subsystem,
    services: &Services,
    progress: &(dyn Fn(&str, usize, usize) + Sync),
) -> Result<bool> {
    const SEEDED: &str = "seeded";
    if crate::mutation::meta(services.db.read(), SEEDED)
        .await?
        .is_some()
    {
        return Ok(false);
    }
    subsystem.seed(services, progress).await?;
    seal(subsystem, services, progress).await?;
    let at = services.clock.now().to_rfc3339();
    services
        .db
        .write(move |tx| {
            let at = at.clone();
            Box::pin(async move { crate::mutation::set_meta(tx, SEEDED, &at).await })
        })
        .await?;
    Ok(true)
}
