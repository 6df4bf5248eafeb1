import { expect, test } from 'vitest';
import type { SegmentSummary } from '../../../src/index/values.ts';
import { StoredSegment } from '../../../src/store/segments/stored-segment.ts';
import { openRecent } from '../../../src/store/tenant/open-recent.ts';
import { TenantState } from '../../../src/store/tenant/tenant-state.ts';

const MIB = 1024 * 1024;

function segment(tenant: TenantState, day: number, maxOffsetNs: number, path: string, fileBytes = MIB): StoredSegment {
  const added = new StoredSegment({ day, maxOffsetNs, fileBytes } as SegmentSummary, path, 0);
  tenant.segments.set(day, [...(tenant.segments.get(day) ?? []), added]);
  return added;
}

async function opened(
  tenants: readonly TenantState[],
  onOpen: (path: string, count: number) => void = () => undefined,
  isOver: (count: number) => boolean = () => false,
  hasRoom: (count: number) => boolean = () => true,
): Promise<string[]> {
  const paths: string[] = [];
  const directories = {
    get hasRoom() {
      return hasRoom(paths.length);
    },
    open: (_: TenantState, { path }: StoredSegment): void => {
      paths.push(path);
      onOpen(path, paths.length);
    },
  };
  await openRecent(tenants, directories, () => isOver(paths.length));
  return paths;
}

function twoTenants(): readonly [TenantState, TenantState] {
  const [a, b] = [new TenantState('a', 1), new TenantState('b', 1)];
  segment(a, 7, 10, 'a7-10');
  segment(a, 7, 30, 'a7-30');
  segment(a, 8, 5, 'a8-5');
  segment(b, 7, 20, 'b7-20');
  return [a, b];
}

test('segments are opened from the newest on, of all tenants, damaged ones too', async () => {
  const fail = (path: string): void => {
    if (path === 'a7-30') throw new Error('damaged');
  };
  expect(await opened(twoTenants(), fail)).toEqual(['a8-5', 'a7-30', 'b7-20', 'a7-10']);
});

test('not more than enough are opened', async () => {
  const tenants = twoTenants();
  segment(tenants[1], 7, 25, 'large', 255 * MIB);
  expect(await opened(tenants)).toEqual(['a8-5', 'a7-30']);
  expect(await opened(twoTenants(), undefined, undefined, (count) => count < 3)).toHaveLength(3);
});

test('those that go meanwhile are left out, and none is opened when the store closes', async () => {
  const tenants = twoTenants();
  const merged = (_: string, count: number): void => {
    if (count === 1) tenants[0].segments.delete(7);
  };
  expect(await opened(tenants, merged)).toEqual(['a8-5', 'b7-20']);
  expect(await opened(twoTenants(), undefined, (count) => count === 2)).toEqual(['a8-5', 'a7-30']);
});
