import { VARIABLE } from '../../src/query/patterns/pattern-text.ts';

/** More of a line than this is one variable: patterns are for people. */
const MAX_CHARACTERS = 4096;
const MAX_WORDS = 100;

/** 1 for ASCII characters between words: blanks, quotes, brackets, `= , ; |`. */
const IS_DELIMITER = new Uint8Array(128);
for (const char of ' \t\r\n="\'(),;[]{}<>|') IS_DELIMITER[char.charCodeAt(0)] = 1;
const COLON = ':'.charCodeAt(0);

/**
 * Cuts a line into words and what stands between them: word, delimiters, word, ..., word. Together they are the line. Only
 * the first and the last word can be empty.
 */
export function tokenize(line: string): string[] {
  const tokens: string[] = [];
  const end = Math.min(line.length, MAX_CHARACTERS);
  let at = 0;
  while (tokens.length < 2 * MAX_WORDS) {
    const wordStart = at;
    while (at < end && !isDelimiter(line, at)) at++;
    tokens.push(line.slice(wordStart, at));
    if (at === end) break;
    const gapStart = at;
    // `":` and `",` are one gap, while the colon of `12:30` or `error:` belongs to its word.
    while (at < end && (isDelimiter(line, at) || line.charCodeAt(at) === COLON)) at++;
    tokens.push(line.slice(gapStart, at));
  }
  if (tokens.length % 2 === 0) tokens.push(at < line.length ? VARIABLE : '');
  else if (at < line.length) tokens[tokens.length - 1] = VARIABLE;
  return tokens;
}

function isDelimiter(line: string, at: number): boolean {
  const code = line.charCodeAt(at);
  return code < 128 && IS_DELIMITER[code] === 1;
}

/** Share of the telling words that a line must have in common with a template. */
const SIMILARITY = 0.5;
/** Words that lead to a leaf, behind the shape. */
const DEPTH = 2;
/** Branches of a node; further words share one. */
const MAX_BRANCHES = 64;
/** Templates of a tree; lines beyond fall into one that says nothing. */
const MAX_CLUSTERS = 4000;

/** A template and its lines per bucket. */
export interface ReferenceCluster {
  readonly tokens: string[];
  readonly lines: Map<number, number>;
}

/** `DrainTree` on texts: each line becomes a list of them, each shape one more. */
export class ReferenceTree {
  readonly clusters: ReferenceCluster[] = [];
  readonly #shapes = new Map<string, Node>();
  readonly #rest: ReferenceCluster = { tokens: [VARIABLE], lines: new Map() };

  /** Adds a line, or the template of another tree with the lines that it stands for. */
  add(tokens: readonly string[], lines: Iterable<readonly [number, number]>): void {
    const leaf = this.#leaf(tokens);
    const cluster = bestOf(leaf, tokens) ?? this.#grow(leaf, tokens);
    if (cluster !== this.#rest) merge(cluster.tokens, tokens);
    for (const [bucket, count] of lines) cluster.lines.set(bucket, (cluster.lines.get(bucket) ?? 0) + count);
  }

  #leaf(tokens: readonly string[]): ReferenceCluster[] {
    const shape = shapeOf(tokens);
    let node = this.#shapes.get(shape);
    if (node === undefined) {
      node = new Node();
      // A tree that is full remembers no more shapes either.
      if (this.clusters.length < MAX_CLUSTERS) this.#shapes.set(shape, node);
    }
    for (let level = 0, i = 0; level < DEPTH && i < tokens.length; level++, i += 2) node = node.branch(tokens[i]!);
    return node.clusters;
  }

  #grow(leaf: ReferenceCluster[], tokens: readonly string[]): ReferenceCluster {
    if (this.clusters.length >= MAX_CLUSTERS) {
      if (this.#rest.lines.size === 0) this.clusters.push(this.#rest);
      return this.#rest;
    }
    const cluster = { tokens: [...tokens], lines: new Map<number, number>() };
    this.clusters.push(cluster);
    leaf.push(cluster);
    return cluster;
  }
}

class Node {
  readonly #branches = new Map<string, Node>();
  readonly clusters: ReferenceCluster[] = [];

  branch(word: string): Node {
    let key = isTelling(word) ? word : VARIABLE;
    if (!this.#branches.has(key) && this.#branches.size >= MAX_BRANCHES) key = VARIABLE;
    let node = this.#branches.get(key);
    if (node === undefined) {
      node = new Node();
      this.#branches.set(key, node);
    }
    return node;
  }
}

/** The delimiters, and whether text stands before the first and behind the last: a variable there needs some. */
function shapeOf(tokens: readonly string[]): string {
  let shape = `${tokens[0] === ''}${tokens.at(-1) === ''}`;
  for (let i = 1; i < tokens.length; i += 2) shape += `${tokens[i]}end`;
  return shape;
}

/** Words with digits are numbers, times, addresses, ids: they tell nothing of the kind of a line. */
function isTelling(word: string): boolean {
  if (word === VARIABLE) return false;
  for (let i = 0; i < word.length; i++) {
    const code = word.charCodeAt(i);
    if (code >= 48 && code <= 57) return false;
  }
  return true;
}

function bestOf(clusters: readonly ReferenceCluster[], tokens: readonly string[]): ReferenceCluster | undefined {
  let best: ReferenceCluster | undefined;
  let bestShare = SIMILARITY;
  for (const cluster of clusters) {
    const share = similarity(cluster.tokens, tokens);
    if (share < bestShare || (best !== undefined && share === bestShare)) continue;
    best = cluster;
    bestShare = share;
  }
  return best;
}

function similarity(template: readonly string[], tokens: readonly string[]): number {
  let telling = 0;
  let equal = 0;
  for (let i = 0; i < tokens.length; i += 2) {
    const a = template[i]!;
    const b = tokens[i]!;
    if (a === b) {
      telling++;
      equal++;
    } else if (isTelling(a) || isTelling(b)) telling++;
  }
  return telling === 0 ? 1 : equal / telling;
}

function merge(template: string[], tokens: readonly string[]): void {
  for (let i = 0; i < tokens.length; i += 2) if (template[i] !== tokens[i]) template[i] = VARIABLE;
}
