//! `isotherm doctor`: what is wrong with this installation, in words.

use std::process::ExitCode;
use std::time::Duration;

use isotherm_engine::assets;
use isotherm_store_clickhouse::check;
use serde_json::json;

use super::output;
use crate::arguments::DoctorArguments;
use crate::installation::Installation;

/// Longest wait for a page or a service.
const ASK_TIMEOUT: Duration = Duration::from_secs(10);

/// Findings, good and bad.
#[derive(Default)]
struct Findings(Vec<(bool, String)>);

/// Looks at everything it can reach; exit code 1 if anything is wrong.
pub(crate) async fn run(arguments: DoctorArguments) -> anyhow::Result<ExitCode> {
    let installation = Installation::find(&arguments.control.place)?;
    let mut findings = Findings::default();
    findings.good(format!("data directory: {}", installation.data_dir.display()));
    look_at_assets(&installation, &mut findings);
    look_at_service(&installation, &mut findings).await;
    look_at_store(&installation, &mut findings).await;
    if let Some(url) = &arguments.url {
        look_at_page(url, &installation, &mut findings).await;
    }
    let wrong = findings.0.iter().filter(|(good, _)| !good).count();
    if arguments.control.json {
        let rows: Vec<_> = findings
            .0
            .iter()
            .map(|(good, text)| json!({"good": good, "text": text}))
            .collect();
        output::json(&rows)?;
    } else {
        for (good, text) in &findings.0 {
            output::line(format!("{} {text}", if *good { "ok   " } else { "WRONG" }));
        }
    }
    Ok(if wrong == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

impl Findings {
    fn good(&mut self, text: impl Into<String>) {
        self.0.push((true, text.into()));
    }

    fn wrong(&mut self, text: impl Into<String>) {
        self.0.push((false, text.into()));
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

async fn look_at_service(installation: &Installation, findings: &mut Findings) {
    let Some(run) = installation.run() else {
        findings.wrong("no service runs on this data directory: start `isotherm up`");
        return;
    };
    findings.good(format!("service runs as process {} on {}", run.pid, run.listen));
    let ready = async {
        let client = reqwest::Client::builder().timeout(ASK_TIMEOUT).build()?;
        client
            .get(format!("http://{}/readyz", run.ops))
            .send()
            .await?
            .text()
            .await
    };
    match ready.await {
        Ok(text) => text.lines().for_each(|line| match line {
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
            findings.wrong(format!("store: {difference}"));
        }
    }
}

async fn look_at_page(url: &str, installation: &Installation, findings: &mut Findings) {
    if url.starts_with("https://") {
        findings.wrong("pages over https cannot be looked at by this build: open the page and look for the script tag");
        return;
    }
    let page = async {
        let client = reqwest::Client::builder().timeout(ASK_TIMEOUT).build()?;
        client.get(url).send().await?.error_for_status()?.text().await
    };
    match page.await {
        Err(_) => findings.wrong("the page cannot be fetched: is its address right, and does it answer?"),
        Ok(text) => match text.find("/isotherm.js") {
            None => findings.wrong(format!(
                "the page has no script tag: paste the one that `isotherm site add` prints; it loads {}/isotherm.js",
                installation.public_url()
            )),
            Some(_) if !text.contains("data-site=") => findings.wrong("the script tag has no data-site=\"KEY\""),
            Some(_) => findings.good("the page has the script tag"),
        },
    }
}
