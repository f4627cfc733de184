//! `minzheng keys rotate`: changes the keys of encrypted columns while the province goes on.
//!
//! It opens the same databases as the running program and works in small transactions beside it; what runs
//! finds new keys by itself. Cut off at any point, the same command goes on where it was.

use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use minzheng_kit::keys::Keys;
use minzheng_kit::seal::{Cipher, SealedColumn, rotation};
use minzheng_kit::{Clock, Province, Services, Subsystem, database};

use crate::assemble::{self, Setting};
use crate::cli::{Rotate, RotateWhat};
use crate::data_folder::{damaged_database, keys_of, province_of};
use crate::failure::Failure;
use crate::subgraph_config::SubgraphConfig;
use crate::subsystems;

/// How often progress is printed, at most.
const EVERY: Duration = Duration::from_millis(500);

/// Changes what is asked for, in one subgraph or in all of a data folder.
pub(crate) async fn run(args: &Rotate) -> Result<(), Failure> {
    let cipher = match &args.cipher {
        Some(name) => Some(Cipher::named(name)?),
        None => None,
    };
    let (keys, all) = match (&args.data, &args.config) {
        (Some(folder), _) => of_folder(folder, args.subgraph.as_deref()).await?,
        (None, Some(file)) => of_config(file, args.subgraph.as_deref().unwrap_or_default()).await?,
        (None, None) => return Err(Failure::new("Give --data or --config.")),
    };
    if args.what == RotateWhat::Master {
        if args.data.is_some() && args.subgraph.is_some() {
            return Err(Failure::new(
                "The subgraphs of a data folder share their master key: leave --subgraph out.",
            ));
        }
        keys.create_next_masters()?;
    }
    for (subsystem, services) in &all {
        change(subsystem.as_ref(), services, args.what, cipher).await?;
    }
    if args.what == RotateWhat::Master {
        let by_hand = keys.adopt_masters()?;
        for variable in by_hand {
            println!(
                "Now put the value of {variable}_NEXT into {variable}, and take {variable}_NEXT away."
            );
        }
    }
    for (_, services) in all {
        services.db.close().await?;
    }
    Ok(())
}

async fn change(
    subsystem: &dyn Subsystem,
    services: &Services,
    what: RotateWhat,
    cipher: Option<Cipher>,
) -> Result<(), Failure> {
    let (name, columns) = (subsystem.name(), subsystem.sealed());
    if columns.is_empty() {
        println!("{name}: no encrypted columns");
        return Ok(());
    }
    let printed = Mutex::new((String::new(), 0, Instant::now()));
    let progress = |column: &SealedColumn, done: usize, all: usize| {
        let Ok(mut printed) = printed.lock() else {
            return;
        };
        let column = column.to_string();
        // The beginning, the first rows, the end, and now and then between.
        let (last, rows, at) = &*printed;
        if column != *last || *rows == 0 || done >= all || at.elapsed() >= EVERY {
            println!("{name}: {column} {done} of {all}");
            *printed = (column, done, Instant::now());
        }
    };
    let done = match what {
        RotateWhat::Data => {
            let done = rotation::data_keys(services, columns, cipher, &progress).await?;
            subsystem.keys_changed(services).await?;
            format!("{done} values encrypted anew, the old keys are gone")
        }
        RotateWhat::Index => {
            let done = rotation::index_keys(services, columns, &progress).await?;
            format!("{done} blind indexes made anew, the old key is gone")
        }
        RotateWhat::Master => {
            let done = rotation::master_key(services).await?;
            format!("{done} keys wrapped anew")
        }
    };
    println!("{name}: {done}");
    Ok(())
}

type Opened = (Keys, Vec<(Box<dyn Subsystem>, Services)>);

/// The subgraphs of a standalone province. The folder's lock stays with the program that runs.
async fn of_folder(folder: &Path, only: Option<&str>) -> Result<Opened, Failure> {
    let province = province_of(folder)?
        .and_then(|code| Province::new(&code))
        .ok_or_else(|| {
            Failure::new(format!(
                "{} is no data folder of a province.",
                folder.display()
            ))
        })?;
    let keys = Keys::load_or_create(&keys_of(folder))?;
    let clock = Clock::system();
    let setting = Setting {
        keys: &keys,
        province: &province,
        clock: &clock,
        peers: None,
    };
    let mut all = Vec::new();
    for subsystem in subsystems::all() {
        if only.is_some_and(|only| only != subsystem.name()) {
            continue;
        }
        let path = folder
            .join("databases")
            .join(format!("{}.db", subsystem.name()));
        let db = database::open(&format!("sqlite://{}?mode=rw", path.display()))
            .await
            .map_err(|error| damaged_database(&path, &Failure::from(error).to_string()))?;
        let services = assemble::services(subsystem.as_ref(), db, &setting).await?;
        all.push((subsystem, services));
    }
    if all.is_empty() {
        return Err(no_such_subgraph());
    }
    Ok((keys, all))
}

/// One subgraph of a split province.
async fn of_config(file: &Path, name: &str) -> Result<Opened, Failure> {
    let subsystem =
        subsystems::named(name, minzheng_audit::Source::default()).ok_or_else(no_such_subgraph)?;
    let config = SubgraphConfig::load(file, std::env::vars())?;
    let province = Province::new(&config.province)
        .ok_or_else(|| Failure::new("The key province is a code of two digits, such as 51."))?;
    let keys = Keys::load(&config.keys);
    let clock = Clock::system();
    let setting = Setting {
        keys: &keys,
        province: &province,
        clock: &clock,
        peers: None,
    };
    let schema = config.schema.as_deref().unwrap_or(name);
    let db = database::open_in_schema(&config.database, schema).await?;
    let services = assemble::services(subsystem.as_ref(), db, &setting).await?;
    Ok((keys, vec![(subsystem, services)]))
}

fn no_such_subgraph() -> Failure {
    Failure::new(format!(
        "There is no subgraph of this name; there are {}.",
        subsystems::names()
    ))
}
