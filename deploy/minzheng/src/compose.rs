//! `minzheng compose`: the schema that clients see, from the subgraphs' own schemas.

use std::fs;
use std::path::Path;

use minzheng_gateway::schema_source::{composed, load};
use minzheng_gateway::supergraph::SubgraphSdl;
use minzheng_kit::keys::Keys;
use minzheng_kit::{Clock, Province, Services, database};

use crate::data_folder::PROVINCES;
use crate::failure::Failure;
use crate::{assemble, subsystems};

/// Writes, or with `check` compares, the client's schema.
pub(crate) async fn run(
    out: &Path,
    check: bool,
    supergraph_out: Option<&Path>,
) -> Result<(), Failure> {
    let supergraph = load(&composed(&subgraph_schemas().await?)?, 0)?;
    let schema = &supergraph.api.sdl;
    if let Some(path) = supergraph_out {
        fs::write(path, supergraph.sdl.as_bytes()).map_err(|error| unwritable(path, &error))?;
    }
    if check {
        let present = fs::read_to_string(out).unwrap_or_default();
        if present != schema[..] {
            return Err(Failure::new(format!(
                "{} is not what the subgraphs compose to; write it anew with `minzheng compose`.",
                out.display()
            )));
        }
        return Ok(());
    }
    if out == Path::new("-") {
        print!("{schema}");
        return Ok(());
    }
    fs::write(out, schema.as_bytes()).map_err(|error| unwritable(out, &error))
}

/// The schemas of all subgraphs. A schema depends on no data, so empty databases in memory and
/// throw-away keys will do.
pub(crate) async fn subgraph_schemas() -> Result<Vec<SubgraphSdl>, Failure> {
    let folder = tempfile::tempdir()
        .map_err(|error| Failure::new(format!("There is no temporary folder ({error}).")))?;
    throw_away(folder.path()).await
}

async fn throw_away(folder: &Path) -> Result<Vec<SubgraphSdl>, Failure> {
    let keys = Keys::load_or_create(folder)?;
    let province = Province::new(PROVINCES[0])
        .ok_or_else(|| Failure::new("The first province has no two-digit code."))?;
    let mut sdls = Vec::new();
    for subsystem in subsystems::all() {
        let db = database::open("sqlite::memory:").await?;
        let services = Services::assemble(
            subsystem.as_ref(),
            db,
            &keys,
            Clock::system(),
            province.clone(),
        )?;
        sdls.push(assemble::open(subsystem, services, &keys)?.schema(String::new()));
    }
    Ok(sdls)
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("{} cannot be written ({error}).", path.display()))
}
