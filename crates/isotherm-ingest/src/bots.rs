//! Crawlers and automated browsers, by user agent. There is no switch: a bot's clicks are nobody's.

use woothee::parser::Parser;
use zeroize::Zeroize;

/// Words that name crawlers and automated browsers that the parser does not know, in lower case. Sources: the crawlers'
/// own documentation pages (OpenAI, Anthropic, Perplexity, Common Crawl, Meta, Apple, ByteDance, Amazon, Ahrefs, Semrush),
/// and the user agents of headless Chromium, PhantomJS and Lighthouse.
const WORDS: [&str; 31] = [
    "headlesschrome",
    "phantomjs",
    "slimerjs",
    "chrome-lighthouse",
    "googlebot",
    "bingbot",
    "gptbot",
    "oai-searchbot",
    "chatgpt-user",
    "claudebot",
    "claude-web",
    "anthropic-ai",
    "perplexitybot",
    "ccbot",
    "facebookexternalhit",
    "meta-externalagent",
    "applebot",
    "bytespider",
    "amazonbot",
    "ahrefsbot",
    "semrushbot",
    "mj12bot",
    "dotbot",
    "petalbot",
    "yandexbot",
    "baiduspider",
    "duckduckbot",
    "pingdom",
    "uptimerobot",
    "spider",
    "crawler",
];

/// Whether a user agent is a crawler or an automated browser.
pub fn is_bot(user_agent: &str) -> bool {
    named(user_agent)
        || Parser::new()
            .parse(user_agent)
            .is_some_and(|agent| agent.category == "crawler")
}

fn named(user_agent: &str) -> bool {
    let mut lower = user_agent.to_ascii_lowercase();
    let named = WORDS.iter().any(|word| lower.contains(word)) || calls_itself_a_bot(&lower);
    // A copy of what is overwritten elsewhere.
    lower.zeroize();
    named
}

/// `…bot/`, `…bot;` or `…bot)`: how crawlers name themselves. A phone called `cubot` says ` cubot ` and is none.
fn calls_itself_a_bot(lower: &str) -> bool {
    ["bot/", "bot;", "bot)"].iter().any(|end| lower.contains(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crawlers_and_automated_browsers_are_bots() {
        for agent in [
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/130.0.0.0 Safari/537.36",
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
            "Mozilla/5.0 (compatible; Yahoo! Slurp; http://help.yahoo.com/help/us/ysearch/slurp)",
            "Mozilla/5.0 (compatible; ExampleBot; +https://bot.example)",
        ] {
            assert!(is_bot(agent), "{agent}");
        }
    }

    #[test]
    fn peoples_browsers_are_not() {
        for agent in [
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
            "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
            "Mozilla/5.0 (Linux; Android 11; CUBOT P40) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36",
        ] {
            assert!(!is_bot(agent), "{agent}");
        }
    }
}
