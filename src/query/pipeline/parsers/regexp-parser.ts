import { LogError } from '../../../base/errors.ts';
import { compileRegex, type Regex } from '../../../base/regex/regex.ts';
import { EXTRACTED_SUFFIX } from '../row/label-names.ts';
import type { PipelineStage, Row } from '../row/stage.ts';
import { Extractor, type ParserOptions } from './extractor.ts';
import { sanitizeKey } from './key-table.ts';

/** `| regexp "..."`: the named groups of the leftmost match become labels; a group that took no part gives `""`. */
export class RegexpParser implements PipelineStage {
  readonly #regex: Regex;
  readonly #groups: readonly { readonly index: number; readonly name: string }[];
  readonly #extractor: Extractor;

  /** @throws LogError REGEX_SYNTAX, or QUERY_INVALID when groups are missing or named twice */
  constructor(pattern: string, options: ParserOptions = {}) {
    this.#regex = compileRegex(pattern);
    const groups: { index: number; name: string }[] = [];
    this.#regex.groupNames.forEach((group, index) => {
      if (group === undefined || group === '') return;
      const name = sanitizeKey(group);
      if (groups.some((other) => other.name === name)) {
        throw new LogError('QUERY_INVALID', `duplicate extracted label name '${name}'`);
      }
      groups.push({ index, name });
    });
    if (groups.length === 0) throw new LogError('QUERY_INVALID', 'at least one named capture must be supplied');
    this.#groups = groups;
    this.#extractor = new Extractor(options, 'other');
  }

  process(row: Row): boolean {
    const extractor = this.#extractor;
    if (extractor.skip) return true;
    const labels = row.labels;
    extractor.begin(labels);
    const match = this.#regex.exec(row.lineText());
    if (match === undefined) return true;
    for (const { index, name } of this.#groups) {
      const label = labels.isStreamLabel(name) ? name + EXTRACTED_SUFFIX : name;
      if (!extractor.wants(labels, label)) continue;
      if (extractor.take(labels, label, match.groups[index] ?? '') === 'drop') return false;
    }
    return true;
  }
}
