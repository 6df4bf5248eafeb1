import { compareText, EMPTY_LABELS, type Labels, labelValue } from '../../../model/labels.ts';
import type { KeptBases } from './kept-bases.ts';
import { type Base, baseOf, METADATA, STREAM, withErrors } from './label-base.ts';
import { ERROR_DETAILS_LABEL, ERROR_LABEL } from './label-names.ts';
import type { CategorizedLabels, LabelState } from './stage.ts';

const PARSED = 2;
const DELETED = 3;

/** Recently seen (stream, metadata) pairs whose merged labels are kept: neighbouring rows repeat a few of them. */
const BASE_CACHE_SIZE = 16;

/** From this many changes on, names are looked up in a map: a line may hold thousands of keys. */
const INDEX_FROM = 24;

const EMPTY_BASE = baseOf(EMPTY_LABELS, EMPTY_LABELS);

/**
 * Labels of the row in flight. Changes are kept apart from the shared base in parallel arrays of a few entries; an entry
 * of a deleted name stays, so that it hides the base and remembers that the name was extracted once.
 */
export class RowLabels implements LabelState {
  error = '';
  errorDetails = '';
  #base: Base = EMPTY_BASE;
  readonly #recent: Base[] = [];
  #recentAt = 0;
  #count = 0;
  readonly #names: string[] = [];
  readonly #values: string[] = [];
  readonly #categories: number[] = [];
  readonly #wasParsed: boolean[] = [];
  readonly #index: Map<string, number> = new Map();
  /**
   * Order of the merged labels by name: index of a base label, or `~entry` of a change. Rows of one query mostly change
   * the same names in the same order, so the order is kept until the names differ.
   */
  readonly #plan: number[] = [];
  readonly #planNames: string[] = [];
  #planBase: readonly string[] = [];
  #planValid = false;
  readonly #kept: KeptBases | undefined;

  /** @param kept what rows start with is kept there for later queries: for few rows of many streams */
  constructor(kept?: KeptBases) {
    this.#kept = kept;
  }

  get stream(): Labels {
    return this.#base.stream;
  }

  /** What the row has started with: the same object for the same stream and metadata, while it is kept. */
  get base(): Base {
    return this.#base;
  }

  reset(stream: Labels, metadata: Labels): void {
    if (this.#count > INDEX_FROM) this.#index.clear();
    this.#count = 0;
    let base = this.#base;
    if (base.stream !== stream || base.metadata !== metadata) {
      base = this.#findBase(stream, metadata);
      this.#base = base;
    }
    this.error = base.error;
    this.errorDetails = base.errorDetails;
  }

  get(name: string): string | undefined {
    const entry = this.#find(name);
    if (entry >= 0) return this.#categories[entry] === DELETED ? undefined : this.#values[entry];
    const names = this.#base.names;
    for (let i = 0; i < names.length; i++) if (names[i] === name) return this.#base.values[i];
    if (name === ERROR_LABEL && this.error !== '') return this.error;
    if (name === ERROR_DETAILS_LABEL && this.errorDetails !== '') return this.errorDetails;
    return undefined;
  }

  isStreamLabel(name: string): boolean {
    return labelValue(this.#base.stream, name) !== undefined;
  }

  wasParsed(name: string): boolean {
    const entry = this.#find(name);
    return entry >= 0 && this.#wasParsed[entry]!;
  }

  setParsed(name: string, value: string): void {
    this.#set(name, value, PARSED);
  }

  setStructuredMetadata(name: string, value: string): void {
    const entry = this.#find(name);
    if (entry >= 0 && this.#categories[entry] === PARSED) return;
    this.#set(name, value, METADATA);
  }

  delete(name: string): void {
    const entry = this.#find(name);
    if (entry >= 0) this.#categories[entry] = DELETED;
    else if (this.#base.names.includes(name)) this.#set(name, '', DELETED);
  }

  get untouched(): boolean {
    return this.#count === 0 && this.error === this.#base.error && this.errorDetails === this.#base.errorDetails;
  }

  result(): Labels {
    if (this.untouched) return this.#base.labels;
    const out: string[] = [];
    const { names, values } = this.#base;
    for (const source of this.#mergePlan()) {
      if (source >= 0) out.push(names[source]!, values[source]!);
      else if (this.#categories[~source] !== DELETED) out.push(this.#names[~source]!, this.#values[~source]!);
    }
    return withErrors(out, this.error, this.errorDetails);
  }

  categorized(): CategorizedLabels {
    const base = this.#base;
    if (this.untouched && base.categorized !== undefined) return base.categorized;
    const parts: [string[], string[], string[]] = [[], [], []];
    this.#merge((name, value, category) => parts[category as 0 | 1 | 2].push(name, value));
    const result: CategorizedLabels = {
      stream: parts[STREAM],
      structuredMetadata: parts[METADATA],
      parsed: withErrors(parts[PARSED], this.error, this.errorDetails),
    };
    if (this.untouched) base.categorized = result;
    return result;
  }

  grouped(without: boolean, names: readonly string[]): Labels {
    const base = this.#base;
    const untouched = this.untouched;
    if (untouched && base.groupedNames === names && base.groupedWithout === without) return base.grouped;
    const result = without ? this.#without(names) : this.#by(names);
    if (untouched) {
      base.groupedNames = names;
      base.groupedWithout = without;
      base.grouped = result;
    }
    return result;
  }

  #without(names: readonly string[]): Labels {
    const out: string[] = [];
    this.#merge((name, value) => {
      if (!names.includes(name) && name !== ERROR_LABEL && name !== ERROR_DETAILS_LABEL) out.push(name, value);
    });
    // Without any grouping the details of a dropped error stay; with an error the query fails anyway.
    return names.length === 0 ? withErrors(out, '', this.errorDetails) : out;
  }

  #by(names: readonly string[]): Labels {
    if (names.length === 0) return EMPTY_LABELS;
    const out: string[] = [];
    const sorted = isSortedUnique(names) ? names : [...new Set(names)].sort(compareText);
    for (const name of sorted) {
      const value = this.get(name);
      if (value !== undefined) out.push(name, value);
    }
    return out;
  }

  #find(name: string): number {
    if (this.#count > INDEX_FROM) return this.#index.get(name) ?? -1;
    for (let i = 0; i < this.#count; i++) if (this.#names[i] === name) return i;
    return -1;
  }

  #set(name: string, value: string, category: number): void {
    let entry = this.#find(name);
    if (entry < 0) {
      entry = this.#count++;
      this.#names[entry] = name;
      if (entry === INDEX_FROM) for (let i = 0; i < entry; i++) this.#index.set(this.#names[i]!, i);
      if (entry >= INDEX_FROM) this.#index.set(name, entry);
      this.#wasParsed[entry] = false;
    }
    this.#values[entry] = value;
    this.#categories[entry] = category;
    if (category === PARSED) this.#wasParsed[entry] = true;
  }

  /** Visits the labels in order of name. */
  #merge(visit: (name: string, value: string, category: number) => void): void {
    const { names, values, categories } = this.#base;
    for (const source of this.#mergePlan()) {
      if (source >= 0) visit(names[source]!, values[source]!, categories[source]!);
      else if (this.#categories[~source] !== DELETED) {
        visit(this.#names[~source]!, this.#values[~source]!, this.#categories[~source]!);
      }
    }
  }

  #mergePlan(): readonly number[] {
    if (!this.#isPlanned()) this.#makePlan();
    return this.#plan;
  }

  #isPlanned(): boolean {
    if (!this.#planValid || this.#planNames.length !== this.#count) return false;
    for (let i = 0; i < this.#count; i++) if (this.#planNames[i] !== this.#names[i]) return false;
    const base = this.#base.names;
    if (base === this.#planBase) return true;
    if (base.length !== this.#planBase.length) return false;
    for (let i = 0; i < base.length; i++) if (base[i] !== this.#planBase[i]) return false;
    return true;
  }

  /** Base and changes merged; a change stands for the base label of its name. */
  #makePlan(): void {
    const base = this.#base.names;
    const plan = this.#plan;
    plan.length = 0;
    this.#planNames.length = 0;
    for (let i = 0; i < this.#count; i++) this.#planNames.push(this.#names[i]!);
    let at = 0;
    for (const entry of this.#sortedEntries()) {
      const name = this.#names[entry]!;
      let c = -1;
      while (at < base.length) {
        c = compareText(base[at]!, name);
        if (c >= 0) break;
        plan.push(at++);
      }
      if (at < base.length && c === 0) at++;
      plan.push(~entry);
    }
    while (at < base.length) plan.push(at++);
    this.#planBase = base;
    this.#planValid = true;
  }

  #sortedEntries(): number[] {
    const order: number[] = [];
    const names = this.#names;
    for (let i = 0; i < this.#count; i++) order.push(i);
    return order.sort((a, b) => compareText(names[a]!, names[b]!));
  }

  #findBase(stream: Labels, metadata: Labels): Base {
    // A row of another stream has mostly none of the recent ones: a look at all of them takes longer than that at what is kept.
    const kept = this.#kept?.find(stream, metadata);
    if (kept !== undefined) return kept;
    for (const base of this.#recent) if (base.stream === stream && base.metadata === metadata) return base;
    const base = baseOf(stream, metadata);
    this.#recent[this.#recentAt] = base;
    this.#recentAt = (this.#recentAt + 1) % BASE_CACHE_SIZE;
    return base;
  }
}

function isSortedUnique(names: readonly string[]): boolean {
  for (let i = 1; i < names.length; i++) if (compareText(names[i - 1]!, names[i]!) >= 0) return false;
  return true;
}
