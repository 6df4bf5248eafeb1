import type { Operand, PipeNode, Statement } from './node.ts';
import type { ParsedTemplate } from './parser.ts';

/** Which labels a template reads, so that parsers may leave out the rest. */
export interface LabelUse {
  /** Names after a dot: `.status`, and `.x` inside `with`, where dot may be something else. */
  readonly fields: ReadonlySet<string>;
  /** The labels are used as a whole. */
  readonly usesAllLabels: boolean;
}

/** Reads the use off the tree; `$.name` and `index . "name"` count as no field. */
export function labelUse(parsed: ParsedTemplate): LabelUse {
  const finder = new LabelFinder();
  for (const [name, list] of parsed.bodies) finder.list(list, name === parsed.name);
  return { fields: finder.fields, usesAllLabels: finder.usesAllLabels };
}

class LabelFinder {
  readonly fields = new Set<string>();
  usesAllLabels = false;

  /** @param isRoot dot is the labels here */
  list(nodes: readonly Statement[], isRoot: boolean): void {
    for (const node of nodes) {
      if (node.kind === 'action') this.#pipe(node.pipe, isRoot);
      else if (node.kind === 'template') {
        if (node.pipe !== undefined) this.#pipe(node.pipe, isRoot);
      } else if (node.kind === 'if' || node.kind === 'with' || node.kind === 'range') {
        this.#pipe(node.pipe, isRoot);
        this.list(node.list, isRoot && node.kind === 'if');
        this.list(node.elseList ?? [], isRoot);
      }
    }
  }

  #pipe(pipe: PipeNode, isRoot: boolean): void {
    for (const command of pipe.commands) {
      for (const arg of command.args) this.#operand(arg, isRoot);
    }
  }

  #operand(node: Operand, isRoot: boolean): void {
    if (node.kind === 'field') for (const name of node.names) this.fields.add(name);
    else if (node.kind === 'dot') this.usesAllLabels ||= isRoot;
    else if (node.kind === 'variable') this.usesAllLabels ||= node.names.length === 1 && node.names[0] === '$';
    else if (node.kind === 'chain') this.#operand(node.node, isRoot);
    else if (node.kind === 'pipe') this.#pipe(node, isRoot);
  }
}
