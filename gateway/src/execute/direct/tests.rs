//! The direct road against the general one, on answers that are right and on thousands that are not.

use std::sync::Arc;

use super::*;
use crate::authorise::Variant;
use crate::config::Limits;
use crate::execute::arena::Arena;
use crate::execute::blame::Blame;
use crate::execute::{answer, merge, project};
use crate::identity::Principal;
use crate::operation::{Document, Variables};
use crate::plan::hive::HivePlanner;
use crate::plan::make;
use crate::supergraph::compose::compose;
use crate::supergraph::{SubgraphSdl, Supergraph};

const SDL: &str = r#"
    extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@inaccessible"])
    type Query { shop: Shop items: [Item!] any: [Thing] matrix: [[Int!]!] }
    type Shop { id: ID! name: String! open: Boolean size: Float level: Level extra: Any desk: Desk! desks: [Desk!]! }
    type Desk { id: ID! number: Int }
    interface Item { id: ID! }
    type Book implements Item { id: ID! title: String! }
    type Lamp implements Item { id: ID! watts: Int }
    type Secret implements Item @inaccessible { id: ID! }
    union Thing = Book | Lamp
    enum Level { HIGH LOW }
    scalar Any
"#;

struct Made {
    supergraph: Supergraph,
    plan: Plan,
}

fn made(query: &str) -> Made {
    let sdl = compose(&[SubgraphSdl {
        name: "shop".to_owned(),
        url: String::new(),
        sdl: SDL.to_owned(),
    }])
    .unwrap_or_else(|errors| panic!("{errors:#?}"));
    let supergraph = Supergraph::load(&sdl, 1).unwrap();
    let planner = HivePlanner::new(&supergraph.document, vec!["shop".to_owned()]).unwrap();
    let document = Document::prepare(query, &supergraph, &Limits::default()).unwrap();
    let operation = Arc::clone(document.choose(None).unwrap());
    let principal = Principal::public("51");
    let variant = Variant::of(&operation, &principal, &Variables::default());
    let plan = make(&operation, &variant, &supergraph, &planner).unwrap();
    Made { supergraph, plan }
}

impl Made {
    fn direct(&self, text: &Bytes) -> Option<Bytes> {
        let fetch = only_fetch(&self.plan).unwrap();
        write(text, &self.plan, fetch.shape, &self.supergraph.schema)
    }

    /// What the general road writes, if it finds nothing wrong.
    fn general(&self, text: &Bytes) -> Option<Bytes> {
        let (plan, schema) = (&self.plan, &self.supergraph.schema);
        let mut arena = Arena::new(&plan.sizes);
        let root = arena.object(plan.root);
        let shape = plan.fetches[0].shape;
        let read = answer::read(&mut arena, text, &plan.shapes, shape, schema).ok()?;
        if !read.errors.is_empty() {
            return None;
        }
        merge::merge(&mut arena, schema, root, read.data?, false);
        let mut blame = Blame::default();
        let out = b"{\"data\":".to_vec();
        let projected =
            project::Projector::new(&arena, plan, schema, &[], &mut blame, out).run(root);
        if !projected.violations.is_empty() || !projected.missed.is_empty() {
            return None;
        }
        let mut json = projected.json;
        json.push(b'}');
        Some(json.into())
    }

    fn agree(&self, text: &[u8]) -> bool {
        let text = Bytes::copy_from_slice(text);
        let Some(direct) = self.direct(&text) else {
            return false;
        };
        let shown = String::from_utf8_lossy(&text).into_owned();
        assert_eq!(Some(direct), self.general(&text), "{shown}");
        true
    }
}

/// Queries with an answer that is right.
const RIGHT: [(&str, &str); 6] = [
    (
        "{ shop { id name open size level extra desk { id number } desks { number } } }",
        r#"{"data":{"shop":{"id":"s\u0031","name":"华\"x","open":true,"size":-1.5e3,"level":"LOW","extra":{"a":[1,{"b":null}]},"desk":{"id":"d","number":7},"desks":[{"number":null},{"number":2}]}}}"#,
    ),
    (
        "{ items { id ... on Book { title } ... on Lamp { watts } } }",
        r#"{"data":{"items":[{"__typename":"Book","id":"1","title":"t"},{"__typename":"Lamp","id":"2","watts":5}]}}"#,
    ),
    (
        "{ any { __typename ... on Book { title } ... on Lamp { watts } } }",
        r#"{"data":{"any":[{"__typename":"Book","title":"t"},null,{"__typename":"Lamp","watts":null}]}}"#,
    ),
    ("{ matrix }", r#"{"data":{"matrix":[[1,2],[],[-3]]}}"#),
    (
        "{ a: shop { __typename n: name e: extra } b: shop { desk { __typename } } }",
        r#"{"data":{"a":{"__typename":"Shop","n":"x","e":[1,[null,"y"],{"z":0}]},"b":{"desk":{"__typename":"Desk"}}}}"#,
    ),
    (
        "{ __typename shop { id } }",
        r#"{"data":{"shop":{"id":12}}}"#,
    ),
];

#[test]
fn a_right_answer_is_written_directly_and_as_the_general_road_would() {
    for (query, answer) in RIGHT {
        let made = made(query);
        assert!(made.agree(answer.as_bytes()), "{query} {answer}");
        // Also with space everywhere, and things around that mean nothing.
        let spaced = answer
            .replace("{\"", " {\n\t\"")
            .replace("\":", "\" : ")
            .replace("},", "} ,");
        assert!(made.agree(spaced.as_bytes()), "{spaced}");
        let around = answer.replacen('{', "{\"errors\":[],\"extensions\":{\"x\":[1]},", 1);
        assert!(made.agree(around.as_bytes()), "{around}");
        let null = answer.replacen('{', "{\"errors\":null,", 1);
        assert!(made.agree(null.as_bytes()), "{null}");
    }
}

#[test]
fn an_answer_right_from_end_to_end_is_not_copied() {
    let (query, answer) = RIGHT[0];
    let text = Bytes::copy_from_slice(answer.as_bytes());
    let written = made(query).direct(&text).unwrap();
    assert_eq!(written.as_ptr(), text.as_ptr());
    assert_eq!(written, text);
}

#[test]
fn what_is_wrong_is_left_to_the_general_road() {
    let (query, right) = RIGHT[0];
    let shop = made(query);
    for (from, to) in [
        ("\"name\":\"华\\\"x\"", "\"name\":null"),
        ("\"name\":\"华\\\"x\"", "\"name\":7"),
        ("true", "\"true\""),
        ("\"LOW\"", "\"MIDDLE\""),
        ("\"number\":7", "\"number\":7.0"),
        ("\"number\":7", "\"number\":{}"),
        ("\"number\":7", "\"number\":7,\"number\":7"),
        ("\"desk\":{\"id\":\"d\",", "\"desk\":{"),
        ("\"id\":\"d\",\"number\":7", "\"number\":7,\"id\":\"d\""),
        ("\"desks\":[", "\"desks\":[null,"),
        ("{\"data\"", "{\"errors\":[{\"message\":\"m\"}],\"data\""),
        ("{\"data\"", "{\"data\":null,\"data\""),
    ] {
        let wrong = right.replacen(from, to, 1);
        assert_ne!(wrong, right, "{from}");
        assert!(!shop.agree(wrong.as_bytes()), "{wrong}");
    }
    let items = made(RIGHT[1].0);
    for wrong in [
        r#"{"data":{"items":[{"__typename":"Secret","id":"1"}]}}"#,
        r#"{"data":{"items":[{"__typename":"Unheard","id":"1"}]}}"#,
        r#"{"data":{"items":[{"id":"1","title":"t"}]}}"#,
        r#"{"data":{"items":[{"id":"1","__typename":"Book","title":"t"}]}}"#,
    ] {
        assert!(!items.agree(wrong.as_bytes()), "{wrong}");
    }
}

#[test]
fn whatever_byte_is_changed_both_roads_agree() {
    for (query, answer) in RIGHT {
        let made = made(query);
        let answer = answer.as_bytes();
        for at in 0..answer.len() {
            let mut without = answer.to_vec();
            without.remove(at);
            made.agree(&without);
            made.agree(&answer[..at]);
            for byte in [
                b' ', b'"', b'{', b'}', b'[', b']', b',', b':', b'0', b'n', b'\\', 0x1f, 0xff,
            ] {
                let mut changed = answer.to_vec();
                changed[at] = byte;
                made.agree(&changed);
                let mut longer = answer.to_vec();
                longer.insert(at, byte);
                made.agree(&longer);
            }
        }
    }
}
