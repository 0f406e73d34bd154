//! A disk that takes no more.
//!
//! The library drops the error of a refused `write`, where a ClickHouse server throws it: it goes
//! on, commits a part whose files are empty or cut off, and says that its rows are stored. Such a
//! part is recognised when the engine starts: it is set aside, and the parts that it was merged
//! from are taken again. So a process with a refused write must not answer for anything any more.
//! It ends at once, as in a crash, and comes back when there is room.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use super::{Connection, EngineError};

/// What must fit on the disk before the engine is started.
const ROOM_BYTES: usize = 1 << 20;

const REFUSED_WRITES: &str = "SELECT sum(value) FROM system.events \
    WHERE event = 'WriteBufferFromFileDescriptorWriteFailed'";

/// How many writes the disk has refused to this process, inserts, merges and all.
pub(super) fn refused_writes(connection: &mut Connection) -> Result<u64, EngineError> {
    let answer = connection.execute(REFUSED_WRITES.as_bytes(), "TSV", &[])?;
    let count = String::from_utf8_lossy(answer.as_ref());
    count
        .trim()
        .parse()
        .map_err(|_| EngineError::new(1001, "STD_EXCEPTION", "refused writes are not counted"))
}

/// Why the disk of `folder` has no room for an engine to start, if that is so. Other obstacles
/// are left for the start itself to name.
#[must_use]
pub fn without_room(folder: &Path) -> Option<std::io::Error> {
    let path = folder.join("room");
    let written = std::fs::create_dir_all(folder)
        .and_then(|()| File::create(&path)?.write_all(&vec![0; ROOM_BYTES]));
    // It is not there when it could not be made.
    let _ = std::fs::remove_file(&path);
    written.err().filter(|error| {
        matches!(
            error.kind(),
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge
        )
    })
}
