// A shape for every state and severity: no state is told by colour alone.
import { html } from './html.js';

const SHAPES = {
  ok: ['good', 'M8 2a6 6 0 1 0 .01 0zM5 8l2.2 2.4L11.4 6'],
  info: ['calm', 'M8 2a6 6 0 1 0 .01 0zM8 7v4M8 4.8v.4'],
  warning: ['warn', 'M8 1.8 15 14H1zM8 6.4v3.6M8 11.9v.3'],
  error: ['bad', 'M8 1 15 8 8 15 1 8zM8 4.8v3.8M8 10.8v.3'],
  critical: ['dire', 'M5 1.5h6L14.5 5v6L11 14.5H5L1.5 11V5zM5.5 5.5l5 5M10.5 5.5l-5 5'],
  leaving: ['warn', 'M8 2 14 9H2zM2 12.5h12'],
  removed: ['dire', 'M2 2h12v12H2zM5 5l6 6M11 5l-6 6'],
  frozen: ['calm', 'M8 1v14M2 4.5l12 7M14 4.5l-12 7'],
  off: ['faint', 'M8 2a6 6 0 1 0 .01 0zM5 8h6'],
  paused: ['warn', 'M3 2h10v12H3zM6.4 5v6M9.6 5v6'],
  open: ['bad', 'M8 2a6 6 0 1 0 .01 0zM8 4.6V9M8 11v.3'],
  acknowledged: ['warn', 'M1 8q7-9 14 0-7 9-14 0zM8 6.2a1.8 1.8 0 1 0 .01 0z'],
  resolved: ['good', 'M2 8.5 6 12.5 14 3.5'],
};

/** The shape with its word. */
export function Mark({ is, text, class: more = '' }) {
  const [tone, path] = SHAPES[is] ?? SHAPES.info;
  return html`<span class="mark ${tone} ${more}">
    <svg viewBox="0 0 16 16" aria-hidden="true"><path d=${path} /></svg><span>${text}</span>
  </span>`;
}

const GLYPHS = {
  device: 'M2 3h12v10H2zM5 6h2v4H5zM9 6h2v4H9zM3.5 13v2M6.5 13v2M9.5 13v2M12.5 13v2',
  volume: 'M8 1.5 15 5 8 8.5 1 5zM1 8l7 3.5L15 8M1 11l7 3.5 7-3.5',
  filesystem: 'M1.5 3h5l1.5 2h6.5v9h-13zM1.5 7.5h13',
  missing: 'M3 3l10 10M13 3 3 13',
};

/** What kind of thing it is; its word stands beside it. */
export function Glyph({ of }) {
  return html`<svg class="glyph" viewBox="0 0 16 16" aria-hidden="true"><path d=${GLYPHS[of]} /></svg>`;
}
