//! The real binary on real parts: what a user would type, what is stored afterwards, and what must hold when it gets hard.

mod ack;
mod administering;
mod audit;
mod authority;
mod backup;
mod batches;
mod crowd;
mod damage;
mod encrypted;
mod erasing;
mod house;
mod installation;
mod load;
mod networks;
mod overload;
mod restoring;
mod rules;
mod sealing;
mod stopping;
mod tls;
mod trouble;
mod watching;
