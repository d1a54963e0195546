//! The store on a real engine: one server for all tests that do not kill it, one database for each test.

mod arrivals;
mod coarse_places;
mod control;
mod dictionary;
mod erasing;
mod holding;
mod inserting;
mod publishing;
mod reading;
mod schema;
mod sealing;
mod shares;
mod support;
mod tls;
mod turns;
mod users;
mod verifying;
