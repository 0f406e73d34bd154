//! Trials of a running stack: faults under load with an independent count
//! afterwards (`chaos`), and what each microsecond buys (`bench`). They know
//! the stack only from outside: HTTP, process ids, and what `millrace` prints.

pub mod stack;

pub mod http;

pub mod duration;

pub mod events;

pub mod load;

pub mod verdict;

pub mod watch;

pub mod chaos;

pub mod bench;
