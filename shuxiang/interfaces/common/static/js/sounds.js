/** Desk sounds, made on the spot; every one has a visible twin, so silence loses nothing. */

/** Each tone: [frequency Hz, start ms, length ms]. */
export const SOUNDS = {
  ok: [[880, 0, 80]],
  notice: [[660, 0, 90], [880, 110, 90]],
  refused: [[220, 0, 400]],
  blocked: [[330, 0, 70], [330, 110, 70]],
  hold: [[660, 0, 80], [880, 100, 80], [1100, 200, 120]],
  transit: [[1100, 0, 80], [880, 100, 80], [660, 200, 120]],
};
const STORE = "shuxiang.desk.sound";

export class Sounds {
  #context = null;

  /** @param {{flash?: HTMLElement|null, storage?: Storage}} [options] */
  constructor({ flash = null, storage = localStorage } = {}) {
    this.flash = flash;
    this.storage = storage;
    /** The names played, newest last: what a test or a support call can look at. */
    this.played = [];
    const kept = JSON.parse(storage.getItem(STORE) ?? "{}");
    this.volume = kept.volume ?? 0.5;
    this.silent = kept.silent ?? false;
  }

  set({ volume = this.volume, silent = this.silent }) {
    this.volume = Math.min(1, Math.max(0, Number(volume)));
    this.silent = silent;
    this.storage.setItem(STORE, JSON.stringify({ volume: this.volume, silent: this.silent }));
  }

  /** Browsers start sound only after a touch or a key: call this from one. */
  async wake() {
    this.#context ??= new AudioContext();
    if (this.#context.state === "suspended") await this.#context.resume();
    return this.#context.state === "running";
  }

  get awake() {
    return this.#context?.state === "running";
  }

  play(name) {
    const tones = SOUNDS[name];
    if (!tones) return;
    this.played.push(name);
    this.played.splice(0, this.played.length - 50);
    if (this.flash && (this.silent || !this.awake || name !== "ok")) this.#show(name);
    if (this.silent || !this.awake) return;
    const start = this.#context.currentTime;
    for (const [hertz, at, length] of tones) this.#tone(hertz, start + at / 1000, length / 1000);
  }

  #tone(hertz, start, length) {
    const wave = this.#context.createOscillator();
    const gain = this.#context.createGain();
    wave.frequency.value = hertz;
    // A few milliseconds of rise and fall keep the loudspeaker from clicking.
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(this.volume, start + 0.008);
    gain.gain.setValueAtTime(this.volume, start + length - 0.015);
    gain.gain.linearRampToValueAtTime(0, start + length);
    wave.connect(gain).connect(this.#context.destination);
    wave.start(start);
    wave.stop(start + length);
  }

  #show(name) {
    delete this.flash.dataset.tone;
    // Reading a layout value between the two writes restarts the animation.
    void this.flash.offsetWidth;
    this.flash.dataset.tone = name;
  }
}
