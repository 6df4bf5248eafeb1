import {
  B_LINES,
  B_MAX,
  B_MIN,
  B_ROWS,
  B_STREAM,
  B_TIMES,
  BLOCK_FIELDS,
  blockTime,
  C_FRAME,
  F_OFFSET,
  FRAME_FIELDS,
} from '../../chunk/directory.ts';
import { dayStartNs } from '../../model/time.ts';
import type { DamagedBlocks, StoreDamage } from '../segments/damage.ts';
import type { OpenDirectory } from '../segments/open-directory.ts';
import type { StoredSegment } from '../segments/stored-segment.ts';
import type { TenantState } from './tenant-state.ts';

/** A segment that the store has, by its path; undefined when it has gone meanwhile. */
export function findSegment(
  tenants: Iterable<TenantState>,
  path: string,
): { readonly tenant: TenantState; readonly segment: StoredSegment } | undefined {
  for (const tenant of tenants)
    for (const segments of tenant.segments.values())
      for (const segment of segments) if (segment.path === path) return { tenant, segment };
  return undefined;
}

/** What blocks that cannot be read take away, one by one. */
export function damageOfBlocks(
  tenant: TenantState,
  { summary }: StoredSegment,
  { directory, streamIds }: OpenDirectory,
  { path, blocks, reason }: DamagedBlocks,
): StoreDamage[] {
  const startNs = dayStartNs(summary.day);
  const table = directory.blocks;
  return blocks.map((block) => {
    const at = block * BLOCK_FIELDS;
    const frameOf = (column: number): number => table[at + column + C_FRAME]! * FRAME_FIELDS;
    const offset = Math.min(
      directory.frames[frameOf(B_TIMES) + F_OFFSET]!,
      directory.frames[frameOf(B_LINES) + F_OFFSET]!,
    );
    return {
      kind: 'block',
      file: path,
      offset,
      block,
      reason,
      quarantinedAs: undefined,
      lost: {
        tenant: tenant.name,
        labels: tenant.byId.get(streamIds[table[at + B_STREAM]!]!)?.labels,
        startNs: startNs + BigInt(blockTime(table, at + B_MIN)),
        endNs: startNs + BigInt(blockTime(table, at + B_MAX)),
        rows: table[at + B_ROWS],
      },
    };
  });
}
