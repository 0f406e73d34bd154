//! Signing in, staying signed in, signing out.
//!
//! Requests that use the cookie must carry `X-Millrace-Session`, a header that
//! no form and no other site's script can send: together with `SameSite` this
//! is what keeps other sites out.

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::{Value, json};
use service_kit::http::ApiError;

use crate::peer::ForwardedFor;
use crate::upstream::Upstream;

const COOKIE_NAME: &str = "millrace_session";
const GUARD: &str = "x-millrace-session";
/// As long as the auth API keeps an unused refresh token.
const COOKIE_SECONDS: u32 = 30 * 24 * 3600;

pub(crate) fn router(upstream: Upstream) -> Router {
    Router::new()
        .route("/session/register", post(register))
        .route("/session/login", post(login))
        .route("/session/refresh", post(refresh))
        .route("/session/logout", post(logout))
        .route("/session/surroundings", get(surroundings))
        .with_state(upstream)
}

/// Creates the account and signs it in.
async fn register(
    State(upstream): State<Upstream>,
    from: ForwardedFor,
    headers: HeaderMap,
    Json(credentials): Json<Value>,
) -> Result<Response, ApiError> {
    guard(&headers)?;
    let (status, body) = upstream
        .ask_auth("/api/register", &credentials, from.clone())
        .await?;
    if !status.is_success() {
        return Ok((status, Json(body)).into_response());
    }
    sign_in(&upstream, &credentials, from).await
}

async fn login(
    State(upstream): State<Upstream>,
    from: ForwardedFor,
    headers: HeaderMap,
    Json(credentials): Json<Value>,
) -> Result<Response, ApiError> {
    guard(&headers)?;
    sign_in(&upstream, &credentials, from).await
}

async fn sign_in(
    upstream: &Upstream,
    credentials: &Value,
    from: ForwardedFor,
) -> Result<Response, ApiError> {
    let login = json!({"username": credentials["email"], "password": credentials["password"]});
    let (status, body) = upstream.ask_auth("/api/login", &login, from).await?;
    Ok(answer(upstream, status, body))
}

/// Exchanges the cookie's token for a new pair.
async fn refresh(
    State(upstream): State<Upstream>,
    from: ForwardedFor,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    guard(&headers)?;
    let Some(token) = token(&headers) else {
        return Err(ApiError::unauthorized("not signed in"));
    };
    let asked = upstream.clone();
    let exchange = upstream.renewals.exchange(token, move |token| {
        let (asked, from) = (asked.clone(), from.clone());
        let body = json!({"refresh_token": token});
        async move { asked.ask_auth("/api/refresh", &body, from).await }
    });
    let (status, body) = exchange.await?;
    let mut response = answer(&upstream, status, body);
    if status == StatusCode::UNAUTHORIZED {
        set_cookie(&mut response, &upstream, "", 0);
    }
    Ok(response)
}

/// Ends the session, here and at the auth API.
async fn logout(
    State(upstream): State<Upstream>,
    from: ForwardedFor,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    guard(&headers)?;
    if let Some(token) = token(&headers) {
        upstream.renewals.forget(&token);
        upstream
            .ask_auth("/api/logout", &json!({"refresh_token": token}), from)
            .await?;
    }
    let mut response = Json(json!({"status": "signed out"})).into_response();
    set_cookie(&mut response, &upstream, "", 0);
    Ok(response)
}

/// What the page needs before anybody is signed in: where events are sent to,
/// and whether this is an empty machine whose first visitor makes the owner.
async fn surroundings(State(upstream): State<Upstream>) -> Json<Value> {
    let setup = upstream.setup().await.unwrap_or_else(|error| {
        tracing::warn!(
            code = error.code,
            "the auth API does not tell whether there is an account"
        );
        Value::Null
    });
    Json(json!({
        "capture_url": upstream.capture_url,
        "has_realtime": !upstream.realtime_url.is_empty(),
        "is_empty": setup["has_accounts"] == false,
        "is_registration_open": setup["is_registration_open"] != false,
    }))
}

/// The auth API's answer less the refresh token, which goes into the cookie.
fn answer(upstream: &Upstream, status: StatusCode, mut body: Value) -> Response {
    let refresh = body
        .as_object_mut()
        .and_then(|members| members.remove("refresh_token"));
    let mut response = (status, Json(body)).into_response();
    if let Some(token) = refresh.as_ref().and_then(Value::as_str) {
        set_cookie(&mut response, upstream, token, COOKIE_SECONDS);
    }
    response
}

fn set_cookie(response: &mut Response, upstream: &Upstream, token: &str, seconds: u32) {
    let secure = if upstream.is_secure { "; Secure" } else { "" };
    let cookie = format!(
        "{COOKIE_NAME}={token}; Path=/session; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}"
    );
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}

fn guard(headers: &HeaderMap) -> Result<(), ApiError> {
    if headers.contains_key(GUARD) {
        return Ok(());
    }
    Err(ApiError::forbidden(
        "this request does not come from the dashboard",
    ))
}

fn token(headers: &HeaderMap) -> Option<String> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, value)| *name == COOKIE_NAME && !value.is_empty())
        .map(|(_, value)| value.to_owned())
}
