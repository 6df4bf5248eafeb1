import { expect, it } from 'vitest';
import { parseRelabel } from '../../../src/rules/parse/parse-settings.ts';
import { compileRelabel } from '../../../src/rules/send/relabel.ts';

const LABELS = { app: 'shop', env: 'prod', __meta_zone: 'a' };

it.each([
  [
    'replace',
    { source_labels: ['app', 'env'], target_label: 'both', regex: '(.+);(.+)', replacement: '$2/$1' },
    { ...LABELS, both: 'prod/shop' },
  ],
  [
    'replace by nothing',
    { source_labels: ['app'], target_label: 'env', replacement: '' },
    { app: 'shop', __meta_zone: 'a' },
  ],
  ['no match', { source_labels: ['app'], regex: 'x', target_label: 'env' }, LABELS],
  ['keep', { action: 'keep', source_labels: ['app'], regex: 'sh' }, undefined],
  ['drop', { action: 'drop', source_labels: ['app'], regex: 'sh.*' }, undefined],
  ['labeldrop', { action: 'labeldrop', regex: '__.*' }, { app: 'shop', env: 'prod' }],
  ['labelkeep', { action: 'labelkeep', regex: 'app' }, { app: 'shop' }],
  ['labelmap', { action: 'labelmap', regex: '__meta_(.+)' }, { ...LABELS, zone: 'a' }],
  ['uppercase', { action: 'uppercase', source_labels: ['app'], target_label: 'app' }, { ...LABELS, app: 'SHOP' }],
  ['keepequal', { action: 'keepequal', source_labels: ['app'], target_label: 'env' }, undefined],
  ['hashmod', { action: 'hashmod', source_labels: ['app'], target_label: 'n', modulus: 1 }, { ...LABELS, n: '0' }],
])('%s', (_name, config, expected) => {
  expect(compileRelabel(parseRelabel([config], 'x'))(LABELS)).toEqual(expected);
});

it('refuses what it does not know', () => {
  expect(() => parseRelabel([{ action: 'x' }], 'ruler.alert_relabel_configs')).toThrow(
    /ruler.alert_relabel_configs\[0\].action: expected one of replace/,
  );
  expect(() => parseRelabel([{ regex: '(' }], 'x')).toThrow(/x\[0\].regex: .*missing closing \)/);
});
