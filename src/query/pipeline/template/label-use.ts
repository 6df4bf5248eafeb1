import type { Operand, PipeNode, Statement } from './syntax/node.ts';
import type { ParsedTemplate } from './syntax/parser.ts';

/** Which labels a template reads, so that parsers may leave out the rest. */
export interface LabelUse {
  /** Names after a dot: `.status`, and `.x` inside `with`, where dot may be something else. */
  readonly fields: ReadonlySet<string>;
  /** Every name whose label may be read, `$.name` included; undefined: the labels are used as a whole. */
  readonly reads: ReadonlySet<string> | undefined;
}

/** Reads the use off the tree; `$.name` and `index . "name"` count as no field. */
export function labelUse(parsed: ParsedTemplate): LabelUse {
  const finder = new LabelFinder();
  for (const [name, list] of parsed.bodies) finder.list(list, name === parsed.name);
  const { fields, rootFields, usesAllLabels } = finder;
  return { fields, reads: usesAllLabels ? undefined : new Set([...fields, ...rootFields]) };
}

class LabelFinder {
  readonly fields = new Set<string>();
  /** Behind a `$`, wherever dot is. */
  readonly rootFields = new Set<string>();
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
    else if (node.kind === 'variable') this.#variable(node.names);
    else if (node.kind === 'chain') this.#operand(node.node, isRoot);
    else if (node.kind === 'pipe') this.#pipe(node, isRoot);
  }

  /** A variable other than `$` holds what was read already, or all of dot. */
  #variable([name, field]: readonly string[]): void {
    if (name !== '$') return;
    if (field === undefined) this.usesAllLabels = true;
    else this.rootFields.add(field);
  }
}
