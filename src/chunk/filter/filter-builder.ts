import { isAscii } from 'node:buffer';
import { openSkipFilterKernel, type SkipFilterKernel, type TextSummary } from '../../kernels/skip-filter-kernel.ts';
import type { TemplateWriterKernel } from '../../kernels/template-writer-kernel.ts';
import { buildFilter, collectKeys, FILTER_SHAPE } from './skip-filter.ts';

/** Texts of the self-test: every kind of byte, words around the length of a run, enough to make the set grow, and a short end. */
function selfTestText(): Uint8Array {
  const text = new Uint8Array(30_007);
  let state = 1;
  for (let i = 0; i < text.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    text[i] = i < 10_000 ? (i * 37 + (i >> 3) * 11 + (i >> 7)) & 0xff : 0x61 + (state >>> 28);
  }
  text.set(Buffer.from('trace_id=4BF92F3577b34da6a3ce929d0e0e4736 user-10005 (u100051)\n'), 100);
  return text;
}

function agrees(kernel: SkipFilterKernel): boolean {
  const text = selfTestText();
  const built = kernel.build(text, FILTER_SHAPE);
  const expected = summarize(text);
  return (
    built !== undefined &&
    Buffer.compare(built.filter, expected.filter) === 0 &&
    built.newlines === expected.newlines &&
    built.ascii === expected.ascii &&
    (built.mayEscape || !expected.mayEscape)
  );
}

/** What the kernel tells, by its twin. */
function summarize(text: Uint8Array): TextSummary {
  const set = new Set<number>();
  collectKeys(text, 0, text.length, set);
  let newlines = 0;
  for (let at = text.indexOf(10); at >= 0; at = text.indexOf(10, at + 1)) newlines++;
  return { filter: buildFilter(set, set.size), newlines, ascii: isAscii(text), mayEscape: text.includes(0x5c) };
}

/** Builds the filters of blocks, by the kernel where it is there and gives what its twin gives. One for each thread. */
export class FilterBuilder {
  readonly #kernel: SkipFilterKernel | undefined;

  constructor() {
    const kernel = openSkipFilterKernel();
    this.#kernel = kernel !== undefined && agrees(kernel) ? kernel : undefined;
  }

  /** Memory from which texts are taken without a copy; undefined when any is as good. */
  get texts(): Buffer | undefined {
    return this.#kernel?.texts;
  }

  /** Makes template frames; undefined without the kernel. */
  get templates(): TemplateWriterKernel | undefined {
    return this.#kernel?.templates;
  }

  /** Filter over the joined lines of a block, newlines and kind of bytes. The filter is overwritten by the next call. */
  summarize(text: Uint8Array): TextSummary {
    return this.#kernel?.build(text, FILTER_SHAPE) ?? summarize(text);
  }

  /** The same, and the template frame of the lines; undefined when the kernel does not make it. */
  summarizeWithTemplates(text: Uint8Array): ReturnType<SkipFilterKernel['buildWithTemplates']> {
    return this.#kernel?.buildWithTemplates(text, FILTER_SHAPE);
  }

  /** Filter over the joined lines of a block. */
  build(text: Uint8Array): Uint8Array {
    return Uint8Array.from(this.summarize(text).filter);
  }
}
