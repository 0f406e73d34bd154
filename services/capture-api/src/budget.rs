//! How much memory all requests together may hold. What is being read or
//! unpacked counts, and what waits for the transport; when there is no room
//! the answer is an early 503, never a growing buffer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A bound on bytes that many requests share.
#[derive(Clone, Debug)]
pub struct Budget {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    bytes_max: usize,
    used: AtomicUsize,
}

/// There is no room for more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the service holds as many bytes in flight as it may")]
pub struct Overloaded;

impl Budget {
    /// A budget of `bytes_max`.
    #[must_use]
    pub fn new(bytes_max: usize) -> Self {
        Self {
            shared: Arc::new(Shared {
                bytes_max,
                used: AtomicUsize::new(0),
            }),
        }
    }

    /// Bytes taken now.
    #[must_use]
    pub fn used(&self) -> usize {
        self.shared.used.load(Ordering::Relaxed)
    }

    /// An empty share for one request; dropping it gives everything back.
    #[must_use]
    pub fn reservation(&self) -> Reservation {
        Reservation {
            shared: Arc::clone(&self.shared),
            bytes: 0,
        }
    }
}

/// What one request holds.
#[derive(Debug)]
pub struct Reservation {
    shared: Arc<Shared>,
    bytes: usize,
}

impl Reservation {
    /// Takes `bytes` more.
    ///
    /// # Errors
    /// [`Overloaded`] when they are not there; nothing is taken then.
    pub fn grow(&mut self, bytes: usize) -> Result<(), Overloaded> {
        let before = self.shared.used.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) > self.shared.bytes_max {
            self.shared.used.fetch_sub(bytes, Ordering::Relaxed);
            return Err(Overloaded);
        }
        self.bytes += bytes;
        Ok(())
    }

    /// Gives `bytes` back.
    pub fn shrink(&mut self, bytes: usize) {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        self.shared.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.shared.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dropped_is_free_again() {
        let budget = Budget::new(100);
        let mut one = budget.reservation();
        let mut two = budget.reservation();
        one.grow(60).unwrap();
        assert_eq!(two.grow(41), Err(Overloaded));
        two.grow(40).unwrap();
        one.shrink(10);
        assert_eq!(budget.used(), 90);
        drop(one);
        assert_eq!(budget.used(), 40);
        two.grow(60).unwrap();
    }
}
