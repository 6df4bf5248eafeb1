import type { Disk } from '../../base/disk/disk.ts';
import { NS_PER_MS } from '../../model/time.ts';
import type { WalDamage } from '../../wal/replay.ts';
import type { DamagedBlocks, LostRows, StoreDamage } from '../segments/damage.ts';
import { DamageLedger } from '../segments/damage-ledger.ts';
import { rowsOf } from '../segments/load-directory.ts';
import { damageOfBlocks, findSegment } from '../tenant/damaged-blocks.ts';
import type { OpenDirectories } from '../tenant/open-directories.ts';
import type { TenantState } from '../tenant/tenant-state.ts';
import { notedDamage, noteInQuarantine } from './quarantine.ts';

/** Rows may be so far ahead of the clock; a little more than limits allow by default. */
const FUTURE_MS = 60 * 60_000;

export interface DamageReportOptions {
  readonly disk: Disk;
  readonly dataFolder: string;
  readonly now: () => number;
  /** Told of each damage once. */
  readonly onDamage: (damage: StoreDamage) => void;
}

/** Where all damage is told: it is written down where a later start could not find it again, listed, and told once. */
export class DamageReport {
  readonly ledger: DamageLedger = new DamageLedger();
  readonly #options: DamageReportOptions;

  private constructor(options: DamageReportOptions) {
    this.#options = options;
  }

  /** Begins with what earlier processes have written down. */
  static async open(options: DamageReportOptions): Promise<DamageReport> {
    const report = new DamageReport(options);
    for (const found of await notedDamage(options.disk, options.dataFolder)) report.ledger.restore(found);
    return report;
  }

  /** @param whole what the file holds */
  readonly tell = (damage: StoreDamage, whole?: LostRows): void => {
    if (this.ledger.add(damage, this.#options.now(), whole)) this.#options.onDamage(damage);
  };

  /** Queries read more without skip filters; nothing is lost. */
  readonly filtersDamaged = (file: string, cause: unknown): void => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    this.tell({ kind: 'skip_filter', file, reason, quarantinedAs: undefined, cause });
  };

  /** A part of the WAL that cannot be read may have held rows of any tenant, not younger than this start, or not by much. */
  async walDamaged({ startByte, endByte: _, ...found }: WalDamage): Promise<void> {
    const { disk, dataFolder, now } = this.#options;
    const nowMs = now();
    const endNs = BigInt(nowMs + FUTURE_MS) * NS_PER_MS;
    const lost = { tenant: undefined, labels: undefined, startNs: undefined, endNs, rows: undefined };
    const damage: StoreDamage = { kind: 'wal', offset: startByte, lost, ...found };
    await noteInQuarantine(disk, dataFolder, damage, nowMs);
    this.tell(damage);
  }

  /** Takes in what a scan could not read. */
  blocksDamaged(tenants: Iterable<TenantState>, directories: OpenDirectories, damaged: DamagedBlocks): void {
    const found = findSegment(tenants, damaged.path);
    if (found === undefined) return;
    const { tenant, segment } = found;
    const directory = directories.forQuery(tenant)(segment);
    for (const damage of damageOfBlocks(tenant, segment, directory, damaged))
      this.tell(damage, rowsOf(segment.summary));
  }
}
