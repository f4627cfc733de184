//! The subsystem from its schema down to its database, without the gateway: on SQLite, and on
//! PostgreSQL where `MINZHENG_TEST_POSTGRES` names one.

mod changes;
mod cooperation;
mod deceased;
mod endings;
mod enforcement;
mod federation;
mod figures;
mod kept;
mod lifecycle;
mod live;
mod moves;
mod questions;
mod registration;
mod reports;
mod rights;
mod rows;
mod schema;
mod supervision;
mod terms;
mod together;

use crate::Societies;
use kit::testing::{entities, execute, memory, over};
use kit::{Graph, Principal, Role, Services, Subsystem, database};
use minzheng_kit as kit;
use serde_json::Value;

/// A province with its demonstration data.
struct Stage {
    services: Services,
    graph: Graph,
}

impl Stage {
    /// A province on SQLite.
    async fn of(province: &str) -> Self {
        Self::over(memory(&Societies, province).await).await
    }

    async fn over(services: Services) -> Self {
        Societies.seed(&services, &|_, _, _| ()).await.unwrap();
        Self {
            graph: Societies.schema(services.clone()),
            services,
        }
    }

    /// The province on every database there is.
    async fn everywhere(province: &str, name: &str) -> Vec<Self> {
        let mut all = vec![Self::of(province).await];
        if let Ok(url) = std::env::var("MINZHENG_TEST_POSTGRES") {
            let schema = format!("societies_{name}_{}", std::process::id());
            let db = database::open_in_schema(&url, &schema).await.unwrap();
            all.push(Self::over(over(db, &Societies, province).await).await);
        }
        all
    }

    /// The token of a demonstration person.
    fn token(&self, person: usize) -> String {
        let person = kit::demo::person(&self.services.province, person);
        self.services.tokenizer.demo(&person).to_string()
    }

    fn citizen(&self, person: usize) -> Principal {
        Principal::citizen(&self.services.province, &self.token(person))
    }

    fn role(&self, role: Role) -> Principal {
        Principal::of(role, &self.services.province)
    }

    fn code(&self, n: usize) -> String {
        crate::demo::credit_code(&self.services.province, n)
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

    /// Resolves representations and expects no error.
    async fn resolve(
        &self,
        principal: Principal,
        representations: Value,
        selection: &str,
    ) -> Value {
        let mut answer = entities(&self.graph, principal, representations, selection).await;
        assert!(answer.get("errors").is_none(), "{answer:#}");
        answer["data"]["_entities"].take()
    }

    /// The same database at a later instant.
    fn at(&self, instant: &str) -> Self {
        let services = Services {
            clock: kit::Clock::fixed(instant.parse().unwrap()),
            ..self.services.clone()
        };
        Self {
            graph: Societies.schema(services.clone()),
            services,
        }
    }

    fn officer(&self, division: &str) -> Principal {
        Principal::registrar(&self.services.province, division, None)
    }

    /// Number and name of a demonstration person, as a form takes them.
    fn identity(&self, person: usize) -> Value {
        let person = kit::demo::person(&self.services.province, person);
        serde_json::json!({ "number": person.id_number, "name": person.name })
    }

    /// Asks for a change; gives the payload of it.
    async fn change(&self, who: Principal, field: &str, input: Value, selection: &str) -> Value {
        let kind = match field {
            "recogniseCharity" | "licensePublicRaising" => "CharityInput".to_owned(),
            "listAbnormal" => "ListOrganizationInput".to_owned(),
            _ => format!("{}{}Input", field[..1].to_uppercase(), &field[1..]),
        };
        let query = format!(
            "mutation ($input: {kind}!) {{ {field}(input: $input) {{ {selection} userErrors {{ code field legalBasis }} }} }}"
        );
        self.data(who, &query, serde_json::json!({ "input": input }))
            .await[field]
            .take()
    }

    /// The version and state of an organization.
    async fn organization(&self, code: &str) -> Value {
        let query = "query ($code: CreditCode!) { organization(creditCode: $code) {
            name state version isRegistered ended funds } }";
        self.data(
            Principal::public(&self.services.province),
            query,
            serde_json::json!({ "code": code }),
        )
        .await["organization"]
            .take()
    }

    /// The kinds of events told so far.
    async fn told(&self) -> Vec<String> {
        let events = kit::events::read_outbox(self.services.db.read(), 0, 500)
            .await
            .unwrap();
        events.into_iter().map(|event| event.kind).collect()
    }

    /// The answer and how many statements it took.
    async fn counted<T>(&self, asking: impl Future<Output = T>) -> (T, u64) {
        let before = self.services.db.statements();
        let answer = asking.await;
        (answer, self.services.db.statements() - before)
    }
}

/// Why a change was refused; `OK` when it was done.
fn code_of(payload: &Value) -> &str {
    payload["userErrors"][0]["code"].as_str().unwrap_or("OK")
}

/// The id of the division with a code.
fn division(code: &str) -> String {
    kit::divisions::dataset()
        .by_code(code)
        .unwrap()
        .id
        .to_string()
}
