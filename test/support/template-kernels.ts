import { SomeLines } from '../../src/chunk/template/some-lines.ts';
import { TemplateReader } from '../../src/chunk/template/template-reader.ts';
import { createZstdDecoder } from '../../src/chunk/zstd/zstd-decoder.ts';
import { type BlockKernel, openBlockKernel } from '../../src/kernels/block-kernel.ts';
import { openSkipFilterKernel } from '../../src/kernels/skip-filter-kernel.ts';
import type { TemplateWriterKernel } from '../../src/kernels/template-writer-kernel.ts';
import { sections } from './template-frames.ts';

/** The kernels that write and read template frames, each with a memory of its own. */

export interface TemplateKernels {
  readonly writer: TemplateWriterKernel;
  readonly block: BlockKernel;
  readonly reader: TemplateReader;
  /** Lines of the frame that is open; nobody is told what they cost. */
  readonly someLines: SomeLines;
  /** All memory of the reading kernel. */
  readonly memory: Buffer;
}

/** @throws Error when they are not built */
export function openTemplateKernels(): TemplateKernels {
  const writer = openSkipFilterKernel()?.templates;
  const block = openBlockKernel();
  if (writer === undefined || block === undefined) throw new Error('kernels are not built: npm run build:kernels');
  const reader = new TemplateReader(block.templates, createZstdDecoder());
  const ignore = (): void => undefined;
  const someLines = new SomeLines(block, ignore, ignore);
  return { writer, block, reader, someLines, memory: Buffer.from(block.lines.buffer as ArrayBuffer) };
}

/** A frame as the kernel writes it, whether it pays or not; undefined when it is too much for the kernel. */
export function kernelFrame(
  { writer }: TemplateKernels,
  raw: Uint8Array,
  marks: readonly number[],
  zip: boolean,
): Buffer | undefined {
  const made = writer.encode(raw, marks);
  if (made === undefined) return undefined;
  return sections(made.lines, Buffer.from(made.header), Buffer.from(made.texts), Buffer.from(made.packed), zip);
}

/** All lines of a frame by the kernel, a view of its memory; undefined when it refuses the frame. */
export function kernelRead(
  { reader, block }: TemplateKernels,
  frame: Uint8Array,
  rawLength: number,
): Buffer | undefined {
  if (!reader.open(frame, rawLength)) return undefined;
  const bytes = reader.kernel.decodeAll();
  return bytes < 0 ? undefined : block.lines.subarray(0, bytes);
}
