//! `isotherm rule add | preview | list | remove`: which pages of a site are not measured, and which are counted as one.

use std::io::BufRead;

use anyhow::{Context, bail};
use isotherm_core::control::ControlStore;
use isotherm_core::day::Day;
use isotherm_core::path::PagePath;
use isotherm_core::reading::{CountReader, Filter};
use isotherm_core::rules::{RuleChange, RuleError};
use isotherm_core::site::{PageRule, RuleAction, Site, SiteKey};
use isotherm_store_clickhouse::{ClickHouseControl, ClickHouseReader, StoreSettings};
use serde_json::json;

use super::output;
use super::site::site_key;
use crate::administering::{self, By};
use crate::arguments::{ControlArguments, RuleAct, RuleArguments};
use crate::audit::COMMAND_LINE;
use crate::installation::Installation;

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
    change(&arguments.site, control, &RuleChange::Add { rule, first }).await?;
    if control.json {
        return output::json(
            &json!({"site": arguments.site, "pattern": arguments.pattern, "action": action(arguments.what.drop)}),
        );
    }
    output::line(format!("{text} This holds now, for what is collected from now on."));
    Ok(())
}

async fn remove(site: &str, pattern: &str, control: &ControlArguments) -> anyhow::Result<()> {
    let removal = RuleChange::Remove {
        pattern: pattern.to_owned(),
    };
    change(site, control, &removal).await?;
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
    after.change_rules(&RuleChange::Add { rule, first })?;
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
async fn change(site: &str, control: &ControlArguments, change: &RuleChange) -> anyhow::Result<()> {
    let key = site_key(site)?;
    let installation = Installation::find(&control.place)?;
    let store = installation.open_store().await?;
    let by = By {
        site: &key,
        who: COMMAND_LINE,
    };
    let changed = administering::change_rules(&ClickHouseControl::new(&store.settings), by, change).await;
    store.close().await;
    match (changed?, change) {
        (Ok(true), _) => installation.wait_until_taken_over().await,
        (Ok(false), _) => bail!("there is no site `{site}`; `isotherm site list` names them"),
        (Err(RuleError::Unknown), RuleChange::Remove { pattern }) => {
            bail!("there is no rule `{pattern}`; `isotherm rule list --site {site}` names them")
        }
        (Err(error), _) => Err(error.into()),
    }
}

async fn known_site(store: &StoreSettings, key: &SiteKey) -> anyhow::Result<Site> {
    let sites = ClickHouseControl::new(store).sites().await?;
    let known = sites.into_iter().find(|site| site.key == *key);
    known.with_context(|| format!("there is no site `{}`; `isotherm site list` names them", key.as_str()))
}

/// The rule that was asked for, or what is wrong with its pattern.
fn page_rule(arguments: &RuleArguments) -> anyhow::Result<PageRule> {
    let pattern = arguments.pattern.as_str();
    if let Some(group) = &arguments.what.group_as
        && group != pattern
    {
        bail!("pages are grouped under the pattern itself: leave out `--as`, or write `--as '{pattern}'`");
    }
    let action = if arguments.what.drop {
        RuleAction::Drop
    } else {
        RuleAction::Group
    };
    PageRule::parse(pattern, action).with_context(|| format!("`{pattern}` is no pattern of a rule"))
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
            let change = RuleChange::Add { rule, first: false };
            site.change_rules(&change).expect("room");
        }
        site
    }

    #[test]
    fn a_refusal_names_the_pattern_and_what_is_wrong_with_it() {
        for (pattern, says) in [("admin", "starts with a slash"), ("/admin/", "leave it out")] {
            let error = format!("{:#}", page_rule(&asked(pattern, true)).expect_err("refused"));
            assert!(
                error.contains(&format!("`{pattern}`")) && error.contains(says),
                "{error}"
            );
        }
        let other_name = RuleArguments {
            what: RuleWhat {
                drop: false,
                group: false,
                group_as: Some("/other".into()),
            },
            ..asked("/product/*", false)
        };
        let error = page_rule(&other_name).expect_err("refused").to_string();
        assert!(error.contains("leave out `--as`"), "{error}");
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
