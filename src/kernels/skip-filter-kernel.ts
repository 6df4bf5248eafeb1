import { loadKernel } from './load-kernel.ts';
import { type TemplateSections, type TemplateWriterExports, TemplateWriterKernel } from './template-writer-kernel.ts';

interface SkipFilterExports extends TemplateWriterExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  textAt(): number;
  keysAt(): number;
  filterAt(): number;
  collectKeys(text: number, length: number): number;
  buildFilter(text: number, length: number, bitsPerKey: number, probes: number, minBytes: number): number;
  writeFilter(bitsPerKey: number, probes: number, minBytes: number): number;
  newlineCount(): number;
  isAsciiText(): number;
  hasBackslashes(): number;
}

/** How many bits a filter has for its keys, and how many are set for each. */
export interface FilterShape {
  readonly bitsPerKey: number;
  readonly probes: number;
  readonly minBytes: number;
}

/** A filter (a view that the next call overwrites) and what else was seen in its text. */
export interface TextSummary {
  readonly filter: Uint8Array;
  readonly newlines: number;
  readonly ascii: boolean;
  /** False only if there is no backslash in the text. */
  readonly mayEscape: boolean;
}

/** Longest text of one call: TEXT_CAPACITY of kernels/segment-areas.ts. */
const TEXT_CAPACITY = 1 << 20;
/** Kept free behind texts: they are read by whole vectors. */
const SLACK_BYTES = 64;

/** The kernel that builds skip filters; one instance for each thread. */
export class SkipFilterKernel {
  readonly #exports: SkipFilterExports;
  readonly #memory: ArrayBuffer;
  readonly #textAt: number;
  /** Room for texts. What lies here is read in place, other texts are copied to its end. */
  readonly texts: Buffer;
  readonly #guest: Uint8Array;
  readonly templates: TemplateWriterKernel;

  constructor(exports: SkipFilterExports) {
    this.#exports = exports;
    this.#memory = exports.memory.buffer;
    this.#textAt = exports.textAt();
    const room = this.#memory.byteLength - SLACK_BYTES - this.#textAt;
    this.texts = Buffer.from(this.#memory, this.#textAt, room - TEXT_CAPACITY);
    this.#guest = new Uint8Array(this.#memory, this.#textAt + room - TEXT_CAPACITY, TEXT_CAPACITY);
    this.templates = new TemplateWriterKernel(exports, (text) => this.#place(text));
  }

  /** Filter of a text; undefined when it is too much for the kernel. */
  build(text: Uint8Array, shape: FilterShape): TextSummary | undefined {
    const at = this.#place(text);
    if (at === undefined) return undefined;
    const bytes = this.#exports.buildFilter(at, text.length, shape.bitsPerKey, shape.probes, shape.minBytes);
    return bytes < 0 ? undefined : this.#summary(bytes);
  }

  /** Filter of a text and, on the way, the template frame of its lines; undefined when one of them is too much for the kernel. */
  buildWithTemplates(text: Uint8Array, shape: FilterShape): (TextSummary & { sections: TemplateSections }) | undefined {
    const sections = this.templates.encode(text, [0], true);
    if (sections === undefined) return undefined;
    const bytes = this.#exports.writeFilter(shape.bitsPerKey, shape.probes, shape.minBytes);
    return bytes < 0 ? undefined : { ...this.#summary(bytes), sections };
  }

  #summary(bytes: number): TextSummary {
    return {
      filter: new Uint8Array(this.#memory, this.#exports.filterAt(), bytes),
      newlines: this.#exports.newlineCount(),
      ascii: this.#exports.isAsciiText() !== 0,
      mayEscape: this.#exports.hasBackslashes() !== 0,
    };
  }

  /** Keys of a text, each once; a view that the next call overwrites. Undefined when the text is too much for the kernel. */
  collect(text: Uint8Array): Uint32Array | undefined {
    const at = this.#place(text);
    const count = at === undefined ? -1 : this.#exports.collectKeys(at, text.length);
    return count < 0 ? undefined : new Uint32Array(this.#memory, this.#exports.keysAt(), count);
  }

  #place(text: Uint8Array): number | undefined {
    if (text.length > TEXT_CAPACITY) return undefined;
    if (text.buffer === this.#memory) return text.byteOffset;
    this.#guest.set(text);
    return this.#guest.byteOffset;
  }
}

export function openSkipFilterKernel(): SkipFilterKernel | undefined {
  const exports = loadKernel('segment') as SkipFilterExports | undefined;
  return exports === undefined ? undefined : new SkipFilterKernel(exports);
}
