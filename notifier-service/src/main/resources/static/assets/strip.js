// A strip as people use it: pointer, wheel, keys, and what it says in words.
import { useEffect, useMemo, useReducer, useRef } from './vendor/hooks.mjs';
import { bytes, number, plural, range } from './format.js';
import { html } from './html.js';
import { dim, light, lights, unpin } from './lights.js';
import { onEvents } from './model.js';
import { StripView } from './strip-view.js';

const DRAG_PIXELS = 5;
const LISTED = 50;

const shown = new Map();

/** Shows a range of a block device in its strip: brought into view, pointed at and lit. */
export function showRange(block, start, count) {
  const view = shown.get(block);
  if (view) {
    const wide = Math.max(count * 8, Math.min(view.sectors, 64));
    view.show(Math.max(0, start - Math.floor((wide - count) / 2)), wide);
    view.point([start, count]);
    light(view.host, block, [start, count], { pin: true });
  }
  const slider = document.getElementById(`strip-${block}`);
  slider?.scrollIntoView({ block: 'center' });
  slider?.focus();
}

export function Strip({ host, block, sectors, filesystem, label, onAct }) {
  const [, again] = useReducer((count) => count + 1, 0);
  const canvas = useRef(null);
  const view = useMemo(
    () => new StripView(host, block, sectors, filesystem, again),
    [host, block, sectors, filesystem?.filesystem, filesystem?.role],
  );
  useEffect(() => attachWhenVisible(canvas.current, view), [view]);
  const id = `strip-${filesystem ? `fs-${filesystem.filesystem}` : block}`;
  const { sector, count } = view.window;
  const at = view.cursor?.[0] ?? sector;
  return html`<div class="strip">
    <canvas ref=${canvas} id=${id} class=${filesystem ? 'owned' : ''} tabindex="0" role="slider"
      aria-label=${`Address space of ${label}`} aria-valuemin="0" aria-valuemax=${sectors - 1}
      aria-valuenow=${at} aria-valuetext=${inWords(view)} aria-describedby=${`${id}-sum`}
      ...${handlers(view, canvas, onAct)}></canvas>
    <div class="edges" aria-hidden="true"><span>${number(sector)}</span>
      <span class="window">${zoomed(view)}</span><span>${number(sector + count)}</span></div>
    <div class="tools">
      <p id=${`${id}-sum`} class="sum">${summary(view)}</p>
      <div class="zoom" role="group" aria-label=${`Zoom of ${label}`}>
        <button type="button" aria-label="Left" title="Left" disabled=${sector === 0} onClick=${() => view.pan(-0.5)}>‹</button>
        <button type="button" aria-label="Zoom out" title="Zoom out (-)" disabled=${count === sectors} onClick=${() => view.zoomOut()}>−</button>
        <button type="button" aria-label="Zoom in" title="Zoom in (+)" disabled=${count === 1} onClick=${() => view.zoomIn()}>+</button>
        <button type="button" aria-label="Right" title="Right" disabled=${sector + count === sectors} onClick=${() => view.pan(0.5)}>›</button>
        <button type="button" aria-label="Whole" title="Whole (0)" disabled=${count === sectors} onClick=${() => view.showAll()}>⤢</button>
      </div>
    </div>
    <${BadList} view=${view} block=${block} />
  </div>`;
}

/** The strip in text, for those who do not see it and those who want to copy it. */
function BadList({ view, block }) {
  const bad = view.data?.badRanges;
  if (!view.data?.badRangeCount) {
    return null;
  }
  return html`<details class="ranges">
    <summary>Bad ranges here</summary>
    ${bad
      ? html`<ul>${pairs(bad).slice(0, LISTED).map(
          ([start, length]) => html`<li key=${start}><button type="button" class="link"
            onClick=${() => showRange(block, start, length)}>${range(start, length)}</button></li>`,
        )}</ul>`
      : null}
    ${view.data.badRangeCount > LISTED || !bad
      ? html`<p>${plural(view.data.badRangeCount, 'range')} in this window; ${bad ? `the first ${LISTED} are listed` : 'zoom in to list them'}.</p>`
      : null}
  </details>`;
}

function pairs(flat) {
  const all = [];
  for (let i = 0; i < flat.length; i += 2) {
    all.push([flat[i], flat[i + 1]]);
  }
  return all;
}

/** Read only while it can be seen: a host may have a thousand of them. */
function attachWhenVisible(canvas, view) {
  let attached = false;
  const seen = new IntersectionObserver((entries) => {
    const visible = entries.at(-1).isIntersecting;
    if (visible !== attached) {
      attached = visible;
      if (visible) {
        view.attach(canvas);
      } else {
        view.detach();
      }
    }
  }, { rootMargin: '200px' });
  seen.observe(canvas);
  if (!view.filesystem) {
    shown.set(view.block, view);
  }
  const wheel = (event) => {
    if (document.activeElement === canvas || event.ctrlKey) {
      event.preventDefault();
      view.zoom(event.deltaY > 0 ? 1.35 : 1 / 1.35, view.sectorAt(event.offsetX));
    }
  };
  canvas.addEventListener('wheel', wheel, { passive: false });
  const stop = onEvents((events) => {
    if (events === null || events.some((one) => one.host === view.host && touches(one, view))) {
      view.changed();
    }
  });
  return () => {
    seen.disconnect();
    canvas.removeEventListener('wheel', wheel);
    stop();
    view.detach();
    if (shown.get(view.block) === view) {
      shown.delete(view.block);
    }
  };
}

const touches = (event, view) => event.block === view.block || event.name === view.block;

function handlers(view, canvas, onAct) {
  return {
    onPointerDown(event) {
      if (event.button === 0) {
        canvas.current.setPointerCapture(event.pointerId);
        view.dragFrom = event.offsetX;
      }
    },
    onPointerMove(event) {
      const from = view.dragFrom;
      if (from !== undefined && Math.abs(event.offsetX - from) > DRAG_PIXELS) {
        view.band = [from, event.offsetX];
        return;
      }
      const pointed = view.rangeAt(event.offsetX);
      if (!lights.value.pinned) {
        view.point(pointed);
      }
      light(view.host, view.block, pointed);
    },
    onPointerUp(event) {
      const from = view.dragFrom;
      view.dragFrom = undefined;
      view.band = null;
      if (from === undefined) {
        return;
      }
      if (Math.abs(event.offsetX - from) > DRAG_PIXELS) {
        const [left, right] = [view.sectorAt(Math.min(from, event.offsetX)), view.sectorAt(Math.max(from, event.offsetX))];
        view.show(left, right - left + 1);
      } else {
        point(view, view.rangeAt(event.offsetX), true);
      }
    },
    onPointerCancel() {
      view.dragFrom = undefined;
      view.band = null;
    },
    onPointerLeave: () => dim(),
    onDblClick(event) {
      view.zoomIn(view.sectorAt(event.offsetX));
    },
    onBlur: () => dim(),
    onKeyDown(event) {
      if (!event.ctrlKey && !event.metaKey && !event.altKey && key(view, event, onAct)) {
        event.preventDefault();
      }
    },
  };
}

function point(view, pointed, pin = false) {
  view.point(pointed);
  light(view.host, view.block, pointed, { pin });
}

/** Whether the key meant something. */
function key(view, event, onAct) {
  const step = Math.max(1, Math.ceil(view.window.count / Math.max(1, view.width))) * (event.shiftKey ? 20 : 1);
  const from = view.cursor?.[0] ?? view.window.sector;
  const move = (to) => {
    if (lights.value.pinned) {
      unpin();
    }
    const sector = Math.max(0, Math.min(view.sectors - 1, to));
    point(view, [sector, Math.min(step, view.sectors - sector)]);
  };
  const jump = (direction) => {
    const bad = view.nextBad(direction);
    if (bad) {
      unpin();
      point(view, bad);
    }
  };
  switch (event.key) {
    case 'ArrowLeft':
      return done(move(from - step));
    case 'ArrowRight':
      return done(move(from + step));
    case 'Home':
      return done(move(view.window.sector));
    case 'End':
      return done(move(view.window.sector + view.window.count - 1));
    case '+':
    case '=':
    case 'ArrowUp':
      return done(view.zoomIn());
    case '-':
    case 'ArrowDown':
      return done(view.zoomOut());
    case '0':
      return done(view.showAll());
    case 'n':
      return done(jump(1));
    case 'p':
      return done(jump(-1));
    case 'Enter':
    case ' ':
      return done(view.cursor && light(view.host, view.block, view.cursor, { pin: true }));
    case 'i':
      return done(onAct?.('inject', view.cursor));
    case 'Escape':
      return done(unpin());
    default:
      return false;
  }
}

const done = () => true;

function zoomed(view) {
  const { count } = view.window;
  return count === view.sectors ? bytes(view.sectors * 512) : `${plural(count, 'sector')} of ${number(view.sectors)}`;
}

function summary(view) {
  const { data } = view;
  if (!data) {
    return 'not read yet';
  }
  const parts = [];
  if (data.badSectors) {
    parts.push(`${plural(data.badSectors, 'sector')} bad in ${plural(data.badRangeCount, 'range')}`);
  }
  if (data.redundancyLostSectors) {
    parts.push(`${plural(data.redundancyLostSectors, 'sector')} without redundancy`);
  }
  if (view.hasMoreOwners) {
    parts.push('zoom in for owners');
  }
  return parts.join(' · ') || 'nothing bad here';
}

function inWords(view) {
  if (!view.cursor) {
    return summary(view);
  }
  const [start, count] = view.cursor;
  const bad = [...view.badPieces()].some(([from, long]) => from < start + count && start < from + long);
  const owner = view.ownersAt(start)[0];
  return `sector ${number(start)}, ${plural(count, 'sector')}, ${bad ? 'bad' : 'good'}${owner ? `, ${owner.paths?.[0] ?? owner.owner}` : ''}`;
}
