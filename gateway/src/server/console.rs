//! The console: GraphiQL from the program itself, for the roles that the configuration names. Its page loads nothing
//! from outside, and its content security policy forbids it to; the bearer token typed there stays in the page's memory.
//!
//! Where the public is among those roles, whoever opens the address has the page. Where it is not, a browser that opens
//! the address, and brings no token with it, has a small form that asks for one ([`GATE`]); everything else (the page, its
//! scripts, the first query) is given only to who shows the token of a role that may have it. There is no cookie, so no
//! other page can make a browser ask in somebody's name.

use std::io::Read as _;
use std::rc::Rc;
use std::sync::LazyLock;

use actix_web::http::header::{self, ContentEncoding};
use actix_web::{HttpRequest, HttpResponse, web};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use sha2::{Digest as _, Sha256};

use super::Worker;
use super::head::text;
use super::reply::refusal;
use super::status::nothing_here;
use crate::contract;
use crate::error::ErrorCode;

/// What a page may load: scripts and styles of ours only. CodeMirror sets styles on elements; fonts stand in the style
/// sheet.
fn policy(scripts: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self'{scripts}; style-src 'self' 'unsafe-inline'; font-src data:; \
         img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
}

/// Of the console's page.
static POLICY: LazyLock<String> = LazyLock::new(|| policy(""));

/// Of the form: it puts the console's scripts, which it has to fetch with the token, into itself, and the policy knows
/// each of them by its hash.
static GATE_POLICY: LazyLock<String> = LazyLock::new(|| {
    let scripts = FILES.iter().filter(|(name, ..)| name.ends_with(".js"));
    let hashes = scripts.filter_map(|(.., bytes, gzipped)| {
        let plain = unpacked(bytes, *gzipped)?;
        Some(format!(
            " 'sha256-{}'",
            STANDARD.encode(Sha256::digest(plain))
        ))
    });
    policy(&hashes.collect::<String>())
});

/// The form that asks for a token.
const GATE: &[u8] = include_bytes!("../../console/gate.html");
/// What it does; for everybody, as the form is.
const GATE_SCRIPT: (&str, &[u8]) = ("gate.js", include_bytes!("../../console/gate.js"));

const PAGE: &[u8] = include_bytes!("../../console/index.html");

/// What the page loads: name, media type, bytes, whether they are compressed with gzip.
const FILES: [(&str, &str, &[u8], bool); 5] = [
    (
        "console.js",
        "text/javascript; charset=utf-8",
        include_bytes!("../../console/console.js"),
        false,
    ),
    (
        "react.production.min.js",
        "text/javascript; charset=utf-8",
        include_bytes!("../../console/vendor/react.production.min.js.gz"),
        true,
    ),
    (
        "react-dom.production.min.js",
        "text/javascript; charset=utf-8",
        include_bytes!("../../console/vendor/react-dom.production.min.js.gz"),
        true,
    ),
    (
        "graphiql.min.js",
        "text/javascript; charset=utf-8",
        include_bytes!("../../console/vendor/graphiql.min.js.gz"),
        true,
    ),
    (
        "graphiql.min.css",
        "text/css; charset=utf-8",
        include_bytes!("../../console/vendor/graphiql.min.css.gz"),
        true,
    ),
];

/// The query shown when the program named none: what there is to ask.
const FIRST_QUERY: &str = "# 可以查询什么？ What is there to ask?\n{\n  __schema {\n    queryType {\n      \
                           fields {\n        name\n        description\n      }\n    }\n  }\n}\n";

/// Who is not shown the console.
enum Kept {
    /// Nobody is.
    Away,
    /// Who has not said who they are yet.
    Unknown,
    /// The token is no good, or of a role that may not have it.
    Refused(ErrorCode),
}

impl Kept {
    async fn out(self, http: &HttpRequest) -> HttpResponse {
        let code = match self {
            Self::Away => return nothing_here().await,
            Self::Unknown => ErrorCode::Unauthenticated,
            Self::Refused(code) => code,
        };
        if let Some(worker) = http.app_data::<Rc<Worker>>() {
            worker.gateway.parts.metrics.refused(code.as_str());
        }
        let mut response = refusal(code);
        if code.http_status() == 401 {
            let challenge = header::HeaderValue::from_static("Bearer");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

/// Whom the console is for, if anybody.
fn roles(http: &HttpRequest) -> &[String] {
    let worker = http.app_data::<Rc<Worker>>();
    worker.map_or(&[], |worker| {
        worker.gateway.parts.config.server.console.as_slice()
    })
}

fn is_for_everybody(http: &HttpRequest) -> bool {
    roles(http)
        .iter()
        .any(|role| role == contract::role::PUBLIC)
}

/// Lets in whom the configuration names.
fn let_in(http: &HttpRequest) -> Result<(), Kept> {
    if is_for_everybody(http) {
        return Ok(());
    }
    let Some(worker) = http
        .app_data::<Rc<Worker>>()
        .filter(|_| !roles(http).is_empty())
    else {
        return Err(Kept::Away);
    };
    let Some(token) = http.headers().get(header::AUTHORIZATION) else {
        return Err(Kept::Unknown);
    };
    let token = token
        .to_str()
        .map_err(|_| Kept::Refused(ErrorCode::TokenMalformed))?;
    let caller = worker
        .gateway
        .parts
        .verifier
        .identify(Some(token))
        .map_err(|error| Kept::Refused(error.code()))?;
    if roles(http).iter().any(|role| role == caller.role.as_str()) {
        Ok(())
    } else {
        Err(Kept::Refused(ErrorCode::ConsoleForbidden))
    }
}

/// `/`: the console is the front door.
pub(super) async fn home(http: HttpRequest) -> HttpResponse {
    if roles(&http).is_empty() {
        return nothing_here().await;
    }
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, "/console"))
        .finish()
}

/// `/console`: the page, or the form that asks for a token.
pub(super) async fn index(http: HttpRequest) -> HttpResponse {
    let (page, policy) = match let_in(&http) {
        Ok(()) => (PAGE, &*POLICY),
        Err(Kept::Unknown) => (GATE, &*GATE_POLICY),
        Err(kept) => return kept.out(&http).await,
    };
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((header::CONTENT_SECURITY_POLICY, policy.as_str()))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::VARY, "authorization"))
        .insert_header((header::CACHE_CONTROL, kept_for(&http, "no-cache")))
        .body(page)
}

/// `/console/{file}`.
pub(super) async fn file(http: HttpRequest, name: web::Path<String>) -> HttpResponse {
    let (gate_script, script) = GATE_SCRIPT;
    if *name == gate_script && !roles(&http).is_empty() {
        return HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, "text/javascript; charset=utf-8"))
            .insert_header((header::CACHE_CONTROL, "no-cache"))
            .body(script);
    }
    if let Err(kept) = let_in(&http) {
        return kept.out(&http).await;
    }
    if *name == "first-query.graphql" {
        let worker = http.app_data::<Rc<Worker>>();
        let named = worker.and_then(|worker| worker.gateway.parts.first_query.clone());
        return HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, "text/plain; charset=utf-8"))
            .insert_header((header::CACHE_CONTROL, kept_for(&http, "no-cache")))
            .body(named.unwrap_or_else(|| FIRST_QUERY.to_owned()));
    }
    let Some((_, media, bytes, gzipped)) = FILES.iter().find(|(file, ..)| **name == **file) else {
        return nothing_here().await;
    };
    let mut response = HttpResponse::Ok();
    response
        .insert_header((header::CONTENT_TYPE, *media))
        .insert_header((header::VARY, "accept-encoding, authorization"))
        // The files change with the program only, but their names do not.
        .insert_header((
            header::CACHE_CONTROL,
            kept_for(&http, "public, max-age=3600"),
        ));
    if *gzipped && takes_gzip(text(&http, "accept-encoding")) {
        return response.insert_header(ContentEncoding::Gzip).body(*bytes);
    }
    match unpacked(bytes, *gzipped) {
        Some(plain) => response.body(plain),
        None => HttpResponse::InternalServerError().finish(),
    }
}

/// How long a part of the console may be kept on the way: what is for some only, not at all.
fn kept_for(http: &HttpRequest, everybody: &'static str) -> &'static str {
    if is_for_everybody(http) {
        everybody
    } else {
        "no-store"
    }
}

fn unpacked(bytes: &[u8], gzipped: bool) -> Option<Vec<u8>> {
    if !gzipped {
        return Some(bytes.to_vec());
    }
    let mut plain = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut plain).ok()?;
    Some(plain)
}

fn takes_gzip(accept: Option<&str>) -> bool {
    accept.unwrap_or("").split(',').any(|one| {
        let (name, parameters) = one.split_once(';').unwrap_or((one, ""));
        let refused = parameters.trim().trim_start_matches("q=").parse::<f32>() == Ok(0.0);
        name.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}
