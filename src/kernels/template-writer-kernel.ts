/** The part of the segment kernel that makes template frames. */
export interface TemplateWriterExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  encodeTemplates(text: number, length: number, marks: number, keys: boolean): number;
  templateHeaderAt(): number;
  templateTextsAt(): number;
  templatePackedAt(): number;
  templateMarksAt(): number;
  templateLines(): number;
  headerBytes(): number;
  textBytes(): number;
  packedBytes(): number;
}

/** Sections of a frame, not compressed yet: views that the next call overwrites. */
export interface TemplateSections {
  readonly lines: number;
  readonly header: Uint8Array;
  readonly texts: Uint8Array;
  readonly packed: Uint8Array;
}

/** Sizes of kernels/segment-areas.ts. */
const TEXT_CAPACITY = 1 << 19;
const MARK_CAPACITY = 1 << 16;

/** Makes the sections of template frames. */
export class TemplateWriterKernel {
  readonly #exports: TemplateWriterExports;
  readonly #place: (text: Uint8Array) => number | undefined;
  readonly #marks: Uint32Array;

  /** @param place puts a text where the kernel can read it */
  constructor(exports: TemplateWriterExports, place: (text: Uint8Array) => number | undefined) {
    this.#exports = exports;
    this.#place = place;
    this.#marks = new Uint32Array(exports.memory.buffer, exports.templateMarksAt(), MARK_CAPACITY);
  }

  /**
   * @param marks places in the text where lines begin that are to be found without decoding, ascending
   * @param keys collect the keys of the skip filter
   * @returns undefined when the text is too much or too varied
   */
  encode(text: Uint8Array, marks: readonly number[], keys = false): TemplateSections | undefined {
    if (text.length > TEXT_CAPACITY || marks.length > MARK_CAPACITY) return undefined;
    const at = this.#place(text);
    if (at === undefined) return undefined;
    this.#marks.set(marks);
    const exports = this.#exports;
    if (exports.encodeTemplates(at, text.length, marks.length, keys) < 0) return undefined;
    const { buffer } = exports.memory;
    return {
      lines: exports.templateLines(),
      header: new Uint8Array(buffer, exports.templateHeaderAt(), exports.headerBytes()),
      texts: new Uint8Array(buffer, exports.templateTextsAt(), exports.textBytes()),
      packed: new Uint8Array(buffer, exports.templatePackedAt(), exports.packedBytes()),
    };
  }
}
