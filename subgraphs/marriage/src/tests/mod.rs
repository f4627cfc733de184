//! The subsystem through its schema, over demonstration data. The clock stands at noon of
//! 2026-11-22, a Sunday, in Shanghai. With `MINZHENG_TEST_POSTGRES` set to an address the tests of
//! concurrency also run on PostgreSQL.

mod booking;
mod demo;
mod divorce;
mod events;
mod federation;
mod near;
mod people;
mod race;
mod statistics;

use crate::kit::demo::person;
use crate::kit::testing::{execute, seeded};
use crate::kit::{Graph, Principal, Services, Subsystem};
use crate::{Marriage, demo::registry_id};
use serde_json::{Value, json};

/// A province with its demonstration data.
struct Province {
    services: Services,
    graph: Graph,
    digits: &'static str,
}

impl Province {
    async fn of(digits: &'static str) -> Self {
        let services = seeded(&Marriage, digits).await;
        let graph = Marriage.schema(services.clone());
        Self {
            services,
            graph,
            digits,
        }
    }

    fn token(&self, index: usize) -> String {
        self.services
            .tokenizer
            .demo(&person(self.digits, index))
            .to_string()
    }

    fn number(&self, index: usize) -> String {
        person(self.digits, index).id_number
    }

    fn citizen(&self, index: usize) -> Principal {
        Principal::citizen(self.digits, &self.token(index))
    }

    fn registrar(&self, division: &str) -> Principal {
        Principal::registrar(self.digits, division, None)
    }

    fn dashboard(&self) -> Principal {
        Principal::of(crate::kit::Role::Dashboard, self.digits)
    }

    fn public(&self) -> Principal {
        Principal::public(self.digits)
    }

    async fn ask(&self, who: Principal, query: &str, variables: Value) -> Value {
        execute(&self.graph, who, query, variables).await
    }

    /// The data of an answer that must have no errors.
    async fn data(&self, who: Principal, query: &str, variables: Value) -> Value {
        let mut answer = self.ask(who, query, variables).await;
        assert!(
            answer
                .get("errors")
                .is_none_or(|e| e.as_array().is_some_and(Vec::is_empty)),
            "{answer:#}"
        );
        answer["data"].take()
    }
}

/// The codes of an answer's errors.
fn codes(answer: &Value) -> Vec<&str> {
    let errors = answer["errors"].as_array().map_or(&[][..], Vec::as_slice);
    errors
        .iter()
        .filter_map(|error| error["extensions"]["code"].as_str())
        .collect()
}

/// The codes of a payload's refusals.
fn refusals(payload: &Value) -> Vec<&str> {
    let errors = payload["userErrors"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    errors
        .iter()
        .filter_map(|error| error["code"].as_str())
        .collect()
}

fn registry(code: &str) -> String {
    registry_id(code).to_string()
}

fn none() -> Value {
    json!({})
}
