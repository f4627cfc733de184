//! The console: GraphiQL from the program itself. Its page loads nothing from outside, and its content
//! security policy forbids it to; the bearer token typed there stays in the page's memory.

use std::io::Read as _;
use std::rc::Rc;

use actix_web::http::header::{self, ContentEncoding};
use actix_web::{HttpRequest, HttpResponse, web};
use flate2::read::GzDecoder;

use super::Worker;
use super::head::text;
use super::status::nothing_here;

/// Scripts and styles of ours only; CodeMirror sets styles on elements; fonts stand in the style sheet.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                      font-src data:; img-src 'self' data:; connect-src 'self'; \
                      frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

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

/// `/`: the console is the front door.
pub(super) async fn home(http: HttpRequest) -> HttpResponse {
    if !is_served(&http) {
        return nothing_here().await;
    }
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, "/console"))
        .finish()
}

/// `/console`.
pub(super) async fn index(http: HttpRequest) -> HttpResponse {
    if !is_served(&http) {
        return nothing_here().await;
    }
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .body(PAGE)
}

/// `/console/{file}`.
pub(super) async fn file(http: HttpRequest, name: web::Path<String>) -> HttpResponse {
    if !is_served(&http) {
        return nothing_here().await;
    }
    if *name == "first-query.graphql" {
        let worker = http.app_data::<Rc<Worker>>();
        let named = worker.and_then(|worker| worker.gateway.parts.first_query.clone());
        return HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, "text/plain; charset=utf-8"))
            .insert_header((header::CACHE_CONTROL, "no-cache"))
            .body(named.unwrap_or_else(|| FIRST_QUERY.to_owned()));
    }
    let Some((_, media, bytes, gzipped)) = FILES.iter().find(|(file, ..)| **name == **file) else {
        return nothing_here().await;
    };
    let mut response = HttpResponse::Ok();
    response
        .insert_header((header::CONTENT_TYPE, *media))
        .insert_header((header::VARY, "accept-encoding"))
        // The files change with the program only, but their names do not.
        .insert_header((header::CACHE_CONTROL, "public, max-age=3600"));
    if !gzipped {
        return response.body(*bytes);
    }
    if takes_gzip(text(&http, "accept-encoding")) {
        return response.insert_header(ContentEncoding::Gzip).body(*bytes);
    }
    let mut plain = Vec::new();
    match GzDecoder::new(*bytes).read_to_end(&mut plain) {
        Ok(_) => response.body(plain),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

fn is_served(http: &HttpRequest) -> bool {
    http.app_data::<Rc<Worker>>()
        .is_some_and(|worker| worker.gateway.parts.config.server.console)
}

fn takes_gzip(accept: Option<&str>) -> bool {
    accept.unwrap_or("").split(',').any(|one| {
        let (name, parameters) = one.split_once(';').unwrap_or((one, ""));
        let refused = parameters.trim().trim_start_matches("q=").parse::<f32>() == Ok(0.0);
        name.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}
