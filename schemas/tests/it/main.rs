//! The contract as data: schemas that examples are held against.

mod examples;
