//! In-database tests: each file mounts the pgrx test schema `tests`.

mod aggregates;
mod memory;
mod models;
