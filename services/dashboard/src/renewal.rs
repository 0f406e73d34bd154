//! New tokens for a session, once for all who ask for them with the same cookie.
//!
//! A refresh token is good once, and its second use ends the session: that is
//! how a stolen one is found out. Browsers use one twice without any thief: two
//! tabs renew at the same moment, or a page is left before the answer with the
//! new cookie has arrived. So what a token was exchanged for is remembered for a
//! moment, and whoever comes with it again goes on where the first one is.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use http::StatusCode;
use serde_json::Value;
use service_kit::http::ApiError;

/// So long the answer to the first serves all others with the same token.
const SHARED: Duration = Duration::from_secs(5);
/// Whoever comes later with a used token is taken for a thief by the auth API.
const REMEMBERED: Duration = Duration::from_secs(60);

/// Status and body of the auth API's answer.
type Answer = Result<(StatusCode, Value), ApiError>;

/// What a refresh token was exchanged for.
struct Exchanged {
    at: Instant,
    answer: Value,
    refresh_token: String,
}

/// One token; locked while it is exchanged.
struct Slot {
    begun: Instant,
    exchanged: tokio::sync::Mutex<Option<Exchanged>>,
}

/// The exchanges of the last minute, by the token that was given.
#[derive(Clone)]
pub(crate) struct Renewals {
    slots: Arc<Mutex<HashMap<String, Arc<Slot>>>>,
    shared: Duration,
    remembered: Duration,
}

impl Default for Renewals {
    fn default() -> Self {
        Self::lasting(SHARED, REMEMBERED)
    }
}

impl fmt::Debug for Renewals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renewals").finish_non_exhaustive()
    }
}

impl Renewals {
    fn lasting(shared: Duration, remembered: Duration) -> Self {
        let slots = Arc::default();
        Self {
            slots,
            shared,
            remembered,
        }
    }

    /// Exchanges the token by `ask`, or that which it was exchanged for already.
    /// Goes on when the page that wants it leaves, so that no new token is lost.
    pub(crate) async fn exchange<A, F>(&self, token: String, ask: A) -> Answer
    where
        A: Fn(String) -> F + Send + Sync + 'static,
        F: Future<Output = Answer> + Send,
    {
        let all = self.clone();
        let task = tokio::spawn(async move { all.follow(token, ask).await });
        task.await.map_err(|error| ApiError::internal(&error))?
    }

    async fn follow<A, F>(&self, mut token: String, ask: A) -> Answer
    where
        A: Fn(String) -> F,
        F: Future<Output = Answer>,
    {
        loop {
            let slot = self.slot(&token);
            let mut exchanged = slot.exchanged.lock().await;
            match exchanged.as_ref() {
                None => {
                    let (status, answer) = ask(token).await?;
                    *exchanged = Exchanged::of(status, &answer);
                    return Ok((status, answer));
                }
                Some(before) if before.at.elapsed() < self.shared => {
                    return Ok((StatusCode::OK, before.answer.clone()));
                }
                Some(before) => token.clone_from(&before.refresh_token),
            }
        }
    }

    /// The session of the token is over: nobody gets it by an older one.
    pub(crate) fn forget(&self, token: &str) {
        self.lock().retain(|given, slot| {
            let leads_there = slot.exchanged.try_lock().is_ok_and(|exchanged| {
                exchanged
                    .as_ref()
                    .is_some_and(|to| to.refresh_token == token)
            });
            given != token && !leads_there
        });
    }

    fn slot(&self, token: &str) -> Arc<Slot> {
        let mut slots = self.lock();
        slots.retain(|_, slot| slot.begun.elapsed() < self.remembered);
        let slot = slots.entry(token.to_owned()).or_insert_with(|| {
            Arc::new(Slot {
                begun: Instant::now(),
                exchanged: tokio::sync::Mutex::default(),
            })
        });
        Arc::clone(slot)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Slot>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Exchanged {
    /// `None` unless the answer holds a new refresh token.
    fn of(status: StatusCode, answer: &Value) -> Option<Self> {
        let refresh_token = answer["refresh_token"].as_str()?;
        status.is_success().then(|| Self {
            at: Instant::now(),
            answer: answer.clone(),
            refresh_token: refresh_token.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::Semaphore;

    /// An auth API that gives `a1` for `a`, `a11` for `a1`, each once, while its gate is open.
    #[derive(Clone)]
    struct Auth {
        used: Arc<Mutex<Vec<String>>>,
        waiting: Arc<Semaphore>,
        gate: Arc<Semaphore>,
    }

    impl Auth {
        fn open() -> Self {
            Self {
                used: Arc::default(),
                waiting: Arc::new(Semaphore::new(0)),
                gate: Arc::new(Semaphore::new(100)),
            }
        }

        async fn answer(self, token: String) -> Answer {
            self.waiting.add_permits(1);
            self.gate.acquire().await.unwrap().forget();
            let mut used = self.used.lock().unwrap();
            if used.contains(&token) {
                return Ok((StatusCode::UNAUTHORIZED, json!({"detail": "used"})));
            }
            used.push(token.clone());
            Ok((
                StatusCode::OK,
                json!({"refresh_token": format!("{token}1")}),
            ))
        }

        /// The new refresh token; empty when there is none.
        async fn renew(&self, all: &Renewals, token: &str) -> String {
            let auth = self.clone();
            let answer = all.exchange(token.to_owned(), move |token| auth.clone().answer(token));
            let (status, body) = answer.await.unwrap();
            assert_eq!(status.is_success(), body["refresh_token"].is_string());
            body["refresh_token"].as_str().unwrap_or("").to_owned()
        }
    }

    #[tokio::test]
    async fn tabs_that_renew_at_once_share_one_exchange() {
        let (auth, all) = (Auth::open(), Renewals::default());
        let (one, two) = tokio::join!(auth.renew(&all, "a"), auth.renew(&all, "a"));
        assert_eq!((one.as_str(), two.as_str()), ("a1", "a1"));
        assert_eq!(*auth.used.lock().unwrap(), ["a"]);
    }

    #[tokio::test]
    async fn a_used_token_leads_on_to_the_newest_while_it_is_remembered() {
        let (auth, all) = (
            Auth::open(),
            Renewals::lasting(Duration::ZERO, Duration::MAX),
        );
        assert_eq!(auth.renew(&all, "a").await, "a1");
        assert_eq!(auth.renew(&all, "a").await, "a11");
        assert_eq!(auth.renew(&all, "a").await, "a111");
        assert_eq!(auth.renew(&all, "a11").await, "a1111");
    }

    #[tokio::test]
    async fn later_it_is_the_auth_api_that_judges() {
        let (auth, all) = (
            Auth::open(),
            Renewals::lasting(Duration::MAX, Duration::ZERO),
        );
        assert_eq!(auth.renew(&all, "a").await, "a1");
        assert_eq!(auth.renew(&all, "a").await, "");
    }

    #[tokio::test]
    async fn an_exchange_goes_on_when_its_page_has_left() {
        let (auth, all) = (Auth::open(), Renewals::default());
        auth.gate.forget_permits(100);
        tokio::select! {
            _ = auth.renew(&all, "a") => panic!("the gate is closed"),
            _ = auth.waiting.acquire() => {}
        }
        auth.gate.add_permits(1);
        assert_eq!(auth.renew(&all, "a").await, "a1");
        assert_eq!(*auth.used.lock().unwrap(), ["a"]);
    }

    #[tokio::test]
    async fn a_session_that_was_signed_out_is_not_reached_by_an_older_token() {
        let (auth, all) = (Auth::open(), Renewals::default());
        assert_eq!(auth.renew(&all, "a").await, "a1");
        all.forget("a1");
        assert_eq!(auth.renew(&all, "a").await, "");
    }

    #[tokio::test]
    async fn a_failure_is_no_answer_for_the_next_one() {
        let (asked, all) = (Arc::new(AtomicUsize::new(0)), Renewals::default());
        for _ in 0..2 {
            let asked = Arc::clone(&asked);
            let answer = all.exchange("a".to_owned(), move |_| {
                asked.fetch_add(1, Ordering::Relaxed);
                async { Err(ApiError::unavailable("away")) }
            });
            assert!(answer.await.is_err());
        }
        assert_eq!(asked.load(Ordering::Relaxed), 2);
    }
}
