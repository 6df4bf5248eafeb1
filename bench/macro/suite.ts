import type { Manifest } from '../logs/manifest.ts';
import { APPS } from '../logs/topology.ts';
import type { ExpectedAnswer } from './answer.ts';

/** A question to text files: how many lines hold it? */
export interface TextScan {
  /** Absent: the lines of all apps. */
  readonly apps?: readonly string[];
  /** Bytes to look for. Where a pattern stands too, only the stand-in for ripgrep looks for them. */
  readonly literal: string;
  readonly pattern?: string;
}

/** One question of the suite. */
export interface SuiteQuery {
  readonly id: string;
  readonly title: string;
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  /** Absent where the data set does not know the answer. */
  readonly expected?: ExpectedAnswer;
  /** The same question put to the text files, where there is one. */
  readonly scan?: TextScan;
}

const ALL = '{cluster=~".+"}';
const ACCESS_PATTERN = '<ip> - - [<ts>] "<method> <path> <proto>" <status> <size> <_>';

function appsOf(...namespaces: readonly string[]): string[] {
  return APPS.filter(({ namespace }) => namespaces.includes(namespace)).map(({ name }) => name);
}

/** The suite: what dashboards and people ask, over all of the data set's time. */
export function querySuite(manifest: Manifest): SuiteQuery[] {
  return [
    ...logQueries(manifest),
    ...metricQueries(manifest),
    ...parserQueries(manifest),
    ...listQueries(manifest),
    ...fieldQueries(manifest),
  ];
}

function range({ startMs, endMs }: Manifest): Record<string, string> {
  return { start: `${startMs}000000`, end: `${endMs}000000` };
}

function logs(manifest: Manifest, query: string, limit = 100): Pick<SuiteQuery, 'path' | 'params'> {
  const params = { query, ...range(manifest), limit: String(limit), direction: 'backward' };
  return { path: '/loki/api/v1/query_range', params };
}

/** A range query whose windows meet without overlap, so that counts add up. */
function matrix(manifest: Manifest, query: string, stepSeconds: number): Pick<SuiteQuery, 'path' | 'params'> {
  const start = `${manifest.startMs + stepSeconds * 1000}000000`;
  const params = { query, start, end: `${manifest.endMs}000000`, step: String(stepSeconds) };
  return { path: '/loki/api/v1/query_range', params };
}

function logQueries(manifest: Manifest): SuiteQuery[] {
  return [
    {
      id: 'needle',
      title: 'a uuid, about one line in a million',
      ...logs(manifest, `${ALL} |= "${manifest.needle}"`),
      expected: { measure: 'entries', value: manifest.needleLines },
      scan: { literal: manifest.needle },
    },
    {
      id: 'common-100',
      title: '|= "GET", newest 100',
      ...logs(manifest, '{cluster="prod"} |= "GET"'),
      expected: { measure: 'entries', value: 100 },
    },
    {
      id: 'trace',
      title: 'a trace id in structured metadata',
      ...logs(manifest, `${ALL} | trace_id="${manifest.trace}"`),
      expected: { measure: 'entries', value: manifest.traceLines },
    },
    {
      id: 'page-json',
      title: 'newest 1000 lines of one app, | json',
      ...logs(manifest, '{app="api-gateway"} | json', 1000),
      expected: { measure: 'entries', value: 1000 },
    },
    {
      id: 'page-back',
      title: 'newest 1000 lines of one app',
      ...logs(manifest, '{app="orders"}', 1000),
      expected: { measure: 'entries', value: 1000 },
    },
  ];
}

function metricQueries(manifest: Manifest): SuiteQuery[] {
  const { known } = manifest;
  const hours = Math.round((manifest.endMs - manifest.startMs) / 3_600_000);
  return [
    {
      id: 'regex',
      title: '|~ over two namespaces, count',
      ...matrix(
        manifest,
        'sum(count_over_time({namespace=~"ingress|shop"} |~ "upstream timed out .* host: \\"(fraud|tax)\\\\.internal" [1h]))',
        3600,
      ),
      expected: { measure: 'sum', value: known.fraudOrTaxTimeouts },
      scan: {
        apps: appsOf('ingress', 'shop'),
        pattern: 'upstream timed out .* host: "(fraud|tax)\\.internal',
        literal: 'upstream timed out',
      },
    },
    {
      id: 'regex-ci',
      title: '|~ "(?i)..." over everything, count',
      ...matrix(manifest, `sum(count_over_time(${ALL} |~ "(?i)OUTOFMEMORYerror" [1h]))`, 3600),
      expected: { measure: 'sum', value: known.outOfMemory },
      scan: { pattern: '(?i)OUTOFMEMORYerror', literal: 'OutOfMemoryError' },
    },
    {
      id: 'regex-class',
      title: '|~ of classes alone over everything, count',
      ...matrix(manifest, `sum(count_over_time(${ALL} |~ "[0-9]{4,}ms" [1h]))`, 3600),
    },
    {
      id: 'count-by-app',
      title: 'sum by (app) (count_over_time), no filter, step 5m',
      ...matrix(manifest, `sum by (app) (count_over_time(${ALL}[5m]))`, 300),
      expected: { measure: 'sum', value: manifest.lines },
      scan: { pattern: '^', literal: '\n' },
    },
    {
      id: 'error-rate',
      title: 'sum by (app) (rate(|= "error")), step 5m',
      ...matrix(manifest, 'sum by (app) (rate({cluster="prod"} |= "error" [5m]))', 300),
      expected: { measure: 'sum', value: known.prodErrors / 300 },
      scan: { literal: 'error' },
    },
    {
      id: 'bytes-by-app',
      title: `sum by (app) (bytes_over_time[${hours}h]), instant`,
      path: '/loki/api/v1/query',
      params: { query: `sum by (app) (bytes_over_time(${ALL}[${hours}h]))`, time: `${manifest.endMs}000000` },
      expected: { measure: 'sum', value: manifest.rawBytes },
    },
    {
      id: 'topk',
      title: `topk(10, sum by (pod) (count_over_time[${hours}h])), instant`,
      path: '/loki/api/v1/query',
      params: { query: `topk(10, sum by (pod) (count_over_time(${ALL}[${hours}h])))`, time: `${manifest.endMs}000000` },
      expected: { measure: 'sum', value: manifest.linesOfTop10Pods },
    },
    {
      id: 'histogram',
      title: 'volume by level, one namespace, step 1m',
      ...matrix(manifest, 'sum by (level, detected_level) (count_over_time({namespace="shop"}[1m]))', 60),
      expected: { measure: 'sum', value: manifest.linesPerNamespace['shop']! },
    },
  ];
}

function parserQueries(manifest: Manifest): SuiteQuery[] {
  const { known, linesPerApp } = manifest;
  return [
    {
      id: 'json-5xx',
      title: '| json | http_status>=500, one app, count',
      ...matrix(manifest, 'sum(count_over_time({app="api-gateway"} | json | http_status>=500 [5m]))', 300),
      expected: { measure: 'sum', value: known.gateway5xx },
      scan: { apps: ['api-gateway'], literal: '"status":5' },
    },
    {
      id: 'logfmt-dur',
      title: '| logfmt | duration > 1s, one app, count',
      ...matrix(manifest, 'sum(count_over_time({app="kubelet"} | logfmt | duration > 1s [5m]))', 300),
      expected: { measure: 'sum', value: known.kubeletAbove1s },
      scan: { apps: ['kubelet'], pattern: 'duration=[0-9.]+s', literal: 'duration=' },
    },
    {
      id: 'pattern',
      title: '| pattern, by status, the loudest app',
      ...matrix(
        manifest,
        `sum by (status) (count_over_time({app="nginx-ingress"} | pattern \`${ACCESS_PATTERN}\` [5m]))`,
        300,
      ),
      expected: { measure: 'sum', value: linesPerApp['nginx-ingress']! },
      scan: { apps: ['nginx-ingress'], literal: '" 200 ' },
    },
    {
      id: 'quantile',
      title: 'quantile_over_time(0.99, | json | unwrap) by (pod)',
      ...matrix(
        manifest,
        'quantile_over_time(0.99, {app="api-gateway"} | json | unwrap http_duration_ms [5m]) by (pod)',
        300,
      ),
    },
  ];
}

function listQueries(manifest: Manifest): SuiteQuery[] {
  const time = range(manifest);
  return [
    {
      id: 'labels',
      title: 'label names',
      path: '/loki/api/v1/labels',
      params: time,
      // Five that are sent, and service_name.
      expected: { measure: 'entries', value: 6 },
    },
    {
      id: 'label-values',
      title: 'values of pod',
      path: '/loki/api/v1/label/pod/values',
      params: time,
      expected: { measure: 'entries', value: manifest.streams },
    },
    {
      id: 'series',
      title: 'series of one namespace',
      path: '/loki/api/v1/series',
      params: { ...time, 'match[]': '{namespace="shop"}' },
      expected: { measure: 'entries', value: manifest.streamsPerNamespace['shop']! },
    },
    {
      id: 'stats',
      title: 'index/stats',
      path: '/loki/api/v1/index/stats',
      params: { ...time, query: ALL },
      expected: { measure: 'entries', value: manifest.lines },
    },
    {
      id: 'volume',
      title: 'index/volume by app',
      path: '/loki/api/v1/index/volume',
      params: { ...time, query: ALL, targetLabels: 'app', limit: '1000' },
      expected: { measure: 'series', value: Object.keys(manifest.linesPerApp).length },
    },
  ];
}

/** What Logs Drilldown asks on its pages. */
function fieldQueries(manifest: Manifest): SuiteQuery[] {
  const time = range(manifest);
  const path = '/loki/api/v1/';
  return [
    {
      id: 'volume-range',
      title: 'index/volume_range by app, step 10m',
      path: `${path}index/volume_range`,
      params: { ...time, query: ALL, targetLabels: 'app', limit: '1000', step: '600' },
      expected: { measure: 'series', value: Object.keys(manifest.linesPerApp).length },
    },
    {
      id: 'detected-labels',
      title: 'detected_labels of everything',
      path: `${path}detected_labels`,
      params: { ...time, query: '' },
    },
    {
      id: 'detected-fields',
      title: 'detected_fields of one namespace',
      path: `${path}detected_fields`,
      params: { ...time, query: '{namespace="shop"}' },
    },
    {
      id: 'fields-parsed',
      title: 'detected_fields behind filter and parsers',
      path: `${path}detected_fields`,
      params: { ...time, query: `${ALL} |= "error" | json | logfmt | drop __error__, __error_details__` },
    },
    {
      id: 'field-values',
      title: 'values of one detected field',
      path: `${path}detected_field/http_status/values`,
      params: { ...time, query: '{app="api-gateway"}' },
    },
    {
      id: 'patterns',
      title: 'patterns of one app, step 10m',
      path: `${path}patterns`,
      params: { ...time, query: '{app="orders"}', step: '10m' },
      expected: { measure: 'sum', value: manifest.linesPerApp['orders']! },
    },
    {
      id: 'patterns-all',
      title: 'patterns of everything, step 10m',
      path: `${path}patterns`,
      params: { ...time, query: ALL, step: '10m' },
    },
  ];
}
