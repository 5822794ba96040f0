// The faults as a table: filtered, a page at a time, kept fresh.
import { useEffect, useMemo, useRef, useState } from './vendor/hooks.mjs';
import { get, query } from './api.js';
import { age, dateAndTime, plural, ranges, words } from './format.js';
import { html, memo } from './html.js';
import { dim, lightFault } from './lights.js';
import { Mark } from './marks.js';
import { app, onEvents, open } from './model.js';
import { Refresh } from './refresh.js';
import { useMay } from './session.js';
import { Needs } from './sign-in.js';
import { useStore } from './store.js';

const PAGE = 20;
const PAUSE_MILLIS = 600;
const STATES = { unresolved: 'open,acknowledged', open: 'open', acknowledged: 'acknowledged', resolved: 'resolved', all: '' };

const NO_FILTER = { state: 'unresolved', severity: '', cause: '', device: '', path: '', everywhere: false };

export function Faults() {
  const host = useStore(app, (value) => value.host);
  const now = useStore(app, (value) => value.now);
  const [filter, setFilter] = useState(NO_FILTER);
  const [places, setPlaces] = useState([null]);
  const [page, setPage] = useState({ items: null, next: null, problem: null });
  const asked = useRef(null);
  asked.current = { host, filter, after: places.at(-1) };
  const refresh = useMemo(() => new Refresh((signal) => read(asked.current, setPage, signal), PAUSE_MILLIS), []);
  useEffect(() => onEvents((events) => (events === null || events.some((one) => one.fault)) && refresh.ask()), []);
  useEffect(() => {
    const changed = () => refresh.ask();
    document.addEventListener('faultchange', changed);
    return () => {
      document.removeEventListener('faultchange', changed);
      refresh.stop();
    };
  }, []);
  useEffect(() => refresh.now(), [host, filter, places]);
  const choose = (patch) => {
    setFilter({ ...filter, ...patch });
    setPlaces([null]);
  };
  return html`<section class="panel faults" id="faults" tabindex="-1" aria-labelledby="faults-title">
    <header class="bar"><h2 id="faults-title">Faults</h2><${Filters} filter=${filter} choose=${choose} /></header>
    ${page.problem ? html`<p class="problem" role="alert">${page.problem}</p>` : null}
    <${Needs} role="operator" to="acknowledge and resolve" />
    <${Table} items=${page.items} everywhere=${filter.everywhere} now=${now} />
    <nav class="pages" aria-label="Pages of faults">
      <button type="button" disabled=${places.length === 1} onClick=${() => setPlaces(places.slice(0, -1))}>Newer</button>
      <span>page ${places.length}</span>
      <button type="button" disabled=${!page.next} onClick=${() => setPlaces([...places, page.next])}>Older</button>
    </nav>
  </section>`;
}

async function read({ host, filter, after }, setPage, signal) {
  try {
    const page = await get(`/v1/faults${query({
      state: STATES[filter.state],
      severity: filter.severity,
      cause: filter.cause,
      device: filter.device.trim(),
      path: filter.path.trim(),
      host: filter.everywhere ? '' : host,
      limit: PAGE,
      after,
    })}`, signal);
    setPage({ ...page, problem: null });
  } catch (failed) {
    if (failed.name !== 'AbortError') {
      setPage((before) => ({ ...before, problem: failed.message }));
      throw failed;
    }
  }
}

function Filters({ filter, choose }) {
  const select = (name, label, options) => html`<label class="inline">${label} <select name=${name} value=${filter[name]}
    onChange=${(event) => choose({ [name]: event.target.value })}>${options.map(([value, text]) => html`<option value=${value}>${text}</option>`)}</select></label>`;
  const text = (name, label, size, hint) => html`<label class="inline">${label} <input type="search" name=${name} size=${size} placeholder=${hint}
    value=${filter[name]} onChange=${(event) => choose({ [name]: event.target.value })} /></label>`;
  return html`<div class="filters" role="search" aria-label="Filter the faults">
    ${select('state', 'State', Object.keys(STATES).map((name) => [name, name]))}
    ${select('severity', 'At least', [['', 'any'], ['info', 'info'], ['warning', 'warning'], ['error', 'error'], ['critical', 'critical']])}
    ${select('cause', 'Cause', [['', 'any'], ['media_error', 'media error'], ['device_removed', 'device removed'], ['mapping_lost', 'mapping lost']])}
    ${text('device', 'Device', 8, 'pmem0')}
    ${text('path', 'Path', 8, '/a/**')}
    <label class="inline"><input type="checkbox" checked=${filter.everywhere} onChange=${(event) => choose({ everywhere: event.target.checked })} /> all hosts</label>
  </div>`;
}

// The roles stand here because a table that is laid out as a grid is not one for a screen reader.
function Table({ items, everywhere, now }) {
  const may = useMay('operator');
  if (items === null) {
    return html`<p class="empty">reading…</p>`;
  }
  if (items.length === 0) {
    return html`<p class="empty"><${Mark} is="ok" text="No fault is like that." /></p>`;
  }
  return html`<table role="table" aria-label="Faults, the newest first">
    <thead role="rowgroup"><tr role="row">
      ${['Severity', 'Where', 'Reach', 'State', 'Age', ...(may ? ['Do'] : [])].map((name) => html`<th role="columnheader" scope="col">${name}</th>`)}
    </tr></thead>
    <tbody role="rowgroup">${items.map((fault) => html`<${Row} key=${fault.id} fault=${fault} everywhere=${everywhere} may=${may} age=${age(fault.openedAt, now)} />`)}</tbody>
  </table>`;
}

const Row = memo(({ fault, everywhere, may, age: old }) => html`<tr role="row" class=${fault.state} data-fault=${fault.id}
    onPointerEnter=${() => lightFault(fault)} onPointerLeave=${dim} onFocusIn=${() => lightFault(fault)} onFocusOut=${dim}>
  <td role="cell" class="severity"><${Mark} is=${fault.severity} text=${fault.severity} /></td>
  <th role="rowheader" scope="row" class="where"><button type="button" class="link" onClick=${() => open('fault', { id: fault.id })}>
    ${everywhere ? `${fault.host}: ` : ''}${fault.device ?? 'unknown'} ${ranges(fault.ranges)}</button>
    <span class="cause">${words(fault.cause)}</span></th>
  <td role="cell" class="reach">${reach(fault)}</td>
  <td role="cell" class="state"><${Mark} is=${fault.state} text=${fault.state} /></td>
  <td role="cell" class="age"><time datetime=${fault.openedAt} title=${dateAndTime(fault.openedAt)}>${old}</time></td>
  ${may ? html`<td role="cell" class="do"><${FaultButtons} fault=${fault} /></td>` : null}
</tr>`);

/** @param back whether the fault is to be shown again afterwards */
export function FaultButtons({ fault, back = false }) {
  const place = `${fault.device ?? ''} ${ranges(fault.ranges)}`;
  if (!useMay('operator')) {
    return null;
  }
  return html`<span class="actions">
    ${fault.state === 'open' ? html`<button type="button" aria-label=${`Acknowledge ${place}`} onClick=${() => open('acknowledge', { fault, back })}>Acknowledge</button>` : null}
    ${fault.state === 'resolved' ? null : html`<button type="button" aria-label=${`Resolve ${place}`} onClick=${() => open('resolve', { fault, back })}>Resolve</button>`}
  </span>`;
}

/** How far up it came. */
function reach(fault) {
  const { counts } = fault;
  const parts = [
    [counts.volumes, 'volume'],
    [counts.filesystems, 'filesystem'],
    [counts.files, 'file'],
    [counts.metadata, 'metadata', 'metadata'],
    [counts.processes, 'process', 'processes'],
  ].filter(([count]) => count > 0);
  return parts.length
    ? parts.map(([count, one, many]) => plural(count, one, many)).join(', ') + (counts.atLeast ? ' or more' : '')
    : 'the device only';
}
