//! The subsystem from its schema down to its database, without the gateway: on SQLite, and on
//! PostgreSQL where `MINZHENG_TEST_POSTGRES` names one.

mod changes;
mod federation;
mod figures;
mod questions;
mod schema;

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

    /// The answer and how many statements it took.
    async fn counted<T>(&self, asking: impl Future<Output = T>) -> (T, u64) {
        let before = self.services.db.statements();
        let answer = asking.await;
        (answer, self.services.db.statements() - before)
    }
}

/// The id of the division with a code.
fn division(code: &str) -> String {
    kit::divisions::dataset()
        .by_code(code)
        .unwrap()
        .id
        .to_string()
}
