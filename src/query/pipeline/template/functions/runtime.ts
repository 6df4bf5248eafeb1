import { goQuote } from '../../../../../grammar/literals.ts';
import type { GoRecord, GoValue } from '../../../../base/go/value.ts';
import { type Located, nodeText } from '../syntax/node.ts';
import { CALL_WORK, MAX_ROW_WORK } from './template-work.ts';

/** Longest line or label value that a template may make. */
export const MAX_OUTPUT_CHARS: number = 10 * 1024 * 1024;
/** Loop turns and template calls of one execution. */
const MAX_STEPS = 1_000_000;
/** Nested calls of `template`. */
const MAX_DEPTH = 500;

/** Bounds of one execution. */
export interface TemplateBounds {
  readonly steps: number;
  readonly chars: number;
  /** Milliseconds; Infinity: no bound. */
  readonly ms: number;
}

const ROW_BOUNDS: TemplateBounds = { steps: MAX_STEPS, chars: MAX_OUTPUT_CHARS, ms: Number.POSITIVE_INFINITY };

/** A template failed on a row. The message is Go's full text: `template: line:1:3: executing "line" at <div 1 0>: ...`. */
export class TemplateError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TemplateError';
  }
}

/** What a template reads of the row that it formats. */
export interface TemplateContext {
  /** A label of the row; `__error__` and `__error_details__` too when they are set. */
  get(name: string): string | undefined;
  all(): Readonly<Record<string, string>>;
  line(): string;
  timestampNs(): bigint;
}

/** The labels as a Go map; points at one row after the other. */
class RowLabels implements GoRecord {
  readonly kind = 'record' as const;
  context: TemplateContext | undefined;

  get(name: string): string | undefined {
    return this.context?.get(name);
  }

  all(): Readonly<Record<string, string>> {
    return this.context?.all() ?? {};
  }
}

interface Variable {
  readonly name: string;
  value: GoValue;
  /** The value sits in an interface, as elements of JSON lists and maps do; only messages show it. */
  boxed: boolean;
}

/** State of one execution; one object serves all rows. */
export class State {
  readonly labels: GoRecord;
  out = '';
  dot: GoValue;
  dotBoxed = false;
  /** What an error would point at. */
  node: Located | undefined;
  /** Name of the template that runs; differs from the outermost one inside `define`. */
  running = '';
  readonly #labels = new RowLabels();
  readonly #source: string;
  readonly #name: string;
  #variables: Variable[] = [];
  #steps = 0;
  #depth = 0;
  /** See template-work.ts; of this execution. */
  work = 0;

  readonly #bounds: TemplateBounds;
  #deadlineMs = Number.POSITIVE_INFINITY;

  constructor(source: string, name: string, bounds: TemplateBounds = ROW_BOUNDS) {
    this.#source = source;
    this.#name = name;
    this.#bounds = bounds;
    this.labels = this.#labels;
  }

  get context(): TemplateContext {
    if (this.#labels.context === undefined) throw new TemplateError('template: no row');
    return this.#labels.context;
  }

  /** @param dot what the template starts with; the labels of the row where nothing is said */
  start(context: TemplateContext, dot: GoValue = this.labels): void {
    this.#labels.context = context;
    this.out = '';
    this.dot = dot;
    this.dotBoxed = false;
    this.node = undefined;
    this.running = this.#name;
    this.#variables = [{ name: '$', value: dot, boxed: false }];
    this.#steps = 0;
    this.#depth = 0;
    this.work = 0;
    if (this.#bounds.ms !== Number.POSITIVE_INFINITY) this.#deadlineMs = performance.now() + this.#bounds.ms;
  }

  write(text: string): void {
    this.out += text;
    this.work += text.length;
    if (this.out.length > this.#bounds.chars) this.fail(`output longer than ${this.#bounds.chars} characters`);
  }

  /** Counts work: what functions read and make, and the calls themselves. */
  spend(work: number): void {
    this.work += work;
    if (this.work > MAX_ROW_WORK) this.fail('exceeded maximum work of a template');
  }

  /** Counts a turn of a loop or a call, so that no template runs for ever. */
  step(): void {
    this.#steps++;
    this.spend(CALL_WORK);
    if (this.#steps > this.#bounds.steps) this.fail(`exceeded maximum of ${this.#bounds.steps} steps`);
    if (this.#deadlineMs !== Number.POSITIVE_INFINITY && performance.now() > this.#deadlineMs)
      this.fail(`took longer than ${this.#bounds.ms} ms`);
  }

  /** @throws TemplateError that names the current place */
  fail(message: string): never {
    const { node } = this;
    if (node === undefined) throw new TemplateError(`template: ${this.running}: ${message}`);
    const before = this.#source.slice(0, node.at);
    const lineStart = before.lastIndexOf('\n') + 1;
    const line = before.split('\n').length;
    const column = Buffer.byteLength(before.slice(lineStart));
    const place = `${this.#name}:${line}:${column}: executing ${goQuote(this.running)} at <${nodeText(node)}>`;
    throw new TemplateError(`template: ${place}: ${message}`);
  }

  /** Number of variables in scope, for `popTo`. */
  get scope(): number {
    return this.#variables.length;
  }

  popTo(scope: number): void {
    this.#variables.length = scope;
  }

  declare(name: string, value: GoValue, boxed = false): void {
    this.#variables.push({ name, value, boxed });
  }

  assign(name: string, value: GoValue, boxed = false): void {
    const variable = this.variable(name);
    variable.value = value;
    variable.boxed = boxed;
  }

  variable(name: string): Variable {
    return this.#variables.findLast((variable) => variable.name === name) ?? this.fail(`undefined variable: ${name}`);
  }

  /** Runs the body of another template: own variables, dot as given. */
  call(name: string, dot: GoValue, body: () => void): void {
    this.step();
    if (this.#depth >= MAX_DEPTH) this.fail(`exceeded maximum template depth (${MAX_DEPTH})`);
    const saved = { variables: this.#variables, dot: this.dot, dotBoxed: this.dotBoxed, running: this.running };
    this.#variables = [{ name: '$', value: dot, boxed: false }];
    this.dot = dot;
    this.dotBoxed = false;
    this.running = name;
    this.#depth++;
    body();
    this.#depth--;
    this.#variables = saved.variables;
    this.dot = saved.dot;
    this.dotBoxed = saved.dotBoxed;
    this.running = saved.running;
  }
}
