//! The listener: room for a crowd at the door, bounded connections, no patience for slow heads, and an end
//! that lets answers in hand go out.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::extract::{ConnectInfo, Request};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use hyper::body::Incoming;
use hyper::rt::Sleep;
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::{Service, ServiceExt};

use super::ApiError;
use crate::Timeouts;
use crate::config::HttpConfig;
use crate::timeouts::Timer;

/// Connections that may wait to be accepted, as far as the kernel allows it
/// (`net.core.somaxconn`). The runtime's own listener has room for 128: of
/// clients that all come back after a restart the others try again a second
/// later.
const BACKLOG: u32 = 4_096;

/// Listens on `address`.
///
/// # Errors
/// When the address cannot be had.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A restart finds connections of the process before it that are not over.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves `service`, mostly a router, on `listener` until `shutdown`, then until
/// the requests in hand are answered. Handlers find the peer's address in
/// `ConnectInfo<SocketAddr>`.
///
/// # Errors
/// None once it is listening: a failed accept is logged and tried again.
pub async fn serve<S>(
    listener: TcpListener,
    service: S,
    config: HttpConfig,
    shutdown: CancellationToken,
) -> io::Result<()>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let connections = Arc::new(Semaphore::new(config.connections_max));
    let open = TaskTracker::new();
    // HTTP/1.1 only: telling it from HTTP/2 waits for the first bytes without
    // a limit, so a client that sends nothing would hold its connection.
    let mut builder = Builder::new();
    let heads = HeadTimers(Arc::new(Timeouts::new(config.header_timeout)));
    builder
        // Head and body in one piece: most answers are short, and a list of
        // pieces costs the kernel more than copying them together costs us.
        .writev(false)
        .timer(heads)
        .header_read_timeout(config.header_timeout);
    let timeouts = Arc::new(Timeouts::new(config.request_timeout));
    let end = Arc::new(End::default());
    loop {
        let permit = tokio::select! {
            permit = Arc::clone(&connections).acquire_owned() => permit,
            () = shutdown.cancelled() => break,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.cancelled() => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of descriptors, mostly: let some connections end first.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "cannot set TCP_NODELAY");
        }
        let service = service.clone();
        let timeouts = Arc::clone(&timeouts);
        let answering = service_fn(move |request: Request<Incoming>| {
            answer(service.clone(), request, peer, Arc::clone(&timeouts))
        });
        let connection = builder
            .serve_connection(TokioIo::new(stream), answering)
            .with_upgrades();
        let end = Arc::clone(&end);
        open.spawn(async move {
            let mut connection = pin!(connection);
            let mut told = pin!(end.told.cancelled());
            let (mut waits, mut is_told) = (false, false);
            let ended = poll_fn(|context| {
                // Its waker is the task's, which stays the same: it waits once.
                let looks = !is_told && (!waits || end.has_come.load(Ordering::Acquire));
                waits = true;
                if looks && told.as_mut().poll(context).is_ready() {
                    is_told = true;
                    connection.as_mut().graceful_shutdown();
                }
                connection.as_mut().poll(context)
            });
            if let Err(error) = ended.await {
                tracing::debug!(%error, "connection ended");
            }
            drop(permit);
        });
    }
    drop(listener);
    end.tell();
    open.close();
    open.wait().await;
    Ok(())
}

/// The end of serving. A connection is polled several times a request, and to
/// ask the token takes locks that all of them share: so a flag says when to.
#[derive(Debug, Default)]
struct End {
    has_come: AtomicBool,
    told: CancellationToken,
}

impl End {
    fn tell(&self) {
        // Before anyone is woken, who looks here then.
        self.has_come.store(true, Ordering::Release);
        self.told.cancel();
    }
}

async fn answer<S>(
    service: S,
    mut request: Request<Incoming>,
    peer: SocketAddr,
    timeouts: Arc<Timeouts>,
) -> Result<Response, Infallible>
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    request.extensions_mut().insert(ConnectInfo(peer));
    let answered = timeouts.limit(service.oneshot(request.map(axum::body::Body::new)));
    answered.await.unwrap_or_else(|_elapsed| {
        let error = ApiError::new(
            StatusCode::GATEWAY_TIMEOUT,
            "timed_out",
            "the request took too long",
        );
        Ok(error.into_response())
    })
}

/// The timers that hyper limits the reading of heads with.
struct HeadTimers(Arc<Timeouts>);

impl hyper::rt::Timer for HeadTimers {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(Timer::new(Arc::clone(&self.0), Some(deadline.into())))
    }

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into()
    }
}

impl Sleep for Timer<Arc<Timeouts>> {}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;
    use tokio::sync::Notify;
    use tokio::time::timeout;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn at_the_end_connections_answer_what_they_have_in_hand_and_no_more() {
        let listener = listen(([127, 0, 0, 1], 0).into()).unwrap();
        let address = listener.local_addr().unwrap();
        let (asked, answers) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let slow = {
            let (asked, answers) = (Arc::clone(&asked), Arc::clone(&answers));
            tower::service_fn(move |request: Request| {
                let (asked, answers) = (Arc::clone(&asked), Arc::clone(&answers));
                async move {
                    if request.uri().path() == "/slow" {
                        asked.notify_one();
                        answers.notified().await;
                    }
                    Ok(StatusCode::OK.into_response())
                }
            })
        };
        let shutdown = CancellationToken::new();
        let serving = tokio::spawn(serve(
            listener,
            slow,
            HttpConfig::default(),
            shutdown.clone(),
        ));
        let connect = async |path: &str| {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let request = format!("GET {path} HTTP/1.1\r\nhost: here\r\n\r\n");
            stream.write_all(request.as_bytes()).await.unwrap();
            stream
        };
        let mut idle = connect("/").await;
        let mut head = [0; 15];
        idle.read_exact(&mut head).await.unwrap();
        assert_eq!(&head, b"HTTP/1.1 200 OK");
        let mut busy = connect("/slow").await;
        asked.notified().await;

        shutdown.cancel();
        let mut rest = Vec::new();
        let ended = timeout(PATIENCE, idle.read_to_end(&mut rest)).await;
        assert!(ended.is_ok(), "the idle connection is closed");
        assert!(!serving.is_finished(), "one request is in hand");
        answers.notify_one();
        let mut answer = String::new();
        let answered = timeout(PATIENCE, busy.read_to_string(&mut answer)).await;
        answered.unwrap().unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        timeout(PATIENCE, serving).await.unwrap().unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_crowd_is_let_in_before_anybody_accepts() {
        let allowed = std::fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap();
        let crowd = allowed.trim().parse::<usize>().unwrap().min(500);
        let listener = listen(([127, 0, 0, 1], 0).into()).unwrap();
        let address = listener.local_addr().unwrap();
        let mut connected = Vec::new();
        for number in 0..crowd {
            let connecting = timeout(Duration::from_secs(60), TcpStream::connect(address));
            let stream = connecting.await.unwrap_or_else(|_| panic!("the {number}."));
            connected.push(stream.unwrap());
        }
    }
}
