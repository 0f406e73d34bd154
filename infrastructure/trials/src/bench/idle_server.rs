//! The limit of capture: the same HTTP stack with a handler that does nothing.

use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::routing::post;

/// Serves `POST /capture` on a free loopback port, which it prints, until it
/// is killed.
///
/// # Errors
/// When there is no port.
pub async fn serve() -> Result<()> {
    let socket = tokio::net::TcpSocket::new_v4()?;
    socket.bind(([127, 0, 0, 1], 0).into())?;
    // As our services have it: room for all that connect at once.
    let listener = socket.listen(4_096)?;
    let port = listener.local_addr()?.port();
    #[expect(
        clippy::print_stdout,
        reason = "how the measuring process learns the port"
    )]
    {
        println!("{port}");
    }
    let answer = async |_: Bytes| {
        (
            StatusCode::ACCEPTED,
            "{\"status\":\"accepted\",\"accepted\":1,\"rejected\":[]}",
        )
    };
    Ok(axum::serve(listener, Router::new().route("/capture", post(answer))).await?)
}
