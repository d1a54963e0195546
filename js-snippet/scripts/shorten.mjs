// What terser leaves: every function of the script becomes an arrow in one `let`, so that one block holds all of it.

import { parse } from "acorn";

/** `code`, a program of functions, variables and statements, as the body of one block. */
export function shorten(code) {
  const { body } = parse(code, { ecmaVersion: "latest", sourceType: "module" });
  const text = ({ start, end }) => code.slice(start, end);
  const declared = [];
  const statements = [];
  for (const node of body) {
    if (node.type === "FunctionDeclaration") declared.unshift(`${node.id.name}=${arrow(node, text)}`);
    else if (node.type === "VariableDeclaration") declared.push(...node.declarations.map(text));
    else statements.push(text(node));
  }
  return lets(`${declared[0] ? `let ${declared};` : ""}${statements.join("")}`);
}

function arrow({ params, body }, text) {
  const [only] = body.body;
  const gives = body.body.length === 1 && only.type === "ReturnStatement" && only.argument;
  const given = params.length === 1 && params[0].type === "Identifier" ? text(params[0]) : `(${params.map(text)})`;
  if (!gives) return `${given}=>${text(body)}`;
  return `${given}=>${gives.type === "ObjectExpression" || gives.type === "SequenceExpression" ? `(${text(gives)})` : text(gives)}`;
}

/**
 * `code` with one word for all declarations: whether a name changes is the compiler's to check, and one word is worth 30 bytes.
 * The minifier joins what is of one kind, so its constants become `let` before it, all else behind it.
 */
export function lets(code, was = ["const", "var"]) {
  const found = [];
  const visit = (node) => {
    if (node?.type === "VariableDeclaration" && was.includes(node.kind)) found.push(node);
    for (const part of Object.values(node ?? {})) if (typeof part === "object") visit(part);
  };
  visit(parse(code, { ecmaVersion: "latest", sourceType: "module" }));
  // From the end, so that places stay what they were. A list behind the word needs no space.
  for (const { start, kind } of found.sort((a, b) => b.start - a.start)) code = `${code.slice(0, start)}let${code.slice(start + kind.length)}`;
  return code;
}
