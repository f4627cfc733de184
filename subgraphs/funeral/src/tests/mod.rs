//! The subsystem from its schema down to its database, without the gateway.
//!
//! On SQLite, and on PostgreSQL too when `MINZHENG_TEST_POSTGRES` names one.

mod assigned;
mod bills;
mod burials;
mod ceilings;
mod changes;
mod claims;
mod confirmed;
mod consistency;
mod day;
mod federation;
mod hotline;
mod households;
mod journey;
mod land;
mod live;
mod merged;
mod near;
mod publication;
mod race;
mod report;
mod requests;
mod rooms;
mod rows;
mod steps;
mod suppression;
mod turns;
mod two;
mod unseen;

use minzheng_kit::testing::{execute, memory, over, seeded};
use minzheng_kit::{Graph, Principal, Services, Subsystem, database};
use serde_json::{Value, json};

use crate::Funeral;

/// A province with its demonstration data.
struct Stage {
    services: Services,
    graph: Graph,
}

impl Stage {
    async fn of(province: &str) -> Self {
        Self::over(seeded(&Funeral, province).await)
    }

    fn over(services: Services) -> Self {
        Self {
            graph: Funeral.schema(services.clone()),
            services,
        }
    }

    fn token(&self, person: usize) -> String {
        self.services
            .tokenizer
            .demo(&minzheng_kit::demo::person(&self.services.province, person))
            .0
    }

    fn citizen(&self, person: usize) -> Principal {
        Principal::citizen(&self.services.province, &self.token(person))
    }

    async fn ask(&self, principal: Principal, query: &str, variables: Value) -> Value {
        execute(&self.graph, principal, query, variables).await
    }

    /// Asks and expects no error.
    async fn data(&self, principal: Principal, query: &str, variables: Value) -> Value {
        let mut answer = self.ask(principal, query, variables).await;
        assert!(answer.get("errors").is_none(), "{answer:#}");
        answer["data"].take()
    }
}

/// The id of the division with a code.
fn division(code: &str) -> String {
    minzheng_kit::divisions::dataset()
        .by_code(code)
        .unwrap()
        .id
        .to_string()
}

fn dashboard(province: &str) -> Principal {
    Principal::of(minzheng_kit::Role::Dashboard, province)
}

/// Databases to test on: SQLite, and PostgreSQL where there is one.
async fn databases(name: &str) -> Vec<Services> {
    let mut all = vec![memory(&Funeral, "51").await];
    if let Ok(url) = std::env::var("MINZHENG_TEST_POSTGRES") {
        let schema = format!("funeral_{name}_{}", std::process::id());
        let db = database::open_in_schema(&url, &schema).await.unwrap();
        all.push(over(db, &Funeral, "51").await);
    }
    all
}

#[test]
fn every_word_of_the_schema_is_described_in_two_languages() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let stage = runtime.block_on(async { Stage::over(memory(&Funeral, "51").await) });
    let query = "{ __schema { types { name kind description fields { name description args { name description } } \
                 inputFields { name description } enumValues { name description } } } }";
    let answer = runtime.block_on(stage.data(Principal::public("51"), query, json!({})));
    let chinese = |text: &Value| {
        text.as_str()
            .is_some_and(|t| t.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)))
    };
    // What kit describes or rewrites in the SDL is not ours.
    let foreign = [
        "Query",
        "Mutation",
        "PageInfo",
        "UserError",
        "Sex",
        "CacheControlScope",
    ];
    let scalars = ["SCALAR", "UNION"];
    let mut missing = Vec::new();
    for ty in answer["__schema"]["types"].as_array().unwrap() {
        let name = ty["name"].as_str().unwrap();
        let generated = name.ends_with("Connection") || name.ends_with("Edge");
        if name.starts_with('_') || generated || scalars.contains(&ty["kind"].as_str().unwrap()) {
            continue;
        }
        if !foreign.contains(&name) && !chinese(&ty["description"]) {
            missing.push(name.to_owned());
        }
        for list in ["fields", "inputFields", "enumValues"] {
            for member in ty[list].as_array().into_iter().flatten() {
                let member_name = member["name"].as_str().unwrap();
                if member_name.starts_with('_') || name == "PageInfo" {
                    continue;
                }
                if !chinese(&member["description"]) {
                    missing.push(format!("{name}.{member_name}"));
                }
                for argument in member["args"].as_array().into_iter().flatten() {
                    if !chinese(&argument["description"]) {
                        missing.push(format!("{name}.{member_name}({})", argument["name"]));
                    }
                }
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}
