//! Tokens that are taken back before they end: a list of subjects and token ids, read again and again.
//!
//! The last good list stays while its source is away. Before there was a first one no token is believed:
//! whoever configures a list wants what stands on it refused.

use std::sync::Arc;

use ahash::{HashMap, HashSet};
use arc_swap::ArcSwapOption;
use rustls::ClientConfig;
use serde::Deserialize;
use tokio::sync::watch;

use super::Principal;
use super::error::IdentityError;
use super::source::Source;

/// What an issuer took back.
#[derive(Debug, Default)]
struct Revoked {
    subjects: HashSet<Box<str>>,
    tokens: HashSet<Box<str>>,
}

/// By `iss`.
type List = HashMap<Box<str>, Revoked>;

/// The list with its source.
#[derive(Debug)]
pub(super) struct Revocations {
    source: Option<Source>,
    list: ArcSwapOption<List>,
    /// Touched with each new list.
    news: watch::Sender<()>,
}

impl Revocations {
    /// The list at the configured place; without one nothing is ever revoked. Each new list touches `news`.
    ///
    /// # Errors
    /// A clause that says what is wrong with the place.
    pub(super) fn new(
        place: Option<&str>,
        tls: Option<&Arc<ClientConfig>>,
        news: watch::Sender<()>,
    ) -> Result<Self, String> {
        let source = place.map(|place| Source::parse(place, tls)).transpose()?;
        if source.as_ref().is_some_and(Source::is_open) {
            tracing::warn!(
                "the list of revoked tokens comes by plain http: whoever is on the way can empty it"
            );
        }
        Ok(Self {
            source,
            list: ArcSwapOption::empty(),
            news,
        })
    }

    /// Reads the list again; the last good one stays when that fails.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub(super) async fn refresh(&self) -> Result<(), String> {
        let Some(source) = &self.source else {
            return Ok(());
        };
        if let Some(text) = source.read().await? {
            self.list.store(Some(Arc::new(parse(&text)?)));
            self.news.send_replace(());
        }
        Ok(())
    }

    /// Whether the caller's token still counts.
    ///
    /// # Errors
    /// [`IdentityError::TokenRevoked`], or [`IdentityError::KeysUnavailable`] before there was a list.
    pub(super) fn check(&self, principal: &Principal) -> Result<(), IdentityError> {
        if self.source.is_none() {
            return Ok(());
        }
        let list = self.list.load();
        let list = list.as_ref().ok_or(IdentityError::KeysUnavailable)?;
        let Some(revoked) = list.get(&*principal.issuer) else {
            return Ok(());
        };
        let stands = |set: &HashSet<Box<str>>, id: &Option<Arc<str>>| {
            id.as_deref().is_some_and(|id| set.contains(id))
        };
        if stands(&revoked.subjects, &principal.subject)
            || stands(&revoked.tokens, &principal.session)
        {
            return Err(IdentityError::TokenRevoked);
        }
        Ok(())
    }
}

/// A list with a mistake in it is no list: half of it must not pass for the whole.
fn parse(text: &[u8]) -> Result<List, String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Text {
        #[serde(default)]
        subjects: Vec<Subject>,
        #[serde(default)]
        tokens: Vec<Token>,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Subject {
        iss: Box<str>,
        sub: Box<str>,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Token {
        iss: Box<str>,
        jti: Box<str>,
    }
    const WRONG: &str = "is not {\"subjects\": [{iss, sub}], \"tokens\": [{iss, jti}]}";
    // serde takes a list for a struct too, and an empty one for an empty list of revoked tokens.
    if !text.trim_ascii_start().starts_with(b"{") {
        return Err(WRONG.to_owned());
    }
    let text: Text = serde_json::from_slice(text).map_err(|_| WRONG)?;
    let mut list = List::default();
    for subject in text.subjects {
        list.entry(subject.iss)
            .or_default()
            .subjects
            .insert(subject.sub);
    }
    for token in text.tokens {
        list.entry(token.iss).or_default().tokens.insert(token.jti);
    }
    Ok(list)
}
