/** Name of a route in metrics, as Loki names it: `/loki/api/v1/label/:name/values` is `loki_api_v1_label_name_values`. */
export function routeName(pattern: string | undefined): string {
  if (pattern === undefined) return 'other';
  return (
    pattern
      .replaceAll(':', '')
      .split('/')
      .filter((part) => part !== '')
      .join('_')
      .replaceAll('-', '_') || 'other'
  );
}

/** Collapses doubled slashes of the path: `/loki//api/v1/labels?a=//` becomes `/loki/api/v1/labels?a=//`. */
export function collapseSlashes(url: string): string {
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  if (!path.includes('//')) return url;
  return path.replace(/\/{2,}/g, '/') + (mark < 0 ? '' : url.slice(mark));
}

/** Knows which methods each path has, to tell "no such path" from "not with this method". */
export class RouteTable {
  readonly #methodsByPattern = new Map<string, Set<string>>();

  add(pattern: string, methods: readonly string[]): void {
    const known = this.#methodsByPattern.get(pattern) ?? new Set();
    for (const method of methods) known.add(method);
    this.#methodsByPattern.set(pattern, known);
  }

  /** Patterns with their methods, sorted. */
  entries(): readonly (readonly [string, readonly string[]])[] {
    return [...this.#methodsByPattern].map(([pattern, methods]) => [pattern, [...methods].sort()] as const).sort();
  }

  /** Methods of a path, undefined when there is no such path. */
  methodsOf(path: string): readonly string[] | undefined {
    const parts = path.split('/');
    for (const [pattern, methods] of this.#methodsByPattern) {
      const wanted = pattern.split('/');
      if (
        wanted.length === parts.length &&
        wanted.every((part, i) => part === parts[i] || (part.startsWith(':') && parts[i] !== ''))
      ) {
        return [...methods].sort();
      }
    }
    return undefined;
  }
}
