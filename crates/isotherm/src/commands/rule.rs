//! `isotherm rule add | preview | list | remove`: which pages of a site are not measured, and which are counted as one.

use std::io::BufRead;

use anyhow::{Context, bail, ensure};
use isotherm_core::control::ControlStore;
use isotherm_core::day::Day;
use isotherm_core::path::{PATH_BYTES_MAX, PagePath};
use isotherm_core::reading::{CountReader, Filter};
use isotherm_core::site::{PageRule, RuleAction, Site, SiteKey};
use isotherm_store_clickhouse::{ClickHouseControl, ClickHouseReader, StoreSettings};
use serde_json::json;

use super::output;
use super::site::site_key;
use crate::arguments::{ControlArguments, RuleAct, RuleArguments};
use crate::audit::{self, Did};
use crate::installation::Installation;

/// Rules of one site. Every beacon is held against each of them in turn.
const RULES_MAX: usize = 256;

/// Runs one act on the rules.
pub(crate) async fn run(act: RuleAct) -> anyhow::Result<()> {
    match act {
        RuleAct::Add { rule, first, control } => add(&rule, first, &control).await,
        RuleAct::Preview {
            rule,
            first,
            paths,
            stdin,
            control,
        } => preview(&rule, first, &given_paths(paths, stdin)?, &control).await,
        RuleAct::List { site, control } => list(&site, &control).await,
        RuleAct::Remove { site, pattern, control } => remove(&site, &pattern, &control).await,
    }
}

async fn add(arguments: &RuleArguments, first: bool, control: &ControlArguments) -> anyhow::Result<()> {
    let rule = page_rule(arguments)?;
    let text = sentence(&rule);
    change(&arguments.site, control, |site| with_rule(site, rule, first)).await?;
    if control.json {
        return output::json(
            &json!({"site": arguments.site, "pattern": arguments.pattern, "action": action(arguments.what.drop)}),
        );
    }
    output::line(format!("{text} This holds now, for what is collected from now on."));
    Ok(())
}

async fn remove(site: &str, pattern: &str, control: &ControlArguments) -> anyhow::Result<()> {
    change(site, control, |site| {
        let before = site.rules.len();
        site.rules.retain(|rule| rule.pattern != pattern);
        ensure!(
            site.rules.len() < before,
            "there is no rule `{pattern}`; `isotherm rule list --site {}` names them",
            site.key.as_str()
        );
        Ok(())
    })
    .await?;
    if control.json {
        return output::json(&json!({"site": site, "pattern": pattern, "removed": true}));
    }
    output::line(format!(
        "The rule `{pattern}` is removed. What was counted under it stays so."
    ));
    Ok(())
}

async fn list(site: &str, control: &ControlArguments) -> anyhow::Result<()> {
    let key = site_key(site)?;
    let installation = Installation::find(&control.place)?;
    let store = installation.open_store().await?;
    let found = known_site(&store.settings, &key).await;
    store.close().await;
    let found = found?;
    if control.json {
        let rows = found.rules.iter();
        let rows = rows.map(|rule| json!({"pattern": rule.pattern, "action": action(rule.action == RuleAction::Drop)}));
        return output::json(&rows.collect::<Vec<_>>());
    }
    if found.rules.is_empty() {
        output::line(format!(
            "No rules yet. Add one: isotherm rule add --site {site} '/admin/**' --drop"
        ));
    }
    for rule in &found.rules {
        output::line(format!("{}\t{}", action(rule.action == RuleAction::Drop), rule.pattern));
    }
    Ok(())
}

/// What a rule would do, to the published pages and to paths that were given.
async fn preview(
    arguments: &RuleArguments,
    first: bool,
    given: &[String],
    control: &ControlArguments,
) -> anyhow::Result<()> {
    let rule = page_rule(arguments)?;
    let key = site_key(&arguments.site)?;
    let installation = Installation::find(&control.place)?;
    let store = installation.open_store().await?;
    let read = async {
        let site = known_site(&store.settings, &key).await?;
        let filter = Filter {
            site: key.clone(),
            from: Day(0),
            to: Day(u16::MAX),
            viewport: None,
            country: None,
            sealed_only: false,
        };
        let pages = ClickHouseReader::new(&store.settings).pages(&filter).await?;
        anyhow::Ok((site, pages.into_iter().map(|page| page.path).collect::<Vec<_>>()))
    };
    let read = read.await;
    store.close().await;
    let (before, pages) = read?;
    let mut after = before.clone();
    with_rule(&mut after, rule, first)?;
    let effects: Vec<Effect> = pages
        .iter()
        .chain(given)
        .map(|path| Effect::of(path, &before, &after))
        .collect();
    report(&effects, control.json)
}

/// What becomes of a path, before and with a rule.
struct Effect {
    path: String,
    /// The page under which it is counted; `None` where it is not.
    before: Option<String>,
    after: Option<String>,
}

impl Effect {
    fn of(path: &str, before: &Site, after: &Site) -> Effect {
        let page = |site: &Site| {
            let path = PagePath::normalise(path).ok()?;
            site.page_of(path).map(PagePath::into_string)
        };
        Effect {
            path: path.to_owned(),
            before: page(before),
            after: page(after),
        }
    }

    fn text(page: Option<&String>) -> &str {
        page.map_or("not measured", String::as_str)
    }
}

fn report(effects: &[Effect], as_json: bool) -> anyhow::Result<()> {
    if as_json {
        let rows = effects.iter().map(|effect| {
            json!({"path": effect.path, "before": effect.before, "after": effect.after, "changes": effect.before != effect.after})
        });
        return output::json(&rows.collect::<Vec<_>>());
    }
    let changed: Vec<&Effect> = effects.iter().filter(|effect| effect.before != effect.after).collect();
    for effect in &changed {
        output::line(format!("{} -> {}", effect.path, Effect::text(effect.after.as_ref())));
    }
    output::line(format!(
        "The rule would change {} of {} pages. Nothing is stored; what is counted already stays as it is.",
        changed.len(),
        effects.len()
    ));
    Ok(())
}

/// Changes a site's rules in the store, and waits until collecting holds them.
async fn change(
    site: &str,
    control: &ControlArguments,
    edit: impl FnOnce(&mut Site) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let key = site_key(site)?;
    let installation = Installation::find(&control.place)?;
    let store = installation.open_store().await?;
    let changed = async {
        let mut site = known_site(&store.settings, &key).await?;
        edit(&mut site)?;
        ClickHouseControl::new(&store.settings).put_site(&site).await?;
        audit::note(&store.settings, Did::Rules, key.as_str(), &site.rules.len().to_string()).await
    };
    let changed = changed.await;
    store.close().await;
    changed?;
    installation.wait_until_taken_over().await
}

async fn known_site(store: &StoreSettings, key: &SiteKey) -> anyhow::Result<Site> {
    let sites = ClickHouseControl::new(store).sites().await?;
    let known = sites.into_iter().find(|site| site.key == *key);
    known.with_context(|| format!("there is no site `{}`; `isotherm site list` names them", key.as_str()))
}

/// Adds a rule behind the others, or before them; one with the same pattern is replaced where it stands.
fn with_rule(site: &mut Site, rule: PageRule, first: bool) -> anyhow::Result<()> {
    let known = site.rules.iter().position(|known| known.pattern == rule.pattern);
    match known {
        Some(at) if !first => site.rules[at] = rule,
        _ => {
            site.rules.retain(|known| known.pattern != rule.pattern);
            ensure!(
                site.rules.len() < RULES_MAX,
                "a site has at most {RULES_MAX} rules; remove one first"
            );
            let at = if first { 0 } else { site.rules.len() };
            site.rules.insert(at, rule);
        }
    }
    Ok(())
}

/// The rule that was asked for, or what is wrong with its pattern.
fn page_rule(arguments: &RuleArguments) -> anyhow::Result<PageRule> {
    let pattern = arguments.pattern.as_str();
    ensure!(
        pattern.starts_with('/'),
        "`{pattern}` is no pattern: it starts with a slash, as paths do"
    );
    ensure!(
        pattern.len() <= PATH_BYTES_MAX,
        "a pattern has at most {PATH_BYTES_MAX} bytes"
    );
    ensure!(
        !pattern.contains(['?', '#']) && !pattern.chars().any(char::is_control),
        "`{pattern}` is no pattern: a page is a path without query and fragment"
    );
    ensure!(
        pattern == "/" || !pattern.ends_with('/'),
        "pages are stored without a slash at the end: write `{}`",
        pattern.trim_end_matches('/')
    );
    let segments: Vec<&str> = pattern.split('/').collect();
    if let Some((_, before)) = segments.split_last()
        && before.contains(&"**")
    {
        bail!("`**` stands for all the rest, so it comes last; `*` stands for one segment or a part of it");
    }
    if let Some(group) = &arguments.what.group_as
        && group != pattern
    {
        bail!("pages are grouped under the pattern itself: leave out `--as`, or write `--as '{pattern}'`");
    }
    ensure!(
        arguments.what.drop || PagePath::normalise(pattern).is_ok(),
        "`{pattern}` cannot be the name of a page"
    );
    Ok(PageRule {
        pattern: pattern.to_owned(),
        action: if arguments.what.drop {
            RuleAction::Drop
        } else {
            RuleAction::Group
        },
    })
}

/// Paths from the command line, and from standard input, one per line.
fn given_paths(mut paths: Vec<String>, stdin: bool) -> anyhow::Result<Vec<String>> {
    if stdin {
        for line in std::io::stdin().lock().lines() {
            let line = line.context("cannot read the paths from standard input")?;
            paths.extend((!line.trim().is_empty()).then(|| line.trim().to_owned()));
        }
    }
    Ok(paths)
}

fn action(drop: bool) -> &'static str {
    if drop { "drop" } else { "group" }
}

fn sentence(rule: &PageRule) -> String {
    match rule.action {
        RuleAction::Drop => format!("Pages like `{}` are not measured.", rule.pattern),
        RuleAction::Group => format!("Pages like `{0}` are counted as one page, `{0}`.", rule.pattern),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::RuleWhat;

    fn asked(pattern: &str, drop: bool) -> RuleArguments {
        RuleArguments {
            site: "acme".into(),
            pattern: pattern.into(),
            what: RuleWhat {
                drop,
                group: !drop,
                group_as: None,
            },
        }
    }

    fn acme(rules: &[(&str, bool)]) -> Site {
        let mut site = Site {
            key: SiteKey::parse("acme").expect("a site key"),
            origins: Vec::new(),
            rules: Vec::new(),
        };
        for (pattern, drop) in rules {
            let rule = page_rule(&asked(pattern, *drop)).expect("a rule");
            with_rule(&mut site, rule, false).expect("room");
        }
        site
    }

    #[test]
    fn a_pattern_that_could_match_nothing_is_refused_with_what_to_write() {
        for (pattern, says) in [
            ("admin", "starts with a slash"),
            ("/admin/", "write `/admin`"),
            ("/a?b", "without query"),
            ("/a/**/b", "comes last"),
        ] {
            let error = page_rule(&asked(pattern, true)).expect_err("refused").to_string();
            assert!(error.contains(says), "{pattern}: {error}");
        }
        for good in ["/", "/admin", "/admin/**", "/product/*", "/p/item-*-x"] {
            assert!(page_rule(&asked(good, true)).is_ok(), "{good}");
        }
    }

    #[test]
    fn a_rule_goes_behind_the_others_or_before_them_and_is_never_there_twice() {
        let mut site = acme(&[("/a/*", false), ("/a/b", true)]);
        let patterns = |site: &Site| site.rules.iter().map(|rule| rule.pattern.clone()).collect::<Vec<_>>();
        let drop_b = || page_rule(&asked("/a/b", true)).expect("a rule");
        with_rule(&mut site, drop_b(), false).expect("room");
        assert_eq!(patterns(&site), ["/a/*", "/a/b"]);
        with_rule(&mut site, drop_b(), true).expect("room");
        assert_eq!(patterns(&site), ["/a/b", "/a/*"]);
    }

    #[test]
    fn a_preview_says_what_a_path_becomes_and_what_it_is_now() {
        let before = acme(&[("/product/*", false)]);
        let after = acme(&[("/product/*", false), ("/admin/**", true)]);
        for (path, was, is) in [
            ("/product/teapot?x=1", Some("/product/*"), Some("/product/*")),
            ("/admin/users/7", Some("/admin/users/:name"), None),
            ("/about/", Some("/about"), Some("/about")),
            ("no path", None, None),
        ] {
            let effect = Effect::of(path, &before, &after);
            assert_eq!((effect.before.as_deref(), effect.after.as_deref()), (was, is), "{path}");
        }
    }
}
