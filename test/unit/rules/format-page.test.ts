import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import {
  decodeQueueRecord,
  encodeQueueHeader,
  encodeQueueRecord,
  QUEUE_MAGIC,
  QUEUE_RECORD_HEAD_BYTES,
  QUEUE_VERSION,
  queueFileName,
  queueFileNumber,
  queueRecordBytes,
} from '../../../src/rules/remote-write/queue-format.ts';
import { ALERTS_VERSION } from '../../../src/rules/store/alert-store.ts';
import { GROUPS_VERSION, groupsFileName } from '../../../src/rules/store/api-groups.ts';

const page = readFileSync('docs/format/rules.md', 'utf8');

it('the page says the versions of the code', () => {
  expect(page).toContain(`# Rules, version ${QUEUE_VERSION}\n`);
  expect(page).toContain(`8 bytes \`${QUEUE_MAGIC}\`, u32 version = ${QUEUE_VERSION}.`);
  expect(page).toContain(`\`{"version":${GROUPS_VERSION},"groups":[`);
  expect(page).toContain(`\`{"version":${ALERTS_VERSION},"groups":{`);
  expect(page).toContain(`\`${groupsFileName('<tenant>')}\``);
});

it('draws a file of the queue as it is written', () => {
  expect(Buffer.from(encodeQueueHeader()).toString('latin1')).toBe('halogiRW\x01\0\0\0');
  const record = Buffer.from(encodeQueueRecord({ tenant: 'ab', seriesCount: 3, series: Uint8Array.of(10, 0) }));
  expect(record.toString('hex', 0, 4)).toBe('0a000000');
  expect(record.toString('hex', QUEUE_RECORD_HEAD_BYTES)).toBe(`03000000${'0200'}${'6162'}${'0a00'}`);
  expect(queueRecordBytes(record, 0)).toBe(record.length);
  expect(queueRecordBytes(record.subarray(0, -1), 0)).toBeUndefined();
  expect(decodeQueueRecord(record, 0, record.length)).toMatchObject({ tenant: 'ab', seriesCount: 3 });
  record[record.length - 1]! ^= 1;
  expect(decodeQueueRecord(record, 0, record.length)).toBeUndefined();
  expect(queueFileName(7)).toBe('0000000000000007.queue');
  expect(queueFileNumber(queueFileName(7))).toBe(7);
  expect(queueFileNumber('position.json')).toBeUndefined();
});
