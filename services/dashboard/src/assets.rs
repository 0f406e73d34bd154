//! The built page, and the headers that keep it honest.

use std::path::PathBuf;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue};
use service_kit::entry::StartError;
use tower_http::compression::CompressionLayer;
use tower_http::services::{ServeDir, ServeFile};

use crate::config::DashboardConfig;

/// Scripts and styles from us alone, connections to us alone, no frames. The
/// charting library sets styles on elements, which is all `style-src-attr`
/// lets through.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; \
    form-action 'self'; frame-ancestors 'none'";

/// Serves the page; a path that is no file is one of the page's own routes.
///
/// # Errors
/// When the page has not been built.
pub(crate) fn service(config: &DashboardConfig) -> Result<ServeDir<ServeFile>, StartError> {
    let folder = folder(config);
    let index = folder.join("index.html");
    if !index.exists() {
        return Err(format!(
            "{} is missing: build the page first (make build)",
            index.display()
        )
        .into());
    }
    Ok(ServeDir::new(folder).fallback(ServeFile::new(index)))
}

fn folder(config: &DashboardConfig) -> PathBuf {
    if !config.assets.as_os_str().is_empty() {
        return config.assets.clone();
    }
    let installed = std::env::current_exe()
        .ok()
        .and_then(|exe| Some(exe.parent()?.join("dashboard-assets")));
    match installed {
        Some(folder) if folder.exists() => folder,
        _ => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("web/dist"),
    }
}

/// Adds compression and the security headers to every answer.
pub(crate) fn with_headers(router: Router) -> Router {
    router.layer(from_fn(guard)).layer(CompressionLayer::new())
}

async fn guard(request: Request, next: Next) -> Response {
    // Names of built files carry a hash of their content.
    let is_immutable = request.uri().path().starts_with("/assets/");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value))
    };
    set(CONTENT_SECURITY_POLICY, POLICY);
    set(HeaderName::from_static("x-content-type-options"), "nosniff");
    set(HeaderName::from_static("referrer-policy"), "same-origin");
    set(
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    );
    if is_immutable && response.status().is_success() {
        let value = HeaderValue::from_static("public, max-age=31536000, immutable");
        response.headers_mut().insert(CACHE_CONTROL, value);
    } else {
        response
            .headers_mut()
            .entry(CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-cache"));
    }
    response
}
