//! Who asks, as a subgraph is told it.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::contract::claim;
use crate::identity::{Caller, Principal};

/// What a call says about who asks, without the parts that depend on subgraph and time.
#[derive(Clone, Debug)]
pub(in crate::transport) struct Asking {
    pub(super) principal: Arc<Principal>,
    /// Nobody in particular asks.
    pub(super) public: bool,
    pub(super) purpose: String,
    pub(super) case: String,
}

impl Asking {
    /// The caller as the subgraph shall see them: nobody in particular for a public fetch, so that what
    /// comes back cannot depend on them.
    pub(in crate::transport) fn new(caller: &Caller, public: bool) -> Self {
        let stated = |text: &Option<String>| match text {
            Some(text) if !public => text.clone(),
            _ => String::new(),
        };
        Self {
            principal: Arc::clone(&caller.principal),
            public,
            purpose: stated(&caller.purpose),
            case: stated(&caller.case),
        }
    }

    /// The claims a token says of who asks.
    pub(super) fn claims(&self) -> String {
        if self.public {
            claims(&Principal::public(Arc::clone(&self.principal.province)))
        } else {
            claims(&self.principal)
        }
    }
}

fn claims(principal: &Principal) -> String {
    let mut map = Map::new();
    let mut set = |name: &str, value: Value| map.insert(name.to_owned(), value);
    set(claim::ROLE, json!(principal.role.as_str()));
    let scopes: Vec<&str> = principal.scopes.iter().map(|scope| &**scope).collect();
    set(claim::SCOPES, json!(scopes));
    set(claim::PROVINCE, json!(&*principal.province));
    // Two issuers may give the same id to different people.
    if let Some(subject) = &principal.subject {
        set(
            claim::SUBJECT,
            json!(format!("{}|{subject}", principal.issuer)),
        );
    }
    for (name, value) in [
        (claim::PERSON, &principal.person),
        (claim::DIVISION, &principal.division),
        (claim::REGISTRY, &principal.registry),
    ] {
        if let Some(value) = value {
            set(name, json!(&**value));
        }
    }
    Value::Object(map).to_string()
}
