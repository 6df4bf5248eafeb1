import type { Labels } from '../../model/labels.ts';
import type { CompiledMatcher } from '../../model/matcher.ts';
import type { TimeRange } from '../../model/time.ts';
import type { DamageKind } from '../../store/segments/damage.ts';
import type { FoundDamage } from '../../store/segments/damage-ledger.ts';
import type { QueryStore, Selection } from '../../store/snapshot/query-store.ts';

/** Where to ask what answers are without. */
export interface DamageSource {
  within(tenant: string, matchers: readonly CompiledMatcher[], range: TimeRange): readonly FoundDamage[];
}

interface Asked {
  readonly tenant: string;
  readonly matchers: readonly CompiledMatcher[];
  readonly range: TimeRange;
}

/** A store that remembers what one request asks it, so that its answer can say what it is without, however it was made. */
export class AskedStore implements QueryStore {
  /** Absent where the store has no such indexes. */
  readonly labels?: NonNullable<QueryStore['labels']>;
  readonly #store: QueryStore;
  readonly #damage: DamageSource;
  readonly #asked: Asked[] = [];

  constructor(store: QueryStore, damage: DamageSource) {
    this.#store = store;
    this.#damage = damage;
    if (store.labels === undefined) return;
    this.labels = (tenant, matchers, range) => {
      this.#asked.push({ tenant, matchers, range });
      return store.labels!(tenant, matchers, range);
    };
  }

  select(tenant: string, matchers: readonly CompiledMatcher[], range: TimeRange): Selection {
    this.#asked.push({ tenant, matchers, range });
    return this.#store.select(tenant, matchers, range);
  }

  streams(tenant: string, matchers: readonly CompiledMatcher[], range: TimeRange): readonly Labels[] {
    this.#asked.push({ tenant, matchers, range });
    return this.#store.streams(tenant, matchers, range);
  }

  /** To be asked when the answer is known: damage is found as it is made. At most one sentence. */
  warnings(): string[] {
    const found = new Set<FoundDamage>();
    for (const { tenant, matchers, range } of this.#asked)
      for (const damage of this.#damage.within(tenant, matchers, range)) found.add(damage);
    return found.size === 0 ? [] : [damageText([...found])];
  }
}

/** One and several. */
const NAMES: Readonly<Partial<Record<DamageKind, readonly [string, string]>>> = {
  block: ['damaged block', 'damaged blocks'],
  segment_missing: ['missing segment', 'missing segments'],
  wal: ['damaged part of the write-ahead log', 'damaged parts of the write-ahead log'],
};
const OTHER_NAMES = ['unreadable segment', 'unreadable segments'] as const;

function damageText(found: readonly FoundDamage[]): string {
  const counts = new Map<readonly [string, string], number>();
  let rows = 0;
  let isKnown = true;
  for (const { kind, lost } of found) {
    const names = NAMES[kind] ?? OTHER_NAMES;
    counts.set(names, (counts.get(names) ?? 0) + 1);
    rows += lost?.rows ?? 0;
    isKnown &&= lost?.rows !== undefined;
  }
  const parts = Array.from(counts, ([[one, several], count]) => `${count} ${count === 1 ? one : several}`);
  const many = isKnown ? `up to ${rows}` : rows > 0 ? `${rows} or more` : 'an unknown number of';
  return `stored data of this selection cannot be read (${parts.join(', ')}): ${many} rows may be missing; see /halogi/api/v1/damage`;
}

/** The body of an answer, a JSON object, with warnings as its last member. */
export function withWarnings(body: string | Uint8Array, warnings: readonly string[]): string | Uint8Array {
  if (warnings.length === 0) return body;
  const text = typeof body === 'string' ? body : Buffer.from(body).toString();
  const members = text.slice(0, text.lastIndexOf('}'));
  return `${members}${members.endsWith('{') ? '' : ','}"warnings":${JSON.stringify(warnings)}}`;
}
