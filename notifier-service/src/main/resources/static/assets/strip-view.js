// The address space of one block device on a canvas: a window of it, what is bad there, what is lit.
import { at, get, query } from './api.js';
import { onFrame, stats } from './frames.js';
import { lights } from './lights.js';
import { Refresh } from './refresh.js';

const PAUSE_MILLIS = 500;
const LEAST_WIDTH = 2;
const NEAR_PIXELS = 4;
const CROWDED_PIXELS = 6;
const MOST_BINS = 10_000;
const OWNERS = 500;
const ZOOM = 0.5;

const OWNER_COLOURS = { inode: '--owner-file', 'free space': '--owner-free' };

export class StripView {
  #canvas = null;
  #watching = [];
  #data = null;
  #owners = null;
  #ownersOf = '';
  #band = null;
  #draw = () => this.#paint();
  #strip = new Refresh((signal) => this.#read(signal), PAUSE_MILLIS);

  /**
   * @param block the device or volume
   * @param filesystem with its role {filesystem, role} where its owners are shown, or null
   * @param tell is called when the window, the cursor or what is known has changed
   */
  constructor(host, block, sectors, filesystem, tell) {
    this.host = host;
    this.block = block;
    this.sectors = sectors;
    this.filesystem = filesystem;
    this.tell = tell;
    this.window = { sector: 0, count: sectors };
    this.cursor = null;
  }

  get data() {
    return this.#data;
  }

  /** More than fit into one answer, so none are shown. */
  get hasMoreOwners() {
    return this.#owners === 'more';
  }

  attach(canvas) {
    this.#canvas = canvas;
    const size = new ResizeObserver(() => {
      this.#strip.ask();
      this.redraw();
    });
    size.observe(canvas);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', this.#draw);
    document.addEventListener('themechange', this.#draw);
    this.#watching = [
      () => size.disconnect(),
      () => dark.removeEventListener('change', this.#draw),
      () => document.removeEventListener('themechange', this.#draw),
      lights.watch(() => this.redraw()),
    ];
    this.#strip.ask();
  }

  detach() {
    this.#strip.stop();
    this.#watching.forEach((end) => end());
    this.#watching = [];
    this.#canvas = null;
  }

  changed() {
    this.#strip.ask();
  }

  redraw() {
    onFrame(this.#draw);
  }

  get width() {
    return this.#canvas?.clientWidth ?? 0;
  }

  /** The sector below a pixel, from the left of the canvas. */
  sectorAt(x) {
    const { sector, count } = this.window;
    const place = sector + Math.floor((Math.min(Math.max(x, 0), this.width) / this.width) * count);
    return Math.min(place, sector + count - 1);
  }

  /** The bad range near a pixel, or what the pixel covers. */
  rangeAt(x) {
    const perPixel = this.window.count / this.width;
    const near = this.#badNear(this.sectorAt(x - NEAR_PIXELS), this.sectorAt(x + NEAR_PIXELS), this.sectorAt(x));
    return near ?? [this.sectorAt(x), Math.max(1, Math.ceil(perPixel))];
  }

  #badNear(from, to, centre) {
    let nearest = null;
    let distance = Infinity;
    for (const [start, count] of this.badPieces()) {
      if (start <= to && start + count > from) {
        const away = Math.max(start - centre, centre - (start + count - 1), 0);
        if (away < distance) {
          nearest = [start, count];
          distance = away;
        }
      }
    }
    return nearest;
  }

  /** Exact ranges where they are known, else the bins that have any. */
  *badPieces() {
    if (!this.#data) {
      return;
    }
    const exact = this.#data.badRanges;
    if (exact) {
      for (let i = 0; i < exact.length; i += 2) {
        yield [exact[i], exact[i + 1], 1];
      }
    } else {
      yield* this.#bins(this.#data.bad);
    }
  }

  /** Few are drawn each by itself; many by how much of each pixel is bad, or all would look bad. */
  #drawnPieces(width) {
    const few = (this.#data?.badRangeCount ?? 0) <= width / CROWDED_PIXELS;
    return few || !this.#data ? this.badPieces() : this.#bins(this.#data.bad);
  }

  *#weakPieces() {
    if (!this.#data) {
      return;
    }
    const exact = this.#data.redundancyLostRanges;
    if (exact) {
      for (let i = 0; i < exact.length; i += 2) {
        yield [exact[i], exact[i + 1], 1];
      }
    } else {
      yield* this.#bins(this.#data.redundancyLost);
    }
  }

  *#bins(bins) {
    const { sector, binSectors } = this.#data;
    for (const [bin, bad] of bins) {
      yield [sector + bin * binSectors, binSectors, bad / binSectors];
    }
  }

  /** Nearer or farther, so that the sector keeps its place. */
  zoom(factor, sector) {
    const { sector: from, count } = this.window;
    const middle = sector ?? this.cursor?.[0] ?? from + Math.floor(count / 2);
    const wanted = Math.min(this.sectors, Math.max(1, Math.round(count * factor)));
    const place = (middle - from) / count;
    this.show(Math.round(middle - place * wanted), wanted);
  }

  zoomIn(sector) {
    this.zoom(ZOOM, sector);
  }

  zoomOut(sector) {
    this.zoom(1 / ZOOM, sector);
  }

  pan(share) {
    this.show(this.window.sector + Math.round(this.window.count * share) , this.window.count);
  }

  showAll() {
    this.show(0, this.sectors);
  }

  show(sector, count) {
    const wide = Math.min(this.sectors, Math.max(1, count));
    const from = Math.max(0, Math.min(this.sectors - wide, sector));
    if (from !== this.window.sector || wide !== this.window.count) {
      this.window = { sector: from, count: wide };
      this.#strip.now();
      this.redraw();
      this.tell();
    }
  }

  /** Puts the cursor on a range and the window where it can be seen. */
  point(range) {
    this.cursor = range;
    if (range && (range[0] < this.window.sector || range[0] >= this.window.sector + this.window.count)) {
      this.show(range[0] - Math.floor(this.window.count / 2), this.window.count);
    }
    this.redraw();
    this.tell();
  }

  /** The next bad range after (or before) the cursor that this window shows, or null. */
  nextBad(direction) {
    const from = this.cursor ? this.cursor[0] : direction > 0 ? -1 : Infinity;
    const pieces = [...this.badPieces()];
    const found =
      direction > 0
        ? pieces.find(([start]) => start > from)
        : pieces.findLast(([start]) => start < from);
    return found ? [found[0], found[1]] : null;
  }

  /** While a part is being chosen by dragging: two pixels, or null. */
  set band(pixels) {
    this.#band = pixels;
    this.redraw();
  }

  async #read(signal) {
    const { sector, count } = this.window;
    if (!this.#canvas || this.width === 0) {
      return;
    }
    const bins = Math.min(MOST_BINS, Math.max(1, Math.round(this.width * devicePixelRatio)));
    const strip = at`/v1/topology/${this.host}/block-devices/${this.block}/strip`;
    this.#data = await get(strip + query({ sector, count, bins }), signal);
    this.redraw();
    this.tell();
    await this.#readOwners(sector, count, signal);
  }

  async #readOwners(sector, count, signal) {
    const key = `${sector}/${count}`;
    if (!this.filesystem || key === this.#ownersOf) {
      return;
    }
    const { filesystem, role } = this.filesystem;
    const owners = at`/v1/hosts/${this.host}/filesystems/${filesystem}/owners`;
    const page = await get(owners + query({ device: role, sector, count, limit: OWNERS }), signal);
    this.#owners = page.next ? 'more' : page.owners;
    this.#ownersOf = key;
    this.redraw();
    this.tell();
  }

  /** Whoever has a sector, as far as it is known. */
  ownersAt(sector) {
    return Array.isArray(this.#owners)
      ? this.#owners.filter((one) => one.sector <= sector && sector < one.sector + one.count)
      : [];
  }

  #paint() {
    const canvas = this.#canvas;
    if (!canvas || !canvas.isConnected || canvas.clientWidth === 0) {
      return;
    }
    stats.draws += 1;
    const width = canvas.clientWidth;
    const height = canvas.clientHeight;
    const scale = devicePixelRatio;
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
    }
    const paint = canvas.getContext('2d');
    paint.setTransform(scale, 0, 0, scale, 0, 0);
    const style = getComputedStyle(canvas);
    const colour = (name) => style.getPropertyValue(name);
    paint.clearRect(0, 0, width, height);
    paint.fillStyle = colour('--track');
    paint.fillRect(0, 0, width, height);
    const { sector, count } = this.window;
    const x = (at) => ((at - sector) / count) * width;
    const bar = (start, length, top, tall, least = LEAST_WIDTH) => {
      const left = x(start);
      const wide = Math.max(least, x(start + length) - left);
      if (left < width && left + wide > 0) {
        paint.fillRect(Math.max(0, left), top, Math.min(wide, width - Math.max(0, left)), tall);
      }
    };
    const ownersTall = this.filesystem ? 9 : 0;
    this.#paintOwners(paint, colour, bar, height - ownersTall, ownersTall);
    const tall = height - ownersTall;
    if (count <= width / 6) {
      paint.fillStyle = colour('--line');
      for (let at = 1; at < count; at += 1) {
        paint.fillRect(Math.round(x(sector + at)), 0, 1, tall);
      }
    }
    paint.fillStyle = colour('--weak');
    for (const [start, length] of this.#weakPieces()) {
      bar(start, length, tall / 2, tall / 2);
    }
    paint.fillStyle = colour('--bad');
    for (const [start, length, share] of this.#drawnPieces(width)) {
      paint.globalAlpha = 0.35 + 0.65 * share;
      bar(start, length, 0, tall);
    }
    paint.globalAlpha = 1;
    this.#paintLit(paint, colour, bar, width, height);
    if (this.cursor) {
      paint.fillStyle = colour('--text');
      const at = Math.min(width - 1, Math.max(0, x(this.cursor[0])));
      paint.fillRect(Math.round(at), 0, 1, height);
      paint.fillRect(Math.round(at) - 2, 0, 5, 3);
    }
    if (this.#band) {
      paint.fillStyle = colour('--lit');
      paint.globalAlpha = 0.3;
      paint.fillRect(Math.min(...this.#band), 0, Math.abs(this.#band[1] - this.#band[0]), height);
      paint.globalAlpha = 1;
    }
  }

  #paintOwners(paint, colour, bar, top, tall) {
    if (!Array.isArray(this.#owners) || tall === 0) {
      return;
    }
    for (const owner of this.#owners) {
      paint.fillStyle = colour(OWNER_COLOURS[owner.owner] ?? '--owner-meta');
      bar(owner.sector, owner.count, top + 2, tall - 2, 1);
    }
  }

  /** A frame above and below, not only a colour; neighbours within a pixel are drawn once. */
  #paintLit(paint, colour, bar, width, height) {
    const lit = lights.value.byBlock.get(this.block);
    if (!lit) {
      return;
    }
    paint.fillStyle = colour('--lit');
    const perPixel = this.window.count / width;
    let end = -Infinity;
    for (let i = 0; i < lit.ranges.length; i += 2) {
      const [start, length] = [lit.ranges[i], lit.ranges[i + 1]];
      if (start + length > end + perPixel / 2) {
        paint.globalAlpha = 0.28;
        bar(start, length, 0, height, 5);
        paint.globalAlpha = 1;
        bar(start, length, 0, 3, 5);
        bar(start, length, height - 3, 3, 5);
        end = start + length;
      }
    }
  }
}
