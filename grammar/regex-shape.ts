/**
 * Tells regexes that a label filter keeps as such from those that it replaces by literal tests; the two print in
 * different quotes. Only the shapes matter here, so anything not understood counts as a real regex.
 */

type Shape =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'any' | 'some' | 'empty' | 'other' }
  | { readonly kind: 'either' | 'sequence'; readonly parts: readonly Shape[] };

const EMPTY: Shape = { kind: 'empty' };
const OTHER: Shape = { kind: 'other' };
const GROUP_START = /\((?:\?:|\?P?<\w+>)?(?!\?)/y;
const WILDCARD = /\.([*+])\??(?![*+?{])/y;
const PLAIN = /(?:\\[^\w\s]|[^\\.*+?|()[\]{}^$])(?![*+?{])/suy;

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function sequence(parts: readonly Shape[]): Shape {
  const flat: Shape[] = [];
  for (const part of parts.flatMap((shape) => (shape.kind === 'sequence' ? shape.parts : [shape]))) {
    const last = flat.at(-1);
    if (part.kind === 'empty') continue;
    if (part.kind === 'literal' && last?.kind === 'literal')
      flat[flat.length - 1] = { kind: 'literal', text: last.text + part.text };
    else flat.push(part);
  }
  if (flat.length === 0) return EMPTY;
  return flat.length === 1 ? flat[0]! : { kind: 'sequence', parts: flat };
}

function leadingText(shape: Shape): string {
  if (shape.kind === 'literal') return shape.text;
  return shape.kind === 'sequence' ? leadingText(shape.parts[0]!) : '';
}

function withoutLeading(shape: Shape, length: number): Shape {
  if (shape.kind === 'literal')
    return length >= shape.text.length ? EMPTY : { kind: 'literal', text: shape.text.slice(length) };
  return shape.kind === 'sequence'
    ? sequence([withoutLeading(shape.parts[0]!, length), ...shape.parts.slice(1)])
    : shape;
}

function commonPrefix(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return a.slice(0, length);
}

/** An alternation as RE2 reads it: neighbours share their common prefix, single characters become a class. */
function either(branches: readonly Shape[]): Shape {
  const parts: Shape[] = [];
  for (let start = 0; start < branches.length; ) {
    let prefix = leadingText(branches[start]!);
    let end = start + 1;
    while (prefix !== '' && end < branches.length) {
      const shared = commonPrefix(prefix, leadingText(branches[end]!));
      if (shared === '') break;
      prefix = shared;
      end++;
    }
    if (end - start === 1) parts.push(branches[start]!);
    else {
      const rests = branches.slice(start, end).map((branch) => withoutLeading(branch, prefix.length));
      parts.push(sequence([{ kind: 'literal', text: prefix }, either(rests)]));
    }
    start = end;
  }
  const isChar = (shape: Shape | undefined): boolean => shape?.kind === 'literal' && [...shape.text].length === 1;
  if (parts.some((part, index) => isChar(part) && isChar(parts[index + 1]))) return OTHER;
  return parts.length === 1 ? parts[0]! : { kind: 'either', parts };
}

class ShapeReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readAll(): Shape {
    const shape = this.#readEither(0);
    return this.#at === this.#text.length ? shape : OTHER;
  }

  #readEither(depth: number): Shape {
    const branches = [this.#readSequence(depth)];
    while (this.#text[this.#at] === '|') {
      this.#at++;
      branches.push(this.#readSequence(depth));
    }
    return branches.length === 1 ? branches[0]! : either(branches);
  }

  #readSequence(depth: number): Shape {
    const parts: Shape[] = [];
    for (let part = this.#readPart(depth); part !== undefined; part = this.#readPart(depth)) parts.push(part);
    return sequence(parts);
  }

  #readPart(depth: number): Shape | undefined {
    const wildcard = match(WILDCARD, this.#text, this.#at) ?? match(PLAIN, this.#text, this.#at);
    if (wildcard !== null) {
      this.#at += wildcard[0].length;
      if (wildcard[1] !== undefined) return { kind: wildcard[1] === '*' ? 'any' : 'some' };
      return { kind: 'literal', text: wildcard[0].replace(/^\\/, '') };
    }
    const group = match(GROUP_START, this.#text, this.#at);
    // 100 groups deep: far beyond any shape that is replaced.
    if (group === null || depth > 100) return undefined;
    this.#at += group[0].length;
    const inner = this.#readEither(depth + 1);
    if (this.#text[this.#at] !== ')') return OTHER;
    this.#at++;
    return /[*+?{]/.test(this.#text[this.#at] ?? '') ? OTHER : inner;
  }
}

function isReplaceableSequence(parts: readonly Shape[]): boolean {
  if (parts.length > 3) return false;
  let literals = 0;
  for (const part of parts) {
    if (part.kind === 'literal') literals++;
    else if (part.kind === 'either') {
      if (literals === 0 || !part.parts.every(isReplaceableBranch)) return false;
    } else if (part.kind !== 'any') return false;
  }
  return literals === 1;
}

function isReplaceableBranch(shape: Shape): boolean {
  if (shape.kind === 'sequence') return isReplaceableSequence(shape.parts);
  return shape.kind === 'literal' || shape.kind === 'empty' || shape.kind === 'any';
}

function isReplaceable(shape: Shape): boolean {
  if (shape.kind === 'either') return shape.parts.every(isReplaceable);
  return shape.kind === 'some' || isReplaceableBranch(shape);
}

/** True if a label filter runs `pattern` as a regex instead of literal tests. */
export function staysRegex(pattern: string): boolean {
  const isFolded = pattern.startsWith('(?i)');
  return !isReplaceable(new ShapeReader(isFolded ? pattern.slice(4) : pattern).readAll());
}
