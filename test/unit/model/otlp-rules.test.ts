import { describe, expect, it } from 'vitest';
import { otlpConfigText, otlpRules } from '../../../src/model/otlp-rules.ts';
import { fillFromOtlp } from '../../../src/wire/otlp/push-otlp.ts';
import { PushBatch } from '../../../src/wire/push/push-batch.ts';
import { readBatch } from '../../support/read-batch.ts';

const record = (severityText: string, attributes: [string, string][]) => ({
  timeNs: 1n,
  observedNs: 0n,
  severityNumber: 0,
  severityText,
  body: severityText,
  attributes,
  droppedAttributes: 0,
  flags: 0,
  traceId: '',
  spanId: '',
});
const RESOURCE = {
  attributes: [
    ['service.name', 'shop'],
    ['host.name', 'h'],
    ['team.id', '7'],
  ] as [string, string][],
  scopes: [
    {
      name: 'lib',
      version: '',
      attributes: [['scope.a', '1']] as [string, string][],
      droppedAttributes: 0,
      records: [
        record('INFO', [
          ['route', '/a'],
          ['secret', 's'],
        ]),
        record('WARN', [['route', '/b']]),
        record('INFO', [['route', '/a']]),
      ],
    },
  ],
};

/** Labels, line and metadata names of each row under a configuration. */
function stored(config: unknown): (readonly [string, string, string])[] {
  const batch = new PushBatch();
  fillFromOtlp([RESOURCE], 1n, batch, otlpRules(otlpConfigText(config)));
  return readBatch(batch).map(
    ({ labels, line, metadata }) => [labels, line, metadata.map(([name]) => name).join()] as const,
  );
}

describe('otlp_config', () => {
  it('has the defaults of Loki without any', () => {
    for (const config of [undefined, null, '', {}]) {
      expect(stored(config)[0]).toEqual([
        '{service_name="shop"}',
        'INFO',
        'route,secret,severity_text,host_name,team_id,scope_a,scope_name',
      ]);
    }
  });

  it('moves and drops attributes by name and by pattern; the first match counts', () => {
    const config = {
      resource_attributes: {
        attributes_config: [
          { action: 'drop', attributes: ['host.name'] },
          { action: 'index_label', regex: 'team\\..+|host.+' },
        ],
      },
      scope_attributes: [{ action: 'drop', regex: 'scope\\..*' }],
      log_attributes: [{ action: 'drop', attributes: ['secret'] }],
    };
    expect(stored(config)[0]).toEqual(['{service_name="shop", team_id="7"}', 'INFO', 'route,severity_text,scope_name']);
  });

  it('leaves the default labels out when asked', () => {
    const config = {
      resource_attributes: {
        ignore_defaults: true,
        attributes_config: [{ action: 'index_label', attributes: ['host.name'] }],
      },
    };
    expect(stored(config)[0]![0]).toBe('{host_name="h"}');
  });

  it('makes streams of records by promoted attributes and severity', () => {
    const config = { severity_text_as_label: true, log_attributes: [{ action: 'index_label', attributes: ['route'] }] };
    expect(stored(config).map(([labels, line]) => [labels, line])).toEqual([
      ['{route="/a", service_name="shop", severity_text="INFO"}', 'INFO'],
      ['{route="/a", service_name="shop", severity_text="INFO"}', 'INFO'],
      ['{route="/b", service_name="shop", severity_text="WARN"}', 'WARN'],
    ]);
  });

  it.each([
    ['{', /JSON/],
    [[], 'otlp_config: expected a map'],
    [{ resource: {} }, 'otlp_config: unknown key resource'],
    [
      { scope_attributes: [{ action: 'index_label', attributes: ['a'] }] },
      'scope_attributes: index_label is not possible here',
    ],
    [{ log_attributes: [{ action: 'keep', attributes: ['a'] }] }, 'log_attributes: unknown action "keep"'],
    [{ log_attributes: [{ action: 'drop' }] }, 'log_attributes: expected either attributes or regex'],
    [
      { log_attributes: [{ action: 'drop', attributes: ['a'], regex: 'a' }] },
      'log_attributes: expected either attributes or regex',
    ],
    [{ log_attributes: [{ action: 'drop', regex: '(' }] }, 'missing closing )'],
    [{ resource_attributes: { ignore_defaults: 'yes' } }, 'ignore_defaults: expected true or false'],
  ])('refuses %j', (config, text) => {
    expect(() => otlpConfigText(config)).toThrow(text);
  });
});
