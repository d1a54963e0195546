//! The real engine, started, killed and asked. The files of `scripts/assets.sh` must be there.

mod access;
mod common;
mod life;
