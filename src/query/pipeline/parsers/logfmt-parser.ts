import type { Extraction, LogfmtStage } from '../../../../grammar/ast.ts';
import { LogError } from '../../../base/errors.ts';
import { EXTRACTED_SUFFIX } from '../row/label-names.ts';
import type { LabelState, PipelineStage, Row } from '../row/stage.ts';
import { Extractor, type ParserOptions } from './extractor.ts';
import type { FieldReader } from './field-reader.ts';
import { KeyTable } from './key-table.ts';
import { LogfmtScanner } from './logfmt-scanner.ts';

export const LOGFMT_PARSER_ERROR = 'LogfmtParserErr';

/** `| logfmt [--strict] [--keep-empty]`: every pair becomes a label. */
export class LogfmtParser implements PipelineStage {
  readonly #strict: boolean;
  readonly #keepEmpty: boolean;
  readonly #extractor: Extractor;
  readonly #fields: FieldReader | undefined;
  readonly #keys: KeyTable = new KeyTable();
  readonly #scanner: LogfmtScanner = new LogfmtScanner();

  /** @param fields what was read ahead */
  constructor(stage: Pick<LogfmtStage, 'strict' | 'keepEmpty'>, options: ParserOptions = {}, fields?: FieldReader) {
    this.#fields = fields;
    this.#strict = stage.strict;
    this.#keepEmpty = stage.keepEmpty;
    this.#extractor = new Extractor(options, 'logfmt');
  }

  process(row: Row): boolean {
    const extractor = this.#extractor;
    if (extractor.skip) return true;
    const labels = row.labels;
    if (!extractor.begin(labels)) return true;
    const fields = this.#fields;
    if (fields?.isRead === true) return fields.deliver(labels, extractor, row.bytes);
    const scanner = this.#scanner;
    scanner.begin(row.bytes, row.start, row.end);
    for (;;) {
      const token = scanner.next();
      if (token === 'end') return true;
      if (token === 'bad') {
        if (this.#strict) return failLogfmt(labels, scanner);
        scanner.skipBad();
        continue;
      }
      if (scanner.valueStart >= scanner.valueEnd && !this.#keepEmpty) continue;
      const name = this.#keys.find(scanner.bytes, scanner.keyStart, scanner.keyEnd).label(labels);
      if (!extractor.wants(labels, name)) continue;
      const verdict = extractor.take(labels, name, scanner.value());
      if (verdict !== 'go-on') return verdict === 'enough';
    }
  }
}

/** `| logfmt x, y="key"`: only the named keys, the last occurrence of each. */
export class LogfmtFieldParser implements PipelineStage {
  readonly #strict: boolean;
  readonly #skip: boolean;
  readonly #fields: FieldReader | undefined;
  readonly #keys: KeyTable = new KeyTable();
  readonly #scanner: LogfmtScanner = new LogfmtScanner();
  readonly #targets: readonly string[];
  readonly #targetByKey: ReadonlyMap<string, string>;

  /**
   * @param fields what was read ahead
   * @throws LogError QUERY_INVALID when a source is not one key
   */
  constructor(stage: Pick<LogfmtStage, 'strict' | 'extractions'>, options: ParserOptions = {}, fields?: FieldReader) {
    this.#fields = fields;
    this.#strict = stage.strict;
    this.#skip = options.hints?.skip === true;
    this.#targets = stage.extractions.map((extraction) => extraction.target);
    this.#targetByKey = targetsByKey(stage.extractions);
  }

  process(row: Row): boolean {
    if (this.#skip) return true;
    const labels = row.labels;
    const fields = this.#fields;
    if (fields?.isRead === true) return fields.deliverTargets(labels, row.bytes);
    for (const target of this.#targets) if (!labels.isStreamLabel(target)) labels.setParsed(target, '');
    const scanner = this.#scanner;
    scanner.begin(row.bytes, row.start, row.end);
    for (;;) {
      const token = scanner.next();
      if (token === 'end') return true;
      if (token === 'bad') {
        if (this.#strict) return failLogfmt(labels, scanner);
        scanner.skipBad();
        continue;
      }
      const key = this.#keys.find(scanner.bytes, scanner.keyStart, scanner.keyEnd).name;
      const target = this.#targetByKey.get(key);
      if (target === undefined) continue;
      labels.setParsed(labels.isStreamLabel(target) ? target + EXTRACTED_SUFFIX : target, scanner.value());
    }
  }
}

function failLogfmt(labels: LabelState, scanner: LogfmtScanner): true {
  labels.error = LOGFMT_PARSER_ERROR;
  labels.errorDetails = `logfmt syntax error at pos ${scanner.errorAt + 1} : ${scanner.error}`;
  return true;
}

/** The label that each key becomes. @throws LogError QUERY_INVALID when a source is not one key */
export function targetsByKey(extractions: readonly Extraction[]): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  // A key that equals a target's name is taken for it, unless another target asks for that key.
  for (const { target } of extractions) map.set(target, target);
  for (const { target, source } of extractions) map.set(parseLogfmtKey(source), target);
  return map;
}

/**
 * The key named by the source of an extraction: a bare key or a quoted string.
 *
 * @throws LogError QUERY_INVALID `cannot parse expression [<source>]: syntax error: unexpected ...`
 */
export function parseLogfmtKey(source: string): string {
  const tokens = source.match(/"(?:[^"\\]|\\.)*"|[^\s"=]+|\S/g) ?? [];
  const kinds = tokens.map(tokenKind);
  const fail = (problem: string): never => {
    throw new LogError('QUERY_INVALID', `cannot parse expression [${source}]: syntax error: unexpected ${problem}`);
  };
  const first = kinds[0];
  if (first === undefined) return fail('$end, expecting STRING or KEY');
  if (first === '$unk') return fail('$unk, expecting STRING or KEY');
  if (kinds[1] !== undefined) return fail(kinds[1]);
  return first === 'STRING' ? tokens[0]!.slice(1, -1) : tokens[0]!;
}

function tokenKind(token: string): 'STRING' | 'KEY' | '$unk' {
  if (token === '"' || token === '=') return '$unk';
  return token.startsWith('"') ? 'STRING' : 'KEY';
}
