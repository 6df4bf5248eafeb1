import { EXTRACTED_SUFFIX } from '../row/label-names.ts';
import type { PipelineStage, Row } from '../row/stage.ts';
import { indexOfBytes, sliceText, startsWithBytes } from '../text/byte-text.ts';
import { Extractor, type ParserOptions } from './extractor.ts';
import type { FieldReader } from './field-reader.ts';
import { type ParsedPattern, parsePattern } from './line-pattern.ts';

/** `| pattern "<ip> - <user> ..."`: cuts the line at literals; never drops a line and never sets an error. */
export class PatternParser implements PipelineStage {
  readonly #pattern: ParsedPattern;
  readonly #extractor: Extractor;
  readonly #fields: FieldReader | undefined;

  /** @throws LogError QUERY_INVALID for neighbouring, missing or repeated captures */
  constructor(pattern: string, options: ParserOptions = {}, fields?: FieldReader) {
    this.#pattern = parsePattern(pattern);
    this.#fields = fields;
    this.#extractor = new Extractor(options, 'other');
  }

  process(row: Row): boolean {
    const extractor = this.#extractor;
    if (extractor.skip) return true;
    const fields = this.#fields;
    if (fields?.isRead === true) {
      extractor.begin(row.labels);
      return fields.deliver(row.labels, extractor, row.bytes);
    }
    const { bytes, start, end } = row;
    if (start >= end) return true;
    const { prefix, captures } = this.#pattern;
    if (!startsWithBytes(bytes, prefix, start, end)) return true;
    const labels = row.labels;
    extractor.begin(labels);
    let at = start + prefix.length;
    for (let i = 0; i < captures.length; i++) {
      const { name, literal } = captures[i]!;
      const found = literal === undefined ? -1 : indexOfBytes(bytes, literal, at, end);
      const stop = found < 0 ? end : found;
      if (name !== undefined) {
        const label = labels.isStreamLabel(name) ? name + EXTRACTED_SUFFIX : name;
        if (extractor.wants(labels, label)) {
          if (extractor.take(labels, label, sliceText(bytes, at, stop)) === 'drop') return false;
        }
      }
      if (found < 0) return true;
      at = found + literal!.length;
    }
    return true;
  }
}
