import {
  FIRST_OBJECT,
  type FieldKernel,
  type KeyReader,
  MAX_FIELDS,
  MAX_PATH_FIELDS,
  MAX_PATH_KEYS,
  NOT_WANTED,
  UNCLEAR,
  type UnknownKey,
} from '../../../kernels/field-kernel.ts';
import type { Labels } from '../../../model/labels.ts';
import { labelValue } from '../../../model/labels.ts';
import { EXTRACTED_SUFFIX } from '../row/label-names.ts';
import { sliceText } from '../text/byte-text.ts';
import type { JsonPathStep } from './json-path-syntax.ts';
import { unescapeJson } from './json-scanner.ts';
import { type KeyNode, KeyTable } from './key-table.ts';

/** Tells a kernel which of the wanted fields a key of a line is. */
export interface FieldKeys extends KeyReader {
  /** The kernel has forgotten all keys. */
  forget(): void;
  /** Rows come from a stream with other label names than before. */
  useStream(stream: Labels, kernel: FieldKernel): void;
}

/** The field of a parsed name: a name that the stream has gets a suffix. */
export function fieldOfLabel(names: readonly string[], stream: Labels, name: string): number {
  const isStreamLabel = labelValue(stream, name) !== undefined;
  return names.indexOf(isStreamLabel ? name + EXTRACTED_SUFFIX : name);
}

/** Keys that become labels of their names, sanitised and with those of the objects around them in front. */
export class LabelKeys implements FieldKeys {
  readonly #names: readonly string[];
  readonly #isJson: boolean;
  readonly #keys: KeyTable = new KeyTable();
  /** By the numbers of the kernel. */
  #nodes: (KeyNode | undefined)[] = [undefined];
  /** What the kernel takes each key for. */
  #fields: number[] = [NOT_WANTED];
  #pending: KeyNode | undefined;
  #stream: Labels = [];

  constructor(names: readonly string[], isJson: boolean) {
    this.#names = names;
    this.#isJson = isJson;
  }

  forget(): void {
    this.#nodes = [undefined];
    this.#fields = [NOT_WANTED];
  }

  useStream(stream: Labels, kernel: FieldKernel): void {
    this.#stream = stream;
    for (let key = 1; key < this.#nodes.length; key++) {
      const field = this.#fieldOfNode(this.#nodes[key]!);
      if (field === this.#fields[key]) continue;
      this.#fields[key] = field;
      kernel.setField(key, field);
      kernel.forgetPlans();
    }
  }

  fieldOf({ parent, bytes, start, end }: UnknownKey): number {
    const table = parent === 0 ? this.#keys : this.#nodes[parent]!.children;
    this.#pending = this.#isJson ? table.find(bytes, start, end, unescapeJson) : table.find(bytes, start, end);
    return this.#fieldOfNode(this.#pending);
  }

  numbered(number: number): void {
    this.#nodes[number] = this.#pending;
    this.#fields[number] = this.#fieldOfNode(this.#pending!);
  }

  #fieldOfNode(node: KeyNode): number {
    if (node.isBad) return UNCLEAR;
    return node.name === '' ? NOT_WANTED : fieldOfLabel(this.#names, this.#stream, node.name);
  }
}

/** Keys of logfmt that a query names. What they are does not depend on the stream: where it has a label of a target's name, nothing is read ahead. */
export class TargetKeys implements FieldKeys {
  readonly #targets: readonly string[];
  readonly #targetByKey: ReadonlyMap<string, string>;
  readonly #keys: KeyTable = new KeyTable();

  constructor(targets: readonly string[], targetByKey: ReadonlyMap<string, string>) {
    this.#targets = targets;
    this.#targetByKey = targetByKey;
  }

  forget(): void {}
  useStream(): void {}
  numbered(): void {}

  fieldOf({ bytes, start, end }: UnknownKey): number {
    const target = this.#targetByKey.get(this.#keys.find(bytes, start, end).name);
    return target === undefined ? NOT_WANTED : this.#targets.indexOf(target);
  }
}

/** A label and the path of its value. */
export interface TargetPath {
  readonly target: string;
  readonly steps: readonly JsonPathStep[];
}

/** What stands at a key: a field, or an object on the way to some. */
interface PathStep {
  readonly field: number;
  readonly members: Map<string, PathStep>;
}

/** Keys on paths of JSON that a query names. As for `TargetKeys`, the stream does not matter. */
export class PathKeys implements FieldKeys {
  readonly #root: PathStep;
  /** By the numbers of the kernel. */
  #steps: (PathStep | undefined)[] = [];
  #pending: PathStep | undefined;

  /**
   * @returns undefined when the kernel cannot read the paths: those with elements of arrays, one that leads through the value of another, two
   *   labels of one value or one label of two, or too many
   */
  static create(paths: readonly TargetPath[]): PathKeys | undefined {
    if (paths.length > MAX_FIELDS || new Set(paths.map(({ target }) => target)).size < paths.length) return undefined;
    const root: PathStep = { field: NOT_WANTED, members: new Map() };
    let next = FIRST_OBJECT;
    for (const [field, { steps }] of paths.entries()) {
      if (steps.length > MAX_PATH_KEYS) return undefined;
      let at = root;
      for (const [i, key] of steps.entries()) {
        if (typeof key === 'number') return undefined;
        const known = at.members.get(key);
        const isLast = i === steps.length - 1;
        if (known !== undefined && (isLast || known.field < FIRST_OBJECT)) return undefined;
        const step = known ?? { field: isLast ? field : next++, members: new Map<string, PathStep>() };
        at.members.set(key, step);
        at = step;
      }
    }
    return next <= MAX_PATH_FIELDS ? new PathKeys(root) : undefined;
  }

  private constructor(root: PathStep) {
    this.#root = root;
  }

  forget(): void {
    this.#steps = [];
  }

  useStream(): void {}

  fieldOf({ parent, bytes, start, end }: UnknownKey): number {
    this.#pending = undefined;
    const text = unescapeJson(sliceText(bytes, start, end));
    // Keys that are no text, or may be none, are compared by their bytes elsewhere.
    if (text === undefined || text.includes('\ufffd')) return UNCLEAR;
    const object = parent === 0 ? this.#root : this.#steps[parent]!;
    this.#pending = object.members.get(text);
    return this.#pending?.field ?? NOT_WANTED;
  }

  numbered(number: number): void {
    this.#steps[number] = this.#pending;
  }
}
