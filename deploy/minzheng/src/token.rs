//! `minzheng token`: a bearer token of the development issuer, for trying every role.

use std::time::SystemTime;

use minzheng_gateway::identity::Role;
use minzheng_gateway::identity::dev::{DevClaims, DevIssuer};
use minzheng_kit::demo;
use minzheng_kit::keys::Keys;

use crate::cli;
use crate::data_folder::{keys_of, province_of};
use crate::failure::Failure;

/// Prints the token to standard output and nothing else, so that it can be used in `$(…)`.
pub(crate) fn print(args: &cli::Token) -> Result<(), Failure> {
    let missing = || {
        Failure::new(format!(
            "There are no keys in {}. Start minzheng with this --data once, or name the folder that `minzheng keys init` made.",
            args.data.display()
        ))
    };
    // A standalone province keeps all keys in one folder; a split one keeps the issuer's apart.
    let standalone = keys_of(&args.data);
    let (issuer, tokens) = if standalone.exists() {
        (standalone.clone(), standalone)
    } else {
        (args.data.join("issuer"), args.data.join("root"))
    };
    let province = province_of(&args.data)?.ok_or_else(missing)?;
    if !issuer.exists() || !tokens.exists() {
        return Err(missing());
    }
    let issuer = DevIssuer::open(&issuer).map_err(|error| Failure::new(error.to_string()))?;
    let role = Role::parse(args.role.as_str())
        .ok_or_else(|| Failure::new("This role is not known to the gateway."))?;
    let (subject, person) = if role == Role::Citizen {
        let tokenizer = Keys::load(&tokens).tokenizer()?;
        let person = tokenizer.demo(&demo::person(&province, args.citizen));
        (
            format!("citizen-{}", args.citizen),
            Some(person.as_str().to_owned()),
        )
    } else {
        let own = || format!("{}-1", role.as_str());
        (args.subject.clone().unwrap_or_else(own), None)
    };
    let claims = DevClaims {
        subject,
        role,
        province,
        person,
        division: args.division.clone(),
        registry: args.registry.clone(),
        purposes: args.purpose.clone(),
        scope: None,
        ttl: args.ttl,
    };
    println!("{}", issuer.mint(&claims, SystemTime::now()));
    Ok(())
}
