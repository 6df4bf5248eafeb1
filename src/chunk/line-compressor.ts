import type { TemplateSections, TemplateWriterKernel } from '../kernels/template-writer-kernel.ts';
import { CODEC_TEMPLATES, type CompressedFrame, compressFrame } from './bytes/compress.ts';
import { encodeTemplates } from './template/template-encoder.ts';
import { FRAME_HEAD_BYTES, writeFrameHead } from './template/template-format.ts';

/** Smaller frames have too few lines of a shape. */
const MIN_TEMPLATE_BYTES = 4096;
/** A frame of templates above this part of its lines may be one that zstd does better. */
const GOOD_RATIO = 0.2;
/** The level of fresh blocks, whose writer cannot wait for the plain twin. */
const FRESH_LEVEL = 1;

/** Compresses frames of lines: as templates where that is smaller, else by zstd. One for each segment; results are overwritten by the next. */
export class LineCompressor {
  readonly #level: number;
  readonly #kernel: TemplateWriterKernel | undefined;
  #frame: Uint8Array = new Uint8Array(128 * 1024);

  constructor(level: number, kernel: TemplateWriterKernel | undefined) {
    this.#level = level;
    this.#kernel = kernel;
  }

  /**
   * @param marks places where blocks begin that share the frame, each the start of a line
   * @param sections of its template frame, where they have been made before
   */
  compress(raw: Uint8Array, marks: readonly number[], sections?: TemplateSections): CompressedFrame {
    if (raw.length < MIN_TEMPLATE_BYTES) return compressFrame(raw, this.#level);
    const bytes = sections === undefined ? this.#templates(raw, marks) : this.#join(sections);
    if (bytes === undefined) return compressFrame(raw, this.#level);
    if (bytes.length > raw.length * GOOD_RATIO) {
      const other = compressFrame(raw, this.#level);
      if (other.bytes.length <= bytes.length) return other;
    }
    return { codec: CODEC_TEMPLATES, bytes };
  }

  #templates(raw: Uint8Array, marks: readonly number[]): Uint8Array | undefined {
    if (this.#kernel === undefined) {
      return this.#level === FRESH_LEVEL ? undefined : encodeTemplates(raw, marks, this.#level);
    }
    const sections = this.#kernel.encode(raw, marks);
    return sections === undefined ? undefined : this.#join(sections);
  }

  #join({ lines, header, texts, packed }: TemplateSections): Uint8Array {
    const most = FRAME_HEAD_BYTES + header.length + texts.length + packed.length;
    if (this.#frame.length < most) this.#frame = new Uint8Array(most * 2);
    const frame = this.#frame;
    let at = FRAME_HEAD_BYTES;
    const put = (bytes: Uint8Array): number => {
      frame.set(bytes, at);
      at += bytes.length;
      return bytes.length;
    };
    writeFrameHead(frame, {
      lines,
      rawHeader: header.length,
      header: put(compressFrame(header, this.#level).bytes),
      rawTexts: texts.length,
      texts: put(compressFrame(texts, this.#level).bytes),
      packed: put(packed),
    });
    return frame.subarray(0, at);
  }
}
