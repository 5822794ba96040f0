// The stack of a host as a picture: who stands on whom, in what state, and where it is bad.
import { useEffect, useMemo, useRef, useState } from './vendor/hooks.mjs';
import { at, get } from './api.js';
import { bytes, number, plural, range, ranges, timeOfDay, words } from './format.js';
import { onFrame } from './frames.js';
import { html, memo } from './html.js';
import { lights, unpin } from './lights.js';
import { Glyph, Mark } from './marks.js';
import { app, onEvents, open, stack } from './model.js';
import { useMay } from './session.js';
import { Needs } from './sign-in.js';
import { useStore } from './store.js';
import { Strip } from './strip.js';

export function Stack() {
  const topology = useStore(stack, (value) => value.topology);
  const problem = useStore(stack, (value) => value.problem);
  const host = useStore(app, (value) => value.host);
  const [wanted, setWanted] = useState('');
  const [hurtOnly, setHurtOnly] = useState(false);
  const rows = useMemo(() => layers(topology, wanted, hurtOnly), [topology, wanted, hurtOnly]);
  return html`<section class="panel stack" aria-labelledby="stack-title">
    <header class="bar">
      <h2 id="stack-title">Stack${host ? ` of ${host}` : ''}</h2>
      <label class="inline">Name <input type="search" size="10" value=${wanted} onInput=${(event) => setWanted(event.target.value)} /></label>
      <label class="inline"><input type="checkbox" checked=${hurtOnly} onChange=${(event) => setHurtOnly(event.target.checked)} /> only what hurts</label>
      <${Legend} />
    </header>
    ${problem ? html`<p class="problem" role="alert">${problem}</p>` : null}
    <${Needs} role="operator" to="inject, clear, scrub, unplug and plug" />
    ${rows.length ? html`<${Picture} topology=${topology} rows=${rows} host=${host} />` : html`<${Nothing} topology=${topology} />`}
    <${Cut} topology=${topology} />
    <${Lit} />
  </section>`;
}

function Legend() {
  return html`<ul class="legend" aria-label="Legend of the strips">
    <li><i class="swatch bad"></i>bad</li>
    <li><i class="swatch weak"></i>redundancy lost</li>
    <li><i class="swatch lit"></i>lit: the same data</li>
    <li><i class="swatch file"></i>file</li>
    <li><i class="swatch meta"></i>metadata</li>
  </ul>`;
}

function Nothing({ topology }) {
  return html`<div class="empty"><p>${topology ? 'Nothing here has that name or hurts.' : 'No host has anything yet.'}</p>
    ${topology ? null : html`<p>Build a stack, for example <code>PUT /v1/hosts/local/devices/pmem0</code> with
      <code>${'{"kind":"pmem","sizeBytes":268435456}'}</code>; the README walks through it in five minutes.</p>`}</div>`;
}

function Cut({ topology }) {
  const cut = ['device', 'volume', 'filesystem'].filter((kind) => topology && topology[`${kind}Count`] > topology[`${kind}s`].length);
  return cut.length
    ? html`<p class="note">${cut.map((kind) => `${number(topology[`${kind}s`].length)} of ${plural(topology[`${kind}Count`], kind)}`).join(', ')} shown.</p>`
    : null;
}

/** What is highest first: filesystems, then volumes by how far they are from the devices. */
function layers(topology, wanted, hurtOnly) {
  if (!topology) {
    return [];
  }
  const volumes = new Map(topology.volumes.map((one) => [one.name, one]));
  const heights = new Map();
  const height = (name) => {
    const volume = volumes.get(name);
    if (!volume) {
      return 0;
    }
    if (!heights.has(name)) {
      heights.set(name, 1);
      heights.set(name, 1 + Math.max(0, ...volume.below.map(height)));
    }
    return heights.get(name);
  };
  const rows = new Map();
  const put = (row, kind, thing) => {
    if (thing.name.includes(wanted) && (!hurtOnly || hurts(kind, thing))) {
      rows.set(row, [...(rows.get(row) ?? []), { kind, thing, key: `${kind}:${thing.name}` }]);
    }
  };
  topology.devices.forEach((device) => put(0, 'device', device));
  topology.missing.forEach((missing) => put(0, 'missing', missing));
  topology.volumes.forEach((volume) => put(height(volume.name), 'volume', volume));
  topology.filesystems.forEach((filesystem) => put(Infinity, 'filesystem', filesystem));
  return [...rows.keys()].sort((a, b) => b - a).map((row) => rows.get(row));
}

const hurts = (kind, thing) => kind === 'missing' || condition(kind, thing)[0] !== 'ok';

/** The mark and the words for the state of a thing. */
function condition(kind, thing) {
  if (kind === 'missing') {
    return ['removed', 'not there'];
  }
  if (kind === 'filesystem') {
    if (thing.state === 'shutdown') {
      return ['critical', `shut down${thing.shutdownReason ? `: ${thing.shutdownReason}` : ''}`];
    }
    if (thing.state === 'frozen') {
      return ['frozen', `frozen${thing.frozenBy?.length ? ` by ${thing.frozenBy.join(', ')}` : ''}`];
    }
    if (thing.state !== 'mounted') {
      return ['off', words(thing.state)];
    }
    return thing.openFaults ? ['error', plural(thing.openFaults, 'open fault')] : ['ok', 'mounted'];
  }
  if (thing.state === 'leaving' || thing.state === 'removed') {
    return [thing.state, thing.state];
  }
  if (thing.badSectors) {
    return ['error', `${plural(thing.badSectors, 'sector')} bad`];
  }
  if (thing.redundancyLostSectors) {
    return ['warning', 'redundancy lost'];
  }
  return thing.state === 'active' ? ['ok', 'active'] : ['warning', words(thing.state)];
}

function Picture({ topology, rows, host }) {
  const box = useRef(null);
  return html`<div class="picture" ref=${box}>
    <${Edges} box=${box} topology=${topology} rows=${rows} />
    ${rows.map((row) => html`<ul class="layer" key=${row[0].key} aria-label=${layerName(row[0].kind)}>
      ${row.map(({ kind, thing, key }) => html`<${Card} key=${key} kind=${kind} thing=${thing} host=${host}
        sectors=${kind === 'filesystem' ? sizeOf(topology, thing.devices[0]) : thing.sectors} />`)}
    </ul>`)}
  </div>`;
}

const layerName = (kind) => ({ filesystem: 'Filesystems', volume: 'Volumes' })[kind] ?? 'Devices';

function sizeOf(topology, block) {
  return [...topology.devices, ...topology.volumes].find((one) => one.name === block)?.sectors ?? null;
}

const Card = memo(({ kind, thing, host, sectors }) => {
  const may = useMay('operator');
  const [mark, text] = condition(kind, thing);
  const act = (action, pointed) => open(action, { host, device: thing, range: pointed });
  return html`<li class=${`card ${mark}`} data-thing=${`${kind}:${thing.name}`}>
    <div class="head">
      <${Glyph} of=${kind} />
      <h3><span class="visually-hidden">${kind} </span>${thing.name}</h3>
      <span class="about">${about(kind, thing)}</span>
      <${Mark} is=${mark} text=${text} />
    </div>
    ${on(kind, thing)}
    ${kind === 'missing'
      ? html`<p class="sum">${thing.holders.join(', ')} still ${thing.holders.length === 1 ? 'stands' : 'stand'} on it.</p>`
      : html`<${AddressSpace} kind=${kind} thing=${thing} host=${host} sectors=${sectors} act=${may ? act : null} />`}
    ${kind === 'device' ? html`<${DeviceActions} device=${thing} host=${host} act=${may ? act : null} />` : null}
  </li>`;
});

function about(kind, thing) {
  if (kind === 'device') {
    return `${thing.kind} · ${bytes(thing.sizeBytes)}${thing.dax ? ' · dax' : ''}`;
  }
  return kind === 'volume' ? `${thing.targets.join(', ')} · ${bytes(thing.sizeBytes)}` : kind === 'filesystem' ? `dax ${thing.dax}` : '';
}

function on(kind, thing) {
  const below = kind === 'volume' ? thing.below : kind === 'filesystem' ? thing.devices : [];
  return below.length ? html`<p class="on">on ${below.join(', ')}</p>` : null;
}

function AddressSpace({ kind, thing, host, sectors, act }) {
  const [role, setRole] = useState(0);
  const roles = useRoles(kind, thing, host);
  const block = kind === 'filesystem' ? (roles[role]?.block ?? thing.devices[0]) : thing.name;
  const size = kind === 'filesystem' && role > 0 ? sizeOf(stack.value.topology, block) : sectors;
  if (!size) {
    return html`<p class="sum">size unknown</p>`;
  }
  return html`${roles.length > 1
      ? html`<label class="inline small">Part <select value=${role} onChange=${(event) => setRole(Number(event.target.value))}>
          ${roles.map((one, i) => html`<option value=${i}>${one.role} on ${one.block}</option>`)}</select></label>`
      : null}
    <${Strip} key=${`${block}/${size}`} host=${host} block=${block} sectors=${size} label=${`${kind} ${thing.name}`}
      filesystem=${kind === 'filesystem' ? { filesystem: thing.name, role: roles[role]?.role ?? 'data' } : null}
      onAct=${kind === 'device' ? act : null} />`;
}

/** A filesystem may have a log and a realtime device of its own: which is which only it knows. */
function useRoles(kind, thing, host) {
  const [roles, setRoles] = useState([]);
  useEffect(() => {
    if (kind !== 'filesystem' || thing.devices.length < 2) {
      return undefined;
    }
    const asked = new AbortController();
    get(at`/v1/hosts/${host}/filesystems/${thing.name}`, asked.signal)
      .then((known) => setRoles(['data', 'log', 'realtime'].filter((one) => known[one]).map((one) => ({ role: one, block: known[one] }))))
      .catch(() => {});
    return () => asked.abort();
  }, [host, thing.name, thing.devices?.join()]);
  return roles;
}

function DeviceActions({ device, host, act }) {
  const name = device.name;
  const button = (action, text, tone = '') =>
    html`<button type="button" class=${tone} aria-label=${`${text} ${name}`} onClick=${() => act(action, pointedOn(name))}>${text}</button>`;
  return html`<div class="actions" role="group" aria-label=${`Actions on ${name}`}>
    ${act === null ? null : device.state === 'removed'
      ? button('plug', 'Plug')
      : html`${button('inject', 'Inject')}${button('clear', 'Clear')}${button('scrub', 'Scrub')}${button('unplug', 'Unplug', 'danger')}`}
    <${ScrubProgress} host=${host} device=${name} />
    ${device.removal?.state === 'announced'
      ? html`<span class="sum">leaves ${device.removal.deadline ? `by ${timeOfDay(device.removal.deadline)}` : 'soon'}</span>`
      : null}
  </div>`;
}

const pointedOn = (block) => (lights.value.block === block ? lights.value.range : null);

function ScrubProgress({ host, device }) {
  const [scrub, setScrub] = useState(null);
  useEffect(() => {
    let timer = 0;
    let gone = false;
    const look = async () => {
      try {
        const known = await get(at`/v1/hosts/${host}/devices/${device}/scrub`);
        if (!gone) {
          setScrub(known);
          timer = known.state === 'running' ? setTimeout(look, 1000) : 0;
        }
      } catch {
        // The device is gone; there is nothing to show.
      }
    };
    const begun = (event) => event.detail === device && look();
    document.addEventListener('scrubstart', begun);
    const stop = onEvents((events) => events?.some((one) => one.type === 'scrub_completed' && one.host === host && one.name === device) && look());
    return () => {
      gone = true;
      clearTimeout(timer);
      document.removeEventListener('scrubstart', begun);
      stop();
    };
  }, [host, device]);
  if (!scrub || scrub.state === 'idle') {
    return null;
  }
  return html`<span class="sum">scrub ${scrub.state === 'running' ? `${Math.floor(scrub.fraction * 100)} %` : scrub.state}, found ${plural(scrub.foundSectors, 'sector')}</span>`;
}

/** Lines from holders to what they stand on, behind the cards. Hurt ones are thick and carry an arrow. */
function Edges({ box, topology, rows }) {
  const [lines, setLines] = useState([]);
  useEffect(() => {
    const measure = () => setLines(edges(box.current, topology));
    const soon = () => onFrame(measure);
    const size = new ResizeObserver(soon);
    size.observe(box.current);
    const stop = lights.watch(soon);
    soon();
    return () => {
      size.disconnect();
      stop();
    };
  }, [topology, rows]);
  return html`<svg class="wires" aria-hidden="true">
    <defs><marker id="up" viewBox="0 0 8 8" refX="4" refY="4" markerWidth="4" markerHeight="4" orient="auto"><path d="M0 0 8 4 0 8z" /></marker></defs>
    ${lines.map((one) => html`<path key=${one.key} class=${one.tone} d=${one.d} marker-mid=${one.tone.includes('hurt') ? 'url(#up)' : null} />`)}
  </svg>`;
}

function edges(box, topology) {
  if (!box || !topology) {
    return [];
  }
  const frame = box.getBoundingClientRect();
  const cards = new Map([...box.querySelectorAll('[data-thing]')].map((card) => [card.dataset.thing, card.getBoundingClientRect()]));
  const blocks = new Map([...topology.devices, ...topology.volumes].map((one) => [one.name, one]));
  const place = (name) => cards.get(`device:${name}`) ?? cards.get(`volume:${name}`) ?? cards.get(`missing:${name}`);
  const paths = [];
  const lit = lights.value.byBlock;
  for (const { holder, on: below } of topology.edges) {
    const [kind, name] = [holder.slice(0, 2), holder.slice(3)];
    const upper = cards.get(kind === 'fs' ? `filesystem:${name}` : `volume:${name}`);
    const lower = place(below);
    if (upper && lower) {
      const from = [lower.left + lower.width / 2 - frame.left, lower.top - frame.top];
      const to = [Math.min(Math.max(from[0], upper.left - frame.left + 24), upper.right - frame.left - 24), upper.bottom - frame.top];
      const middle = [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2];
      const hurt = blocks.get(below)?.badSectors > 0 || blocks.get(below)?.state === 'removed' || !blocks.has(below);
      const glows = lit.has(below) && (kind === 'fs' || lit.has(name));
      paths.push({
        key: `${holder}/${below}`,
        tone: `${hurt ? 'hurt' : ''} ${glows ? 'glows' : ''}`,
        d: `M${from} Q${from[0]},${middle[1]} ${middle} T${to}`,
      });
    }
  }
  return paths;
}

/** The lit range in words: itself, above, below, whose it is. */
function Lit() {
  const lit = useStore(lights);
  if (!lit.key) {
    return html`<p class="readout faint">Point at a strip, or focus it and use the arrow keys: its images above and below light up.</p>`;
  }
  const named = [...lit.byBlock].map(([block, one]) => html`<li key=${block}><b>${block}</b> ${ranges(one.ranges)} <span class="faint">${EFFECTS[one.is] ?? words(one.is)}</span></li>`);
  const files = lit.owners.slice(0, 6).map((owner, i) => html`<li key=${`owner ${i}`}><b>${owner.paths?.[0] ?? (owner.inode ? `inode ${owner.inode}` : owner.owner)}</b>
    ${owner.fileOffsetBytes !== undefined ? ` bytes ${range(owner.fileOffsetBytes, owner.lengthBytes)}` : ` ${range(owner.sector, owner.count)}`}
    ${' '}<span class="faint">${(owner.flags ?? []).join(', ')}</span></li>`);
  return html`<div class="readout" role="status">
    <ul>${named}${files}
      ${lit.owners.length > 6 || lit.moreOwners ? html`<li key="more" class="faint">${lit.owners.length > 6 ? `${lit.owners.length - 6}${lit.moreOwners ? ' or more' : ''} further owners` : 'more owners'}</li>` : null}
      ${lit.processes.map((one) => html`<li key=${`p ${one.pid} ${one.mapping}`}><b>process ${one.pid}</b> ${one.path}</li>`)}
    </ul>
    ${lit.problem ? html`<span class="problem">${lit.problem}</span>` : null}
    ${lit.pinned ? html`<button type="button" onClick=${unpin}>Let go (Esc)</button>` : null}
  </div>`;
}

const EFFECTS = { self: '', below: 'lives here', data_lost: 'image above', redundancy_lost: 'above, redundancy only', target_failed: 'above, as a whole' };
