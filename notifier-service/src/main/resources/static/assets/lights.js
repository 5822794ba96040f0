// Which ranges are lit: the one that is pointed at, and its images above and below.
import { at, get, query } from './api.js';
import { stack } from './model.js';
import { Store } from './store.js';

const LOOK_AFTER_MILLIS = 70;
const ASK_OWNERS_AFTER_MILLIS = 300;
const MOST_SECTORS = 65_536;
const MOST_PIECES = 8;
const MOST_OWNERS = 100;

const DARK = { key: '', block: null, range: null, byBlock: new Map(), owners: [], moreOwners: false, processes: [], shutdowns: [], pinned: false, problem: null, asked: false };

export const lights = new Store(DARK);

let timer = 0;
let asking = null;

/** Lights a range of a block device and what it is above and below. */
export function light(host, block, range, { pin = false } = {}) {
  if (lights.value.pinned && !pin) {
    return;
  }
  const [start, length] = [range[0], Math.min(range[1], MOST_SECTORS)];
  const key = `${host}/${block}/${start}/${length}`;
  if (key === lights.value.key && pin === lights.value.pinned) {
    return;
  }
  stop();
  const own = new Map([[block, { ranges: [start, length], is: 'self' }]]);
  const known = key === lights.value.key;
  lights.set(known ? { pinned: pin } : { ...DARK, key, block, range: [start, length], byBlock: own, pinned: pin });
  if (known && lights.value.asked) {
    return;
  }
  asking = new AbortController();
  const { signal } = asking;
  timer = setTimeout(async () => {
    try {
      const byBlock = await images(host, block, start, length, own, signal);
      if (lights.value.key === key) {
        lights.set({ byBlock });
      }
      timer = setTimeout(() => whoIsHit(host, block, start, length, key, signal), ASK_OWNERS_AFTER_MILLIS);
    } catch (failed) {
      failedToAsk(failed, key);
    }
  }, pin ? 0 : LOOK_AFTER_MILLIS);
}

/** Lights what a fault hit, as the fault itself says it. */
export function lightFault(fault) {
  if (lights.value.pinned) {
    return;
  }
  stop();
  const byBlock = new Map();
  for (const device of fault.devices ?? []) {
    byBlock.set(device.device, { ranges: device.ranges ?? [], is: 'self' });
  }
  for (const volume of fault.volumes ?? []) {
    byBlock.set(volume.volume, { ranges: volume.ranges ?? [], is: volume.effect ?? 'data_lost' });
  }
  lights.set({ ...DARK, key: `fault ${fault.id}`, byBlock });
}

/** Unless it was pinned. */
export function dim() {
  if (!lights.value.pinned) {
    unpin();
  }
}

export function unpin() {
  stop();
  lights.set(DARK);
}

function stop() {
  clearTimeout(timer);
  asking?.abort();
  asking = null;
}

function failedToAsk(failed, key) {
  if (failed.name !== 'AbortError' && lights.value.key === key) {
    lights.set({ problem: failed.message });
  }
}

/** Volumes that a block device stands on, directly or not. */
function volumesBelow(block) {
  const volumes = new Map((stack.value.topology?.volumes ?? []).map((one) => [one.name, one]));
  const below = new Set();
  const look = (name) => {
    for (const lower of volumes.get(name)?.below ?? []) {
      if (!below.has(lower)) {
        below.add(lower);
        look(lower);
      }
    }
  };
  look(block);
  return below;
}

async function images(host, block, start, length, own, signal) {
  const byBlock = new Map(own);
  const range = query({ sector: start, count: length });
  const up = get(at`/v1/hosts/${host}/block-devices/${block}/upward` + range, signal);
  const below = volumesBelow(block);
  if (below.size) {
    const map = await get(at`/v1/hosts/${host}/volumes/${block}/map` + range, signal);
    for (const piece of map.pieces ?? []) {
      add(byBlock, piece.device, [piece.sector, piece.count], 'below');
    }
    const between = [...below].filter((name) => !byBlock.has(name));
    if (between.length) {
      await imagesBetween(host, map.pieces ?? [], between, byBlock, signal);
    }
  }
  for (const { volume, ranges, effect } of (await up).volumes ?? []) {
    add(byBlock, volume, ranges, effect);
  }
  return byBlock;
}

/** A map goes straight down to the leaves; from there the volumes in between are found. */
async function imagesBetween(host, pieces, between, byBlock, signal) {
  for (const piece of pieces.slice(0, MOST_PIECES)) {
    const range = query({ sector: piece.sector, count: piece.count });
    const up = await get(at`/v1/hosts/${host}/block-devices/${piece.device}/upward` + range, signal);
    for (const { volume, ranges } of up.volumes ?? []) {
      if (between.includes(volume)) {
        add(byBlock, volume, ranges, 'below');
      }
    }
  }
}

function add(byBlock, block, ranges, is) {
  const known = byBlock.get(block);
  byBlock.set(block, known ? { ...known, ranges: [...known.ranges, ...ranges] } : { ranges, is });
}

async function whoIsHit(host, block, start, length, key, signal) {
  try {
    const impact = await get(at`/v1/hosts/${host}/impact` + query({ device: block, sector: start, count: length }), signal);
    if (lights.value.key === key) {
      lights.set({ ...hits(impact), asked: true });
    }
  } catch (failed) {
    failedToAsk(failed, key);
  }
}

/** What an answer of /impact says of files, metadata and processes. */
export function hits(impact) {
  const owners = [];
  const processes = [];
  const shutdowns = [];
  let moreOwners = false;
  for (const filesystem of impact.filesystems ?? []) {
    for (const owner of filesystem.owners ?? []) {
      owners.push({ ...owner, filesystem: filesystem.filesystem });
    }
    processes.push(...(filesystem.processes ?? []));
    moreOwners ||= filesystem.ownersTruncated === true;
    if (filesystem.shutdown) {
      shutdowns.push(filesystem.filesystem);
    }
  }
  return {
    owners: owners.slice(0, MOST_OWNERS),
    moreOwners: moreOwners || owners.length > MOST_OWNERS,
    processes,
    shutdowns,
  };
}
