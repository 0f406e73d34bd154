//! Bodies that may come in more than one form.

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use service_kit::http::{ApiError, FieldError, ValidatedJson};
use validator::Validate;

/// A JSON body that may be left away: then it is `{}`.
#[derive(Clone, Copy, Debug)]
pub struct OptionalJson<T>(pub T);

impl<T: DeserializeOwned + Validate, S: Send + Sync> FromRequest<S> for OptionalJson<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let body = read(request, state).await?;
        let body = if body.trim_ascii().is_empty() {
            Bytes::from_static(b"{}")
        } else {
            body
        };
        let request = Request::new(Body::from(body));
        let ValidatedJson(value) = ValidatedJson::from_request(request, state).await?;
        Ok(Self(value))
    }
}

/// Address and password, as a form (`username`, `password`) or as JSON (which
/// may say `email`).
#[derive(Debug)]
pub struct LoginBody {
    /// What was typed as the address.
    pub username: String,
    /// What was typed as the password.
    pub password: SecretString,
}

#[derive(Deserialize)]
struct Fields {
    #[serde(alias = "email")]
    username: Option<String>,
    password: Option<String>,
}

impl<S: Send + Sync> FromRequest<S> for LoginBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let kind = request
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let is_form = kind
            .to_ascii_lowercase()
            .starts_with("application/x-www-form-urlencoded");
        let body = read(request, state).await?;
        // Some clients label JSON as a form; no form begins with a brace.
        let fields = if is_form && !body.trim_ascii_start().starts_with(b"{") {
            form(&body)
        } else {
            json(&body)?
        };
        Self::from_fields(fields)
    }
}

impl LoginBody {
    fn from_fields(fields: Fields) -> Result<Self, ApiError> {
        let missing = |name: &str| FieldError::at(name, "required", "is required");
        match (fields.username, fields.password) {
            (Some(username), Some(password)) => Ok(Self {
                username,
                password: password.into(),
            }),
            (username, password) => Err(ApiError::invalid(
                [
                    ("username", username.is_none()),
                    ("password", password.is_none()),
                ]
                .into_iter()
                .filter(|(_, is_missing)| *is_missing)
                .map(|(name, _)| missing(name))
                .collect(),
            )),
        }
    }
}

fn form(body: &[u8]) -> Fields {
    let value = |names: &[&str]| {
        form_urlencoded::parse(body)
            .find(|(name, _)| names.contains(&name.as_ref()))
            .map(|(_, value)| value.into_owned())
    };
    Fields {
        username: value(&["username", "email"]),
        password: value(&["password"]),
    }
}

fn json(body: &[u8]) -> Result<Fields, ApiError> {
    serde_json::from_slice(body).map_err(|error| {
        if error.is_data() {
            ApiError::invalid(vec![FieldError::at("", "invalid", error.to_string())])
        } else {
            ApiError::bad_request("invalid_json", format!("the body is not JSON: {error}"))
        }
    })
}

async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, ApiError> {
    Bytes::from_request(request, state)
        .await
        .map_err(|rejection| {
            ApiError::new(rejection.status(), "body_unreadable", rejection.body_text())
        })
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    async fn login(kind: &str, body: &'static str) -> Result<(String, String), ApiError> {
        let request = Request::builder()
            .header(CONTENT_TYPE, kind)
            .body(Body::from(body))
            .unwrap();
        let login = LoginBody::from_request(request, &()).await?;
        Ok((login.username, login.password.expose_secret().to_owned()))
    }

    #[tokio::test]
    async fn a_login_is_a_form_or_json() {
        let expected = ("ada@example.com".to_owned(), "a b+c".to_owned());
        let form = "application/x-www-form-urlencoded; charset=utf-8";
        for (kind, body) in [
            (
                form,
                "grant_type=password&username=ada%40example.com&password=a+b%2Bc",
            ),
            (
                "application/json",
                r#"{"username":"ada@example.com","password":"a b+c","scope":""}"#,
            ),
            (
                "text/plain",
                r#"{"email":"ada@example.com","password":"a b+c"}"#,
            ),
            (
                form,
                r#" {"username":"ada@example.com","password":"a b+c"}"#,
            ),
        ] {
            assert_eq!(login(kind, body).await.unwrap(), expected, "{kind} {body}");
        }
    }

    #[tokio::test]
    async fn what_is_missing_is_named() {
        let paths = |error: ApiError| {
            error
                .errors
                .into_iter()
                .filter_map(|fault| fault.path)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            paths(login("application/json", "{}").await.unwrap_err()),
            ["username", "password"]
        );
        assert_eq!(
            paths(
                login("application/x-www-form-urlencoded", "username=a")
                    .await
                    .unwrap_err()
            ),
            ["password"]
        );
        assert_eq!(
            login("application/json", "{").await.unwrap_err().code,
            "invalid_json"
        );
        assert_eq!(
            login("application/json", r#"{"username":1}"#)
                .await
                .unwrap_err()
                .code,
            "invalid_request"
        );
    }
}
