//! Who may see what, proven: every coordinate of the schema, for every role, by every way in, through the
//! gateway's own stages, against the reviewed table `tests/rights/matrix.toml`.
//!
//! The table says of each coordinate what each role gets. The walk ([`walk`]) writes operations that ask
//! for it; the gateway's stages prepare, cut and plan them; what is cut must be what the table refuses, and
//! what the table grants must be planned. Then the same by GET, in batches and over WebSockets to a gateway that
//! serves ([`http`]).
//! A coordinate that no rule of the table covers fails, and so does a rule that covers nothing. `tests/rights/public.txt` lists what is open to everybody, so that nothing
//! becomes public without a reviewer seeing it.

mod asked;
mod http;
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
use minzheng_gateway::supergraph::index::{SchemaIndex, TypeId};
use minzheng_gateway::supergraph::{SubgraphSdl, Supergraph};

use crate::compose::subgraph_schemas;
use table::Table;
use walk::{Walk, Way};

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/rights")
        .join(name)
}

/// Who asks, and who believes them.
struct Callers {
    verifier: Arc<Verifier>,
    /// The principal of each role, by a token that the verifier believed.
    principals: Vec<(Role, Arc<Principal>)>,
    /// What each says of itself; the public says nothing.
    tokens: Vec<Option<String>>,
}

fn callers() -> Callers {
    let folder = tempfile::tempdir().unwrap();
    let issuer = DevIssuer::open(folder.path()).unwrap();
    let mut verifier = Verifier::new(&Default::default(), "51").unwrap();
    verifier
        .add_fixed(&issuer.config(), &issuer.jwks())
        .unwrap();
    let (mut principals, mut tokens) = (Vec::new(), Vec::new());
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
        let principal = verifier.identify(header.as_deref()).unwrap();
        assert_eq!(principal.role, role);
        principals.push((role, principal));
        tokens.push(header);
    }
    Callers {
        verifier: Arc::new(verifier),
        principals,
        tokens,
    }
}

async fn supergraph() -> Supergraph {
    load(&composed(&subgraph_schemas().await.unwrap()).unwrap(), 1).unwrap()
}

/// What each role gets of each coordinate, in the order of [`Role::ALL`].
type Given = BTreeMap<String, [bool; 8]>;

#[tokio::test]
async fn every_coordinate_is_what_the_table_says_for_every_role_by_every_way_in() {
    let supergraph = supergraph().await;
    let principals = callers().principals;
    let table = Table::read(&file("matrix.toml"));
    let walk = Walk::new(&supergraph, &principals);
    let coordinates = walk.coordinates();
    assert!(coordinates.len() > 1_000, "{}", coordinates.len());

    let mut wrong: Vec<String> = table.problems(&coordinates);
    let mut given = Given::new();
    for way in Way::NEAR {
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
            // Through each interface and union that leads to it, too. There are none of ours today.
            assert_eq!(found.through, walk.coordinates_of_members());
            println!("{} coordinates through abstract types", found.through.len());
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
    none_is(wrong);
    public_is_as_listed(&given);
}

/// Fails with what disagrees with the table.
fn none_is(mut wrong: Vec<String>) {
    wrong.sort();
    wrong.dedup();
    let first: Vec<_> = wrong.iter().take(260).map(String::as_str).collect();
    assert!(
        wrong.is_empty(),
        "{} disagreements with tests/rights/matrix.toml, the first:\n{}",
        wrong.len(),
        first.join("\n")
    );
}

#[tokio::test]
async fn every_coordinate_is_what_the_table_says_for_every_role_by_get_in_batches_and_over_websockets()
 {
    let supergraph = supergraph().await;
    let callers = callers();
    let table = Table::read(&file("matrix.toml"));
    let walk = Walk::new(&supergraph, &callers.principals);
    let (coordinates, asked) = (walk.coordinates(), walk.over_http());
    drop(walk);
    let mut wrong = Vec::new();
    for (way, told) in http::ask(supergraph, callers.verifier, &callers.tokens, &asked).await {
        wrong.extend(told.problems.iter().map(|told| format!("{way:?}: {told}")));
        for coordinate in &coordinates {
            let Some(got) = told.given.get(coordinate) else {
                wrong.push(format!("{coordinate} was not reached by the way {way:?}"));
                continue;
            };
            let Some(expected) = table.expected(coordinate) else {
                continue;
            };
            for (at, role) in Role::ALL.iter().enumerate() {
                if got[at].is_some_and(|got| got != expected[at]) {
                    let verdict = if expected[at] { "refuses" } else { "gives" };
                    let role = role.as_str();
                    wrong.push(format!(
                        "{coordinate} for {role}: the gateway {verdict} it by the way {way:?}"
                    ));
                }
            }
        }
        // Few are behind what a way is closed to: otherwise it would prove little.
        let judged = told.given.values().flatten().flatten().count();
        let closed = told.given.len() * Role::ALL.len() - judged;
        assert!(
            judged > 2 * closed,
            "{way:?}: {judged} judged, {closed} closed"
        );
    }
    none_is(wrong);
}

/// The composed schema has neither interfaces nor unions of its own; the walk would go through them.
#[tokio::test]
async fn members_of_interfaces_and_unions_are_asked_for_through_them() {
    let sdl = r#"
        extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@requiresScopes"])
        type Query { any: Any thing: Thing dog: Dog }
        union Any = Cat | Dog
        interface Thing { name: String }
        type Cat { lives: Int secret: Int @requiresScopes(scopes: [["cats"]]) }
        type Dog implements Thing { name: String bone: Int }
    "#;
    let one = SubgraphSdl {
        name: "zoo".to_owned(),
        url: String::new(),
        sdl: sdl.to_owned(),
    };
    let supergraph = load(&composed(&[one]).unwrap(), 1).unwrap();
    let principals = callers().principals;
    let walk = Walk::new(&supergraph, &principals);
    let found = walk.by(Way::Direct);
    assert_eq!(found.problems, Vec::<String>::new());
    let through: Vec<&str> = found.through.iter().map(String::as_str).collect();
    let expected = ["Cat.lives", "Cat.secret", "Dog.bone", "Dog.name"];
    assert_eq!(through, expected);
    assert_eq!(found.through, walk.coordinates_of_members());
    for (coordinate, given) in &found.given {
        let expected = coordinate != "Cat.secret";
        assert!(given.iter().all(|got| *got == expected), "{coordinate}");
    }
}

/// Types that are reached through personal fields only: who is shown them is on record already.
fn behind_personal_fields(schema: &SchemaIndex) -> BTreeSet<TypeId> {
    let roots = [
        Some(schema.query()),
        schema.mutation(),
        schema.subscription(),
    ];
    let mut behind: BTreeSet<TypeId> = schema.types().map(|info| info.id).collect();
    behind.retain(|id| !roots.contains(&Some(*id)));
    loop {
        let open: Vec<TypeId> = schema
            .types()
            .filter(|info| !behind.contains(&info.id))
            .flat_map(|info| info.fields.values())
            .filter(|field| field.personal.is_none())
            .map(|field| field.ty.base())
            .filter(|ty| behind.contains(ty))
            .collect();
        if open.is_empty() {
            return behind;
        }
        behind.retain(|id| !open.contains(id));
    }
}

#[tokio::test]
async fn whatever_tells_of_a_person_is_marked_so_that_it_is_recorded() {
    let supergraph = supergraph().await;
    let schema = &supergraph.schema;
    let table = Table::read(&file("matrix.toml"));
    let behind = behind_personal_fields(schema);
    let mut wrong = Vec::new();
    let mut exceptions = table.exceptions();
    let person = schema.ty("Person");
    for info in schema.types().filter(|info| info.kind.is_composite()) {
        let is_root = [
            Some(schema.query()),
            schema.mutation(),
            schema.subscription(),
        ]
        .contains(&Some(info.id));
        for field in info.fields.values() {
            let coordinate = format!("{}.{}", info.name, field.name);
            let marked = is_root || field.personal.is_some() || behind.contains(&info.id);
            if exceptions.remove(&coordinate) {
                if marked {
                    wrong.push(format!("{coordinate} needs no exception"));
                }
            } else if (table.tells_of_persons(&coordinate) || Some(field.ty.base()) == person)
                && !marked
            {
                wrong.push(format!(
                    "{coordinate} tells of a person and is not @personal"
                ));
            }
        }
    }
    wrong.extend(
        exceptions
            .iter()
            .map(|none| format!("{none} does not exist")),
    );
    none_is(wrong);
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
    let principals = callers().principals;
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
