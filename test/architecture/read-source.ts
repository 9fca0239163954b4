import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript6';

/** What the rules need to know of one source file. Paths are relative to src/, with forward slashes. */
export interface SourceFile {
  readonly path: string;
  readonly lines: number;
  /** text of the docstring that the file begins with; empty when it begins with none */
  readonly opening: string;
  readonly imports: readonly Import[];
  /** forbidden-where uses: "process.env", "Date.now", "new Date", "performance.now", "Math.random", ... */
  readonly ambient: readonly { readonly use: string; readonly line: number }[];
}

export interface Import {
  readonly specifier: string;
  /** path below src/ that a relative specifier means; undefined for packages */
  readonly target: string | undefined;
  /** imported or re-exported names; ["*"] for a namespace, a star export or a dynamic import */
  readonly names: readonly string[];
  /** leaves no trace at run time */
  readonly typeOnly: boolean;
  readonly line: number;
}

const sourceRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'src');

/** Every .ts file below src/. */
export function readSources(): SourceFile[] {
  return readdirSync(sourceRoot, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
    .map((path) => readSource(relative(sourceRoot, path).split(sep).join('/'), readFileSync(path, 'utf8')));
}

/** Facts about one text, as if it lay at `path` below src/. */
export function readSource(path: string, text: string): SourceFile {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const imports: Import[] = [];
  const ambient: { use: string; line: number }[] = [];
  const lineOf = (node: ts.Node): number => tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
  const add = (
    node: ts.Node,
    specifier: ts.Node | undefined,
    names: readonly string[],
    typeOnly: boolean,
  ): void => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
    imports.push({
      specifier: specifier.text,
      target: targetOf(path, specifier.text),
      names,
      typeOnly,
      line: lineOf(node),
    });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      add(node, node.moduleSpecifier, importedNames(node.importClause), isTypeImport(node.importClause));
    } else if (ts.isExportDeclaration(node)) {
      add(node, node.moduleSpecifier, exportedNames(node.exportClause), node.isTypeOnly);
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node, node.argument.literal, ['*'], true);
    } else if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) {
      add(node, node.moduleReference.expression, ['*'], node.isTypeOnly);
    } else if (ts.isCallExpression(node) && loadsModule(node.expression)) {
      add(node, node.arguments[0], ['*'], false);
    }
    const use = ambientUse(node);
    if (use !== undefined) ambient.push({ use, line: lineOf(node) });
    ts.forEachChild(node, visit);
  };
  visit(tree);
  for (const { specifier, names, typeOnly, line } of imports) {
    const found = ambientImports[specifier.replace(/^node:/, '')];
    if (typeOnly || found === undefined) continue;
    if (found.names.length === 0 || names.some((name) => whole.has(name) || found.names.includes(name)))
      ambient.push({ use: found.use, line });
  }
  const opening = /^(?:#!.*\n)?\/\*\*[\s*]*([\s\S]*?)\*\//.exec(text)?.[1] ?? '';
  return { path, opening, lines: text.replace(/\n$/, '').split('\n').length, imports, ambient };
}

/** `import(...)`, `require(...)` and `createRequire(...)(...)`. */
function loadsModule(callee: ts.Expression): boolean {
  if (callee.kind === ts.SyntaxKind.ImportKeyword) return true;
  if (ts.isIdentifier(callee)) return callee.text === 'require';
  return ts.isCallExpression(callee) && /(^|\.)createRequire$/.test(callee.expression.getText());
}

/** `../graph/index.js` in `models/dcn.ts` means `graph/index.ts`; the package's own name means its face. */
function targetOf(path: string, specifier: string): string | undefined {
  if (/^automodel(\/|$)/.test(specifier)) return 'index.ts';
  if (!specifier.startsWith('.')) return undefined;
  return posix.join(posix.dirname(path), specifier).replace(/\.js$/, '.ts');
}

function importedNames(clause: ts.ImportClause | undefined): string[] {
  if (clause === undefined) return [];
  const names = clause.name === undefined ? [] : ['default'];
  const bindings = clause.namedBindings;
  if (bindings === undefined) return names;
  if (ts.isNamespaceImport(bindings)) return [...names, '*'];
  return [...names, ...bindings.elements.map((element) => (element.propertyName ?? element.name).text)];
}

function exportedNames(clause: ts.NamedExportBindings | undefined): string[] {
  if (clause === undefined || ts.isNamespaceExport(clause)) return ['*'];
  return clause.elements.map((element) => (element.propertyName ?? element.name).text);
}

function isTypeImport(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false;
  if (clause.isTypeOnly) return true;
  const bindings = clause.namedBindings;
  return (
    clause.name === undefined &&
    bindings !== undefined &&
    ts.isNamedImports(bindings) &&
    bindings.elements.length > 0 &&
    bindings.elements.every((element) => element.isTypeOnly)
  );
}

/** Names that bring a whole module along. */
const whole: ReadonlySet<string> = new Set(['*', 'default']);

/** Modules that hand out what is ambient, and under which names; none: the module itself is refused. */
const ambientImports: Readonly<Record<string, { readonly use: string; readonly names: readonly string[] }>> =
  Object.assign(Object.create(null), {
    process: { use: 'process.env', names: ['env', 'hrtime', 'uptime'] },
    perf_hooks: { use: 'performance.now', names: [] },
    crypto: {
      use: 'crypto.randomUUID',
      names: [
        'randomUUID',
        'randomBytes',
        'randomInt',
        'randomFill',
        'randomFillSync',
        'getRandomValues',
        'webcrypto',
      ],
    },
    module: { use: 'createRequire', names: ['createRequire'] },
  });

const ambientMembers: Readonly<Record<string, readonly string[]>> = {
  process: ['env', 'hrtime', 'uptime'],
  Date: ['now'],
  performance: ['now', 'timeOrigin'],
  Math: ['random'],
  crypto: ['randomUUID', 'getRandomValues'],
};

function ambientUse(node: ts.Node): string | undefined {
  if (ts.isNewExpression(node) && isDate(node.expression) && (node.arguments?.length ?? 0) === 0)
    return 'new Date';
  if (ts.isCallExpression(node) && isDate(node.expression)) return 'Date()';
  const alias = aliased(node);
  if (alias !== undefined) return alias;
  const member = memberOf(node);
  if (member === undefined) return undefined;
  const object = withoutGlobal(member.object);
  return Object.hasOwn(ambientMembers, object) && ambientMembers[object].includes(member.name)
    ? `${object}.${member.name}`
    : undefined;
}

const globalObject = /^(globalThis|global)\??\./;

function withoutGlobal(text: string): string {
  return text.replace(globalObject, '');
}

function isDate(expression: ts.Expression): boolean {
  return withoutGlobal(expression.getText()) === 'Date';
}

/** An ambient object that is given another name, handed on or taken apart, after which its members cannot be followed. */
function aliased(node: ts.Node): string | undefined {
  const isGlobal = ts.isPropertyAccessExpression(node) && globalObject.test(node.getText());
  if (!ts.isIdentifier(node) && !isGlobal) return undefined;
  const name = withoutGlobal(node.getText());
  if (name !== 'globalThis' && !Object.hasOwn(ambientMembers, name)) return undefined;
  if (!isValue(node)) return undefined;
  return name === 'globalThis' ? 'globalThis' : `${name}.${ambientMembers[name][0]}`;
}

/** Whether the node stands where its value goes somewhere else whole. */
function isValue(node: ts.Node): boolean {
  const { parent } = node;
  // `const { max } = Math` is judged by its members
  if (ts.isVariableDeclaration(parent))
    return parent.initializer === node && (!ts.isObjectBindingPattern(parent.name) || hasRest(parent.name));
  if (ts.isPropertyAssignment(parent) || ts.isBindingElement(parent) || ts.isParameter(parent))
    return parent.initializer === node;
  if (ts.isBinaryExpression(parent))
    return parent.right === node && parent.operatorToken.kind !== ts.SyntaxKind.InstanceOfKeyword;
  if (ts.isCallExpression(parent) || ts.isNewExpression(parent))
    return parent.arguments?.some((argument) => argument === node) ?? false;
  return (
    ts.isShorthandPropertyAssignment(parent) ||
    ts.isSpreadAssignment(parent) ||
    ts.isArrayLiteralExpression(parent) ||
    ts.isReturnStatement(parent) ||
    ts.isAsExpression(parent) ||
    ts.isParenthesizedExpression(parent) ||
    ts.isConditionalExpression(parent) ||
    (ts.isArrowFunction(parent) && parent.body === node)
  );
}

function hasRest(pattern: ts.ObjectBindingPattern): boolean {
  return pattern.elements.some((element) => element.dotDotDotToken !== undefined);
}

function memberOf(node: ts.Node): { object: string; name: string } | undefined {
  if (ts.isPropertyAccessExpression(node)) return { object: node.expression.getText(), name: node.name.text };
  if (ts.isElementAccessExpression(node) && ts.isStringLiteralLike(node.argumentExpression)) {
    return { object: node.expression.getText(), name: node.argumentExpression.text };
  }
  if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent)) {
    const declaration = node.parent.parent;
    if (ts.isVariableDeclaration(declaration) && declaration.initializer !== undefined) {
      return { object: declaration.initializer.getText(), name: (node.propertyName ?? node.name).getText() };
    }
  }
  return undefined;
}
