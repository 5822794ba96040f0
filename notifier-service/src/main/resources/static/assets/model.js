// What this page knows, and what keeps it fresh: the stream says what changed, it is read again.
import { at, get, query } from './api.js';
import { stats } from './frames.js';
import { Refresh } from './refresh.js';
import { whoAmI } from './session.js';
import { Store } from './store.js';
import { EventFollower } from './stream.js';

const KEPT_EVENTS = 100;
const KEPT_SECONDS = 120;
const TOPOLOGY_PAUSE_MILLIS = 500;
const HOSTS_PAUSE_MILLIS = 5_000;
const TOASTS = 4;

/** The stream may be quicker than what is read afterwards: that is read again, twice, this far apart. */
const SETTLE_MILLIS = 2_000;
const MOST_UNSETTLED = 500;

const stored = (name) => {
  try {
    return localStorage.getItem(`faultline.${name}`);
  } catch {
    return null;
  }
};

/** Kept over visits, where the browser lets us. */
export function remember(name, value) {
  try {
    localStorage.setItem(`faultline.${name}`, value);
  } catch {
    // Then it is asked for again next time.
  }
}

export const app = new Store({
  host: stored('host') ?? '',
  hosts: null,
  by: stored('by') ?? '',
  theme: stored('theme') ?? 'auto',
  dialog: null,
  toasts: [],
  now: Date.now(),
});

export const stack = new Store({ topology: null, problem: null });

export const live = new Store({
  state: 'connecting',
  reason: '',
  since: Date.now(),
  resyncAt: null,
  total: 0,
  recent: [],
  announced: '',
});

/** Events of each second by layer, the newest last: {second, device, dm, fs}. */
export const rates = [];

const watchers = new Set();

/** Hears which events came, together: a list of {type, source, host, block, fault, time}. */
export function onEvents(listener) {
  watchers.add(listener);
  return () => watchers.delete(listener);
}

export const hosts = new Refresh(async (signal) => {
  const names = [];
  let after = null;
  do {
    const page = await get(`/v1/hosts${query({ limit: 1000, after })}`, signal);
    names.push(...page.items.map((item) => item.host));
    after = page.next;
  } while (after !== null && names.length < 10_000);
  names.sort();
  app.set({ hosts: names });
  if (!names.includes(app.value.host) && names.length) {
    chooseHost(names[0], false);
  }
}, HOSTS_PAUSE_MILLIS);

export const topology = new Refresh(async (signal) => {
  const { host } = app.value;
  if (!host) {
    return;
  }
  try {
    const read = await get(at`/v1/topology/${host}`, signal);
    stack.set({ topology: keepingWhatIsTheSame(stack.value.topology, read), problem: null });
  } catch (failed) {
    if (failed.status === 404) {
      stack.set({ topology: null, problem: null });
    } else if (failed.name !== 'AbortError') {
      stack.set({ problem: failed.message });
      throw failed;
    }
  }
}, TOPOLOGY_PAUSE_MILLIS);

/** Objects that say the same stay the same objects, so that what shows them is left alone. */
function keepingWhatIsTheSame(before, after) {
  if (!before || before.host !== after.host) {
    return after;
  }
  for (const list of ['devices', 'volumes', 'filesystems']) {
    const known = new Map(before[list].map((thing) => [thing.name, thing]));
    after[list] = after[list].map((thing) => {
      const was = known.get(thing.name);
      return was && JSON.stringify(was) === JSON.stringify(thing) ? was : thing;
    });
  }
  return after;
}

export function chooseHost(host, byHand = true) {
  if (byHand) {
    remember('host', host);
  }
  app.set({ host });
  stack.set({ topology: null, problem: null });
  topology.now();
  tellWatchers(null);
}

export function setBy(by) {
  remember('by', by);
  app.set({ by });
}

export const open = (kind, about = {}) => app.set({ dialog: { kind, ...about } });
export const close = () => app.set({ dialog: null });

let toasts = 0;

export function toast(text, fault = null) {
  const id = (toasts += 1);
  app.set({ toasts: [...app.value.toasts, { id, text, fault }].slice(-TOASTS) });
  setTimeout(() => dropToast(id), 12_000);
}

export const dropToast = (id) =>
  app.set({ toasts: app.value.toasts.filter((one) => one.id !== id) });

const LAYERS = { devices: 'device', volumes: 'dm', filesystems: 'fs', processes: 'fs' };

function read(message) {
  let event;
  try {
    event = JSON.parse(message.data);
  } catch {
    return null;
  }
  const [, , host, kind, name] = String(event.source ?? '').split('/');
  return {
    id: event.id,
    type: String(event.type ?? '').replace('io.faultline.', ''),
    time: event.time,
    host: event.data?.host ?? host,
    kind,
    name,
    layer: LAYERS[kind] ?? 'fs',
    block: event.data?.device ?? name,
    fault: event.faultid ?? null,
    ranges: event.data?.ranges ?? null,
    sectors: event.data?.sectors ?? null,
    path: event.data?.paths?.[0] ?? event.data?.path ?? null,
    reason: event.data?.reason ?? null,
  };
}

function count(events) {
  const second = Math.floor(Date.now() / 1000);
  let last = rates.at(-1);
  if (!last || last.second !== second) {
    last = { second, device: 0, dm: 0, fs: 0 };
    rates.push(last);
    rates.splice(0, Math.max(0, rates.length - KEPT_SECONDS));
  }
  for (const event of events) {
    last[event.layer] += 1;
  }
}

const faultsSeen = new Set();
let newFaults = 0;
let announcing = 0;

/** A screen reader hears of new faults, several in one sentence. */
function announce(events) {
  for (const event of events) {
    if (event.fault && !faultsSeen.has(event.fault) && event.type !== 'range_recovered') {
      faultsSeen.add(event.fault);
      newFaults += 1;
    }
  }
  if (faultsSeen.size > 5_000) {
    faultsSeen.clear();
  }
  if (newFaults > 0 && announcing === 0) {
    const place = events.findLast((event) => event.fault)?.block ?? '';
    announcing = setTimeout(() => {
      announcing = 0;
      live.set({
        announced: newFaults === 1 ? `A new fault on ${place}` : `${newFaults} new faults, the last on ${place}`,
      });
      newFaults = 0;
    }, 1_500);
  }
}

function take(told) {
  if (told.state) {
    if (told.state === 'live') {
      stats.connects += 1;
      // After a restart the server may ask for other things than before.
      whoAmI();
      refreshAll();
    }
    live.set({ state: told.state, reason: told.reason ?? '', since: Date.now() });
  }
  if (told.resync) {
    stats.resyncs += 1;
    live.set({ resyncAt: Date.now() });
    refreshAll();
  }
  if (told.events) {
    const events = told.events.map(read).filter((event) => event !== null);
    stats.events += told.events.length;
    count(events);
    announce(events);
    live.set({
      total: live.value.total + told.events.length,
      recent: [...events.slice(-KEPT_EVENTS).reverse(), ...live.value.recent].slice(0, KEPT_EVENTS),
    });
    tellWatchers(events);
    young.push(...events.slice(0, MOST_UNSETTLED - young.length));
    overflowed ||= young.length === MOST_UNSETTLED;
    settle();
  }
}

function tellWatchers(events) {
  for (const listener of watchers) {
    listener(events);
  }
}

let young = [];
let old = [];
let overflowed = false;
let settling = 0;

function settle() {
  settling ||= setTimeout(() => {
    settling = 0;
    const all = [...old, ...young];
    tellWatchers(overflowed ? null : all);
    [old, young, overflowed] = [young, [], overflowed && young.length > 0];
    if (old.length) {
      settle();
    }
  }, SETTLE_MILLIS);
}

function refreshAll() {
  hosts.ask();
  topology.ask();
  tellWatchers(null);
}

export function start() {
  onEvents((events) => {
    if (events?.some((event) => event.host === app.value.host)) {
      topology.ask();
    }
    if (events?.some((event) => event.type === 'device_added')) {
      hosts.ask();
    }
  });
  setInterval(() => app.set({ now: Date.now() }), 5_000);
  whoAmI();
  new EventFollower('/v1/events', take).run();
}
