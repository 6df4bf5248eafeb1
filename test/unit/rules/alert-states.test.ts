import { describe, expect, it } from 'vitest';
import { AlertStates } from '../../../src/rules/alert/alert-states.ts';
import type { AlertingRule } from '../../../src/rules/model/rule-group.ts';
import type { Sample } from '../../../src/rules/model/rule-query.ts';
import { parseGroup } from '../../../src/rules/parse/parse-group.ts';

const OPTIONS = { externalLabels: {}, externalUrl: '', resendDelayMs: 60_000 };
const MINUTE = 60_000;

function states(rule: object): AlertStates {
  const place = { origin: 'api', namespace: 'n', defaultIntervalMs: MINUTE } as const;
  const group = parseGroup({ name: 'g', rules: [{ alert: 'A', expr: 'vector(1)', ...rule }] }, place);
  return new AlertStates(group.rules[0] as AlertingRule, OPTIONS);
}

const sample = (app: string, value = 1): Sample => ({ labels: ['app', app], value });
const shown = (all: AlertStates): unknown => all.alerts().map((alert) => `${alert.labels['app']} ${alert.state}`);

describe('alerts', () => {
  it('fire after `for`, and are told of until they have been over for a while', () => {
    const all = states({ for: '2m' });
    all.step([sample('a')], 0, 0);
    expect(shown(all)).toEqual(['a pending']);
    expect(all.takeDue(0, MINUTE)).toEqual([]);
    all.step([sample('a')], MINUTE, 0);
    expect(shown(all)).toEqual(['a pending']);
    all.step([sample('a', 7)], 2 * MINUTE, 0);
    expect(shown(all)).toEqual(['a firing']);
    const [first] = all.takeDue(2 * MINUTE, MINUTE);
    expect(first).toMatchObject({ value: 7, firedAtMs: 2 * MINUTE, validUntilMs: 6 * MINUTE });
    expect(all.takeDue(2 * MINUTE + 30_000, MINUTE)).toEqual([]);
    all.step([], 3 * MINUTE, 0);
    expect(shown(all)).toEqual([]);
    expect(all.takeDue(3 * MINUTE, MINUTE)).toMatchObject([{ state: 'inactive', resolvedAtMs: 3 * MINUTE }]);
    all.step([], 18 * MINUTE, 0);
    expect(all.all()).toHaveLength(1);
    all.step([], 19 * MINUTE, 0);
    expect(all.all()).toEqual([]);
  });

  it('that were pending only are forgotten at once', () => {
    const all = states({ for: '2m' });
    all.step([sample('a')], 0, 0);
    all.step([], MINUTE, 0);
    expect(all.all()).toEqual([]);
  });

  it('are held by keep_firing_for', () => {
    const all = states({ keep_firing_for: '2m' });
    all.step([sample('a')], 0, 0);
    all.step([], MINUTE, 0);
    all.step([], 2 * MINUTE, 0);
    expect(shown(all)).toEqual(['a firing']);
    all.step([], 3 * MINUTE, 0);
    expect(shown(all)).toEqual([]);
  });

  it('are bounded by the limit of the group, and must differ in their labels', () => {
    const all = states({});
    expect(() => all.step([sample('a'), sample('b')], 0, 1)).toThrow('exceeded limit of 1 with 2 alerts');
    expect(all.all()).toEqual([]);
    expect(() => states({ labels: { app: '' } }).step([sample('a'), sample('b')], 0, 0)).toThrow(/same labelset/);
  });

  it('go on after a stop whose time does not count', () => {
    const before = states({ for: '10m' });
    before.step([sample('a')], 0, 0);
    before.step([sample('a')], 5 * MINUTE, 0);
    const after = states({ for: '10m' });
    after.restore(before.all(), 30 * MINUTE, 60 * MINUTE);
    after.step([sample('a')], 39 * MINUTE, 0);
    expect(shown(after)).toEqual(['a pending']);
    after.step([sample('a')], 40 * MINUTE, 0);
    expect(shown(after)).toEqual(['a firing']);
    const late = states({ for: '10m' });
    late.restore(before.all(), 61 * MINUTE, 60 * MINUTE);
    expect(late.all()).toEqual([]);
  });

  it('show what went wrong in a template', () => {
    const all = states({ annotations: { a: '{{ humanize "x" }}' } });
    all.step([sample('a')], 0, 0);
    expect(all.alerts()[0]!.annotations['a']).toMatch(/^<error expanding template: .*can't convert "x" to float>$/);
  });
});
