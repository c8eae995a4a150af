import { span, start } from 'throughline';

/** As a service would: one line, with its defaults. */
export function open({ spoolDirectory }) {
  const throughline = start({ service: 'bench', spool: { mode: 'overflow', directory: spoolDirectory } });
  const dropped = () => Object.values(throughline.stats().dropped).reduce((sum, count) => sum + count, 0);
  return {
    makeSpan: (attributes) => span('work', { attributes }, () => undefined),
    finish: () => throughline.shutdown(),
    counted: () => dropped(),
  };
}
