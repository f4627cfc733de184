//! The subsystem through its schema, over demonstration data. The clock stands at noon of
//! 2026-11-22, a Sunday, in Shanghai. With `MINZHENG_TEST_POSTGRES` set to an address the tests of
//! concurrency also run on PostgreSQL.

mod assigned;
mod booking;
mod bureau;
mod cases;
mod counter;
mod courts;
mod demo;
mod divorce;
mod divorce_steps;
mod endings;
mod events;
mod federation;
mod followed;
mod grounds;
mod hall;
mod interop;
mod issued;
mod lateness;
mod law;
mod live;
mod near;
mod people;
mod proofs;
mod race;
mod rows;
mod scale;
mod statistics;
mod steps;
mod suppression;
mod told;
mod two_deaths;
mod two_marriages;
mod two_officers;

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

    /// A registrar who serves whoever holds the third ticket of the story's hall today, a walk-in.
    fn registrar(&self, division: &str) -> Principal {
        let hall = registry(&format!("{}-1", self.story()));
        let ticket = crate::kit::id::derived("queue ticket", &format!("{hall} 2026-11-22 3"));
        Principal {
            purpose: Some("MARRIAGE_REGISTRATION".to_owned()),
            case: Some(ticket.to_string()),
            ..self.idle_registrar(division)
        }
    }

    /// A registrar who serves nobody.
    fn idle_registrar(&self, division: &str) -> Principal {
        Principal::registrar(self.digits, division, None)
    }

    /// A registrar under an account of his own.
    fn officer(&self, account: &str) -> Principal {
        Principal {
            subject: Some(account.to_owned()),
            ..self.registrar(self.story())
        }
    }

    /// The supervisor of the story's county.
    fn supervisor(&self) -> Principal {
        Principal {
            division: Some(self.story().to_owned()),
            ..Principal::of(crate::kit::Role::Supervisor, self.digits)
        }
    }

    /// The county that the province's report is about.
    fn story(&self) -> &'static str {
        match self.digits {
            "51" => "510118",
            _ => "361103",
        }
    }

    /// Goes on at another instant.
    fn at(&mut self, instant: &str) {
        self.services.clock = crate::kit::Clock::fixed(instant.parse().unwrap());
        self.graph = Marriage.schema(self.services.clone());
    }

    /// Runs a mutation that must not fail as an operation, and gives its payload.
    async fn change(
        &self,
        who: Principal,
        field: &str,
        input_type: &str,
        selection: &str,
        input: Value,
    ) -> Value {
        let query = format!(
            "mutation ($input: {input_type}!) {{ {field}(input: $input) {{ {selection} userErrors {{ code field legalBasis }} }} }}"
        );
        self.data(who, &query, json!({ "input": input })).await[field].take()
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

/// A registrar of a demonstration registry.
fn registrar_of(code: &str) -> String {
    crate::kit::id::derived("marriage registrar", &format!("{code} 0")).to_string()
}

fn registry(code: &str) -> String {
    registry_id(code).to_string()
}

fn none() -> Value {
    json!({})
}
