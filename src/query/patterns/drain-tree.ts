import { equalRanges, sliceText } from '../pipeline/text/byte-text.ts';
import { LineWords, PLAIN, TELLING, tokensOf, VARYING, type WordsAndGaps } from './line-words.ts';
import { VARIABLE } from './pattern-text.ts';

/** Share of the telling words that a line must have in common with a template. */
const SIMILARITY = 0.5;
/** Words that lead to a leaf, behind the shape. */
const DEPTH = 2;
/** Branches of a node; further words share one. */
const MAX_BRANCHES = 64;
/** Templates of a tree; lines beyond fall into one that says nothing. */
const MAX_CLUSTERS = 4000;

/** A template and its lines per bucket. */
export class Cluster {
  readonly lines: Map<number, number> = new Map();
  /** How many words the line asked for last would make variable. */
  changes = 0;
  readonly #words: WordsAndGaps;

  /** @param line is copied: it makes room for the next one */
  constructor({ bytes, count, starts, ends, kinds }: LineWords) {
    const start = starts[0]!;
    this.#words = {
      // Not `slice`: that of a Buffer copies nothing.
      bytes: new Uint8Array(bytes.subarray(start, ends[count - 1])),
      count,
      starts: starts.slice(0, count).map((at) => at - start),
      ends: ends.slice(0, count).map((at) => at - start),
      kinds: kinds.slice(0, count),
    };
  }

  /** Words and the delimiters between them, one after the other; the placeholder for words that vary. */
  get tokens(): string[] {
    return tokensOf(this.#words);
  }

  /** Adds a number of lines to a bucket. */
  count(bucket: number, lines: number): void {
    this.lines.set(bucket, (this.lines.get(bucket) ?? 0) + lines);
  }

  /** The share of the telling words that a line of the same shape has in common with the template. */
  similarity(line: LineWords): number {
    const { bytes, count, starts, ends, kinds } = this.#words;
    let telling = 0;
    let equal = 0;
    let changes = 0;
    for (let i = 0; i < count; i++) {
      const kind = kinds[i]!;
      const lineKind = line.kinds[i]!;
      if (kind === VARYING) {
        if (lineKind === VARYING) equal++;
        if (lineKind !== PLAIN) telling++;
      } else if (
        // Equal words are of one kind.
        kind === lineKind &&
        equalRanges(bytes, starts[i]!, ends[i]!, line.bytes, line.starts[i]!, line.ends[i]!)
      ) {
        telling++;
        equal++;
      } else {
        if (kind === TELLING || lineKind === TELLING) telling++;
        changes++;
      }
    }
    this.changes = changes;
    return telling === 0 ? 1 : equal / telling;
  }

  /** Words that differ in a line become variable. */
  merge({ bytes: lineBytes, starts: lineStarts, ends: lineEnds, kinds: lineKinds }: LineWords): void {
    const { bytes, count, starts, ends, kinds } = this.#words;
    for (let i = 0; i < count; i++) {
      if (
        kinds[i] !== lineKinds[i] ||
        !equalRanges(bytes, starts[i]!, ends[i]!, lineBytes, lineStarts[i]!, lineEnds[i]!)
      ) {
        kinds[i] = VARYING;
      }
    }
  }
}

/** Lines with the same delimiters. */
interface Shape {
  readonly bytes: Uint8Array;
  readonly node: Node;
}

/**
 * Templates of lines, grown line by line after Drain (He, Zhu, Zheng, Lyu: "Drain: An Online Log Parsing Approach with
 * Fixed Depth Tree", ICWS 2017): a tree of fixed depth leads to a few templates, the most similar one takes the line, and
 * words in which they differ become variable. Instead of by the number of words the first level branches by the
 * delimiters between them, so that a template printed with them matches all its lines.
 */
export class DrainTree {
  readonly clusters: Cluster[] = [];
  /** By hash. */
  readonly #shapes = new Map<number, Shape[]>();
  #rest: Cluster | undefined;

  /** Adds a line, or the template of another tree. Returns the template that stands for it now, to count its lines. */
  add(line: LineWords): Cluster {
    const leaf = this.#leaf(line);
    const cluster = bestOf(leaf, line);
    if (cluster === undefined) return this.#grow(leaf, line);
    // Of most lines all words are known to vary that do.
    if (cluster.changes > 0) cluster.merge(line);
    return cluster;
  }

  #leaf(line: LineWords): Cluster[] {
    let node = this.#shape(line);
    for (let i = 0; i < DEPTH && i < line.count; i++) {
      const isTelling = line.kinds[i] === TELLING;
      node = node.branch(isTelling ? sliceText(line.bytes, line.starts[i]!, line.ends[i]!) : VARIABLE);
    }
    return node.clusters;
  }

  #shape({ shape, shapeLength, shapeHash }: LineWords): Node {
    const alike = this.#shapes.get(shapeHash);
    if (alike !== undefined) {
      for (const { bytes, node } of alike) {
        if (equalRanges(bytes, 0, bytes.length, shape, 0, shapeLength)) return node;
      }
    }
    const node = new Node();
    // A tree that is full remembers no more shapes either.
    if (this.clusters.length >= MAX_CLUSTERS) return node;
    const added = { bytes: shape.slice(0, shapeLength), node };
    if (alike === undefined) this.#shapes.set(shapeHash, [added]);
    else alike.push(added);
    return node;
  }

  #grow(leaf: Cluster[], line: LineWords): Cluster {
    if (this.clusters.length >= MAX_CLUSTERS) return this.#restCluster();
    const cluster = new Cluster(line);
    this.clusters.push(cluster);
    leaf.push(cluster);
    return cluster;
  }

  #restCluster(): Cluster {
    if (this.#rest === undefined) {
      const anything = new LineWords();
      anything.readTokens([VARIABLE]);
      this.#rest = new Cluster(anything);
      this.clusters.push(this.#rest);
    }
    return this.#rest;
  }
}

class Node {
  readonly #branches = new Map<string, Node>();
  readonly clusters: Cluster[] = [];

  /** @param word the placeholder for words that tell nothing */
  branch(word: string): Node {
    let node = this.#branches.get(word);
    if (node !== undefined) return node;
    let key = word;
    if (this.#branches.size >= MAX_BRANCHES) {
      key = VARIABLE;
      node = this.#branches.get(key);
      if (node !== undefined) return node;
    }
    node = new Node();
    this.#branches.set(key, node);
    return node;
  }
}

function bestOf(clusters: readonly Cluster[], line: LineWords): Cluster | undefined {
  let best: Cluster | undefined;
  let bestShare = SIMILARITY;
  for (const cluster of clusters) {
    const share = cluster.similarity(line);
    if (share < bestShare || (best !== undefined && share === bestShare)) continue;
    best = cluster;
    bestShare = share;
  }
  return best;
}
