//! The schemas of our own subgraphs, as they tell them.

use minzheng_gateway::supergraph::SubgraphSdl;
use minzheng_kit::keys::Keys;
use minzheng_kit::{Clock, Province, Services, Subsystem, database};

/// All of them. A schema depends on no data, so empty databases in memory and throw-away keys will do.
///
/// # Errors
/// What hinders a subsystem from starting.
pub async fn schemas() -> minzheng_kit::Result<Vec<SubgraphSdl>> {
    let folder = tempfile::tempdir().expect("a folder");
    let keys = Keys::load_or_create(folder.path())?;
    let province = Province::new("51").expect("a province");
    let all: [Box<dyn Subsystem>; 6] = [
        Box::new(minzheng_persons::Persons),
        Box::new(minzheng_places::Places),
        Box::new(minzheng_marriage::Marriage),
        Box::new(minzheng_funeral::Funeral),
        Box::new(minzheng_societies::Societies),
        Box::new(minzheng_audit::Audit::reading(
            minzheng_audit::Source::default(),
        )),
    ];
    let mut sdls = Vec::new();
    for subsystem in all {
        let db = database::open("sqlite::memory:").await?;
        let services = Services::assemble(
            subsystem.as_ref(),
            db,
            &keys,
            Clock::system(),
            province.clone(),
        )?;
        sdls.push(SubgraphSdl {
            name: subsystem.name().to_owned(),
            url: String::new(),
            sdl: subsystem.schema(services).sdl().to_owned(),
        });
    }
    Ok(sdls)
}
