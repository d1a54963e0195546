//! The example shop as it is served, and its visitors as they are sent.

mod layers;
mod layout;
mod sending;
mod shop;
mod visitors;
