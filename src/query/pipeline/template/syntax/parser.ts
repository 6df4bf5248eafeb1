import { goQuote } from '../../../../../grammar/literals.ts';
import { trimSpace } from '../../../../base/go/text.ts';
import { tokenize } from './lexer.ts';
import type { ActionNode, BranchNode, LoopExitNode, Statement, TemplateNode } from './node.ts';
import { PipelineParser } from './pipeline-parser.ts';
import type { Token } from './token.ts';

/** A parsed template with the templates that it defines. */
export interface ParsedTemplate {
  readonly name: string;
  readonly source: string;
  /** By name; the template itself is among them. */
  readonly bodies: ReadonlyMap<string, readonly Statement[]>;
}

type EndMark = { readonly kind: 'end'; readonly line: number } | { readonly kind: 'else'; readonly line: number };

/**
 * Parses a template.
 *
 * @param name `line` or `label`; part of every message
 * @throws LogError QUERY_INVALID with Go's text: `template: line:1: unclosed action`
 */
export function parseTemplate(source: string, name: string, hasFunction: (name: string) => boolean): ParsedTemplate {
  return new TemplateParser(tokenize(source), name, hasFunction).parse(source, name);
}

class TemplateParser extends PipelineParser {
  readonly #bodies = new Map<string, readonly Statement[]>();
  #rangeDepth = 0;

  parse(source: string, name: string): ParsedTemplate {
    const list: Statement[] = [];
    while (this.tokens.peek().type !== 'end') {
      if (this.#atDefine()) {
        this.#definition();
        continue;
      }
      const node = this.#textOrAction();
      if (node.kind === 'end' || node.kind === 'else') this.fail(`unexpected {{${node.kind}}}`);
      list.push(node);
    }
    this.#add(name, list);
    return { name, source, bodies: this.#bodies };
  }

  /** Steps over `{{ define` if it comes next. */
  #atDefine(): boolean {
    const mark = this.tokens.mark;
    if (this.tokens.peek().type === 'open') {
      const open = this.tokens.next();
      const token = this.tokens.nextNonSpace();
      if (token.type === 'keyword' && token.text === 'define') {
        this.actionLine = open.line;
        return true;
      }
    }
    this.tokens.rewind(mark);
    return false;
  }

  /** The first body of a name stays; a blank one may be replaced. */
  #add(name: string, list: readonly Statement[]): void {
    const known = this.#bodies.get(name);
    if (known === undefined || isBlank(known)) this.#bodies.set(name, list);
    else if (!isBlank(list)) this.fail(`template: multiple definition of template ${goQuote(name)}`);
  }

  #definition(): void {
    const context = 'define clause';
    const name = this.#templateName(this.tokens.nextNonSpace(), context);
    this.expect('close', context);
    this.actionLine = 0;
    this.#body(name, context);
  }

  /** A body with its own variables, up to its end. */
  #body(name: string, context: string): void {
    const outer = this.variables;
    const outerDepth = this.#rangeDepth;
    this.variables = ['$'];
    this.#rangeDepth = 0;
    const { list, end } = this.nested(() => this.#list());
    this.variables = outer;
    this.#rangeDepth = outerDepth;
    if (end.kind !== 'end') this.fail(`unexpected {{${end.kind}}} in ${context}`);
    this.#add(name, list);
  }

  #templateName(token: Token, context: string): string {
    if (token.type !== 'string' && token.type !== 'rawString') this.unexpected(token, context);
    return this.unquote(token);
  }

  #list(): { readonly list: readonly Statement[]; readonly end: EndMark } {
    const list: Statement[] = [];
    while (this.tokens.peekNonSpace().type !== 'end') {
      const node = this.#textOrAction();
      if (node.kind === 'end' || node.kind === 'else') return { list, end: node };
      list.push(node);
    }
    return this.fail('unexpected EOF');
  }

  #textOrAction(): Statement | EndMark {
    const token = this.tokens.nextNonSpace();
    if (token.type === 'text') return { kind: 'text', at: token.at, text: token.text };
    if (token.type !== 'open') this.unexpected(token, 'input');
    this.actionLine = token.line;
    const node = this.#action();
    this.actionLine = 0;
    return node;
  }

  #action(): Statement | EndMark {
    const mark = this.tokens.mark;
    const token = this.tokens.nextNonSpace();
    if (token.type === 'keyword') {
      switch (token.text) {
        case 'block':
          return this.#block();
        case 'break':
        case 'continue':
          return this.#loopExit(token.text, token);
        case 'else':
          return this.#else(token);
        case 'end':
          this.expect('close', 'end');
          return { kind: 'end', line: token.line };
        case 'if':
        case 'range':
        case 'with':
          return this.#branch(token.text, token.at);
        case 'template':
          return this.#template();
      }
    }
    this.tokens.rewind(mark);
    const action: ActionNode = { kind: 'action', at: this.tokens.peek().at, pipe: this.pipeline('command', 'close') };
    return action;
  }

  #loopExit(kind: 'break' | 'continue', keyword: Token): LoopExitNode {
    const token = this.tokens.nextNonSpace();
    if (token.type !== 'close') this.unexpected(token, `{{${kind}}}`);
    if (this.#rangeDepth === 0) this.fail(`{{${kind}}} outside {{range}}`, token.line);
    return { kind, at: keyword.at };
  }

  #else(keyword: Token): EndMark {
    const next = this.tokens.peekNonSpace();
    // "else if" and "else with" go on in the same action.
    if (next.type === 'keyword' && (next.text === 'if' || next.text === 'with'))
      return { kind: 'else', line: next.line };
    this.expect('close', 'else');
    return { kind: 'else', line: keyword.line };
  }

  #branch(kind: 'if' | 'with' | 'range', at: number): BranchNode {
    const scope = this.variables.length;
    const pipe = this.pipeline(kind, 'close');
    this.actionLine = 0;
    if (kind === 'range') this.#rangeDepth++;
    const { list, end } = this.nested(() => this.#list());
    if (kind === 'range') this.#rangeDepth--;
    const elseList = end.kind === 'else' ? this.#elseList(kind) : undefined;
    this.variables.length = scope;
    return { kind, at, pipe, list, elseList };
  }

  #elseList(kind: 'if' | 'with' | 'range'): readonly Statement[] {
    if (kind !== 'range' && this.tokens.peekIs('keyword', kind)) {
      const keyword = this.tokens.next();
      return [this.nested(() => this.#branch(kind, keyword.at))];
    }
    const { list, end } = this.nested(() => this.#list());
    if (end.kind !== 'end') this.fail(`expected end; found {{${end.kind}}}`);
    return list;
  }

  #template(): TemplateNode {
    const context = 'template clause';
    const token = this.tokens.nextNonSpace();
    const name = this.#templateName(token, context);
    const mark = this.tokens.mark;
    if (this.tokens.nextNonSpace().type === 'close') return { kind: 'template', at: token.at, name, pipe: undefined };
    this.tokens.rewind(mark);
    return { kind: 'template', at: token.at, name, pipe: this.pipeline(context, 'close') };
  }

  #block(): TemplateNode {
    const context = 'block clause';
    const token = this.tokens.nextNonSpace();
    const name = this.#templateName(token, context);
    const pipe = this.pipeline(context, 'close');
    this.actionLine = 0;
    this.#body(name, context);
    return { kind: 'template', at: token.at, name, pipe };
  }
}

/** A body that prints nothing but blanks. */
function isBlank(list: readonly Statement[]): boolean {
  return list.every((node) => node.kind === 'text' && trimSpace(node.text) === '');
}
