//! What the fuzz targets throw bytes at, and a short deterministic run of the same in the tests: the
//! documents and variables that clients send, the answers that subgraphs give, and what is written of
//! them for the client.
//!
//! A probe asserts what must hold whatever comes in: no panic but the parser's (which the pipeline
//! catches), refusals with a code, work within its bounds, and an answer that is JSON. It gives a digest of
//! how it went, by which a run without knowledge of the code's branches finds inputs worth changing further.

use std::cell::RefCell;
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::FutureExt as _;
use serde_json::{Map, Value};

use crate::authorise::Variant;
use crate::cache::Cache;
use crate::config::Limits;
use crate::error::ErrorCode;
use crate::execute::{Execution, Fetcher};
use crate::identity::{Caller, Principal};
use crate::operation::{Document, Operation, Variables};
use crate::plan::hive::HivePlanner;
use crate::plan::{self, Plan};
use crate::request::{decode_batch, decode_get, decode_post};
use crate::supergraph::compose::compose;
use crate::supergraph::{SubgraphSdl, Supergraph};
use crate::transport::{FetchRequest, TransportError};

const LINK: &str = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.9\", import: [\"@key\", \"@requires\", \"@external\", \"@requiresScopes\"])\n";
const CATALOGUE: &str = r#"
    type Query { items: [Item] item(id: ID!, like: Like): Item! search(words: [String!], deep: [[Int]]): [Found!]! any: Any kind: Kind! count: Int! }
    type Mutation { add(input: Like!): Item }
    scalar Any
    enum Kind { NEW OLD }
    input Like { name: String! = "x", size: Int, ratio: Float, on: Boolean, kinds: [Kind!], more: Like }
    union Found = Item | Note
    interface Named { name: String }
    type Item implements Named @key(fields: "id") { id: ID! name: String size: Int! kind: Kind parts: [[Item!]] any: Any secret: String @requiresScopes(scopes: [["self"]]) }
    type Note implements Named { name: String text: String! }
"#;
const PRICES: &str = r#"
    type Query { cheapest: Item }
    type Item @key(fields: "id") { id: ID! size: Int! @external price: Float! tax: Float @requires(fields: "size") }
"#;

/// Operations whose answers are thrown at: lists in lists, abstract types, fields of two subgraphs,
/// values that may not be null, enums, scalars of any shape.
const OPERATIONS: [&str; 6] = [
    "{ count }",
    "{ items { id name size kind secret } kind }",
    "{ items { price tax parts { id price } } cheapest { name } }",
    "query ($id: ID!) { item(id: $id) { ... on Named { n: name } any __typename } any }",
    "{ search { __typename ... on Item { id price } ... on Note { text } ... on Named { name } } }",
    "mutation { add(input: {name: \"a\"}) { id price } }",
];

struct World {
    supergraph: Supergraph,
    plans: Vec<Plan>,
    limits: Limits,
}

#[expect(clippy::expect_used, reason = "the schema stands above and fits")]
static WORLD: LazyLock<World> = LazyLock::new(|| {
    let sdls = [("catalogue", CATALOGUE), ("prices", PRICES)].map(|(name, sdl)| SubgraphSdl {
        name: name.to_owned(),
        url: String::new(),
        sdl: format!("{LINK}{sdl}"),
    });
    let sdl = compose(&sdls).expect("it composes");
    let supergraph = Supergraph::load(&sdl, 1).expect("it loads");
    let names = supergraph.subgraphs.iter().map(|s| s.name.to_string());
    let planner = HivePlanner::new(&supergraph.document, names.collect()).expect("a planner");
    let limits = Limits::default();
    let plans = OPERATIONS
        .iter()
        .map(|text| {
            let document = Document::prepare(text, &supergraph, &limits).expect("it is valid");
            let operation = document.choose(None).expect("there is one");
            let caller = Principal::public("51");
            let variables = variables_of(operation, &supergraph);
            let variant = Variant::of(operation, &caller, &variables);
            plan::make(operation, &variant, &supergraph, &planner).expect("a plan")
        })
        .collect();
    World {
        supergraph,
        plans,
        limits,
    }
});

#[expect(clippy::expect_used, reason = "the operations stand above and fit")]
fn variables_of(operation: &Operation, supergraph: &Supergraph) -> Variables {
    let mut given = Map::new();
    given.insert("id".to_owned(), Value::from("7"));
    Variables::coerce(operation, &given, &supergraph.schema).expect("they fit")
}

/// How a run went, as far as it matters.
fn digest(how: impl Hash) -> u64 {
    let mut state = DefaultHasher::new();
    how.hash(&mut state);
    state.finish()
}

/// A request's bytes, as a body and as a query string, and the document in it.
pub fn document(data: &[u8]) -> u64 {
    let posted = decode_post(data).err().map(ErrorCode::as_str);
    let _ = decode_batch(data, 3);
    let Ok(text) = std::str::from_utf8(data) else {
        return digest(posted);
    };
    let got = decode_get(text).err().map(ErrorCode::as_str);
    let world = &*WORLD;
    let prepared = catch_unwind(AssertUnwindSafe(|| {
        Document::prepare(text, &world.supergraph, &world.limits)
    }));
    match prepared {
        Ok(Ok(document)) => {
            let mut sizes = Vec::new();
            for operation in &document.operations {
                assert!(operation.selections.len() <= 2 * world.limits.fields);
                sizes.push((operation.selections.len(), operation.conditions.len()));
                let given = variables_of_any(operation, &world.supergraph);
                let caller = Principal::public("51");
                if let Some(variables) = given {
                    let _ = Variant::of(operation, &caller, &variables);
                }
            }
            digest(sizes)
        }
        Ok(Err(errors)) => {
            assert!(!errors.is_empty());
            for error in &errors {
                assert!(!error.code.is_empty() && !error.message.is_empty());
            }
            digest((posted, got, errors.len(), &errors[0].message))
        }
        // The parser's own, which the pipeline catches.
        Err(_) => 0,
    }
}

fn variables_of_any(operation: &Operation, supergraph: &Supergraph) -> Option<Variables> {
    Variables::coerce(operation, &Map::new(), &supergraph.schema).ok()
}

/// Variables as a client sends them, for an operation with one of every kind.
pub fn variables(data: &[u8]) -> u64 {
    const ASKING: &str = "query ($a: ID!, $b: Like, $c: [String!], $d: [[Int]], $e: Boolean = true) {
        item(id: $a, like: $b) { id @include(if: $e) } search(words: $c, deep: $d) { __typename } }";
    #[expect(clippy::expect_used, reason = "the operation stands above and fits")]
    static DOCUMENT: LazyLock<Document> = LazyLock::new(|| {
        Document::prepare(ASKING, &WORLD.supergraph, &WORLD.limits).expect("it is valid")
    });
    let Ok(Value::Object(given)) = serde_json::from_slice(data) else {
        return 0;
    };
    let mut seen = Vec::new();
    for operation in &DOCUMENT.operations {
        match Variables::coerce(operation, &given, &WORLD.supergraph.schema) {
            // What was accepted can be sent on as JSON.
            Ok(variables) => {
                for at in 0..operation.variables.len() {
                    if let Some(value) = variables.get(at) {
                        assert!(serde_json::to_vec(value).is_ok());
                        seen.push(at.to_string());
                    }
                }
            }
            Err(errors) => {
                assert!(!errors.is_empty());
                seen.extend(errors.iter().map(|error| error.message.to_string()));
            }
        }
    }
    digest(seen)
}

type Split<'a> = std::slice::Split<'a, u8, fn(&u8) -> bool>;

/// Gives the pieces of the data as answers, one after the other.
struct Pieces<'a>(RefCell<Split<'a>>);

impl Fetcher for Pieces<'_> {
    async fn fetch(&self, _: FetchRequest<'_>) -> Result<Bytes, TransportError> {
        let piece = self.0.borrow_mut().next();
        piece
            .map(Bytes::copy_from_slice)
            .ok_or(TransportError::Unavailable)
    }
}

/// What subgraphs answer, separated by zero bytes; the first byte chooses the operation. What is written
/// for the client is JSON with `data`, whatever they said.
pub fn answers(data: &[u8]) -> u64 {
    let Some((&choice, rest)) = data.split_first() else {
        return 0;
    };
    let world = &*WORLD;
    let plan = &world.plans[usize::from(choice) % world.plans.len()];
    let zero: fn(&u8) -> bool = |byte| *byte == 0;
    let fetcher = Pieces(RefCell::new(rest.split(zero)));
    let variables = variables_of(&plan.operation, &world.supergraph);
    let caller = Caller {
        principal: Arc::new(Principal::public("51")),
        purpose: None,
        case: None,
        trace: opentelemetry::Context::new(),
    };
    let cache = Cache::disabled();
    let execution = Execution {
        cuts_noted: false,
        supergraph: &world.supergraph,
        schema_id: b"probe",
        plan,
        variables: &variables,
        caller: &caller,
        fetcher: &fetcher,
        cache: &cache,
        log: None,
        document: &Arc::from("probe"),
        deadline: Instant::now() + Duration::from_secs(60),
    };
    let Some(executed) = execution.run(Vec::new()).now_or_never() else {
        return 1;
    };
    let written: Result<Value, _> = serde_json::from_slice(&executed.body);
    let written = written.unwrap_or_default();
    let shown = String::from_utf8_lossy(&executed.body);
    assert!(written.get("data").is_some(), "{shown}");
    let told = written["errors"].as_array().map_or(0, Vec::len);
    assert_eq!(told, executed.errors, "{shown}");
    let codes = written["errors"].as_array().into_iter().flatten();
    let codes: Vec<(&Value, &Value)> = codes
        .map(|error| (&error["extensions"]["code"], &error["path"]))
        .collect();
    digest((choice, format!("{codes:?}"), executed.body.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A fixed linear congruence, so that a failure comes again.
    struct Dice(u64);

    impl Dice {
        fn roll(&mut self, sides: usize) -> usize {
            let next = self.0.wrapping_mul(6_364_136_223_846_793_005);
            self.0 = next.wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) as usize % sides.max(1)
        }

        /// A seed with some of it changed: bytes, pieces cut, doubled or taken from another seed.
        fn spoil(&mut self, seeds: &[Vec<u8>], words: &[&str]) -> Vec<u8> {
            let mut data = seeds[self.roll(seeds.len())].clone();
            for _ in 0..1 + self.roll(4) {
                let from = self.roll(data.len() + 1);
                let to = from + self.roll(data.len() - from + 1).min(12);
                match self.roll(5) {
                    0 => drop(data.drain(from..to)),
                    1 => {
                        let piece = data[from..to].to_vec();
                        data.splice(from..from, piece);
                    }
                    2 if from < data.len() => data[from] = self.roll(256) as u8,
                    3 => {
                        let other = &seeds[self.roll(seeds.len())];
                        let at = self.roll(other.len());
                        data.splice(from..to, other[at..].iter().copied().take(40));
                    }
                    _ => {
                        let word = words[self.roll(words.len())];
                        data.splice(from..to, word.bytes());
                    }
                }
            }
            data
        }
    }

    const ROUNDS: usize = 20_000;
    /// Inputs kept for being changed further.
    const KEPT: usize = 20_000;
    /// A longer one is not kept.
    const LONGEST: usize = 4_000;

    /// Throws spoiled seeds at a probe: so many, or for as long as `MINZHENG_FUZZ_SECONDS` says. What goes
    /// a way that none before went is kept and spoiled further.
    fn throw(probe: fn(&[u8]) -> u64, seeds: &[&str], words: &[&str], seed: u64) {
        let setting = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
        let long = setting("MINZHENG_FUZZ_SECONDS").map(Duration::from_secs);
        let seed = setting("MINZHENG_FUZZ_SEED").unwrap_or(seed);
        let (mut dice, began) = (Dice(seed), Instant::now());
        let mut kept: Vec<Vec<u8>> = seeds.iter().map(|one| one.as_bytes().to_vec()).collect();
        let mut ways = std::collections::HashSet::new();
        let mut rounds = 0;
        while long.map_or(rounds < ROUNDS, |long| began.elapsed() < long) {
            let data = dice.spoil(&kept, words);
            rounds += 1;
            let way = catch_unwind(|| probe(&data)).ok();
            assert!(way.is_some(), "{:?}", String::from_utf8_lossy(&data));
            if ways.insert(way) && kept.len() < KEPT && data.len() < LONGEST {
                kept.push(data);
            }
        }
        println!("{rounds} rounds from seed {seed}, {} ways", ways.len());
        assert!(ways.len() > 10, "they all went the same way");
    }

    #[test]
    fn spoiled_documents_are_refused_or_prepared_within_their_bounds() {
        let mut seeds = OPERATIONS.to_vec();
        seeds.extend([
            "query A($a: ID! = \"1\", $b: Boolean!) { item(id: $a) @skip(if: $b) { ...F } } fragment F on Item { parts { ...G } } fragment G on Item { id name @include(if: true) }",
            "{ search(words: [\"\"\"a\n  b\"\"\", \"\\u4e2d\\n\"], deep: [[1, -2], null]) { ... { __typename } } __schema { types { name fields { name type { ofType { name } } } } } }",
            "subscription { items { id } }",
            "{\"query\":\"{ count }\",\"variables\":{\"a\":[1,{\"b\":null}]},\"operationName\":null}",
            "query=%7Bcount%7D&variables=%7B%7D",
        ]);
        let words = [
            "{",
            "}",
            "(",
            ")",
            "...",
            "\"",
            "\"\"\"",
            "$a",
            "@skip(if: ",
            "fragment F on Item",
            "null",
            "[",
            "]",
            ":",
            "9e999",
            "\\ud800",
            "\u{3000}",
            "#",
            "query",
            "on",
        ];
        throw(document, &seeds, &words, 1);
    }

    #[test]
    fn spoiled_variables_are_refused_or_can_be_sent_on() {
        let seeds = [
            r#"{"a":"1","b":{"name":"n","size":3,"ratio":1.5,"on":true,"kinds":["NEW"],"more":{"name":"m"}},"c":["x"],"d":[[1],null],"e":false}"#,
            r#"{"a":7,"b":null,"c":"x","d":1}"#,
        ];
        let words = [
            "null",
            "1e400",
            "-0",
            "9223372036854775808",
            "\"\\ud800\"",
            "[[[[",
            "{}",
            "true",
            "\"NEW\"",
            "\"OLD\"",
            "1.0",
            ",",
            ":",
        ];
        throw(variables, &seeds, &words, 2);
    }

    #[test]
    fn spoiled_answers_still_make_json_for_the_client() {
        let seeds = [
            "\u{0}{\"data\":{\"count\":3}}",
            "\u{1}{\"data\":{\"items\":[{\"__typename\":\"Item\",\"id\":\"1\",\"name\":null,\"size\":2,\"kind\":\"NEW\",\"secret\":\"s\"},null],\"kind\":\"OLD\"}}",
            "\u{2}{\"data\":{\"items\":[{\"__typename\":\"Item\",\"id\":\"1\",\"size\":2,\"parts\":[[{\"__typename\":\"Item\",\"id\":\"2\"}]]}]}}\u{0}{\"data\":{\"cheapest\":{\"__typename\":\"Item\",\"id\":\"1\"}}}\u{0}{\"data\":{\"_entities\":[{\"__typename\":\"Item\",\"price\":1.5,\"tax\":0.1}]}}\u{0}{\"data\":{\"_entities\":[{\"__typename\":\"Item\",\"price\":1.5}]}}",
            "\u{3}{\"data\":{\"item\":{\"__typename\":\"Item\",\"n\":\"\\\"x\\\"\",\"any\":{\"a\":[1,{\"b\":null}]}},\"any\":[[]]}}",
            "\u{4}{\"data\":{\"search\":[{\"__typename\":\"Item\",\"id\":\"1\",\"name\":\"a\"},{\"__typename\":\"Note\",\"text\":\"t\",\"name\":\"b\"}]},\"errors\":[{\"message\":\"m\",\"path\":[\"search\",0],\"extensions\":{\"code\":\"C\"}}]}\u{0}{\"data\":{\"_entities\":[null]},\"errors\":[{\"message\":\"m\",\"path\":[\"_entities\",0,\"price\"]}]}",
            "\u{5}{\"data\":{\"add\":{\"__typename\":\"Item\",\"id\":\"1\"}}}\u{0}{\"data\":{\"_entities\":[{\"price\":2}]}}",
        ];
        let words = [
            "null",
            "{}",
            "[]",
            "\"",
            "\\ud800",
            "1e999",
            "{\"__typename\":\"Note\"}",
            "\u{0}",
            ",",
            ":",
            "}",
            "]",
            "\"errors\":[",
            "\"path\":[\"items\",99999999999]",
            "true",
            "-0.0",
            "\"Nobody\"",
            "\u{7f}",
            "\"_entities\"",
        ];
        throw(answers, &seeds, &words, 3);
    }
}
