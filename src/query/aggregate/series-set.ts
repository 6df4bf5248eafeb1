import type { Labels } from '../../model/labels.ts';
import { compareLabels } from '../../model/labels.ts';

/** One value per grid point; where `present` is 0 there is no sample. */
export interface Points {
  readonly values: Float64Array;
  readonly present: Uint8Array;
}

export interface Series extends Points {
  readonly labels: Labels;
}

/** The answer of a metric expression over the whole grid; an instant query has a grid of one point. */
export interface VectorValue {
  readonly kind: 'vector';
  readonly series: readonly Series[];
}

export interface ScalarValue {
  readonly kind: 'scalar';
  readonly value: number;
}

export type MetricValue = VectorValue | ScalarValue;

export function vectorOf(series: readonly Series[]): VectorValue {
  return { kind: 'vector', series: series.filter(hasPoint) };
}

/** A series without labels that has the same value everywhere. */
export function constantSeries(value: number, count: number): Series {
  return { labels: [], values: new Float64Array(count).fill(value), present: new Uint8Array(count).fill(1) };
}

export function hasPoint(points: Points): boolean {
  return points.present.includes(1);
}

/** Orders by labels; equal label sets keep their order. */
export function sortByLabels(series: readonly Series[]): readonly Series[] {
  return [...series].sort((a, b) => compareLabels(a.labels, b.labels));
}

/** The labels of a group: those named, or all but those named. */
export function groupLabels(labels: Labels, without: boolean, names: ReadonlySet<string>): Labels {
  const out: string[] = [];
  for (let i = 0; i < labels.length; i += 2) {
    if (names.has(labels[i]!) !== without) out.push(labels[i]!, labels[i + 1]!);
  }
  return out;
}
