import { OP, type RegexNode } from './node.ts';
import { regexError } from './syntax-error.ts';

/** Largest count in braces, also of nested ones multiplied. */
export const MAX_REPEAT = 1000;
/** Groups inside groups, and height of the tree: everything that walks the tree is recursive. */
export const MAX_DEPTH = 1000;
/** 300,000: instructions of the compiled program; Go allows ten times as many, which costs gigabytes here. */
const MAX_SIZE = 300_000;

/** @throws LogError REGEX_SYNTAX for trees that are too high or too large */
export function checkLimits(root: RegexNode, pattern: string): void {
  const todo: { node: RegexNode; depth: number }[] = [{ node: root, depth: 1 }];
  for (let entry = todo.pop(); entry !== undefined; entry = todo.pop()) {
    if (entry.depth > MAX_DEPTH) throw regexError('nestingDepth', pattern);
    for (const node of entry.node.subs) todo.push({ node, depth: entry.depth + 1 });
  }
  if (programSize(root) > MAX_SIZE) throw regexError('tooLarge', pattern);
}

/** Nested counts multiply: their product is limited like a single one. */
export function repeatIsValid(node: RegexNode, limit: number): boolean {
  let rest = limit;
  if (node.op === OP.repeat) {
    if (node.max === 0) return true;
    const count = node.max < 0 ? node.min : node.max;
    if (count > rest) return false;
    if (count > 0) rest = Math.floor(rest / count);
  }
  return node.subs.every((sub) => repeatIsValid(sub, rest));
}

/** About the number of instructions the program will have. */
function programSize(node: RegexNode): number {
  let size = node.op === OP.literal ? node.runes.length : 1;
  for (const sub of node.subs) size += programSize(sub);
  if (node.op === OP.repeat) size *= Math.max(1, node.max, node.min);
  return size;
}
