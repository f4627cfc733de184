//! The linear rule against the textbook one: equal verdicts on random small documents.

use graphql_tools::parser::query::parse_query;
use graphql_tools::validation::rules::OverlappingFieldsCanBeMerged;
use graphql_tools::validation::validate::{ValidationPlan, validate};

use super::conflicts;
use crate::operation::select;
use crate::supergraph::compose::compose;
use crate::supergraph::{SubgraphSdl, Supergraph};

const SDL: &str = r#"
    extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
    type Query { i: I u: U a: A b: B n(x: Int): Int m(x: Int): Int! l: [Int] ll: [A] }
    interface I { i: I n(x: Int): Int }
    type A implements I { i: I a: A n(x: Int): Int m(x: Int): Int! t: String l: [A] }
    type B implements I { i: I a: A b: B n(x: Int): Int m(x: Int): Int t: Int l: A }
    union U = A | B
"#;

/// A small generator of documents, by a fixed linear congruence.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) as usize % sides
    }

    fn set(&mut self, ty: &str, depth: usize, out: &mut String) {
        out.push_str("{ ");
        for _ in 0..1 + self.roll(4) {
            let alias = ["", "", "x: ", "y: "][self.roll(4)];
            let argument = ["", "(x: 1)", "(x: 2)"][self.roll(3)];
            let leaf = |name: &str| format!("{alias}{name} ");
            let inner: &[(&str, &str)] = match ty {
                "Query" => &[("i", "I"), ("u", "U"), ("a", "A"), ("b", "B"), ("ll", "A")],
                "I" => &[("i", "I")],
                "A" => &[("i", "I"), ("a", "A"), ("l", "A")],
                "B" => &[("i", "I"), ("a", "A"), ("b", "B"), ("l", "A")],
                _ => &[],
            };
            match self.roll(5) {
                0 if ty != "U" => out.push_str(&format!("{alias}n{argument} ")),
                1 if matches!(ty, "A" | "B" | "Query") => {
                    out.push_str(&format!("{alias}m{argument} "))
                }
                2 if matches!(ty, "A" | "B") => out.push_str(&leaf("t")),
                3 if depth > 0 && matches!(ty, "I" | "U" | "A" | "B") => {
                    let on = match ty {
                        "A" => ["A", "I", "U"][self.roll(3)],
                        "B" => ["B", "I", "U"][self.roll(3)],
                        _ => ["A", "B", "I"][self.roll(3)],
                    };
                    out.push_str(&format!("... on {on} "));
                    self.set(on, depth - 1, out);
                }
                _ if depth > 0 && !inner.is_empty() => {
                    let (name, ty) = inner[self.roll(inner.len())];
                    out.push_str(&leaf(name));
                    self.set(ty, depth - 1, out);
                }
                // Without alias: the textbook rule forgets that `__typename` has a type too.
                _ => out.push_str("__typename "),
            }
        }
        out.push_str("} ");
    }
}

#[test]
fn the_verdict_is_that_of_the_textbook_rule() {
    let subgraph = SubgraphSdl {
        name: "s".into(),
        url: String::new(),
        sdl: SDL.into(),
    };
    let supergraph = Supergraph::load(&compose(&[subgraph]).unwrap(), 1).unwrap();
    let stock = ValidationPlan::from(vec![Box::new(OverlappingFieldsCanBeMerged::new())]);
    let mut dice = Dice(20_261_122);
    let (mut bad, mut good) = (0, 0);
    for _ in 0..20_000 {
        let mut text = String::new();
        dice.set("Query", 3, &mut text);
        let document = parse_query::<String>(&text).unwrap().into_static();
        let expected = validate(supergraph.api.document(), &document, &stock).is_empty();
        let operation = select::build(&document, &supergraph.schema).remove(0);
        let found = conflicts(&operation, &supergraph.schema, 1_000_000).unwrap();
        assert_eq!(found.is_empty(), expected, "{text}: {found:?}");
        if expected { good += 1 } else { bad += 1 }
    }
    assert!(good > 1000 && bad > 1000, "{good} good, {bad} bad");
}

#[test]
fn the_work_is_bounded() {
    let subgraph = SubgraphSdl {
        name: "s".into(),
        url: String::new(),
        sdl: SDL.into(),
    };
    let supergraph = Supergraph::load(&compose(&[subgraph]).unwrap(), 1).unwrap();
    let mut text = String::from("{ i { ...f0 } } ");
    for level in 0..8 {
        let next = level + 1;
        text.push_str(&format!(
            "fragment f{level} on I {{ ... on A {{ i {{ ...f{next} }} }} ... on B {{ i {{ ...f{next} }} }} }} "
        ));
    }
    text.push_str("fragment f8 on I { n }");
    let document = parse_query::<String>(&text).unwrap().into_static();
    let operation = select::build(&document, &supergraph.schema).remove(0);
    let size = operation.selections.len();
    assert!(
        conflicts(&operation, &supergraph.schema, size * 64)
            .unwrap()
            .is_empty()
    );
    assert!(conflicts(&operation, &supergraph.schema, 100).is_err());
}
