/**
 * A test for texts that are `pattern`, in which `*` stands for any run of characters, none included. Each piece
 * between stars is looked for once, from left to right, so the work is linear and nothing backtracks.
 *
 *     compileWildcard('/api/*')('/api/users/:id')   true
 *     compileWildcard('/*.json')('/a/b.json')         true
 */
export function compileWildcard(pattern: string): (text: string) => boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return (text) => text === pattern;
  return (text) => {
    if (!text.startsWith(first) || !text.endsWith(last)) return false;
    const end = text.length - last.length;
    let at = first.length;
    for (const piece of rest) {
      const found = text.indexOf(piece, at);
      if (found === -1) return false;
      at = found + piece.length;
    }
    return at <= end;
  };
}
