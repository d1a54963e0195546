//! One screen: lines of a file and a function, parameters of a function, in shipped code.

use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::Finding;
use super::modules::{attributes, marks_test, shipped};
use super::tree::{RustFile, Tree};

/// Lines of a file, tests not counted. Above it the file is two subjects: split it by subject.
const FILE_LINES_MAX: usize = 500;
/// Lines of a function from `fn` to its closing brace. Above it, name a step and move it out.
const FUNCTION_LINES_MAX: usize = 70;
/// Parameters of a function, `self` not counted. Above it, some of them are one thing: make it a struct.
const PARAMETERS_MAX: usize = 5;

/// Other code whose length is limited, wherever it is not a test.
const OTHER_CODE: [&str; 8] = [".css", ".html", ".js", ".mjs", ".mts", ".sh", ".sql", ".ts"];
/// What is made by a program of ours from another file, and read there.
const GENERATED: &str = ".gen.ts";
/// Folders that hold tests of other code.
const OTHER_TESTS: [&str; 3] = ["e2e", "test", "tests"];

/// The length of every file of code that is not Rust and not a test.
pub(crate) fn other_code(tree: &Tree) -> Vec<Finding> {
    tree.ending(&OTHER_CODE)
        .filter(|(path, _)| !path.ends_with(GENERATED) && !path.split('/').any(|part| OTHER_TESTS.contains(&part)))
        .filter_map(|(path, text)| too_long(path, text.lines().count()))
        .collect()
}

fn too_long(path: &str, lines: usize) -> Option<Finding> {
    (lines > FILE_LINES_MAX).then(|| {
        let text = format!("{lines} lines without tests, the limit is {FILE_LINES_MAX}: split the file by subject");
        Finding::new(path, 1, text)
    })
}

/// The three limits, for every shipped `.rs` file.
pub(crate) fn limits(tree: &Tree) -> Vec<Finding> {
    shipped(tree).into_iter().flat_map(measure).collect()
}

fn measure(file: RustFile<'_>) -> Vec<Finding> {
    let mut sizes = Sizes {
        path: file.path,
        test_lines: 0,
        findings: Vec::new(),
    };
    sizes.visit_file(file.ast);
    let lines = file.text.lines().count() - sizes.test_lines;
    sizes.findings.extend(too_long(file.path, lines));
    sizes.findings
}

struct Sizes<'a> {
    path: &'a str,
    test_lines: usize,
    findings: Vec<Finding>,
}

impl Sizes<'_> {
    fn function(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let first = signature.fn_token.span.start().line;
        let lines = block.brace_token.span.close().end().line - first + 1;
        let name = &signature.ident;
        if lines > FUNCTION_LINES_MAX {
            let text =
                format!("`{name}` has {lines} lines, the limit is {FUNCTION_LINES_MAX}: name a step and move it out");
            self.findings.push(Finding::new(self.path, first, text));
        }
        self.parameters(signature);
    }

    fn parameters(&mut self, signature: &syn::Signature) {
        let is_value = |input: &&syn::FnArg| matches!(input, syn::FnArg::Typed(_));
        let count = signature.inputs.iter().filter(is_value).count();
        if count > PARAMETERS_MAX {
            let text = format!(
                "`{}` has {count} parameters, the limit is {PARAMETERS_MAX}: make a struct of those that belong together",
                signature.ident
            );
            let line = signature.fn_token.span.start().line;
            self.findings.push(Finding::new(self.path, line, text));
        }
    }
}

impl<'ast> Visit<'ast> for Sizes<'_> {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if marks_test(attributes(item)) {
            let span = item.span();
            self.test_lines += span.end().line - span.start().line + 1;
        } else {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        match &item.default {
            Some(block) => self.function(&item.sig, block),
            None => self.parameters(&item.sig),
        }
        visit::visit_trait_item_fn(self, item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(lib: &str) -> Vec<String> {
        let tree = Tree::of(&[("a/Cargo.toml", "[package]\n"), ("a/src/lib.rs", lib)]);
        limits(&tree).into_iter().map(|finding| finding.to_string()).collect()
    }

    #[test]
    fn a_long_file_is_found_and_tests_do_not_count() {
        let code = "const A: u8 = 1;\n".repeat(FILE_LINES_MAX);
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "\n".repeat(50));
        assert_eq!(found(&format!("{code}{tests}")), [""; 0]);
        let long = found(&format!("{code}//\n{tests}"));
        assert_eq!(long.len(), 1, "{long:?}");
        assert!(
            long[0].starts_with("a/src/lib.rs:1: 501 lines without tests"),
            "{long:?}"
        );
    }

    #[test]
    fn a_long_script_is_found_and_a_long_test_or_a_generated_one_is_not() {
        let long = "go();\n".repeat(FILE_LINES_MAX + 1);
        let tree = Tree::of(&[
            ("web/src/a.ts", &long),
            ("web/test/a.ts", &long),
            ("web/src/a.gen.ts", &long),
            ("web/b.ts", ""),
        ]);
        let paths: Vec<String> = other_code(&tree).into_iter().map(|found| found.path).collect();
        assert_eq!(paths, ["web/src/a.ts"]);
    }

    #[test]
    fn a_long_function_is_found_with_its_line() {
        let body = "    work();\n".repeat(FUNCTION_LINES_MAX - 2);
        assert_eq!(found(&format!("fn a() {{\n{body}}}")), [""; 0]);
        let long = found(&format!("\nfn a() {{\n    work();\n{body}}}"));
        assert!(long[0].starts_with("a/src/lib.rs:2: `a` has 71 lines"), "{long:?}");
    }

    #[test]
    fn six_parameters_are_found_and_self_is_not_one() {
        let five = "impl X { fn a(&self, a: u8, b: u8, c: u8, d: u8, e: u8) {} }";
        assert_eq!(found(five), [""; 0]);
        let six = found("trait T { fn a(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8); }");
        assert!(six[0].contains("`a` has 6 parameters"), "{six:?}");
    }
}
