import MagicString from 'magic-string';

/**
 * Makes CommonJS of finished ES modules: statements that import and export become `require` and `exports`, an `import()`
 * becomes a `require` at the same moment, and everything between stays as it is, to the byte. Two files that differ in their
 * first and last lines alone lie in the archive at little more than the price of one.
 *
 * Names are taken at load, so it refuses what would make that wrong: an export that is assigned later.
 */
export function asCommonJs(withMaps) {
  return {
    name: 'as-common-js',
    renderChunk(code, { fileName }) {
      const text = new MagicString(code);
      const tree = this.parse(code);
      for (const node of tree.body) writeStatement(node, text, fileName);
      for (const node of within(tree)) writeExpression(node, text);
      refuseAssigned(tree, fileName);
      text.prepend('"use strict";Object.defineProperty(exports,"__esModule",{value:true});\n');
      return { code: text.toString(), map: withMaps ? text.generateMap({ hires: true }) : null };
    },
  };
}

function writeStatement(node, text, fileName) {
  switch (node.type) {
    case 'ImportDeclaration':
      text.overwrite(node.start, node.end, importOf(node));
      return;
    case 'ExportNamedDeclaration':
      if (node.declaration !== null) break;
      text.overwrite(node.start, node.end, exportOf(node));
      return;
    case 'ExportAllDeclaration':
    case 'ExportDefaultDeclaration':
      break;
    default:
      return;
  }
  throw new Error(`${fileName}: a ${node.type} of this kind is not known in CommonJS here`);
}

function importOf({ specifiers, source }) {
  const required = `require(${source.raw})`;
  if (specifiers.length === 0) return `${required};`;
  const named = specifiers.filter(({ type }) => type === 'ImportSpecifier');
  const whole = specifiers.filter(({ type }) => type !== 'ImportSpecifier');
  const names = named.map(({ imported, local }) => `${imported.name}:${local.name}`);
  const all = names.length === 0 ? [] : [`const{${names.join(',')}}=${required};`];
  return [...whole.map(({ local }) => `const ${local.name}=${required};`), ...all].join('');
}

function exportOf({ specifiers, source }) {
  const from = source === null ? '' : `require(${source.raw}).`;
  return specifiers.map(({ exported, local }) => `exports.${exported.name}=${from}${local.name};`).join('');
}

function writeExpression(node, text) {
  if (node.type === 'ImportExpression') {
    text.overwrite(node.start, node.end, `Promise.resolve().then(()=>require(${node.source.raw}))`);
  } else if (node.type === 'MemberExpression' && node.object.type === 'MetaProperty') {
    text.overwrite(node.start, node.end, 'require("node:url").pathToFileURL(__filename).href');
  }
}

function refuseAssigned(tree, fileName) {
  const exported = new Set(
    tree.body.flatMap((node) =>
      node.type === 'ExportNamedDeclaration' ? node.specifiers.map(({ local }) => local.name) : [],
    ),
  );
  const declared = tree.body.flatMap((node) =>
    node.type === 'VariableDeclaration' && node.kind !== 'const' ? node.declarations : [],
  );
  const changing = declared.find(({ id }) => exported.has(id.name) && isAssigned(id.name, tree));
  if (changing !== undefined) throw new Error(`${fileName}: ${changing.id.name} is exported and assigned later`);
}

function isAssigned(name, tree) {
  for (const node of within(tree)) {
    const target =
      node.type === 'AssignmentExpression' ? node.left : node.type === 'UpdateExpression' ? node.argument : undefined;
    if (target?.name === name) return true;
  }
  return false;
}

/** Every node of a syntax tree. */
function* within(node) {
  if (typeof node !== 'object' || node === null) return;
  if (typeof node.type === 'string') yield node;
  for (const child of Object.values(node)) yield* within(child);
}
