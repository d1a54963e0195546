//! More beacons than can be taken: an open loop, at a rate whatever is answered, with one beacon at a time on each of many
//! connections. One thread, so that the crowd costs little beside what it crowds.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::load::{ANSWER_MAX, Beacon, Plan, Tally, answer};

/// How long it waits for answers before it looks for what is due.
const LOOK_EVERY: Duration = Duration::from_millis(2);
/// Where no rate is planned: more per second than anybody can answer.
const BUSY_PER_S: u64 = 1 << 40;
/// Events of one look.
const EVENTS: usize = 4_096;

/// A crowd, connected.
pub(crate) struct Crowd {
    poll: Poll,
    senders: Vec<Sender>,
    idle: VecDeque<usize>,
    address: SocketAddr,
    rate_per_s: u64,
    tally: Tally,
}

struct Sender {
    stream: TcpStream,
    beacon: Beacon,
    held: Vec<u8>,
    /// Since when a beacon is on its way.
    since: Option<Instant>,
}

impl Crowd {
    /// Connects.
    pub(crate) fn new(plan: Plan) -> Crowd {
        let files = getrlimit(Resource::Nofile);
        let raised = Rlimit {
            current: files.maximum,
            ..files
        };
        setrlimit(Resource::Nofile, raised).expect("as many files as allowed");
        let poll = Poll::new().expect("a poll");
        let sender = |number| Sender {
            stream: connect(&poll, plan.address, number),
            beacon: Beacon::new(plan.places, number),
            held: Vec::new(),
            since: None,
        };
        Crowd {
            senders: (0..plan.connections).map(sender).collect(),
            idle: (0..plan.connections).collect(),
            address: plan.address,
            rate_per_s: plan.rate_per_s.unwrap_or(BUSY_PER_S),
            tally: Tally::default(),
            poll,
        }
    }

    /// Sends for so long and waits for the last answers.
    pub(crate) fn run(mut self, duration: Duration) -> Tally {
        let mut events = Events::with_capacity(EVENTS);
        let (begun, mut given) = (Instant::now(), 0);
        while begun.elapsed() < duration {
            let due = (begun.elapsed().as_secs_f64() * self.rate_per_s as f64) as u64;
            self.send(due - given);
            given = due;
            self.receive(&mut events);
        }
        self.tally.took = begun.elapsed();
        let until = Instant::now() + ANSWER_MAX;
        while self.senders.iter().any(|sender| sender.since.is_some()) && Instant::now() < until {
            self.receive(&mut events);
        }
        let unanswered = self.senders.iter().filter(|sender| sender.since.is_some()).count();
        self.tally.unanswered += unanswered as u64;
        self.tally.sort();
        self.tally
    }

    /// Sends what is due; for what all connections are busy with it is never sent.
    fn send(&mut self, due: u64) {
        let now = Instant::now();
        for _ in 0..due.min(self.idle.len() as u64) {
            let Some(number) = self.idle.pop_front() else { return };
            let sender = &mut self.senders[number];
            let bytes = sender.beacon.next();
            // The service closes connections that are idle for long.
            if !sender.stream.write(bytes).is_ok_and(|written| written == bytes.len()) {
                self.open_again(number);
                continue;
            }
            sender.since = Some(now);
        }
    }

    fn open_again(&mut self, number: usize) {
        let sender = &mut self.senders[number];
        sender.held.clear();
        sender.stream = connect(&self.poll, self.address, number);
        self.idle.push_back(number);
    }

    /// Takes the answers that are there.
    fn receive(&mut self, events: &mut Events) {
        match self.poll.poll(events, Some(LOOK_EVERY)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return,
            polled => polled.expect("polled"),
        }
        for event in events.iter() {
            let Token(number) = event.token();
            let sender = &mut self.senders[number];
            let open = sender.read();
            if let Some((length, status)) = answer(&sender.held)
                && let Some(since) = sender.since.take()
            {
                sender.held.drain(..length);
                self.tally.note(status, since.elapsed());
                self.idle.push_back(number);
            }
            if !open && sender.since.take().is_some() {
                self.tally.unanswered += 1;
                self.open_again(number);
            }
        }
    }
}

fn connect(poll: &Poll, address: SocketAddr, number: usize) -> TcpStream {
    let stream = std::net::TcpStream::connect(address).expect("a connection");
    stream.set_nonblocking(true).expect("a socket");
    let mut stream = TcpStream::from_std(stream);
    let register = poll.registry().register(&mut stream, Token(number), Interest::READABLE);
    register.expect("registered");
    stream
}

impl Sender {
    /// Reads all there is; says whether there may be more later.
    fn read(&mut self) -> bool {
        let mut piece = [0; 2_048];
        loop {
            match self.stream.read(&mut piece) {
                Ok(0) => return false,
                Ok(read) => self.held.extend_from_slice(&piece[..read]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return true,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return false,
            }
        }
    }
}
