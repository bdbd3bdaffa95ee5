// Shows earlier versions of the circle, one by one or as a film. The end of the slider is the circle that can be moved.
const STEP = 1400; // milliseconds between two versions

export class Player {
  // showVersion draws an earlier version, or the present circle for null
  constructor(root, data, showVersion) {
    Object.assign(this, { root, data, showVersion, viewingPast: false, timer: null });
    this.part = (name) => root.querySelector(`[data-${name}]`);
    this.slider = this.part("play").querySelector("input");
    this.slider.addEventListener("input", () => {
      this.stop();
      this.show();
    });
    this.part("run").addEventListener("click", () => (this.timer ? this.stop() : this.play()));
    this.update();
  }

  // follows a save, which may have added a version
  update() {
    const atEnd = this.slider.value === this.slider.max;
    const count = this.data.versions.length;
    this.slider.max = count;
    if (atEnd) this.slider.value = count;
    this.part("play").hidden = count < 2;
    if (atEnd && count) this.describe(this.data.versions.at(-1));
  }

  describe({ name, moved }) {
    const text = moved ? `${name}. ${moved}` : name;
    this.part("moved").textContent = text;
    this.slider.setAttribute("aria-valuetext", text);
  }

  show() {
    const number = Number(this.slider.value);
    const { versions } = this.data;
    this.viewingPast = number < versions.length;
    this.root.classList.toggle("looking", this.viewingPast);
    this.root.classList.toggle("live", !this.viewingPast);
    this.showVersion(this.viewingPast ? versions[number - 1] : null);
    this.describe(versions[number - 1]);
    this.part("status").textContent = this.viewingPast
      ? `Viewing version ${number} of ${versions.length}. Move the slider to the end to go on drawing.`
      : "";
  }

  play() {
    this.slider.value = 1;
    this.show();
    this.part("run").textContent = "Stop";
    this.timer = setInterval(() => {
      this.slider.value = Number(this.slider.value) + 1;
      this.show();
      if (this.slider.value === this.slider.max) this.stop();
    }, STEP);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    this.part("run").textContent = "Play";
  }
}
