// Shows earlier versions of the circle, one by one or as a film. The end of the slider is the circle that can be moved.
const STEP = 1400; // milliseconds between two versions

// showVersion draws an earlier version, or the present circle for null. Returns what to do after a save, which may have
// added a version.
export function startPlayer(root, data, showVersion) {
  const part = (name) => root.querySelector(`[data-${name}]`);
  const slider = part("play").querySelector("input");
  const isAtEnd = () => Number(slider.value) >= Number(slider.max);
  let timer = null;

  function show() {
    const version = data.versions[slider.value - 1];
    part("moved").textContent = slider.ariaValueText = version?.text ?? "";
    root.classList.toggle("looking", !isAtEnd());
    showVersion(isAtEnd() ? null : version);
  }

  function stop() {
    clearInterval(timer);
    timer = null;
    part("run").textContent = "Play";
  }

  function step() {
    slider.stepUp();
    show();
    if (isAtEnd()) stop();
  }

  part("run").addEventListener("click", () => {
    if (timer) return stop();
    slider.value = 1;
    show();
    part("run").textContent = "Stop";
    timer = setInterval(step, STEP);
  });
  slider.addEventListener("input", () => {
    stop();
    show();
  });
  return function update() {
    const wasAtEnd = isAtEnd();
    slider.max = data.versions.length;
    if (wasAtEnd) slider.value = slider.max;
    part("play").hidden = slider.max < 2;
    show();
  };
}
