//! Who may see what, proven: every coordinate of the schema, for every role, by every way in, through the
//! gateway's own stages, against the reviewed table `tests/rights/matrix.toml`.
//!
//! The table says of each coordinate what each role gets. The walk ([`walk`]) writes operations that ask
//! for it; the gateway's stages prepare, cut and plan them; what is cut must be what the table refuses, and
//! what the table grants must be planned. A coordinate that no rule of the table covers fails, and so does
//! a rule that covers nothing. `tests/rights/public.txt` lists what is open to everybody, so that nothing
//! becomes public without a reviewer seeing it.

mod table;
mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use minzheng_gateway::authorise;
use minzheng_gateway::identity::dev::{DevClaims, DevIssuer};
use minzheng_gateway::identity::{Principal, Role, Verifier};
use minzheng_gateway::schema_source::{composed, load};
use minzheng_gateway::supergraph::Supergraph;

use crate::compose::subgraph_schemas;
use table::Table;
use walk::{Walk, Way};

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/rights")
        .join(name)
}

/// The principal of each role, by a token that the gateway's verifier believed.
async fn principals() -> Vec<(Role, Arc<Principal>)> {
    let folder = tempfile::tempdir().unwrap();
    let issuer = DevIssuer::open(folder.path()).unwrap();
    let mut verifier = Verifier::new(&Default::default(), "51").unwrap();
    verifier
        .add_fixed(&issuer.config(), &issuer.jwks())
        .unwrap();
    let mut all = Vec::new();
    for role in Role::ALL {
        let claims = DevClaims {
            subject: "somebody".to_owned(),
            role,
            province: "51".to_owned(),
            person: None,
            division: None,
            registry: None,
            purposes: vec![],
            scope: None,
            ttl: Duration::from_secs(600),
        };
        let token = issuer.mint(&claims, SystemTime::now());
        let header = (role != Role::Public).then(|| format!("Bearer {token}"));
        let principal = verifier.identify(header.as_deref()).await.unwrap();
        assert_eq!(principal.role, role);
        all.push((role, principal));
    }
    all
}

async fn supergraph() -> Supergraph {
    load(&composed(&subgraph_schemas().await.unwrap()).unwrap(), 1).unwrap()
}

/// What each role gets of each coordinate, in the order of [`Role::ALL`].
type Given = BTreeMap<String, [bool; 8]>;

#[tokio::test]
async fn every_coordinate_is_what_the_table_says_for_every_role_by_every_way_in() {
    let supergraph = supergraph().await;
    let principals = principals().await;
    let table = Table::read(&file("matrix.toml"));
    let walk = Walk::new(&supergraph, &principals);
    let coordinates = walk.coordinates();
    assert!(coordinates.len() > 1_000, "{}", coordinates.len());

    let mut wrong: Vec<String> = table.problems(&coordinates);
    let mut given = Given::new();
    for way in Way::ALL {
        let found = walk.by(way);
        for problem in &found.problems {
            wrong.push(format!("{way:?}: {problem}"));
        }
        for (coordinate, got) in &found.given {
            if let Some(expected) = table.expected(coordinate) {
                for (at, role) in Role::ALL.iter().enumerate() {
                    if got[at] != expected[at] {
                        let verdict = if got[at] { "gives it" } else { "refuses it" };
                        wrong.push(format!(
                            "{coordinate} for {}: the gateway {verdict} by the way {way:?}",
                            role.as_str()
                        ));
                    }
                }
            }
        }
        for coordinate in &coordinates {
            if !found.given.contains_key(coordinate) {
                wrong.push(format!("{coordinate} was not reached by the way {way:?}"));
            }
        }
        if way == Way::Direct {
            given = found.given;
        }
    }
    if let Some(path) = std::env::var_os("RIGHTS_OUT") {
        let lines: Vec<String> = given
            .iter()
            .map(|(coordinate, got)| {
                let cells: String = got.iter().map(|g| if *g { '+' } else { '-' }).collect();
                format!("{coordinate} {cells}")
            })
            .collect();
        std::fs::write(path, lines.join("\n")).unwrap();
    }
    wrong.sort();
    wrong.dedup();
    assert!(
        wrong.is_empty(),
        "{} disagreements with tests/rights/matrix.toml, the first:\n{}",
        wrong.len(),
        wrong
            .iter()
            .take(260)
            .cloned()
            .collect::<Vec<_>>()
            .join("\n")
    );
    public_is_as_listed(&given);
}

/// Compares what everybody gets with the reviewed list; `UPDATE_PUBLIC=1` writes it anew.
fn public_is_as_listed(given: &Given) {
    let mut by_type: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (coordinate, got) in given {
        if let (true, Some((ty, field))) = (got[0], coordinate.split_once('.')) {
            by_type.entry(ty).or_default().push(field);
        }
    }
    let mut text = String::from(
        "# What everybody may read, without a token. A line that is new here opens something: look at it.\n",
    );
    for (ty, fields) in by_type {
        text.push_str(&format!("{ty}: {}\n", fields.join(" ")));
    }
    let path = file("public.txt");
    if std::env::var_os("UPDATE_PUBLIC").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let listed = std::fs::read_to_string(&path).unwrap_or_default();
    let lines = |text: &str| -> BTreeSet<String> { text.lines().map(str::to_owned).collect() };
    let (listed, got) = (lines(&listed), lines(&text));
    let opened: Vec<_> = got.difference(&listed).collect();
    let closed: Vec<_> = listed.difference(&got).collect();
    assert!(
        opened.is_empty() && closed.is_empty(),
        "tests/rights/public.txt differs; opened: {opened:#?}\nclosed: {closed:#?}"
    );
}

#[tokio::test]
async fn every_input_that_demands_something_is_in_the_table() {
    let supergraph = supergraph().await;
    let principals = principals().await;
    let table = Table::read(&file("matrix.toml"));
    let mut found = BTreeSet::new();
    let schema = &supergraph.schema;
    for ty in schema.types() {
        let arguments = ty.fields.values().flat_map(|field| {
            let at = format!("{}.{}", ty.name, field.name);
            field
                .args
                .values()
                .map(move |arg| (format!("{at}({}:)", arg.name), arg))
        });
        let fields = ty
            .input_fields
            .values()
            .map(|field| (format!("{}.{}", ty.name, field.name), field));
        for (coordinate, input) in arguments.chain(fields) {
            if input.demand.is_none() {
                continue;
            }
            let got: Vec<bool> = principals
                .iter()
                .map(|(_, principal)| authorise::meets(principal, &input.demand))
                .collect();
            let expected = table.input(&coordinate);
            assert_eq!(
                expected.map(|row| row.to_vec()),
                Some(got),
                "{coordinate} demands something else than the table says"
            );
            found.insert(coordinate);
        }
    }
    assert_eq!(
        found,
        table.inputs(),
        "inputs of the table that demand nothing"
    );
}
