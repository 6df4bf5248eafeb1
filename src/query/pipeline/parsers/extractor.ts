import type { Predicate } from '../filters/label-filter.ts';
import type { LabelState, ParserHints } from '../row/stage.ts';

/** What a parser does after it handed over a label: go on, leave the rest of the line alone, or drop the line. */
export type Verdict = 'go-on' | 'enough' | 'drop';

/** What all parser stages of a pipeline share. */
export interface ParserOptions {
  readonly hints?: ParserHints;
  /** Names that are needed; what else a line holds is looked at for errors only. Where the hints name some, the parser stops at the last. */
  readonly names?: ReadonlySet<string>;
  /** Predicates to test as soon as a label of their name is extracted. */
  readonly early?: ReadonlyMap<string, Predicate>;
}

/**
 * Takes the labels that a parser finds: the first value of a name wins, unneeded names are refused, and predicates on
 * the name are tested at once. One per parser stage; `begin` starts a row.
 */
export class Extractor {
  /** The parser has nothing to do, not even to look for errors. */
  readonly skip: boolean;
  readonly #names: ReadonlySet<string> | undefined;
  readonly #nameList: readonly string[];
  readonly #early: ReadonlyMap<string, Predicate> | undefined;
  /** The last needed label ends the line without being tested. */
  readonly #enoughBeforeTest: boolean;
  readonly #stopsEarly: boolean;
  #remaining = 0;

  constructor(options: ParserOptions, parser: 'json' | 'logfmt' | 'other') {
    this.skip = options.hints?.skip === true;
    this.#names = options.hints?.names ?? options.names;
    this.#nameList = [...(this.#names ?? [])];
    this.#early = options.early !== undefined && options.early.size > 0 ? options.early : undefined;
    this.#enoughBeforeTest = parser === 'json';
    this.#stopsEarly = parser !== 'other' && options.hints?.names !== undefined;
  }

  /** @returns false when every needed label was found by an earlier stage */
  begin(labels: LabelState): boolean {
    if (this.#names === undefined) return true;
    this.#remaining = 0;
    const list = this.#nameList;
    for (let i = 0; i < list.length; i++) if (!labels.wasParsed(list[i]!)) this.#remaining++;
    return this.#remaining > 0 || !this.#stopsEarly;
  }

  /** True if a label of that name should be handed over. */
  wants(labels: LabelState, name: string): boolean {
    if (this.#names !== undefined && !this.#names.has(name)) return false;
    return !labels.wasParsed(name);
  }

  /** Sets a wanted label. */
  take(labels: LabelState, name: string, value: string): Verdict {
    labels.setParsed(name, value);
    const enough = this.#names !== undefined && this.#stopsEarly && --this.#remaining === 0;
    if (enough && this.#enoughBeforeTest) return 'enough';
    if (this.#early !== undefined) {
      const predicate = this.#early.get(name);
      if (predicate !== undefined && !predicate.test(labels)) return 'drop';
    }
    return enough ? 'enough' : 'go-on';
  }
}
