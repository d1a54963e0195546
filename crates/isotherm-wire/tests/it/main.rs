//! The formats at the edges: what they take, what they refuse, and that nothing is lost between.

mod beacon;
mod record;
