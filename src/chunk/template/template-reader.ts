import { openBlockKernel } from '../../kernels/block-kernel.ts';
import type { TemplateKernel } from '../../kernels/template-kernel.ts';
import { createZstdDecoder, type ZstdDecoder } from '../zstd/zstd-decoder.ts';
import { decodeTemplates } from './template-decoder.ts';
import { FRAME_HEAD_BYTES, readFrameHead } from './template-format.ts';

/** Opens template frames in the memory of a kernel: their sections are put in place there. */
export class TemplateReader {
  readonly kernel: TemplateKernel;
  readonly #decoder: ZstdDecoder;

  constructor(kernel: TemplateKernel, decoder: ZstdDecoder) {
    this.kernel = kernel;
    this.#decoder = decoder;
  }

  /** @returns false when the frame is damaged or more than the kernel has room for: then the plain decoder tells which */
  open(frame: Uint8Array, rawLength: number): boolean {
    const { kernel } = this;
    if (frame.length < FRAME_HEAD_BYTES || rawLength > kernel.maxRawBytes) return false;
    const { lines, rawHeader, header, rawTexts, texts, packed } = readFrameHead(frame);
    const textsAt = FRAME_HEAD_BYTES + header;
    const packedAt = textsAt + texts;
    if (packedAt + packed !== frame.length || lines > kernel.maxLines || packed > kernel.packed.length) return false;
    if (!this.#place(frame.subarray(FRAME_HEAD_BYTES, textsAt), kernel.header, rawHeader)) return false;
    if (!this.#place(frame.subarray(textsAt, packedAt), kernel.texts, rawTexts)) return false;
    kernel.packed.set(frame.subarray(packedAt));
    return kernel.open(lines, rawHeader, rawTexts, packed);
  }

  #place(stored: Uint8Array, into: Buffer, rawLength: number): boolean {
    if (rawLength > into.length || stored.length > rawLength) return false;
    if (stored.length === rawLength) into.set(stored);
    else return this.#decoder.decode(stored, into.subarray(0, rawLength)) === rawLength;
    return true;
  }
}

/** Of this thread, for whoever wants fresh memory; undefined without kernels. */
let threadReader: { readonly reader: TemplateReader; readonly lines: Buffer } | undefined;

function readerOfThread(): typeof threadReader {
  if (threadReader !== undefined) return threadReader;
  const kernel = openBlockKernel();
  if (kernel === undefined) return undefined;
  threadReader = { reader: new TemplateReader(kernel.templates, createZstdDecoder()), lines: kernel.lines };
  return threadReader;
}

/**
 * Decodes a template frame.
 *
 * @param into memory for it, used when the frame fits; else it gets fresh memory
 * @throws LogError CHUNK_CORRUPT
 */
export function readTemplates(frame: Uint8Array, rawLength: number, where: string, into?: Uint8Array): Uint8Array {
  const thread = readerOfThread();
  if (thread?.reader.open(frame, rawLength) !== true || thread.reader.kernel.decodeAll() !== rawLength)
    return decodeTemplates(frame, rawLength, where);
  const lines = thread.lines.subarray(0, rawLength);
  if (into === undefined || into.length < rawLength) return Uint8Array.from(lines);
  into.set(lines);
  return into.subarray(0, rawLength);
}
