//! `unwrap()` and `expect(…)` in shipped code carry a sentence above them: why they cannot fail.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::Finding;
use super::modules::{attributes, marks_test, shipped};
use super::tree::{RustFile, Tree};

/// Crates that only tests use: there a panic is a failed test.
const TEST_CRATES: [&str; 1] = ["crates/isotherm-testkit/"];

/// Every `.unwrap()` and `.expect(…)` has a comment on the line above it or above its statement.
pub(crate) fn carry_a_reason(tree: &Tree) -> Vec<Finding> {
    shipped(tree)
        .into_iter()
        .filter(|file| !TEST_CRATES.iter().any(|folder| file.path.starts_with(folder)))
        .flat_map(bare_calls)
        .collect()
}

fn bare_calls(file: RustFile<'_>) -> Vec<Finding> {
    let mut calls = Calls {
        statement: None,
        found: Vec::new(),
    };
    calls.visit_file(file.ast);
    let lines: Vec<&str> = file.text.lines().collect();
    calls
        .found
        .into_iter()
        .filter(|call| !has_reason(&lines, call))
        .map(|call| {
            let text =
                "`unwrap`/`expect` without a reason: say in a comment above why it cannot fail, or return an error";
            Finding::new(file.path, call.line, text)
        })
        .collect()
}

/// One call; lines are counted from 1.
struct Call {
    /// Where the innermost statement or item around it begins.
    statement: usize,
    line: usize,
}

/// Whether a comment stands directly above the statement or on a line between its start and the call.
fn has_reason(lines: &[&str], call: &Call) -> bool {
    let first = call.statement.saturating_sub(1).max(1);
    (first..call.line)
        .filter_map(|line| lines.get(line - 1))
        .any(|line| line.trim_start().starts_with("//"))
}

struct Calls {
    statement: Option<usize>,
    found: Vec<Call>,
}

impl Calls {
    fn within(&mut self, line: usize, visit: impl FnOnce(&mut Self)) {
        let outer = self.statement.replace(line);
        visit(self);
        self.statement = outer;
    }

    fn call(&mut self, line: usize) {
        self.found.push(Call {
            statement: self.statement.unwrap_or(line),
            line,
        });
    }

    /// Macro bodies are tokens: looks for `.unwrap(` and `.expect(` in them.
    fn tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for three in tokens.windows(3) {
            if let [TokenTree::Punct(dot), TokenTree::Ident(name), TokenTree::Group(group)] = three
                && dot.as_char() == '.'
                && (name == "unwrap" || name == "expect")
                && group.delimiter() == Delimiter::Parenthesis
            {
                self.call(name.span().start().line);
            }
        }
        for token in tokens {
            if let TokenTree::Group(group) = token {
                self.tokens(group.stream());
            }
        }
    }
}

impl<'ast> Visit<'ast> for Calls {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if !marks_test(attributes(item)) {
            self.within(item.span().start().line, |calls| visit::visit_item(calls, item));
        }
    }

    fn visit_stmt(&mut self, statement: &'ast syn::Stmt) {
        self.within(statement.span().start().line, |calls| {
            visit::visit_stmt(calls, statement)
        });
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        self.within(arm.span().start().line, |calls| visit::visit_arm(calls, arm));
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        if call.method == "unwrap" || call.method == "expect" {
            self.call(call.method.span().start().line);
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        self.tokens(mac.tokens.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(lib: &str) -> Vec<usize> {
        let tree = Tree::of(&[("a/Cargo.toml", "[package]\n"), ("a/src/lib.rs", lib)]);
        carry_a_reason(&tree).into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn a_bare_unwrap_is_found() {
        assert_eq!(lines("fn a() {\n    b();\n    c().unwrap();\n}"), [3]);
        assert_eq!(lines("// A.\nfn a() {\n    b();\n    d(c().expect(\"c\"));\n}"), [4]);
    }

    #[test]
    fn a_comment_above_the_statement_or_the_call_is_a_reason() {
        assert_eq!(
            lines("fn a() {\n    // c has b.\n    c()\n        .d()\n        .unwrap();\n}"),
            [0; 0]
        );
        assert_eq!(
            lines("fn a() {\n    c()\n        // c has b.\n        .unwrap();\n}"),
            [0; 0]
        );
    }

    #[test]
    fn a_comment_above_another_statement_is_no_reason() {
        assert_eq!(lines("fn a() {\n    // First.\n    b();\n    c().unwrap();\n}"), [4]);
    }

    #[test]
    fn calls_inside_macros_are_found() {
        assert_eq!(lines("fn a() {\n    b();\n    log!(\"{}\", c().unwrap());\n}"), [3]);
    }

    #[test]
    fn tests_may_unwrap() {
        assert_eq!(
            lines("#[cfg(test)]\nmod tests {\n    fn a() {\n        b().unwrap();\n    }\n}"),
            [0; 0]
        );
    }
}
