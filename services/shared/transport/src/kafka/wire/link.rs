//! A connection to one broker: a question, then its answer.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout_at},
};

use super::protocol::number_of;

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(2);
/// No answer is longer: some 40 bytes a partition, and what a fetch asks for.
const ANSWER_MAX: usize = 16 << 20;

/// A connection unused for longer is not trusted: brokers close them after ten
/// minutes, and what lies between may forget them without a word.
const IDLE_MAX: Duration = Duration::from_secs(60);

/// A connection on which nothing is under way.
#[derive(Debug)]
pub(in crate::kafka) struct Link {
    stream: TcpStream,
    used_at: Instant,
}

/// What became of a question.
#[derive(Debug)]
pub(in crate::kafka) enum Exchange {
    /// The answer without its length, and the connection for the next one.
    Answered(Vec<u8>, Link),
    /// No answer, and the connection is gone.
    Lost {
        /// Whether the question may have reached the broker.
        maybe_asked: bool,
        reason: io::Error,
    },
}

/// Asks the broker at `address` over `link`, or over a new connection.
pub(in crate::kafka) async fn ask(
    link: Option<Link>,
    address: &(String, u16),
    question: &[u8],
    deadline: Instant,
) -> Exchange {
    let lost = |maybe_asked| {
        move |reason| Exchange::Lost {
            maybe_asked,
            reason,
        }
    };
    let mut stream = match link.filter(|link| link.used_at.elapsed() < IDLE_MAX) {
        Some(link) => link.stream,
        None => match connect(address, deadline).await {
            Ok(stream) => stream,
            Err(reason) => return lost(false)(reason),
        },
    };
    match timeout_at(deadline, exchange(&mut stream, question)).await {
        Ok(Ok(answer)) => {
            let used_at = Instant::now();
            Exchange::Answered(answer, Link { stream, used_at })
        }
        Ok(Err(reason)) => lost(true)(reason),
        Err(_elapsed) => lost(true)(io::ErrorKind::TimedOut.into()),
    }
}

async fn connect(address: &(String, u16), deadline: Instant) -> io::Result<TcpStream> {
    let deadline = deadline.min(Instant::now() + CONNECT);
    let connected = timeout_at(
        deadline,
        TcpStream::connect((address.0.as_str(), address.1)),
    )
    .await;
    let stream = connected.map_err(|_elapsed| io::ErrorKind::TimedOut)??;
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn exchange(stream: &mut TcpStream, question: &[u8]) -> io::Result<Vec<u8>> {
    stream.write_all(question).await?;
    let mut answer = Vec::with_capacity(1024);
    let mut length = None;
    loop {
        if stream.read_buf(&mut answer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if length.is_none()
            && let Some(head) = answer.first_chunk::<4>()
        {
            let announced = u32::from_be_bytes(*head) as usize;
            if !(4..=ANSWER_MAX).contains(&announced) {
                return Err(io::ErrorKind::InvalidData.into());
            }
            length = Some(announced + 4);
            answer.reserve_exact((announced + 4).saturating_sub(answer.len()));
        }
        if length.is_some_and(|length| answer.len() >= length) {
            break;
        }
    }
    // One question at a time: the answer is the whole of what came, and has the
    // question's number.
    let is_whole = length == Some(answer.len());
    if !is_whole || answer.get(4..8) != number_of(question) {
        return Err(io::ErrorKind::InvalidData.into());
    }
    answer.drain(..4);
    Ok(answer)
}
