//! `isotherm doctor`: what is wrong with this installation, in words.

mod page;
mod policy;

use std::process::ExitCode;
use std::time::Duration;

use isotherm_core::control::ControlStore;
use isotherm_core::ports::Clock;
use isotherm_core::{Day, Site};
use isotherm_engine::assets;
use isotherm_service::clock::SystemClock;
use isotherm_service::tls::Certificate;
use isotherm_store_clickhouse::{ClickHouseControl, check};
use serde_json::json;

use self::page::{Page, origin_of_url};
use super::output;
use crate::arguments::DoctorArguments;
use crate::calendar;
use crate::https;
use crate::installation::Installation;

/// Longest wait for a page or a service.
const ASK_TIMEOUT: Duration = Duration::from_secs(10);
/// Seconds of a day.
const DAY_S: u64 = 24 * 60 * 60;
/// A certificate that runs out within this time is a finding, seconds: 14 days.
const RENEW_WITHIN_S: u64 = 14 * DAY_S;

/// What a finding is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Good,
    /// It works, and could be safer.
    Advice,
    Wrong,
}

/// Findings, good and bad.
#[derive(Default)]
struct Findings(Vec<(Kind, String)>);

/// Looks at everything it can reach; exit code 1 if anything is wrong.
pub(crate) async fn run(arguments: DoctorArguments) -> anyhow::Result<ExitCode> {
    let installation = Installation::find(&arguments.control.place)?;
    let mut findings = Findings::default();
    findings.good(format!("data directory: {}", installation.data_dir.display()));
    look_at_assets(&installation, &mut findings);
    look_at_certificates(&installation, &mut findings);
    look_at_service(&installation, &mut findings).await;
    look_at_store(&installation, &mut findings).await;
    if let Some(url) = &arguments.url {
        look_at_page(url, &installation, &mut findings).await;
    }
    let wrong = findings.0.iter().filter(|(kind, _)| *kind == Kind::Wrong).count();
    if arguments.control.json {
        let rows: Vec<_> = findings
            .0
            .iter()
            .map(|(kind, text)| json!({"good": *kind != Kind::Wrong, "advice": *kind == Kind::Advice, "text": text}))
            .collect();
        output::json(&rows)?;
    } else {
        for (kind, text) in &findings.0 {
            output::line(format!("{} {text}", kind.word()));
        }
    }
    Ok(if wrong == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

impl Kind {
    /// What a line begins with.
    const fn word(self) -> &'static str {
        match self {
            Kind::Good => "ok   ",
            Kind::Advice => "safer",
            Kind::Wrong => "WRONG",
        }
    }
}

impl Findings {
    fn good(&mut self, text: impl Into<String>) {
        self.0.push((Kind::Good, text.into()));
    }

    fn wrong(&mut self, text: impl Into<String>) {
        self.0.push((Kind::Wrong, text.into()));
    }

    fn add<T>(&mut self, what: &str, result: Result<T, impl std::fmt::Display>) -> Option<T> {
        match result {
            Ok(value) => {
                self.good(what);
                Some(value)
            }
            Err(error) => {
                self.wrong(format!("{what}: {error}"));
                None
            }
        }
    }
}

fn look_at_assets(installation: &Installation, findings: &mut Findings) {
    if installation.config.clickhouse.store().is_none() {
        findings.add("embedded engine's library", assets::find("libchdb.so"));
    }
    if let Some(path) = findings.add("country file is found", installation.country_file()) {
        findings.add("country file can be read", isotherm_geo::Countries::open(&path));
    }
}

/// Whether what the listeners show holds, for long enough, and for the name that browsers ask for.
fn look_at_certificates(installation: &Installation, findings: &mut Findings) {
    let config = &installation.config;
    for (section, _, tls) in config.all_tls() {
        let Some(files) = tls.files() else {
            continue;
        };
        let path = files.cert_path.display();
        let certificate = match Certificate::read(&files) {
            Ok(certificate) => certificate,
            Err(error) => {
                findings.wrong(format!("[{section}] certificate: {error}"));
                continue;
            }
        };
        let (from, until) = certificate.holds_s();
        let now = SystemClock.unix_ms() / 1_000;
        match until.checked_sub(now) {
            None => findings.wrong(format!("the certificate {path} has run out on {}", date(until))),
            Some(_) if now < from => findings.wrong(format!("the certificate {path} holds from {} on", date(from))),
            Some(left) if left < RENEW_WITHIN_S => {
                findings.wrong(format!("the certificate {path} runs out on {}: renew it", date(until)));
            }
            Some(_) => findings.good(format!("the certificate {path} holds until {}", date(until))),
        }
        let host = config
            .public
            .url
            .as_deref()
            .and_then(host_of)
            .filter(|_| section != "ops");
        if let Some(host) = host.filter(|host| !certificate.is_for(host)) {
            findings.wrong(format!(
                "the certificate {path} is not made out to {host}, which [public] url names"
            ));
        }
    }
}

/// The host of a URL, without its port.
fn host_of(url: &str) -> Option<&str> {
    let authority = url.split_once("://")?.1.split('/').next()?;
    if let Some(v6) = authority.strip_prefix('[') {
        return v6.split(']').next();
    }
    authority.split(':').next()
}

/// The day of a second since 1970.
fn date(second: u64) -> String {
    // What holds longer than days can be counted is called as long as they can.
    calendar::text(Day(u16::try_from(second / DAY_S).unwrap_or(u16::MAX)))
}

async fn look_at_service(installation: &Installation, findings: &mut Findings) {
    let Some(run) = installation.run() else {
        findings.wrong("no service runs on this data directory: start `isotherm up`");
        return;
    };
    findings.good(format!("service runs as process {} on {}", run.pid, run.listen));
    match https::ask_service(&run, "GET", "/readyz", ASK_TIMEOUT).await {
        Ok(answer) if answer.status == 403 => findings.wrong(
            "the operations listener refuses this machine: add its address, such as 127.0.0.1, to [ops] allow_ip, or control \
             commands do not hold at once",
        ),
        Ok(answer) => answer.text.lines().for_each(|line| match line {
            "ready" => findings.good("service is ready"),
            line => findings.wrong(line),
        }),
        Err(_) => findings.wrong("service does not answer on its operations listener: see its log"),
    }
}

async fn look_at_store(installation: &Installation, findings: &mut Findings) {
    if installation.config.clickhouse.store().is_none() && installation.run().is_none() {
        return;
    }
    let checked = async {
        let store = installation.open_store().await?;
        let checked = check(&store.settings).await;
        store.close().await;
        anyhow::Ok(checked?)
    };
    if let Some(differences) = findings.add("store answers", checked.await) {
        for difference in differences {
            let kind = if difference.is_advice() {
                Kind::Advice
            } else {
                Kind::Wrong
            };
            findings.0.push((kind, format!("store: {difference}")));
        }
    }
}

async fn look_at_page(url: &str, installation: &Installation, findings: &mut Findings) {
    let Some(origin) = origin_of_url(url) else {
        findings.wrong("--url is no address of a page: it begins with https:// or http://");
        return;
    };
    match https::get(url, ASK_TIMEOUT).await {
        Ok(answer) if (300..400).contains(&answer.status) => {
            findings.wrong("the page leads to another address: name that one");
        }
        Ok(answer) if answer.is_good() => {
            let sites = sites(installation).await;
            let page = Page {
                origin,
                text: &answer.text,
                policies: &answer.policies,
                service: &installation.public_url(),
                sites: sites.as_deref(),
            };
            page.look(findings);
        }
        _ => findings.wrong("the page cannot be fetched: is its address right, and does it answer?"),
    }
}

/// The sites that the service knows. That the store cannot be asked is a finding of its own.
async fn sites(installation: &Installation) -> Option<Vec<Site>> {
    if installation.config.clickhouse.store().is_none() && installation.run().is_none() {
        return None;
    }
    let store = installation.open_store().await.ok()?;
    let sites = ClickHouseControl::new(&store.settings).sites().await;
    store.close().await;
    sites.ok()
}
