import { labelValue } from '../../model/labels.ts';
import type { CompiledMatcher } from '../../model/matcher.ts';
import type { TimeRange } from '../../model/time.ts';
import { DAMAGE_KINDS, type DamageKind, type LostRows, type StoreDamage } from './damage.ts';

/** Damage that is listed one by one. */
const MAX_ENTRIES = 10_000;

/** Damage and when it was found, milliseconds since the epoch. */
export interface FoundDamage extends StoreDamage {
  readonly foundMs: number;
}

/** All damage that is known, so that answers can say what they are without. */
export class DamageLedger {
  readonly #entries = new Map<string, FoundDamage>();
  readonly #counts = new Map<DamageKind, number>(DAMAGE_KINDS.map((kind) => [kind, 0]));

  /**
   * Takes damage in. Of a file with very many damaged places only the file is kept, with all that it may have held.
   *
   * @param whole what all of the file holds
   * @returns false when it was known
   */
  add(damage: StoreDamage, foundMs: number, whole: LostRows | undefined = damage.lost): boolean {
    const one = `${damage.kind}\n${damage.file}\n${damage.block ?? damage.offset ?? ''}`;
    const all = `${damage.kind}\n${damage.file}\n`;
    if (this.#entries.has(one) || this.#entries.has(all)) return false;
    this.#counts.set(damage.kind, this.#counts.get(damage.kind)! + 1);
    const { cause: _, ...told } = damage;
    if (this.#entries.size < MAX_ENTRIES) this.#entries.set(one, { ...told, foundMs });
    else this.#entries.set(all, { ...told, offset: undefined, block: undefined, lost: whole, foundMs });
    return true;
  }

  /** Takes in what an earlier process has found. */
  restore(found: FoundDamage): void {
    this.#entries.set(`${found.kind}\n${found.file}\n${found.block ?? found.offset ?? ''}`, found);
  }

  /** The file is gone, and what was wrong with it. */
  forget(file: string): void {
    for (const [key, entry] of this.#entries) if (entry.file === file) this.#entries.delete(key);
  }

  /** Damage that rows of a range may be lost by; both ends included. */
  within(tenant: string, matchers: readonly CompiledMatcher[], range: TimeRange): FoundDamage[] {
    const found: FoundDamage[] = [];
    for (const entry of this.#entries.values())
      if (entry.lost !== undefined && touches(entry.lost, tenant, matchers, range)) found.push(entry);
    return found;
  }

  entries(): readonly FoundDamage[] {
    return [...this.#entries.values()];
  }

  /** Damage found since the start, by kind. */
  get counts(): ReadonlyMap<DamageKind, number> {
    return this.#counts;
  }

  /** Segment files of which something is lost. */
  get damagedSegments(): number {
    const files = new Set<string>();
    for (const { kind, file, lost } of this.#entries.values())
      if (lost !== undefined && kind !== 'wal') files.add(file);
    return files.size;
  }
}

function touches(lost: LostRows, tenant: string, matchers: readonly CompiledMatcher[], range: TimeRange): boolean {
  if (lost.tenant !== undefined && lost.tenant !== tenant) return false;
  if (lost.startNs !== undefined && lost.startNs > range.endNs) return false;
  if (lost.endNs !== undefined && lost.endNs < range.startNs) return false;
  const { labels } = lost;
  return labels === undefined || matchers.every((matcher) => matcher.matches(labelValue(labels, matcher.name) ?? ''));
}
