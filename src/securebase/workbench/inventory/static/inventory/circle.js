// The interactive closeness circle: moves people by mouse, touch or keyboard, and saves after every move.
// The server renders the drawing; this script moves its parts. It dispatches “person-chosen” and
// “person-moved”, and listens for “choose-person”.

const KEY_STEPS = { radius: 1 / 12, angle: 15 }; // a quarter of a ring; half an hour on a clock face
const SAVE_DELAY = 600; // milliseconds without a move
const RETRY_DELAY = 5000; // milliseconds until a failed save is tried again
const DRAG_THRESHOLD = 4; // pixels before a press becomes a drag
const MARKS = ["gives", "receives", "tension"];
const RINGS = ["closest", "close", "wider", "outside"];

for (const root of document.querySelectorAll("[data-circle]")) start(root);

function start(root) {
  const data = JSON.parse(root.querySelector("script").textContent);
  const { geometry, tieColours, rings, people, marks: markWords, versions } = data;
  const svg = root.querySelector("svg.closeness");
  const form = root.querySelector("form[data-plain]");
  const part = (name) => root.querySelector(`[data-${name}]`);
  const places = new Map(people.map((p) => [p.id, p.place]));
  const names = new Map(people.map((p) => [p.id, p.name]));
  const history = [];
  let chosen = null;
  let startPlace = null; // place of the focused person when they received the focus
  let viewingPast = false; // an earlier version is on the screen

  // drawing
  const group = (id) => svg.querySelector(`[data-person="${id}"]`);
  const show = (element, on) => (on ? element.removeAttribute("display") : element.setAttribute("display", "none"));

  function point(place) {
    const distance = clampRadius(place.radius) * geometry.unit;
    const angle = (place.angle * Math.PI) / 180; // clockwise from 12 o’clock
    return { x: distance * Math.sin(angle), y: -distance * Math.cos(angle), distance };
  }

  function draw(id, place) {
    const person = group(id);
    const tie = svg.querySelector(`[data-tie="${id}"]`);
    show(person, place);
    show(tie, place);
    if (!place) return;
    const { x, y, distance } = point(place);
    person.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
    person.setAttribute("aria-valuenow", Math.round(100 * (1 - place.radius / geometry.furthest)));
    person.setAttribute("aria-valuetext", describePlace(place));
    placeName(person.querySelector(".name"), x);
    const tip = -(distance - geometry.disc - 3);
    const line = tie.querySelector("line");
    tie.setAttribute("transform", `rotate(${place.angle.toFixed(2)})`);
    line.setAttribute("y2", tip.toFixed(1));
    line.setAttribute("stroke", tieColours[Number(place.tension)]);
    if (place.tension) line.setAttribute("stroke-dasharray", "5 4");
    else line.removeAttribute("stroke-dasharray");
    show(tie.querySelector(".tip.in"), place.gives);
    show(tie.querySelector(".tip.out"), place.receives);
    tie.querySelector(".tip.out").setAttribute("transform", `translate(0 ${tip.toFixed(1)})`);
  }

  // names extend outwards near the client, inwards at the edge
  function placeName(name, x) {
    const [near, far] = geometry.outwards;
    const outwards = Math.abs(x) > geometry.inwards ? -1 : Math.abs(x) >= near && Math.abs(x) <= far ? 1 : 0;
    const direction = outwards * Math.sign(x);
    name.setAttribute("text-anchor", ["end", "middle", "start"][direction + 1]);
    for (const line of [name, ...name.children]) line.setAttribute("x", -direction * geometry.disc);
  }

  function drawAll(shown) {
    for (const id of places.keys()) draw(id, shown.get(id));
    let waiting = 0;
    for (const item of root.querySelectorAll("[data-waiting]")) {
      item.hidden = viewingPast || Boolean(places.get(item.dataset.waiting));
      waiting += item.hidden ? 0 : 1;
    }
    part("tray").hidden = !waiting;
  }

  const hourOf = (place) => Math.round(place.angle / 30) % 12 || 12;

  function describePlace(place) {
    const [, ring] = rings.find(([edge]) => place.radius <= edge);
    const marks = MARKS.filter((mark) => place[mark]).map((mark) => markWords[mark]);
    return [ring, `${hourOf(place)} o’clock`, ...marks].join(", ");
  }

  const announce = (text) => (part("announcement").textContent = text); // for screen readers
  function announceMove(id) {
    const where = places.get(id) ? describePlace(places.get(id)) : "not placed yet";
    announce(`${names.get(id)}: ${where}`);
    root.dispatchEvent(new CustomEvent("person-moved", { detail: { id, where } }));
  }

  function setStatus(text, refused = false) {
    part("status").textContent = text;
    part("status").classList.toggle("refused", refused);
  }

  // changing
  const clampRadius = (radius) => Math.min(Math.max(radius, geometry.nearest), geometry.furthest);
  const normaliseAngle = (angle) => ((angle % 360) + 360) % 360;

  function change(id, place) {
    history.push([id, places.get(id)]);
    setPlace(id, place);
  }

  function setPlace(id, place) {
    places.set(id, place);
    updatePlainForm(id, place);
    drawAll(places);
    announceMove(id);
    updateMarks();
    part("undo").disabled = !history.length;
    save.schedule();
  }

  // keep the plain form equal to the drawing, so that submitting it does not undo a move
  function updatePlainForm(id, place) {
    const field = (name) => form.elements[`${name}_${id}`];
    field("ring").value = place ? RINGS[rings.findIndex(([edge]) => place.radius <= edge)] : "";
    if (place) field("hour").value = hourOf(place);
    for (const mark of MARKS) field(mark).checked = Boolean(place && place[mark]);
  }

  function undo() {
    const last = history.pop();
    if (!last) return;
    setPlace(...last);
    announce(`Undone. ${part("announcement").textContent}`);
  }

  function choose(id) {
    if (chosen) group(chosen).classList.remove("chosen");
    chosen = id;
    group(id).classList.add("chosen");
    updateMarks();
  }

  function updateMarks() {
    const place = chosen && !viewingPast && places.get(chosen);
    part("marks").hidden = !place;
    if (!place) return;
    part("name").textContent = names.get(chosen);
    for (const box of part("marks").querySelectorAll("input")) box.checked = place[box.value];
  }

  // saving
  const ended = root.dataset.ended ?? "you have been signed out. Reload the page to sign in.";
  const save = createSaver(root.dataset.save, form, ended, setStatus, () =>
    [...places].filter(([, place]) => place).map(([id, place]) => ({ ...place, relationship: id })),
  );
  save.onSaved = (reply) => {
    const current = { id: reply.circle, name: `now, ${reply.saved}`, moved: "", places: save.places() };
    const last = versions.at(-1);
    if (last?.id === reply.circle) versions.splice(-1, 1, { ...last, places: current.places });
    else versions.push(current);
    updatePlayer();
  };

  // pointer
  function svgPoint(event) {
    return new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
  }

  function startDrag(event, id, element, origin) {
    if (viewingPast || event.button) return;
    const grip = svgPoint(event);
    const before = places.get(id);
    const offset = origin ? { x: grip.x - origin.x, y: grip.y - origin.y } : { x: 0, y: 0 };
    const unmarked = { gives: false, receives: false, tension: false };
    let moved = null;
    element.setPointerCapture(event.pointerId);
    const move = (e) => {
      const travel = Math.hypot(e.clientX - event.clientX, e.clientY - event.clientY);
      if (!moved && travel < DRAG_THRESHOLD) return;
      root.classList.add("dragging");
      const p = svgPoint(e);
      const [x, y] = [p.x - offset.x, p.y - offset.y];
      const radius = Math.hypot(x, y) / geometry.unit;
      const angle = normaliseAngle((Math.atan2(x, -y) * 180) / Math.PI);
      moved = { ...(before ?? unmarked), radius: clampRadius(radius), angle };
      // do not place a person from the tray who is dropped far outside the circle
      draw(id, before || radius <= geometry.furthest * 1.1 ? moved : ((moved = { cancelled: true }), null));
    };
    const end = (e) => {
      for (const [name, listener] of listeners) element.removeEventListener(name, listener);
      root.classList.remove("dragging");
      if (e.type === "pointercancel" || !moved || moved.cancelled) {
        draw(id, before);
        return;
      }
      element.dataset.dragged = "yes";
      change(id, moved);
      startPlace = moved;
      if (!before) group(id).focus();
    };
    const listeners = [
      ["pointermove", move],
      ["pointerup", end],
      ["pointercancel", end],
    ];
    for (const [name, listener] of listeners) element.addEventListener(name, listener);
  }

  svg.addEventListener("pointerdown", (event) => {
    const person = event.target.closest(".person");
    if (!person) return;
    const place = places.get(person.dataset.person);
    if (!place) return;
    person.focus({ preventScroll: true });
    startDrag(event, person.dataset.person, person, point(place));
  });

  // a touch on a person must not scroll the page; touch-action alone has no effect on parts of an SVG
  const hold = (event) => !viewingPast && event.target.closest(".person") && event.preventDefault();
  svg.addEventListener("touchstart", hold, { passive: false });

  // keyboard
  function onKey(event, id) {
    const place = places.get(id);
    if (viewingPast || !place || event.altKey || event.ctrlKey || event.metaKey) return;
    const to = (radius, angle) => ({ ...place, radius: clampRadius(radius), angle: normaliseAngle(angle) });
    const action = {
      ArrowUp: () => to(place.radius - KEY_STEPS.radius, place.angle),
      ArrowDown: () => to(place.radius + KEY_STEPS.radius, place.angle),
      ArrowLeft: () => to(place.radius, place.angle - KEY_STEPS.angle),
      ArrowRight: () => to(place.radius, place.angle + KEY_STEPS.angle),
      PageUp: () => to(place.radius - 1 / 3, place.angle),
      PageDown: () => to(place.radius + 1 / 3, place.angle),
      Escape: () => startPlace,
      Delete: () => null,
    }[event.key];
    if (!action) return;
    event.preventDefault();
    const newPlace = action();
    if (newPlace === place) return;
    change(id, newPlace);
    if (!newPlace) root.querySelector(`[data-waiting="${id}"] button`).focus();
  }

  // versions
  const slider = part("play").querySelector("input");

  function updatePlayer() {
    const atEnd = slider.value === slider.max;
    slider.max = versions.length;
    if (atEnd) slider.value = versions.length;
    part("play").hidden = versions.length < 2;
    if (atEnd && versions.length) describeVersion(versions.at(-1));
  }

  function describeVersion(version) {
    part("moved").textContent = version.moved ? `${version.name}. ${version.moved}` : version.name;
    slider.setAttribute("aria-valuetext", part("moved").textContent);
  }

  function showVersion() {
    const version = versions[slider.value - 1];
    viewingPast = Number(slider.value) < versions.length;
    root.classList.toggle("looking", viewingPast);
    root.classList.toggle("live", !viewingPast);
    const past = new Map(version.places.map((p) => [p.relationship, p]));
    drawAll(viewingPast ? past : places);
    updateMarks();
    describeVersion(version);
    part("new").disabled = viewingPast;
    part("undo").disabled = viewingPast || !history.length;
    setStatus(
      viewingPast
        ? `Viewing version ${slider.value} of ${versions.length}. Move the slider to the end to go on drawing.`
        : "",
    );
  }

  let player = null;
  function play() {
    if (player) return stop();
    slider.value = 1;
    showVersion();
    part("run").textContent = "Stop";
    player = setInterval(() => {
      slider.value = Number(slider.value) + 1;
      showVersion();
      if (slider.value === slider.max) stop();
    }, 1400);
  }
  function stop() {
    clearInterval(player);
    player = null;
    part("run").textContent = "Play";
  }

  // setup
  svg.setAttribute("role", "group");
  svg.setAttribute("aria-label", "Closeness circle");
  root.classList.add("live");
  for (const { id, name, about } of people) {
    const person = group(id);
    const attributes = {
      tabindex: 0,
      role: "slider",
      "aria-label": about ? `${name}, ${about}` : name,
      "aria-describedby": "circle-help",
    };
    for (const [key, value] of Object.entries({
      ...attributes,
      "aria-valuemin": 0,
      "aria-valuemax": 100,
      "aria-valuenow": 0,
    })) {
      person.setAttribute(key, value);
    }
    person.addEventListener("keydown", (event) => onKey(event, id));
    person.addEventListener("focus", () => {
      startPlace = places.get(id);
      choose(id);
      root.dispatchEvent(new CustomEvent("person-chosen", { detail: id, bubbles: true }));
    });
    trayButton(id, name);
  }
  drawAll(places);

  function trayButton(id, name) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    button.addEventListener("pointerdown", (event) => startDrag(event, id, button));
    button.addEventListener("click", () => {
      if (button.dataset.dragged) return delete button.dataset.dragged;
      change(id, { radius: 5 / 6, angle: freeAngle(), gives: false, receives: false, tension: false });
      group(id).focus();
    });
    root.querySelector(`[data-waiting="${id}"]`).replaceChildren(button);
  }

  // returns the hour on the clock face with the fewest people near it
  function freeAngle() {
    const angles = Array.from({ length: 12 }, (_, hour) => hour * 30);
    const neighbours = (angle) =>
      [...places.values()].filter((p) => p && Math.abs(((p.angle - angle + 540) % 360) - 180) < 25).length;
    return angles.reduce((best, angle) => (neighbours(angle) < neighbours(best) ? angle : best), 0);
  }

  for (const box of part("marks").querySelectorAll("input")) {
    box.addEventListener("change", () => change(chosen, { ...places.get(chosen), [box.value]: box.checked }));
  }
  part("off").addEventListener("click", () => change(chosen, null));
  part("undo").hidden = part("new").hidden = false;
  part("undo").addEventListener("click", undo);
  part("new").addEventListener("click", () => save.sendNow({ new_version: "1" }));
  slider.addEventListener("input", () => (stop(), showVersion()));
  part("run").addEventListener("click", play);
  root.addEventListener("choose-person", (event) => choose(event.detail));
  addEventListener("pagehide", () => save.flush());
  updatePlayer();
}

// Sends the places to the server, one request at a time; the latest state is sent last.
function createSaver(address, form, ended, setStatus, places) {
  let timer = null;
  let busy = false;
  let queued = null;
  const over = form.elements.over;

  const self = {
    places,
    onSaved: () => {},
    schedule() {
      clearTimeout(timer);
      setStatus("…");
      timer = setTimeout(() => self.sendNow(), SAVE_DELAY);
    },
    flush() {
      if (timer) self.sendNow();
    },
    async sendNow(extra = {}) {
      clearTimeout(timer);
      timer = null;
      if (busy) {
        queued = { ...queued, ...extra };
        return;
      }
      busy = true;
      try {
        await send(extra);
      } catch {
        setStatus("Not saved yet: no connection. Trying again…", true);
        timer = setTimeout(() => self.sendNow(extra), RETRY_DELAY);
      } finally {
        busy = false;
      }
      if (queued) {
        const next = queued;
        queued = null;
        await self.sendNow(next);
      }
    },
  };

  async function send(extra) {
    const body = new FormData();
    for (const name of ["csrfmiddlewaretoken", "kind", "respondent", "session"]) {
      if (form.elements[name]) body.set(name, form.elements[name].value);
    }
    body.set("over", over.value);
    body.set("placements", JSON.stringify(places()));
    for (const [name, value] of Object.entries(extra)) body.set(name, value);
    const response = await fetch(address, {
      method: "POST",
      body,
      headers: { Accept: "application/json" },
      keepalive: true,
    });
    if (response.redirected || !(response.headers.get("Content-Type") ?? "").includes("json")) {
      setStatus(`Not saved: ${ended} Then repeat your last change.`, true);
      return;
    }
    const reply = await response.json();
    if (!response.ok) {
      setStatus(`Not saved. ${reply.refused}`, true);
      return;
    }
    over.value = reply.over;
    setStatus(`Saved ${reply.saved}`);
    self.onSaved(reply);
  }

  return self;
}
