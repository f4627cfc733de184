//! `minzheng demo`: four provinces side by side, one process each, with a data folder and keys of their own,
//! trusting each other; and a story of three marriages told step by step.

mod province;
mod story;

use std::time::Duration;

use minzheng_marriage::interop::client::Client;
use minzheng_marriage::interop::wire::signature::{Algorithm, SigningKey};

use crate::cli::Demo;
use crate::data_folder::PROVINCES;
use crate::failure::Failure;
use crate::stop;
use province::Province;

/// What provinces are called, for the reader of the story.
pub(crate) fn name_of(code: &str) -> &'static str {
    match code {
        "51" => "51 四川",
        "32" => "32 江苏",
        "35" => "35 福建",
        "36" => "36 江西",
        _ => "?",
    }
}

/// Runs the four provinces, tells the story, and goes on until it is asked to stop.
pub(crate) async fn run(args: &Demo) -> Result<(), Failure> {
    let mut provinces = Vec::new();
    for (offset, code) in (0_u16..).zip(PROVINCES) {
        provinces.push(Province::prepare(
            &args.data,
            code,
            args.port.saturating_add(offset),
        )?);
    }
    Province::acquaint(&provinces)?;
    println!("Starting four provinces; the first start imports their demonstration data.");
    for province in &mut provinces {
        province.start()?;
    }
    let client = asker()?;
    for province in &mut provinces {
        province.ready(&client, Duration::from_secs(300)).await?;
    }
    println!();
    for province in &provinces {
        println!(
            "  {}  {}   data {}",
            name_of(&province.code),
            province.endpoint,
            province.data.display()
        );
    }
    println!();
    let told = tokio::select! {
        told = story::tell(&client, &mut provinces) => told,
        asked = stop::asked() => asked,
    };
    if args.once || told.is_err() {
        return told;
    }
    println!("The provinces go on; Ctrl-C ends them.");
    stop::asked().await
}

/// An HTTP client of nobody in particular.
fn asker() -> Result<Client, Failure> {
    let key = SigningKey::of(Algorithm::EdDsa, &[1; 32]).ok_or_else(|| Failure::new("no key"))?;
    Client::new("demo", key, std::path::Path::new("")).map_err(Failure::new)
}
